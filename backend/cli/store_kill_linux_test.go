package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"inos/backend/store"
	"inos/backend/store/keys"
)

// killed is a store of which commands are killed, and what it has to hold whatever happens.
type killed struct {
	storeWorld
	passphrase string
	kept       map[string]string // acknowledged versions: the name of the source by ID
	sources    int
	took       map[string]time.Duration // what each command takes
	hits, done map[string]int
	half       int // kills that left something half written
}

// killedCommands are drawn from; there are more puts than removals.
var killedCommands = []string{"put", "put", "put", "rm", "gc", "archive", "key"}

// TestAKillLosesNothingOfTheStore kills the program at random moments of put, rm, gc, archive and key
// change. After each kill the store opens, everything acknowledged is there byte for byte, and a
// check of every byte finds nothing.
func TestAKillLosesNothingOfTheStore(t *testing.T) {
	k := &killed{storeWorld: newStoreWorld(t), passphrase: storeWords, kept: map[string]string{},
		took: map[string]time.Duration{}, hits: map[string]int{}, done: map[string]int{}}
	for _, command := range append(killedCommands, "rm") { // measured
		k.try(t, command, time.Minute)
		if k.hits[command] > 0 {
			t.Fatalf("%s takes more than a minute", command)
		}
	}
	clear(k.done)
	n := rounds(t, 30)
	for i := range n {
		command := killedCommands[rand.IntN(len(killedCommands))]
		k.try(t, command, k.moment(command))
		if t.Failed() {
			t.Fatalf("that was kill %d, of %s", i, command)
		}
	}
	all := 0
	for _, hits := range k.hits {
		all += hits
	}
	t.Logf("of %d commands %d were killed, by command: %v; the others were done before: %v; %d left something half written",
		n, all, k.hits, k.done, k.half)
	if all < n/3 {
		t.Errorf("only %d of %d commands were killed", all, n)
	}
	k.empty(t)
}

// moment is one within a command's time. A change of the key writes at its end, and what comes
// before is the passphrase being made dear.
func (k *killed) moment(command string) time.Duration {
	whole := int64(k.took[command])
	if command == "key" && rand.IntN(3) > 0 {
		return time.Duration(whole*3/4 + rand.Int64N(whole/4))
	}
	return time.Duration(rand.Int64N(whole))
}

// try runs a command, kills it after a while, and looks at what is left.
func (k *killed) try(t *testing.T, command string, after time.Duration) {
	t.Helper()
	switch command {
	case "put":
		k.putOne(t, after)
	case "rm":
		k.removeOne(t, after)
	case "key":
		k.changeKey(t, after)
	default:
		k.until(t, command, after, nil, command, "--wait=10s")
	}
	k.look(t)
}

