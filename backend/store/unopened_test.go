package store

import (
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/store/disk/disktest"
)

func TestADamagedSpaceLeavesTheOthersAlone(t *testing.T) {
	m := disktest.New()
	main := newSpaceOn(t, m)
	v := put(t, main, "a", random(1, 3000)).Version
	var bad []string
	for _, name := range []string{"b", "c"} {
		sp, err := New(m, master).Create(t.Context(), Settings{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		bad = append(bad, sp.ID)
	}
	for n, id := range bad {
		for _, copied := range []string{"a", "b"} {
			name := "spaces/" + id + "/space." + copied
			data := m.Bytes(name)
			data[30] ^= 1
			m.Put(name, data)
		}
		st := New(m, master)
		all, err := st.Spaces()
		if len(all) != 3-n-1 || fault.KindOf(err) != fault.Damaged || strings.Contains(err.Error(), "\n") ||
			!strings.Contains(err.Error(), "restore space.a or space.b of the folder spaces/"+id+" from a backup") {
			t.Errorf("%d spaces, %v", len(all), err)
		}
		sp, err := st.Space(Main)
		if err != nil {
			t.Fatal(err)
		}
		has(t, sp, v, random(1, 3000))
		put(t, sp, "a", random(byte(n)+2, 3000))
		if _, err := sp.Collect(t.Context(), 0, nil); err != nil {
			t.Error(err)
		}
		if _, err := st.Space("b"); fault.KindOf(err) != fault.Damaged { // it may be the one
			t.Error(err)
		}
	}
}

func TestASpaceThatCannotBeMadeLeavesNothing(t *testing.T) {
	for at := 0; ; at++ {
		m := disktest.New()
		m.Break(disktest.Full(at))
		_, err := New(m, master).Create(t.Context(), Settings{Name: Main})
		left, _ := m.List(spacesFolder)
		if err == nil {
			if len(left) != 1 {
				t.Errorf("%v", left)
			}
			return
		}
		if len(left) != 0 || len(packsOf(m)) != 0 {
			t.Errorf("full at %d: %v, %v", at, left, m.Files())
		}
	}
}
