package keys

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/store/disk/disktest"
)

var allFiles = []string{"store.a", "store.b", "keys/passphrase.a", "keys/passphrase.b"}

func TestAnyBitThatFlipsIsFoundDoneWithoutAndRepaired(t *testing.T) {
	k, m, _, master := made(t, Protection{Passphrase: "word"})
	for _, name := range allFiles {
		whole := m.Bytes(name)
		for bit := range 8 * len(whole) {
			flipped := slices.Clone(whole)
			flipped[bit/8] ^= 1 << (bit % 8)
			m.Put(name, flipped)
			if bad := k.bad(nil); !slices.Equal(bad, []string{name}) {
				t.Fatalf("bit %d of %s: found %v", bit, name, bad)
			}
			if bit%31 > 0 {
				continue
			}
			if bad := k.bad(&master); !slices.Equal(bad, []string{name}) {
				t.Fatalf("bit %d of %s: found with the key %v", bit, name, bad)
			}
			opens(t, k, "word", master)
			repairs(t, k, m, master, name, whole)
		}
		m.Put(name, whole)
	}
}

// repairs fails unless that file, and no other, is made whole again.
func repairs(t *testing.T, k *Keys, m *disktest.Memory, master Master, name string, whole []byte) {
	t.Helper()
	wrote, err := k.Repair(master)
	if !slices.Equal(wrote, []string{name}) || err != nil || !bytes.Equal(m.Bytes(name), whole) {
		t.Errorf("%s: repaired %v, %v", name, wrote, err)
	}
}

// bad are the copies that Check finds wrong.
func (k *Keys) bad(m *Master) []string {
	var out []string
	for _, c := range k.Check(m) {
		if c.Err != nil {
			out = append(out, c.Name)
		}
	}
	return out
}

func TestALostCopyIsWrittenAgain(t *testing.T) {
	k, m, _, master := made(t, Protection{Passphrase: "word"})
	for _, name := range allFiles {
		whole := m.Bytes(name)
		for _, data := range [][]byte{nil, {}, whole[:len(whole)-1], append(slices.Clone(whole), 0)} {
			_ = m.Remove(name)
			if data != nil {
				m.Put(name, data)
			}
			opens(t, k, "word", master)
			repairs(t, k, m, master, name, whole)
		}
	}
	if wrote, err := k.Repair(master); len(wrote) > 0 || err != nil {
		t.Errorf("with nothing to do: %v, %v", wrote, err)
	}
}

func TestWhereBothCopiesAreDamagedTheErrorSaysWhatToDo(t *testing.T) {
	k, m, chain, master := made(t, Protection{Passphrase: "word", Keychain: true})
	for _, name := range allFiles[2:] {
		m.Put(name, []byte("INOSKEY\x01 damaged"))
	}
	refuses(t, k, m, Passphrase{Given: "word"}, "both copies of keys/passphrase are damaged")
	if got, err := k.Unlock(t.Context(), asked("word")); got != master || err != nil {
		t.Errorf("the keychain: %v", err)
	}
	s, err := k.State(t.Context())
	if s.Passphrase || s.PassphraseErr == nil || !s.Keychain || err != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := k.Repair(master); fault.KindOf(err) != fault.Denied {
		t.Errorf("repair: %v", err)
	}
	_ = chain.Delete(t.Context(), chain.Accounts()[0])
	refuses(t, k, m, asked("word"), "both copies of keys/passphrase are damaged")
	if err := k.SetPassphrase(master, "word"); err != nil { // as import does
		t.Fatal(err)
	}
	opens(t, k, "word", master)
	for _, name := range allFiles[:2] {
		m.Put(name, []byte("INOSSTORE\x01 damaged"))
	}
	refuses(t, k, m, Passphrase{Given: "word"}, "store.a and store.b: both copies of it are damaged")
	if len(k.Check(nil)) != 4 {
		t.Errorf("%v", k.Check(nil))
	}
}

func TestAFileOfAnotherStoreIsToldFromADamagedOne(t *testing.T) {
	k, m, _, master := made(t, Protection{Passphrase: "word"})
	_, other, _, _ := made(t, Protection{Passphrase: "word"})
	for i, name := range allFiles {
		whole := m.Bytes(name)
		m.Put(name, other.Bytes(name))
		opens(t, k, "word", master)
		found := k.Check(&master)
		if bad := k.bad(&master); !slices.Equal(bad, []string{name}) || !errors.Is(found[i].Err, ErrForeign) {
			t.Errorf("%s: %v", name, found)
		}
		if len(k.bad(nil)) == 0 {
			t.Errorf("%s: not found without the key", name)
		}
		repairs(t, k, m, master, name, whole)
	}
	for _, name := range allFiles[2:] {
		m.Put(name, other.Bytes(name))
	}
	refuses(t, k, m, Passphrase{Given: "word"}, "is that of another store")
	if _, err := k.Repair(master); fault.KindOf(err) != fault.Denied {
		t.Errorf("%v", err)
	}
}

