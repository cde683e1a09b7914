package newcomer

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"inos/backend/host/hosttest"
	"inos/backend/manifest"
	"inos/backend/node"
	"inos/backend/unit"
)

const bookFolder = "docs/book"

// reader follows one chapter in a workshop.
type reader struct {
	*workshop
	folder  string // where they are, in the home
	printed string // by the last commands
	window  *window
}

func TestTheBookIsTrueWordForWord(t *testing.T) {
	for _, c := range []struct {
		chapter  string
		versions []string // what a window showed, one after the other
	}{
		{"first-plugin.md", []string{"0.1.0", "0.2.0", "0.1.0"}},
		{"live-units.md", nil},
		{"permissions.md", nil},
		{"testing.md", nil},
		{"publishing.md", nil},
	} {
		t.Run(c.chapter, func(t *testing.T) {
			r := &reader{workshop: newWorkshop(t)}
			for _, b := range blocks(t, filepath.Join(hosttest.Path(t, bookFolder), c.chapter)) {
				if err := r.follow(b); err != nil {
					t.Fatalf("%s:%d: %v", c.chapter, b.line, err)
				}
			}
			if r.window != nil && !slices.Equal(r.window.versions, c.versions) {
				t.Errorf("the window showed %q, want %q", r.window.versions, c.versions)
			}
		})
	}
}

// Every chapter is followed, and the contents name it.
func TestTheBookHasNoOtherChapters(t *testing.T) {
	folder := hosttest.Path(t, bookFolder)
	contents, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	followed, err := os.ReadFile(filepath.Join(folder, "../../backend/newcomer/book_linux_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	chapters, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil || len(chapters) < 2 {
		t.Fatal(chapters, err)
	}
	for _, path := range chapters {
		name := filepath.Base(path)
		if name != "README.md" && (!strings.Contains(string(contents), "("+name+")") ||
			!strings.Contains(string(followed), `{"`+name+`", `)) {
			t.Errorf("%s is not in the contents, or nobody follows it", name)
		}
	}
}

func (r *reader) follow(b block) (err error) {
	switch {
	case b.path != "":
		r.write(filepath.Join(r.folder, b.path), b.text)
	case b.kind == "sh":
		r.printed, err = r.try(r.folder, b.text+"\npwd >\"$HOME/.folder\"")
		if err == nil {
			r.move()
			r.window.await(r.t)
		}
	case b.kind == "text":
		err = says(r.printed, b.text)
	case b.kind == "diff":
		r.write("change.diff", b.text)
		_, err = r.try(r.folder, `patch -p0 --fuzz=0 <"$HOME/change.diff"`)
	case b.kind == "window":
		_, name, _ := strings.Cut(strings.TrimSpace(b.text), "--unit ")
		r.window = r.open(name)
	default:
		r.t.Fatalf("line %d: nobody can follow a block of %q", b.line, b.kind)
	}
	return err
}

func (r *reader) move() {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.home, ".folder"))
	if err == nil {
		r.folder, err = filepath.Rel(r.home, strings.TrimSpace(string(text)))
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// window is a node that watches, as the one behind the real window does; package e2e has that.
type window struct {
	live     *unit.Live
	file     string // of the installed plugin
	versions []string
}

func (r *reader) open(name string) *window {
	r.t.Helper()
	data := filepath.Join(r.home, ".local", "share", "inos")
	n, err := node.Start(context.Background(), node.Options{
		DataDir: data, PluginDirs: []string{filepath.Join(data, "plugins")}, Watch: true,
		WorkerPath: hosttest.Worker(r.t),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = n.Close() })
	await(r.t, name+" is offered", func() bool {
		return slices.ContainsFunc(n.Units(), func(u unit.Info) bool { return u.Name == name })
	})
	live, err := n.StartLive(context.Background(), name, unit.LiveConfig{Shards: 1})
	if err != nil {
		r.t.Fatal(err)
	}
	w := &window{live: live, file: filepath.Join(data, "plugins", name+".wasm")}
	w.await(r.t)
	return w
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// await waits until the window shows what is installed.
func (w *window) await(t *testing.T) {
	t.Helper()
	if w == nil {
		return
	}
	wasm, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the window shows "+m.Version, func() bool { return w.live.Plugin().Version == m.Version })
	if n := len(w.versions); n == 0 || w.versions[n-1] != m.Version {
		w.versions = append(w.versions, m.Version)
	}
}
