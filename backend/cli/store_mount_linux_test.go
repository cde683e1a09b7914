package cli

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mount starts the real program and returns what it printed first, and what ends it.
func (w world) mount(t *testing.T, args ...string) (first mountDocument, end func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	command := w.command(ctx, append([]string{"store", "mount", "--json"}, args...)...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cancel)
	if err := json.NewDecoder(out).Decode(&first); err != nil {
		t.Fatal(err)
	}
	return first, func() error {
		if err := command.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		return command.Wait()
	}
}

func fetch(t *testing.T, method, address string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestTheStoreIsMountedReadOnlyUntilCtrlC(t *testing.T) {
	w := newWorld(t)
	w.environment = []string{"INOS_PASSPHRASE=correct horse battery staple"}
	folder := filepath.Join(t.TempDir(), "tree")
	writeFile(t, filepath.Join(folder, "odd %41 \xff name.txt"), []byte("0123456789"))
	put := w.run(t, "store", "put", folder, "--json")
	if put.exit != ExitOK {
		t.Fatal(put.stderr)
	}
	var stored putDocument
	oneDocument(t, put.stdout, &stored)

	all, end := w.mount(t)
	status, listing := fetch(t, "PROPFIND", all.URL+"main"+folder, "Depth", "1")
	version := regexp.MustCompile(`/[^/<]*` + stored.ID[:8] + `/`).FindString(listing)
	if status != http.StatusMultiStatus || version == "" {
		t.Fatalf("%d %s", status, listing)
	}
	path := all.URL + "main" + folder + version + "odd%20%2541%20%FF%20name.txt"
	if status, body := fetch(t, "GET", path); status != http.StatusOK || body != "0123456789" {
		t.Errorf("%d %q", status, body)
	}
	if status, body := fetch(t, "GET", path, "Range", "bytes=3-5"); status != http.StatusPartialContent || body != "345" {
		t.Errorf("%d %q", status, body)
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if status, _ := fetch(t, method, path); status != http.StatusForbidden {
			t.Errorf("%s: %d", method, status)
		}
	}
	if err := end(); err != nil {
		t.Errorf("after Ctrl+C: %v", err)
	}

	one, end := w.mount(t, stored.ID[:16])
	if one.URL == all.URL {
		t.Error("the secret is the same each time")
	}
	if status, body := fetch(t, "GET", one.URL+"odd%20%2541%20%FF%20name.txt"); status != http.StatusOK || body != "0123456789" {
		t.Errorf("one version: %d %q", status, body)
	}
	if err := end(); err != nil {
		t.Errorf("after Ctrl+C: %v", err)
	}

	if got := w.run(t, "store", "mount", "--addr", "0.0.0.0:0"); got.exit != ExitFailed || !strings.Contains(got.stderr, "others could reach it") {
		t.Errorf("an address of everybody: %+v", got)
	}
}
