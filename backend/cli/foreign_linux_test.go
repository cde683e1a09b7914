package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/host/hosttest"
)

// withForeign drops modules that were made for other hosts into the world's folder, as they are.
func (w world) withForeign(t *testing.T, names ...string) world {
	t.Helper()
	for _, name := range names {
		wasm, err := os.ReadFile(hosttest.Path(t, hosttest.Foreign(name)))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(w.data, "plugins", name+".wasm"), wasm)
	}
	return w
}

// oracleResult is what Extism's own Go SDK says about a call.
type oracleResult struct {
	Output []byte
	Error  string
}

func (w world) askOracle(t *testing.T, plugin, export string, input []byte) oracleResult {
	t.Helper()
	command := exec.Command(hosttest.Path(t, "build/test/extism-call"), filepath.Join(w.data, "oracle"),
		hosttest.Path(t, hosttest.Foreign(plugin)), export)
	command.Stdin = bytes.NewReader(input)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var r oracleResult
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPluginsForExtismDoWhatExtismDoesWithThem(t *testing.T) {
	w := newWorld(t).withForeign(t, "vowels", "ledger", "greet", "memo", "words", "tally")
	for _, c := range []struct{ plugin, op, export, input, want string }{
		{"vowels", "count_vowels", "", "hello there", `{"count":4,"total":4,"vowels":"aeiouAEIOU"}`},
		{"vowels", "count_vowels", "", "", `{"count":0,"total":0,"vowels":"aeiouAEIOU"}`},
		{"ledger", "reverse", "", "\x00\xff starling", "gnilrats \xff\x00"},
		{"ledger", "divide", "", "[84, 2]", "42"},
		{"ledger", "divide", "", "[1, 0]", ""},
		{"ledger", "divide", "", "[1]", ""},
		{"ledger", "keep", "", "name=value", "kept"},
		{"ledger", "keep", "", "name", "nothing"},
		{"ledger", "keep", "", "name=forget", "forgotten"},
		{"ledger", "chat", "", "", ""},
		{"ledger", "panic_now", "", "", ""},
		{"greet", "greet_by_name", "greetByName", "Ada", "Hello, Ada!"},
		{"greet", "greet_by_name", "greetByName", "", ""},
		{"memo", "sum", "", "abc", "294 in call 1"},
		{"memo", "forget", "", "", ""},
		{"words", "count_words", "", "ein paar Wörter", "3 words, the longest is Wörter"},
		{"words", "count_words", "", " ", ""},
		{"words", "panic_now", "panicNow", "", ""},
		{"tally", "add", "", "12345", "5 bytes"},
		{"tally", "look_around", "", "",
			"0 args, 0 variables, file false, folder false, year 2022, true"},
	} {
		t.Run(c.plugin+"."+c.op+" "+c.input, func(t *testing.T) {
			if c.export == "" {
				c.export = c.op
			}
			in := filepath.Join(t.TempDir(), "in")
			writeFile(t, in, []byte(c.input))
			got := w.run(t, "run", c.plugin+"."+c.op, "-i", in, "-o", "-")
			extism := w.askOracle(t, c.plugin, c.export, []byte(c.input))
			if string(extism.Output) != c.want || (extism.Error == "") != (got.exit == ExitOK) {
				t.Errorf("Extism: %+v; INOS: exit %d, %s", extism, got.exit, got.stderr)
			}
			if got.exit == ExitOK && got.stdout != c.want {
				t.Errorf("%q, want %q", got.stdout, c.want)
			}
			trapped := strings.HasPrefix(extism.Error, "wasm error")
			if !trapped && !strings.Contains(got.stderr, extism.Error) {
				t.Errorf("%q does not say %q", got.stderr, extism.Error)
			}
		})
	}
}

func TestWhatAGoPluginSaysBeforeItPanicsIsInTheError(t *testing.T) {
	got := newWorld(t).withForeign(t, "words").run(t, "run", "words.panic_now")
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "panic: as asked") {
		t.Errorf("exit %d, %s", got.exit, got.stderr)
	}
}

