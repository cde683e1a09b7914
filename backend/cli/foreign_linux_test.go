package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func (w world) askOracle(
	t *testing.T, plugin, export string, input []byte, config ...string,
) oracleResult {
	t.Helper()
	command := exec.Command(hosttest.Path(t, "build/test/extism-call"), append([]string{
		filepath.Join(w.data, "oracle"), hosttest.Path(t, hosttest.Foreign(plugin)), export}, config...)...)
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

// What the user sets is what a plugin for Extism finds under that key, as with Extism's own SDK.
func TestAPluginForExtismReadsWhatTheUserSets(t *testing.T) {
	w := newWorld(t).withForeign(t, "greet", "tally")
	for _, c := range []struct{ plugin, op, export, key, value string }{
		{"greet", "greet_by_name", "greetByName", "greeting", "Grüß Gott"},
		{"greet", "greet_by_name", "greetByName", "greeting", ""},
		{"greet", "greet_by_name", "greetByName", "Greeting", "another key"},
		{"greet", "greet_by_name", "greetByName", "greeting", strings.Repeat("long ", 3000)},
		{"tally", "add", "add", "unit", "birds"},
	} {
		in := filepath.Join(t.TempDir(), "in")
		writeFile(t, in, []byte("Ada"))
		give := func() string { return w.run(t, "run", c.plugin+"."+c.op, "-i", in, "-o", "-").stdout }
		plain, setting := give(), c.key+"="+c.value
		if set := w.run(t, "plugin", "set", c.plugin, setting); set.exit != ExitOK ||
			!strings.Contains(set.stdout, c.key) {
			t.Fatalf("%s: exit %d, %s", c.key, set.exit, set.stderr)
		}
		want := string(w.askOracle(t, c.plugin, c.export, []byte("Ada"), setting).Output)
		if got := give(); got != want || got == "" {
			t.Errorf("%s: %.60q, Extism has %.60q", c.key, got, want)
		}
		w.run(t, "plugin", "set", c.plugin, c.key, "--unset")
		if got := give(); got != plain {
			t.Errorf("%s taken back: %.60q, was %.60q", c.key, got, plain)
		}
	}
}

func TestASettingThatNoPluginForExtismCanHaveIsRefused(t *testing.T) {
	w := newWorld(t).withForeign(t, "greet", "upper")
	set := []string{"plugin", "set", "greet"}
	for i := range 64 {
		set = append(set, fmt.Sprintf("key%d=%d", i, i))
	}
	if got := w.run(t, set...); got.exit != ExitOK {
		t.Fatalf("64 keys: %s", got.stderr)
	}
	for _, c := range []struct{ plugin, setting, want string }{
		{"greet", "one_more=1", "64 keys are set"},
		{"greet", strings.Repeat("k", 65) + "=1", "has no setting"},
		{"greet", "a\nb=1", "has no setting"},
		{"greet", "key1=" + strings.Repeat("v", 16<<10+1), "16384"},
		{"greet", "key1", "it needs a value"},
		{"upper", "key=1", "it has none"}, // a WASI command has no settings
	} {
		if got := w.run(t, "plugin", "set", c.plugin, c.setting); got.exit != ExitFailed ||
			!strings.Contains(got.stderr, c.want) {
			t.Errorf("%.20q: exit %d, %.200s", c.setting, got.exit, got.stderr)
		}
	}
	if got := w.run(t, "plugin", "set", "greet", "key1=other"); got.exit != ExitOK {
		t.Errorf("a key that is there: %s", got.stderr)
	}
}

// Without a grant clock and randomness pretend, and nothing is said about it; with one they are true.
func TestAForeignModuleSeesTheTimeThatTheUserAllows(t *testing.T) {
	w := newWorld(t).withForeign(t, "tally", "moment")
	for _, op := range []string{"tally.moment", "moment.run"} {
		look := func(flags ...string) (year, random string) {
			t.Helper()
			got := w.run(t, append([]string{"run", op, "-o", "-"}, flags...)...)
			year, random, ok := strings.Cut(got.stdout, " ")
			if got.exit != ExitOK || strings.Contains(got.stderr, "grant") || !ok {
				t.Fatalf("%s %v: exit %d, %q, %s", op, flags, got.exit, got.stdout, got.stderr)
			}
			return year, random
		}
		year, random := look()
		if again, same := look(); year != "2022" || again != year || same != random {
			t.Errorf("%s without a grant: %s %s, then %s %s", op, year, random, again, same)
		}
		this := fmt.Sprint(time.Now().UTC().Year())
		if year, same := look("--allow", "now"); year != this || same != random {
			t.Errorf("%s with now: %s %s", op, year, same)
		}
		plugin, _, _ := strings.Cut(op, ".")
		if got := w.run(t, "plugin", "grant", plugin, "random"); got.exit != ExitOK {
			t.Fatal(got.stderr)
		}
		year, one := look()
		if _, two := look(); year != "2022" || one == random || one == two {
			t.Errorf("%s with random: %s %s, then %s", op, year, one, two)
		}
		w.run(t, "plugin", "revoke", plugin, "random")
		if _, same := look(); same != random {
			t.Errorf("%s after it was revoked: %s", op, same)
		}
	}
}

// A setting belongs to the file that it was set for: another one of that name reads none of it.
func TestAnotherFileOfThatNameReadsNoSetting(t *testing.T) {
	w := newWorld(t).withForeign(t, "greet")
	if got := w.run(t, "plugin", "set", "greet", "greeting=Secret"); got.exit != ExitOK {
		t.Fatal(got.stderr)
	}
	path := hosttest.Path(t, hosttest.Foreign("greet"))
	wasm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "greet.wasm")
	writeFile(t, other, append(wasm, 0, 2, 1, 'x')) // a custom section more
	if got := w.run(t, "plugin", "install", other, "--replace"); got.exit != ExitOK {
		t.Fatal(got.stderr)
	}
	in := filepath.Join(t.TempDir(), "in")
	writeFile(t, in, []byte("Ada"))
	if got := w.run(t, "run", "greet.greet_by_name", "-i", in, "-o", "-"); got.stdout != "Hello, Ada!" {
		t.Errorf("%q, %s", got.stdout, got.stderr)
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

func TestAForeignModuleReachesTheHostsThatTheUserNames(t *testing.T) {
	w := newWorld(t).withForeign(t, "fetch")
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(out, "%s %s", r.Method, r.URL.Path)
	}))
	defer server.Close()
	in := filepath.Join(t.TempDir(), "in")
	writeFile(t, in, []byte(server.URL+"/news"))
	fetch := func(flags ...string) outcome {
		return w.run(t, append([]string{"run", "fetch.fetch", "-i", in, "-o", "-"}, flags...)...)
	}
	for what, got := range map[string]outcome{
		"without a grant": fetch(), "another host": fetch("--allow", "http=127.0.0.1:1"),
	} {
		if got.exit != ExitFailed || got.stdout != "" || !strings.Contains(got.stderr, "its request failed") {
			t.Errorf("%s: exit %d, %q, %s", what, got.exit, got.stdout, got.stderr)
		}
	}
	got := fetch("--allow", "http="+strings.TrimPrefix(server.URL, "http://"))
	if got.exit != ExitOK || got.stdout != "GET /news" {
		t.Errorf("exit %d, %q, %s", got.exit, got.stdout, got.stderr)
	}
	for _, hosts := range []string{"http", "http=", "http=*", "http=a.org/x", "http=" + strings.Repeat("a.org,", 16) + "a.org"} {
		if got := fetch("--allow", hosts); got.exit != ExitFailed || !strings.Contains(got.stderr, "it needs the hosts") {
			t.Errorf("%s: exit %d, %s", hosts, got.exit, got.stderr)
		}
	}
}

