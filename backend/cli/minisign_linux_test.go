package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"inos/backend/trust"
)

// minisign runs the tool itself, the judge of what INOS writes.
func runMinisign(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("minisign"); err != nil {
		t.Fatal("minisign is missing; run make setup")
	}
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	command := exec.CommandContext(ctx, "minisign", args...)
	command.Stdin = strings.NewReader(stdin)
	out, err := command.CombinedOutput()
	return string(out), err
}

func mustMinisign(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, err := runMinisign(t, stdin, args...)
	if err != nil {
		t.Fatalf("minisign %v: %v, %s", args, err, out)
	}
	return out
}

func TestMinisignVerifiesWhatInosSigned(t *testing.T) {
	s := newStand(t)
	secret, public := s.publisher(t, "ada")
	plugin := s.signed(t, "echo.wasm", secret)
	parts := filepath.Join(s.dir, "parts")
	v, got := s.verify(t, plugin, "--pub", public, "--detach", parts)
	if got.exit != ExitOK || len(v.Detached) != 2 {
		t.Fatalf("exit %d, %s", got.exit, got.stdout)
	}
	part := v.Detached[0]
	for _, key := range [][]string{{"-p", public}, {"-P", v.Signature.Key}} {
		out := mustMinisign(t, "", append([]string{"-V", "-H", "-m", part}, key...)...)
		if !strings.Contains(out, "for tests") {
			t.Errorf("minisign saw another comment: %s", out)
		}
	}
	whole, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 1 + len(whole)/20 {
		changed := bytes.Clone(whole)
		changed[at] ^= 4
		writeFile(t, part, changed)
		if out, err := runMinisign(t, "", "-V", "-m", part, "-p", public); err == nil {
			t.Errorf("byte %d changed, and minisign says %s", at, out)
		}
	}
	_, other := s.publisher(t, "bob")
	writeFile(t, part, whole)
	if out, err := runMinisign(t, "", "-V", "-m", part, "-p", other); err == nil {
		t.Errorf("another key, and minisign says %s", out)
	}
	mustMinisign(t, "", "-S", "-m", part, "-s", secret) // which shows that it reads the key file
	mustMinisign(t, "", "-V", "-m", part, "-p", public)
}

func TestWhatMinisignSignedIsPutInAndVerifies(t *testing.T) {
	s := newStand(t)
	secret, public := filepath.Join(s.dir, "tool.key"), filepath.Join(s.dir, "tool.pub")
	mustMinisign(t, "", "-G", "-W", "-s", secret, "-p", public)
	for _, c := range []struct{ form, flag string }{{"prehashed", "-S"}, {"legacy", "-Sl"}} {
		plugin, minisig := s.install(t, c.form+".wasm"), filepath.Join(s.data, c.form+".minisig")
		mustMinisign(t, "", c.flag, "-m", plugin, "-s", secret, "-x", minisig, "-t", c.form)
		got := s.inos(t.Context(), "plugin", "sign", plugin, "--signature", minisig, "--pub", public)
		if got.exit != ExitOK {
			t.Fatalf("%s: exit %d, %q", c.form, got.exit, got.stderr)
		}
		v, got := s.verify(t, plugin, "--pub", public, "--detach", filepath.Join(s.dir, c.form))
		if got.exit != ExitOK || v.Signature.Comment != c.form {
			t.Fatalf("%s: exit %d, %q", c.form, got.exit, got.stderr)
		}
		mustMinisign(t, "", "-V", "-m", v.Detached[0], "-p", public)
		s.refusesFlips(t, plugin, public)
	}
	s.dir = newWorld(t).programs
	_, other := s.publisher(t, "bob")
	elsewhere := s.install(t, "elsewhere.wasm")
	manifest := s.inos(t.Context(), "plugin", "inspect", elsewhere, "--json").stdout
	manifestPath := filepath.Join(s.data, "m.json")
	writeFile(t, manifestPath, []byte(strings.Replace(manifest, "1.0.0", "2.0.0", 1)))
	packed := s.inos(t.Context(), "plugin", "pack", elsewhere, "--manifest", manifestPath, "-o",
		elsewhere)
	if packed.exit != ExitOK {
		t.Fatalf("pack: exit %d, %q", packed.exit, packed.stderr)
	}
	minisig := filepath.Join(s.data, "legacy.minisig")
	for name, args := range map[string][]string{
		"of another file": {elsewhere, "--signature", minisig, "--pub", public},
		"of another key": {filepath.Join(s.data, "plugins", "legacy.wasm"), "--signature", minisig,
			"--pub", other},
	} {
		got := s.inos(t.Context(), append([]string{"plugin", "sign"}, args...)...)
		if got.exit != ExitFailed || !strings.Contains(got.stderr, "not by this key over this file") {
			t.Errorf("%s: exit %d, %q", name, got.exit, got.stderr)
		}
	}
	plugin := s.signed(t, "again.wasm", secret) // INOS reads the tool's own key file
	if _, got := s.verify(t, plugin, "--pub", public); got.exit != ExitOK {
		t.Errorf("signed by INOS with the tool's key: %q", got.stderr)
	}
}

