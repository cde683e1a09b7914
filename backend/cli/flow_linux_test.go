package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"inos/backend/host/hosttest"
	"inos/backend/manifest"
)

// colours is a flow of four plugins.
const colours = `{
  "flow": 1, "name": "colours", "doc": "Counts the colours of pictures.",
  "params": [{ "name": "by", "default": "-red" }],
  "inputs": [{ "name": "photo", "each": true }],
  "steps": [
    { "name": "counts", "op": "image.histogram", "inputs": ["photo"] },
    { "name": "sorted", "op": "data.sort", "inputs": ["counts"], "params": { "by": "${by}" } },
    { "name": "summary", "op": "math.describe", "inputs": ["sorted"] },
    { "name": "sum", "op": "crypto.sha256", "inputs": ["summary"] }
  ],
  "outputs": [{ "name": "table", "from": "sorted" }, { "name": "sum", "from": "sum" }]
}`

// withUnits adds the units that come with INOS.
func (w world) withUnits(t *testing.T) world {
	t.Helper()
	for _, name := range []string{"image", "data", "math", "crypto"} {
		wasm, err := os.ReadFile(builtFile(t, "plugins/"+name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(w.data, "plugins", name+".wasm"), wasm)
	}
	return w
}

// pictures makes a folder of small pictures, and one below it.
func pictures(t *testing.T, n int) string {
	t.Helper()
	folder := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		picture := image.NewNRGBA(image.Rect(0, 0, 40+i%7, 30))
		for k := range picture.Pix {
			picture.Pix[k] = byte(r.Uint32N(256))
		}
		var b bytes.Buffer
		if err := png.Encode(&b, picture); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, fmt.Sprintf("p%03d.png", i))
		if i%10 == 0 {
			path = filepath.Join(folder, "below", filepath.Base(path))
		}
		writeFile(t, path, b.Bytes())
	}
	return folder
}

func flowFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "flow.json")
	writeFile(t, path, []byte(text))
	return path
}

// content is all visible files below a folder, by their names.
func content(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (w world) flow(t *testing.T, want int, args ...string) flowDocument {
	t.Helper()
	got := w.run(t, append([]string{"flow", "run", "--json"}, args...)...)
	var document flowDocument
	oneDocument(t, got.stdout, &document)
	if got.exit != want {
		t.Fatalf("%v: exit %d, %s%s", args, got.exit, got.stdout, got.stderr)
	}
	return document
}

func TestAFlowOfFourPluginsEqualsTheOpsByHand(t *testing.T) {
	const files = 100
	w := newWorld(t).withUnits(t)
	photos, out, hand := pictures(t, files), t.TempDir(), t.TempDir()
	document := w.flow(t, ExitOK, flowFile(t, colours), "-i", photos, "-o", out)
	if document.Failed != 0 || len(document.Items) != files || document.CopiedBytes != 0 || document.PassedBytes < files*3*1000 {
		t.Errorf("%d failed of %d, %d bytes passed, %d of them copied", document.Failed, len(document.Items), document.PassedBytes, document.CopiedBytes)
	}
	from := photos
	for _, step := range [][]string{
		{"image.histogram"}, {"data.sort", "-p", "by=-red"}, {"math.describe"}, {"crypto.sha256"},
	} {
		to := filepath.Join(hand, step[0])
		got := w.run(t, append([]string{"run", "--no-cache", "--each", "-i", from, "-o", to}, step...)...)
		if got.exit != ExitOK {
			t.Fatalf("%v: exit %d, %s", step, got.exit, got.stderr)
		}
		from = to
	}
	want := map[string]string{}
	for name, text := range content(t, filepath.Join(hand, "data.sort")) {
		want[strings.TrimSuffix(name, ".csv")+".table.csv"] = text
	}
	for name, text := range content(t, filepath.Join(hand, "crypto.sha256")) {
		want[strings.TrimSuffix(name, ".txt")+".sum.txt"] = text
	}
	got := content(t, out)
	if len(got) != 2*files || len(want) != 2*files {
		t.Fatalf("%d files, by hand %d", len(got), len(want))
	}
	sums := map[string]bool{}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s differs", name)
		}
		sums[text] = true
	}
	if len(sums) != 2*files {
		t.Errorf("only %d of them are different", len(sums))
	}
}

