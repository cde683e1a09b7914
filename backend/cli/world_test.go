package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/bench"
	"inos/backend/settings/settingstest"
	"inos/backend/store/keys"
)

// stand is a world of a test: its own data folder, programs and environment.
type stand struct {
	dir         string // where the program seems to lie
	data        string
	environment map[string]string
	replaced    []string // what the program became
	keychain    settingstest.Keychain
	stdin       string
}

func newStand(t *testing.T) *stand {
	t.Helper()
	return &stand{dir: t.TempDir(), data: t.TempDir(), environment: map[string]string{}}
}

// cheapCost keeps tests from waiting for what guessers must.
var cheapCost = keys.Cost{LogN: 4, R: 1, P: 1}

// outcome is what one command line did.
type outcome struct {
	exit           int
	stdout, stderr string
}

// inos runs a command line in this process.
func (s *stand) inos(ctx context.Context, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	exit := Main(ctx, World{
		Stdin:    s.standardInput(),
		Stdout:   &stdout,
		Stderr:   &stderr,
		Keychain: &s.keychain, StoreCost: cheapCost,
		Getenv:  func(name string) string { return s.environment[name] },
		Program: filepath.Join(s.dir, "inos"),
		Replace: func(path string, args []string) error {
			s.replaced = append([]string{path}, args...)
			return errors.New("this test becomes nothing")
		},
	}, append([]string{"--data", s.data}, args...))
	return outcome{exit, stdout.String(), stderr.String()}
}

// standardInput is none unless the test has set one.
func (s *stand) standardInput() io.Reader {
	if s.stdin == "" {
		return nil
	}
	return strings.NewReader(s.stdin)
}

// install puts the built-in plugin into the data folder, under that file name.
func (s *stand) install(t *testing.T, name string) string {
	t.Helper()
	wasm, err := bench.EchoPlugin()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.data, "plugins", name)
	writeFile(t, path, wasm)
	return path
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// oneDocument reads the only JSON document of text into document.
func oneDocument(t *testing.T, text string, document any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(document); err != nil {
		t.Fatalf("no JSON document: %v in %q", err, text)
	}
	if err := decoder.Decode(new(any)); err != io.EOF {
		t.Fatalf("something follows the document (%v): %q", err, text)
	}
}

// fields lists what a JSON document must have, with its type by example.
func requireFields(t *testing.T, document map[string]any, want map[string]any) {
	t.Helper()
	for name, example := range want {
		value, found := document[name]
		switch {
		case !found:
			t.Errorf("the field %s is missing", name)
		case example == nil:
		case jsonType(value) != jsonType(example):
			t.Errorf("%s is a %s, want a %s", name, jsonType(value), jsonType(example))
		}
	}
}

func jsonType(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64, int:
		return "number"
	case string:
		return "string"
	case []any:
		return "list"
	default:
		return "object"
	}
}
