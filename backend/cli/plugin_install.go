package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/node"
	"inos/backend/unit"
)

func (a *app) pluginInstallCommand() *cobra.Command {
	var replace bool
	cmd := &cobra.Command{
		Use:   "install FILE... [--replace]",
		Short: "Put plugin files into the plugin folder",
		Long: "install copies each file into the plugin folder, in place of the version that is there, which\n" +
			"is kept for rollback. Whoever kills it half-way finds the old version or the new one. An older\n" +
			"version, or a file whose name belongs to another plugin, takes --replace.",
		Example: "  inos plugin install sparks.wasm\n" +
			"  inos plugin install build/bin/examples/*.wasm\n" +
			"  inos plugin install sparks-0.9.wasm --replace",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || slices.Contains(args, "") {
				return usagef(cmd, "needs FILE")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.install(cmd.Context(), args, replace)
		},
	}
	cmd.Flags().BoolVar(&replace, "replace", false,
		"also go back to an older version, or take the place of a file of that name")
	return cmd
}

// changesDocument is what the commands that change plugins print with --json. A run that failed at
// one file has those before it done.
type changesDocument struct {
	Changes []pluginChange `json:"changes"`
	Error   *fault.Error   `json:"error,omitempty"`
}

func (a *app) install(ctx context.Context, files []string, replace bool) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	done := changesDocument{Changes: []pluginChange{}}
	before := manifests(n)
	for _, file := range files {
		p, wasm, err := n.Registry().Read(file)
		if err != nil {
			return a.installFailed(done, err)
		}
		c, err := n.Registry().InstallRead(p, wasm, replace)
		if err != nil {
			return a.installFailed(done, err)
		}
		m := p.Manifest
		change := pluginChange{Change: c, News: m.Changes, Asks: asksBeyond(m, before[m.ID])}
		done.Changes = append(done.Changes, change)
		if err := a.tellInstalled(change, p); err != nil {
			return err
		}
	}
	if a.global.json {
		return writeJSON(a.Stdout, done)
	}
	return nil
}

// pluginChange is what was done, what is new in the version that came, and what that one asks for and
// the one before did not.
type pluginChange struct {
	dropin.Change
	News string                `json:"news,omitempty"`
	Asks []manifest.Permission `json:"asks,omitempty"`
}

// manifests are those of the plugins that are there, by id.
func manifests(n *node.Node) map[string]*manifest.Manifest {
	all := map[string]*manifest.Manifest{}
	for _, p := range n.Plugins() {
		if p.Manifest != nil && p.Refused == "" {
			all[p.Manifest.ID] = p.Manifest
		}
	}
	return all
}

// asksBeyond is empty for a plugin that was not there: inspect says all that it asks for.
func asksBeyond(m, before *manifest.Manifest) []manifest.Permission {
	if before == nil {
		return nil
	}
	return m.AsksBeyond(before)
}

// newsText tells what is new in a version and what it asks for beyond the one before.
func newsText(news string, asks []manifest.Permission) string {
	var b strings.Builder
	if news != "" {
		fmt.Fprintf(&b, "  new: %s\n", news)
	}
	for i := range asks {
		fmt.Fprintf(&b, "  it asks beyond that to %s (%s): %s\n", asks[i].Sentence(), asks[i].Key(), asks[i].Reason)
	}
	return b.String()
}

// installFailed says what failed, and with --json also what was done before it.
func (a *app) installFailed(done changesDocument, err error) error {
	if !a.global.json || len(done.Changes) == 0 {
		return err
	}
	done.Error = asFault(err)
	if err := writeJSON(a.Stdout, done); err != nil {
		return err
	}
	fmt.Fprintln(a.Stderr, "inos: "+a.reason(err))
	return &reported{ExitFailed}
}

func (a *app) tellInstalled(c pluginChange, p unit.PluginInfo) error {
	if a.global.json {
		return nil
	}
	if _, err := io.WriteString(a.Stdout, p.Manifest.Explain(fmt.Sprint(p.Signature))); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.Stdout, "%s\n%s", installedText(c.Change), newsText(c.News, c.Asks))
	return err
}

func installedText(c dropin.Change) string {
	text := fmt.Sprintf("%s %s was installed as %s", c.ID, c.To, shown(c.File))
	switch {
	case c.Unchanged:
		text = fmt.Sprintf("%s %s is installed already, as %s", c.ID, c.To, shown(c.File))
	case c.From != "":
		text += fmt.Sprintf(", in place of %s (inos plugin rollback %s takes that back)", c.From, c.ID)
	}
	if c.Displaced != "" {
		text += fmt.Sprintf("; %s, whose file that was, is removed (inos plugin rollback %s needs another name)",
			c.Displaced, c.Displaced)
	}
	if c.Disabled {
		text += fmt.Sprintf("; it is disabled (inos plugin enable %s)", c.ID)
	}
	return text
}

// changePlugin lets do change the plugin that name means, and prints what was done.
func (a *app) changePlugin(
	ctx context.Context, name string, do func(n *node.Node, b *dropin.Book, id string) (dropin.Change, error),
	text func(dropin.Change) string,
) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	book, id, err := n.Registry().Book(name)
	if err != nil {
		return err
	}
	c, err := do(n, book, id)
	if err != nil {
		return err
	}
	if a.global.json {
		return writeJSON(a.Stdout, changesDocument{Changes: []pluginChange{{Change: c}}})
	}
	_, err = fmt.Fprintln(a.Stdout, text(c))
	return err
}
