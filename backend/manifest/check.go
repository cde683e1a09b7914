package manifest

import (
	"fmt"
	"slices"
	"strings"

	"inos/backend/fault"
)

// ImportModule is the only module that a plugin may import from.
const ImportModule = "inos"

// DefaultMemoryBytes is the guest's own memory where the manifest names none.
const DefaultMemoryBytes = 64 << 20

// Value types of wasm in its own encoding.
const (
	i32 = "\x7f"
	i64 = "\x7e"
	f64 = "\x7c"
)

// hostFunctions is ABI v1 as the guest may import it (plugins/SPEC.md).
var hostFunctions = map[string]signature{
	"param_f64":        i32 + ">" + f64,
	"param_i64":        i32 + ">" + i64,
	"param_text":       i32 + i32 + i32 + ">" + i32,
	"input_count":      ">" + i32,
	"input_len":        i32 + ">" + i64,
	"input_name":       i32 + i32 + i32 + ">" + i32,
	"input_map":        i32 + i64 + i32 + ">" + i32,
	"output_map":       i32 + i64 + ">" + i32,
	"output_len":       i32 + i64 + ">" + i32,
	"output_meta":      i32 + i32 + i32 + ">" + i32,
	"result_f64":       i32 + f64 + ">" + i32,
	"channel":          i32 + ">" + i32,
	"channel_capacity": i32 + ">" + i32,
	"channel_publish":  i32 + i32 + ">" + i32,
	"shared":           i64 + ">" + i32,
	"progress":         i64 + i64 + ">" + i32,
	"setting_f64":      i32 + ">" + f64,
	"setting_text":     i32 + i32 + i32 + ">" + i32,
	"now":              ">" + i64,
	"random":           i32 + i32 + ">" + i32,
	"file_size":        i32 + i32 + ">" + i64,
	"file_read":        i32 + i32 + i64 + i32 + i32 + ">" + i32,
	"file_list":        i32 + i32 + i64 + i32 + i32 + ">" + i64,
	"file_write":       i32 + i32 + i64 + i32 + i32 + ">" + i32,
	"file_resize":      i32 + i32 + i64 + ">" + i32,
	"file_remove":      i32 + i32 + ">" + i32,
	"http_send":        i32 + i32 + ">" + i32,
	"http_header":      i32 + i32 + i32 + i32 + ">" + i32,
	"http_len":         ">" + i64,
	"http_read":        i64 + i32 + i32 + ">" + i32,
	"clipboard_read":   i64 + i32 + i32 + ">" + i64,
	"clipboard_write":  i32 + i32 + ">" + i32,
	"notify":           i32 + i32 + ">" + i32,
	"log":              i32 + i32 + i32 + ">",
	"fail":             i32 + i32 + ">",
}

// guestFunctions is ABI v1 as the guest exports it.
var guestFunctions = map[string]signature{
	"inos_abi":    ">" + i32,
	"inos_call":   i32 + ">" + i32,
	"inos_tick":   i32 + i32 + i32 + i32 + ">" + i32,
	"inos_init":   ">" + i32,
	"inos_save":   ">" + i32,
	"inos_load":   ">" + i32,
	"_initialize": ">",
}

// Check compares a module with its manifest: header, imports, exports, memory. It compiles
// nothing; a module that passes may still fail to compile in its worker.
func Check(wasm []byte, m *Manifest) error {
	sections, err := walk(wasm)
	if err != nil {
		return moduleError(err)
	}
	mod, err := readModule(sections)
	if err != nil {
		return moduleError(err)
	}
	for _, check := range []func(*module, *Manifest) error{
		checkImports, checkAsked, checkExports, checkMemory,
	} {
		if err := check(mod, m); err != nil {
			return moduleError(err)
		}
	}
	return nil
}

func moduleError(err error) error {
	return fault.Wrap("manifest.module", fault.Invalid, "", err, "")
}

// importPermissions are the permissions, any of which a function is of use with.
var importPermissions = map[string][]string{
	"now":             {PermitNow},
	"random":          {PermitRandom},
	"file_size":       {PermitRead, PermitWrite},
	"file_read":       {PermitRead, PermitWrite},
	"file_list":       {PermitRead, PermitWrite},
	"file_write":      {PermitWrite},
	"file_resize":     {PermitWrite},
	"file_remove":     {PermitWrite},
	"http_send":       {PermitHTTP},
	"http_header":     {PermitHTTP},
	"http_len":        {PermitHTTP},
	"http_read":       {PermitHTTP},
	"clipboard_read":  {PermitClipboard},
	"clipboard_write": {PermitClipboard},
	"notify":          {PermitNotify},
}

// checkAsked: what a module imports and its manifest does not ask for, a user never sees.
func checkAsked(mod *module, m *Manifest) error {
	for _, it := range mod.imports {
		names, needed := importPermissions[it.name]
		asked := slices.ContainsFunc(m.Permissions, func(p Permission) bool {
			return slices.Contains(names, p.Name)
		})
		if needed && !asked {
			return fmt.Errorf("it imports %q; its manifest must ask for the permission %s", it.name,
				strings.Join(names, " or "))
		}
	}
	return nil
}

func checkImports(mod *module, _ *Manifest) error {
	for _, it := range mod.imports {
		want, known := hostFunctions[it.name]
		switch {
		case it.module != ImportModule:
			return fmt.Errorf("it imports %+q of module %+q; only module %q may be imported",
				clip(it.name), clip(it.module), ImportModule)
		case !known:
			return fmt.Errorf("it imports %+q, which is no function of ABI %d", clip(it.name), ABI)
		case it.sig != want:
			return fmt.Errorf("it imports %q with another type than ABI %d gives it", it.name, ABI)
		}
	}
	return nil
}

func checkExports(mod *module, m *Manifest) error {
	required := map[string]bool{
		"inos_abi": true, "inos_call": m.hasOps(), "inos_tick": m.LiveUnit() != nil,
	}
	for name, want := range guestFunctions {
		it, there := mod.exports[name]
		if !there && required[name] {
			return fmt.Errorf("it does not export %s, which its manifest calls for", name)
		}
		if there && (it.kind != externFunction || it.sig != want) {
			return fmt.Errorf("its export %s has another type than ABI %d gives it", name, ABI)
		}
	}
	return nil
}

func checkMemory(mod *module, m *Manifest) error {
	it, there := mod.exports["memory"]
	if !there || it.kind != externMemory || len(mod.memories) != 1 {
		return fmt.Errorf("it must have one memory of its own, exported as %q", "memory")
	}
	mem := mod.memories[0]
	limit := m.Limits.MemoryBytes
	if limit == 0 {
		limit = DefaultMemoryBytes
	}
	switch {
	case mem.shared || mem.wide:
		return fmt.Errorf("its memory is shared or 64-bit; it must be neither")
	case mem.hasMax && mem.maxPages != 65536:
		return fmt.Errorf("its memory has a maximum of %d pages; declare none (or 65536)", mem.maxPages)
	case mem.minPages > limit/wasmPageBytes:
		return fmt.Errorf("its memory starts with %d pages of 64 KiB, limits.memoryBytes allows %d bytes",
			mem.minPages, limit)
	}
	return nil
}
