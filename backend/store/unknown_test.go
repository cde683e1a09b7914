package store

import (
	"path"
	"slices"
	"strings"
	"testing"

	"inos/backend/store/disk/disktest"
	"inos/backend/store/pack"
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
