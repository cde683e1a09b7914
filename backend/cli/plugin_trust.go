package cli

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/trust"
)

// publishers is the store of trusted publishers in the data folder.
func (a *app) publishers() (*trust.Store, error) {
	data, err := a.data()
	return trust.Open(filepath.Join(data, trust.FileName)), err
}

type publisherDocument struct {
	Publisher trust.Publisher `json:"publisher"`
}

type publishersDocument struct {
	Publishers []trust.Publisher `json:"publishers"`
}

func (a *app) pluginTrustCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "trust PUB --name WHO",
		Short: "Name the owner of a key, whose plugins are signed by somebody you trust then",
		Long: "trust takes a .pub file or a public key itself. Get the key from its owner, not from the\n" +
			"plugin: everybody can make a key. The name is yours to choose; a key can be named anew.",
		Example: "  inos plugin trust ada.pub --name Ada\n" +
			"  inos plugin trust RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3 --name Frank",
		Args: oneArgument("PUB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if name == "" {
				return usagef(cmd, "--name WHO is needed")
			}
			key, err := publicKey(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			store, err := a.publishers()
			if err != nil {
				return err
			}
			p, err := store.Trust(key, name, time.Now())
			if err != nil {
				return err
			}
			return a.printPublisher("trusted", p)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "how the owner of the key is called, `WHO`")
	return cmd
}

func (a *app) pluginForgetCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "forget WHO",
		Short:   "Trust a publisher no longer, by name or key id",
		Example: "  inos plugin forget Ada\n  inos plugin forget E7620F1842B4E81F",
		Args:    oneArgument("WHO"),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := a.publishers()
			if err != nil {
				return err
			}
			p, err := store.Forget(args[0])
			if err != nil {
				return err
			}
			return a.printPublisher("forgotten", p)
		},
	}
}

func (a *app) printPublisher(what string, p trust.Publisher) error {
	if a.global.json {
		return writeJSON(a.Stdout, publisherDocument{p})
	}
	_, err := fmt.Fprintf(a.Stdout, "%s: %s, key %s\n", what, shown(p.Name), p.KeyID)
	return err
}

func (a *app) pluginPublishersCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "publishers",
		Short:   "List the publishers whom you trust",
		Example: "  inos plugin publishers\n  inos plugin publishers --json",
		Args:    noArguments,
		RunE: func(_ *cobra.Command, _ []string) error {
			store, err := a.publishers()
			if err != nil {
				return err
			}
			list, err := store.List()
			if err != nil {
				return err
			}
			if a.global.json {
				return writeJSON(a.Stdout, publishersDocument{append([]trust.Publisher{}, list...)})
			}
			return a.printPublishers(list)
		},
	}
}

func (a *app) printPublishers(list []trust.Publisher) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.Stdout,
			"You trust nobody yet. Name the owner of a key: inos plugin trust PUB --name WHO")
		return err
	}
	rows := [][]string{{"NAME", "KEY ID", "SINCE", "KEY"}}
	for _, p := range list {
		rows = append(rows, []string{shown(p.Name), p.KeyID, p.Since.Format(time.DateOnly), p.Key})
	}
	return table(a.Stdout, rows)
}
