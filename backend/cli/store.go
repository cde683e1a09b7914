package cli

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/store/keys"
)

const opStore = "store"

func (a *app) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Look after the store and its key",
		Long: "The store lies in the folder store of the data folder, encrypted. Its key is in the\n" +
			"keychain of the desktop, or locked by a passphrase, or both. The passphrase comes from\n" +
			"--passphrase-fd, from the variable " + passphraseVariable + ", or is asked for at the terminal.",
		Example: "  inos store key status\n" +
			"  inos store key export -o sheet.txt",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef(cmd, "say what to do, like key")
		},
	}
	cmd.PersistentFlags().IntVar(&a.storeFrom.fd, passphraseFlag, -1, passphraseUsage)
	cmd.AddCommand(a.storePutCommand(), a.storeGetCommand(), a.storeListCommand())
	cmd.AddCommand(a.storePinCommands()...)
	cmd.AddCommand(a.storeMountCommand(), a.storeUpkeepCommand())
	cmd.AddCommand(a.storeCollectCommand(), a.storeCheckCommand(), a.storeRepairCommand(),
		a.storeArchiveCommand(), a.storeStatCommand(), a.storeSpaceCommand(), a.storeKeyCommand())
	return cmd
}

// storeKeys are the keys of the data folder's store, and where it lies.
func (a *app) storeKeys() (k *keys.Keys, folder string, err error) {
	data, err := a.data()
	if err != nil {
		return nil, "", err
	}
	k = node.StoreKeys(data, a.Keychain)
	k.Cost = cmp.Or(a.StoreCost, k.Cost)
	return k, node.StoreFolder(data), nil
}

// unlockStore finds the store's key, and asks at the terminal where nothing else opens it.
func (a *app) unlockStore(ctx context.Context, k *keys.Keys, folder string) (keys.Master, error) {
	from, err := a.storePassphrase(ctx)
	if err != nil {
		return keys.Master{}, err
	}
	m, err := k.Unlock(ctx, from)
	return m, inStore(folder, err)
}

// storePassphrase is the passphrase that was given, and the terminal to ask at.
func (a *app) storePassphrase(ctx context.Context) (keys.Passphrase, error) {
	var from keys.Passphrase
	given, err := a.givenPassphrase(ctx)
	if err != nil {
		return from, err
	}
	from.Given = given
	if file, ok := a.keyboard(); ok {
		from.Ask = func(ctx context.Context) (string, error) {
			words, err := a.ask(ctx, file, "Passphrase: ")
			return words[0], err
		}
	}
	return from, nil
}

// givenPassphrase is that of the descriptor or the environment; empty: none was given.
func (a *app) givenPassphrase(ctx context.Context) (string, error) {
	if a.storeFrom.fd < 0 {
		return a.Getenv(passphraseVariable), nil
	}
	words, err := a.passphraseFrom(ctx, a.storeFrom.fd)
	if err == nil {
		err = keys.CheckPassphrase(words)
	}
	return words, passphraseFault(err)
}

func passphraseFault(err error) error {
	if fault.KindOf(err) == fault.Canceled {
		return err
	}
	return fault.Wrap("passphrase", fault.Invalid, "passphrase", err, "")
}

// inStore names the folder where there is no store.
func inStore(folder string, err error) error {
	if errors.Is(err, keys.ErrNoStore) {
		return fault.Wrap(opStore, fault.NotFound, folder, keys.ErrNoStore,
			"inos store put PATH makes one; that of another data folder is named with --data DIR")
	}
	return err
}
