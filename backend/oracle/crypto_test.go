package oracle

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/grant"
	"inos/backend/job"
)

var _ = prove("crypto", map[string]func(*stand){
	"hash": cryptoHash, "blake3": cryptoBlake3, "blake2": cryptoBlake2, "shake": cryptoShake,
	"checksums": cryptoChecksums, "check_checksums": cryptoCheckChecksums,
	"hmac": cryptoHmac, "hmac_check": cryptoHmacCheck, "hkdf": cryptoHkdf, "pbkdf2": cryptoPbkdf2,
	"scrypt": cryptoScrypt, "argon2id": cryptoArgon2id,
	"password_hash": cryptoPasswordHash, "password_check": cryptoPasswordCheck,
	"encode": cryptoEncode, "decode": cryptoDecode, "pem_encode": cryptoPemEncode, "pem_decode": cryptoPemDecode,
	"encrypt": cryptoEncrypt, "decrypt": cryptoDecrypt,
	"age_keygen": cryptoAgeKeygen, "age_encrypt": cryptoAgeEncrypt, "age_decrypt": cryptoAgeDecrypt,
	"keygen": cryptoKeygen, "public_key": cryptoPublicKey, "sign": cryptoSign, "check_signature": cryptoCheckSignature,
	"agree": cryptoAgree, "random": cryptoRandom,
	"sha256": cryptoSum("sha256sum"), "sha512": cryptoSum("sha512sum"),
	"certificate": cryptoCertificate, "jwt_decode": cryptoJWTDecode, "jwt_check": cryptoJWTCheck,
	"minisign_sign": cryptoMinisignSign, "minisign_check": cryptoMinisignCheck,
	"shamir_split": cryptoShamirSplit, "shamir_combine": cryptoShamirCombine,
})

// The digests as openssl names them.
var cryptoDigests = map[string]string{
	"sha224": "sha224", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512", "sha512_256": "sha512-256",
	"sha3_224": "sha3-224", "sha3_256": "sha3-256", "sha3_384": "sha3-384", "sha3_512": "sha3-512",
	"blake2b": "blake2b512", "blake2s": "blake2s256",
}

