package oracle

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// Go's own ciphers are what the seals are compared with.
func aeads(t testing.TB, key []byte) map[string]cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err1 := cipher.NewGCM(block)
	chacha, err2 := chacha20poly1305.New(key)
	xchacha, err3 := chacha20poly1305.NewX(key)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	return map[string]cipher.AEAD{"aes-256-gcm": gcm, "chacha20-poly1305": chacha, "xchacha20-poly1305": xchacha}
}

func cryptoEncrypt(s *stand) {
	s.permit("random")
	key := noise(10, 32)
	for name, aead := range aeads(s, key) {
		for _, data := range noises() {
			p := params{"cipher": name, "context": "röle"}
			sealed := s.output("crypto.encrypt", p, data, key)
			if len(sealed) != aead.NonceSize()+len(data)+aead.Overhead() {
				s.Fatalf("%s: %d bytes of %d", name, len(sealed), len(data))
			}
			n := aead.NonceSize()
			got, err := aead.Open(nil, sealed[:n], sealed[n:], []byte("röle"))
			if err != nil {
				s.Fatalf("%s: %v", name, err)
			}
			s.equal(name, got, data)
			if again := s.output("crypto.encrypt", p, data, key); bytes.Equal(again[:n], sealed[:n]) {
				s.Fatalf("%s: the same nonce twice", name)
			}
		}
	}
	s.refused("key has 31 bytes", "crypto.encrypt", nil, nil, key[1:])
}

func cryptoDecrypt(s *stand) {
	key := noise(10, 32)
	for name, aead := range aeads(s, key) {
		p := params{"cipher": name, "context": "röle"}
		for i, data := range noises() {
			nonce := noise(uint64(i), aead.NonceSize())
			sealed := aead.Seal(nonce[:len(nonce):len(nonce)], nonce, data, []byte("röle"))
			s.equal(name, s.output("crypto.decrypt", p, sealed, key), data)
			for _, at := range []int{0, len(nonce), len(sealed) - 1} {
				bad := bytes.Clone(sealed)
				bad[at] ^= 1
				s.refused("does not open", "crypto.decrypt", p, bad, key)
			}
			s.refused("", "crypto.decrypt", p, sealed[:len(sealed)-1], key)
			s.refused("does not open", "crypto.decrypt", params{"cipher": name}, sealed, key)
			s.refused("does not open", "crypto.decrypt", p, sealed, noise(11, 32))
		}
		s.refused("a nonce and a tag alone", "crypto.decrypt", p, noise(1, 20), key)
	}
}

func (s *stand) ageKey() (identity, recipient []byte) {
	s.Helper()
	identity = s.tool(nil, "age-keygen")
	return identity, s.tool(identity, "age-keygen", "-y")
}

// The lengths at which pieces of age end.
func ageLengths() []int { return []int{0, 1, 65535, 65536, 65537, 131072, 300001} }

func cryptoAgeKeygen(s *stand) {
	s.permit("random")
	r := s.run("crypto.age_keygen", nil)
	identity, recipient := r.Outputs[0].Bytes, r.Outputs[1].Bytes
	s.equal("recipient", s.tool(identity, "age-keygen", "-y"), recipient)
	sealed := s.tool([]byte("letter"), "age", "-r", string(bytes.TrimSpace(recipient)))
	s.equal("letter", s.tool(sealed, "age", "-d", "-i", s.file("identity", identity)), []byte("letter"))
	if bytes.Equal(identity, s.output("crypto.age_keygen", nil)) {
		s.Error("the same key twice")
	}
}

func cryptoAgeEncrypt(s *stand) {
	s.permit("random")
	ada, toAda := s.ageKey()
	bob, toBob := s.ageKey()
	p := params{"recipients": "# friends\n" + string(toAda) + string(toBob)}
	for _, armor := range []bool{false, true} {
		p["armor"] = armor
		for _, n := range ageLengths() {
			data := noise(12, n)
			sealed := s.output("crypto.age_encrypt", p, data)
			for _, identity := range [][]byte{ada, bob} {
				s.equal(fmt.Sprint(armor, n), s.tool(sealed, "age", "-d", "-i", s.file("identity", identity)), data)
			}
		}
	}
	sealed := s.output("crypto.age_encrypt", params{"passphrase": "correct horse"}, []byte("letter"))
	s.equal("passphrase", s.agePassphrase("correct horse", sealed, "-d"), []byte("letter"))
	s.refused("either", "crypto.age_encrypt", nil, nil)
	s.refused("either", "crypto.age_encrypt", params{"recipients": string(toAda), "passphrase": "x"}, nil)
	s.refused("in line 1", "crypto.age_encrypt", params{"recipients": string(bytes.ToUpper(toAda))}, nil)
	s.refused("in line 2", "crypto.age_encrypt", params{"recipients": string(toAda) + "age1qqqq"}, nil)
}

