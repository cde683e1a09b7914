//go:build desktop

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"inos/backend/arena"
	"inos/backend/frames"
	"inos/backend/node"
)

// version is set by the linker.
var version = "unknown"

const helpText = `inos-desktop is the window of INOS.

Usage: inos-desktop [flags]

  --unit NAME        the live unit to show first (default: the last one, then boids)
  --frames PATH      how frames reach the window: shared, stream or auto (default auto)
  --arena SIZE       budget of the shared memory (default: 16MiB, or as last raised)
  --data DIR         folder for data and the drop-in plugins folder (default $XDG_DATA_HOME/inos)
  --plugins DIR      one more folder with plugins
  --safe             use only the plugins that came with INOS
  --allow-no-seccomp run plugins even where this system cannot filter their system calls (unsafe)
  -v, --verbose      log what happens
  --version          print the version
  --help             this text

Examples:
  inos-desktop                          the flock
  inos-desktop --arena 64MiB            room for a flock of half a million
  inos-desktop --frames stream          without shared memory
  inos-desktop --plugins ./build/bin/examples --unit sparks
`

// flags are what the command line said.
type flags struct {
	unit, dataDir, pluginDir string
	path                     frames.Path
	arenaBytes               int64 // 0: not said
	verbose, allowNoSeccomp  bool
	safe                     bool
	version                  bool
	bench                    string // hidden: a measurement of `inos bench` that needs the window
	json                     bool   // taken from `inos`, which shares its flags; bench always prints JSON
}

func parseFlags(args []string) (*flags, error) {
	o := &flags{path: frames.Auto}
	set := flag.NewFlagSet("inos-desktop", flag.ContinueOnError)
	set.SetOutput(io.Discard) // run prints errors and help itself
	set.StringVar(&o.unit, "unit", "", "")
	set.StringVar(&o.dataDir, "data", "", "")
	set.StringVar(&o.pluginDir, "plugins", "", "")
	set.StringVar(&o.bench, "bench", "", "")
	set.BoolVar(&o.json, "json", false, "")
	set.BoolVar(&o.version, "version", false, "")
	set.BoolVar(&o.verbose, "verbose", false, "")
	set.BoolVar(&o.verbose, "v", false, "")
	set.BoolVar(&o.safe, "safe", false, "")
	set.BoolVar(&o.allowNoSeccomp, "allow-no-seccomp", false, "")
	set.Func("frames", "", func(s string) (err error) { o.path, err = frames.ParsePath(s); return err })
	set.Func("arena", "", func(s string) (err error) { o.arenaBytes, err = arena.ParseBudget(s); return err })
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("%q is not expected", set.Arg(0))
	}
	if err := checkFolders(set); err != nil {
		return nil, err
	}
	return o, o.resolve()
}

// checkFolders finds folders that cannot be meant; a data folder that is missing is made.
func checkFolders(set *flag.FlagSet) (wrong error) {
	set.Visit(func(f *flag.Flag) {
		if f.Name != "data" && f.Name != "plugins" {
			return
		}
		err := node.CheckFolder(f.Value.String())
		if err != nil && (f.Name == "plugins" || !errors.Is(err, fs.ErrNotExist)) {
			wrong = fmt.Errorf("--%s %q: %w", f.Name, f.Value.String(), err)
		}
	})
	return wrong
}

// resolve makes the folders absolute.
func (o *flags) resolve() (err error) {
	if o.dataDir == "" {
		o.dataDir, err = node.DefaultDataDir()
	} else {
		o.dataDir, err = filepath.Abs(o.dataDir)
	}
	if err == nil && o.pluginDir != "" {
		o.pluginDir, err = filepath.Abs(o.pluginDir)
	}
	if o.bench == benchMemory {
		o.unit = defaultUnit // whose flock it changes
	}
	return errors.Join(err, o.checkBench())
}
