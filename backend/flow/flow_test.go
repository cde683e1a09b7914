package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"inos/backend/fault"
	"inos/backend/job"
	"inos/backend/manifest"
)

const small = `{
  "flow": 1, "name": "small",
  "params": [{ "name": "n", "default": 3 }, { "name": "word" }],
  "inputs": [{ "name": "file", "each": true }, { "name": "other" }],
  "steps": [
    { "name": "last", "op": "fake.two", "inputs": ["first", "second.more"] },
    { "name": "second", "op": "fake.one", "inputs": ["first"], "params": { "n": "${n}", "text": "<${word}>$$" } },
    { "name": "first", "op": "fake.one", "inputs": ["file"] }
  ],
  "outputs": [{ "name": "result", "from": "last" }, { "name": "middle", "from": "first" }]
}`

// plugins are a catalogue and a runner in memory: an op joins its inputs with its name.
type plugins struct {
	mu   sync.Mutex
	fail func(step string, r job.Request) error
	held map[*piece]bool // not released yet
	ran  []string
}

type piece struct {
	p    *plugins
	text []byte
}

func (h *piece) Bytes() []byte { return h.text }

func (h *piece) Release() {
	h.p.mu.Lock()
	defer h.p.mu.Unlock()
	if !h.p.held[h] {
		panic("it is released twice")
	}
	delete(h.p.held, h)
	clear(h.text)
}

func newPlugins() *plugins { return &plugins{held: map[*piece]bool{}} }

func (p *plugins) FindOp(unit, op string) (job.Target, error) {
	inputs := map[string]int{"one": 1, "two": 2, "none": 0}
	n, ok := inputs[op]
	if unit != "fake" || !ok {
		return job.Target{}, fault.New("find", fault.NotFound, unit+"."+op, "there is no such op", "")
	}
	o := &manifest.Op{
		Name: op,
		Params: []manifest.Param{
			{Name: "n", Kind: manifest.Integer, Default: int64(1), Min: 0, Max: 9},
			{Name: "text", Kind: manifest.Text, Default: "", MaxBytes: 99},
			{Name: "password", Kind: manifest.Text, Default: "", MaxBytes: 99, Secret: true},
		},
		Inputs:  make([]manifest.Port, n),
		Outputs: []manifest.Port{{Name: "out", Media: []string{"text/plain"}}, {Name: "more"}},
	}
	if op == "none" {
		o.Outputs = nil
	}
	return job.Target{Unit: unit, Op: o, Digest: [32]byte{1}}, nil
}

func (p *plugins) Run(_ context.Context, r job.Request) (*job.Result, error) {
	text := r.Op + "("
	res := &job.Result{Unit: r.Unit, Op: r.Op}
	for _, in := range r.Inputs {
		if in.Path != "" {
			b, err := os.ReadFile(in.Path)
			if err != nil {
				return nil, fault.Wrap("run", fault.NotFound, in.Path, err, "")
			}
			text += string(b) + ";"
		} else {
			text += in.Name + "=" + string(in.Held.Bytes()) + ";"
		}
		res.Copied = append(res.Copied, 0)
	}
	text += fmt.Sprint(r.Params["n"], ",", r.Params["text"]) + ")"
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ran = append(p.ran, text)
	if p.fail != nil {
		if err := p.fail(text, r); err != nil {
			return nil, err
		}
	}
	for i, name := range []string{"out", "more"} {
		h := &piece{p, []byte(name + ":" + text)}
		p.held[h] = true
		res.Outputs = append(res.Outputs, job.Output{
			Index: i, Name: name, Media: "text/plain", Bytes: h.text, Len: int64(len(h.text)), Held: h,
		})
	}
	return res, nil
}

func planOf(t *testing.T, text string, given map[string]string) (*Plan, *plugins) {
	t.Helper()
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p := newPlugins()
	plan, err := NewPlan(f, p, given)
	if err != nil {
		t.Fatal(err)
	}
	return plan, p
}

// itemsIn are files with one letter each.
func itemsIn(t *testing.T, n int) (items []Item) {
	t.Helper()
	folder := t.TempDir()
	for i := range n {
		path := filepath.Join(folder, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(fmt.Sprint("file", i)), 0o600); err != nil {
			t.Fatal(err)
		}
		items = append(items, Item{Name: fmt.Sprint("sub/", i), Paths: []string{path, path}})
	}
	return items
}

// runAll runs a plan and returns what was written and what became of the items.
func runAll(t *testing.T, plan *Plan, p *plugins, items []Item) (map[string]string, []*Record) {
	t.Helper()
	var mu sync.Mutex
	written, records := map[string]string{}, make([]*Record, len(items))
	plan.Run(t.Context(), p, items, Options{
		AtOnce: 4,
		Write: func(_ context.Context, item Item, w Written) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			name := item.Name + "." + w.Name + w.Ending
			written[name] = string(w.Bytes)
			return name, nil
		},
		Ended: func(i int, r *Record) {
			mu.Lock()
			defer mu.Unlock()
			if records[i] != nil {
				t.Errorf("item %d was told of twice", i)
			}
			records[i] = r
		},
	})
	if len(p.held) != 0 {
		t.Errorf("%d outputs were not given back", len(p.held))
	}
	return written, records
}

