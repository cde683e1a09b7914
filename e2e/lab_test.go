//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"inos/backend/manifest"
)

const (
	labPanel   = "section[aria-label=Lab]"
	labResult  = labPanel + " [aria-label=Result]"
	labForm    = labPanel + " section[aria-label^=Run]"
	labPlanted = "planted-secret-9f31"
)

// openLab opens the window on the lab, with the plugins that came with INOS and these.
func openLab(t *testing.T, theme string, width, height int, plugins ...string) *stage {
	t.Helper()
	s := &stage{screen: startScreenOf(t, width, height), data: t.TempDir()}
	s.place(t, width, height)
	s.must(t, os.WriteFile(filepath.Join(s.data, "settings.json"), []byte(`{"theme": "`+theme+`", "panel": "lab"}`), 0o600))
	folder := t.TempDir()
	for _, from := range plugins {
		s.must(t, copyFile(filepath.Join(folder, filepath.Base(from)), filepath.Join(root(t), "build", from)))
	}
	s.must(t, os.WriteFile(filepath.Join(folder, "hostile.wasm"), secretive(t), 0o600))
	s.driver = startDriver(t, s.environment(t), install(t), []string{"--data", s.data, "--plugins", folder})
	s.says(t, labPanel, "Run any op on your own files", "begin with an example")
	return s
}

