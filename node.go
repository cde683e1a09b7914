//go:build desktop

package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/unit"
	"inos/backend/window"
)

// nodeAdapter is a node as window.Session wants it.
type nodeAdapter struct{ *node.Node }

// StartLive starts a live unit.
func (n *nodeAdapter) StartLive(ctx context.Context, name string, c unit.LiveConfig) (window.Live, error) {
	live, err := n.Node.StartLive(ctx, name, c)
	if err != nil {
		return nil, err
	}
	return live, nil
}

// startNode starts the node with what came with the program and what the user dropped in.
func startNode(ctx context.Context, o *flags, place window.Place, log *slog.Logger) (*nodeAdapter, error) {
	options := node.Options{
		DataDir: o.dataDir, ArenaBytes: o.arenaBytes, AllowNoSeccomp: o.allowNoSeccomp, Log: log,
	}
	if options.ArenaBytes == 0 {
		options.ArenaBytes = place.ArenaBytes
	}
	if o.pluginDir != "" { // they replace the usual folders, so those are named, too
		dir, err := programDir()
		if err != nil {
			return nil, err
		}
		options.PluginDirs = []string{
			filepath.Join(dir, "plugins"), filepath.Join(o.dataDir, "plugins"), o.pluginDir,
		}
	}
	n, err := node.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	return &nodeAdapter{n}, nil
}

// programDir is where this program and what came with it lie, links followed.
func programDir() (string, error) {
	path, err := os.Executable()
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	return filepath.Dir(path), fault.Wrap("window", fault.Internal, "program", err, "")
}
