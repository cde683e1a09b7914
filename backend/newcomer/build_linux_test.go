package newcomer

import (
	"strings"
	"testing"

	"inos/backend/scaffold"
)

// Each template that is not marked untested is built, tested, installed and used, with no network.
func TestEachProjectBuildsTestsInstallsAndRuns(t *testing.T) {
	for _, lang := range scaffold.Tested() {
		t.Run(lang, func(t *testing.T) {
			w := newWorkshop(t)
			w.run("", "inos plugin new word_count --lang "+lang)
			w.run("word_count", "make && make test && make install")
			w.run("", `printf 'one two\nthree\n' >text`)
			got := w.run("", "inos run word_count.count -i text")
			if !strings.Contains(got, "lines  2\n") || !strings.Contains(got, "words  3\n") {
				t.Errorf("%s", got)
			}
			if got := w.run("", "inos live word_count -p count=7 --ticks 5 --json"); !strings.Contains(got, `"published": 5`) {
				t.Errorf("%s", got)
			}
		})
	}
}

// The test of a project must be able to fail: it does when the plugin counts wrongly.
func TestTheTestOfAProjectFindsAFault(t *testing.T) {
	for lang, edit := range map[string]string{
		"rust": `sed -i "s/matches('.n')/matches(' ')/" src/lib.rs`,
		"c":    `sed -i "s/== '.n'/== ' '/" plugin.c`,
	} {
		t.Run(lang, func(t *testing.T) {
			w := newWorkshop(t)
			w.run("", "inos plugin new word_count --lang "+lang)
			w.run("word_count", edit)
			out, err := w.try("word_count", "make test")
			if err == nil || !strings.Contains(out, "failed") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