func cryptoAgeDecrypt(s *stand) {
	ada, toAda := s.ageKey()
	bob, toBob := s.ageKey()
	eve, _ := s.ageKey()
	for _, n := range ageLengths() {
		data := noise(13, n)
		for _, more := range [][]string{nil, {"-a"}} {
			sealed := s.tool(data, "age", append(more, "-r", string(bytes.TrimSpace(toAda)), "-r", string(bytes.TrimSpace(toBob)))...)
			s.equal("ada", s.output("crypto.age_decrypt", nil, sealed, ada), data)
			s.equal("bob", s.output("crypto.age_decrypt", nil, sealed, append(eve, bob...)), data)
			s.refused("none of the file's recipients", "crypto.age_decrypt", nil, sealed, eve)
			s.refused("identity is missing", "crypto.age_decrypt", nil, sealed)
			s.refused("", "crypto.age_decrypt", nil, sealed[:len(sealed)-30], ada)
		}
	}
	sealed := s.agePassphrase("correct horse", []byte("letter"), "-p")
	s.equal("passphrase", s.output("crypto.age_decrypt", params{"passphrase": "correct horse"}, sealed), []byte("letter"))
	s.refused("passphrase is not", "crypto.age_decrypt", params{"passphrase": "wrong"}, sealed)
	s.refused("passphrase is missing", "crypto.age_decrypt", nil, sealed)
}

// agePassphrase types a passphrase into age, which takes it from a terminal only.
func (s *stand) agePassphrase(passphrase string, in []byte, flag string) []byte {
	s.Helper()
	out := filepath.Join(s.TempDir(), "out")
	program := `import os, pty, sys, time
flag, path, out, word = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp("age", ["age", flag, "-o", out, path])
typed = 0
while True:
    try:
        seen = os.read(fd, 4096)
    except OSError:
        break
    if not seen:
        break
    for _ in range(seen.count(b"passphrase")):
        if typed < 2:
            time.sleep(0.2)
            os.write(fd, word.encode() + b"\n")
            typed += 1
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`
	s.tool(nil, debianPython, "-c", program, flag, s.file("in", in), out, passphrase)
	b, err := os.ReadFile(out)
	if err != nil {
		s.Fatal(err)
	}
	return b
}

