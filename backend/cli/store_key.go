package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/store/disk"
	"inos/backend/store/keys"
)

const opStoreKey = "store.key"

func (a *app) storeKeyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Export, import and change the key of the store",
		Long: "Without its key a store is unreadable, for ever. Keep its recovery sheet, 24 words on\n" +
			"paper, away from this computer.",
		Example: "  inos store key status\n" +
			"  inos store key export -o sheet.txt\n" +
			"  inos store key import sheet.txt\n" +
			"  inos store key change",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef(cmd, "say what to do, like status or export")
		},
	}
	cmd.AddCommand(a.storeKeyExportCommand(), a.storeKeyImportCommand(), a.storeKeyChangeCommand(),
		a.storeKeyStatusCommand())
	return cmd
}

// sheetDocument is a recovery sheet. Words stand in it where it is not written to a file.
type sheetDocument struct {
	Store string   `json:"store"` // id
	Made  string   `json:"made"`  // date
	Words []string `json:"words,omitempty"`
	Path  string   `json:"path,omitempty"`
}

func (a *app) storeKeyExportCommand() *cobra.Command {
	var path string
	var yes bool
	cmd := &cobra.Command{
		Use:   "export [-o FILE]",
		Short: "Write the recovery sheet: 24 words that open the store",
		Long: "export writes the recovery sheet. Whoever has it can read the store, and it opens the\n" +
			"store when passphrase and keychain are lost: print it, and delete the file. A file that is\n" +
			"there is not overwritten. Before it shows the words on a terminal it asks.",
		Example: "  inos store key export -o sheet.txt\n" +
			"  inos store key export | lp\n" +
			"  inos store key export --json --passphrase-fd 3 3<passphrase.txt",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, folder, err := a.storeKeys()
			if err != nil {
				return err
			}
			id, err := k.ID()
			if err != nil {
				return inStore(folder, err)
			}
			if _, seen := terminalFile(a.Stdout); seen && path == "" && !yes {
				if err := a.confirmSheet(cmd); err != nil {
					return err
				}
			}
			m, err := a.unlockStore(cmd.Context(), k, folder)
			if err != nil {
				return err
			}
			return a.writeSheet(path, sheetDocument{
				Store: id.String(), Made: time.Now().Format(time.DateOnly), Words: keys.Words(m),
			})
		},
	}
	cmd.Flags().StringVarP(&path, "output", "o", "", "the `FILE` to write, readable by you alone")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// confirmSheet asks before a terminal shows the words: somebody may look over a shoulder.
func (a *app) confirmSheet(cmd *cobra.Command) error {
	keyboard, ok := a.keyboard()
	if !ok {
		return usagef(cmd, "nobody can be asked here; give -o FILE or --yes")
	}
	fmt.Fprint(a.Stderr, "Whoever sees the 24 words can read the store. Show them here? [y/N] ")
	answer, err := a.answer(cmd.Context(), keyboard)
	if err != nil || answer != "y" && answer != "yes" {
		return fault.New(opStoreKey, fault.Denied, "recovery sheet", "it was not shown",
			"write it to a file with -o FILE")
	}
	return nil
}

func (a *app) writeSheet(path string, sheet sheetDocument) error {
	if path == "" {
		if a.global.json {
			return writeJSON(a.Stdout, sheet)
		}
		_, err := fmt.Fprint(a.Stdout, keys.Sheet(sheet.Store, sheet.Made, sheet.Words))
		return err
	}
	if err := writeNew(path, []byte(keys.Sheet(sheet.Store, sheet.Made, sheet.Words)), 0o600); err != nil {
		next := fault.DiskRemedy(err)
		if os.IsExist(err) {
			next = "a sheet is never written over a file: choose another name"
		}
		return fault.Wrap(opStoreKey, fault.Unavailable, path, fault.Bare(err), next)
	}
	sheet.Words, sheet.Path = nil, path
	if a.global.json {
		return writeJSON(a.Stdout, sheet)
	}
	_, err := fmt.Fprintf(a.Stdout, "%s: the recovery sheet; print it, and delete the file\n",
		shown(path))
	return err
}

// keyStatus is how the key of a store is kept.
type keyStatus struct {
	Store      string    `json:"store"` // id
	Path       string    `json:"path"`
	Passphrase bool      `json:"passphrase"`
	Keychain   bool      `json:"keychain"`
	Unknown    string    `json:"keychainError,omitempty"`
	Files      []keyFile `json:"files"`
}

// keyFile is one copy of a file; Error says what is wrong with it.
type keyFile struct {
	Name  string `json:"name"`
	Error string `json:"error,omitempty"`
}

func (a *app) storeKeyStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show how the key of the store is kept, and whether its files are whole",
		Long: "status needs no passphrase. It fails where a copy of a file is damaged, or where neither\n" +
			"a passphrase nor the keychain has the key.",
		Example: "  inos store key status\n  inos store key status --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, folder, err := a.storeKeys()
			if err != nil {
				return err
			}
			status, err := statusOf(cmd.Context(), k, folder)
			if err != nil {
				return err
			}
			if err := a.printKeyStatus(status); err != nil || status.fine() {
				return err
			}
			return &reported{ExitFailed}
		},
	}
}

func statusOf(ctx context.Context, k *keys.Keys, folder string) (*keyStatus, error) {
	state, err := k.State(ctx)
	if err != nil {
		return nil, inStore(folder, err)
	}
	s := &keyStatus{
		Store: state.ID.String(), Path: folder, Passphrase: state.Passphrase, Keychain: state.Keychain,
	}
	if state.KeychainErr != nil {
		s.Unknown = asFault(state.KeychainErr).Message()
	}
	for _, c := range k.Check(nil) {
		s.Files = append(s.Files, keyFile{c.Name, wrongWith(c)})
	}
	return s, nil
}

func wrongWith(c disk.Copy) string {
	if c.Err == nil {
		return ""
	}
	return fault.Bare(c.Err).Error()
}

// fine says that something opens the store, and that all its files are whole.
func (s *keyStatus) fine() bool {
	for _, f := range s.Files {
		if f.Error != "" {
			return false
		}
	}
	return s.Passphrase || s.Keychain
}

func (a *app) printKeyStatus(s *keyStatus) error {
	if a.global.json {
		return writeJSON(a.Stdout, s)
	}
	_, err := fmt.Fprint(a.Stdout, keyStatusText(s))
	return err
}

func keyStatusText(s *keyStatus) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Store %s in %s\n", s.Store, shown(s.Path))
	passphrase, keychain := "not set", "does not have the key"
	if s.Passphrase {
		passphrase = "set"
	}
	switch {
	case s.Keychain:
		keychain = "has the key"
	case s.Unknown != "":
		keychain = "not known: " + shown(oneLine(s.Unknown))
	}
	fmt.Fprintf(&b, "  passphrase     %s\n  keychain       %s\n", passphrase, keychain)
	for _, f := range s.Files {
		if f.Error != "" {
			fmt.Fprintf(&b, "  %-20s %s; inos store key change writes it again\n", f.Name,
				shown(oneLine(f.Error)))
		}
	}
	if !s.Passphrase && !s.Keychain {
		b.WriteString("Nothing is known to open it but the recovery sheet: inos store key import\n")
	}
	return b.String()
}