func TestCommandsForWASIRun(t *testing.T) {
	w := newWorld(t).withForeign(t, "upper", "wordcount")
	in := filepath.Join(t.TempDir(), "in")
	writeFile(t, in, []byte("hello there\nall of you\n"))
	for _, c := range []struct{ op, args, want, failure string }{
		{"upper.run", "", "HELLO THERE\nALL OF YOU\n", ""},
		{"upper.run", `x "y z"`, "[x][y z]HELLO THERE\nALL OF YOU\n", ""},
		{"upper.run", "--file", "", "it ended with code 5: no file: right"},
		{"wordcount.run", "",
			"2 lines, 5 words, arguments [], dice below 7: true\n", ""},
		{"wordcount.run", `-v 'a b' c\ d`,
			"2 lines, 5 words, arguments [\"-v\" \"a b\" \"c d\"], dice below 7: true\n", ""},
		{"wordcount.run", "fail", "", "it ended with code 3: told to fail"},
	} {
		got := w.run(t, "run", c.op, "-i", in, "-o", "-", "-p", "args="+c.args)
		if got.stdout != c.want || (got.exit == ExitOK) != (c.failure == "") ||
			!strings.Contains(got.stderr, c.failure) {
			t.Errorf("%s %s: exit %d, %q, %s", c.op, c.args, got.exit, got.stdout, got.stderr)
		}
	}
}

func TestAForeignModuleIsListedAndInspectedLikeAPlugin(t *testing.T) {
	w := newWorld(t).withForeign(t, "ledger", "upper")
	var units struct {
		Units []struct {
			Name, Plugin string
			Ops          []struct{ Name string }
		}
	}
	oneDocument(t, w.run(t, "units", "--json").stdout, &units)
	found := map[string]int{}
	for _, u := range units.Units {
		found[u.Plugin+" "+u.Name] = len(u.Ops)
	}
	if found["extism.ledger ledger"] != 5 || found["wasi.upper upper"] != 1 {
		t.Errorf("units %+v", units)
	}
	list := w.run(t, "plugin", "list").stdout
	inspected := w.run(t, "plugin", "inspect", filepath.Join(w.data, "plugins", "ledger.wasm"))
	for _, want := range []string{"extism.ledger", "wasi.upper"} {
		if !strings.Contains(list, want) {
			t.Errorf("%s lacks %s", list, want)
		}
	}
	for _, want := range []string{"made for Extism", "ledger.divide", "ledger.panic_now", "256 MiB"} {
		if !strings.Contains(inspected.stdout, want) {
			t.Errorf("%s%s lacks %s", inspected.stdout, inspected.stderr, want)
		}
	}
}

func TestAForeignModuleThatWantsMoreIsRefusedByName(t *testing.T) {
	w := newWorld(t).withForeign(t, "fetch")
	file := filepath.Join(w.data, "plugins", "fetch.wasm")
	if got := w.run(t, "plugin", "inspect", file); !strings.Contains(got.stdout, "it may ask for the network") {
		t.Errorf("%s%s", got.stdout, got.stderr)
	}
	in := filepath.Join(t.TempDir(), "in")
	writeFile(t, in, []byte("http://127.0.0.1:1/"))
	got := w.run(t, "run", "fetch.fetch", "-i", in)
	if got.exit != ExitFailed || !strings.Contains(got.stderr, "no permission for the network") {
		t.Errorf("exit %d, %s", got.exit, got.stderr)
	}
}

func TestASignedForeignModuleRunsAndAChangedOneDoesNot(t *testing.T) {
	w := newWorld(t).withForeign(t, "memo")
	file := filepath.Join(w.data, "plugins", "memo.wasm")
	key := filepath.Join(w.data, "ada")
	for _, args := range [][]string{
		{"plugin", "keygen", "-o", key, "--no-passphrase"},
		{"plugin", "sign", file, "--key", key + ".key"},
		{"plugin", "trust", key + ".pub", "--name", "Ada"},
		{"plugin", "verify", file},
		{"run", "memo.sum"},
	} {
		if got := w.run(t, args...); got.exit != ExitOK {
			t.Fatalf("%v: exit %d, %s", args, got.exit, got.stderr)
		}
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, bytes.Replace(wasm, []byte("memory"), []byte("mEmory"), 1))
	if got := w.run(t, "run", "memo.sum"); got.exit == ExitOK {
		t.Errorf("changed after it was signed: %s", got.stdout)
	}
}

func TestAForeignModuleIsInstalledAndRemovedLikeAPlugin(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{
		{"plugin", "install", hosttest.Path(t, hosttest.Foreign("upper"))},
		{"run", "upper.run"},
		{"plugin", "remove", "upper", "--yes"},
	} {
		if got := w.run(t, args...); got.exit != ExitOK {
			t.Fatalf("%v: exit %d, %s", args, got.exit, got.stderr)
		}
	}
	if got := w.run(t, "run", "upper.run"); got.exit == ExitOK {
		t.Error("it runs after it was removed")
	}
}