func TestStepsRunInOrderWithWhatTheyNeed(t *testing.T) {
	plan, p := planOf(t, small, map[string]string{"word": "höhe"})
	written, records := runAll(t, plan, p, itemsIn(t, 20))
	none := fmt.Sprint(nil, ",", nil)
	for i := range 20 {
		first := fmt.Sprintf("one(file%d;%s)", i, none)
		second := fmt.Sprintf("one(%d.txt=out:%s;%s)", i, first, fmt.Sprint(3.0, ",", "<höhe>$"))
		last := fmt.Sprintf("out:two(%d.txt=out:%s;%d.txt=more:%s;%s)", i, first, i, second, none)
		name := fmt.Sprint("sub/", i)
		if got := written[name+".result.txt"]; got != last {
			t.Errorf("item %d gave %q\nwant %q", i, got, last)
		}
		if got := written[name+".middle.txt"]; got != "out:"+first {
			t.Errorf("item %d, in the middle %q, want %q", i, got, first)
		}
		if r := records[i]; r == nil || r.Failed || len(r.Files) != 2 || len(r.Steps) != 3 {
			t.Errorf("item %d: %+v", i, r)
		}
	}
}

func TestAStepThatFailsCostsWhatNeedsItAndNothingElse(t *testing.T) {
	plan, p := planOf(t, small, map[string]string{"word": "x"})
	p.fail = func(text string, _ job.Request) error {
		if strings.Contains(text, "<x>") && strings.Contains(text, "file3;") && strings.HasPrefix(text, "one(") {
			return fault.New("call", fault.Trap, "fake", "on purpose", "")
		}
		return nil
	}
	written, records := runAll(t, plan, p, itemsIn(t, 5))
	if len(written) != 9 || written["sub/3.middle.txt"] == "" || written["sub/3.result.txt"] != "" {
		t.Errorf("written: %v", written)
	}
	var states []State
	for _, s := range records[3].Steps {
		states = append(states, s.State)
	}
	if !records[3].Failed || !slices.Equal(states, []State{Done, Failed, Skipped}) || !strings.Contains(records[3].Steps[1].Error, "on purpose") {
		t.Errorf("%+v", records[3])
	}
}

func TestAnItemWithoutRoomRunsAgainAlone(t *testing.T) {
	plan, p := planOf(t, small, map[string]string{"word": "x"})
	failed := map[string]bool{}
	p.fail = func(text string, _ job.Request) error { // once for each item
		if strings.HasPrefix(text, "two(") && !failed[text] {
			failed[text] = true
			return fault.New("call", fault.Budget, "fake", "no room", "")
		}
		return nil
	}
	written, records := runAll(t, plan, p, itemsIn(t, 10))
	if len(written) != 20 || slices.ContainsFunc(records, func(r *Record) bool { return r == nil || r.Failed }) {
		t.Errorf("%d written", len(written))
	}
}

func TestAFlowEndsWithItsContext(t *testing.T) {
	plan, p := planOf(t, small, map[string]string{"word": "x"})
	ctx, cancel := context.WithCancel(t.Context())
	p.fail = func(string, job.Request) error { cancel(); return context.Canceled }
	plan.Run(ctx, p, itemsIn(t, 100), Options{
		AtOnce: 2,
		Write:  func(context.Context, Item, Written) (string, error) { t.Error("written"); return "", nil },
		Ended:  func(int, *Record) { t.Error("ended") },
	})
	if len(p.ran) > 6 {
		t.Errorf("%d steps ran", len(p.ran))
	}
}

