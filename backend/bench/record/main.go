// Command record keeps what `make bench` measured: one file with everything, named after the day
// and the machine, and a summary that sets it against what is promised. Neither names the host, a
// user or a path.
//
//	record -from DIR -bin DIR -commit ID -to DIR
//
// DIR of -from has the documents of `inos bench NAME --json` as NAME.json.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// benchmarks in the order in which they are recorded.
var benchmarks = []string{"flock", "handover", "epoch", "call", "startup", "memory", "host", "store",
	"courtesy", "units"}

func main() {
	from := flag.String("from", "", "folder with the documents")
	bin := flag.String("bin", "build/bin", "folder with the programs that were measured")
	commit := flag.String("commit", "", "what they were built from")
	to := flag.String("to", "bench", "folder for the record")
	flag.Parse()
	if err := run(*from, *bin, *commit, *to); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(from, bin, commit, to string) error {
	r := record{Date: time.Now().UTC().Truncate(time.Second), Machine: thisMachine()}
	var err error
	if r.Versions, err = versionsOf(filepath.Join(bin, "inos-worker"), commit); err != nil {
		return err
	}
	if r.Results, err = readResults(from); err != nil {
		return err
	}
	name, err := r.write(to)
	if err == nil {
		fmt.Printf("bench: written to %s and README.md beside it\n", filepath.Join(to, name))
	}
	return err
}

// record is the file.
type record struct {
	Date     time.Time `json:"date"`
	Machine  machine   `json:"machine"`
	Versions versions  `json:"versions"`
	// Results are the documents by benchmark; one that failed is its error, one that printed
	// nothing is absent.
	Results map[string]json.RawMessage `json:"results"`
}

// readResults takes what is there. A benchmark that was ended may have printed nothing.
func readResults(folder string) (map[string]json.RawMessage, error) {
	results := map[string]json.RawMessage{}
	for _, name := range benchmarks {
		text, err := os.ReadFile(filepath.Join(folder, name+".json"))
		if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		if results[name], err = withoutPlaces(text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(results) == 0 {
		return nil, errors.New("there is nothing to record")
	}
	return results, nil
}

// write returns the name of the file.
func (r *record) write(folder string) (string, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s-%s.json", r.Date.Format(time.DateOnly), r.Machine.slug())
	if err := os.WriteFile(filepath.Join(folder, name), append(text, '\n'), 0o644); err != nil {
		return "", err
	}
	readme := filepath.Join(folder, "README.md")
	return name, os.WriteFile(readme, []byte(r.summary(name)), 0o644)
}
