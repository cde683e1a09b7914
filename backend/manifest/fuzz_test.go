package manifest

import (
	"reflect"
	"testing"
)

// FuzzParse feeds whole files: the section walker, the message, the module tables. What is
// accepted must pack again into the same account.
func FuzzParse(f *testing.F) {
	good, err := Pack(goodModule().bytes(), goodManifest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(goodModule().bytes())
	f.Add(good[:40])
	f.Add(extismModule().bytes())
	f.Add(wasiModule().bytes())
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := ParseFile("a file.wasm", wasm)
		if err != nil {
			return
		}
		if m.Foreign != nil {
			if err := m.Validate(); err != nil {
				t.Fatalf("made up, but not valid: %v", err)
			}
			return
		}
		again, err := Pack(wasm, m)
		if err != nil {
			t.Fatalf("accepted, but cannot be packed: %v", err)
		}
		back, err := Parse(again)
		if err != nil || !reflect.DeepEqual(m, back) {
			t.Fatalf("packed anew it says something else: %v\n%+v\n%+v", err, m, back)
		}
	})
}

// FuzzWalk feeds the section walker and the reader of the module's tables, without a manifest. What
// is walked is the whole file, in order and without gaps.
func FuzzWalk(f *testing.F) {
	f.Add(goodModule().bytes())
	f.Add(extismModule().bytes())
	f.Add(wasiModule().bytes())
	f.Fuzz(func(t *testing.T, wasm []byte) {
		sections, err := walk(wasm)
		if err != nil {
			return
		}
		at := len(wasmHeader)
		for _, s := range sections {
			if s.start != at || s.end <= s.start || len(s.body) > s.end-s.start {
				t.Fatalf("section %d is at %d to %d, after %d", s.id, s.start, s.end, at)
			}
			at = s.end
		}
		if at != len(wasm) {
			t.Fatalf("%d of %d bytes were walked", at, len(wasm))
		}
		if mod, err := readModule(sections); err == nil && (len(mod.imports) > maxImports || len(mod.exports) > maxExports) {
			t.Fatalf("%d imports, %d exports", len(mod.imports), len(mod.exports))
		}
	})
}

// FuzzDecode feeds the message alone: whatever it claims, reading it ends soon and without harm.
func FuzzDecode(f *testing.F) {
	body, err := encode(goodManifest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add(body[:64])
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := decode(body)
		if err != nil {
			return
		}
		if m.Validate() == nil {
			if _, err := encode(m); err != nil {
				t.Fatalf("valid, but cannot be written: %v", err)
			}
		}
	})
}

// FuzzJSON feeds manifest.json. What is accepted must survive its own JSON.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(smallJSON))
	f.Add(mustJSON(f, goodManifest()))
	f.Add([]byte(`{"units":[{"ops":[{"params":[{}]}]}]}`))
	f.Add([]byte(`{"settings":[{"name":"a","kind":"text","maxBytes":9,"secret":true}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseJSON(text)
		if err != nil {
			return
		}
		if _, err := ParseJSON(mustJSON(t, m)); err != nil {
			t.Fatalf("accepted, but not its own JSON: %v", err)
		}
	})
}
