//go:build desktop

package main

import (
	"context"
	"log/slog"

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
func startNode(
	ctx context.Context, o *flags, place window.Place, around *outside, log *slog.Logger,
) (*nodeAdapter, error) {
	var n *node.Node // no plugin runs before it is there
	options := node.Options{
		DataDir: o.dataDir, ArenaBytes: o.arenaBytes, AllowNoSeccomp: o.allowNoSeccomp, Log: log,
		Safe: o.safe, Watch: true, Who: "window", Clipboard: around,
		Notify: func(plugin, text string) { n.Notice(plugin, text) },
	}
	if options.ArenaBytes == 0 {
		options.ArenaBytes = place.ArenaBytes
	}
	if o.pluginDir != "" {
		options.MoreDirs = []string{o.pluginDir}
	}
	var err error
	n, err = node.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	return &nodeAdapter{n}, nil
}
