package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/node"
	"inos/backend/quota"
	"inos/backend/unit"
)

// limitsDocument is what inos plugin limit prints with --json.
type limitsDocument struct {
	Plugin string       `json:"plugin"`
	Limits []node.Limit `json:"limits"`
}

func (a *app) pluginLimitCommand() *cobra.Command {
	var reset bool
	cmd := &cobra.Command{
		Use:   "limit PLUGIN [LIMIT=VALUE]...",
		Short: "Show what a plugin may use, and set limits",
		Long: "limit shows what a plugin declares, what you have set and what is in force. What you set counts\n" +
			"from the next call on, for a live unit that runs within a second, and stays with the plugin's id.\n" +
			"A limit only takes away: more memory or time than is free is given by inos plugin grant.\n\n" +
			limitKinds() +
			"\nPLUGIN is its id, or the name of one of its units.",
		Example: "  inos plugin limit sparks\n" +
			"  inos plugin limit sparks cpu=50% memory=32MiB time=10s\n" +
			"  inos plugin limit boids rate=30/s segments=64MiB log=20/s\n" +
			"  inos plugin limit sparks --reset cpu\n" +
			"  inos plugin limit sparks --reset",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef(cmd, "say which plugin")
			}
			for _, wish := range args[1:] {
				if _, _, valued := strings.Cut(wish, "="); valued == reset {
					return usagef(cmd, "%q: a limit is set as LIMIT=VALUE, and taken back as --reset LIMIT", wish)
				}
			}
			return a.withPlugin(cmd, args[0], func(n *node.Node, p unit.PluginInfo) error {
				if err := changeLimits(n, p, args[1:], reset); err != nil {
					return err
				}
				return a.showLimits(n, p)
			})
		},
	}
	cmd.Flags().BoolVar(&reset, "reset", false, "take limits back; without a name all of the plugin's")
	return cmd
}

// limitKinds lists them for the help.
func limitKinds() string {
	var b strings.Builder
	for i := range quota.Kinds {
		k := &quota.Kinds[i]
		fmt.Fprintf(&b, "  %-9s %s, %s to %s\n", k.Key, k.Doc, k.Text(k.Min), k.Text(k.Max))
	}
	return b.String()
}

func changeLimits(n *node.Node, p unit.PluginInfo, wishes []string, reset bool) error {
	if reset && len(wishes) == 0 {
		return n.ResetLimit(p, "")
	}
	for _, wish := range wishes { // all of them first: nothing is set when one is wrong
		key, value, _ := strings.Cut(wish, "=")
		if err := n.CheckLimit(p, key, value); err != nil && !reset {
			return err
		}
	}
	for _, wish := range wishes {
		key, value, _ := strings.Cut(wish, "=")
		var err error
		if reset {
			err = n.ResetLimit(p, key)
		} else {
			err = n.SetLimit(p, key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *app) showLimits(n *node.Node, p unit.PluginInfo) error {
	rows, err := n.Limits(p)
	if err != nil {
		return err
	}
	if a.global.json {
		return writeJSON(a.Stdout, limitsDocument{p.Manifest.ID, rows})
	}
	_, err = io.WriteString(a.Stdout, limitsText(p.Manifest.ID, rows))
	return err
}

// owners are node.Limit.By for people.
var owners = map[string]string{"you": "set by you", "plugin": "its own", "inos": "for every plugin"}

func limitsText(id string, rows []node.Limit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s may use\n  %-9s %-10s %-10s %-10s\n", id, "", "declared", "set", "in force")
	for _, r := range rows {
		k, by := quota.Find(r.Key), owners[r.By]
		if r.InForce == nil {
			by = "no limit"
		}
		fmt.Fprintf(&b, "  %-9s %-10s %-10s %-10s %s (%s)\n", r.Key, limitText(k, r.Declared),
			limitText(k, r.Set), limitText(k, r.InForce), r.Doc, by)
	}
	return b.String()
}

func limitText(k *quota.Kind, value *uint64) string {
	if value == nil {
		return "-"
	}
	return k.Text(*value)
}
