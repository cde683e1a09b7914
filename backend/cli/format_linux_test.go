package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is written is what its name says, unless the user says otherwise.
func TestTheFormatComesFromTheNameOfTheFile(t *testing.T) {
	w := newWorld(t).withPlugins(t, "plugins/image.wasm", "plugins/data.wasm")
	dir := t.TempDir()
	in := filepath.Join(dir, "in.ppm")
	writeFile(t, in, append([]byte("P6 4 2 255\n"), bytes.Repeat([]byte{200, 30, 90}, 8)...))
	for name, begins := range map[string]string{
		"a.webp": "RIFF", "a.JPG": "\xff\xd8", "a.png": "\x89PNG", "a.tif": "II", "a.unknown": "P", "a": "P", "a.pnm": "P",
	} {
		out := filepath.Join(dir, name)
		got := w.run(t, "run", "image.resize", "-i", in, "-p", "width=3", "-o", out)
		if data, err := os.ReadFile(out); err != nil || !bytes.HasPrefix(data, []byte(begins)) {
			t.Errorf("%s: %+v, %v, %.8q", name, got, err, data)
		}
	}
	out := filepath.Join(dir, "said.webp")
	w.run(t, "run", "image.resize", "-i", in, "-p", "width=3", "-p", "format=bmp", "-o", out)
	if data, _ := os.ReadFile(out); !bytes.HasPrefix(data, []byte("BM")) {
		t.Errorf("what was said does not count: %.8q", data)
	}
	table := filepath.Join(dir, "t.csv")
	writeFile(t, table, []byte("k,v\na,1\nb,2\na,3\n"))
	out = filepath.Join(dir, "sums.ndjson")
	got := w.run(t, "run", "data.sql", "-i", table, "-p", "query=select k, sum(v) as s from t group by k", "-o", out)
	if data, _ := os.ReadFile(out); string(data) != "{\"k\": \"a\", \"s\": 4}\n{\"k\": \"b\", \"s\": 2}\n" {
		t.Errorf("%+v, %q", got, data)

	}
	// Without a file it is printed, and the figures do not come between.
	got = w.run(t, "run", "data.sort", "-i", table, "-p", "by=-v,k")
	if got.exit != ExitOK || got.stdout != "k,v\na,3\nb,2\na,1\n" || !strings.Contains(got.stderr, "rows") {
		t.Errorf("%+v", got)
	}
}
