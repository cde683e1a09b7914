package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/store/files"
)

func TestPutSaysWhatItStored(t *testing.T) {
	w := newStoreWorld(t)
	path := filepath.Join(t.TempDir(), "file")
	writeFile(t, path, noiseOf(1, 3_000_000))
	got := w.run(t, "store", "put", path, "--json")
	var document map[string]any
	oneDocument(t, got.stdout, &document)
	requireFields(t, document, map[string]any{"id": "", "bytes": 0, "stored": 0, "chunks": 0, "new_chunks": 0,
		"seconds": 0, "files": 0, "folders": 0, "path": "", "space": "", "unchanged": false, "problems": []any{}})
	if got.exit != ExitOK || document["bytes"] != 3e6 || document["stored"].(float64) < 3e6 ||
		document["chunks"] != document["new_chunks"] || document["chunks"].(float64) < 1 || got.stderr != "" {
		t.Errorf("exit %d, %s%s", got.exit, got.stdout, got.stderr)
	}
	if id, _ := document["id"].(string); len(id) != 64 {
		t.Errorf("the id is %q", id)
	}
	if size := files.Size(t.Context(), filepath.Join(w.data, "store")); float64(size) < document["stored"].(float64) {
		t.Errorf("the store has %d bytes, less than it says it stored", size)
	}
}

func TestTheStoresExitCodes(t *testing.T) {
	w := newStoreWorld(t)
	folder := filepath.Join(t.TempDir(), "folder")
	writeFile(t, filepath.Join(folder, "a"), []byte("a"))
	id := w.put(t, folder).ID
	for _, c := range []struct {
		exit int
		kind string
		args []string
	}{
		{ExitUsage, "", []string{"put"}},
		{ExitUsage, "", []string{"put", "a", "b"}},
		{ExitUsage, "", []string{"put", "-"}},
		{ExitUsage, "", []string{"get", id}},
		{ExitUsage, "", []string{"check", "--sample", "2"}},
		{ExitUsage, "", []string{"fly"}},
		{ExitFailed, "not-found", []string{"put", "/no/such/file"}},
		{ExitFailed, "not-found", []string{"get", "0000000000000000", "-o", t.TempDir()}},
		{ExitFailed, "not-found", []string{"rm", "nothing"}},
		{ExitFailed, "not-found", []string{"put", folder, "--space", "nobody"}},
		{ExitFailed, "invalid", []string{"get", id, "-o", "-"}},
		{ExitOK, "", []string{"get", id, "-o", t.TempDir()}},
		{ExitOK, "", []string{"check"}},
	} {
		got := w.run(t, append([]string{"store", "--json"}, c.args...)...)
		var document errorDocumentRead
		if got.exit == ExitFailed {
			oneDocument(t, got.stdout, &document)
		}
		if got.exit != c.exit || document.Error.Kind != c.kind && c.exit == ExitFailed {
			t.Errorf("%v: exit %d, want %d and %q: %s%s", c.args, got.exit, c.exit, c.kind, got.stdout, got.stderr)
		}
	}
}

// TestWhatCannotBeReadIsNamedAndTheRestStored: its exit code is 1, and its document is whole.
func TestWhatCannotBeReadIsNamedAndTheRestStored(t *testing.T) {
	w := newStoreWorld(t)
	folder := filepath.Join(t.TempDir(), "folder")
	writeFile(t, filepath.Join(folder, "a"), []byte("a"))
	if err := os.Symlink("a", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(folder, "denied")
	writeFile(t, missing, []byte("x"))
	if err := os.Chmod(missing, 0); err != nil {
		t.Fatal(err)
	}
	if file, err := os.Open(missing); err == nil {
		_ = file.Close()
		t.Skip("this user may read everything")
	}
	got := w.run(t, "store", "put", folder, "--json")
	var document struct {
		errorDocumentRead
		ID       string
		Failed   int
		Problems []string
	}
	oneDocument(t, got.stdout, &document)
	if got.exit != ExitFailed || document.ID == "" || document.Failed != 1 || document.Error.Kind != "unavailable" ||
		len(document.Problems) != 1 || !strings.Contains(document.Problems[0], missing) {
		t.Errorf("exit %d, %s", got.exit, got.stdout)
	}
}

func TestThePassphraseComesFromADescriptor(t *testing.T) {
	w := newStoreWorld(t)
	w.environment = nil
	command := w.command(t.Context(), "store", "ls", "--json", "--passphrase-fd", "3")
	give(t, command, []string{storeWords})
	if out, err := command.Output(); err != nil || !json.Valid(out) {
		t.Errorf("%v, %s", err, out)
	}
	got := w.run(t, "store", "ls", "--json", "--passphrase-fd", "9")
	if got.exit != ExitFailed || !strings.Contains(got.stdout, "descriptor 9") {
		t.Errorf("exit %d, %s", got.exit, got.stdout)
	}
}

func TestAWrongPassphraseSaysSoAndChangesNothing(t *testing.T) {
	w := newStoreWorld(t)
	path := filepath.Join(t.TempDir(), "file")
	writeFile(t, path, []byte("x"))
	id := w.put(t, path).ID
	before := treeOf(t, filepath.Join(w.data, "store"))
	for _, environment := range [][]string{{passphraseVariable + "=another one"}, nil} {
		wrong := w.world
		wrong.environment = environment
		for _, args := range [][]string{
			{"put", path}, {"get", id, "-o", t.TempDir()}, {"ls"}, {"rm", id}, {"gc"}, {"check"}, {"repair"}, {"archive"}, {"stat"},
			{"space", "add", "another"}, {"key", "change", "--new-passphrase-fd", "0"},
		} {
			got := wrong.run(t, append([]string{"store", "--json"}, args...)...)
			var document errorDocumentRead
			oneDocument(t, got.stdout, &document)
			if got.exit != ExitFailed || document.Error.Kind != "denied" || !strings.Contains(got.stdout, "passphrase") {
				t.Errorf("%v: exit %d, %s", args, got.exit, got.stdout)
			}
		}
	}
	sameTree(t, before, treeOf(t, filepath.Join(w.data, "store")))
}
