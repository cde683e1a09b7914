package oracle

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// asJSON reads an output that is JSON.
func (s *stand) asJSON(text []byte) map[string]any {
	s.Helper()
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		s.Fatalf("%v: %s", err, text)
	}
	return all
}

// openssl makes the certificates and says what they say; each kind of key and of name is among them.
func cryptoCertificate(s *stand) {
	for _, c := range []struct {
		key, name string
		bits      float64
		more      []string
	}{
		{"rsa:2048", "rsaEncryption", 2048, []string{"-addext", "subjectAltName=DNS:a.example,IP:10.1.2.3,IP:2001:db8::1,email:who@b.example,URI:https://c.example/"}},
		{"ed25519", "ED25519", 253, []string{"-addext", "extendedKeyUsage=serverAuth,clientAuth,1.2.3.4"}},
		{"ec -pkeyopt ec_paramgen_curve:prime256v1", "id-ecPublicKey", 256, []string{"-addext", "keyUsage=digitalSignature,keyCertSign,cRLSign"}},
		{"ec -pkeyopt ec_paramgen_curve:secp384r1", "id-ecPublicKey", 384, []string{"-sha384"}},
	} {
		args := slices.Concat([]string{"req", "-x509", "-newkey"}, strings.Fields(c.key), []string{"-nodes", "-keyout", os.DevNull,
			"-subj", "/C=DE/O=Ärger & Söhne, \"Inc\"/CN=oracle.example", "-utf8", "-days", "100"}, c.more)
		pem := s.tool(nil, "openssl", args...)
		r := s.run("crypto.certificate", nil, pem)
		about := s.asJSON(r.Outputs[0].Bytes)
		field := func(option ...string) string {
			out := s.tool(pem, "openssl", append([]string{"x509", "-noout"}, option...)...)
			_, value, _ := strings.Cut(strings.TrimSpace(string(out)), "=")
			return strings.TrimSpace(value)
		}
		for name, want := range map[string]string{
			"serial":  strings.ToLower(field("-serial")),
			"subject": field("-subject", "-nameopt", "RFC2253,-esc_msb,utf8"),
			"issuer":  field("-issuer", "-nameopt", "RFC2253,-esc_msb,utf8"),
			"sha256":  strings.ToLower(strings.ReplaceAll(field("-fingerprint", "-sha256"), ":", "")),
		} {
			if about[name] != want {
				s.Errorf("%s: %s is %q, openssl has %q", c.key, name, about[name], want)
			}
		}
		for name, option := range map[string]string{"not_before": "-startdate", "not_after": "-enddate"} {
			want := strings.TrimSpace(string(s.tool(nil, "date", "-u", "+%s %Y-%m-%dT%H:%M:%SZ", "-d", field(option))))
			if got := fmt.Sprintf("%.0f %v", s.figure(r, name), about[name]); got != want {
				s.Errorf("%s: %s is %s, openssl has %s", c.key, name, got, want)
			}
		}
		text := string(s.tool(pem, "openssl", "x509", "-noout", "-text"))
		key, _ := about["public_key"].(map[string]any)
		if key["algorithm"] != c.name || key["bits"] != c.bits || !strings.Contains(text, "Public Key Algorithm: "+c.name) {
			s.Errorf("%v", key)
		}
		if !strings.Contains(text, "Signature Algorithm: "+fmt.Sprint(about["signature_algorithm"])) || about["version"] != 3.0 || about["authority"] != true {
			s.Errorf("%s: %v", c.key, about)
		}
		pin := s.tool(pem, "sh", "-c", "openssl x509 -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum")
		if key["sha256"] != string(bytes.Fields(pin)[0]) {
			s.Errorf("%v, openssl has %s", key, pin)
		}
		s.equal("DER", s.output("crypto.certificate", nil, s.tool(pem, "openssl", "x509", "-outform", "DER")), r.Outputs[0].Bytes)
		switch c.name + fmt.Sprint(c.bits) {
		case "rsaEncryption2048":
			s.list(about["alternative_names"], "DNS:a.example", "IP:10.1.2.3", "IP:2001:db8::1", "email:who@b.example", "URI:https://c.example/")
		case "ED25519253":
			s.list(about["extended_key_usage"], "serverAuth", "clientAuth", "1.2.3.4")
		case "id-ecPublicKey256":
			s.list(about["key_usage"], "digitalSignature", "keyCertSign", "cRLSign")
		}
	}
	s.refused("not CERTIFICATE", "crypto.certificate", nil, s.tool(nil, "openssl", "genpkey", "-algorithm", "ed25519"))
	der := s.tool(s.certificate(), "openssl", "x509", "-outform", "DER")
	for n := range 16 {
		s.refused("", "crypto.certificate", nil, der[:len(der)*n/16])
	}
	for n := range 200 {
		flipped := bytes.Clone(der)
		flipped[(n*97)%len(der)] ^= 1 << (n % 8)
		if r, err := s.try("crypto.certificate", nil, flipped); err == nil {
			s.asJSON(r.Outputs[0].Bytes)
		} else {
			s.refused("", "crypto.certificate", nil, flipped)
		}
	}
}

