package store

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"inos/backend/store/disk/disktest"
)

// full is a disk that has so many bytes left, and gets those back that are removed; each file takes
// whole pages.
func full(m *disktest.Memory, left int) func(disktest.Op) error {
	const page = 4096
	sizes := map[string]int{}
	for _, name := range m.Files() {
		sizes[name] = len(m.Bytes(name))
	}
	pages := func(n int) int { return (n + page - 1) / page * page }
	return func(op disktest.Op) error {
		switch op.Kind {
		case disktest.Write:
			more := pages(sizes[op.Name]+op.Bytes) - pages(sizes[op.Name])
			if more > left {
				return syscall.ENOSPC
			}
			left -= more
			sizes[op.Name] += op.Bytes
		case disktest.Remove:
			left += pages(sizes[op.Name])
			delete(sizes, op.Name)
		case disktest.Rename:
			left += pages(sizes[op.To])
			sizes[op.To] = sizes[op.Name]
			delete(sizes, op.Name)
		}
		return nil
	}
}

func TestWhatIsOfNoUseGoesFromAFullDisk(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	kept := put(t, s, "kept", random(1, 40000)).Version
	gone := put(t, s, "gone", random(2, 9<<20)).Version
	m = m.Restart()
	m.Break(full(m, 0))
	s = again(t, m)
	if _, err := s.PutStream(t.Context(), "more", bytes.NewReader(random(3, 5000)), PutOptions{}); err == nil {
		t.Error("the disk is not full")
	}
	if err := s.Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Collect(t.Context(), 0, nil); err != nil || done.Freed < 9<<20 {
		t.Fatalf("%+v, %v", done, err)
	}
	has(t, s, kept, random(1, 40000))
	sound(t, s)
	if have, err := s.readReserve(); len(have) != reserveBytes || err != nil {
		t.Errorf("the reserve has %d bytes, %v", len(have), err)
	}
}

func TestAChangedBitOfTheReserveIsFoundAndMended(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	for _, name := range m.Files() {
		if strings.HasSuffix(name, "/"+reserveFile) {
			bad := m.Bytes(name)
			bad[reserveBytes-1] ^= 1
			m.Put(name, bad)
		}
	}
	r, err := s.Check(t.Context(), CheckOptions{ReadData: true})
	if err != nil || len(r.Damages) != 1 || severe(r) {
		t.Errorf("%+v, %v", r, err)
	}
	if fixed, err := s.Repair(t.Context(), nil); err != nil || len(fixed.Fixed) != 1 || !fixed.Report.OK() {
		t.Errorf("%+v, %v", fixed, err)
	}
	sound(t, s)
}

func TestPacksAreRewrittenOneByOneWhereThereIsLittleRoom(t *testing.T) {
	m := disktest.New()
	s := newSpaceOn(t, m)
	var all []Version
	for i := range 6 {
		all = append(all, put(t, s, string(rune('a'+i)), random(byte(i), 1<<20)).Version)
	}
	m = m.Restart()
	m.Break(full(m, 3<<19))
	s = again(t, m)
	if done, err := s.Collect(t.Context(), 0, nil); err != nil || done.Packs != len(all) {
		t.Fatalf("%+v, %v", done, err)
	}
	for i, v := range all {
		has(t, s, v, random(byte(i), 1<<20))
	}
	sound(t, s)
}
