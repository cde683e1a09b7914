package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestWrongCommandLinesAreUsageErrors(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	for _, c := range []struct {
		args string
		want string // in the reason
	}{
		{"fly", `has no command "fly"`},
		{"--no-such-flag", "unknown flag"},
		{"units extra", `"extra" is one too many`},
		{"run", "needs UNIT.OP"},
		{"run boids", "not of the form UNIT.OP"},
		{"run .", "not of the form UNIT.OP"},
		{"run a.b.c", "not of the form UNIT.OP"},
		{"run a.b c.d", `"c.d" is one too many`},
		{"run a.b -p count", "not of the form name=value"},
		{"run a.b -p =7", "not of the form name=value"},
		{"run a.b -p x=1 -p x=2", "parameter x is given twice"},
		{"run a.b -o - --json", "both want the standard output"},
		{"run a.b -o x -o y -o x", "-o x is given twice"},
		{"run a.b --output=", "-o needs the name of a file"},
		{"run a.b --input=", "-i needs the name of a file"},
		{"run a.b -i - -i x -i -", "-i - is given twice"},
		{"live", "needs UNIT"},
		{"live a --rate 10001", "--rate must be 0 to 10000"},
		{"live a b", `"b" is one too many`},
		{"live a --ticks 5 --seconds 5", "exclude each other"},
		{"live a --ticks 0", "--ticks must be at least 1"},
		{"live a --ticks -1", "takes a whole number from 0 on"},
		{"live a --seconds 0", "--seconds must be above 0"},
		{"live a --seconds NaN", "--seconds must be above 0"},
		{"live a --seconds Inf", "--seconds must be above 0"},
		{"live a --seconds 1e300", "--seconds must be above 0"},
		{"live a --rate -1", "--rate must be 0 to"},
		{"live a --rate NaN", "--rate must be 0 to"},
		{"live a --shards -1", "--shards must be 0 to"},
		{"live a --shards 1000000", "--shards must be 0 to"},
		{"live a --seed x", "takes a whole number"},
		{"live a --seed 1 -p seed=2", "give one"},
		{"plugin", "say what to do"},
		{"plugin fly", `has no command "fly"`},
		{"plugin inspect", "needs FILE"},
		{"plugin install", "needs FILE"},
		{"plugin enable", "needs ID"},
		{"plugin remove a b", `"b" is one too many`},
		{"plugin pack a.wasm", "--manifest JSON and -o OUT"},
		{"plugin pack a.wasm --manifest a.json", "--manifest JSON and -o OUT"},
		{"plugin keygen", "-o NAME is needed"},
		{"plugin keygen -o a --no-passphrase --passphrase-fd 0", "exclude each other"},
		{"plugin sign a.wasm", "give --key, or --signature and --pub"},
		{"plugin sign a.wasm --key a --pub b", "--key excludes"},
		{"plugin sign a.wasm --signature a", "--signature needs --pub"},
		{"plugin sign a.wasm --signature a --pub b --comment c", "are for --key"},
		{"plugin verify", "needs FILE"},
		{"plugin trust a.pub", "--name WHO is needed"},
		{"plugin forget", "needs WHO"},
		{"plugin publishers x", `"x" is one too many`},
		{"plugin settings", "needs PLUGIN"},
		{"plugin set a", "which plugin, and what to set"},
		{"plugin set a =1", "a setting has no name"},
		{"plugin set a x=1 x", "x is given twice"},
		{"plugin set a x=1 --unset", "--unset takes names without values"},
		{"plugin set a x y --secret-fd 0", "--secret-fd is for one secret"},
		{"plugin set a x=1 --secret-fd 0", "--secret-fd is for one secret"},
		{"plugin set a x --unset --secret-fd 0", "--secret-fd is for one secret"},
		{"store", "say what to do"},
		{"store fly", `has no command "fly"`},
		{"store key", "say what to do"},
		{"store key export x", `"x" is one too many`},
		{"store key status x", `"x" is one too many`},
		{"store key import a b", `"b" is one too many`},
		{"store key import --keychain --passphrase-fd 3", "sets no passphrase"},
		{"store key import --passphrase-fd 0", "cannot both come from the standard input"},
		{"store key change x", `"x" is one too many`},
		{"store key change --keychain --passphrase", "--keychain excludes"},
		{"store key change --keychain --new-passphrase-fd 3", "--keychain excludes"},
		{"store key change --passphrase-fd 3 --new-passphrase-fd 3", "one descriptor"},
		{"store key change --new-passphrase-fd x", "takes a whole number"},
		{"bench", "say what to measure"},
		{"bench " + long, "has no command"},
		{"--arena x units", "is no size; write it like 16MiB"},
		{"--arena 0 units", "takes 1MiB to 1GiB"},
		{"--arena 1 units", "takes 1MiB to 1GiB"},
		{"--arena -1MiB units", "takes 1MiB to 1GiB"},
		{"--arena 1025MiB units", "takes 1MiB to 1GiB"},
		{"--arena 1e400 units", "takes 1MiB to 1GiB"},
		{"--data= units", "--data \"\": an empty name is no folder"},
		{"--data /dev/null units", "this is a file, not a folder"},
		{"--plugins= units", "--plugins \"\": an empty name is no folder"},
		{"--plugins /no/such/folder units", "no such file or directory"},
		{"--plugins /dev/null live a", "this is a file, not a folder"},
		{"--plugins /dev/null", "this is a file, not a folder"},
		{"live a --ticks 99999999999999999999", "is out of range"},
		{"live a --shards 1.5", "takes a whole number"},
		{"live a --json=x", "takes true or false"},
		{"--frames fast", "none of shared, stream, auto"},
		{"help fly", `no help about "fly"`},
	} {
		got := newStand(t).inos(t.Context(), strings.Fields(c.args)...)
		if got.exit != ExitUsage || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%.60s: exit %d, %q; want 2 and %q", c.args, got.exit, got.stderr, c.want)
		}
		if got.stdout != "" && !strings.Contains(c.args, "--json") {
			t.Errorf("%.60s: it wrote %q to the standard output", c.args, got.stdout)
		}
		if strings.Contains(got.stderr, "strconv") {
			t.Errorf("%.60s: Go's words: %q", c.args, got.stderr)
		}
		if strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%.60s: the reason is not one line: %q", c.args, got.stderr)
		}
	}
}

