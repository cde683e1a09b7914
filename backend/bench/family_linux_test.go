package bench

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestAFamilyIsEveryDescendant(t *testing.T) {
	// A cat that has answered is one: a child that was only forked still has the shell's name.
	shell := exec.Command("sh", "-c", "exec 3<&0; cat <&3 & wait")
	ownGroup(shell)
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL)
		_ = shell.Wait() // killed
	}()
	if _, err := in.Write([]byte{'?'}); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	sum, err := FamilyMemory(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if sum["cat"] < 1<<10 || sum["sh"] < 1<<10 || len(sum) < 3 {
		t.Errorf("%v", sum)
	}
}

func TestTheProportionalSizeIsFoundInARollup(t *testing.T) {
	for text, want := range map[string]int64{
		"7f0-7f1 ---p 0 00:00 0 [rollup]\nRss: 9 kB\nPss:  5 kB\nPss_Dirty: 7 kB\n": 5 << 10,
		"Pss_Anon: 5 kB\n": -1,
		"Pss: x kB\n":      -1,
		"":                 -1,
	} {
		got, ok := proportionalBytes(text)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d, %t", text, got, ok)
		}
	}
}
