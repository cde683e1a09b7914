package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPluginNewSaysWhatItWrote(t *testing.T) {
	s, dir := newStand(t), filepath.Join(t.TempDir(), "somewhere")
	got := s.inos(t.Context(), "plugin", "new", "hello", "--lang", "c", "-o", dir)
	if got.exit != ExitOK || !strings.Contains(got.stdout, "a plugin in c") ||
		!strings.Contains(got.stdout, "Next: cd "+dir) || got.stderr != "" {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "plugin.c")); err != nil {
		t.Error(err)
	}
	document := map[string]any{}
	got = s.inos(t.Context(), "plugin", "new", "hello", "-o", dir+"2", "--json")
	oneDocument(t, got.stdout, &document)
	requireFields(t, document, map[string]any{"path": "", "name": "", "lang": "", "files": []any{}})
	if document["lang"] != "rust" {
		t.Errorf("%v", document)
	}
}

func TestPluginNewRefusesWhatItCannotDo(t *testing.T) {
	s, there := newStand(t), t.TempDir()
	for _, c := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{}, ExitUsage, "needs NAME"},
		{[]string{"a", "b"}, ExitUsage, "one too many"},
		{[]string{"../evil", "-o", there}, ExitFailed, "a-z, 0-9 and _"},
		{[]string{"hello", "-o", there}, ExitFailed, "there already"},
		{[]string{"hello", "--lang", "cobol", "-o", there + "/new"}, ExitFailed, "take one of rust, c"},
	} {
		got := s.inos(t.Context(), append([]string{"plugin", "new"}, c.args...)...)
		if got.exit != c.exit || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%q: %+v", c.args, got)
		}
	}
}
