package hostile

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"aead.dev/minisign"

	"inos/backend/host/worker/wasmtest"
	"inos/backend/manifest"
	"inos/backend/wire/gen/plugin"
)

// Files are what is dropped into the folder, by the name of the file.
func (s *Set) Files() ([]File, error) {
	d := &drops{}
	// It is there before what takes its id.
	d.put(VictimName, "", s.victim(d), nil)
	d.noModules()
	d.noManifests()
	d.lies()
	d.imports()
	d.foreign()
	d.memories()
	d.signatures(s.outside)
	d.names()
	d.attackers()
	d.put("hostile.wasm", "", s.hostile, nil)
	return d.files, d.err
}

// VictimName is the file of the plugin that asks for everything.
const VictimName = "outside.wasm"

// Exchanged is what somebody writes over the victim's file, once it is installed.
func (s *Set) Exchanged() (File, error) {
	d := &drops{}
	wasm, err := packed("outside", "", calm().Bytes(), func(m *manifest.Manifest) { m.ID = "dev.inos.outside" })
	d.put(VictimName, "is not the file that was installed", wasm, err)
	return d.files[0], d.err
}

// victim is the plugin that asks for everything, with the server that it may ask.
func (s *Set) victim(d *drops) []byte {
	m, err := manifest.Parse(s.outside)
	if err == nil {
		m.FindPermission(manifest.PermitHTTP).Hosts = []string{s.servers.host(s.servers.allowed)}
		var wasm []byte
		wasm, err = manifest.Pack(s.outside, m)
		if err == nil {
			return wasm
		}
	}
	d.err = err
	return nil
}

// drops collects files, and the first error.
type drops struct {
	files []File
	err   error
}

func (d *drops) put(name, says string, wasm []byte, err error) {
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("%s: %w", name, err)
	}
	d.add(name, says, func(path string) error { return os.WriteFile(path, wasm, 0o600) })
}

func (d *drops) add(name, says string, create func(string) error) {
	d.files = append(d.files, File{Name: name, Says: says, Make: create})
}

func (d *drops) noModules() {
	header := []byte("\x00asm\x01\x00\x00\x00")
	d.put("empty.wasm", "no WebAssembly module", nil, nil)
	d.put("text.wasm", "no WebAssembly module", []byte("#!/bin/sh\nrm -rf ~\n"), nil)
	d.put("elf.wasm", "no WebAssembly module", append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 4096)...), nil)
	d.put("component.wasm", "no WebAssembly module", []byte("\x00asm\x0d\x00\x01\x00"), nil)
	d.put("half.wasm", "it is cut short", calm().Bytes()[:40], nil)
	d.put("longsection.wasm", "it is cut short", append(header, 1, 0xff, 0xff, 0xff, 0xff, 0x0f), nil)
	d.put("longnumber.wasm", "a number has too many bits", append(header, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), nil)
	many := calm().Bytes()
	for range 1100 {
		many = custom(many, "padding", nil)
	}
	d.put("sections.wasm", "more than 1024 sections", many, nil)
	d.put("exports.wasm", "its section export: it has 100000 elements, at most 16384 are allowed", exports(100_000), nil)
	d.put("twice.wasm", "export \"inos_call\" is there twice", exportedTwice(), nil)
	d.add("huge.wasm", "it has more than 64 MiB", func(path string) error {
		if err := os.WriteFile(path, calm().Bytes(), 0o600); err != nil {
			return err
		}
		return os.Truncate(path, 1<<40) // takes no room on the disk
	})
}

func (d *drops) noManifests() {
	name := manifest.SectionName
	d.put("none.wasm", "it has no manifest", calm().Bytes(), nil)
	good, err := packed("twin", "", calm().Bytes())
	d.put("twomanifests.wasm", "two sections inos.manifest", custom(good, name, []byte("12345678")), err)
	d.put("oversized.wasm", "section inos.manifest has 307200 bytes", custom(calm().Bytes(), name, make([]byte, 300<<10)), nil)
	d.put("odd.wasm", "section inos.manifest has 3 bytes", custom(calm().Bytes(), name, []byte("odd")), nil)
	d.put("zeros.wasm", "is no reverse domain name", custom(calm().Bytes(), name, make([]byte, 64)), nil)
	d.put("random.wasm", "out of bounds", custom(calm().Bytes(), name, bytes.Repeat([]byte("\xfe\x07\x91\x3c"), 512)), nil)
	// A list of a hundred million elements that take no room.
	d.put("amplified.wasm", "read traversal limit reached", custom(calm().Bytes(), name, amplified()), nil)
	// A pointer to itself.
	d.put("selfpointer.wasm", "is no reverse domain name", custom(calm().Bytes(), name, []byte{0xfc, 0xff, 0xff, 0xff, 0, 0, 1, 0}), nil)
}

// amplified is a manifest whose units are a list of empty structs, half a billion of them.
func amplified() []byte {
	body := make([]byte, 8*24)
	copy(body, []byte{0, 0, 0, 0, 1, 0, 20, 0}) // a struct: 1 word of data, 20 pointers
	for p := 2; p < 22; p++ {                   // each a list of (2^29-1) elements of size 0
		copy(body[8*p:], []byte{1, 0, 0, 0, 0xf8, 0xff, 0xff, 0xff})
	}
	return body
}