// secretive is the hostile plugin with a panic that repeats what it was told in secret.
func secretive(t *testing.T) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join(root(t), "build", "test", "hostile.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	message := &m.Units[0].FindOp("panic").Params[0]
	message.Secret, message.Default = true, ""
	m.Limits.CallMs = 60_000 // time to press Cancel
	packed, err := manifest.Pack(wasm, m)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// dropFiles drops files onto the window.
func (s *stage) dropFiles(t *testing.T, paths ...string) {
	t.Helper()
	s.must(t, s.run(`await window.go.main.Automation.Drop(a)`, nil, paths))
}

// chooseOp opens an op's form.
func (s *stage) chooseOp(t *testing.T, op string) {
	t.Helper()
	s.pressNamed(t, labPanel+" nav", op)
	s.says(t, labForm+" h3", op)
}

// set types a value into a field of the form.
func (s *stage) set(t *testing.T, label, value string) {
	t.Helper()
	const find = `const field = [...document.querySelectorAll(a + " :is(input, textarea):not([type=range])")]
  .find((f) => f.getAttribute("aria-label") === b);
if (!field) return false;
field.focus(); field.select();
field.setAttribute("data-typed", "");
return true;`
	eventually(t, "the field "+label, func() bool {
		found := false
		return s.run(find, &found, labForm, label) == nil && found
	})
	s.must(t, s.pressOn("[data-typed]", value))
	s.must(t, s.run(`document.querySelector("[data-typed]").removeAttribute("data-typed")`, nil))
}

// runLab presses Run and waits until it is done.
func (s *stage) runLab(t *testing.T) {
	t.Helper()
	s.pressNamed(t, labForm, "Run")
	within(t, 2*time.Minute, "it is done", func() bool { return strings.Contains(s.text(t, labForm), "Done in") })
}

// line is the command that the result shows.
func (s *stage) line(t *testing.T) string {
	t.Helper()
	return s.text(t, labResult+" code")
}

func written(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheLabRunsOpsOnFilesOfTheUser(t *testing.T) {
	t.Parallel()
	s := openLab(t, "dark", screenWidth, screenHeight, "bin/examples/adder.wasm")
	values, _ := binary.Append(nil, binary.LittleEndian, []float32{1.5, 2, 4})
	path := written(t, "values.bin", values)

	t.Run("a dropped file is what the list is for", func(t *testing.T) {
		s.dropFiles(t, path)
		s.says(t, labPanel+" nav", "values.bin", "12\u202fB", "sum")
		s.says(t, labPanel+" [aria-label='Input values.bin']", "00000000 00 00 c0 3f")
		s.retype(t, labPanel+" [aria-label='Search ops']", "adder all values")
		eventually(t, "only one op is left", func() bool {
			var ops int
			return s.run(`return document.querySelectorAll(a + " nav li button").length`, &ops, labPanel) == nil && ops == 1
		})
	})

	t.Run("an op runs on it and its figures are right", func(t *testing.T) {
		s.chooseOp(t, "adder.sum")
		s.says(t, labForm, "values.bin")
		s.runLab(t)
		s.says(t, labResult+" [aria-label=Figures]", "sum", "7.5", "count", "3", "mean", "2.5")
		if got, want := s.line(t), "inos run adder.sum -i "+path; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		s.readable(t, labPanel)
		s.screen.save(t, "lab-figures-dark")
	})

	t.Run("a value that does not fit is said while it is typed, in the kernel's words", func(t *testing.T) {
		s.retype(t, labPanel+" [aria-label='Search ops']", "")
		s.chooseOp(t, "adder.add_at")
		s.set(t, "First position", "-1")
		s.says(t, labForm+" [role=alert]", "-1 does not fit: it takes a whole number, 0 to 1000000000")
		s.set(t, "First position", "1")
		eventually(t, "nothing is wrong", func() bool { return s.gone(t, labForm+" [role=alert]") })
		s.set(t, "Second position", "2")
		s.runLab(t)
		s.says(t, labResult, "sum", "6", "-p i=1 -p j=2")
	})

	t.Run("what is missing is said", func(t *testing.T) {
		s.pressNamed(t, labForm, "Take values.bin out of input values")
		s.pressNamed(t, labForm, "Run")
		s.says(t, labForm+" [role=alert]", "This input is missing")
		s.choose(t, path)
		s.pressNamed(t, labForm, "Choose a file for input values")
		s.says(t, labForm, "values.bin")
	})

	t.Run("the history runs again, after another start too", func(t *testing.T) {
		s.must(t, s.refresh())
		s.says(t, labResult, "sum", "6") // the last run is there again
		s.must(t, s.run(`[...document.querySelectorAll(a + " header input")].find((i) => i.value === "history").click()`, nil, labPanel))
		s.says(t, labPanel+" nav", "adder.add_at", "i=1 j=2", "values.bin", "adder.sum")
		s.settled(t)
		s.screen.save(t, "lab-history-dark")
		s.pressNamed(t, labPanel+" nav", "Run adder.sum again")
		s.says(t, labResult, "7.5")
	})

	t.Run("a plugin that fails says why, and the next run is as good as before", func(t *testing.T) {
		s.must(t, s.run(`[...document.querySelectorAll(a + " header input")].find((i) => i.value === "ops").click()`, nil, labPanel))
		s.chooseOp(t, "hostile.trap")
		s.pressNamed(t, labForm, "Run")
		s.says(t, labResult+" [role=alert]", "hostile")
		s.screen.save(t, "lab-failed-dark")
		s.chooseOp(t, "adder.add")
		s.set(t, "A", "2")
		s.set(t, "B", "40")
		s.runLab(t)
		s.says(t, labResult, "42")
	})

	t.Run("what takes long is cancelled", func(t *testing.T) {
		s.chooseOp(t, "hostile.slow_cancel")
		s.pressNamed(t, labForm, "Run")
		s.says(t, labForm, "\u202f%", "Cancel")
		if s.gone(t, labForm+" [role=progressbar]") {
			t.Error("no progress is shown")
		}
		s.says(t, labPanel+" [aria-label=Running]", "hostile.slow_cancel is running")
		s.screen.save(t, "lab-running-dark")
		s.pressNamed(t, labForm, "Cancel")
		s.says(t, labForm, "Cancelled after")
	})
}

// retype types into what the selector finds, in place of what is there.
func (s *stage) retype(t *testing.T, selector, text string) {
	t.Helper()
	s.must(t, s.run(`const f = document.querySelector(a); f.focus(); f.select()`, nil, selector))
	if text == "" {
		text = "\uE003" // backspace
	}
	s.must(t, s.pressOn(selector, text))
}

func TestASecretOfTheLabGetsNowhere(t *testing.T) {
	t.Parallel()
	s := openLab(t, "light", screenWidth, screenHeight)
	s.chooseOp(t, "hostile.panic")
	var kind string
	s.must(t, s.run(`return document.querySelector(a + " input[aria-label=message]").type`, &kind, labForm))
	if kind != "password" {
		t.Errorf("the field is of the type %q", kind)
	}
	s.set(t, "message", labPlanted)
	s.pressNamed(t, labForm, "Run")
	s.says(t, labResult+" [role=alert]", "•••")
	s.says(t, labResult, `inos run hostile.panic -p message="$MESSAGE"`, "Set MESSAGE first")
	s.screen.save(t, "lab-secret-light")
	s.must(t, s.run(`[...document.querySelectorAll(a + " header input")].find((i) => i.value === "history").click()`, nil, labPanel))
	s.says(t, labPanel+" nav", "hostile.panic", "Failed")

	var where []string
	s.must(t, s.run(`const app = window.go.main.App, told = {
  runs: await app.LabRuns(), history: await app.LabHistory(), usage: await app.PluginUsage(), log: await app.PluginLog(0),
  page: document.documentElement.outerHTML, storage: JSON.stringify(localStorage) };
return Object.keys(told).filter((k) => JSON.stringify(told[k]).includes(a))`, &where, labPlanted))
	if len(where) > 0 {
		t.Errorf("it is in %q", where)
	}
	s.must(t, s.run(`document.querySelector(a + " [aria-label='Close the lab']").click()`, nil, labPanel))
	time.Sleep(time.Second) // settings are saved a moment later
	files := 0
	s.must(t, filepath.WalkDir(s.data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(labPlanted)) {
			t.Errorf("%s holds it", path)
		}
		return err
	}))
	if files < 3 {
		t.Errorf("only %d files were looked at", files)
	}
}

func TestTablesPicturesAndSoundsAreShownAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	s := openLab(t, "dark", screenWidth, screenHeight)

	t.Run("a million rows are sorted, filtered and scrolled through", func(t *testing.T) {
		const rows = 1_000_000
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		_ = w.Write([]string{"n", "word", "value"})
		for i := range rows {
			_ = w.Write([]string{fmt.Sprint(i), fmt.Sprintf("word %d", i%1000), fmt.Sprint((i * 7919) % rows)})
		}
		w.Flush()
		s.dropFiles(t, written(t, "big.csv", text.Bytes()))
		s.says(t, labPanel, "1,000,000 rows, 3 columns", "word 1")
		eventually(t, "few rows are drawn", func() bool {
			var drawn int
			return s.run(`return document.querySelectorAll(a + " tbody tr").length`, &drawn, labPanel) == nil && drawn > 5 && drawn < 100
		})
		s.must(t, s.run(`const f = document.querySelector(a + " [aria-label='Rows of big.csv']"); f.scrollTop = f.scrollHeight`, nil, labPanel))
		s.says(t, labPanel+" tbody tr:last-child", "1,000,000", "999999")
		s.pressNamed(t, labPanel+" thead", "value")
		s.must(t, s.run(`document.querySelector(a + " [aria-label='Rows of big.csv']").scrollTop = 0`, nil, labPanel))
		eventually(t, "the smallest values come first", func() bool {
			var values []string
			err := s.run(`return [...document.querySelectorAll(a + " tbody tr td:last-child")].slice(0, 3).map((e) => e.innerText)`, &values, labPanel)
			return err == nil && slices.Equal(values, []string{"0", "1", "2"})
		})
		s.retype(t, labPanel+" [aria-label='Filter rows']", "=word 7")
		s.says(t, labPanel, "1,000 of 1,000,000 rows")
		s.readable(t, labPanel)
		s.screen.save(t, "lab-table-dark")
	})

	example := func(name string) {
		t.Helper()
		s.must(t, s.run(`document.querySelector(a + " nav [aria-label^='Show the ops for any file']")?.click()`, nil, labPanel))
		s.pressNamed(t, labPanel+" [aria-label=Begin]", name)
	}

	t.Run("columns are drawn as a chart", func(t *testing.T) {
		example("Table")
		s.says(t, labPanel, "365 rows, 5 columns")
		s.show(t, "chart")
		s.inked(t, labPanel+" .uplot canvas")
		s.settled(t)
		s.screen.save(t, "lab-chart-dark")
	})

	t.Run("numbers without names are a heat map", func(t *testing.T) {
		example("Matrix")
		s.inked(t, labPanel+" figure canvas")
		s.says(t, labPanel+" figcaption", "to")
		s.settled(t)
		s.screen.save(t, "lab-matrix-dark")
	})

	t.Run("a picture is drawn, and counted", func(t *testing.T) {
		example("Picture")
		eventually(t, "the picture is drawn", func() bool {
			var width float64
			return s.run(`return document.querySelector(a + " img").naturalWidth`, &width, labPanel) == nil && width == 960
		})
		s.settled(t)
		s.screen.save(t, "lab-picture-dark")
		s.show(t, "histogram")
		s.says(t, labPanel+" figure", "red: mean", "614,400 pixels")
		s.settled(t)
		s.screen.save(t, "lab-histogram-dark")
	})

	t.Run("a sound is drawn as wave and spectrogram", func(t *testing.T) {
		example("Sound")
		s.says(t, labPanel, "0:03.0", "22,050 Hz", "mono", "16-bit PCM")
		s.heardAndSeen(t, labPanel)
		s.settled(t)
		s.screen.save(t, "lab-sound-dark")
	})
}

// heardAndSeen waits until a sound is drawn as a wave and as a spectrogram.
func (s *stage) heardAndSeen(t *testing.T, selector string) {
	t.Helper()
	eventually(t, "wave and spectrogram are drawn", func() bool {
		var inked int
		err := s.run(`const find = (n) => [...n.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? find(e.shadowRoot) : [])]);
return find(document.querySelector(a)).filter((e) => e.tagName === "CANVAS").filter((c) => {
  if (!c.width || !c.height) return false;
  const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  const seen = new Set();
  for (let i = 0; i < d.length; i += 4) seen.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2] | (d[i + 3] ? 1 << 24 : 0));
  return seen.size > 1;
}).length`, &inked, selector)
		return err == nil && inked >= 2
	})
}

// inked waits until the canvas has more than one colour.
func (s *stage) inked(t *testing.T, selector string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			s.screen.save(t, "lab-not-drawn")
		}
	}()
	eventually(t, selector+" is drawn", func() bool {
		var colours int
		err := s.run(`const canvas = document.querySelector(a);
const d = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
const seen = new Set();
for (let i = 0; i < d.length; i += 4) if (d[i + 3]) seen.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2]);
return seen.size`, &colours, selector)
		return err == nil && colours > 8
	})
}

// sameInAShell runs the command that the lab shows, and what then is printed.
func (s *stage) sameInAShell(t *testing.T, dir, then string) []byte {
	t.Helper()
	c := exec.Command("sh", "-c", `inos() { "$INOS" --data "$DATA" "$@"; }; `+s.line(t)+" >&2 && "+then)
	c.Dir = dir
	c.Env = append(os.Environ(), "INOS="+filepath.Join(root(t), "build", "bin", "inos"), "DATA="+t.TempDir())
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", s.line(t), err, said.String())
	}
	return out
}
