package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/node"
	"inos/backend/unit"
)

// permissionsDocument is what the commands about grants print with --json.
type permissionsDocument struct {
	Plugin      string            `json:"plugin"`
	Permissions []node.Permission `json:"permissions"`
}

func (a *app) pluginGrantCommand() *cobra.Command {
	var never bool
	cmd := &cobra.Command{
		Use:   "grant PLUGIN [PERMISSION[=FOLDER|=HOSTS]]...",
		Short: "Show what a plugin asks for, and allow it",
		Long: "grant without a permission shows what a plugin asks for, why, and what you have answered.\n" +
			"With permissions it allows them until you revoke them, or forbids them with --never. Those\n" +
			"to read or write need the folder, and a plugin made for another host those that it may reach,\n" +
			"with commas between. PLUGIN is its id, or the name of one of its units.\n" +
			"To allow something for one run only, give --allow to inos run.",
		Example: "  inos plugin grant outside\n" +
			"  inos plugin grant outside now random\n" +
			"  inos plugin grant outside read:inbox=$HOME/Documents\n" +
			"  inos plugin grant outside clipboard --never\n" +
			"  inos plugin grant fetch http=example.org,*.example.com",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef(cmd, "say which plugin")
			}
			decision := grant.Always
			if never {
				decision = grant.Never
			}
			return a.withPlugin(cmd, args[0], func(n *node.Node, p unit.PluginInfo) error {
				if err := decide(n, p, args[1:], decision); err != nil {
					return err
				}
				return a.showPermissions(n, p)
			})
		},
	}
	cmd.Flags().BoolVar(&never, "never", false, "forbid it, so that nobody asks again")
	return cmd
}

func (a *app) pluginRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "revoke PLUGIN [PERMISSION]...",
		Short:   "Take back what a plugin was allowed, at once; without a permission all of it",
		Example: "  inos plugin revoke outside read:inbox\n  inos plugin revoke outside",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef(cmd, "say which plugin")
			}
			return a.withPlugin(cmd, args[0], func(n *node.Node, p unit.PluginInfo) error {
				if err := revoke(n, p, args[1:]); err != nil {
					return err
				}
				return a.showPermissions(n, p)
			})
		},
	}
}

func revoke(n *node.Node, p unit.PluginInfo, keys []string) error {
	if len(keys) == 0 {
		_, err := n.Revoke(p.Manifest.ID, "")
		return err
	}
	for _, key := range keys {
		count, err := n.Revoke(p.Manifest.ID, key)
		if err != nil {
			return err
		}
		if count == 0 {
			return fault.New("plugin.revoke", fault.NotFound, key, "there is no answer to take back",
				"see inos plugin grant "+p.Manifest.ID)
		}
	}
	return nil
}

// decide notes the same answer for permissions as people write them: read:inbox=FOLDER.
func decide(n *node.Node, p unit.PluginInfo, wishes []string, d grant.Decision) error {
	for _, wish := range wishes {
		key, what, _ := strings.Cut(wish, "=")
		if asked := p.Manifest.FindPermission(key); asked != nil && asked.Scope != "" && what != "" {
			absolute, err := filepath.Abs(what)
			if err != nil {
				return fault.Wrap("plugin.grant", fault.Invalid, what, err, "")
			}
			what = absolute
		}
		if err := n.Decide(p, key, d, what); err != nil {
			return err
		}
	}
	return nil
}

// withPlugin opens a node and finds the plugin by its id or by the name of a unit.
func (a *app) withPlugin(
	cmd *cobra.Command, name string, do func(*node.Node, unit.PluginInfo) error,
) error {
	n, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	defer n.Close()
	p, err := findPlugin(n, name)
	if err != nil {
		return err
	}
	return do(n, p)
}

func findPlugin(n *node.Node, name string) (unit.PluginInfo, error) {
	plugins := n.Plugins()
	for _, p := range plugins {
		if p.Refused == "" && (p.Manifest.ID == name || p.Manifest.FindUnit(name) != nil) {
			return p, nil
		}
	}
	return unit.PluginInfo{}, fault.New("plugin.find", fault.NotFound, name, "there is no such plugin",
		"see inos plugin list")
}

func (a *app) showPermissions(n *node.Node, p unit.PluginInfo) error {
	rows, err := n.Permissions(p)
	if err != nil {
		return err
	}
	if a.global.json {
		return writeJSON(a.Stdout, permissionsDocument{p.Manifest.ID, rows})
	}
	_, err = io.WriteString(a.Stdout, permissionsText(p.Manifest.ID, rows))
	return err
}

func permissionsText(id string, rows []node.Permission) string {
	if len(rows) == 0 {
		return id + " asks for nothing\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s asks to\n", id)
	for _, r := range rows {
		fmt.Fprintf(&b, "  %-14s %s\n%17s%s\n%17s%s\n", r.Key, r.Sentence, "", r.Reason, "", answerText(r.Answer))
	}
	return b.String()
}

func answerText(g *grant.Grant) string {
	switch {
	case g == nil:
		return "not allowed"
	case g.Decision == grant.Never:
		return "forbidden since " + g.When.Local().Format(time.DateTime)
	case g.Folder != "":
		return fmt.Sprintf("allowed in %s since %s", g.Folder, g.When.Local().Format(time.DateTime))
	case len(g.Hosts) > 0:
		return fmt.Sprintf("allowed with %s since %s", strings.Join(g.Hosts, ", "), g.When.Local().Format(time.DateTime))
	}
	return "allowed since " + g.When.Local().Format(time.DateTime)
}

func (a *app) pluginAuditCommand() *cobra.Command {
	var lines int
	cmd := &cobra.Command{
		Use:     "audit",
		Short:   "Show who allowed which plugin what, and when",
		Example: "  inos plugin audit\n  inos plugin audit --lines 1000 --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if lines < 1 {
				return usagef(cmd, "--lines must be 1 or more")
			}
			n, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			defer n.Close()
			entries, err := n.Audit(lines)
			if err != nil {
				return err
			}
			if a.global.json {
				return writeJSON(a.Stdout, auditDocument{append([]grant.Entry{}, entries...)})
			}
			_, err = io.WriteString(a.Stdout, auditText(entries))
			return err
		},
	}
	cmd.Flags().IntVar(&lines, "lines", 50, "show the last `N` entries")
	return cmd
}

type auditDocument struct {
	Entries []grant.Entry `json:"entries"`
}

func auditText(entries []grant.Entry) string {
	if len(entries) == 0 {
		return "nothing was ever allowed\n"
	}
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s  %-8s %s %s", e.When.Local().Format(time.DateTime), e.Decision, e.Plugin, e.Key)
		if e.Folder != "" {
			fmt.Fprintf(&b, " in %s", e.Folder)
		}
		if len(e.Hosts) > 0 {
			fmt.Fprintf(&b, " %s", strings.Join(e.Hosts, ", "))
		}
		fmt.Fprintf(&b, "  (%s)\n", e.Who)
	}
	return b.String()
}
