package manifest

import (
	"errors"
	"fmt"
)

// Section numbers of the wasm binary format that matter here.
const (
	sectionType     = 1
	sectionImport   = 2
	sectionFunction = 3
	sectionMemory   = 5
	sectionExport   = 7
)

// sectionNames are those of the sections that are read, as tools call them.
var sectionNames = [...]string{"custom", "type", "import", "function", "table", "memory", "global", "export"}

// Bounds of what is read of a module, far above what a compiler writes.
const (
	maxTypes     = 1 << 16
	maxImports   = 256 // the ABI has fewer names
	maxFunctions = 1 << 20
	maxExports   = 1 << 14
	maxTypeSlots = 1000 // parameters or results of one type
)

// Kinds of imports and exports.
const (
	externFunction = 0
	externMemory   = 2
)

// signature is a function type in wasm's own letters: "\x7f\x7f>\x7f".
type signature string

type importedItem struct {
	module, name string
	kind         byte
	sig          signature
}

type exportedItem struct {
	kind byte
	sig  signature
}

type memoryType struct {
	minPages, maxPages uint64
	hasMax             bool
	shared, wide       bool
}

// module is what a wasm file shows of itself to the outside.
type module struct {
	imports  []importedItem
	exports  map[string]exportedItem
	memories []memoryType
}

// moduleReader keeps the tables that later sections refer to.
type moduleReader struct {
	types     []signature
	functions []signature // imported ones first
	out       module
}

func readModule(sections []section) (*module, error) {
	m := &moduleReader{out: module{exports: map[string]exportedItem{}}}
	last := byte(0)
	for _, s := range sections {
		if s.id == 0 {
			continue
		}
		if s.id <= last && s.id <= sectionExport {
			return nil, fmt.Errorf("its section %s is out of order", sectionNames[s.id])
		}
		last = s.id
		if err := m.section(s); err != nil {
			return nil, fmt.Errorf("its section %s: %w", sectionNames[s.id], err)
		}
	}
	return &m.out, nil
}

func (m *moduleReader) section(s section) error {
	r := &reader{data: s.body}
	var err error
	switch s.id {
	case sectionType:
		err = r.each(maxTypes, func() error { return m.readType(r) })
	case sectionImport:
		err = r.each(maxImports, func() error { return m.readImport(r) })
	case sectionFunction:
		err = r.each(maxFunctions, func() error { return m.readFunction(r) })
	case sectionMemory:
		err = r.each(1, func() error {
			m.out.memories = append(m.out.memories, r.memory())
			return nil
		})
	case sectionExport:
		err = r.each(maxExports, func() error { return m.readExport(r) })
	}
	if err == nil {
		err = r.err
	}
	return err
}

// each reads a counted list of at most max elements.
func (r *reader) each(max int, read func() error) error {
	n := int(r.u32())
	if n > max {
		return fmt.Errorf("it has %d elements, at most %d are allowed", n, max)
	}
	for i := 0; i < n && r.err == nil; i++ {
		if err := read(); err != nil {
			return err
		}
	}
	return r.err
}

func (m *moduleReader) readType(r *reader) error {
	if r.byte() != 0x60 {
		return errors.New("a type is no function")
	}
	params := r.slots()
	results := r.slots()
	m.types = append(m.types, signature(params+">"+results))
	return r.err
}

func (r *reader) slots() string {
	n := int(r.u32())
	if n > maxTypeSlots {
		r.fail(fmt.Errorf("%d values in a function type", n))
	}
	return string(r.take(n))
}

func (m *moduleReader) readImport(r *reader) error {
	it := importedItem{module: r.text(), name: r.text(), kind: r.byte()}
	if r.err != nil {
		return r.err
	}
	if it.kind != externFunction {
		return fmt.Errorf("it imports %q of module %q, which is no function",
			clip(it.name), clip(it.module))
	}
	sig, err := m.typeAt(r.u32())
	it.sig = sig
	m.functions = append(m.functions, sig)
	m.out.imports = append(m.out.imports, it)
	return err
}

func (m *moduleReader) readFunction(r *reader) error {
	sig, err := m.typeAt(r.u32())
	m.functions = append(m.functions, sig)
	return err
}

func (m *moduleReader) readExport(r *reader) error {
	name := r.text()
	it := exportedItem{kind: r.byte()}
	at := r.u32()
	if _, twice := m.out.exports[name]; twice {
		return fmt.Errorf("export %q is there twice", clip(name))
	}
	if it.kind == externFunction && r.err == nil {
		if int(at) >= len(m.functions) {
			return fmt.Errorf("export %q names function %d of %d", clip(name), at, len(m.functions))
		}
		it.sig = m.functions[at]
	}
	m.out.exports[name] = it
	return r.err
}

func (m *moduleReader) typeAt(i uint32) (signature, error) {
	if int(i) >= len(m.types) {
		return "", fmt.Errorf("type %d of %d", i, len(m.types))
	}
	return m.types[i], nil
}

func (r *reader) memory() memoryType {
	flags := r.byte()
	t := memoryType{hasMax: flags&1 != 0, shared: flags&2 != 0, wide: flags&4 != 0}
	t.minPages = r.u64()
	if t.hasMax {
		t.maxPages = r.u64()
	}
	return t
}