func TestTheChangeThatWasNotFinishedIs(t *testing.T) {
	k, m, _, master := made(t, Protection{Passphrase: "old"})
	before := m.Bytes(allFiles[3])
	if err := k.SetPassphrase(master, "new"); err != nil {
		t.Fatal(err)
	}
	m.Put(allFiles[3], before)
	opens(t, k, "old", master)
	opens(t, k, "new", master)
	if c := k.Check(nil)[3]; !errors.Is(c.Err, ErrStale) {
		t.Errorf("%+v", c)
	}
	if wrote, err := k.Repair(master); len(wrote) != 1 || err != nil {
		t.Errorf("%v, %v", wrote, err)
	}
	opens(t, k, "new", master)
	refuses(t, k, m, Passphrase{Given: "old"}, "the passphrase is wrong")
}

func TestWhatANewerVersionWroteIsLeftAlone(t *testing.T) {
	newer := func(data []byte, magic string) []byte {
		body := slices.Clone(data[:len(data)-digestBytes])
		body[len(magic)] = 2
		return digested(append(body, "and more"...))
	}
	k, m, _, master := made(t, Protection{Passphrase: "word", Keychain: true})
	for _, name := range allFiles[2:] {
		m.Put(name, newer(m.Bytes(name), sealedMagic))
	}
	before := snapshot(m)
	_, err := k.Unlock(t.Context(), Passphrase{Given: "word"})
	for name, err := range map[string]error{
		"unlock": err, "set": k.SetPassphrase(master, "x"),
	} {
		if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "newer INOS") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _ = k.Repair(master)
	if snapshot(m) != before {
		t.Error("it was overwritten")
	}
	for _, name := range allFiles[:2] {
		m.Put(name, newer(m.Bytes(name), storeMagic))
	}
	if _, err := k.ID(); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
}

func TestAHostileFileTakesNeitherMemoryNorTime(t *testing.T) {
	for _, c := range []Cost{
		{20, 8, 1}, {16, 8, 1}, {1, 1, 1}, {16, 8, 16}, {10, 255, 1},
	} {
		if err := c.check(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []Cost{
		{0, 8, 1}, {16, 0, 1}, {16, 8, 0}, {21, 8, 1}, {63, 1, 1}, {64, 1, 1}, {255, 255, 255}, {20, 9, 1},
		{16, 8, 255}, {20, 8, 4},
	} {
		if c.check() == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	s, err := seal(Master{}, ID{}, "x", cheap, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.cost = Cost{40, 8, 1}
	start := time.Now()
	if _, _, err := decodeSealed(s.encode()); err == nil || time.Since(start) > time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	if _, _, err := s.open("x"); err == nil {
		t.Error("it was opened")
	}
}

// The bytes that this version writes, it reads for ever.
func TestTheFormatsAreAsWritten(t *testing.T) {
	var m Master
	var id ID
	for i := range m {
		m[i] = byte(i)
	}
	for i := range id {
		id[i] = byte(0xf0 + i)
	}
	h := newHeader(id, m).encode()
	const want = "494e4f5353544f524501" + "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
	if got := hex.EncodeToString(h); len(h) != 74 || !strings.HasPrefix(got, want) || got != goldenStore {
		t.Errorf("store: %s", got)
	}
	s := sealed{id: id, generation: 0x0102, cost: Cost{4, 8, 1}}
	copy(s.salt[:], bytes.Repeat([]byte{0xaa}, saltBytes))
	key, err := s.key("word")
	if err != nil {
		t.Fatal(err)
	}
	copy(s.secret[:], sealer(key).Seal(nil, once[:], m[:], s.header()))
	data := s.encode()
	if got := hex.EncodeToString(data); len(data) != 148 || got != goldenSealed {
		t.Errorf("passphrase: %s", got)
	}
	if binary.LittleEndian.Uint64(data[24:]) != 0x0102 || data[32] != 4 || data[33] != 8 || data[34] != 1 {
		t.Errorf("% x", data)
	}
	read, generation, err := decodeSealed(data)
	got, ok, oerr := read.open("word")
	if got != m || !ok || generation != 0x0102 || err != nil || oerr != nil {
		t.Errorf("%v, %v, %v", ok, err, oerr)
	}
	if got := entry(id, m); got != goldenEntry {
		t.Errorf("entry: %s", got)
	}
}

func TestAFolderWithoutAStoreIsLeftAlone(t *testing.T) {
	k, d, _, master := made(t, Protection{Passphrase: "x"})
	for _, name := range allFiles {
		_ = d.Remove(name)
	}
	before := snapshot(d)
	_, err := k.Unlock(t.Context(), Passphrase{Given: "x"})
	_, serr := k.State(t.Context())
	for _, err := range []error{err, serr, k.SetPassphrase(master, "x"), k.Prove(master)} {
		if !errors.Is(err, ErrNoStore) || fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
	}
	if k.Check(nil) != nil || snapshot(d) != before {
		t.Errorf("%v", k.Check(nil))
	}
}

const (
	goldenStore = "494e4f5353544f524501" + "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff" +
		"0e5c8e590fcc0a329131360ad9470830" +
		"de793e6cf227b4945e85c5929ec78846461c9a76613446b2baa2890825b4f049"
	goldenSealed = "494e4f534b455901" + "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff" + "0201000000000000" + "04080100" +
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" +
		"4527967bc673d4c78622d0a0a3976d628c08e9a3aa2cbd6b0411ad850fd59f73" + "d724b227a4a6f51e21db1789adb4c419" +
		"103bc538f51c499872f91a63f4ba8787ccf5ff2dd7e7a313c0806702911f71c9"
	goldenEntry = "inos-store-1:" +
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" + "e4c4ccb336502bd9"
)