// until runs a command of the store, and says what it printed; nothing: it was not acknowledged.
func (k *killed) until(t *testing.T, name string, after time.Duration, pipes []string, args ...string) string {
	t.Helper()
	if args[0] == "archive" {
		args = args[:1]
	}
	command := k.command(t.Context(), append([]string{"store", "--json"}, args...)...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	give(t, command, pipes)
	begin := time.Now()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(after, func() { _ = command.Process.Kill() }).Stop()
	_ = command.Wait() // what became of it is in its state
	switch status := command.ProcessState.Sys().(syscall.WaitStatus); {
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		k.hits[name]++
	case status.ExitStatus() != ExitOK:
		t.Fatalf("%v: %v, %s%s", args, command.ProcessState, stdout.String(), stderr.String())
	default:
		k.done[name]++
		k.took[name] = (k.took[name] + time.Since(begin)) / time.Duration(min(2, k.done[name]))
	}
	if !json.Valid(stdout.Bytes()) {
		return ""
	}
	return stdout.String()
}

// give lets a command read each text from a descriptor of its own, from 3 on.
func give(t *testing.T, command *exec.Cmd, texts []string) {
	t.Helper()
	for _, text := range texts {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		if _, err := w.WriteString(text + "\n"); err != nil {
			t.Fatal(err)
		}
		_ = w.Close()
		command.ExtraFiles = append(command.ExtraFiles, r)
	}
}

// sourceOf are the files of a source: new ones, what each source has, and what every other one has.
func sourceOf(name string) map[string][]byte {
	n, _ := strconv.ParseUint(name, 10, 64)
	return map[string][]byte{
		"new": noiseOf(n, 40_000+int(n%7)*50_000), "text": proseOf(n, 12_000), "same": noiseOf(9999, 30_000),
		"often": proseOf(n%2, 10_000), "empty": {},
	}
}

func (k *killed) source(name string) string { return filepath.Join(k.data, "sources", name) }

func (k *killed) putOne(t *testing.T, after time.Duration) {
	k.sources++
	name := strconv.Itoa(k.sources)
	writeFiles(t, k.source(name), sourceOf(name))
	if text := k.until(t, "put", after, nil, "put", k.source(name)); text != "" {
		var d putDocument
		oneDocument(t, text, &d)
		k.kept[d.ID] = name
	}
	_ = os.RemoveAll(k.source(name)) // the store has it, or not
}

// removeOne takes a version away; one whose removal was killed may be there or not.
func (k *killed) removeOne(t *testing.T, after time.Duration) {
	for id, name := range k.kept {
		delete(k.kept, id)
		if text := k.until(t, "rm", after, nil, "rm", id); text != "" && k.has(t, id) {
			t.Errorf("%s is there after it was removed", name)
		} else if text == "" && k.has(t, id) {
			k.kept[id] = name
		}
		return
	}
	k.putOne(t, after)
}

func (k *killed) has(t *testing.T, id string) bool {
	versions, err := k.space(t).Versions()
	if err != nil {
		t.Error(err)
	}
	for _, v := range versions {
		if v.ID.String() == id {
			return true
		}
	}
	return false
}

// changeKey sets another passphrase. Then the old one or the new one opens the store; an acknowledged
// one is the new one.
func (k *killed) changeKey(t *testing.T, after time.Duration) {
	next := "passphrase " + strconv.Itoa(rand.Int())
	text := k.until(t, "key", after, []string{next}, "key", "change", "--new-passphrase-fd=3")
	var opens []string
	for _, words := range []string{k.passphrase, next} {
		if k.opensBy(t, words) {
			opens = append(opens, words)
		}
	}
	if len(opens) == 0 || text != "" && (len(opens) != 1 || opens[0] != next) {
		t.Fatalf("acknowledged: %v; %q open it, of %q and %q", text != "", opens, k.passphrase, next)
	}
	// The next round begins with a passphrase that is cheap to check.
	k.passphrase = next
	if err := k.keys().SetPassphrase(k.master, next); err != nil {
		t.Fatal(err)
	}
	k.environment = []string{passphraseVariable + "=" + next}
}

// opensBy says whether a passphrase opens the store, and proves that it opens it to the same key.
func (k *killed) opensBy(t *testing.T, words string) bool {
	k.environment = []string{passphraseVariable + "=" + words}
	got := k.run(t, "store", "key", "export", "--json")
	var sheet struct {
		sheetDocument
		errorDocumentRead
	}
	oneDocument(t, got.stdout, &sheet)
	if got.exit != ExitOK {
		if got.exit != ExitFailed || sheet.Error.Kind != "denied" {
			t.Errorf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
		}
		return false
	}
	if m, err := keys.FromWords(strings.Join(sheet.Words, " ")); err != nil || m != k.master {
		t.Errorf("it opens to another key: %v", err)
	}
	return true
}

// look opens the store as the next process would, and reads all of it.
func (k *killed) look(t *testing.T) {
	t.Helper()
	for _, c := range k.keys().Check(&k.master) {
		if c.Err != nil && !errors.Is(c.Err, keys.ErrStale) {
			t.Errorf("%s: %v", c.Name, c.Err)
		}
	}
	sp := k.space(t)
	defer sp.Close()
	k.versions(t, sp)
	report, err := sp.Check(t.Context(), store.CheckOptions{ReadData: true})
	if err != nil || report.HitCount > 0 {
		t.Errorf("%v, %v", err, report.Hits)
	}
	for _, d := range report.Damages {
		if !isHalfChange(d) {
			t.Errorf("%+v", d)
		}
	}
	if report.Unfinished > 0 || len(report.Damages) > 0 {
		k.half++
	}
}

// isHalfChange: of two copies one is written first (ST-4), so a kill may leave the other one behind it.
func isHalfChange(d store.Damage) bool {
	twin := strings.HasSuffix(d.File, ".a") || strings.HasSuffix(d.File, ".b")
	return twin && d.Harmless && !strings.Contains(d.What, "seal")
}

// versions reads all that the space has. What was not acknowledged is whole all the same, and stays.
func (k *killed) versions(t *testing.T, sp *store.Space) {
	t.Helper()
	versions, err := sp.Versions()
	if err != nil {
		t.Error(err)
	}
	there := map[string]string{}
	for _, v := range versions {
		name := filepath.Base(string(v.Root.Path))
		whole(t, sp, v, sourceOf(name))
		there[v.ID.String()] = name
	}
	for id, name := range k.kept {
		if there[id] != name {
			t.Errorf("%s was acknowledged and is not there", name)
		}
	}
	k.kept = there
}

// empty removes everything: what kills left behind takes no room for good.
func (k *killed) empty(t *testing.T) {
	for id := range k.kept {
		k.store(t, nil, "rm", id)
	}
	clear(k.kept)
	k.store(t, nil, "gc")
	k.putOne(t, time.Minute)
	k.look(t)
	report, err := k.space(t).Check(t.Context(), store.CheckOptions{})
	if err != nil || report.Unfinished != 0 || report.Versions != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	packs, err := filepath.Glob(filepath.Join(k.data, "store", "spaces", "*", "packs", "*"))
	size := int64(0)
	for _, path := range packs {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if most := int64(1 << 20); err != nil || size > most {
		t.Errorf("%d packs have %s; %v", len(packs), formatBytes(float64(size)), err)
	}
	for _, pattern := range []string{"store/.*", "store/*new*", "store/keys/*new*", "store/spaces/*/*new*"} {
		if left, _ := filepath.Glob(filepath.Join(k.data, pattern)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
