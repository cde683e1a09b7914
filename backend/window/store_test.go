package window

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/settings/settingstest"
	"inos/backend/store"
	"inos/backend/store/keys"
)

const secret = "correct horse"

// depot is a store panel over a real store in a folder of the test's.
type depot struct {
	*Store
	t      *testing.T
	data   string
	chain  *settingstest.Keychain
	files  []string // what the user chooses
	folder string
	save   string

	mu     sync.Mutex
	events map[string][]any
	rang   chan string
}

func newDepot(t *testing.T) *depot {
	t.Helper()
	return openDepot(t, t.TempDir(), &settingstest.Keychain{Fault: errors.New("no keychain here")})
}

func openDepot(t *testing.T, data string, chain *settingstest.Keychain) *depot {
	t.Helper()
	d := &depot{t: t, data: data, chain: chain, events: map[string][]any{}, rang: make(chan string, 1000)}
	k := node.StoreKeys(data, chain)
	k.Cost = keys.Cost{LogN: 4, R: 8, P: 1}
	d.Store = &Store{
		Folder: node.StoreFolder(data), Keys: k, Now: time.Now, Dialogs: dialogsOf{d}, Emit: d.emit,
		KeychainUsable: func(ctx context.Context) bool { return node.KeychainUsable(ctx, chain) },
		Notes:          OpenStoreNotes(data),
	}
	t.Cleanup(d.Close)
	return d
}

// dialogsOf keeps apart what Store and depot both call Folder.
type dialogsOf struct{ d *depot }

func (u dialogsOf) FilesToStore() ([]string, error)       { return u.d.files, nil }
func (u dialogsOf) Folder(string) (string, error)         { return u.d.folder, nil }
func (u dialogsOf) SaveAs(string, string) (string, error) { return u.d.save, nil }

func (d *depot) emit(event string, data any) {
	d.mu.Lock()
	d.events[event] = append(d.events[event], data)
	d.mu.Unlock()
	select {
	case d.rang <- event:
	default:
	}
}

// await waits until an event came so many times.
func (d *depot) await(event string, times int) {
	d.t.Helper()
	for end := time.After(20 * time.Second); d.came(event) < times; {
		select {
		case <-d.rang:
		case <-end:
			d.t.Fatalf("%s came %d times", event, d.came(event))
		}
	}
}

func (d *depot) came(event string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.events[event])
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// made is a store that is open, and its space.
func (d *depot) made() string {
	d.t.Helper()
	status := must[StoreStatus](d.t)(d.Make(secret, false))
	if status.State != storeOpen || len(status.Spaces) != 1 || status.Spaces[0].Name != store.Main {
		d.t.Fatalf("%+v", status)
	}
	return status.Spaces[0].ID
}

// done waits for the end of a task.
func (d *depot) done(task StoreTask, err error) StoreTask {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		seen := d.came(StoreTasksEvent)
		for _, now := range d.Tasks() {
			if now.ID == task.ID && now.State != taskRunning {
				return now
			}
		}
		d.await(StoreTasksEvent, seen+1)
	}
	d.t.Fatalf("%s does not end", task.Kind)
	return StoreTask{}
}

// put stores a path, as if the user had chosen it.
func (d *depot) put(space, path string) StoreTask {
	d.t.Helper()
	d.files = []string{path}
	pick := must[StorePick](d.t)(d.ChooseToPut(false))
	return d.done(d.Put(space, pick.Token))
}

func (d *depot) newest(space string) StoreVersion {
	d.t.Helper()
	all := must[StoreVersions](d.t)(d.Versions(space))
	if len(all.Versions) == 0 {
		d.t.Fatal("nothing is there")
	}
	return all.Versions[0]
}