func TestAFlowGoesOnWhereItWasEnded(t *testing.T) {
	const files = 40
	w := newWorld(t).withUnits(t)
	photos, out := pictures(t, files), t.TempDir()
	file := flowFile(t, colours)
	broken := filepath.Join(photos, "p017.png")
	whole, err := os.ReadFile(broken)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, broken, []byte("no picture"))
	document := w.flow(t, ExitFailed, file, "-i", photos, "-o", out)
	if document.Failed != 1 || len(content(t, out)) != 2*(files-1) {
		t.Errorf("%d failed, %d files", document.Failed, len(content(t, out)))
	}
	for _, item := range document.Items {
		if item.Failed && (item.Paths[0] != broken || item.Steps[0].State != "failed" || item.Steps[3].State != "skipped") {
			t.Errorf("%+v", item)
		}
	}
	writeFile(t, broken, whole)
	if document = w.flow(t, ExitOK, file, "-i", photos, "-o", out, "--resume"); document.Resumed != files-1 || len(content(t, out)) != 2*files {
		t.Errorf("resumed %d, %d files", document.Resumed, len(content(t, out)))
	}
	if document = w.flow(t, ExitOK, file, "-i", photos, "-o", out, "--resume", "-p", "by=green"); document.Resumed != 0 {
		t.Errorf("with another parameter %d are done already", document.Resumed)
	}
	want := content(t, out)
	again := t.TempDir()
	for range 6 { // killed, and interrupted
		p := w.start(t, nil, "flow", "run", file, "-i", photos, "-o", again, "-p", "by=green", "--no-cache", "--resume")
		time.Sleep(rand.N(600 * time.Millisecond))
		if rand.N(2) == 0 {
			_ = p.Process.Kill()
		} else {
			_ = p.Process.Signal(syscall.SIGINT)
		}
		if got := p.end(); got.exit == ExitInterrupted && !strings.Contains(got.stderr, "--resume goes on") {
			t.Errorf("interrupted: %s", got.stderr)
		}
	}
	w.flow(t, ExitOK, file, "-i", photos, "-o", again, "-p", "by=green", "--no-cache", "--resume")
	got := content(t, again)
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s differs", name)
		}
	}
}

func TestAFlowTakesItsInputsByName(t *testing.T) {
	w := newWorld(t).withUnits(t)
	folder := t.TempDir()
	left, right := filepath.Join(folder, "left.csv"), filepath.Join(folder, "right.csv")
	writeFile(t, left, []byte("k,v\na,1\nb,2\n"))
	writeFile(t, right, []byte("k,v\nb,3\na,4\n"))
	file := flowFile(t, `{
	  "flow": 1, "name": "joined", "inputs": [{ "name": "left" }, { "name": "right" }],
	  "steps": [
	    { "name": "rows", "op": "data.union", "inputs": ["left", "right"] },
	    { "name": "sum", "op": "crypto.sha256", "inputs": ["rows"] }
	  ],
	  "outputs": [{ "name": "rows", "from": "rows" }]
	}`)
	document := w.flow(t, ExitOK, strings.Fields(file+" -i right="+right+" -i left="+left+" -o "+folder+"/out")...)
	if got := content(t, filepath.Join(folder, "out")); got["joined.csv"] != "k,v\na,1\nb,2\nb,3\na,4\n" {
		t.Errorf("%q, %+v", got, document)
	}
	for says, inputs := range map[string][]string{
		"this input is missing":       {"-i", "left=" + left},
		"this input is given twice":   {"-i", "left=" + left, "-i", "left=" + left},
		"the flow has no input for i": {"-i", left},
		"no such file":                {"-i", "left=" + left, "-i", "right=/no/such/file", "-o", folder + "/o"},
		"there is no place for them":  {"-i", "left=" + left, "-i", "right=" + right},
	} {
		got := w.run(t, append([]string{"flow", "run", file}, inputs...)...)
		if got.exit != ExitFailed || !strings.Contains(got.stderr, says) {
			t.Errorf("%v: exit %d, %s", inputs, got.exit, got.stderr)
		}
	}
}