func TestWhatIsWrongWithAFlowIsSaid(t *testing.T) {
	var deep strings.Builder
	for range 100_000 {
		deep.WriteString(`{"steps":`)
	}
	replaced := func(old, with string) string { return strings.Replace(small, old, with, 1) }
	for says, text := range map[string]string{
		"ends too early":            small[:100],
		"byte ":                     "{]",
		"something follows":         small + "{}",
		"unknown field":             replaced(`"flow"`, `"colour": 1, "flow"`),
		"version 2":                 replaced(`"flow": 1`, `"flow": 2`),
		"is none: up to 64":         replaced(`"name": "small"`, `"name": "../small"`),
		"this is no name":           replaced(`"name": "second"`, `"name": "sec ond"`),
		"there twice":               replaced(`"name": "second"`, `"name": "first"`),
		"of them are for each":      replaced(`{ "name": "other" }`, `{ "name": "other", "each": true }`),
		"is not written as":         replaced("fake.two", "fake"),
		"there is no such op":       replaced("fake.two", "fake.three"),
		"nor a step":                replaced(`["first", "second.more"]`, `["first", "third"]`),
		"has no output":             replaced("second.more", "second.less"),
		"it has 1 inputs":           replaced(`["first", "second.more"]`, `["first"]`),
		"its own output":            replaced(`["file"]`, `["last"]`),
		"at most 1048576":           strings.Repeat(" ", MaxBytes+1),
		"names no parameter":        replaced("${n}", "${m}"),
		"neither ${name} nor":       replaced("<${word}>", "$word"),
		"is an input of the flow":   replaced(`"from": "last"`, `"from": "file"`),
		"no text, number or truth":  replaced(`"default": 3`, `"default": [3]`),
		"it is no text, number":     replaced(`"${n}"`, `{}`),
		"does not fit":              replaced(`"n": "${n}"`, `"n": 10`),
		"exceeded max depth":        deep.String(),
		"no place for a string":     replaced(`"each": true`, `"each": "yes"`),
		"has no outputs":            replaced("fake.two", "fake.one") + "",
		"there are 0, 1 to 64":      `{"flow": 1, "name": "x", "steps": []}`,
		"this parameter is missing": "",
	} {
		given := map[string]string{"word": "x"}
		switch says {
		case "this parameter is missing":
			text, given = small, nil
		case "has no outputs":
			text = strings.Replace(replaced(`"op": "fake.one", "inputs": ["file"]`, `"op": "fake.none"`), `, "params": {`, `, "params": {`, 1)
		}
		f, err := Parse([]byte(text))
		if err == nil {
			_, err = NewPlan(f, newPlugins(), given)
		}
		if fault.As(err) == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	f, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewPlan(f, newPlugins(), map[string]string{"word": "x", "nn": "1"}); err == nil || !strings.Contains(err.Error(), "it has n, word") {
		t.Errorf("an unknown parameter: %v", err)
	}
}

func TestADigestTellsFlowsApartButNoSecret(t *testing.T) {
	secret := strings.Replace(small, `"n": "${n}"`, `"n": "${n}", "password": "${word}"`, 1)
	secret = strings.Replace(secret, `"text": "<${word}>$$"`, `"text": ""`, 1)
	digest := func(text string, word string) job.Digest {
		plan, _ := planOf(t, text, map[string]string{"word": word})
		return plan.Digest
	}
	if a := digest(small, "a"); a == digest(small, "b") || a != digest(small, "a") {
		t.Error("a parameter does not count")
	}
	if digest(small, "a") == digest(strings.Replace(small, "$$", "", 1), "a") {
		t.Error("a step's parameter does not count")
	}
	if digest(secret, "a") != digest(secret, "b") {
		t.Error("a secret can be found out from the digest")
	}
	if digest(strings.Replace(secret, "${word}", "a", 1), "x") != digest(strings.Replace(secret, "${word}", "b", 1), "x") {
		t.Error("a secret that is written out can be found out from the digest")
	}
}

func TestAJournalRemembersWhatIsDoneAndUnchanged(t *testing.T) {
	folder := t.TempDir()
	items := itemsIn(t, 3)
	out := filepath.Join(folder, "out")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func(flow job.Digest, resume bool) *Journal {
		j, err := OpenJournal(folder, flow, resume)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = j.Close() })
		return j
	}
	write(out, "result")
	j := open(job.Digest{1}, false)
	for _, item := range items {
		j.Add(&Record{Item: item, Files: []string{out}, before: []fileState{stateOf(item.Paths[0]), stateOf(item.Paths[1])}})
	}
	done := func(j *Journal, item Item) bool { _, ok := j.Done(item); return ok }
	again := open(job.Digest{1}, true)
	if files, ok := again.Done(items[0]); !ok || !slices.Equal(files, []string{out}) {
		t.Errorf("%v, %t", files, ok)
	}
	if done(open(job.Digest{2}, true), items[0]) || done(again, Item{Name: "sub/9", Paths: items[0].Paths}) {
		t.Error("another flow, or another item")
	}
	write(items[1].Paths[0], "another content")
	if done(again, items[1]) || !done(again, items[2]) {
		t.Error("a file that changed")
	}
	if err := os.WriteFile(filepath.Join(folder, JournalName), []byte("{\"flow\": \"xx\n\x00half a li"), 0o600); err != nil {
		t.Fatal(err)
	}
	torn := open(job.Digest{1}, true)
	torn.Add(&Record{Item: items[2], Files: []string{out}, before: []fileState{stateOf(items[2].Paths[0]), stateOf(items[2].Paths[1])}})
	if done(torn, items[2]) || !done(open(job.Digest{1}, true), items[2]) {
		t.Error("behind half a line")
	}
	linked := t.TempDir()
	if err := os.Symlink(out, filepath.Join(linked, JournalName)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(linked, job.Digest{1}, false); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a link: %v", err)
	}
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	if done(open(job.Digest{1}, true), items[2]) {
		t.Error("an output that is gone")
	}
	if done(open(job.Digest{1}, false), items[2]) {
		t.Error("a new run goes on with the old one")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"flow": 1, "name": "x", "steps": [{"name": "a", "op": "fake.one", "inputs": ["a.out"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		flow, err := Parse(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(flow)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) <= MaxBytes {
			if _, err := Parse(again); err != nil {
				t.Fatalf("what was read once is refused: %v", err)
			}
		}
		_, _ = NewPlan(flow, newPlugins(), map[string]string{"word": "x"})
	})
}
