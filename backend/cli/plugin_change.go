package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/node"
)

// change is a command that changes one plugin of the drop-in folder.
type change struct {
	name, short, long, example string
	do                         func(b *dropin.Book, id string) (dropin.Change, error)
	done, already              string // with the id in place of %s
}

var changes = []change{
	{
		name: "enable", short: "Offer the units of a disabled plugin again",
		example: "  inos plugin enable sparks",
		do:      func(b *dropin.Book, id string) (dropin.Change, error) { return b.SetDisabled(id, false) },
		done:    "%s is enabled", already: "%s is enabled already",
	}, {
		name: "disable", short: "Keep a plugin without offering its units",
		example: "  inos plugin disable sparks\n  inos plugin disable dev.inos.sparks --json",
		do:      func(b *dropin.Book, id string) (dropin.Change, error) { return b.SetDisabled(id, true) },
		done:    "%s is disabled", already: "%s is disabled already",
	}, {
		name: "pin", short: "Keep a plugin at its version",
		long:    "A pinned plugin is not replaced: install refuses another version until it is unpinned.",
		example: "  inos plugin pin sparks",
		do:      func(b *dropin.Book, id string) (dropin.Change, error) { return b.SetPinned(id, true) },
		done:    "%s is pinned", already: "%s is pinned already",
	}, {
		name: "unpin", short: "Let other versions take a plugin's place again",
		example: "  inos plugin unpin sparks",
		do:      func(b *dropin.Book, id string) (dropin.Change, error) { return b.SetPinned(id, false) },
		done:    "%s is not pinned any more", already: "%s is not pinned",
	}, {
		name: "rollback", short: "Bring back a plugin's last version, also of a removed one",
		long:    "Three earlier versions of a plugin are kept. A second rollback undoes the first.",
		example: "  inos plugin rollback sparks",
		do:      func(b *dropin.Book, id string) (dropin.Change, error) { return b.Rollback(id) },
		done:    "%s is back",
	},
}

func (a *app) pluginChangeCommands() []*cobra.Command {
	var out []*cobra.Command
	for _, c := range changes {
		out = append(out, &cobra.Command{
			Use: c.name + " ID", Short: c.short, Long: c.long, Example: c.example, Args: oneArgument("ID"),
			RunE: func(cmd *cobra.Command, args []string) error {
				do := func(_ *node.Node, b *dropin.Book, id string) (dropin.Change, error) { return c.do(b, id) }
				return a.changePlugin(cmd.Context(), args[0], do, c.text)
			},
		})
	}
	return append(out, a.pluginRemoveCommand())
}

func (c change) text(done dropin.Change) string {
	text := fmt.Sprintf(c.done, done.ID)
	if done.Unchanged {
		return fmt.Sprintf(c.already, done.ID)
	}
	if done.From != done.To {
		text += " at version " + done.To
	}
	return text
}

func (a *app) pluginRemoveCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove ID [--yes]",
		Short: "Take a plugin out of the plugin folder",
		Long: "remove deletes the plugin's file from the plugin folder and keeps the version that was there:\n" +
			"rollback brings it back. Versions before that one are lost. It asks first on a terminal; elsewhere\n" +
			"it wants --yes.",
		Example: "  inos plugin remove sparks\n  inos plugin remove sparks --yes --json",
		Args:    oneArgument("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			do := func(n *node.Node, b *dropin.Book, id string) (dropin.Change, error) {
				if !yes {
					if err := a.confirmRemoval(cmd.Context(), cmd, n, b, id); err != nil {
						return dropin.Change{}, err
					}
				}
				return b.Remove(id)
			}
			return a.changePlugin(cmd.Context(), args[0], do, func(c dropin.Change) string {
				return fmt.Sprintf("%s %s was removed (inos plugin rollback %s brings it back, with the "+
					"permissions and settings that it had; inos plugin revoke %s takes its permissions)", c.ID, c.From, c.ID, c.ID)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// confirmRemoval asks on a terminal, naming what is lost.
func (a *app) confirmRemoval(
	ctx context.Context, cmd *cobra.Command, n *node.Node, b *dropin.Book, id string,
) error {
	input, ok := a.keyboard()
	if !ok {
		return usagef(cmd, "nobody can be asked here; give --yes")
	}
	s, err := b.Read()
	if err != nil {
		return err
	}
	p := s.Plugins[id]
	lost := "It can be brought back with inos plugin rollback."
	if before := len(p.Earlier); before > 0 {
		lost += fmt.Sprintf(" %d earlier %s of it will be lost.", before, plural(before, "version"))
	}
	fmt.Fprintf(a.Stderr, "This removes %s %s%s.\n%s Remove it? [y/N] ", id, p.Version.Version,
		unitsOf(n, id), lost)
	answer, err := a.answer(ctx, input)
	if err != nil || answer != "y" && answer != "yes" {
		return fault.New("plugin.remove", fault.Denied, id, "it was not removed", "")
	}
	return nil
}

// answer reads one line of what the user types.
func (a *app) answer(ctx context.Context, input *os.File) (line string, err error) {
	err = interruptible(ctx, func() error {
		text, err := bufio.NewReader(input).ReadString('\n')
		line = strings.ToLower(strings.TrimSpace(text))
		return err
	})
	return line, err
}

// unitsOf is what is not offered any more without the plugin.
func unitsOf(n *node.Node, id string) string {
	var names []string
	for _, u := range n.Units() {
		if u.Plugin == id {
			names = append(names, u.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " with " + plural(len(names), "unit") + " " + strings.Join(names, ", ")
}