// tree makes files below a folder.
func treeOf(t *testing.T, content map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "things")
	for name, text := range content {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func is(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != kind {
		t.Errorf("%v is not %v", err, kind)
	}
}

func TestWhoeverLooksAfterTheStoreHasItWhileItIsOpen(t *testing.T) {
	d := newDepot(t)
	var has []bool
	d.Opened = func(st *store.Store) { has = append(has, st != nil) }
	d.made()
	d.Lock()
	must[StoreStatus](t)(d.Unlock(secret))
	d.Close()
	if !slices.Equal(has, []bool{true, false, true, false}) {
		t.Errorf("it had it %v", has)
	}
}

func TestAStoreIsMadeLockedAndUnlocked(t *testing.T) {
	d := newDepot(t)
	if s := d.Status(); s.State != storeNone || s.Keychain {
		t.Errorf("%+v", s)
	}
	_, err := d.Make("", false)
	is(t, err, fault.Invalid)
	d.made()
	if s := d.Status(); s.State != storeOpen || !s.Passphrase || s.SheetKept {
		t.Errorf("%+v", s)
	}
	if s := d.Lock(); s.State != storeLocked || !s.Passphrase || s.Problem != nil {
		t.Errorf("%+v", s)
	}
	_, err = d.Versions("x")
	is(t, err, fault.Denied)
	_, err = d.Sheet()
	is(t, err, fault.Denied)
	_, err = d.Unlock("wrong horse")
	is(t, err, fault.Denied)
	if !strings.Contains(err.Error(), "the passphrase is wrong") {
		t.Error(err)
	}
	if s := must[StoreStatus](t)(d.Unlock(secret)); s.State != storeOpen {
		t.Errorf("%+v", s)
	}
}

func TestTheKeychainOpensTheStoreUntilTheUserLocksIt(t *testing.T) {
	data, chain := t.TempDir(), &settingstest.Keychain{}
	d := openDepot(t, data, chain)
	if s := d.Status(); s.State != storeNone || !s.Keychain {
		t.Errorf("%+v", s)
	}
	if s := must[StoreStatus](t)(d.Make("", true)); s.State != storeOpen || s.Passphrase || !s.Keychain {
		t.Errorf("%+v", s)
	}
	if s := openDepot(t, data, chain).Status(); s.State != storeOpen {
		t.Errorf("another window: %+v", s)
	}
	if s := openDepot(t, data, &settingstest.Keychain{}).Status(); s.State != storeLocked || s.Problem == nil {
		t.Errorf("without the key nobody is told why: %+v", s)
	}
}

func TestTheRecoverySheetIsSavedOnceAndOpensTheStore(t *testing.T) {
	d := newDepot(t)
	d.made()
	d.save = filepath.Join(t.TempDir(), "sheet.txt")
	path := must[string](t)(d.SaveSheet())
	text := string(must[[]byte](t)(os.ReadFile(path)))
	m, err := keys.FromWords(text)
	if err != nil || d.Keys.Prove(m) != nil {
		t.Errorf("%v: %s", err, text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if sheet := must[StoreSheet](t)(d.Sheet()); len(sheet.Words) != keys.WordCount || !strings.Contains(text, sheet.Store) {
		t.Errorf("%d words of %s", len(sheet.Words), sheet.Store)
	}
	if !d.Status().SheetKept {
		t.Error("it is not noted")
	}
	_, err = d.SaveSheet()
	is(t, err, fault.Unavailable)
	notes := string(must[[]byte](t)(os.ReadFile(filepath.Join(d.data, notesFile))))
	for _, word := range append(keys.Words(m), secret) {
		if strings.Contains(notes, `"`+word) || strings.Contains(notes, " "+word+" ") {
			t.Errorf("the notes hold %q", word)
		}
	}
}

func TestWhatIsPutIsBrowsedFoundAndRestored(t *testing.T) {
	d := newDepot(t)
	space := d.made()
	big := strings.Repeat("all work and no play. ", 200_000)
	root := treeOf(t, map[string]string{"a.txt": "hello", "deep/er/Needle.md": "found", "big.bin": big, "bad\xff\x1b[31m": "odd"})
	d.folder = root
	pick := must[StorePick](t)(d.ChooseToPut(true))
	if len(pick.Names) != 1 || pick.Names[0] != "things" {
		t.Errorf("%+v", pick)
	}
	task := d.done(d.Put(space, pick.Token))
	if task.State != taskDone || task.Result.Files != 4 || task.Result.Stored <= 0 || task.Done != task.Result.Bytes {
		t.Errorf("%+v, %+v", task, task.Result)
	}
	_, err := d.Put(space, pick.Token)
	is(t, err, fault.Denied) // a token counts once

	v := d.newest(space)
	if v.Path != root || v.Kind != "folder" || v.Files != 4 || v.Pinned {
		t.Errorf("%+v", v)
	}
	names := map[string]StoreEntry{}
	for _, e := range must[StoreFolder](t)(d.Entries(space, v.ID, "")).Entries {
		names[e.Name] = e
	}
	if e := names["bad\ufffd [31m"]; e.Key != "626164ff1b5b33316d" {
		t.Errorf("%+v", names)
	}
	found := must[StoreSearch](t)(d.Search(space, "needle"))
	if err := os.WriteFile(filepath.Join(root, "deep/er/more"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.put(space, root)
	if again := must[StoreSearch](t)(d.Search(space, "NEEDLE")); len(again.Found) != 1 || again.Found[0].Version.Files != 5 {
		t.Errorf("of two versions not the newest alone: %+v", again)
	}
	if len(found.Found) != 1 || found.Found[0].Shown != "deep/er/Needle.md" || !found.Whole {
		t.Fatalf("%+v", found)
	}
	preview := must[StorePreview](t)(d.Preview(space, v.ID, found.Found[0].Place))
	if preview.Kind != "text" || preview.Text != "found" {
		t.Errorf("%+v", preview)
	}

	d.folder = t.TempDir()
	target := must[StorePick](t)(d.ChooseTarget())
	if task = d.done(d.Get(space, v.ID, "", target.Token)); task.State != taskDone || task.Result.Failed != 0 {
		t.Errorf("%+v", task)
	}
	for name, want := range map[string]string{"a.txt": "hello", "deep/er/Needle.md": "found", "big.bin": big, "bad\xff\x1b[31m": "odd"} {
		if got, err := os.ReadFile(filepath.Join(d.folder, "things", name)); err != nil || string(got) != want {
			t.Errorf("%q: %d bytes, %v", name, len(got), err)
		}
	}
	target = must[StorePick](t)(d.ChooseTarget())
	task = d.done(d.Get(space, v.ID, names["a.txt"].Key, target.Token))
	if got, err := os.ReadFile(filepath.Join(d.folder, "a.txt")); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v; %+v", got, err, task)
	}
}

func TestThePageIsNotTrusted(t *testing.T) {
	d := newDepot(t)
	space := d.made()
	d.put(space, treeOf(t, map[string]string{"a": "1"}))
	v := d.newest(space)
	for _, token := range []string{"", "/etc/passwd", t.TempDir()} {
		_, err := d.Put(space, token)
		is(t, err, fault.Denied)
		_, err = d.Get(space, v.ID, "", token)
		is(t, err, fault.Denied)
	}
	for _, place := range []string{"2e2e", "../a", "zz", "61/61", "/", "61/", strings.Repeat("61/", 1<<20)} {
		_, err := d.Entries(space, v.ID, place)
		if err == nil && place != "61" {
			t.Errorf("%.20q is a place", place)
		}
		_, err = d.Preview(space, v.ID, place)
		is(t, err, fault.NotFound)
	}
	for _, id := range []string{"", "..", v.ID[:32], strings.Repeat("x", 1<<20)} {
		_, err := d.Entries(space, id, "")
		is(t, err, fault.NotFound)
		_, err = d.Versions(id)
		is(t, err, fault.NotFound)
		is(t, d.Remove(space, id), fault.NotFound)
	}
	_, err := d.Archive(space, -1)
	is(t, err, fault.Invalid)
	_, err = d.AddSpace(SpaceSettings{Name: "a/b"})
	is(t, err, fault.Invalid)
	if found := must[StoreSearch](t)(d.Search(space, strings.Repeat("a", 1000))); len(found.Found) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestOnlyAPanelInSightTakesWhatIsDropped(t *testing.T) {
	d := newDepot(t)
	path := treeOf(t, map[string]string{"a": "1"})
	d.Show(true)
	if !d.Dropped([]string{path}) || !strings.Contains(d.events[StoreDroppedEvent][0].(string), "locked") {
		t.Errorf("nobody says that there is no open store: %v", d.events)
	}
	space := d.made()
	d.Show(false)
	if d.Dropped([]string{path}) {
		t.Error("nobody sees the panel, and it is taken")
	}
	d.Show(true)
	if !d.Dropped([]string{path}) {
		t.Fatal("it is not taken")
	}
	pick := d.events[StoreDroppedEvent][1].(StorePick)
	if task := d.done(d.Put(space, pick.Token)); task.Result.Files != 1 {
		t.Errorf("%+v", task)
	}
}

// spoil flips a bit in the middle of the largest file of a folder.
func TestNothingOfThePanelHoldsThePassphrase(t *testing.T) {
	d := newDepot(t)
	d.made()
	d.put(d.Status().Spaces[0].ID, treeOf(t, map[string]string{"a": "1"}))
	d.await(StoreTasksEvent, 1)
	d.mu.Lock()
	told := must[[]byte](t)(json.Marshal(d.events))
	d.mu.Unlock()
	told = append(told, must[[]byte](t)(json.Marshal(d.Status()))...)
	if bytes.Contains(told, []byte(secret)) {
		t.Error("the page is told of it")
	}
	if kept := fmt.Sprintf("%+v", d.Notes); strings.Contains(kept, secret) {
		t.Error("it is kept")
	}
}
