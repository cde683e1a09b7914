package oracle

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func (s *stand) minisignKeys() (key, public []byte) {
	s.Helper()
	dir := s.TempDir()
	s.tool(nil, "minisign", "-G", "-W", "-p", filepath.Join(dir, "p"), "-s", filepath.Join(dir, "s"))
	key, err1 := os.ReadFile(filepath.Join(dir, "s"))
	public, err2 := os.ReadFile(filepath.Join(dir, "p"))
	if err1 != nil || err2 != nil {
		s.Fatal(err1, err2)
	}
	return key, public
}

func cryptoMinisignSign(s *stand) {
	key, public := s.minisignKeys()
	for i := range 4 {
		data := noise(uint64(i), 1+i*70000)
		signature := s.output("crypto.minisign_sign", params{"comment": "für alle"}, data, key)
		verify := func(data []byte) ([]byte, error) {
			return exec.CommandContext(s.Context(), "minisign", "-V", "-p", s.file("p", public), "-m", s.file("m", data),
				"-x", s.file("x", signature)).CombinedOutput()
		}
		if out, err := verify(data); err != nil || !bytes.Contains(out, []byte("Trusted comment: für alle")) {
			s.Errorf("%v: %s", err, out)
		}
		if out, err := verify(data[1:]); err == nil {
			s.Errorf("another file passes: %s", out)
		}
	}
	s.refused("key is no file of minisign", "crypto.minisign_sign", nil, nil, public)
	s.refused("not one line", "crypto.minisign_sign", params{"comment": "a\nb"}, nil, key)
}

func cryptoMinisignCheck(s *stand) {
	key, public := s.minisignKeys()
	_, another := s.minisignKeys()
	for i, flag := range []string{"-H", "-l"} {
		data, out := noise(uint64(i), 1000), filepath.Join(s.TempDir(), "x")
		s.tool(nil, "minisign", "-S", flag, "-s", s.file("s", key), "-m", s.file("m", data), "-x", out, "-t", "of today")
		signature, err := os.ReadFile(out)
		if err != nil {
			s.Fatal(err)
		}
		s.valid(1, "crypto.minisign_check", nil, data, public, signature)
		s.valid(1, "crypto.minisign_check", nil, data, bytes.SplitN(public, []byte("\n"), 2)[1], signature)
		s.valid(0, "crypto.minisign_check", nil, data[1:], public, signature)
		s.valid(0, "crypto.minisign_check", nil, data, another, signature)
		forged := bytes.Replace(signature, []byte("of today"), []byte("of old"), 1)
		s.valid(0, "crypto.minisign_check", nil, data, public, forged)
		s.equal("comment", s.output("crypto.minisign_check", nil, data, public, signature), []byte("of today\n"))
		for n := range len(signature) / 16 {
			s.refused("", "crypto.minisign_check", nil, data, public, signature[:n*16])
		}
	}
}

// A share of libgfshare is the bytes, in a file that is called by the number.
func cryptoShamirSplit(s *stand) {
	s.permit("random")
	for i, c := range []struct{ shares, needed int }{{2, 2}, {5, 3}, {16, 16}, {16, 2}} {
		secret, dir := noise(uint64(i), 1+i*5000), s.TempDir()
		r := s.run("crypto.shamir_split", params{"shares": c.shares, "needed": c.needed}, secret)
		if len(r.Outputs) != c.shares {
			s.Fatalf("%d shares of %d", len(r.Outputs), c.shares)
		}
		args := []string{"-o", filepath.Join(dir, "out")}
		for at := range c.needed {
			share := r.Outputs[c.shares-1-at].Bytes
			path := filepath.Join(dir, fmt.Sprintf("share.%03d", share[0]))
			if err := os.WriteFile(path, share[1:], 0o600); err != nil {
				s.Fatal(err)
			}
			args = append(args, path)
		}
		s.tool(nil, "gfcombine", args...)
		got, _ := os.ReadFile(filepath.Join(dir, "out"))
		s.equal(fmt.Sprint(c), got, secret)
	}
	s.refused("there are only 2 shares", "crypto.shamir_split", params{"shares": 2, "needed": 3}, []byte("x"))
	s.refused("secret is empty", "crypto.shamir_split", nil, nil)
}

func cryptoShamirCombine(s *stand) {
	for i, c := range []struct{ shares, needed int }{{2, 2}, {5, 3}, {16, 16}} {
		secret, dir := noise(uint64(i), 1+i*5000), s.TempDir()
		s.tool(nil, "gfsplit", "-m", fmt.Sprint(c.shares), "-n", fmt.Sprint(c.needed), s.file("secret", secret), filepath.Join(dir, "share"))
		paths, _ := filepath.Glob(filepath.Join(dir, "share.*"))
		if len(paths) != c.shares {
			s.Fatalf("gfsplit made %q", paths)
		}
		var shares [][]byte
		for _, path := range paths[:c.needed] {
			var number byte
			_, _ = fmt.Sscan(strings.TrimLeft(filepath.Ext(path)[1:], "0"), &number)
			b, _ := os.ReadFile(path)
			shares = append(shares, append([]byte{number}, b...))
		}
		s.equal(fmt.Sprint(c), s.output("crypto.shamir_combine", nil, shares...), secret)
		s.refused("is there twice", "crypto.shamir_combine", nil, shares[0], shares[0])
		s.refused("another length", "crypto.shamir_combine", nil, shares[0], append(shares[1], 0))
	}
	s.refused("share 1 is none", "crypto.shamir_combine", nil, nil, nil)
}
