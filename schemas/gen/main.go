// Command gen turns the layout structs of the schemas into constants for Go, TypeScript, Rust and
// C. It is a Cap'n Proto compiler plugin: it reads a CodeGeneratorRequest on standard input.
//
//	capnp compile -I schemas -o- schemas/system/arena.capnp ... | gen -root .
//
// It refuses a layout with an overlap, a misaligned or overrunning field, or a field without an
// offset.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// outputs are the generated files, relative to the repository's root.
var outputs = []struct {
	path   string
	render func(*model) string
}{
	{"backend/arena/layout_gen.go", renderGo},
	{"frontend/src/wire/gen/layout.ts", renderTS},
	{"plugins/abi/src/layout_gen.rs", renderRust},
	{"backend/frames/webext/layout_gen.h", renderC},
}

func main() {
	root := flag.String("root", ".", "repository root")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	m, err := readModel(os.Stdin)
	if err != nil {
		return err
	}
	if err := m.check(); err != nil {
		return err
	}
	for _, o := range outputs {
		path := filepath.Join(root, o.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(o.render(m)), 0o644); err != nil {
			return err
		}
	}
	return nil
}
