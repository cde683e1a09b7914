//go:build linux && amd64

#include "textflag.h"

#define SYS_write 1
#define SYS_exit_group 231
#define EXIT_STATUS 91 // wire.ExitFault
// Offsets in siginfo_t and ucontext_t.
#define SI_ADDR 16
#define UC_RIP 168
#define UC_ERR 192

// func handler()
// Called by the kernel: DI signal, SI siginfo, DX ucontext, on the thread's alternate stack.
TEXT ·handler(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVLQZX DI, DI
	MOVQ SI_ADDR(SI), R8
	MOVQ ·low(SB), R9
	CMPQ R8, R9
	JCS  chain
	MOVQ ·high(SB), R10
	CMPQ R8, R10
	JCC  chain
	SUBQ R9, R8
	MOVQ ·addressWord(SB), R9
	MOVQ R8, (R9)
	MOVQ UC_RIP(DX), R8
	MOVQ ·ipWord(SB), R9
	MOVQ R8, (R9)
	MOVQ UC_ERR(DX), R8
	SHLQ $32, DI
	ORQ  DI, R8
	MOVQ ·errWord(SB), R9
	MOVQ R8, (R9)
	MOVQ $SYS_write, AX
	MOVQ ·sock(SB), DI
	LEAQ ·report(SB), SI
	MOVQ ·reportLen(SB), DX
	SYSCALL
	MOVQ $SYS_exit_group, AX
	MOVQ $EXIT_STATUS, DI
	SYSCALL
	INT  $3

chain:
	MOVQ ·chained(SB), AX
	JMP  AX

// func handlerAddress() uintptr
TEXT ·handlerAddress(SB),NOSPLIT,$0-8
	LEAQ ·handler(SB), AX
	MOVQ AX, ret+0(FP)
	RET