func (d *drops) lies() {
	for _, c := range []struct {
		name, says string
		write      func(plugin.Manifest) error
	}{
		{"idpath", "is no reverse domain name", func(m plugin.Manifest) error { return m.SetId("../../etc/cron.d/x") }},
		{"idupper", "is no reverse domain name", func(m plugin.Manifest) error { return m.SetId("Dev.INOS.boids") }},
		{"idlookalike", "b\\u043eids\" is no reverse domain name", func(m plugin.Manifest) error { return m.SetId("dev.inos.b\u043eids") }},
		{"nameescape", "name: has control characters", func(m plugin.Manifest) error { return m.SetName("\x1b[2J\x1b[31mINOS") }},
		{"namereversed", "name: has control characters", func(m plugin.Manifest) error { return m.SetName("Safe\u202egpj.exe") }},
		{"namelong", "a text has 20000 bytes", func(m plugin.Manifest) error { return m.SetName(strings.Repeat("INOS ", 4000)) }},
		{"docbreaks", "doc: has control characters", func(m plugin.Manifest) error { return m.SetDoc("Safe.\r\x1b[1A") }},
		{"version", "is no semantic version", func(m plugin.Manifest) error { return m.SetVersion("99999999999999999999.0.0; rm") }},
		{"abi2", "this host speaks ABI 1", func(m plugin.Manifest) error { m.SetAbi(2); return nil }},
		{"unknownpermission", "\"root\" is none of", permission("root", "It is for your best.", "")},
		{"noreason", "a permission needs a reason", permission("http", "", "")},
		{"falsereason", "reason: has control characters", permission("now", "Harmless.\nINOS: this plugin is trusted", "")},
		{"scopepath", "is no name for a folder", permission("read", "Reads.", "../..")},
		{"memoryclaim", "limits.memoryBytes: 4611686018427387904 is over", func(m plugin.Manifest) error {
			l, err := m.NewLimits()
			l.SetMemoryBytes(1 << 62)
			return err
		}},
		{"timeclaim", "limits.callMs: 4294967295 is over", func(m plugin.Manifest) error {
			l, err := m.NewLimits()
			l.SetCallMs(1<<32 - 1)
			return err
		}},
		{"manyunits", "units has 5000 elements", func(m plugin.Manifest) error { _, err := m.NewUnits(5000); return err }},
		{"nounits", "units: has 0 elements", func(m plugin.Manifest) error { _, err := m.NewUnits(0); return err }},
	} {
		wasm, err := lying(c.write)
		d.put(c.name+".wasm", c.says, wasm, err)
	}
}