func TestAProgramWorksOnTheFoldersThatTheUserGrants(t *testing.T) {
	w := newWorld(t).withForeign(t, "shelf")
	from, to := t.TempDir(), t.TempDir()
	big := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	for path, content := range map[string][]byte{
		filepath.Join(from, "big"): big, filepath.Join(from, "sub", "x"): nil,
		filepath.Join(to, "old"): []byte("old"), filepath.Join(to, "big"): bytes.Repeat([]byte("x"), 400_000),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, content)
	}
	shelf := func(args string, flags ...string) outcome {
		return w.run(t, append([]string{"run", "shelf.run", "-p", "args=" + args, "-o", "-"}, flags...)...)
	}
	if got := shelf("list"); got.exit != ExitFailed || !strings.Contains(got.stderr, "plugin grant wasi.shelf read:in") {
		t.Errorf("without a grant: exit %d, %q, %s", got.exit, got.stdout, got.stderr)
	}
	reading, writing := "--allow=read:in="+from, "--allow=write:out="+to
	if got := shelf("list", reading); got.exit != ExitOK || got.stdout != "big\nsub/\n" {
		t.Errorf("list: exit %d, %q, %s", got.exit, got.stdout, got.stderr)
	}
	if got := shelf("copy big", reading); got.exit != ExitFailed || !strings.Contains(got.stderr, "write:out") {
		t.Errorf("without the second grant: exit %d, %q, %s", got.exit, got.stdout, got.stderr)
	}
	for range 2 {
		if got := shelf("copy big", reading, writing); got.exit != ExitOK {
			t.Errorf("copy: exit %d, %q, %s", got.exit, got.stdout, got.stderr)
		}
	}
	if copied, err := os.ReadFile(filepath.Join(to, "big")); err != nil || !bytes.Equal(copied, big) {
		t.Errorf("%d bytes were copied, %v", len(copied), err)
	}
	if log, err := os.ReadFile(filepath.Join(to, "log")); err != nil || string(log) != "big 320000\nbig 320000\n" {
		t.Errorf("%q, %v", log, err)
	}
	if _, err := os.Stat(filepath.Join(to, "old")); !os.IsNotExist(err) {
		t.Errorf("it was not removed: %v", err)
	}
	writeFile(t, filepath.Join(filepath.Dir(from), "secret"), []byte("secret"))
	if got := shelf("escape", reading, writing); got.exit != ExitOK || got.stdout != "" {
		t.Errorf("escape: exit %d, %q, %s", got.exit, got.stdout, got.stderr)
	}
	if _, err := os.Stat(filepath.Join(from, "new")); !os.IsNotExist(err) {
		t.Errorf("it wrote into the folder to read: %v", err)
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
