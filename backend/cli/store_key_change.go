package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/input"
	"inos/backend/store/keys"
)

// maxSheetBytes bounds what is read for a recovery sheet.
const maxSheetBytes = 16 << 10

func (a *app) storeKeyImportCommand() *cobra.Command {
	var keychain bool
	cmd := &cobra.Command{
		Use:   "import [FILE]",
		Short: "Open the store with its recovery sheet, and set a new passphrase",
		Long: "import reads the 24 words of the recovery sheet from FILE, from the standard input, or at\n" +
			"the terminal. They are no arguments: those are seen by every program of the machine. When\n" +
			"they are those of this store, a new passphrase takes the place of the old one; with\n" +
			"--keychain that stays as it is, and the key goes into the keychain of the desktop.",
		Example: "  inos store key import sheet.txt\n" +
			"  inos store key import\n" +
			"  inos store key import --keychain <sheet.txt",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneArgument("FILE")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			from := "-"
			if len(args) == 1 {
				from = args[0]
			}
			if keychain && a.storeFrom.fd >= 0 {
				return usagef(cmd, "--keychain sets no passphrase, so --passphrase-fd has no use")
			}
			if from == "-" && a.storeFrom.fd == 0 {
				return usagef(cmd, "words and passphrase cannot both come from the standard input")
			}
			return a.importKey(cmd.Context(), from, keychain)
		},
	}
	cmd.Flags().BoolVar(&keychain, "keychain", false, "put the key into the keychain of the desktop")
	return cmd
}

func (a *app) importKey(ctx context.Context, from string, keychain bool) error {
	k, folder, err := a.storeKeys()
	if err != nil {
		return err
	}
	if _, err := k.ID(); err != nil { // nobody types 24 words in vain
		return inStore(folder, err)
	}
	text, err := a.readWords(ctx, from)
	if err != nil {
		return err
	}
	m, err := keys.FromWords(text)
	if err != nil {
		return fault.Wrap(opStoreKey, fault.Invalid, "recovery sheet", err, "compare it with the sheet")
	}
	if err := k.Prove(m); err != nil {
		return err
	}
	if keychain {
		err = k.SetKeychain(ctx, m)
	} else {
		err = a.setFirst(ctx, k, m)
	}
	return a.changed(ctx, k, m, folder, err)
}

// setFirst sets the passphrase of an import: it is the only one there is, so it may be given as such.
func (a *app) setFirst(ctx context.Context, k *keys.Keys, m keys.Master) error {
	given, err := a.givenPassphrase(ctx)
	if err == nil && given == "" {
		given, err = a.askNew(ctx, "give --passphrase-fd N or set "+passphraseVariable)
	}
	if err != nil {
		return err
	}
	return k.SetPassphrase(m, given)
}

// readWords reads a recovery sheet; - is the terminal, or whatever the standard input is.
func (a *app) readWords(ctx context.Context, from string) (string, error) {
	if from != "-" {
		text, err := readBounded(ctx, from, maxSheetBytes)
		return string(text), err
	}
	if file, ok := a.keyboard(); ok {
		_, _ = a.Stderr.Write([]byte("The 24 words, in one line: "))
		return a.answer(ctx, file)
	}
	if a.Stdin == nil {
		return "", fault.New(opStoreKey, fault.Invalid, "recovery sheet", "there is no standard input",
			"name a FILE")
	}
	text, err := input.Stream("standard input", a.Stdin).ReadAll(ctx, maxSheetBytes)
	return string(text), err
}

// keyChange is what `store key change` is to do.
type keyChange struct {
	keychain, passphrase bool
	newFD                int // -1: the new passphrase is asked for
}

func (a *app) storeKeyChangeCommand() *cobra.Command {
	var c keyChange
	cmd := &cobra.Command{
		Use:   "change [--keychain | --passphrase]",
		Short: "Change the passphrase, or keep the key elsewhere",
		Long: "change sets a new passphrase; the old one or the keychain opens the store first. Where\n" +
			"the keychain has the key, it keeps it. --passphrase takes it out of there, so that the new\n" +
			"passphrase alone opens the store; --keychain puts it there and takes the passphrase away.\n" +
			"Damaged copies of the key's files are written again. Whatever happens meanwhile, the old\n" +
			"way or the new one opens the store.",
		Example: "  inos store key change\n" +
			"  inos store key change --keychain\n" +
			"  inos store key change --passphrase\n" +
			"  inos store key change --passphrase-fd 3 --new-passphrase-fd 4 3<old.txt 4<new.txt",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case c.keychain && (c.passphrase || c.newFD >= 0):
				return usagef(cmd, "--keychain excludes --passphrase and --new-passphrase-fd")
			case c.newFD >= 0 && c.newFD == a.storeFrom.fd:
				return usagef(cmd, "the old and the new passphrase cannot come from one descriptor")
			}
			return a.changeKey(cmd.Context(), c)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&c.keychain, "keychain", false, "keep the key in the keychain of the desktop alone")
	flags.BoolVar(&c.passphrase, "passphrase", false, "keep the key under a new passphrase alone")
	flags.IntVar(&c.newFD, "new-passphrase-fd", -1,
		"read the new passphrase from this open file descriptor `N` (0: standard input)")
	return cmd
}

func (a *app) changeKey(ctx context.Context, c keyChange) error {
	k, folder, err := a.storeKeys()
	if err != nil {
		return err
	}
	m, err := a.unlockStore(ctx, k, folder)
	if err != nil {
		return err
	}
	if c.keychain {
		if err = k.SetKeychain(ctx, m); err == nil {
			err = k.RemovePassphrase(ctx, m)
		}
		return a.changed(ctx, k, m, folder, err)
	}
	next, err := a.newPassphrase(ctx, c.newFD)
	if err == nil {
		err = k.SetPassphrase(m, next)
	}
	if err == nil && c.passphrase {
		err = k.RemoveKeychain(ctx, m, next)
	}
	return a.changed(ctx, k, m, folder, err)
}

// newPassphrase is that of a descriptor, or asked for twice.
func (a *app) newPassphrase(ctx context.Context, fd int) (string, error) {
	if fd < 0 {
		return a.askNew(ctx, "give --new-passphrase-fd N")
	}
	words, err := a.passphraseFrom(ctx, fd)
	if err == nil {
		err = keys.CheckPassphrase(words)
	}
	return words, passphraseFault(err)
}

// askNew asks for a new passphrase, where there is somebody to ask.
func (a *app) askNew(ctx context.Context, otherwise string) (string, error) {
	file, ok := a.keyboard()
	if !ok {
		return "", passphraseFault(
			errors.New("there is no terminal to ask for the new one at: " + otherwise))
	}
	words, err := a.askTwice(ctx, file, "New passphrase: ")
	if err == nil {
		err = keys.CheckPassphrase(words)
	}
	return words, passphraseFault(err)
}

// changed mends what else is wrong with the key's files, and shows how the key is kept now. What
// cannot be mended is part of that.
func (a *app) changed(
	ctx context.Context, k *keys.Keys, m keys.Master, folder string, err error,
) error {
	if err != nil {
		return err
	}
	if _, err := k.Repair(m); err != nil && fault.KindOf(err) != fault.Denied {
		return err
	}
	status, err := statusOf(ctx, k, folder)
	if err != nil {
		return err
	}
	return a.printKeyStatus(status)
}
