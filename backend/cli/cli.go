// Package cli is the command line of INOS: commands over one node, without a display.
//
// Every command prints for people, or with --json exactly one JSON document on standard output,
// errors included. Logs, progress and reasons go to standard error.
package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	ExitOK          = 0
	ExitFailed      = 1   // the reason is on standard error
	ExitUsage       = 2   // the command line was wrong
	ExitInterrupted = 130 // Ctrl+C, as shells count it: 128 + SIGINT
)

// World is what the commands take from outside, so that a test can own it.
type World struct {
	Stdout, Stderr io.Writer
	Getenv         func(name string) string
	// Program is the path of this executable; inos-worker, inos-desktop and the bundled plugins
	// lie beside it.
	Program string
	// Replace becomes another program and returns only when that failed.
	Replace func(path string, args []string) error
}

// app is one run of the command line.
type app struct {
	World
	global globals
	args   []string
}

// Main runs the command line and returns the exit code. args excludes the program's name.
func Main(ctx context.Context, world World, args []string) int {
	a := &app{World: world, args: args}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	if errors.Is(err, errReported) {
		return ExitFailed
	}
	if ctx.Err() != nil {
		err = interrupted(err)
	}
	a.printError(err)
	return exitCode(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "inos",
		Short: "Sandboxed plugins on one shared memory",
		Long: "INOS runs plugins (wasm files) in sandboxed processes on one shared memory.\n" +
			"Without a command it opens the window.",
		Example: "  inos                                   open the window\n" +
			"  inos live boids --seconds 10           run the flock without a window\n" +
			"  inos run boids.stats -i flock.bin      run one op\n" +
			"  inos doctor                            find out what is missing, and the fix",
		Args:          a.usageArgs(cobra.NoArgs),
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version,
		RunE:          a.runWindow,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetVersionTemplate("inos {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, err) })
	a.global.register(root)
	registerWindowFlags(root)
	root.AddCommand(
		a.unitsCommand(), a.runCommand(), a.liveCommand(), a.pluginCommand(),
		a.doctorCommand(), a.benchCommand(), a.versionCommand(),
	)
	return root
}

// usageArgs makes a wrong number of arguments a usage error.
func (a *app) usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error { return usage(cmd, check(cmd, args)) }
}
