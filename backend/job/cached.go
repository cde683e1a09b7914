package job

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/zeebo/blake3"

	"inos/backend/manifest"
)

// To hash an input takes some nanosecond a byte, twice, and pays where the op takes much longer.
const (
	// hashAlways is how many bytes of inputs are hashed for any op: 20 ms at most.
	hashAlways = 16 << 20
	// worthKeeping is how long a job must take: to read a kept result takes a tenth of a millisecond.
	worthKeeping = 3 * time.Millisecond
	// slowNsPerByte is from when on an op is so slow that more than that is hashed.
	slowNsPerByte = 8
)

// Cache keeps results of ops that always give the same. Its methods are safe for concurrent use, by
// several processes too, and what fails in them only costs time.
type Cache interface {
	// Get is what was kept under the key, checked; nil: nothing.
	Get(key Key) *Kept
	// Fits tells whether a result with so many bytes of outputs would be kept.
	Fits(byteLen int64) bool
	Put(key Key, k *Kept)
	// Mark and Marked remember a key alone.
	Mark(key Key)
	Marked(key Key) bool
}

// Kept is a result in the cache.
type Kept struct {
	Origin
	Outputs []Output
	Figures []Reading // in the manifest's order
}

// Origin is where a result came from.
type Origin struct {
	Made    time.Time      `json:"made"`
	Plugin  string         `json:"plugin"`
	Version string         `json:"version"`
	Digest  Digest         `json:"plugin_digest"`
	Unit    string         `json:"unit"`
	Op      string         `json:"op"`
	Params  map[string]any `json:"params"`
	Inputs  []Source       `json:"inputs"`
	GuestNs uint64         `json:"guest_ns"` // the time that it took
}

// Source is an input of a kept result.
type Source struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	Digest Digest `json:"digest"`
}

// Digest is a BLAKE3 hash, in JSON 64 hexadecimal digits.
type Digest [32]byte

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalJSON writes the digits.
func (d Digest) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads them.
func (d *Digest) UnmarshalJSON(text []byte) error {
	var digits string
	if err := json.Unmarshal(text, &digits); err != nil {
		return err
	}
	raw, err := hex.DecodeString(digits)
	if err == nil && len(raw) != len(d) {
		err = fmt.Errorf("a digest of %d bytes", len(raw))
	}
	if err == nil {
		*d = Digest(raw)
	}
	return err
}

// keeping is a job whose result the cache has, or shall have.
type keeping struct {
	cache  Cache
	target Target
	params []manifest.Value
	inputs []opened
	given  []Source
	key    Key
}

// keeping prepares the use of the cache; nil: this result is not for it.
func (d *Dispatcher) keeping(ctx context.Context, t Target, params []manifest.Value, r *Request, inputs []opened) *keeping {
	if d.cache == nil || r.NoCache || !cacheable(t) {
		return nil
	}
	bytes, ok := sizeOf(inputs)
	if !ok || bytes > hashAlways && !d.cache.Marked(paceKey(t)) {
		return nil
	}
	k := &keeping{cache: d.cache, target: t, params: params, inputs: inputs}
	if k.given, ok = digests(ctx, inputs); !ok {
		return nil
	}
	k.key = resultKey(t, params, k.given)
	return k
}

// cacheable tells whether an op gives the same whenever and wherever it runs, and nothing secret is in
// its parameters.
func cacheable(t Target) bool {
	secret := func(p manifest.Param) bool { return p.Secret }
	return t.Pure && t.Op.Determinism == manifest.BitExact && !slices.ContainsFunc(t.Op.Params, secret)
}

// sizeOf is the bytes of all inputs; false: one of them is a stream. What somebody pipes in is often
// secret and seldom comes twice, so nothing of it is kept.
func sizeOf(inputs []opened) (bytes int64, ok bool) {
	for i := range inputs {
		in := &inputs[i]
		switch {
		case in.file != nil && in.file.File() != nil:
			size, _ := in.file.Size()
			bytes += size
		case in.file == nil && in.Stream == nil:
			bytes += int64(len(in.bytes()))
		default:
			return 0, false
		}
	}
	return bytes, true
}

func digests(ctx context.Context, inputs []opened) ([]Source, bool) {
	all := make([]Source, len(inputs))
	for i := range inputs {
		in := &inputs[i]
		if in.file == nil {
			all[i] = Source{Name: in.name(), Bytes: int64(len(in.bytes())), Digest: blake3.Sum256(in.bytes())}
			continue
		}
		all[i].Name = in.name()
		all[i].Bytes, _ = in.file.Size()
		digest, err := in.file.Digest(ctx)
		if err != nil { // whoever runs the op will tell
			return nil, false
		}
		all[i].Digest = digest
	}
	return all, true
}

// bytes is an input that lies in memory.
func (in *opened) bytes() []byte {
	if in.Held != nil {
		return in.Held.Bytes()
	}
	return in.Bytes
}

// find is the kept result, or nil.
func (k *keeping) find() *Result {
	if k == nil {
		return nil
	}
	kept := k.cache.Get(k.key)
	if kept == nil || !fitsOp(k.target.Op, kept) {
		return nil
	}
	res := newResult(k.target, k.params, kept.Figures)
	res.Outputs, res.GuestNs, res.FromCache = kept.Outputs, kept.GuestNs, &kept.Origin
	return res
}

// fitsOp checks what may come from a file that somebody wrote by hand.
func fitsOp(op *manifest.Op, kept *Kept) bool {
	if len(kept.Figures) != len(op.Results) {
		return false
	}
	for i := range kept.Outputs {
		o := &kept.Outputs[i]
		if o.Index < 0 || o.Index >= len(op.Outputs) || o.Name != op.Outputs[o.Index].Name {
			return false
		}
	}
	return true
}

// keep puts a result into the cache, if the files are still what they were before: the op may have seen
// other bytes than were hashed.
func (k *keeping) keep(ctx context.Context, res *Result) {
	if k == nil {
		return
	}
	kept := &Kept{
		Origin: Origin{
			Made: res.made, Plugin: k.target.Plugin, Version: k.target.Version, Digest: k.target.Digest,
			Unit: res.Unit, Op: res.Op, Params: res.Params, Inputs: k.given, GuestNs: res.GuestNs,
		},
		Outputs: res.Outputs,
	}
	var bytes int64
	for i := range res.Outputs {
		bytes += res.Outputs[i].Len
	}
	for _, f := range res.Results {
		kept.Figures = append(kept.Figures, f.Reading)
	}
	if !k.cache.Fits(bytes) {
		return
	}
	if again, ok := digests(ctx, k.inputs); ok && slices.Equal(again, k.given) {
		k.cache.Put(k.key, kept)
	}
}

// learn remembers an op that is slow enough for its larger inputs to be hashed next time.
func (d *Dispatcher) learn(t Target, inputs []opened, guestNs uint64) {
	if d.cache == nil || !cacheable(t) {
		return
	}
	if bytes, ok := sizeOf(inputs); ok && bytes > hashAlways && guestNs/uint64(bytes) >= slowNsPerByte {
		d.cache.Mark(paceKey(t))
	}
}
