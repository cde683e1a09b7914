package cli

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"inos/backend/fault"
)

// defaultArena is the budget of the shared memory, in bytes.
const defaultArena = byteSize(16 << 20)

// globals are the flags of every command.
type globals struct {
	dataDir        string
	pluginDir      string
	arena          byteSize
	json           bool
	verbose        bool
	allowNoSeccomp bool
}

func (g *globals) register(root *cobra.Command) {
	g.arena = defaultArena
	flags := root.PersistentFlags()
	flags.StringVar(&g.dataDir, "data", "",
		"data folder `DIR`; drop plugins into its folder plugins (default $XDG_DATA_HOME/inos)")
	flags.StringVar(&g.pluginDir, "plugins", "", "one more folder `DIR` with plugins")
	flags.Var(&g.arena, "arena", "budget of the shared memory")
	flags.BoolVar(&g.json, "json", false, "print one JSON document; logs go to standard error")
	flags.BoolVarP(&g.verbose, "verbose", "v", false, "log what happens")
	flags.BoolVar(&g.allowNoSeccomp, "allow-no-seccomp", false,
		"run plugins even where this system cannot filter their system calls (unsafe)")
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