func TestAFlowIsCheckedBeforeAnythingRuns(t *testing.T) {
	w := newWorld(t).withUnits(t)
	if got := w.run(t, "flow", "check", flowFile(t, colours)); got.exit != ExitOK || got.stdout != "colours is fine: 4 steps\n" {
		t.Errorf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	if got := w.run(t, "flow", "check", flowFile(t, flowForm), "-p", "width=30"); got.exit != ExitOK {
		t.Errorf("the flow of the help: exit %d, %s", got.exit, got.stderr)
	}
	for says, text := range map[string]string{
		"byte 2":                       `{f`,
		"there is no such op":          strings.Replace(colours, "data.sort", "data.sorted", 1),
		"step sorted: by: ":            strings.Replace(colours, `"${by}"`, `true`, 1),
		"the flow has no such param":   colours,
		"neither an input nor a step":  strings.Replace(colours, `["counts"]`, `["count"]`, 1),
		"it needs its own output":      strings.Replace(colours, `["photo"]`, `["sum"]`, 1),
		"has no output \"histograms\"": strings.Replace(colours, `["counts"]`, `["counts.histograms"]`, 1),
	} {
		args := []string{"flow", "check", flowFile(t, text)}
		if text == colours {
			args = append(args, "-p", "bye=red")
		}
		if got := w.run(t, args...); got.exit != ExitFailed || !strings.Contains(got.stderr, says) || !strings.HasPrefix(got.stderr, "inos: "+args[2]+": ") {
			t.Errorf("exit %d, %q, want %q", got.exit, got.stderr, says)
		}
	}
	for _, args := range [][]string{{"run"}, {"run", "f", "--resume"}, {"run", "f", "-o", "-"}, {"run", "f", "-i", "-"}, {"walk"}} {
		if got := w.run(t, append([]string{"flow"}, args...)...); got.exit != ExitUsage {
			t.Errorf("%v: exit %d, %s", args, got.exit, got.stderr)
		}
	}
}

// TestNoSecretOfAFlowIsWritten plants one as a parameter and one in the flow itself.
func TestNoSecretOfAFlowIsWritten(t *testing.T) {
	w := newWorld(t)
	wasm := hosttest.Edition(t, hosttest.Hostile, func(m *manifest.Manifest) {
		op := m.Units[0].FindOp("lies")
		op.Determinism = manifest.BitExact
		op.Params[0].Secret, op.Params[0].Default = true, ""
	})
	writeFile(t, filepath.Join(w.data, "plugins", "hostile.wasm"), wasm)
	file := flowFile(t, `{"flow": 1, "name": "secrets", "params": [{"name": "word"}], "inputs": [{"name": "file"}], "steps": [
	  {"name": "a", "op": "hostile.lies", "inputs": ["file"], "params": {"text": "${word}"}},
	  {"name": "b", "op": "hostile.lies", "inputs": ["a"], "params": {"text": "planted-in-flow"}},
	  {"name": "c", "op": "hostile.lies", "inputs": ["b"], "params": {"text": "${word}"}}],
	  "outputs": [{"name": "out", "from": "c"}]}`)
	input, out := filepath.Join(t.TempDir(), "input"), t.TempDir()
	writeFile(t, input, []byte("any"))
	got := w.run(t, "flow", "run", file, "-i", input, "-o", out, "-p", "word=planted-on-line", "--json", "-v")
	if got.exit != ExitOK || len(content(t, out)) != 1 {
		t.Fatalf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	for _, planted := range []string{"planted-in-flow", "planted-on-line"} {
		if holds(t, w.data, planted) || holds(t, out, planted) || strings.Contains(got.stdout+got.stderr, planted) {
			t.Errorf("%s was written somewhere", planted)
		}
	}
	if !slices.ContainsFunc(mustList(t, out), func(name string) bool { return name == ".inos-flow" }) {
		t.Error("there is no journal to look into")
	}
}

func mustList(t *testing.T, folder string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}
