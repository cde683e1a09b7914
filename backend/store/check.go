package store

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"inos/backend/fault"
	"inos/backend/store/codec"
	"inos/backend/store/disk"
	"inos/backend/store/index"
	"inos/backend/store/pack"
	"inos/backend/store/seal"
	"inos/backend/store/tree"
)

// Damage is one thing that is not as it was written.
type Damage struct {
	// File is relative to the store's folder; empty where what is missing is in no file.
	File string `json:"file,omitempty"`
	What string `json:"what"`
	// Harmless damage loses nothing: all of it is elsewhere as well.
	Harmless bool `json:"harmless"`
	// From and To are bytes of the file, where that is known.
	From int64 `json:"from,omitempty"`
	To   int64 `json:"to,omitempty"`
}

// Hit is something that was put of which a part cannot be read.
type Hit struct {
	ID   string `json:"id"`
	Path string `json:"path"`
	Why  string `json:"why"`
}

// Report is what a check found.
type Report struct {
	Packs    int      `json:"packs"`
	Blocks   int      `json:"blocks"`
	Bytes    int64    `json:"bytes"` // that were read
	Versions int      `json:"versions"`
	Damages  []Damage `json:"damages"`
	// Hits are at most maxHits; HitCount counts all.
	Hits     []Hit `json:"hits"`
	HitCount int   `json:"hitCount"`
	// Unknown are places that cannot be read and may have held versions, which nothing else would tell of.
	Unknown int `json:"unknown"`
	// Unfinished are files that somebody who was killed, or who is at work, did not finish. A collection
	// removes the former.
	Unfinished int `json:"unfinished"`
}

// OK says that nothing is damaged, and nothing that was put may be lost.
func (r *Report) OK() bool { return len(r.Damages) == 0 && r.HitCount == 0 && r.Unknown == 0 }

// maxHits bounds how many damaged paths are named.
const maxHits = 1000

// CheckOptions say how much is read.
type CheckOptions struct {
	// ReadData reads every byte; else only what says where things are, and Sample of the blocks (0 to 1).
	ReadData bool
	Sample   float64
	Progress Progress
}

// check is one pass over a space.
type check struct {
	space *Space
	ctx   context.Context
	opt   CheckOptions

	mu     sync.Mutex
	report Report
	total  int64
	bad    map[pack.ID][]pack.Entry // blocks that are broken
	good   map[pack.ID][]pack.Entry
	hurt   map[pack.ID]bool // packs with any damage
	blank  map[pack.ID]int  // ranges of packs of which nothing is known
	gone   int              // packs that are missing
	// foreign are names among the packs that are none.
	foreign []string
	// alone says that the caller has the lock of collections.
	alone bool
	known map[tree.Name]uint32 // the length of what a sound block holds
	kinds map[tree.Name]seal.Kind
	old   bool // a copy of the epoch is to be written again
}

// Check looks for damage. It changes nothing.
func (s *Space) Check(ctx context.Context, opt CheckOptions) (Report, error) {
	c, err := s.check(ctx, opt, false)
	if err != nil {
		return Report{}, err
	}
	return c.report, nil
}

func (s *Space) check(ctx context.Context, opt CheckOptions, alone bool) (*check, error) {
	if opt.Progress == nil {
		opt.Progress = func(string, int64, int64) {}
	}
	c := &check{
		space: s, ctx: ctx, opt: opt, alone: alone, bad: map[pack.ID][]pack.Entry{}, good: map[pack.ID][]pack.Entry{},
		hurt: map[pack.ID]bool{}, blank: map[pack.ID]int{}, known: map[tree.Name]uint32{}, kinds: map[tree.Name]seal.Kind{},
	}
	c.report.Damages, c.report.Hits = []Damage{}, []Hit{}
	if err := c.states(); err != nil {
		return nil, err
	}
	if err := c.index(); err != nil {
		return nil, err
	}
	if err := c.packs(); err != nil {
		return nil, err
	}
	c.report.Unknown = c.unknown()
	if err := c.versions(); err != nil {
		return nil, err
	}
	slices.SortFunc(c.report.Damages, func(a, b Damage) int { return strings.Compare(a.File, b.File) })
	return c, nil
}

