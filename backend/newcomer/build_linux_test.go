package newcomer

import (
	"strings"
	"testing"

	"inos/backend/host/hosttest"
	"inos/backend/scaffold"
)

// faults are changes that make a plugin count wrongly: the test of its project must find them.
var faults = map[string]string{
	"rust":           `sed -i "s/matches('.n')/matches(' ')/" src/lib.rs`,
	"c":              `sed -i "s/== '.n'/== ' '/" plugin.c`,
	"assemblyscript": `sed -i 's/c == 10/c == 32/' plugin.ts`,
	"go":             `sed -i "s/== '.n'/== ' '/" main.go`,
}

// Each template that is not marked untested is built, tested, installed and used, with no network.
func TestEachProjectBuildsTestsInstallsAndRuns(t *testing.T) {
	for _, lang := range scaffold.Tested() {
		t.Run(lang, func(t *testing.T) {
			w := newWorkshop(t)
			w.project(lang)
			w.run("word_count", "make && make test && make install")
			if lang == "rust" {
				w.run("word_count", "cargo fmt -- --check")
			}
			w.run("", `printf 'one two\nthree\n' >text; : >empty`)
			if lang == "go" { // a WASI command
				w.prints("lines 2\nwords 3", "inos run word_count.run -i text -o -")
			} else {
				w.prints("lines 2\nwords 3", "inos run word_count.count -i text")
				w.prints("lines 0\nwords 0", "inos run word_count.count -i empty")
				w.prints(`"published": 5,`, "inos live word_count -p count=7 --ticks 5 --json")
			}
			w.run("word_count", faults[lang])
			if out, err := w.try("word_count", "make test"); err == nil || !strings.Contains(strings.ToLower(out), "fail") {
				t.Errorf("the project's test finds no fault: %v\n%s", err, out)
			}
		})
	}
}

// project begins word_count in a language.
func (w *workshop) project(lang string) {
	w.t.Helper()
	w.run("", "inos plugin new word_count --lang "+lang)
	if lang == "assemblyscript" { // make would fetch it: it is here in the version of the lock file
		modules := hosttest.Path(w.t, "plugins/foreign/assemblyscript/node_modules")
		w.run("word_count", "ln -s '"+modules+"' node_modules")
		w.run("word_count", `test "$(node -p 'require("./node_modules/assemblyscript/package.json").version')" = \
			"$(node -p 'require("./package-lock.json").packages["node_modules/assemblyscript"].version')"`)
	}
}

func (w *workshop) prints(want, commands string) {
	w.t.Helper()
	if err := says(w.run("", commands), want); err != nil {
		w.t.Error(err)
	}
}