func TestAnEmptyNameIsNoName(t *testing.T) {
	for _, args := range [][]string{{"live", ""}, {"run", ""}, {"plugin", "inspect", ""}} {
		got := newStand(t).inos(t.Context(), args...)
		if got.exit != ExitUsage || !strings.Contains(got.stderr, " needs ") {
			t.Errorf("%q: exit %d, %q", args, got.exit, got.stderr)
		}
	}
}

func TestTooManyParametersAreRefused(t *testing.T) {
	args := []string{"run", "a.b"}
	for range maxParams + 1 {
		args = append(args, "-p", "x=1")
	}
	if got := newStand(t).inos(t.Context(), args...); got.exit != ExitUsage {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
}

func TestWithJSONAnErrorIsOneDocument(t *testing.T) {
	for _, c := range []struct {
		args, kind, subject string
		exit                int
	}{
		{"run --json", "invalid", "inos run", ExitUsage},
		{"--no-such-flag --json=1 units", "invalid", "inos units", ExitUsage},
		{"live a --ticks x --json", "invalid", "inos live", ExitUsage},
		{"--arena 1 units --json", "invalid", "inos units", ExitUsage},
		{"--plugins /no/such/folder units --json", "invalid", "inos units", ExitUsage},
		{"--json live x --ticks 0", "invalid", "inos live", ExitUsage},
		{"live nobody --json --ticks 1", "not-found", "nobody", ExitFailed},
		{"run nobody.op --json", "not-found", "", ExitFailed},
		{"plugin inspect /no/such/file --json", "not-found", "/no/such/file", ExitFailed},
		{"--json", "unavailable", "window", ExitFailed},
	} {
		got := newStand(t).inos(t.Context(), strings.Fields(c.args)...)
		if got.exit != c.exit {
			t.Errorf("%s: exit %d, want %d", c.args, got.exit, c.exit)
		}
		var document struct {
			Error map[string]any `json:"error"`
		}
		oneDocument(t, got.stdout, &document)
		requireFields(t, document.Error, map[string]any{"kind": "", "subject": "", "message": ""})
		if next, found := document.Error["next"]; found && next == "" {
			t.Errorf("%s: an empty remedy is no remedy", c.args)
		}
		if document.Error["kind"] != c.kind {
			t.Errorf("%s: kind %v, want %s", c.args, document.Error["kind"], c.kind)
		}
		if c.subject != "" && document.Error["subject"] != c.subject {
			t.Errorf("%s: subject %v, want %s", c.args, document.Error["subject"], c.subject)
		}
		if got.stderr == "" {
			t.Errorf("%s: no reason on standard error", c.args)
		}
	}
}

func TestHelpIsAsWritten(t *testing.T) {
	for _, command := range []string{
		"", "units", "run", "live", "plugin", "plugin new", "plugin list", "plugin inspect",
		"plugin pack", "plugin install", "plugin enable", "plugin disable", "plugin remove", "plugin rollback", "plugin pin",
		"plugin unpin", "plugin keygen", "plugin sign", "plugin verify", "plugin trust", "plugin forget",
		"plugin publishers", "plugin grant", "plugin revoke", "plugin audit", "plugin update", "plugin settings",
		"plugin set", "plugin limit", "store", "store key", "store key export", "store key import",
		"store key change", "store key status", "store mount", "store upkeep", "flow", "flow run", "flow check", "cache", "cache stat", "cache explain",
		"cache limit", "cache clear", "doctor", "bench", "bench flock", "bench epoch", "bench handover", "bench call",
		"bench startup", "bench memory", "bench host", "version",
	} {
		got := newStand(t).inos(t.Context(), append(strings.Fields(command), "--help")...)
		if got.exit != ExitOK || got.stderr != "" {
			t.Errorf("%s --help: exit %d, %q", command, got.exit, got.stderr)
		}
		if !strings.Contains(got.stdout, "Examples:\n  inos") {
			t.Errorf("%s --help has no example", command)
		}
		name := "inos"
		if command != "" {
			name += "-" + strings.ReplaceAll(command, " ", "-")
		}
		compareGolden(t, filepath.Join("testdata", "help", name+".txt"), got.stdout)
	}
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		writeFile(t, path, []byte(got))
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if that is meant: go test ./backend/cli -update\n%s", path, got)
	}
}

func TestHelpAboutACommandIsItsHelp(t *testing.T) {
	s := newStand(t)
	help, flag := s.inos(t.Context(), "help", "live"), s.inos(t.Context(), "live", "--help")
	if help.exit != ExitOK || help.stdout != flag.stdout {
		t.Errorf("help live: exit %d, %q", help.exit, help.stdout)
	}
}

func TestHelpNamesNoHiddenCommand(t *testing.T) {
	got := newStand(t).inos(t.Context(), "bench", "--help")
	if strings.Contains(got.stdout, readerCommand) {
		t.Error("the reader's command is listed")
	}
}

func TestVersionIsOneLineOrOneDocument(t *testing.T) {
	s := newStand(t)
	for _, how := range []string{"version", "--version"} {
		got := s.inos(t.Context(), how)
		if got.exit != ExitOK || !strings.HasPrefix(got.stdout, "inos "+Version()+",") {
			t.Errorf("%s: exit %d, %q", how, got.exit, got.stdout)
		}
		document := map[string]any{}
		oneDocument(t, s.inos(t.Context(), how, "--json").stdout, &document)
		requireFields(t, document, map[string]any{
			"version": "", "go": "", "os": "", "arch": "", "abi": 1,
		})
	}
}