func (s *stand) list(got any, want ...string) {
	s.Helper()
	if all, _ := got.([]any); fmt.Sprint(all) != fmt.Sprint(want) {
		s.Errorf("%v, not %v", got, want)
	}
}

// PyJWT signs; the key comes by a file, the claims on stdin.
const pythonJWT = `import jwt
key = open(sys.argv[2], "rb").read()
print(jwt.encode(__import__("json").loads(data), key, algorithm=sys.argv[1]))`

func (s *stand) token(algorithm, key string, claims string) []byte {
	s.Helper()
	return s.python([]byte(claims), pythonJWT, algorithm, key)
}

func cryptoJWTDecode(s *stand) {
	key := s.file("key", noise(1, 32))
	token := s.token("HS256", key, `{"sub":"Zoë","n":[1,2.5,null],"exp":1700000000}`)
	for _, text := range [][]byte{token, append([]byte("Bearer "), token...)} {
		about := s.asJSON(s.output("crypto.jwt_decode", nil, text))
		if fmt.Sprint(about) != "map[claims:map[exp:1.7e+09 n:[1 2.5 <nil>] sub:Zoë] header:map[alg:HS256 typ:JWT] signature_bytes:32]" {
			s.Errorf("%v", about)
		}
	}
	encode := base64.RawURLEncoding.EncodeToString
	for words, text := range map[string]string{
		"has 1 parts": "", "has 2 parts": "a.b", "has 5 parts": "a.b.c.d.e", "header that is no base64url": "%.e30.e30",
		"header that is no JSON": encode([]byte("{")) + ".e30.", "payload that is no object": "e30." + encode([]byte("[]")) + ".",
		"payload that is no JSON": "e30." + encode([]byte(strings.Repeat("[", 1<<20))) + ".",
		"signature that is no":    "e30.e30.=", "not UTF-8": "\xff",
	} {
		s.refused(words, "crypto.jwt_decode", nil, []byte(text))
	}
}

func cryptoJWTCheck(s *stand) {
	secret := s.file("secret", noise(2, 40))
	raw, err := os.ReadFile(secret)
	if err != nil {
		s.Fatal(err)
	}
	pair := func(args ...string) (private string, public []byte) {
		private = filepath.Join(s.TempDir(), "key.pem")
		s.tool(nil, "openssl", append([]string{"genpkey", "-out", private}, args...)...)
		return private, s.tool(nil, "openssl", "pkey", "-in", private, "-pubout")
	}
	rsa, rsaPublic := pair("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
	p256, p256Public := pair("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	k256, k256Public := pair("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1")
	ed, edPublic := pair("-algorithm", "ed25519")
	_, otherPublic := pair("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	claims := `{"iss":"oracle","nbf":1600000000,"exp":1700000000}`
	for _, c := range []struct {
		algorithm, private string
		public             []byte
	}{{"HS256", secret, raw}, {"HS384", secret, raw}, {"HS512", secret, raw}, {"RS256", rsa, rsaPublic}, {"RS384", rsa, rsaPublic},
		{"RS512", rsa, rsaPublic}, {"ES256", p256, p256Public}, {"ES256K", k256, k256Public}, {"EdDSA", ed, edPublic}} {
		token := s.token(c.algorithm, c.private, claims)
		p := params{"algorithm": c.algorithm}
		s.valid(1, "crypto.jwt_check", p, token, c.public)
		for at, valid := range map[int]float64{1599999999: 0, 1600000000: 1, 1699999999: 1, 1700000000: 0} {
			s.valid(valid, "crypto.jwt_check", params{"algorithm": c.algorithm, "at": at}, token, c.public)
		}
		// Another claim, another signature, another algorithm than the one asked for.
		parts := strings.Split(strings.TrimSpace(string(token)), ".")
		forged := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"forged"}`)) + "." + parts[2]
		s.valid(0, "crypto.jwt_check", p, []byte(forged), c.public)
		s.valid(0, "crypto.jwt_check", p, []byte(parts[0]+"."+parts[1]+"."), c.public)
		other := "A"
		if parts[2][3] == 'A' {
			other = "B"
		}
		s.valid(0, "crypto.jwt_check", p, []byte(parts[0]+"."+parts[1]+"."+parts[2][:3]+other+parts[2][4:]), c.public)
		none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
		s.valid(0, "crypto.jwt_check", p, []byte(none+"."+parts[1]+"."), c.public)
	}
	token := s.token("ES256", p256, claims)
	s.valid(0, "crypto.jwt_check", params{"algorithm": "ES256"}, token, otherPublic)
	s.refused("another kind than ES256 takes", "crypto.jwt_check", params{"algorithm": "ES256"}, token, edPublic)
	// The trick of old: a public key of RSA taken as the shared secret.
	s.refused("key is a PEM", "crypto.jwt_check", params{"algorithm": "HS256"}, s.token("HS256", secret, claims), rsaPublic)
	s.valid(0, "crypto.jwt_check", params{"algorithm": "HS256", "at": 1}, s.token("HS256", secret, `{"exp":"soon"}`), raw)
}
