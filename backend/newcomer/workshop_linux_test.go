package newcomer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/host/hosttest"
)

// blockLimit bounds one command of a workshop; compiling takes seconds.
const blockLimit = 3 * time.Minute

// workshop is the machine of somebody who writes plugins: a home of their own, the programs of this
// build, the compilers of this machine, no network to be relied on.
type workshop struct {
	t    *testing.T
	home string
	env  []string
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{t: t, home: t.TempDir()}
	programs := filepath.Dir(hosttest.Path(t, "build/bin/inos"))
	hosttest.Worker(t)
	bin := filepath.Join(w.home, "bin")
	wasmRustc, env := wasmCompiler(t)
	// cargo takes one compiler for all targets; on some machines wasm has another (setup.sh).
	w.write("bin/rustc-of-target", "#!/bin/sh\ncase \"$*\" in *wasm32*) exec \""+wasmRustc+"\" \"$@\" ;; esac\nexec rustc \"$@\"\n")
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	w.env = append(env,
		"HOME="+w.home, "PATH="+programs+":"+bin+":"+os.Getenv("PATH"), "LANG=C.UTF-8",
		"TMPDIR="+t.TempDir(), "RUSTC="+filepath.Join(bin, "rustc-of-target"), "CARGO_NET_OFFLINE=true",
		"CARGO_HOME="+or(os.Getenv("CARGO_HOME"), filepath.Join(home, ".cargo")),
		"RUSTUP_HOME="+or(os.Getenv("RUSTUP_HOME"), filepath.Join(home, ".rustup")),
		"GOMODCACHE="+goEnv(t, "GOMODCACHE"), "GOCACHE="+goEnv(t, "GOCACHE"), "GOFLAGS=-mod=mod", "GOPROXY=off",
	)
	return w
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// wasmCompiler is the rustc that setup found for wasm, and what else cargo has to know for it.
func wasmCompiler(t *testing.T) (rustc string, env []string) {
	t.Helper()
	text, err := os.ReadFile(hosttest.Path(t, "build/cache/wasm.env"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Fields(string(text)) {
		if path, found := strings.CutPrefix(line, "RUSTC="); found {
			rustc = path
		} else {
			env = append(env, line)
		}
	}
	return rustc, env
}

func (w *workshop) write(path, text string) {
	w.t.Helper()
	path = filepath.Join(w.home, path)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o700)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// try runs commands in the home's folder dir as a shell does, and returns what they say.
func (w *workshop) try(dir, commands string) (string, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), blockLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir, cmd.Env = filepath.Join(w.home, dir), w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", commands, err, out)
	}
	return string(out), err
}

func (w *workshop) run(dir, commands string) string {
	w.t.Helper()
	out, err := w.try(dir, commands)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}