// noise is bytes that look random, the same in each run.
func noise(seed uint64, n int) []byte {
	r, b := rand.New(rand.NewPCG(seed, 7)), make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// noises have the awkward lengths: around the blocks of all the hashes and of the pieces that are read.
func noises() [][]byte {
	var all [][]byte
	for i, n := range []int{0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 135, 136, 137, 1023, 1024, 1025, 65537, 1<<20 + 3} {
		all = append(all, noise(uint64(i), n))
	}
	return all
}

func (s *stand) equal(what string, got, want []byte) {
	s.Helper()
	if !bytes.Equal(got, want) {
		if len(got) > 200 || len(want) > 200 {
			s.Fatalf("%s: %d bytes are not the %d wanted", what, len(got), len(want))
		}
		s.Fatalf("%s: got %q, want %q", what, got, want)
	}
}

func (s *stand) python(stdin []byte, program string, args ...string) []byte {
	s.Helper()
	return s.tool(stdin, debianPython, append([]string{"-c", "import sys, hashlib, hmac, base64\ndata = sys.stdin.buffer.read()\n" + program}, args...)...)
}

// file keeps bytes where a tool finds them.
func (s *stand) file(name string, b []byte) string {
	s.Helper()
	path := filepath.Join(s.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

func (s *stand) permit(key string) {
	s.Helper()
	for _, p := range s.node.Plugins() {
		if p.Manifest.ID == "dev.inos.crypto" {
			if err := s.node.Decide(p, key, grant.Once, ""); err != nil {
				s.Fatal(err)
			}
		}
	}
}

func (s *stand) valid(want float64, op string, p params, inputs ...[]byte) {
	s.Helper()
	if got := s.figure(s.run(op, p, inputs...), "valid"); got != want {
		s.Errorf("%s %v is %v, want %v", op, p, got, want)
	}
}

func cryptoHash(s *stand) {
	for name, theirs := range cryptoDigests {
		for _, data := range noises() {
			want := s.tool(data, "openssl", "dgst", "-r", "-"+theirs)
			got := s.output("crypto.hash", params{"algorithm": name}, data)
			s.equal(name, got, append(bytes.Fields(want)[0], '\n'))
		}
	}
	want := s.tool([]byte("abc"), "openssl", "dgst", "-binary", "-sha256")
	s.equal("raw", s.output("crypto.hash", params{"format": "raw"}, []byte("abc")), want)
	s.equal("base64", s.output("crypto.hash", params{"format": "base64"}, []byte("abc")),
		[]byte(base64.StdEncoding.EncodeToString(want)+"\n"))
	for _, data := range noises() {
		s.equal("blake3", s.output("crypto.hash", params{"algorithm": "blake3"}, data),
			append(bytes.Fields(s.tool(data, "b3sum"))[0], '\n'))
	}
}

// cryptoSum compares the op whose name a program has, less its "sum".
func cryptoSum(program string) func(*stand) {
	return func(s *stand) {
		for _, data := range noises() {
			s.equal(program, s.output("crypto."+strings.TrimSuffix(program, "sum"), nil, data),
				append(bytes.Fields(s.tool(data, program))[0], '\n'))
		}
	}
}

func cryptoBlake3(s *stand) {
	key := noise(1, 32)
	for _, data := range noises() {
		for _, n := range []string{"1", "32", "64", "1000"} {
			s.equal("plain", s.output("crypto.blake3", params{"length": n}, data),
				s.tool(data, "b3sum", "--no-names", "-l", n))
		}
		s.equal("derive", s.output("crypto.blake3", params{"mode": "derive", "context": "inos 2026 oracle"}, data),
			s.tool(data, "b3sum", "--no-names", "--derive-key", "inos 2026 oracle"))
		path := s.file("data", data)
		want := s.tool(key, "b3sum", "--no-names", "--keyed", path)
		s.equal("keyed", s.output("crypto.blake3", params{"mode": "keyed"}, data, key), want)
		s.equal("keyed by digits", s.output("crypto.blake3", params{"mode": "keyed"}, data, []byte(hex.EncodeToString(key)+"\n")), want)
	}
	s.refused("key is missing", "crypto.blake3", params{"mode": "keyed"}, nil)
	s.refused("does not use one", "crypto.blake3", nil, nil, key)
	s.refused("key has 31 bytes", "crypto.blake3", params{"mode": "keyed"}, nil, key[1:])
	s.refused("context", "crypto.blake3", params{"mode": "derive"}, nil)
}

func cryptoBlake2(s *stand) {
	for _, c := range []struct {
		variant     string
		length, key int
	}{{"blake2b", 64, 64}, {"blake2b", 20, 1}, {"blake2b", 1, 33}, {"blake2s", 32, 32}, {"blake2s", 7, 5}} {
		p := params{"variant": c.variant, "length": c.length}
		key := noise(2, c.key)
		for _, data := range noises()[5:11:11] {
			s.equal(c.variant, s.output("crypto.blake2", p, data, key),
				s.python(data, "print(getattr(hashlib, sys.argv[1])(data, digest_size=int(sys.argv[2]), key=bytes.fromhex(sys.argv[3])).hexdigest())",
					c.variant, fmt.Sprint(c.length), hex.EncodeToString(key)))
		}
		s.equal("no key", s.output("crypto.blake2", p, []byte("abc")),
			s.python([]byte("abc"), "print(getattr(hashlib, sys.argv[1])(data, digest_size=int(sys.argv[2])).hexdigest())", c.variant, fmt.Sprint(c.length)))
	}
	s.refused("length is 33", "crypto.blake2", params{"variant": "blake2s", "length": 33}, nil)
	s.refused("key has 33 bytes", "crypto.blake2", params{"variant": "blake2s"}, nil, noise(1, 33))
}

func cryptoShake(s *stand) {
	for _, variant := range []string{"shake128", "shake256"} {
		for _, data := range noises() {
			for _, n := range []string{"1", "167"} {
				s.equal(variant, s.output("crypto.shake", params{"variant": variant, "length": n}, data),
					s.tool(data, debianPython, "-c", "import sys, hashlib; print(getattr(hashlib, sys.argv[1].replace('shake', 'shake_'))(sys.stdin.buffer.read()).hexdigest(int(sys.argv[2])))", variant, n))
			}
		}
	}
}

func cryptoChecksums(s *stand) {
	a, b, c := []byte("one"), noise(3, 3<<20), []byte{}
	dir := s.TempDir()
	for name, data := range map[string][]byte{"a.txt": a, "b b.bin": b, "c": c} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			s.Fatal(err)
		}
	}
	for name, tool := range map[string]string{"sha256": "sha256sum", "sha512": "sha512sum", "blake3": "b3sum", "blake2b": "b2sum"} {
		got := s.output("crypto.checksums", params{"algorithm": name, "names": "a.txt\nb b.bin\nc"}, a, b, c)
		want := s.tool(nil, "sh", "-c", `cd "$1" && exec "$2" a.txt "b b.bin" c`, "sh", dir, tool)
		s.equal(name, got, want)
		s.tool(got, "sh", "-c", `cd "$1" && exec "$2" -c -`, "sh", dir, tool)
	}
	named := job.Request{Unit: "crypto", Op: "checksums", Inputs: []job.Input{
		{Path: filepath.Join(dir, "a.txt")}, {Path: filepath.Join(dir, "b b.bin")}, {Path: filepath.Join(dir, "c")}}}
	r, err := s.node.Run(s.Context(), named)
	if err != nil {
		s.Fatal(err)
	}
	s.equal("called as they are", r.Outputs[0].Bytes, s.tool(nil, "sh", "-c", `cd "$1" && sha256sum a.txt "b b.bin" c`, "sh", dir))
	if got := s.output("crypto.checksums", nil, a, a); !bytes.HasSuffix(got, []byte("  2\n")) {
		s.Errorf("%q", got)
	}
	s.refused("names has 2 lines", "crypto.checksums", params{"names": "a\nb"}, a)
}

func cryptoCheckChecksums(s *stand) {
	a, b := []byte("one"), noise(3, 100)
	dir := s.TempDir()
	for name, data := range map[string][]byte{"a": a, "b": b, "c": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			s.Fatal(err)
		}
	}
	list := s.tool(nil, "sh", "-c", `cd "$1" && sha256sum a && sha256sum -b b && sha256sum c`, "sh", dir)
	r := s.run("crypto.check_checksums", params{"names": "b\na"}, list, b, a)
	s.equal("report", r.Outputs[0].Bytes, []byte("a: OK\nb: OK\nc: MISSING\n"))
	r = s.run("crypto.check_checksums", params{"names": "a\nb"}, list, b, b)
	s.equal("report", r.Outputs[0].Bytes, []byte("a: FAILED\nb: OK\nc: MISSING\n"))
	if s.figure(r, "good") != 1 || s.figure(r, "bad") != 1 || s.figure(r, "missing") != 1 {
		s.Errorf("%v", r.Results)
	}
	s.refused("line 2", "crypto.check_checksums", nil, append(list[:68:68], "nonsense\n"...), a)
}

