package node

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/settings"
	"inos/backend/unit"
	"inos/backend/world"
)

// Options say where a node's files lie and what it may use. The zero value is the default.
type Options struct {
	// DataDir holds plugins, cache and settings; empty: DefaultDataDir.
	DataDir string
	// ArenaBytes is the budget of shared memory; 0: arena.DefaultBudget (16 MiB), and for the inputs and
	// outputs of jobs one of their own, a quarter of this machine's memory.
	ArenaBytes int64
	// PluginDirs replace the folders that plugins are looked for in: `plugins` beside the program
	// and `plugins` in the data folder.
	PluginDirs []string
	// MoreDirs are looked at after the usual ones.
	MoreDirs []string
	// Watch follows what changes in the plugin folders, for a node that runs for long: units come and
	// go, and live units go on with the new file of their plugin.
	Watch bool
	// Safe leaves out all plugins that did not come with the program.
	Safe bool
	// MayReplace decides about files of the drop-in folder that changed; nil: unit.SameSigner.
	MayReplace unit.MayReplace
	// WorkerPath is the worker program; empty: inos-worker beside this program.
	WorkerPath string
	// AllowNoSeccomp runs plugins where the system cannot close the sandbox.
	AllowNoSeccomp bool
	// Who stands beside each grant in the audit log; empty: "command line".
	Who string
	// Clipboard is the desktop's, Notify shows a notice of a unit there; nil: there is no desktop.
	Clipboard world.Clipboard
	Notify    func(plugin, text string)
	// Keychain keeps the secrets of plugins; nil: the system's.
	Keychain settings.Keychain
	// Log gets what happens; nil: nothing is logged.
	Log *slog.Logger
	// Policy of failing live units; zero: unit.DefaultPolicy.
	Policy unit.Policy

	payloadBytes int64 // a budget of their own for payloads; 0: none
}

// defaultPayloads lets the files of jobs have a quarter of the machine's memory, which is also as large
// as a result can be.
func defaultPayloads() int64 {
	const share = 4
	return min(max(machineMemory()/share, leastPayloads), arena.MaxBudget)
}

const leastPayloads = 256 << 20

// DefaultDataDir is $XDG_DATA_HOME/inos, else ~/.local/share/inos.
func DefaultDataDir() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "inos"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fault.Wrap(opStart, fault.Invalid, "data folder", err,
			"give it with --data")
	}
	return filepath.Join(home, ".local", "share", "inos"), nil
}

// CheckFolder says why a folder that a user named cannot be one. Its error is fs.ErrNotExist where
// there is nothing.
func CheckFolder(path string) error {
	if path == "" {
		return errors.New("an empty name is no folder")
	}
	there, err := os.Stat(path)
	switch {
	case err != nil:
		return fault.Bare(err)
	case !there.IsDir():
		return errors.New("this is a file, not a folder")
	}
	folder, err := os.Open(path) // a plugin folder that may not be read would have none
	if err != nil {
		return fault.Bare(err)
	}
	return folder.Close()
}

// filled is o with every default in its place.
func (o Options) filled() (Options, error) {
	var err error
	if o.DataDir == "" {
		if o.DataDir, err = DefaultDataDir(); err != nil {
			return o, err
		}
	}
	if o.DataDir, err = filepath.Abs(o.DataDir); err != nil {
		return o, fault.Wrap(opStart, fault.Invalid, o.DataDir, err, "")
	}
	if o.ArenaBytes == 0 {
		o.ArenaBytes, o.payloadBytes = arena.DefaultBudget, defaultPayloads()
	}
	if err := arena.CheckBudget(o.ArenaBytes); err != nil {
		return o, fault.Wrap(opStart, fault.Invalid, "arena", err, "")
	}
	beside, err := programDir()
	if err != nil {
		return o, err
	}
	if o.WorkerPath == "" {
		o.WorkerPath = filepath.Join(beside, "inos-worker")
	}
	if o.Keychain == nil {
		o.Keychain = settings.SystemKeychain()
	}
	o.Who = cmp.Or(o.Who, "command line")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// programDir is where this program lies, links followed.
func programDir() (string, error) {
	path, err := os.Executable()
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", fault.Wrap(opStart, fault.Internal, "program", err, "")
	}
	return filepath.Dir(path), nil
}

// folders are where plugins are looked for.
func (o Options) folders() ([]unit.Folder, error) {
	beside, err := programDir()
	if err != nil {
		return nil, err
	}
	bundled := filepath.Join(beside, "plugins")
	paths := o.PluginDirs
	if len(paths) == 0 {
		paths = append([]string{bundled, filepath.Join(o.DataDir, "plugins")}, o.MoreDirs...)
	}
	var out []unit.Folder
	for _, path := range paths {
		out = append(out, unit.Folder{Path: path, Bundled: path == bundled})
	}
	return out, nil
}

// indexPath is the cache of what is known about plugin files. Each program has its own: the checks
// in it are those of one build.
func (o Options) indexPath() string {
	program := "inos"
	if path, err := os.Executable(); err == nil {
		program = filepath.Base(path)
	}
	return filepath.Join(o.DataDir, "cache", "plugins-"+program+".json")
}

// makeDirs makes the data folder and what lies in it. One that cannot be written is no error: a
// node works without a cache, only slower.
func (o Options) makeDirs() error {
	for _, d := range []string{"plugins", "cache"} {
		err := os.MkdirAll(filepath.Join(o.DataDir, d), 0o700)
		if err != nil && fault.DiskRemedy(err) == "" {
			at := o.DataDir
			if named := (*fs.PathError)(nil); errors.As(err, &named) {
				at = named.Path
			}
			next := "move it away, or give another data folder with --data"
			if errors.Is(err, fs.ErrNotExist) {
				next = "no folder can be made there; give another data folder with --data"
			}
			return fault.Wrap(opStart, fault.Invalid, at, fault.Bare(err), next)
		}
	}
	return nil
}
