// Package cli is the command line of INOS: commands over one node, without a display.
//
// Every command prints for people, or with --json exactly one JSON document on standard output,
// errors included. Logs, progress and reasons go to standard error.
package cli

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/settings"
	"inos/backend/store/keys"
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
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(name string) string
	// Program is the path of this executable; inos-worker, inos-desktop and the bundled plugins
	// lie beside it.
	Program string
	// Keychain keeps the secrets of plugins; nil: the system's.
	Keychain settings.Keychain
	// StoreCost is what guessing a passphrase of the store takes; zero: keys.DefaultCost.
	StoreCost keys.Cost
	// Replace becomes another program and returns only when that failed.
	Replace func(path string, args []string) error
}

// app is one run of the command line.
type app struct {
	World
	global globals
	args   []string
	note   note // what a long measurement is at
	// storeFrom says where the store's passphrase comes from.
	storeFrom passphrase
}

// Main runs the command line and returns the exit code. args excludes the program's name.
func Main(ctx context.Context, world World, args []string) int {
	out := &leavableOutput{ctx: ctx, w: world.Stdout}
	if _, tty := terminalFile(world.Stdout); !tty { // a terminal is read, and asked for its size
		world.Stdout = out
	}
	a := &app{World: world, args: args, note: note{newLine(world.Stderr)}}
	root := a.root()
	root.SetArgs(args)
	exit := a.finish(ctx, root.ExecuteContext(ctx))
	if out.left != nil {
		return ExitInterrupted // whatever was to be said, nobody heard it
	}
	return exit
}

// finish reports an error unless the command's own output has done so, and returns the exit code.
func (a *app) finish(ctx context.Context, err error) int {
	var told *reported
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &told):
		return told.exit
	case ctx.Err() != nil:
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
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          a.runRoot,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.checkFolders(cmd)
		},
	}
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(cmd, inOurWords(err))
	})
	a.global.register(root)
	registerWindowFlags(root)
	root.Flags().Bool(versionFlag, false, "print the version") // cobra's own knows no --json
	root.SetHelpCommand(a.helpCommand())
	root.AddCommand(
		a.unitsCommand(), a.runCommand(), a.liveCommand(), a.pluginCommand(),
		a.flowCommand(), a.storeCommand(), a.cacheCommand(), a.doctorCommand(), a.benchCommand(), a.versionCommand(),
	)
	return root
}

// runRoot is inos without a command.
func (a *app) runRoot(cmd *cobra.Command, args []string) error {
	if asked, _ := cmd.Flags().GetBool(versionFlag); asked {
		return a.printVersion()
	}
	return a.runWindow(cmd, args)
}

// noArguments and oneArgument make a wrong number of arguments a usage error.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && !cmd.HasSubCommands() {
		return usagef(cmd, "takes no arguments; %q is one too many", args[0])
	}
	if len(args) > 0 {
		return usagef(cmd, "has no command %q", args[0])
	}
	return nil
}

func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0 || args[0] == "":
			return usagef(cmd, "needs %s", what)
		case len(args) > 1:
			return usagef(cmd, "takes one %s; %q is one too many", what, args[1])
		}
		return nil
	}
}

// helpCommand is cobra's, but an unknown topic is a usage error, and an op is a topic.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND | UNIT.OP]",
		Short:   "Help about a command or an op",
		Example: "  inos help live\n  inos help boids.stats",
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			switch {
			case err == nil && len(rest) == 0:
				topic.InitDefaultHelpFlag()
				return topic.Help()
			case len(args) == 1 && strings.Contains(args[0], "."):
				return a.opHelp(cmd, args[0])
			}
			return usagef(cmd, "there is no help about %q", strings.Join(args, " "))
		},
		ValidArgsFunction: a.completeOp,
	}
}
