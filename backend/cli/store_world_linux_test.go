package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"inos/backend/node"
	"inos/backend/settings/settingstest"
	"inos/backend/store"
	"inos/backend/store/keys"
	"inos/backend/store/tree"
)

// killsVariable asks the proofs for as many rounds; `make kills` sets it to 1,000.
const killsVariable = "INOS_KILLS"

// rounds is how many a proof makes: few in each run of the tests, as many as are asked for otherwise.
func rounds(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv(killsVariable)
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// cheap is a passphrase's cost that leaves the time to what is tested.
var cheap = keys.Cost{LogN: 4, R: 1, P: 1}

// storeWorld is a world of real programs that has a store.
type storeWorld struct {
	world
	master keys.Master
}

func newStoreWorld(t *testing.T) storeWorld { return storeIn(t, t.TempDir()) }

func storeIn(t *testing.T, data string) storeWorld {
	t.Helper()
	w := storeWorld{world: newWorld(t)}
	w.data = data
	w.environment = []string{passphraseVariable + "=" + storeWords}
	var err error
	if _, w.master, err = w.keys().Create(t.Context(), keys.Protection{Passphrase: storeWords}); err != nil {
		t.Fatal(err)
	}
	return w
}

// inMemory is a folder without a disk, where there is one: what is proved does not hang on how long a
// disk takes.
func inMemory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "inos-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

func (w storeWorld) keys() *keys.Keys {
	k := node.StoreKeys(w.data, new(settingstest.Keychain))
	k.Cost = cheap
	return k
}

// space opens the main space as another process would.
func (w storeWorld) space(t *testing.T) *store.Space {
	t.Helper()
	sp, err := node.OpenStore(node.StoreFolder(w.data), w.master).Space(store.Main)
	if err != nil {
		t.Fatal(err)
	}
	return sp
}

// store runs a command of the store that must go well, and reads its document.
func (w storeWorld) store(t *testing.T, document any, args ...string) {
	t.Helper()
	got := w.run(t, append([]string{"store", "--json"}, args...)...)
	if got.exit != ExitOK {
		t.Fatalf("%v: exit %d, %s%s", args, got.exit, got.stdout, got.stderr)
	}
	if document != nil {
		oneDocument(t, got.stdout, document)
	}
}

func (w storeWorld) put(t *testing.T, path string) putDocument {
	t.Helper()
	var d putDocument
	w.store(t, &d, "put", path)
	return d
}

// fileIn reads one file of a version.
func fileIn(sp *store.Space, v store.Version, name string) ([]byte, error) {
	ctx := context.Background()
	e, err := sp.Lookup(ctx, v, name)
	if err != nil {
		return nil, err
	}
	v.Root.Top = e
	var out bytes.Buffer
	err = sp.Write(ctx, v, &out)
	return out.Bytes(), err
}

// whole fails unless a version has these files and no others, byte for byte.
func whole(t *testing.T, sp *store.Space, v store.Version, files map[string][]byte) {
	t.Helper()
	n := 0
	for range sp.Entries(t.Context(), v.Root.Top) {
		n++
	}
	if n != len(files) || v.Root.Top.Kind != tree.Folder {
		t.Errorf("%s has %d names, want %d", v.Root.Path, n, len(files))
	}
	for name, want := range files {
		if got, err := fileIn(sp, v, name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s/%s: %d bytes, want %d: %v", v.Root.Path, name, len(got), len(want), err)
		}
	}
}

func writeFiles(t *testing.T, folder string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		writeFile(t, filepath.Join(folder, name), data)
	}
}

// noiseOf is data that cannot be compressed, proseOf data that can.
func noiseOf(seed uint64, n int) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(b) // never fails
	return b
}

func proseOf(seed uint64, n int) []byte {
	var b bytes.Buffer
	for r := rand.New(rand.NewPCG(seed, 1)); b.Len() < n; {
		fmt.Fprintf(&b, "line %d says %x to %d\n", r.IntN(100000), r.IntN(5000), r.IntN(7))
	}
	return b.Bytes()[:n]
}

// copyFolder copies files and folders; what was there goes.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(to), os.CopyFS(to, os.DirFS(from))); err != nil {
		t.Fatal(err)
	}
}
