package job

import (
	"encoding/binary"
	"hash"
	"math"

	"github.com/zeebo/blake3"

	"inos/backend/manifest"
)

// Key names a result by all that it depends on: the plugin's file, the op, the parameters, the inputs.
type Key [32]byte

// Domains keep one sort of key from being taken for another.
const (
	resultDomain = "INOS result 1"
	paceDomain   = "INOS pace 1"
)

// resultKey is the key of what an op gives for these parameters and inputs.
func resultKey(t Target, params []manifest.Value, inputs []Source) Key {
	k := newKeyer(resultDomain, t)
	for i, v := range params {
		k.text(t.Op.Params[i].Name)
		k.number(uint64(v.Kind))
		k.number(math.Float64bits(v.Number))
		k.number(uint64(v.Int))
		k.text(v.Text)
	}
	k.number(uint64(len(inputs)))
	for _, in := range inputs {
		k.text(in.Name)
		k.number(uint64(in.Bytes))
		k.hasher.Write(in.Digest[:])
	}
	return k.sum()
}

// paceKey names an op of a plugin's file, whatever it is given.
func paceKey(t Target) Key { return newKeyer(paceDomain, t).sum() }

// keyer hashes values so that no two lists of them look alike.
type keyer struct{ hasher hash.Hash }

func newKeyer(domain string, t Target) keyer {
	k := keyer{blake3.New()}
	k.text(domain)
	k.hasher.Write(t.Digest[:])
	k.text(t.Unit)
	k.text(t.Op.Name)
	k.number(uint64(len(t.Op.Params)))
	return k
}

func (k keyer) text(s string) {
	k.number(uint64(len(s)))
	k.hasher.Write([]byte(s))
}

func (k keyer) number(n uint64) {
	var word [8]byte
	binary.LittleEndian.PutUint64(word[:], n)
	k.hasher.Write(word[:])
}

func (k keyer) sum() Key { return Key(k.hasher.Sum(nil)) }