func permission(name, reason, scope string) func(plugin.Manifest) error {
	return func(m plugin.Manifest) error {
		list, err := m.NewPermissions(1)
		if err != nil {
			return err
		}
		p := list.At(0)
		for _, err := range []error{p.SetName(name), p.SetReason(reason), p.SetScope(scope)} {
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func (d *drops) imports() {
	sig := wasmtest.Sig
	for _, c := range []struct {
		name, says string
		change     func(*wasmtest.Module)
	}{
		{"importsexec", "\"exec\", which is no function", func(m *wasmtest.Module) { m.Import("exec", sig("ii", "i")) }},
		{"importsenv", "only module \"inos\" may be imported", func(m *wasmtest.Module) { m.ImportFrom("env", "system", sig("i", "i")) }},
		{"importswasi", "only module \"inos\" may be imported", func(m *wasmtest.Module) {
			m.ImportFrom("wasi_snapshot_preview1", "path_open", sig("iiiiillii", "i"))
		}},
		{"shadowtype", "another type than ABI 1 gives it", func(m *wasmtest.Module) { m.Import("log", sig("iii", "")); m.Import("log", sig("ii", "i")) }},
		{"shadowmodule", "only module \"inos\" may be imported", func(m *wasmtest.Module) { m.ImportFrom("inos\x00", "log", sig("iii", "")) }},
		{"shadowunicode", "\"in\\u043es\"; only module", func(m *wasmtest.Module) { m.ImportFrom("in\u043es", "log", sig("iii", "")) }},
		{"unasked", "must ask for the permission now", func(m *wasmtest.Module) { m.Import("now", sig("", "l")) }},
		{"manyimports", "its section import: it has 400 elements", func(m *wasmtest.Module) {
			for range 400 {
				m.Import("log", sig("iii", ""))
			}
		}},
	} {
		m := wasmtest.New()
		c.change(m)
		m.Func("inos_abi", true, sig("", "i"), "", wasmtest.Const(1))
		m.Func("inos_call", true, sig("i", "i"), "", wasmtest.Const(0))
		wasm, err := unchecked(c.name, m.Bytes())
		d.put(c.name+".wasm", c.says, wasm, err)
	}
}

// foreign are modules that ask another host for more than it offers.
func (d *drops) foreign() {
	for file, module := range map[string]string{
		"extismexec.wasm": "extism:host/env", "wasiexec.wasm": "wasi_snapshot_preview1",
	} {
		m := wasmtest.New()
		m.ImportFrom(module, "system", wasmtest.Sig("i", "i"))
		m.Func("_start", true, wasmtest.Sig("", ""), "")
		m.Func("run", true, wasmtest.Sig("", "i"), "", wasmtest.Const(0))
		d.put(file, `it imports "system"`, m.Bytes(), nil)
	}
}

// unchecked is a module with a valid manifest that does not fit it.
func unchecked(name string, module []byte) ([]byte, error) {
	good, err := packed(name, "", calm().Bytes())
	if err != nil {
		return nil, err
	}
	return append(module, good[len(calm().Bytes()):]...), nil
}

func (d *drops) memories() {
	for _, c := range []struct {
		name, says string
		memory     []byte
	}{
		{"fourgib", "its memory starts with 65536 pages", memory(1, 0x00, 65536)},
		{"shared", "shared or 64-bit", memory(1, 0x03, 1, 2)},
		{"wide64", "shared or 64-bit", memory(1, 0x04, 1)},
		{"twomemories", "its section memory: it has 2 elements", append(memory(2, 0x00, 1), 0x00, 1)},
	} {
		wasm, err := unchecked(c.name, withMemory(c.memory))
		d.put(c.name+".wasm", c.says, wasm, err)
	}
	m := calm()
	m.MemoryName = "hidden"
	wasm, err := unchecked("nomemory", m.Bytes())
	d.put("nomemory.wasm", "must have one memory of its own", wasm, err)
}

// memory is the content of a memory section.
func memory(count, flags byte, pages ...uint64) []byte {
	b := []byte{count, flags}
	for _, p := range pages {
		b = append(b, wasmtest.Unsigned(p)...)
	}
	return b
}

// withMemory is the calm module with another memory section.
func withMemory(content []byte) []byte {
	wasm := calm().Bytes()
	old := section(nil, 5, memory(1, 0, 1))
	return bytes.Replace(wasm, old, section(nil, 5, content), 1)
}

func (d *drops) signatures(outside []byte) {
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		d.err = err
		return
	}
	good, err := packed("signed", "", calm().Bytes())
	if err != nil {
		d.err = err
		return
	}
	signed, err := manifest.Sign(good, private, "evil")
	if err != nil {
		d.err = err
		return
	}
	changed := bytes.Replace(signed, []byte("Attacks."), []byte("Helps you"[:8]), 1)
	d.put("signedchanged.wasm", "its signature does not hold", changed, nil)
	stolen, err := packed("stolen", "", calm().Bytes())
	d.put("signaturestolen.wasm", "its signature does not hold", append(stolen, signed[len(good):]...), err)
	d.put("signedtwice.wasm", "there must be one, at the end of the file", append(signed[:len(signed):len(signed)], signed[len(good):]...), nil)
	d.put("signedinside.wasm", "there must be one, at the end of the file", custom(signed, "after", nil), nil)
	d.put("signaturehuge.wasm", "it has 1048576 bytes, at most 8192", custom(good, manifest.SignatureName, make([]byte, 1<<20)), nil)
	d.put("signaturenone.wasm", "does not begin with a public key", custom(good, manifest.SignatureName, nil), nil)
	text := fmt.Appendf(nil, "%s\nuntrusted comment: x\nAAAA\ntrusted comment: y\nAAAA\n", public)
	d.put("signatureshort.wasm", "no signature of minisign", custom(good, manifest.SignatureName, text), nil)
	// Another hand signs a plugin that is there.
	m, err := manifest.Parse(outside)
	if err != nil {
		d.err = err
		return
	}
	m.Version = "9.9.9"
	fork, err := manifest.Pack(outside, m)
	if err == nil {
		fork, err = manifest.Sign(fork, private, "the real one")
	}
	d.put("zzfork.wasm", "plugin dev.inos.outside is there already", fork, err)
}

func (d *drops) names() {
	boids, err := packed("birds", "", calm().Bytes(), func(m *manifest.Manifest) { m.ID = "dev.inos.boids" })
	d.put("idfork.wasm", "plugin dev.inos.boids is there already", boids, err)
	unit, err := packed("flock", "", calm().Bytes(), func(m *manifest.Manifest) { m.Units[0].Name = "boids" })
	d.put("unitname.wasm", "unit boids is there already", unit, err)
	good, err := packed("odd", "", calm().Bytes())
	d.put("re\u202emsaw.wasm", "characters that cannot be shown", good, err)
	d.put("line\nbreak.wasm", "characters that cannot be shown", good, err)
	d.put("back\\slash.wasm", "/ \\ : in it", good, err)
	d.put("not\xffutf8.wasm", "characters that cannot be shown", good, err)
	d.add("link.wasm", "this is a link", func(path string) error { return os.Symlink("/etc/passwd", path) })
	d.add("device.wasm", "this is a link", func(path string) error { return os.Symlink("/dev/zero", path) })
	d.add("folder.wasm", "no regular file", func(path string) error { return os.Mkdir(path, 0o700) })
}
