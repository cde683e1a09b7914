//go:build desktop

// Command inos-desktop is the window of INOS: the whole node and a webview in one process.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
)

// Exit codes, as those of the command line.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	runtime.LockOSThread() // GTK wants the first thread
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	o, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(helpText)
		return exitOK
	case err != nil:
		fmt.Fprintf(os.Stderr, "inos-desktop: %v; see inos-desktop --help\n", err)
		return exitUsage
	case o.version:
		fmt.Println("inos-desktop", version)
		return exitOK
	}
	if err = checkDisplay(os.Getenv); err == nil {
		err = openWindow(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "inos-desktop:", err)
		return exitFailed
	}
	return exitOK
}
