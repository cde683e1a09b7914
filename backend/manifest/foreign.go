package manifest

import (
	"errors"
	"fmt"
	"inos/backend/wire"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Foreign says what a module without a manifest was made for, and what its ops stand for.
type Foreign struct {
	Kind ForeignKind `json:"kind"`
	// Exports are the exported functions behind the ops, by op number.
	Exports []string `json:"exports"`
}

// ForeignKind is the other host that a module was made for.
type ForeignKind string

// The kinds.
const (
	Extism ForeignKind = "extism"
	WASI   ForeignKind = "wasi" // a command of WASI preview 1
)

const (
	// ForeignMemoryBytes is the memory of a foreign module, which cannot say how much it needs.
	ForeignMemoryBytes = 256 << 20
	maxExportName      = 128
	maxArgsBytes       = 4096
	wasiStart          = "_start"
)

var errForeign = errors.New(errNoManifest.Error() + "; nor is it a plugin for Extism, which would " +
	"import from " + extismModuleName + ", nor a WASI command, which would export " + wasiStart +
	" and import from " + wasiModuleName)

// adopt makes up the manifest of a foreign module. All of it comes from the module's own tables and
// the file's name; nothing runs.
func adopt(file string, wasm []byte) (*Manifest, error) {
	sections, err := walk(wasm)
	if err != nil {
		return nil, moduleError(err)
	}
	mod, err := readModule(sections)
	if err != nil {
		return nil, moduleError(err)
	}
	m, err := adoptModule(baseName(file), mod)
	if err != nil {
		return nil, moduleError(err)
	}
	return m, m.Validate()
}

func adoptModule(name string, mod *module) (*Manifest, error) {
	m := &Manifest{
		Version: "0.0.0", ABI: ABI, Name: name, Limits: Limits{MemoryBytes: ForeignMemoryBytes},
	}
	unit := Unit{Name: tidyName(name, maxUnitName)}
	var err error
	switch {
	case mod.importsFrom(extismModuleName):
		m.Doc = "A plugin made for Extism"
		if mod.importsName("http_request") {
			m.Permissions = []Permission{{
				Name: PermitHTTP, Reason: "It was made for Extism, whose plugins do not say which hosts they reach.",
			}}
		}
		m.Foreign = &Foreign{Kind: Extism}
		m.Foreign.Exports, err = callable(mod)
		unit.Ops = extismOps(m.Foreign.Exports)
	case mod.importsFrom(wasiModuleName) && mod.exports[wasiStart] == (exportedItem{sig: ">"}):
		m.Doc = "A command of WASI preview 1"
		m.Foreign = &Foreign{Kind: WASI, Exports: []string{wasiStart}}
		if mod.importsName("path_open") {
			m.Permissions = wasiFolders()
		}
		unit.Ops = []Op{wasiOp()}
	default:
		return nil, errForeign
	}
	if err == nil {
		err = checkForeign(mod)
	}
	m.Permissions = append(m.Permissions, senses(mod)...)
	m.ID = string(m.Foreign.Kind) + "." + strings.ReplaceAll(unit.Name, "_", "-")
	m.Units = []Unit{unit}
	return m, err
}

func (m *module) importsFrom(name string) bool {
	return slices.ContainsFunc(m.imports, func(it importedItem) bool { return it.module == name })
}

func (m *module) importsName(name string) bool {
	return slices.ContainsFunc(m.imports, func(it importedItem) bool { return it.name == name })
}

// callable lists the exports that a caller may run, by name: no parameters, and a code or nothing
// as the result. Names with an underscore in front belong to compilers and runtimes.
func callable(mod *module) ([]string, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(mod.exports)) {
		it := mod.exports[name]
		fits := it.kind == externFunction && (it.sig == ">"+i32 || it.sig == ">")
		if !fits || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "asyncify_") {
			continue
		}
		if len(name) > maxExportName || name == "" || !cleanText(name, false) {
			return nil, fmt.Errorf("its export %q has a name that is empty, has control characters "+
				"or is longer than %d bytes", clip(name), maxExportName)
		}
		names = append(names, name)
	}
	if len(names) == 0 || len(names) > maxOps {
		return nil, fmt.Errorf("it exports %d functions without parameters that return a code or "+
			"nothing; 1 to %d can be ops", len(names), maxOps)
	}
	return names, nil
}

func extismOps(exports []string) []Op {
	ops, taken := make([]Op, 0, len(exports)), map[string]bool{}
	for i, export := range exports {
		name := tidyName(export, maxNameRunes-4)
		for n, plain := 2, name; taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", plain, n)
		}
		taken[name] = true
		op := foreignOp(uint16(i), name)
		if name != export {
			op.Doc = "Calls " + export
		}
		ops = append(ops, op)
	}
	return ops
}

// Bounds of the settings of a plugin for Extism, which says of none what it is.
const (
	MaxConfigKeys  = 64
	maxConfigBytes = 16 << 10
)