// refusesFlips changes single bits of a signed file, a sample of them.
func (s *stand) refusesFlips(t *testing.T, plugin, public string) {
	t.Helper()
	wasm, err := os.ReadFile(plugin)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(wasm); at += 1 + len(wasm)/60 {
		changed := bytes.Clone(wasm)
		changed[at] ^= 1 << (at % 8)
		path := filepath.Join(s.dir, "flipped.wasm")
		writeFile(t, path, changed)
		if got := s.inos(t.Context(), "plugin", "verify", path, "--pub", public); got.exit != ExitFailed {
			t.Errorf("byte %d of %d changed: exit %d, %s", at, len(wasm), got.exit, got.stdout)
		}
	}
}

// The passphrase goes through the real program: at a terminal, by a descriptor, by the environment.
func TestAProtectedKeyWorksInBothPrograms(t *testing.T) {
	w := newWorld(t)
	const words = "correct horse battery"
	name := filepath.Join(w.data, "ada")
	typed := w.terminal(t, []string{words, words}, "plugin", "keygen", "-o", name)
	if typed.exit != ExitOK || strings.Contains(typed.stdout, words) {
		t.Fatalf("keygen at a terminal: exit %d, %q", typed.exit, typed.stdout)
	}
	if text, err := os.ReadFile(name + ".key"); err != nil || !trust.IsProtected(text) {
		t.Fatalf("the key is not protected: %v", err)
	}
	packed, err := os.ReadFile(builtFile(t, "examples/adder.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	plugin := filepath.Join(w.data, "adder.wasm")
	writeFile(t, plugin, packed)
	mustMinisign(t, words+"\n", "-S", "-m", plugin, "-s", name+".key")
	mustMinisign(t, "", "-V", "-m", plugin, "-p", name+".pub")
	sign := []string{"plugin", "sign", plugin, "--key", name + ".key"}
	for how, c := range map[string]struct {
		environment, descriptor string
		exit                    int
		says                    string
	}{ // each that is tried takes seconds
		"the right one by a descriptor":    {"wrong", words + "\n", ExitOK, ""},
		"a wrong one by the environment":   {"wrong horse", "", ExitFailed, "the passphrase is wrong"},
		"an empty one in spite of another": {words, "\n", ExitFailed, "protects nothing"},
	} {
		got := w.signWith(t, sign, c.environment, c.descriptor)
		if got.exit != c.exit || strings.Contains(got.stdout+got.stderr, "horse") ||
			!strings.Contains(got.stderr, c.says) {
			t.Errorf("%s: exit %d, %q", how, got.exit, got.stderr)
		}
	}
	if got := w.run(t, "plugin", "verify", plugin, "--pub", name+".pub"); got.exit != ExitOK {
		t.Errorf("verify: %q", got.stderr)
	}
	differ := w.terminal(t, []string{"one", "two"}, "plugin", "keygen", "-o", name+"2")
	if differ.exit != ExitFailed || !strings.Contains(differ.stdout, "the two differ") {
		t.Errorf("two that differ: exit %d, %q", differ.exit, differ.stdout)
	}
}

// signWith gives the passphrase in the environment and, if there is one, on descriptor 3.
func (w world) signWith(t *testing.T, args []string, environment, descriptor string) outcome {
	t.Helper()
	if descriptor != "" {
		args = append(args[:len(args):len(args)], "--passphrase-fd", "3")
	}
	return w.withDescriptor(t, args, environment, descriptor)
}

// withDescriptor runs the program with a passphrase in its environment and a text on descriptor 3.
func (w world) withDescriptor(t *testing.T, args []string, environment, descriptor string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := w.command(t.Context(), args...)
	command.Env = append(command.Env, passphraseVariable+"="+environment)
	command.Stdout, command.Stderr = &stdout, &stderr
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	command.ExtraFiles = []*os.File{reader}
	if _, err := io.WriteString(writer, descriptor); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	if err := command.Run(); command.ProcessState == nil {
		t.Fatal(err)
	}
	return outcome{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func TestCtrlCAtThePassphraseEndsTheProgramAndRestoresTheTerminal(t *testing.T) {
	w := newWorld(t)
	name := filepath.Join(w.data, "ada")
	got := w.terminal(t, []string{"half of it\x03"}, "plugin", "keygen", "-o", name)
	if got.exit != ExitInterrupted || !strings.Contains(got.stdout, "interrupted") {
		t.Errorf("exit %d, %q", got.exit, got.stdout)
	}
	if _, err := os.Stat(name + ".key"); err == nil {
		t.Error("a key was made all the same")
	}
}

// terminal runs the program at a terminal of its own and answers each prompt (": ") with the next
// line. It fails when the terminal does not echo as before.
func (w world) terminal(t *testing.T, answers []string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processLimit)
	defer cancel()
	near, far := openTerminal(t)
	command := w.command(ctx, args...)
	command.Stdin, command.Stdout, command.Stderr = far, far, far
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	before := echoes(t, far)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_ = command.Wait() // the state says how it ended
		after, err := unix.IoctlGetTermios(int(far.Fd()), unix.TCGETS)
		if err == nil && after.Lflag&unix.ECHO != before {
			err = fmt.Errorf("the terminal's echo is %x, was %x", after.Lflag&unix.ECHO, before)
		}
		_ = far.Close() // so that the reader below comes to its end
		ended <- err
	}()
	var said bytes.Buffer
	for b := make([]byte, 1); ; {
		n, err := near.Read(b)
		if err != nil || n == 0 {
			break
		}
		said.Write(b)
		if len(answers) > 0 && bytes.HasSuffix(said.Bytes(), []byte(": ")) {
			answer := answers[0]
			answers = answers[1:]
			awaitSilence(t, near)
			if _, err := io.WriteString(near, answer+"\r"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return outcome{exit: command.ProcessState.ExitCode(), stdout: said.String()}
}

// awaitSilence waits until the program has turned the echo off: what is typed before is shown.
func awaitSilence(t *testing.T, terminal *os.File) {
	t.Helper()
	for t.Context().Err() == nil && echoes(t, terminal) != 0 {
		unix.Nanosleep(&unix.Timespec{Nsec: 1e6}, nil)
	}
}

func echoes(t *testing.T, terminal *os.File) uint32 {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag & unix.ECHO
}

// openTerminal makes a terminal: the end where somebody sits, and the program's.
func openTerminal(t *testing.T) (near, far *os.File) {
	t.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	if err := unix.IoctlSetPointerInt(int(near.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(near.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	far, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return near, far
}
