package settings

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"inos/backend/manifest"
)

// FuzzDocument feeds the file: whatever is in it, a plugin gets what its manifest allows.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"plugins":[{"plugin":"a.b","holder":"c","values":{"n":0.5,"t":"x"},"secrets":["s"]}]}`))
	f.Add([]byte(`{"plugins":[{"plugin":"a.b","holder":"c","values":{"n":"1e999","t":7,"s":"plain"}}]}`))
	f.Add([]byte(`{"plugins":[{"plugin":"a.b","holder":"c","values":{"n":{},"t":null}}]}`))
	f.Add([]byte(`[]`))
	params := []manifest.Param{
		{Name: "n", Kind: manifest.Number, Default: 0.25, Max: 1},
		{Name: "t", Kind: manifest.Text, Default: "d", MaxBytes: 4},
		{Name: "s", Kind: manifest.Text, Default: "", MaxBytes: 4, Secret: true},
	}
	owner := Owner{Plugin: "a.b", Holder: "c"}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "plugin-settings.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s := Open(dir, empty{})
		for i := range params {
			v, err := s.Get(context.Background(), owner, &params[i])
			if err != nil {
				continue
			}
			if _, err := params[i].Coerce(params[i].Plain(v)); err != nil || params[i].Secret {
				t.Errorf("%s is %+v, from %s", params[i].Name, v, text)
			}
		}
		var d document
		if json.Unmarshal(text, &d) == nil && d.check() == nil {
			if err := s.file.Change(func(*document) error { return nil }); err != nil {
				t.Errorf("accepted, but cannot be written: %v", err)
			}
		}
	})
}

// empty is a keychain without secrets.
type empty struct{}

func (empty) Get(context.Context, string) (string, error) { return "", ErrNotFound }
func (empty) Set(context.Context, string, string) error   { return nil }
func (empty) Delete(context.Context, string) error        { return ErrNotFound }
