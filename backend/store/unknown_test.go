package store

import (
	"errors"
	"path"
	"slices"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/store/disk/disktest"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
)

// packsOf are the names of all finished packs on a disk.
func packsOf(m *disktest.Memory) (out []string) {
	for _, name := range m.Files() {
		if _, ok := pack.ParseID(path.Base(name)); ok && strings.Contains(name, "/packs/") {
			out = append(out, name)
		}
	}
	return out
}

func TestVersionsThatCannotBeListedAreToldOf(t *testing.T) {
	for what, damage := range map[string]func(m *disktest.Memory, one, other string){
		"two packs swapped": func(m *disktest.Memory, one, other string) {
			x, y := m.Bytes(one), m.Bytes(other)
			m.Put(one, y)
			m.Put(other, x)
		},
		"a pack cut to nothing": func(m *disktest.Memory, one, _ string) { m.Put(one, nil) },
		"a root overwritten": func(m *disktest.Memory, one, _ string) {
			bad := slices.Clone(m.Bytes(one))
			for i := 200; i < len(bad)-200; i++ {
				bad[i] ^= 1
			}
			m.Put(one, bad)
		},
	} {
		m := disktest.New()
		s := newSpaceOn(t, m)
		put(t, s, "one", random(1, 3000))
		put(t, s, "two", random(2, 3000))
		packs := packsOf(m)
		damage(m, packs[0], packs[1])
		s = again(t, m)
		r, err := s.Check(t.Context(), CheckOptions{})
		if what == "a root overwritten" {
			r, err = s.Check(t.Context(), CheckOptions{ReadData: true})
		}
		if err != nil || r.OK() || r.Unknown == 0 {
			t.Errorf("%s: a check says %+v, %v", what, r, err)
		}
		fixed, err := s.Repair(t.Context(), nil)
		if err != nil || fixed.Report.OK() || fixed.Report.Unknown == 0 {
			t.Errorf("%s: a repair says %+v, %v", what, fixed, err)
		}
		if fixed, err = s.Repair(t.Context(), nil); err != nil || !fixed.Report.OK() {
			t.Errorf("%s: and the next one %+v, %v", what, fixed, err)
		}
		sound(t, s)
	}
}

