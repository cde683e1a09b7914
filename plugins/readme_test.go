package plugins

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/manifest"
)

var update = flag.Bool("update", false, "write the lists of ops anew")

const (
	opsBegin = "<!-- Ops: written from manifest.json by `make gen`. -->\n"
	opsEnd   = "<!-- End of ops. -->\n"
)

// Each unit's README lists its ops as the manifest has them.
func TestTheReadmesListTheOps(t *testing.T) {
	found, err := filepath.Glob("*/manifest.json")
	if err != nil || len(found) < 4 {
		t.Fatal(found, err)
	}
	for _, path := range found {
		readme := filepath.Join(filepath.Dir(path), "README.md")
		text, err := os.ReadFile(readme)
		if os.IsNotExist(err) {
			continue
		}
		data, err1 := os.ReadFile(path)
		m, err2 := manifest.ParseJSON(data)
		if err != nil || err1 != nil || err2 != nil {
			t.Fatal(err, err1, err2)
		}
		head, rest, ok1 := strings.Cut(string(text), opsBegin)
		_, tail, ok2 := strings.Cut(rest, opsEnd)
		if !ok1 || !ok2 {
			t.Errorf("%s has no place for its ops", readme)
			continue
		}
		want := head + opsBegin + opTable(m) + opsEnd + tail
		if want == string(text) {
			continue
		}
		if !*update {
			t.Errorf("%s does not list the ops of %s: run make gen", readme, path)
		} else if err := os.WriteFile(readme, []byte(want), 0o644); err != nil { //nolint:gosec // a source file
			t.Fatal(err)
		}
	}
}

func opTable(m *manifest.Manifest) string {
	var text strings.Builder
	for _, unit := range m.Units {
		fmt.Fprintf(&text, "\n%d ops; `inos help %s.OP` tells the parameters of one.\n\n", len(unit.Ops), unit.Name)
		text.WriteString("| op | what it does | takes | gives |\n|---|---|---|---|\n")
		for _, op := range unit.Ops {
			var gives []string
			for _, r := range op.Results {
				gives = append(gives, r.Name)
			}
			fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", op.Name, strings.ReplaceAll(op.Doc, "|", "\\|"),
				strings.Join(ports(op.Inputs), ", "), strings.Join(append(ports(op.Outputs), gives...), ", "))
		}
		text.WriteString("\n")
	}
	return text.String()
}

// ports are their names; file_1, file_2 and so on are one.
func ports(all []manifest.Port) []string {
	var names []string
	for _, port := range all {
		name, number, numbered := strings.Cut(port.Name, "_")
		if numbered && strings.Trim(number, "0123456789") == "" {
			if number == "1" {
				names = append(names, name+" ...")
			}
			continue
		}
		names = append(names, port.Name)
	}
	return names
}
