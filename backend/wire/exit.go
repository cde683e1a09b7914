package wire

// Exit statuses with which a worker says why it ended.
const (
	// ExitFault: the guest touched memory that it may not touch; a Fault was sent before.
	ExitFault = 91
	// ExitTrap: the guest trapped; Failed was sent before. What a trap leaves behind is not to be
	// trusted (the guest's stack pointer is not restored), so a worker does not outlive one.
	ExitTrap = 92
	// ExitRefused: the worker could not be loaded; Failed was sent before.
	ExitRefused = 93
	// ExitProtocol: the kernel said something that cannot be.
	ExitProtocol = 94
)