func TestABlockThatIsNoRootHidesNoVersion(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	put(t, s, "one", random(1, 3000))
	name := packsOf(m)[0]
	bad := m.Bytes(name)
	bad[400] ^= 1
	m.Put(name, bad)
	r, err := again(t, m).Check(t.Context(), CheckOptions{ReadData: true})
	if err != nil || len(r.Damages) != 1 || r.HitCount != 1 || r.Unknown != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestADeletedPackIsToldOfUntilARepair(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	put(t, s, "one", random(1, 3000))
	put(t, s, "two", random(2, 3000))
	s.writeIndex()
	name := packsOf(m)[0]
	data := m.Bytes(name)
	if err := m.Remove(name); err != nil {
		t.Fatal(err)
	}
	s = again(t, m)
	put(t, s, "three", random(3, 3000))
	s.writeIndex() // which does not forget it
	r, err := s.Check(t.Context(), CheckOptions{})
	if err != nil || r.Unknown != 1 || len(r.Damages) != 1 || r.Damages[0].File != name || r.Damages[0].Harmless {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := s.Collect(t.Context(), 0, nil); fault.KindOf(err) != fault.Damaged {
		t.Errorf("collected: %v", err)
	}
	back := m.Restart()
	back.Put(name, data)
	sound(t, again(t, back))
	if all, err := again(t, back).Versions(); len(all) != 3 || err != nil {
		t.Errorf("a pack that came back is not read: %d, %v", len(all), err)
	}
	if fixed, err := s.Repair(t.Context(), nil); err != nil || fixed.Report.Unknown != 1 || len(fixed.Report.Damages) != 0 {
		t.Errorf("%+v, %v", fixed, err)
	}
	sound(t, s)
	if fixed, err := s.Repair(t.Context(), nil); err != nil || !fixed.Report.OK() {
		t.Errorf("%+v, %v", fixed, err)
	}
}

// A collection may be killed, or find no room, anywhere: what it deleted is not missing.
func TestWhatACollectionDeletesIsNotMissing(t *testing.T) {
	start := disktest.New()
	s := newSpaceOn(t, start)
	put(t, s, "kept", random(1, 30000))
	gone := put(t, s, "gone", random(2, 30000)).Version
	s.writeIndex()
	if err := s.Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []func(int) func(disktest.Op) error{disktest.Stop, disktest.Full} {
		for at := 0; ; at++ {
			m := start.Restart()
			m.Begin()
			m.Break(broken(at))
			s, err := New(m, master).Space(Main)
			if err != nil {
				continue // it could not even be opened
			}
			_, err = s.Collect(t.Context(), 0, nil)
			next := again(t, m.Restart())
			if r, err := next.Check(t.Context(), CheckOptions{ReadData: true}); err != nil || severe(r) || r.Unknown > 0 {
				t.Fatalf("%d: %+v, %v", at, r, err)
			}
			if _, err := next.Collect(t.Context(), 0, nil); err != nil {
				t.Fatalf("%d: %v", at, err)
			}
			sound(t, next)
			if err == nil {
				break
			}
		}
	}
}

func TestAPackThatLostItsLastBytesLosesNoMoreThanThose(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	data := random(1, 3<<20)
	v := put(t, s, "one", data).Version
	name := packsOf(m)[0]
	for _, c := range []struct{ cut, unknown int }{{5, 0}, {pack.Align, 1}} {
		cut := m.Restart()
		cut.Put(name, m.Bytes(name)[:len(m.Bytes(name))-c.cut])
		s := again(t, cut)
		if r, err := s.Check(t.Context(), CheckOptions{}); err != nil || r.OK() || severe(r) != (c.unknown > 0) || r.Unknown != c.unknown {
			t.Errorf("%d: %+v, %v", c.cut, r, err)
		}
		if c.unknown > 0 { // the root is gone, and a collection must not guess
			if _, err := s.Collect(t.Context(), 0, nil); fault.KindOf(err) != fault.Damaged {
				t.Errorf("%d: collected: %v", c.cut, err)
			}
		} else {
			has(t, s, v, data)
		}
		if _, err := s.Repair(t.Context(), nil); err != nil {
			t.Error(err)
		}
		if p := put(t, s, "one", data); p.Tally.NewChunks > 1 {
			t.Errorf("%d: %d pieces were written again", c.cut, p.Tally.NewChunks)
		}
		sound(t, s)
	}
}

// A newer INOS may compress by a way that is not known here: that is no damage, and nothing to be repaired.
func TestWhatANewerVersionWroteIsLeftAlone(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	data := text(3, 5000)
	w, err := s.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const newer = 77
	name, payload := s.keys.Name(seal.Data, data), append([]byte{newer}, "as only they know"...)
	e := pack.Entry{Name: name, Kind: seal.Data, Codec: newer, Raw: uint32(len(data))}
	err = w.add(e, seal.Sealed(payload), func(room []byte) { s.keys.Seal(room[:0], name, seal.Data, payload) })
	if err := errors.Join(err, w.end()); err != nil {
		t.Fatal(err)
	}
	p := put(t, s, "newer", data)
	before := m.Files()
	tells := func(what string, err error) {
		t.Helper()
		if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || !strings.Contains(f.Next, "newer INOS") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = content(s, p.Version)
	tells("read", err)
	_, err = s.Check(t.Context(), CheckOptions{ReadData: true})
	tells("check", err)
	_, err = s.Repair(t.Context(), quiet)
	tells("repair", err)
	for _, name := range before {
		if !slices.Contains(m.Files(), name) && strings.Contains(name, "/packs/") {
			t.Errorf("%s is gone", name)
		}
	}
	if versions, err := again(t, m).Versions(); err != nil || len(versions) != 1 {
		t.Errorf("%d versions, %v", len(versions), err)
	}
}
