package cli

import (
	"context"
	"log/slog"
	"path/filepath"

	"inos/backend/fault"
	"inos/backend/node"
)

// workerProgram runs the plugins.
const workerProgram = "inos-worker"

// open starts the node that a command works with. The caller closes it.
func (a *app) open(ctx context.Context) (*node.Node, error) {
	options, err := a.nodeOptions()
	if err != nil {
		return nil, err
	}
	// The commands end the node themselves: after Ctrl+C there are figures to be read.
	return node.Start(context.WithoutCancel(ctx), options)
}

func (a *app) nodeOptions() (node.Options, error) {
	data, err := a.data()
	if err != nil {
		return node.Options{}, err
	}
	folders, err := a.moreFolders()
	if err != nil {
		return node.Options{}, err
	}
	var budget int64
	if a.global.arenaGiven() {
		budget = int64(a.global.arena)
	}
	return node.Options{
		DataDir:        data,
		ArenaBytes:     budget,
		MoreDirs:       folders,
		WorkerPath:     a.beside(workerProgram),
		AllowNoSeccomp: a.global.allowNoSeccomp,
		Safe:           a.global.safe,
		Keychain:       a.Keychain,
		Log:            a.logger(),
	}, nil
}

// moreFolders is the extra folder; nil without one.
func (a *app) moreFolders() ([]string, error) {
	extra := a.global.pluginDir
	if extra == "" {
		return nil, nil
	}
	absolute, err := filepath.Abs(extra)
	if err != nil {
		return nil, fault.Wrap("cli", fault.Invalid, extra, err, "")
	}
	return []string{absolute}, nil
}

// logger writes to standard error: warnings always, the rest with --verbose.
func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	if a.global.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.Stderr, &slog.HandlerOptions{Level: level}))
}
