package window

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/host/hosttest"
	"inos/backend/manifest"
	"inos/backend/node"
)

const planted = "planted-secret-73c1"

// bench is a lab over a real node with real workers.
type bench struct {
	*Lab
	t      *testing.T
	node   *node.Node
	data   string
	choose []string // what the user chooses
	save   string
	began  []string // the folders in which dialogs began

	mu     sync.Mutex
	runs   []LabRun // as the page was told
	files  []any
	ended  chan LabRun
	plugin string // folder of plugins
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, data: t.TempDir(), ended: make(chan LabRun, 100), plugin: t.TempDir()}
	for _, from := range []string{hosttest.Adder, hosttest.Boids} {
		wasm, err := os.ReadFile(hosttest.Path(t, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(b.plugin, filepath.Base(from)), wasm, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// A panic with a message that is secret: the worst that a plugin can do with what it is told.
	hostile := hosttest.Edition(t, hosttest.Hostile, func(m *manifest.Manifest) {
		message := &m.Units[0].FindOp("panic").Params[0]
		message.Secret, message.Default = true, ""
		text := &m.Units[0].FindOp("lies").Params[0]
		text.Secret, text.Default = true, ""
	})
	if err := os.WriteFile(filepath.Join(b.plugin, "hostile.wasm"), hostile, 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := node.Start(t.Context(), node.Options{
		DataDir: b.data, WorkerPath: hosttest.Worker(t), AllowNoSeccomp: true, Who: "window", PluginDirs: []string{b.plugin},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.node = n
	b.Lab = b.reopened()
	t.Cleanup(func() { b.Lab.Close(); _ = n.Close() })
	return b
}

// reopened is the lab as after another start.
func (b *bench) reopened() *Lab {
	return (&Lab{Jobs: b.node, Dialogs: b, Emit: b.emit, Now: time.Now, Notes: OpenLabNotes(b.data)}).Open()
}

func (b *bench) FilesFrom(_, folder string) ([]string, error) {
	b.began = append(b.began, folder)
	return b.choose, nil
}

func (b *bench) SaveInto(_, folder, name string) (string, error) {
	b.began = append(b.began, folder)
	if b.save == "" {
		return "", nil
	}
	return filepath.Join(b.save, name), nil
}

func (b *bench) emit(event string, data any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if run, is := data.(LabRun); is && event == LabRunEvent {
		b.runs = append(b.runs, run)
		if run.State != taskRunning {
			b.ended <- run
		}
		return
	}
	b.files = append(b.files, data)
}

// file is one of the user's.
func (b *bench) file(name string, data []byte) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func (b *bench) chosen(paths ...string) []LabItem {
	b.t.Helper()
	b.choose = paths
	return must[LabFiles](b.t)(b.Choose()).Items
}

func (b *bench) run(op string, params map[string]any, inputs ...string) LabRun {
	b.t.Helper()
	unit, op, _ := strings.Cut(op, ".")
	must[LabRun](b.t)(b.Start(LabRequest{Unit: unit, Op: op, Params: params, Inputs: inputs}))
	return b.next()
}

func (b *bench) next() LabRun {
	b.t.Helper()
	select {
	case run := <-b.ended:
		return run
	case <-time.After(30 * time.Second):
		b.t.Fatal("no run ended")
		return LabRun{}
	}
}

// get asks as the page does.
func (b *bench) get(url string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

func floats(values ...float32) []byte {
	out, _ := binary.Append(nil, binary.LittleEndian, values)
	return out
}

func figureOf(run LabRun, name string) any {
	for _, f := range run.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

func TestAnOpRunsOnAFileThatTheUserChose(t *testing.T) {
	b := newBench(t)
	path := b.file("values.bin", floats(1, 2, 3.5))
	item := b.chosen(path)[0]
	if item.Name != "values.bin" || item.Bytes != 12 || item.Kind != labBytes {
		t.Errorf("%+v", item)
	}
	run := b.run("adder.sum", nil, item.ID)
	if run.State != taskDone || figureOf(run, "sum") != 6.5 || figureOf(run, "count") != 3.0 {
		t.Errorf("%+v", run)
	}
	if want := "inos run adder.sum -i " + path; run.Line != want || len(run.Unsaved) != 0 {
		t.Errorf("%q, %q", run.Line, run.Unsaved)
	}
	if text, err := json.Marshal(item); err != nil || bytes.Contains(text, []byte(filepath.Dir(path))) {
		t.Errorf("the page is told where the file lies: %s", text)
	}
	b.chosen(path)
	if want := []string{"", filepath.Dir(path)}; !slices.Equal(b.began, want) {
		t.Errorf("the dialogs began in %q", b.began)
	}
}

func TestAResultIsTheInputOfTheNextRunAndIsSaved(t *testing.T) {
	b := newBench(t)
	flock := b.run("boids.init", map[string]any{"count": 200})
	if len(flock.Outputs) != 1 || flock.Outputs[0].Bytes != 200*32 || flock.Outputs[0].Media != "application/vnd.inos.instances" {
		t.Fatalf("%+v", flock)
	}
	later := b.run("boids.step", map[string]any{"steps": "3"}, flock.Outputs[0].ID)
	if later.State != taskDone || later.Outputs[0].Bytes != 200*32 || later.Params["steps"] != int64(3) {
		t.Fatalf("%+v", later)
	}
	if want := []string{flock.Outputs[0].Name}; !slices.Equal(later.Unsaved, want) {
		t.Errorf("unsaved: %q", later.Unsaved)
	}
	b.save = t.TempDir()
	path := must[string](t)(b.Save(later.Outputs[0].ID))
	data, err := os.ReadFile(path)
	if served := b.get(later.Outputs[0].URL); err != nil || !bytes.Equal(data, served.Body.Bytes()) || len(data) != 200*32 {
		t.Errorf("%d bytes are saved and %d served, %v", len(data), served.Body.Len(), err)
	}
	b.save = ""
	if path, err := b.Save(later.Outputs[0].ID); path != "" || err != nil {
		t.Errorf("saved though the user gave up: %q, %v", path, err)
	}
}

func TestTheLineOfARunGivesTheSameInAShell(t *testing.T) {
	b := newBench(t)
	folder := t.TempDir()
	awkward := filepath.Join(folder, "it's a $(flock) of 'birds'.bin")
	flock := b.run("boids.init", map[string]any{"count": 150, "seed": 9})
	data := b.get(flock.Outputs[0].URL).Body.Bytes()
	if err := os.WriteFile(awkward, data, 0o600); err != nil {
		t.Fatal(err)
	}
	run := b.run("boids.step", map[string]any{"steps": 4, "separation": 1.25}, b.chosen(awkward)[0].ID)
	c := exec.Command("sh", "-c", `inos() { "$INOS" --data "$DATA" --plugins "$PLUGINS" "$@"; }; `+run.Line)
	c.Dir = folder
	c.Env = append(os.Environ(), "INOS="+hosttest.Path(t, "build/bin/inos"), "DATA="+t.TempDir(), "PLUGINS="+b.plugin)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", run.Line, err, out)
	}
	got, err := os.ReadFile(filepath.Join(folder, run.Outputs[0].Name))
	if want := b.get(run.Outputs[0].URL).Body.Bytes(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s gives %d other bytes than %d, %v", run.Line, len(got), len(want), err)
	}
}

func TestWhatIsWrongWithARequestIsSaidBeforeItRuns(t *testing.T) {
	b := newBench(t)
	item := must[LabItem](t)(b.Example("text"))
	for name, r := range map[string]LabRequest{
		"it takes -1000000000000000 to": {Unit: "adder", Op: "add", Params: map[string]any{"a": "many"}},
		"there is no such parameter":    {Unit: "adder", Op: "add", Params: map[string]any{"c": 1}},
		"this input is missing":         {Unit: "adder", Op: "sum"},
		"is not here any more":          {Unit: "adder", Op: "sum", Inputs: []string{"/etc/passwd"}},
		"2 inputs were given":           {Unit: "adder", Op: "sum", Inputs: []string{item.ID, item.ID}},
		"no such op":                    {Unit: "adder", Op: "subtract"},
	} {
		if _, err := b.Start(r); err == nil || !strings.Contains(err.Error(), name) && name != "no such op" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if runs := b.Runs(); len(runs) != 0 {
		t.Errorf("%+v", runs)
	}
}

func TestASecretGetsNowhere(t *testing.T) {
	b := newBench(t)
	run := b.run("hostile.panic", map[string]any{"message": planted})
	if run.State != taskFailed || run.Fault == nil || !strings.Contains(run.Fault.Error(), "•••") {
		t.Fatalf("the plugin's panic did not repeat what it was given: %+v", run.Fault)
	}
	if want := `inos run hostile.panic -p message="$MESSAGE"`; run.Line != want {
		t.Errorf("%q", run.Line)
	}
	long := map[string]any{"message": planted + strings.Repeat("x", 2000)}
	if _, err := b.Start(LabRequest{Unit: "hostile", Op: "panic", Params: long}); err == nil || strings.Contains(err.Error(), planted) {
		t.Errorf("a secret that is too long: %v", err)
	}
	told := must[[]byte](t)(json.Marshal([]any{b.runs, b.Runs(), must[[]LabPast](t)(b.History())}))
	if bytes.Contains(told, []byte(planted)) {
		t.Errorf("the page is told: %s", told)
	}
	for _, p := range b.node.Usage().Plugins() {
		if p.LastFailure != nil && strings.Contains(p.LastFailure.Message, planted) {
			t.Errorf("what the plugins used tells it: %+v", p.LastFailure)
		}
	}
	files := 0
	err := filepath.WalkDir(b.data, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files++
		if data, err := os.ReadFile(path); err != nil || bytes.Contains(data, []byte(planted)) {
			t.Errorf("%s holds it, %v", path, err)
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestWhatASecretMadeIsNotForTheCache(t *testing.T) {
	b := newBench(t)
	input := must[LabItem](t)(b.Example("text"))
	run := b.run("hostile.lies", map[string]any{"text": planted}, input.ID)
	if run.State != taskDone || len(run.Outputs) != 1 {
		t.Fatalf("%+v", run)
	}
	for id, want := range map[string]bool{input.ID: false, run.Outputs[0].ID: true} {
		j := must[*labJob](t)(b.newLabJob(LabRequest{Unit: "adder", Op: "sum", Inputs: []string{id}}))
		if j.confided() != want {
			t.Errorf("a run on %s is confided: %v", j.inputs[0].Name, !want)
		}
	}
}

func TestARunIsCancelledAndAHangingPluginEndsIt(t *testing.T) {
	b := newBench(t)
	began := must[LabRun](t)(b.Start(LabRequest{Unit: "hostile", Op: "slow_cancel"}))
	b.CancelRun(began.ID)
	if run := b.next(); run.State != taskCancelled || run.Fault != nil {
		t.Errorf("%+v", run)
	}
	run := b.run("hostile.trap", nil)
	if run.State != taskFailed || run.Fault.Kind != fault.Trap {
		t.Errorf("%+v", run)
	}
	// It is as good as before.
	if run := b.run("adder.add", map[string]any{"a": 2, "b": 3}); figureOf(run, "sum") != 5.0 {
		t.Errorf("%+v", run)
	}
	if len(b.Runs()) != 3 {
		t.Errorf("%+v", b.Runs())
	}
}

func TestClosingEndsWhatRuns(t *testing.T) {
	b := newBench(t)
	must[LabRun](t)(b.Start(LabRequest{Unit: "hostile", Op: "slow_cancel"}))
	item := must[LabItem](t)(b.Example("text"))
	b.Close()
	if run := b.next(); run.State != taskCancelled {
		t.Errorf("%+v", run)
	}
	if w := b.get(item.URL); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

func TestThereIsABoundOnHowMuchRuns(t *testing.T) {
	b := newBench(t)
	for range maxLabRunning {
		must[LabRun](t)(b.Start(LabRequest{Unit: "hostile", Op: "slow_cancel"}))
	}
	_, err := b.Start(LabRequest{Unit: "adder", Op: "add"})
	is(t, err, fault.Budget)
	for _, run := range b.Runs() {
		b.CancelRun(run.ID)
	}
	for range maxLabRunning {
		b.next()
	}
}

func TestTheHistoryOutlivesTheWindowAndRunsAgain(t *testing.T) {
	b := newBench(t)
	path := b.file("values.bin", floats(1, 2, 4))
	b.run("adder.add_at", map[string]any{"i": 1, "j": 2}, b.chosen(path)[0].ID)
	b.run("adder.sum", nil, must[LabItem](t)(b.Example("matrix")).ID)
	b.Lab.Close()
	b.Lab = b.reopened()
	past := must[[]LabPast](t)(b.History())
	if len(past) != 2 || past[1].Op != "add_at" || past[1].Figures[0].Value != 6.0 || past[1].Inputs[0].Name != "values.bin" {
		t.Fatalf("%+v", past)
	}
	if text := string(must[[]byte](t)(json.Marshal(past))); strings.Contains(text, filepath.Dir(path)) {
		t.Errorf("the page is told the path: %s", text)
	}
	again := must[LabAgain](t)(b.Again(past[1].ID))
	if len(again.Missing) != 0 || again.Items[0].Name != "values.bin" {
		t.Fatalf("%+v", again)
	}
	if run := b.run("adder.add_at", again.Params, again.Items[0].ID); figureOf(run, "sum") != 6.0 {
		t.Errorf("%+v", run)
	}
	if lost := must[LabAgain](t)(b.Again(past[0].ID)); !slices.Equal(lost.Missing, []string{"matrix.csv"}) || lost.Items[0].ID != "" {
		t.Errorf("an example of the last time: %+v", lost)
	}
	if err := b.ForgetHistory(); err != nil || len(must[[]LabPast](t)(b.History())) != 0 {
		t.Errorf("%v", err)
	}
	_, err := b.Again(past[0].ID)
	is(t, err, fault.NotFound)
}

func TestAPreviewTakesThePlaceOfTheOneBefore(t *testing.T) {
	b := newBench(t)
	var before LabRun
	for _, count := range []int{100, 110, 120} {
		r := LabRequest{Unit: "boids", Op: "init", Params: map[string]any{"count": count}, Preview: true, Replaces: before.ID}
		must[LabRun](t)(b.Start(r))
		run := b.next()
		if before.ID != 0 {
			eventually(t, "what it replaces is gone", func() bool { return b.get(before.Outputs[0].URL).Code == http.StatusNotFound })
		}
		before = run
	}
	slow := must[LabRun](t)(b.Start(LabRequest{Unit: "hostile", Op: "slow_cancel", Preview: true}))
	b.CancelRun(slow.ID)
	b.next()
	past := must[[]LabPast](t)(b.History())
	if len(b.Runs()) != 1 || len(past) != 1 || past[0].Params["count"] != float64(120) {
		t.Errorf("%+v, %+v", b.Runs(), past)
	}
}