func cryptoHmac(s *stand) {
	for name, theirs := range cryptoDigests {
		for _, n := range []int{1, 20, 64, 128, 200} {
			key, data := noise(4, n), noise(5, 1000+n)
			want := s.tool(data, "openssl", "dgst", "-r", "-"+theirs, "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(key))
			s.equal(name, s.output("crypto.hmac", params{"algorithm": name}, data, key), append(bytes.Fields(want)[0], '\n'))
		}
	}
}

func cryptoHmacCheck(s *stand) {
	key, data := noise(4, 30), noise(5, 1000)
	tag := s.tool(data, "openssl", "dgst", "-binary", "-sha512", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(key))
	p := params{"algorithm": "sha512"}
	s.valid(1, "crypto.hmac_check", p, data, key, tag)
	s.valid(1, "crypto.hmac_check", p, data, key, []byte(hex.EncodeToString(tag)+"\n"))
	s.valid(0, "crypto.hmac_check", p, data[1:], key, tag)
	s.valid(0, "crypto.hmac_check", p, data, key[1:], tag)
	s.valid(0, "crypto.hmac_check", p, data, key, []byte(hex.EncodeToString(tag[:20])))
	tag[63] ^= 1
	s.valid(0, "crypto.hmac_check", p, data, key, tag)
}

func cryptoHkdf(s *stand) {
	for _, alg := range []string{"sha256", "sha384", "sha512"} {
		for _, n := range []int{1, 32, 64, 100, 8160} {
			key := noise(6, 22)
			want := s.tool(nil, "openssl", "kdf", "-binary", "-keylen", fmt.Sprint(n), "-kdfopt", "digest:"+alg,
				"-kdfopt", "hexkey:"+hex.EncodeToString(key), "-kdfopt", "hexsalt:000102030405060708090a0b0c", "-kdfopt", "info:for the oracle", "HKDF")
			s.equal(alg, s.output("crypto.hkdf", params{"algorithm": alg, "salt": "000102030405060708090a0b0c",
				"info": "for the oracle", "length": n, "format": "raw"}, key), want)
		}
	}
	// RFC 5869, test case 1.
	s.equal("RFC 5869", s.output("crypto.hkdf", params{"salt": "", "length": 42}, bytes.Repeat([]byte{0x0b}, 22)),
		[]byte("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8\n"))
	s.refused("salt", "crypto.hkdf", params{"salt": "0g"}, nil)
}

func cryptoPbkdf2(s *stand) {
	for _, alg := range []string{"sha224", "sha256", "sha384", "sha512"} {
		for _, rounds := range []int{1, 2, 5000} {
			want := s.python(nil, "print(hashlib.pbkdf2_hmac(sys.argv[1], 'pässword'.encode(), bytes.fromhex('73616c74'), int(sys.argv[2]), 77).hex())", alg, fmt.Sprint(rounds))
			s.equal(alg, s.output("crypto.pbkdf2", params{"algorithm": alg, "password": "pässword", "salt": "73 61 6C 74", "rounds": rounds, "length": 77}), want)
		}
	}
}

func cryptoScrypt(s *stand) {
	// RFC 7914, section 12.
	s.equal("RFC 7914", s.output("crypto.scrypt", params{"log_n": 4, "r": 1, "length": 64}),
		[]byte("77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906\n"))
	// The last does not fit: half of the rows are kept.
	for _, c := range []struct{ n, r, p int }{{1, 1, 1}, {10, 8, 16}, {14, 8, 1}, {12, 3, 2}, {17, 8, 1}, {17, 9, 1}} {
		want := s.python(nil, "n, r, p = map(int, sys.argv[1:])\nprint(hashlib.scrypt(b'password', salt=b'NaCl', n=1<<n, r=r, p=p, maxmem=1<<31-1, dklen=50).hex())",
			fmt.Sprint(c.n), fmt.Sprint(c.r), fmt.Sprint(c.p))
		s.equal(fmt.Sprint(c), s.output("crypto.scrypt", params{"password": "password", "salt": "4e61436c", "log_n": c.n, "r": c.r, "p": c.p, "length": 50}), want)
	}
	s.refused("beyond 1 GiB", "crypto.scrypt", params{"log_n": 23, "r": 64})
}

func cryptoArgon2id(s *stand) {
	for _, c := range []struct{ kib, passes, lanes, length int }{{8, 1, 1, 4}, {65, 3, 4, 32}, {1000, 2, 3, 64}, {65536, 3, 4, 32}, {131072, 1, 1, 100}} {
		want := s.tool([]byte("password"), "argon2", "somesalt", "-id", "-r", "-t", fmt.Sprint(c.passes),
			"-k", fmt.Sprint(c.kib), "-p", fmt.Sprint(c.lanes), "-l", fmt.Sprint(c.length))
		s.equal(fmt.Sprint(c), s.output("crypto.argon2id", params{"password": "password", "salt": hex.EncodeToString([]byte("somesalt")),
			"memory": c.kib, "passes": c.passes, "lanes": c.lanes, "length": c.length}), want)
	}
	s.refused("Argon2 refuses", "crypto.argon2id", params{"salt": "00"})
	s.refused("over all passes", "crypto.argon2id", params{"salt": "0001020304050607", "passes": 1000, "memory": 131072})
}

func cryptoPasswordHash(s *stand) {
	want := s.tool([]byte("password"), "argon2", "somesalt", "-id", "-e", "-t", "2", "-k", "4096", "-p", "2", "-l", "32")
	p := params{"password": "password", "salt": hex.EncodeToString([]byte("somesalt")), "memory": 4096, "passes": 2, "lanes": 2}
	s.equal("encoded", s.output("crypto.password_hash", p), want)
	delete(p, "salt")
	s.permit("random")
	a, b := s.output("crypto.password_hash", p), s.output("crypto.password_hash", p)
	if bytes.Equal(a, b) {
		s.Errorf("twice the same salt: %s", a)
	}
	s.valid(1, "crypto.password_check", params{"password": "password"}, a)
}

func cryptoPasswordCheck(s *stand) {
	for _, flag := range []string{"-id", "-i", "-d"} {
		for _, version := range []string{"13", "10"} {
			hash := s.tool([]byte("password"), "argon2", "somesalt", flag, "-e", "-v", version, "-t", "2", "-k", "512", "-p", "2", "-l", "24")
			s.valid(1, "crypto.password_check", params{"password": "password"}, hash)
			s.valid(0, "crypto.password_check", params{"password": "passwore"}, hash)
		}
	}
	for _, hash := range []string{"", "$", "$argon2id$v=19$m=1,t=1,p=1$c29tZXNhbHQ$AAAA", "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$AAAAAAAA",
		"$argon2id$v=19$m=65536,t=4294967295,p=1$c29tZXNhbHQ$AAAAAAAA", "$argon2id$v=19$m=65536,t=3,p=4$$", "$2b$10$abc"} {
		s.refused("", "crypto.password_check", params{"password": "password"}, []byte(hash))
	}
}

// What python makes of the encodings; base64url without its padding.
const pythonEncode = `how = {"base64": base64.b64encode, "base64url": base64.urlsafe_b64encode, "hex": lambda b: b.hex().encode(), "base32": base64.b32encode}[sys.argv[1]]
text = how(data)
sys.stdout.buffer.write((text.rstrip(b"=") if sys.argv[1] == "base64url" else text) + b"\n")`

func cryptoEncode(s *stand) {
	for _, how := range []string{"base64", "base64url", "hex", "base32"} {
		for n := range 12 {
			data := noise(uint64(n), n*n)
			s.equal(how, s.output("crypto.encode", params{"encoding": how}, data), s.python(data, pythonEncode, how))
		}
	}
}

func cryptoDecode(s *stand) {
	for _, how := range []string{"base64", "base64url", "hex", "base32"} {
		for n := range 12 {
			data := noise(uint64(n), n*n)
			text := s.python(data, pythonEncode, how)
			s.equal(how, s.output("crypto.decode", params{"encoding": how}, text), data)
			s.equal(how, s.output("crypto.decode", params{"encoding": how}, bytes.TrimRight(text, "=\n")), data)
		}
	}
	data := noise(9, 1000)
	s.equal("lines", s.output("crypto.decode", nil, s.tool(data, "base64", "-w", "60")), data)
	s.equal("lines", s.output("crypto.decode", params{"encoding": "base32"}, s.tool(data, "base32", "-w", "60")), data)
	for _, c := range [][2]string{{"base64", "A"}, {"base64", "AAA==="}, {"base64", "AB"}, {"base64", "A=AA"}, {"base64", "AA-A"}, {"base64url", "AA+A"},
		{"base64", "AAAA="}, {"hex", "abc"}, {"hex", "0x"}, {"base32", "A"}, {"base32", "AB"}, {"base32", "AA=A===="}, {"base32", "1A======"}, {"base32", "AA="}} {
		s.refused("", "crypto.decode", params{"encoding": c[0]}, []byte(c[1]))
	}
}

func cryptoPemEncode(s *stand) {
	cert := s.certificate()
	der := s.tool(cert, "openssl", "x509", "-outform", "DER")
	s.equal("certificate", s.output("crypto.pem_encode", nil, der), cert)
	s.refused("label", "crypto.pem_encode", params{"label": "A\nB"}, der)
}

func cryptoPemDecode(s *stand) {
	cert := s.certificate()
	der := s.tool(cert, "openssl", "x509", "-outform", "DER")
	s.equal("certificate", s.output("crypto.pem_decode", nil, append([]byte("Bag Attributes\n"), cert...)), der)
	s.refused("its end is missing", "crypto.pem_decode", nil, cert[:300])
	s.refused("not UTF-8", "crypto.pem_decode", nil, der)
	s.refused("no line", "crypto.pem_decode", nil, []byte("BEGIN"))
}

func (s *stand) certificate(more ...string) []byte {
	s.Helper()
	key := filepath.Join(s.TempDir(), "key.pem")
	args := append([]string{"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
		"-subj", "/C=DE/O=The Oracle/CN=oracle.example", "-days", "100"}, more...)
	return s.tool(nil, "openssl", args...)
}

// What is given in secret is in nothing that comes back: not in the result, not in an error, not in a file
// that the node keeps.
func TestCryptoSecretsAreNotRepeated(t *testing.T) {
	const planted = "planted-hunter2-Zx81"
	s := newStand(t)
	r := s.run("crypto.pbkdf2", params{"password": planted, "salt": "00", "rounds": 10})
	text, err := json.Marshal(r)
	if err != nil || bytes.Contains(text, []byte(planted)) || !bytes.Contains(text, []byte(`"rounds":10`)) {
		t.Errorf("%v: %s", err, text)
	}
	for _, p := range []params{{"password": planted, "salt": "xyz"}, {"password": strings.Repeat(planted, 99)}, {"password": planted, "rounds": -1},
		{"password": planted + "\x00"}} {
		_, err := s.try("crypto.pbkdf2", p)
		if err == nil || strings.Contains(fmt.Sprintf("%+v", err), planted) {
			t.Errorf("%v", err)
		}
	}
	if _, err := s.try("crypto.password_check", params{"password": planted}, []byte("$argon2id$"+planted)); err == nil || strings.Contains(err.Error(), planted) {
		t.Errorf("%v", err)
	}
}
