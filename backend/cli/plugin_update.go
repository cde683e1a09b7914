package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/dropin"
	"inos/backend/fault"
	"inos/backend/manifest"
	"inos/backend/node"
	"inos/backend/trust"
	"inos/backend/unit"
)

// maxUpdateFiles bounds the files of a folder that are looked at.
const maxUpdateFiles = 1000

// pluginUpdate is a newer version of a plugin that is installed.
type pluginUpdate struct {
	ID   string `json:"id"`
	From string `json:"from"`
	To   string `json:"to"`
	File string `json:"file"`
	// Signature is who signed the new version.
	Signature trust.Signature       `json:"signature"`
	News      string                `json:"news,omitempty"`
	Asks      []manifest.Permission `json:"asks,omitempty"`
	// Held is why it is not installed without a word of yours; empty: it would be.
	Held string `json:"held,omitempty"`
	// Installed says that it was.
	Installed bool `json:"installed"`
}

type updatesDocument struct {
	Updates []pluginUpdate `json:"updates"`
	// Unusable are files of the folder that are no plugins, with the reason.
	Unusable []unusableFile `json:"unusable"`
	Error    *fault.Error   `json:"error,omitempty"`
}

type unusableFile struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

func (a *app) pluginUpdateCommand() *cobra.Command {
	var from string
	var yes bool
	cmd := &cobra.Command{
		Use:   "update --from DIR [--yes] [PLUGIN]...",
		Short: "Show newer versions of installed plugins that lie in a folder, and install them",
		Long: "update looks through a folder for newer versions of the plugins that are installed, and shows\n" +
			"what is new in them, who signed them, and what they ask for beyond the present ones. With --yes it\n" +
			"installs those that the same key signed and that ask for nothing more; with their names, also\n" +
			"those that ask for more or that nobody signed. Pinned plugins stay. Nothing is ever updated by itself.",
		Example: "  inos plugin update --from /media/usb/plugins\n" +
			"  inos plugin update --from /media/usb/plugins --yes\n" +
			"  inos plugin update --from /media/usb/plugins --yes org.example.ring",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if from == "" {
				return usagef(cmd, "--from DIR says where newer versions lie")
			}
			if len(args) > 0 && !yes {
				return usagef(cmd, "a plugin is named to install its update: give --yes too")
			}
			return a.update(cmd.Context(), from, yes, args)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the folder `DIR` with newer versions")
	cmd.Flags().BoolVar(&yes, "yes", false, "install them")
	return cmd
}

func (a *app) update(ctx context.Context, from string, yes bool, named []string) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	wanted := map[string]bool{}
	for _, name := range named {
		_, id, err := n.Registry().Book(name)
		if err != nil {
			return err
		}
		wanted[id] = true
	}
	done, err := updatesIn(from, n)
	if err != nil {
		return err
	}
	for id := range wanted {
		if !slices.ContainsFunc(done.Updates, func(u pluginUpdate) bool { return u.ID == id }) {
			return fault.New("plugin.update", fault.NotFound, id, "no newer version of it lies in "+from+
				", or the installed file is refused", "see inos plugin list, and inos plugin inspect FILE")
		}
	}
	if yes {
		err = install(n, done.Updates, wanted)
	}
	if a.global.json {
		done.Error = faultOf(err)
		if err := writeJSON(a.Stdout, done); err != nil || done.Error == nil {
			return err
		}
		fmt.Fprintln(a.Stderr, "inos: "+a.reason(err))
		return &reported{ExitFailed}
	}
	if _, written := fmt.Fprint(a.Stdout, updatesText(done, yes)); written != nil {
		return written
	}
	return err
}

// install installs what may be installed, up to the first failure.
func install(n *node.Node, updates []pluginUpdate, wanted map[string]bool) error {
	for i := range updates {
		u := &updates[i]
		if len(wanted) > 0 && !wanted[u.ID] || len(wanted) == 0 && u.Held != "" {
			continue
		}
		if _, _, err := n.Registry().Install(u.File, false); err != nil {
			return err
		}
		u.Installed = true
	}
	return nil
}

// updatesIn lists the files of a folder that are newer versions of installed plugins, in the order
// of their names.
func updatesIn(folder string, n *node.Node) (updatesDocument, error) {
	out := updatesDocument{Updates: []pluginUpdate{}, Unusable: []unusableFile{}}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return out, fault.Wrap("plugin.update", fault.NotFound, folder, fault.Bare(err), "")
	}
	installed := map[string]unit.PluginInfo{}
	for _, p := range n.Plugins() {
		if p.Dropped != nil && p.Manifest != nil {
			installed[p.Manifest.ID] = p
		}
	}
	for _, e := range entries[:min(len(entries), maxUpdateFiles)] {
		if !e.Type().IsRegular() || filepath.Ext(e.Name()) != ".wasm" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		next := n.Registry().Inspect(filepath.Join(folder, e.Name()))
		if next.Refused != "" {
			out.Unusable = append(out.Unusable, unusableFile{next.Path, next.Refused})
			continue // it could not be installed either
		}
		if now, there := installed[next.Manifest.ID]; there && dropin.Newer(next.Manifest.Version, now.Manifest.Version) {
			out.Updates = append(out.Updates, updateOf(now, next))
		}
	}
	return out, nil
}

func updateOf(now, next unit.PluginInfo) pluginUpdate {
	u := pluginUpdate{
		ID: next.Manifest.ID, From: now.Manifest.Version, To: next.Manifest.Version, File: next.Path,
		News: next.Manifest.Changes, Asks: next.Manifest.AsksBeyond(now.Manifest),
	}
	if next.Signature != nil {
		u.Signature = *next.Signature
	}
	switch {
	case now.Dropped.Pinned:
		u.Held = "it is pinned: inos plugin unpin " + u.ID
	case now.Dropped.Key == "" && u.Signature.Key == "":
		u.Held = "nobody signed it"
	case u.Signature.Key != now.Dropped.Key:
		u.Held = "it is not signed by the key of the version that is installed; to take it all the same: " +
			"inos plugin install --replace " + next.Path
	case len(u.Asks) > 0:
		u.Held = "it asks for more"
	}
	return u
}

func updatesText(d updatesDocument, yes bool) string {
	var b strings.Builder
	if len(d.Updates) == 0 {
		b.WriteString("nothing newer lies there\n")
	}
	for _, f := range d.Unusable {
		fmt.Fprintf(&b, "%s cannot be used: %s\n", shown(f.File), shown(f.Reason))
	}
	for _, u := range d.Updates {
		fmt.Fprintf(&b, "%s %s -> %s  %s\n  %s\n%s", u.ID, u.From, u.To, shown(u.File), u.Signature,
			newsText(u.News, u.Asks))
		switch {
		case u.Installed:
			fmt.Fprintf(&b, "  installed (inos plugin rollback %s takes that back)\n", u.ID)
		case u.Held != "":
			fmt.Fprintf(&b, "  not installed by --yes alone: %s\n", u.Held)
		case !yes:
			b.WriteString("  --yes installs it\n")
		}
	}
	return b.String()
}