// ConfigParam is the setting behind a key that a plugin for Extism may ask for.
func (m *Manifest) ConfigParam(key string) (*Param, bool) {
	anyKey := m.Foreign != nil && m.Foreign.Kind == Extism
	if !anyKey || key == "" || len(key) > maxNameRunes || !cleanText(key, false) {
		return nil, false
	}
	return &Param{
		Name: key, Kind: Text, Default: "", MaxBytes: maxConfigBytes,
		Doc: "A key of its configuration, which only the plugin itself knows",
	}, true
}

func foreignOp(number uint16, name string) Op {
	return Op{
		Number: number, Name: name,
		Inputs:  []Port{{Name: "input", Doc: "Any bytes", Optional: true}},
		Outputs: []Port{{Name: "output", Doc: "What it gives back"}},
	}
}

func wasiOp() Op {
	op := foreignOp(0, "run")
	op.Doc = "Runs the program: the input is its standard input, its standard output the output"
	op.Params = []Param{{
		Name: "args", Kind: Text, Default: "", MaxBytes: maxArgsBytes,
		Doc: "Its arguments: words with blanks between; quotes and \\ keep blanks in a word",
	}}
	return op
}

// wasiFolders are those that a command may see, as /in and /out.
func wasiFolders() []Permission {
	const reason = "Programs that were made for a file system may read and write files."
	return []Permission{
		{Name: PermitRead, Scope: wire.FolderIn, Reason: reason},
		{Name: PermitWrite, Scope: wire.FolderOut, Reason: reason},
	}
}

// senses are the clock and the randomness of a module that can look at them.
func senses(mod *module) (asked []Permission) {
	for _, s := range []struct{ function, permission, reason string }{
		{"clock_time_get", PermitNow, "It can look at a clock, which pretends unless you allow this."},
		{"random_get", PermitRandom, "It can draw random numbers, the same in every run unless you allow this."},
	} {
		if mod.importsName(s.function) {
			asked = append(asked, Permission{Name: s.permission, Reason: s.reason})
		}
	}
	return asked
}

// Pretends says whether the plugin does without the permission: it is then not missed.
func (m *Manifest) Pretends(key string) bool {
	return m.Foreign != nil && (key == PermitNow || key == PermitRandom)
}

// checkForeign refuses what no worker could run.
func checkForeign(mod *module) error {
	for _, it := range mod.imports {
		offered := foreignFunctions[it.module]
		want, known := offered[it.name]
		switch {
		case !known:
			return fmt.Errorf("it imports %q of module %q, which INOS does not offer",
				clip(it.name), clip(it.module))
		case it.sig != want:
			return fmt.Errorf("it imports %q of module %q with another type than that has",
				it.name, it.module)
		}
	}
	for _, mem := range mod.memories {
		if mem.shared || mem.wide || mem.minPages > ForeignMemoryBytes/wasmPageBytes {
			return fmt.Errorf("its memory is shared, 64-bit or starts with more than %d MiB",
				ForeignMemoryBytes>>20)
		}
	}
	return nil
}

// baseName is a file's name without folder and ending, as a label.
func baseName(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), ".wasm")
	name = strings.Map(func(r rune) rune {
		if cleanText(string(r), false) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(name, "?"))
	if runes := []rune(name); len(runes) > maxNameRunes {
		name = string(runes[:maxNameRunes])
	}
	if name == "" {
		return "plugin"
	}
	return name
}

// tidyName makes a name of a-z, 0-9 and _ out of any: countVowels becomes count_vowels.
func tidyName(s string, most int) string {
	var out []byte
	gap := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		upper := c >= 'A' && c <= 'Z'
		if upper {
			gap = gap || i > 0 && s[i-1] >= 'a' && s[i-1] <= 'z'
			c += 'a' - 'A'
		}
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			gap = true
			continue
		}
		if gap && len(out) > 0 {
			out = append(out, '_')
		}
		gap, out = false, append(out, c)
	}
	name := strings.Trim(string(out[:min(len(out), most)]), "_")
	if name == "" {
		return "plugin"
	}
	return name
}

// foreign checks what adopt made up, since it may come back from a file.
func (c *checker) foreign(m *Manifest) {
	f := m.Foreign
	if f == nil || c.found != nil {
		return
	}
	c.check(f.Kind == Extism || f.Kind == WASI, "foreign.kind", "is %q", clip(string(f.Kind)))
	c.check(len(m.Units) == 1 && m.Units[0].Live == nil, "units", "a foreign module has one, not live")
	c.count(len(f.Exports), len(m.Units[0].Ops), len(m.Units[0].Ops), "foreign.exports")
	for i, name := range f.Exports {
		c.check(name != "" && len(name) <= maxExportName && cleanText(name, false),
			fmt.Sprintf("foreign.exports[%d]", i), "%q is no name", clip(name))
	}
	for i, op := range m.Units[0].Ops {
		c.check(int(op.Number) < len(f.Exports), fmt.Sprintf("units[0].ops[%d].number", i),
			"%d has no export", op.Number)
	}
}
