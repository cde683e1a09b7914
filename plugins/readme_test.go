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
	unitsBegin = "<!-- Units: written from the manifests by `make gen`. -->\n"
	unitsEnd   = "<!-- End of units. -->\n"
	opsBegin   = "<!-- Ops: written from manifest.json by `make gen`. -->\n"
	opsEnd     = "<!-- End of ops. -->\n"
)

// Each unit's README lists its ops as the manifest has them, and the project's README lists the units.
func TestTheReadmesListTheOps(t *testing.T) {
	found, err := filepath.Glob("*/manifest.json")
	if err != nil || len(found) < 5 {
		t.Fatal(found, err)
	}
	all := "\n| unit | for | ops |\n|---|---|---|\n"
	for _, path := range found {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.ParseJSON(data)
		if err != nil {
			t.Fatal(path, err)
		}
		readme := filepath.Join(filepath.Dir(path), "README.md")
		if _, err := os.Stat(readme); os.IsNotExist(err) {
			continue // the flock, and what only tests use
		}
		fresh(t, readme, opsBegin, opsEnd, opTable(m))
		all += unitRow(filepath.Dir(path), m)
	}
	fresh(t, "../README.md", unitsBegin, unitsEnd, all+"\n")
}

// fresh fails unless a file has that text between two marks, or writes it.
func fresh(t *testing.T, path, begin, end, want string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(text), begin)
	has, tail, ok2 := strings.Cut(rest, end)
	switch {
	case !ok1 || !ok2:
		t.Errorf("%s has no place for its list", path)
	case has == want:
	case !*update:
		t.Errorf("%s does not list what the manifests have: run make gen", path)
	default:
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil { //nolint:gosec // a source file
			t.Fatal(err)
		}
	}
}

// unitRow is a unit with the names of its ops.
func unitRow(folder string, m *manifest.Manifest) string {
	var names []string
	for _, op := range m.Units[0].Ops {
		names = append(names, op.Name)
	}
	return fmt.Sprintf("| [%s](plugins/%s/README.md) | %s | %d: %s |\n", m.Units[0].Name, folder, m.Units[0].Doc,
		len(names), strings.Join(names, ", "))
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