var curves = map[string][]string{
	"ed25519": {"-algorithm", "ED25519"}, "x25519": {"-algorithm", "X25519"},
	"p256":      {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
	"secp256k1": {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"},
}

func (s *stand) pair(curve string) (key, public []byte) {
	s.Helper()
	key = s.tool(nil, "openssl", append([]string{"genpkey"}, curves[curve]...)...)
	return key, s.tool(key, "openssl", "pkey", "-pubout")
}

func cryptoKeygen(s *stand) {
	s.permit("random")
	for curve := range curves {
		r := s.run("crypto.keygen", params{"curve": curve})
		key, public := r.Outputs[0].Bytes, r.Outputs[1].Bytes
		s.equal(curve, s.tool(key, "openssl", "pkey", "-pubout"), public)
		s.tool(key, "openssl", "pkey", "-check", "-noout")
		if bytes.Equal(key, s.output("crypto.keygen", params{"curve": curve})) {
			s.Errorf("%s: the same key twice", curve)
		}
	}
}

func cryptoPublicKey(s *stand) {
	for curve := range curves {
		for range 5 {
			key, public := s.pair(curve)
			s.equal(curve, s.output("crypto.public_key", nil, key), public)
		}
	}
	rsa := s.tool(nil, "openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
	s.refused("key is no PRIVATE KEY", "crypto.public_key", nil, rsa)
}

// opensslSign and opensslVerify: Ed25519 signs the file, the others its SHA-256.
func (s *stand) opensslSign(curve string, data, key []byte) []byte {
	s.Helper()
	if curve == "ed25519" {
		return s.tool(nil, "openssl", "pkeyutl", "-sign", "-rawin", "-inkey", s.file("key", key), "-in", s.file("data", data))
	}
	return s.tool(data, "openssl", "dgst", "-sha256", "-sign", s.file("key", key))
}

func (s *stand) opensslVerifies(curve string, data, public, signature []byte) bool {
	s.Helper()
	args := []string{"dgst", "-sha256", "-verify", s.file("public", public), "-signature", s.file("signature", signature), s.file("data", data)}
	if curve == "ed25519" {
		args = []string{"pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", s.file("public", public), "-sigfile", s.file("signature", signature), "-in", s.file("data", data)}
	}
	return exec.CommandContext(s.Context(), "openssl", args...).Run() == nil
}

var signing = []string{"ed25519", "p256", "secp256k1"}

func cryptoSign(s *stand) {
	for _, curve := range signing {
		for i := range 5 {
			key, public := s.pair(curve)
			data := noise(uint64(i), 1+i*i*100)
			signature := s.output("crypto.sign", nil, data, key)
			if !s.opensslVerifies(curve, data, public, signature) {
				s.Errorf("%s: openssl says no", curve)
			}
			if s.opensslVerifies(curve, data[1:], public, signature) {
				s.Errorf("%s: openssl says yes to another file", curve)
			}
			if curve == "ed25519" {
				s.equal(curve, signature, s.opensslSign(curve, data, key))
			}
		}
	}
	key, _ := s.pair("x25519")
	s.refused("no signatures", "crypto.sign", nil, nil, key)
}

func cryptoCheckSignature(s *stand) {
	for _, curve := range signing {
		for i := range 8 { // half of those of secp256k1 have the high s
			key, public := s.pair(curve)
			_, another := s.pair(curve)
			data := noise(uint64(i), 1+i*100)
			signature := s.opensslSign(curve, data, key)
			s.valid(1, "crypto.check_signature", nil, data, public, signature)
			s.valid(0, "crypto.check_signature", nil, data[1:], public, signature)
			s.valid(0, "crypto.check_signature", nil, data, another, signature)
			s.valid(0, "crypto.check_signature", nil, data, public, signature[1:])
			s.valid(0, "crypto.check_signature", nil, data, public, nil)
			signature[len(signature)-1] ^= 1
			s.valid(0, "crypto.check_signature", nil, data, public, signature)
		}
	}
}

func cryptoAgree(s *stand) {
	for _, curve := range []string{"x25519", "p256", "secp256k1"} {
		ada, toAda := s.pair(curve)
		bob, toBob := s.pair(curve)
		want := s.tool(nil, "openssl", "pkeyutl", "-derive", "-inkey", s.file("key", ada), "-peerkey", s.file("public", toBob))
		s.equal(curve, s.output("crypto.agree", nil, ada, toBob), want)
		s.equal(curve, s.output("crypto.agree", nil, bob, toAda), want)
	}
	ada, _ := s.pair("p256")
	_, toBob := s.pair("secp256k1")
	s.refused("two curves", "crypto.agree", nil, ada, toBob)
}

// Random bytes are all there, differ, and cannot be made shorter; each value comes as often as it should.
func cryptoRandom(s *stand) {
	s.permit("random")
	p := params{"length": 1 << 20, "format": "raw"}
	a, b := s.output("crypto.random", p), s.output("crypto.random", p)
	var small bytes.Buffer
	w, _ := flate.NewWriter(&small, 9)
	_, _ = io.Copy(w, bytes.NewReader(append(a, b...)))
	_ = w.Close()
	if len(a) != 1<<20 || bytes.Equal(a, b) || small.Len() < 2<<20 {
		s.Errorf("%d bytes, 2 MiB become %d", len(a), small.Len())
	}
	var counts [256]float64
	for _, v := range a {
		counts[v]++
	}
	chi := 0.0
	for _, n := range counts {
		chi += (n - 4096) * (n - 4096) / 4096
	}
	if chi < 130 || chi > 410 { // 255 degrees of freedom: one run in a million is outside
		s.Errorf("chi squared is %g", chi)
	}
}

// What is cut or changed is refused, or gives the right answer; no worker ends on the way.
func TestCryptoHostile(t *testing.T) {
	s := newStand(t)
	identity, recipient := s.ageKey()
	key, public := s.pair("p256")
	sealed := s.tool([]byte("a letter"), "age", "-r", string(bytes.TrimSpace(recipient)))
	data := []byte("a letter")
	signature := s.opensslSign("p256", data, key)
	hash := s.tool([]byte("password"), "argon2", "somesalt", "-id", "-e", "-t", "1", "-k", "64", "-p", "1")
	for _, c := range []struct {
		op     string
		p      params
		inputs [][]byte
		spoil  int
	}{
		{"age_decrypt", nil, [][]byte{sealed, identity}, 0},
		{"age_decrypt", nil, [][]byte{sealed, identity}, 1},
		{"public_key", nil, [][]byte{key}, 0},
		{"agree", nil, [][]byte{key, public}, 1},
		{"check_signature", nil, [][]byte{data, public, signature}, 1},
		{"check_signature", nil, [][]byte{data, public, signature}, 2},
		{"password_check", params{"password": "password"}, [][]byte{hash}, 0},
		{"pem_decode", nil, [][]byte{public}, 0},
		{"check_checksums", nil, [][]byte{s.tool(nil, "sha256sum", s.file("x", data)), data}, 0},
	} {
		good := c.inputs[c.spoil]
		spoilt := [][]byte{}
		for i := range 16 {
			spoilt = append(spoilt, good[:len(good)*i/16])
		}
		for seed := range uint64(200) {
			b, dice := bytes.Clone(good), noise(seed, 5)
			at := (int(dice[0])<<16 | int(dice[1])<<8 | int(dice[2])) % len(b)
			b[at] ^= 1 << (dice[3] % 8)
			spoilt = append(spoilt, b)
		}
		for _, b := range spoilt {
			inputs := append([][]byte{}, c.inputs...)
			inputs[c.spoil] = b
			if _, err := s.try("crypto."+c.op, c.p, inputs...); err != nil {
				s.refused("", "crypto."+c.op, c.p, inputs...)
			}
		}
	}
}
