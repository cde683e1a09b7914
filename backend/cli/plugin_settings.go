package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"inos/backend/fault"
	"inos/backend/input"
	"inos/backend/node"
	"inos/backend/unit"
)

// maxSecretText bounds what is read for a secret; the manifest says how long it may be.
const maxSecretText = 4 << 10

// settingsDocument is what the commands about settings print with --json.
type settingsDocument struct {
	Plugin   string         `json:"plugin"`
	Settings []node.Setting `json:"settings"`
}

func (a *app) pluginSettingsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "settings PLUGIN",
		Short: "Show the settings of a plugin; of a secret only whether it is set",
		Long: "settings shows what a plugin lets you set, and what you have set. PLUGIN is its id, or the\n" +
			"name of one of its units.",
		Example: "  inos plugin settings outside\n  inos plugin settings outside --json",
		Args:    oneArgument("PLUGIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPlugin(cmd, args[0], a.showSettings)
		},
	}
}

// wishes are the changes that a command line asks for.
type wishes struct {
	names    []string // name, or name=value
	unset    bool
	secretFD int // -1: secrets are asked for
}

func (a *app) pluginSetCommand() *cobra.Command {
	var w wishes
	cmd := &cobra.Command{
		Use:   "set PLUGIN NAME[=VALUE]...",
		Short: "Set settings of a plugin, or take them back",
		Long: "set tells a plugin what it shall know from its next question on. Of a secret give the name\n" +
			"alone: it is asked for, or read from --secret-fd, and kept in the keychain of your desktop.\n" +
			"Settings belong to the plugin of this signer; one of the same id from another has none.",
		Example: "  inos plugin set outside volume=0.8\n" +
			"  inos plugin set outside token\n" +
			"  inos plugin set outside token --secret-fd 0 <token.txt\n" +
			"  inos plugin set outside volume token --unset",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef(cmd, "say which plugin, and what to set")
			}
			w.names = args[1:]
			if err := w.check(cmd); err != nil {
				return err
			}
			return a.withPlugin(cmd, args[0], func(n *node.Node, p unit.PluginInfo) error {
				if err := a.change(cmd.Context(), n, p, w); err != nil {
					return err
				}
				return a.showSettings(n, p)
			})
		},
	}
	cmd.Flags().BoolVar(&w.unset, "unset", false, "take the settings back; their defaults count again")
	cmd.Flags().IntVar(&w.secretFD, "secret-fd", -1,
		"read the secret from this open file descriptor `N` (0: standard input)")
	return cmd
}

// check says what is wrong before a plugin is looked for. It repeats no value: it may be a secret.
func (w *wishes) check(cmd *cobra.Command) error {
	secrets, seen := 0, map[string]bool{}
	for _, wish := range w.names {
		name, _, valued := strings.Cut(wish, "=")
		switch {
		case name == "":
			return usagef(cmd, "a setting has no name")
		case seen[name]:
			return usagef(cmd, "%s is given twice", name)
		case valued && w.unset:
			return usagef(cmd, "--unset takes names without values")
		case !valued:
			secrets++
		}
		seen[name] = true
	}
	if w.secretFD >= 0 && (secrets != 1 || w.unset) {
		return usagef(cmd, "--secret-fd is for one secret, whose name goes without a value")
	}
	return nil
}

func (a *app) change(ctx context.Context, n *node.Node, p unit.PluginInfo, w wishes) error {
	if w.unset {
		for _, name := range w.names {
			if err := n.ClearSetting(ctx, p, name); err != nil {
				return err
			}
		}
		return nil
	}
	for _, wish := range w.names { // all of them first: nothing is asked for in vain
		if err := fitsSetting(p, wish); err != nil {
			return err
		}
	}
	for _, wish := range w.names {
		name, value, valued := strings.Cut(wish, "=")
		if !valued {
			var err error
			if value, err = a.readSecret(ctx, name, w.secretFD); err != nil {
				return err
			}
		}
		if err := n.SetSetting(ctx, p, name, value); err != nil {
			return err
		}
	}
	return nil
}

// fitsSetting says whether a plugin takes what is on the command line.
func fitsSetting(p unit.PluginInfo, wish string) error {
	name, value, valued := strings.Cut(wish, "=")
	param, err := node.FindSetting(p, name)
	switch {
	case err != nil:
		return err
	case param.Secret && valued:
		return fault.New("plugin.set", fault.Invalid, name,
			"this is a secret, and a command line is seen by other programs and kept by the shell",
			"give its name without a value: it will be asked for, or read from --secret-fd")
	case param.Secret:
		return nil
	case !valued:
		return fault.New("plugin.set", fault.Invalid, name, "it needs a value",
			fmt.Sprintf("write %s=VALUE, %s", name, param.Range()))
	}
	_, err = param.Coerce(value)
	return err
}

// readSecret takes a secret from the descriptor, without the line feed at its end, or from the
// terminal.
func (a *app) readSecret(ctx context.Context, name string, fd int) (string, error) {
	secret, err := a.anySecret(ctx, name, fd)
	if fault.KindOf(err) == fault.Canceled {
		return "", err
	}
	return secret, fault.Wrap("plugin.set", fault.Invalid, name, err, "")
}

func (a *app) anySecret(ctx context.Context, name string, fd int) (string, error) {
	if fd >= 0 {
		reader, err := a.descriptor(fd)
		if err != nil {
			return "", err
		}
		text, err := input.Stream(fmt.Sprintf("descriptor %d", fd), reader).ReadAll(ctx, maxSecretText)
		return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), err
	}
	file, ok := a.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return "", errors.New("there is no terminal to ask for the secret at: give --secret-fd N")
	}
	words, err := a.ask(ctx, file, name+": ")
	return words[0], err
}

func (a *app) showSettings(n *node.Node, p unit.PluginInfo) error {
	rows, err := n.Settings(p)
	if err != nil {
		return err
	}
	if a.global.json {
		return writeJSON(a.Stdout, settingsDocument{p.Manifest.ID, rows})
	}
	text := settingsText(p.Manifest.ID, rows)
	if _, takesAny := p.Manifest.ConfigParam("key"); takesAny && len(rows) == 0 {
		text = p.Manifest.ID + " has none set; it takes any key: inos plugin set " + p.Manifest.ID + " KEY=VALUE\n"
	}
	_, err = io.WriteString(a.Stdout, text)
	return err
}

func settingsText(id string, rows []node.Setting) string {
	if len(rows) == 0 {
		return id + " has no settings\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s lets you set\n", id)
	for _, r := range rows {
		fmt.Fprintf(&b, "  %-14s %s\n%17s%s\n%17s%s\n", r.Name, settingText(r), "", r.Param.Doc, "",
			r.Param.Range())
	}
	return b.String()
}

func settingText(r node.Setting) string {
	switch {
	case r.Param.Secret && r.Set:
		return "a secret, set"
	case r.Param.Secret:
		return "a secret, not set"
	case r.Set:
		return shown(r.Value)
	case r.Misfit != nil:
		return fmt.Sprintf("%s (default; %s, which you have set, does not fit this version)",
			shown(r.Value), shown(r.Misfit))
	}
	return shown(r.Value) + " (default)"
}
