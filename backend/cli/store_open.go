package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime/debug"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/store"
	"inos/backend/store/keys"
)

// spaceFlag chooses a space.
type spaceFlag struct{ name string }

func (f *spaceFlag) register(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar(&f.name, "space", "", what)
}

// openStore opens the data folder's store; fault.NotFound where there is none.
func (a *app) openStore(ctx context.Context) (*store.Store, error) {
	k, folder, err := a.storeKeys()
	if err != nil {
		return nil, err
	}
	m, err := a.unlockStore(ctx, k, folder)
	if err != nil {
		return nil, err
	}
	boundMemory()
	return node.OpenStore(folder, m), nil
}

// storeMemory is from how much on a command of the store collects its garbage before it takes more. On
// 16 processors some 150 MiB are in use at once, on two some 80, whatever is put.
const storeMemory = 170 << 20

// boundMemory leaves a limit that the user set in GOMEMLIMIT.
func boundMemory() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(storeMemory)
	}
}

// makeStore opens the store, or makes it where there is none.
func (a *app) makeStore(ctx context.Context) (*store.Store, error) {
	k, folder, err := a.storeKeys()
	if err != nil {
		return nil, err
	}
	if _, err := k.ID(); !errors.Is(err, keys.ErrNoStore) {
		return a.openStore(ctx)
	}
	by, err := a.firstProtection(ctx)
	if err != nil {
		return nil, err
	}
	_, m, err := k.Create(ctx, by)
	if errors.Is(err, keys.ErrThere) { // another process was faster
		return a.openStore(ctx)
	}
	if err != nil && by.Passphrase == "" {
		err = a.withoutKeychain(err)
	}
	if err != nil {
		return nil, err
	}
	boundMemory()
	fmt.Fprintf(a.Stderr, "A store was made in %s. Keep its recovery sheet: inos store key export -o sheet.txt\n", shown(folder))
	return node.OpenStore(folder, m), nil
}

// firstProtection is the passphrase that was given, else the keychain, else a passphrase that is asked for.
func (a *app) firstProtection(ctx context.Context) (keys.Protection, error) {
	given, err := a.givenPassphrase(ctx)
	if err != nil || given != "" {
		return keys.Protection{Passphrase: given}, err
	}
	if node.KeychainUsable(ctx, a.Keychain) {
		return keys.Protection{Keychain: true}, nil
	}
	if _, ok := a.keyboard(); !ok {
		return keys.Protection{}, fault.New(opStore, fault.Unavailable, "store",
			"there is no store yet, and no keychain to keep its key in",
			"choose a passphrase: give it in "+passphraseVariable+" or with --passphrase-fd N")
	}
	fmt.Fprintln(a.Stderr, "There is no store yet, and no keychain to keep its key in. Choose a passphrase for it.")
	words, err := a.readPassphrase(ctx, passphrase{fd: -1}, true)
	return keys.Protection{Passphrase: words}, err
}

// withoutKeychain adds what else can be done to an error of the keychain.
func (a *app) withoutKeychain(err error) error {
	e := *asFault(err)
	e.Next = "unlock the keychain, or choose a passphrase: give it in " + passphraseVariable + " or with --passphrase-fd N"
	return &e
}

// space is the one that the flag names, or the main one; it is made where create says so.
func (a *app) space(ctx context.Context, s *store.Store, flag spaceFlag, create bool) (*store.Space, error) {
	name := flag.name
	if name == "" {
		name = store.Main
	}
	sp, err := s.Space(name)
	if fault.KindOf(err) != fault.NotFound || !create || name != store.Main {
		return sp, err
	}
	made, err := s.Create(ctx, store.Settings{Name: name})
	if sp, again := s.Space(name); err != nil && again == nil { // another process was faster
		return sp, nil
	}
	return made, err
}

// spaces are the one that the flag names, or all.
func (a *app) spaces(s *store.Store, flag spaceFlag) ([]*store.Space, error) {
	if flag.name == "" {
		return s.Spaces()
	}
	sp, err := s.Space(flag.name)
	if err != nil {
		return nil, err
	}
	return []*store.Space{sp}, nil
}

// tell prints what a command did, as its document or in words, and fails it where a part of it failed;
// the document has that error as well.
func (a *app) tell(document any, say func() error, failed *fault.Error) error {
	if a.global.json {
		say = func() error { return writeJSON(a.Stdout, document) }
	}
	if err := say(); err != nil || failed == nil {
		return err
	}
	if !a.global.json {
		fmt.Fprintln(a.Stderr, a.reason(failed))
	}
	return &reported{ExitFailed}
}

// tolerate lets a command do its work in the spaces that can be opened: what is damaged is told after
// that, beside the command's own output, and fails it.
func (a *app) tolerate(damaged error, do func() error) error {
	err := do()
	if err != nil || damaged == nil {
		return err
	}
	fmt.Fprintln(a.Stderr, a.reason(damaged))
	return &reported{ExitFailed}
}

// versionOf finds what an ID, its beginning, or a path means, in the space that the flag names or in all.
func (a *app) versionOf(s *store.Store, flag spaceFlag, what string) (*store.Space, store.Version, error) {
	sp, v, err := a.findVersion(s, flag, what)
	if path, err2 := filepath.Abs(what); fault.KindOf(err) == fault.NotFound && err2 == nil {
		if sp, v, err2 := a.findVersion(s, flag, path); err2 == nil {
			return sp, v, nil
		}
		return nil, v, a.insideVersion(s, flag, what, path, err)
	}
	return sp, v, err
}

// insideVersion says how a part of a version is had, if what names one; else it is otherwise.
func (a *app) insideVersion(s *store.Store, flag spaceFlag, what, path string, otherwise error) error {
	for _, path := range []string{what, path} {
		for at := path; at != filepath.Dir(at); {
			at = filepath.Dir(at)
			if _, v, err := a.findVersion(s, flag, at); err == nil {
				rest := strings.TrimPrefix(path, at+string(filepath.Separator))
				return fault.New(opStore, fault.NotFound, what, "it was not put by itself, but may lie in "+at,
					fmt.Sprintf("inos store get %s --only %s -o DIR restores it from there", v.ID.String()[:shortID], shellWord(rest)))
			}
		}
	}
	return otherwise
}

// shellWord is quoted where a shell would take it apart.
func shellWord(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+", r)
	}) {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

func (a *app) findVersion(s *store.Store, flag spaceFlag, what string) (in *store.Space, found store.Version, err error) {
	spaces, err := a.spaces(s, flag)
	if err != nil {
		return nil, found, err
	}
	for _, sp := range spaces {
		v, err := sp.Find(what)
		switch {
		case fault.KindOf(err) == fault.NotFound:
		case err != nil:
			return nil, found, err
		case in != nil:
			return nil, found, fault.New(opStore, fault.Invalid, what, "it is in several spaces", "name one with --space")
		default:
			in, found = sp, v
		}
	}
	if in == nil {
		return nil, found, fault.New(opStore, fault.NotFound, what, "nothing in the store has that ID or path",
			"inos store ls shows what is there")
	}
	return in, found, nil
}