func (c *check) damage(d Damage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.File != "" {
		d.File = path.Join(spacesFolder, c.space.ID, d.File)
	}
	c.report.Damages = append(c.report.Damages, d)
}

func (c *check) index() error {
	_, err := index.Read(c.space.fs, c.space.keys)
	if errors.Is(err, index.ErrDamaged) || errors.Is(err, disk.ErrForeign) {
		c.damage(Damage{File: index.File, What: "the index is damaged; the packs have all of it", Harmless: true})
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unavailable("space "+c.space.ID, err)
	}
	return nil
}

// packs reads all packs' directories, and as many blocks as is asked for.
func (c *check) packs() error {
	entries, err := c.space.fs.List(pack.Folder)
	if err != nil {
		return unavailable("space "+c.space.ID, err)
	}
	var ids []pack.ID
	for _, e := range entries {
		id, ok := pack.ParseID(e.Name)
		switch {
		case ok && !e.Folder && !e.Foreign:
			ids = append(ids, id)
			c.total += e.Size
		case strings.HasSuffix(e.Name, pack.Unfinished):
			c.report.Unfinished++
		default:
			c.foreign = append(c.foreign, e.Name)
			c.damage(Damage{File: path.Join(pack.Folder, e.Name), What: "INOS did not write this", Harmless: !ok})
			if ok { // where there was a pack
				c.gone++
			}
		}
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, id := range ids {
		g.Go(func() error { return c.pack(id) })
	}
	return errors.Join(g.Wait(), c.missing())
}

// missing tells of packs that somebody deleted.
func (c *check) missing() error {
	missing, err := c.space.missing()
	if fault.KindOf(err) == fault.Damaged {
		return nil // states has told of it
	}
	for _, id := range missing {
		if slices.Contains(c.foreign, id.String()) {
			continue
		}
		c.damage(Damage{File: pack.Path(id), What: "this pack is not there any more"})
		c.gone++
	}
	return err
}

func (c *check) pack(id pack.ID) error {
	r, err := pack.Open(c.space.fs, c.space.keys, id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a collection took it just now
	}
	if err != nil {
		return unavailable("pack "+id.String(), err)
	}
	defer r.Close()
	scan, err := r.Scan(true)
	if err != nil {
		return unavailable("pack "+id.String(), err)
	}
	for _, lost := range scan.Lost {
		c.damage(Damage{File: pack.Path(id), From: lost.From, To: lost.To, What: "nothing can be found here"})
	}
	for _, healed := range scan.Healed {
		c.damage(Damage{File: pack.Path(id), From: healed.From, To: healed.To,
			What: "one of two copies of what says where blocks lie is damaged", Harmless: true})
	}
	var good, bad []pack.Entry
	for _, e := range scan.Cut {
		c.damage(Damage{File: pack.Path(id), From: int64(e.Offset), To: int64(e.Offset) + int64(e.Stored),
			What: "block " + e.Name.String()[:16] + ": its pack ends before it"})
		bad = append(bad, e)
	}
	for _, e := range scan.Entries {
		ok, err := c.block(r, e)
		if err != nil {
			return err
		}
		if ok {
			good = append(good, e)
		} else {
			bad = append(bad, e)
		}
	}
	c.count(id, scan, good, bad)
	return nil
}

func (c *check) count(id pack.ID, scan pack.Scan, good, bad []pack.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Packs++
	c.report.Blocks += len(good) + len(bad)
	c.hurt[id] = len(scan.Lost)+len(scan.Healed)+len(bad) > 0
	c.blank[id] = len(scan.Lost)
	c.good[id], c.bad[id] = good, bad
	for _, e := range good {
		c.known[e.Name], c.kinds[e.Name] = e.Raw, e.Kind
	}
}

// unknown counts what may have held versions: packs that are gone, where nothing can be
// found, and roots that are nowhere else.
func (c *check) unknown() int {
	n := c.gone
	for id, places := range c.blank {
		n += places
		for _, e := range c.bad[id] {
			if _, sound := c.known[e.Name]; e.Kind == seal.Root && !sound {
				n++
			}
		}
	}
	return n
}

// block says whether a block is sound, as far as it is looked at.
func (c *check) block(r *pack.Reader, e pack.Entry) (ok bool, err error) {
	if err := c.ctx.Err(); err != nil {
		return false, canceled(c.ctx)
	}
	if !c.opt.ReadData && (c.opt.Sample <= 0 || rand.Float64() >= c.opt.Sample) {
		return true, nil
	}
	buf := make([]byte, e.Stored)
	err = r.Block(buf, e.Offset)
	if err == nil {
		_, err = c.space.unseal(nil, buf, e.Name, e.Kind, e.Raw)
	}
	if errors.Is(err, codec.ErrNewer) {
		return false, err // neither sound nor damaged: nobody can tell who does not know
	}
	c.mu.Lock()
	c.report.Bytes += int64(e.Stored)
	c.opt.Progress("reading blocks", c.report.Bytes, c.total)
	c.mu.Unlock()
	if err != nil {
		c.damage(Damage{File: pack.Path(r.ID), From: int64(e.Offset), To: int64(e.Offset) + int64(e.Stored),
			What: "block " + e.Name.String()[:16] + ": " + reason(err)})
	}
	return err == nil, nil
}

// reason is an error without what the damage that it is about says itself. A disk that cannot read its
// own sector is damage like any other.
func reason(err error) string {
	if f := fault.As(err); f != nil {
		return f.Message()
	}
	return fault.Bare(err).Error()
}

// versions follows everything that was put down to its blocks: each version with all that it lost,
// though another one lost it as well.
func (c *check) versions() error {
	c.opt.Progress("following what was put", 0, 0)
	versions, err := c.space.Versions()
	c.report.Versions = len(versions)
	if err != nil && len(versions) == 0 && fault.KindOf(err) != fault.Damaged {
		return err
	}
	r := &reach{space: c.space, ctx: c.ctx, seen: map[tree.Name]found{}}
	for _, v := range versions {
		hits := c.report.HitCount
		r.lost = func(path string, name tree.Name, err error) { c.hit(v, path, err) }
		r.leaf = func(path string, link tree.Link) bool {
			err := c.leaf(link)
			if err != nil {
				c.hit(v, path, err)
			}
			return err == nil
		}
		if err := r.all([]Version{v}); err != nil {
			return err
		}
		if c.report.HitCount > hits {
			r.forget()
		}
	}
	c.drop()
	return nil
}

// leaf says what is wrong with a piece of a file.
func (c *check) leaf(link tree.Link) error {
	raw, ok := c.known[link.Name]
	if ok && c.kinds[link.Name] == seal.Data {
		if uint64(raw) != link.Size {
			return errLie(link.Name)
		}
		return nil
	}
	place, ok := c.space.found(link.Name)
	if _, scanned := c.good[place.In]; !ok || scanned || place.Kind != seal.Data {
		return missing(link.Name)
	}
	if !c.opt.ReadData { // its pack came while the others were read
		return nil
	}
	_, err := c.space.load(nil, link.Name, seal.Data, int64(link.Size))
	return err
}

// drop forgets hits of versions that somebody removed meanwhile, whose content a collection may have taken.
func (c *check) drop() {
	if c.report.HitCount == 0 {
		return
	}
	versions, _ := c.space.Versions() // what cannot be read is among the damages
	there := map[string]bool{}
	for _, v := range versions {
		there[v.ID.String()] = true
	}
	before := len(c.report.Hits)
	c.report.Hits = slices.DeleteFunc(c.report.Hits, func(h Hit) bool { return !there[h.ID] })
	c.report.HitCount -= before - len(c.report.Hits)
}

func (c *check) hit(v Version, path string, err error) {
	c.report.HitCount++
	if len(c.report.Hits) < maxHits {
		c.report.Hits = append(c.report.Hits, Hit{v.ID.String(), path, err.Error()})
	}
}
