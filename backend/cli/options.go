package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"inos/backend/fault"
	"inos/backend/node"
)

// flagTakes says in words what a flag of a type takes.
var flagTakes = map[string]string{
	"bool": "true or false", "int": "a whole number", "int64": "a whole number",
	"uint64": "a whole number from 0 on", "float64": "a number",
}

// inOurWords says what a flag takes in place of how Go failed to read it.
func inOurWords(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	flag := invalid.GetFlag()
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("--%s %q is out of range", flag.Name, invalid.GetValue())
	}
	if takes, known := flagTakes[flag.Value.Type()]; known {
		return fmt.Errorf("--%s %q does not fit: it takes %s", flag.Name, invalid.GetValue(), takes)
	}
	return fmt.Errorf("--%s %w", flag.Name, errors.Unwrap(invalid))
}

// defaultArena is the budget of the shared memory, in bytes.
const defaultArena = byteSize(16 << 20)

// Flags that name a folder.
const (
	dataFlag    = "data"
	pluginsFlag = "plugins"
)

// globals are the flags of every command.
type globals struct {
	dataDir        string
	pluginDir      string
	arena          byteSize
	arenaGiven     func() bool
	json           bool
	verbose        bool
	allowNoSeccomp bool
	safe           bool
}

func (g *globals) register(root *cobra.Command) {
	g.arena = defaultArena
	flags := root.PersistentFlags()
	flags.StringVar(&g.dataDir, dataFlag, "",
		"data folder `DIR`; drop plugins into its folder plugins (default $XDG_DATA_HOME/inos)")
	flags.StringVar(&g.pluginDir, pluginsFlag, "", "one more folder `DIR` with plugins")
	flags.Var(&g.arena, "arena", "budget of the shared memory; without it the files of jobs have their own,\na quarter of this machine's memory")
	g.arenaGiven = func() bool { return flags.Changed("arena") }
	flags.BoolVar(&g.json, "json", false, "print one JSON document; logs go to standard error")
	flags.BoolVarP(&g.verbose, "verbose", "v", false, "log what happens")
	flags.BoolVar(&g.allowNoSeccomp, "allow-no-seccomp", false,
		"run plugins even where this system cannot filter their system calls (unsafe)")
	flags.BoolVar(&g.safe, "safe", false, "use only the plugins that came with INOS")
}

// checkFolders finds folders that cannot be meant; a data folder that is missing is made.
func (a *app) checkFolders(cmd *cobra.Command) error {
	for _, flag := range []string{dataFlag, pluginsFlag} {
		f := cmd.Flags().Lookup(flag)
		if !f.Changed {
			continue
		}
		err := node.CheckFolder(f.Value.String())
		if flag == dataFlag && errors.Is(err, fs.ErrPermission) {
			return fault.Wrap("cli.data", fault.Denied, f.Value.String(), err,
				"you may not read it: change its permissions, or name another folder with --data DIR")
		}
		if err != nil &&
			(flag == pluginsFlag || !errors.Is(err, fs.ErrNotExist)) {
			return usagef(cmd, "--%s %q: %w", flag, f.Value.String(), err)
		}
	}
	return nil
}

// data is the data folder.
func (a *app) data() (string, error) {
	if a.global.dataDir != "" {
		return filepath.Abs(a.global.dataDir)
	}
	if base := a.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "inos"), nil
	}
	if home := a.Getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "inos"), nil
	}
	if base, err := os.UserConfigDir(); err == nil {
		return filepath.Join(base, "inos"), nil
	}
	return "", fault.New("cli.data", fault.NotFound, "data folder",
		"neither HOME nor XDG_DATA_HOME is set", "name one with --data DIR")
}

// dropFolder is where users put plugins.
func (a *app) dropFolder() (string, error) {
	data, err := a.data()
	return filepath.Join(data, "plugins"), err
}

// beside is the path of something that was installed with this program.
func (a *app) beside(name string) string {
	return filepath.Join(filepath.Dir(a.Program), name)
}
