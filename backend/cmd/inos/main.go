// Command inos is the command line of INOS. It is static and needs no display; without a command
// it starts the window.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"inos/backend/cli"
)

func main() { os.Exit(run()) }

// run cancels the command at the first Ctrl+C; the second one ends the process at once.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	return cli.Main(ctx, cli.World{
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Getenv:  os.Getenv,
		Program: program,
		Replace: replace,
	}, os.Args[1:])
}
