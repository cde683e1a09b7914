package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/dropin"
	"inos/backend/trust"
	"inos/backend/unit"
)

type pluginsDocument struct {
	Folder  string            `json:"folder"` // where to drop plugins
	Plugins []unit.PluginInfo `json:"plugins"`
	// Removed can be brought back.
	Removed []removedPlugin `json:"removed"`
}

type removedPlugin struct {
	ID      string `json:"id"`
	Version string `json:"version"` // the one that rollback brings back
}

// removedPlugins are those of which a version is kept, by id.
func removedPlugins(known dropin.State) []removedPlugin {
	out := []removedPlugin{}
	for id, p := range known.Plugins {
		if p.Removed() && len(p.Earlier) > 0 {
			out = append(out, removedPlugin{id, p.Earlier[0].Version})
		}
	}
	slices.SortFunc(out, func(a, b removedPlugin) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (a *app) pluginListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the plugin files, and why a file is not used",
		Example: "  inos plugin list\n  inos plugin list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := a.dropFolder()
			if err != nil {
				return err
			}
			n, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			defer n.Close()
			plugins := append([]unit.PluginInfo{}, n.Plugins()...)
			known, err := n.Recorded()
			if err != nil {
				return err
			}
			removed := removedPlugins(known)
			if a.global.json {
				return writeJSON(a.Stdout, pluginsDocument{folder, plugins, removed})
			}
			return a.printPlugins(folder, plugins, removed)
		},
	}
}

func (a *app) printPlugins(folder string, plugins []unit.PluginInfo, removed []removedPlugin) error {
	rows := [][]string{{"PLUGIN", "VERSION", "UNITS", "SIZE", "FROM", "SIGNED BY", "FILE", "STATE"}}
	for _, p := range plugins {
		id, version, units := "-", "-", "-"
		if m := p.Manifest; m != nil {
			var names []string
			for _, u := range m.Units {
				names = append(names, u.Name)
			}
			id, version, units = m.ID, m.Version, strings.Join(names, ", ")
		}
		rows = append(rows, []string{id, version, units, formatBytes(float64(p.Bytes)),
			sourceWord(p), signer(p.Signature), shown(p.Path), stateWord(p)})
	}
	for _, p := range removed {
		rows = append(rows, []string{p.ID, p.Version, "-", "-", "-", "-", "-",
			"removed: inos plugin rollback " + p.ID + " brings it back"})
	}
	if err := table(a.Stdout, rows); err != nil {
		return err
	}
	if a.global.safe {
		fmt.Fprintln(a.Stdout, "\nSafe mode: only the plugins that came with INOS are used.")
	}
	_, err := fmt.Fprintf(a.Stdout, "\nPut plugins (*.wasm) into %s\n", folder)
	return err
}

// signer is a signature in a word or two; the file's state says more when it does not hold.
func signer(s *trust.Signature) string {
	if s == nil {
		return "-"
	}
	switch s.State {
	case trust.Trusted:
		return shown(s.Name)
	case trust.Unknown:
		return "unknown key " + s.KeyID
	case trust.Unsigned:
		return "nobody"
	case trust.Bundled:
		return "INOS"
	}
	return "-"
}

// sourceWord is where the plugin came from.
func sourceWord(p unit.PluginInfo) string {
	switch {
	case p.Bundled:
		return "INOS"
	case p.Dropped != nil:
		return string(p.Dropped.Source)
	}
	return "-"
}

func stateWord(p unit.PluginInfo) string {
	state := "ready"
	switch {
	case p.Refused != "":
		return "refused: " + shown(p.Refused)
	case p.Disabled():
		state = "disabled"
	}
	if p.Dropped != nil && p.Dropped.Pinned {
		state += ", pinned"
	}
	if p.Dropped != nil && p.Dropped.Problem != "" {
		state += ", did not start: " + shown(p.Dropped.Problem)
	}
	return state
}
