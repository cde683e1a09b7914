// Package segv tells a guest's fault in its own memory (a write into a read-only window, a stray
// access) from every other crash: the signal handler sends the exact address to the kernel and
// ends the process. wazero's code has no place to return to from such a fault, and Go's own
// handler knows neither the address nor whose it was.
package segv
