package store

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/store/disk"
	"inos/backend/store/index"
)

// named is content that its name describes, so that whoever finds it knows what it has to be.
func named(seed byte, n int) (name string, data []byte) {
	if seed%2 == 0 {
		return fmt.Sprintf("%d %d", seed, n), random(seed, n)
	}
	return fmt.Sprintf("%d %d", seed, n), text(seed, n)
}

// matches says that a version is what its name says. One that was removed meanwhile may be gone.
func matches(s *Space, v Version) error {
	var seed byte
	var n int
	if _, err := fmt.Sscanf(string(v.Root.Path), "%d %d", &seed, &n); err != nil {
		return err
	}
	got, err := content(s, v)
	if err != nil {
		if _, gone := s.current(v); fault.KindOf(gone) == fault.NotFound {
			return nil
		}
		return fmt.Errorf("%s: %w", v.Root.Path, err)
	}
	if _, want := named(seed, n); !bytes.Equal(got, want) {
		return fmt.Errorf("%s came back wrong", v.Root.Path)
	}
	return nil
}

// busy is whoever works on a space.
type busy struct {
	*Space
	r    *rand.Rand
	seed byte
	kept map[string]Version
}

// write puts, pins and removes, and reads what it put.
func (b *busy) write(ctx context.Context) error {
	b.seed += 16
	name, data := named(b.seed, 1+b.r.IntN(300<<10))
	p, err := b.PutStream(ctx, name, bytes.NewReader(data), PutOptions{})
	if err != nil {
		return err
	}
	b.kept[name] = p.Version
	for name, v := range b.kept {
		if err := matches(b.Space, v); err != nil {
			return err
		}
		switch b.r.IntN(3) {
		case 0:
			if err := b.Remove(ctx, v); err != nil {
				return err
			}
			delete(b.kept, name)
		case 1:
			return b.Pin(ctx, v, b.r.IntN(2) == 0)
		}
		break
	}
	return nil
}

func (b *busy) read(context.Context) error {
	all, err := b.Versions()
	if err != nil || len(all) == 0 {
		return err
	}
	return matches(b.Space, all[b.r.IntN(len(all))])
}

func (b *busy) collect(ctx context.Context) error {
	_, err := b.Collect(ctx, 20*time.Second, nil)
	return waited(err)
}

func (b *busy) archive(ctx context.Context) error {
	_, err := b.Archive(ctx, ArchiveOptions{Budget: 100 * time.Millisecond})
	return waited(err)
}

// waited lets pass that somebody else is at it.
func waited(err error) error {
	if f := fault.As(err); f != nil && f.Kind == fault.Unavailable && strings.Contains(f.Message(), "under way") {
		return nil
	}
	return err
}

func (b *busy) check(ctx context.Context) error {
	r, err := b.Check(ctx, CheckOptions{ReadData: true})
	if err == nil && (r.HitCount > 0 || severe(r)) {
		err = fmt.Errorf("%+v", r)
	}
	return err
}

func times(n int, do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for range n {
			if err := do(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

// Several writers, readers, collectors, an archiver and a checker on two stores over one folder.
func TestManyWorkAtOnceOnOneFolder(t *testing.T) {
	dir := disk.Dir(t.TempDir())
	spaces := []*Space{newSpaceOn(t, dir), again(t, dir)}
	var all sync.WaitGroup
	var workers []*busy
	start := func(n int, do func(*busy) func(context.Context) error) {
		seed := byte(len(workers))
		b := &busy{spaces[n%2], rand.New(rand.NewPCG(uint64(seed), 1)), seed, map[string]Version{}}
		workers = append(workers, b)
		all.Go(func() {
			if err := do(b)(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	for n := range 4 {
		start(n, func(b *busy) func(context.Context) error { return times(12, b.write) })
		start(n, func(b *busy) func(context.Context) error { return times(40, b.read) })
		start(n, func(b *busy) func(context.Context) error { return times(6, b.collect) })
	}
	start(0, func(b *busy) func(context.Context) error { return times(3, b.archive) })
	start(1, func(b *busy) func(context.Context) error { return times(6, b.check) })
	all.Wait()
	end := again(t, dir)
	kept := 0
	for _, b := range workers {
		for name, v := range b.kept {
			kept++
			if _, err := end.current(v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := matches(end, v); err != nil {
				t.Error(err)
			}
		}
	}
	if got, err := end.Versions(); err != nil || len(got) != kept {
		t.Errorf("%d versions, %d were kept, %v", len(got), kept, err)
	}
	sound(t, end)
	onlyLive(t, end)
}

// onlyLive collects, and says whether anything else is left.
func onlyLive(t *testing.T, s *Space) {
	t.Helper()
	for range 2 {
		if _, err := s.Collect(t.Context(), time.Minute, nil); err != nil {
			t.Fatal(err)
		}
	}
	live, err := s.live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var waste, sum int64
	s.table.Each(func(b index.Block) bool {
		sum += int64(b.Stored)
		if !b.First || !isLive(live, b) {
			waste += int64(b.Stored)
		}
		return true
	})
	if waste > sum/wasteShare {
		t.Errorf("%d of %d bytes are of no use", waste, sum)
	}
	sound(t, s)
}

const (
	roleEnv   = "INOS_STORE_TEST_ROLE"
	folderEnv = "INOS_STORE_TEST_FOLDER"
)

// TestMain lets the test's own program be the other process.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleEnv); role != "" {
		if err := play(role, os.Getenv(folderEnv)); err != nil {
			fmt.Fprintln(os.Stderr, role, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func play(role, folder string) error {
	ctx := context.Background()
	if role == "stream" {
		return large(ctx, folder)
	}
	s, err := New(disk.Dir(folder), master).Space(Main)
	if err != nil {
		return err
	}
	b := &busy{s, rand.New(rand.NewPCG(7, 7)), 1, map[string]Version{}}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	switch role {
	case "put":
		return times(25, b.write)(ctx)
	case "get":
		return times(80, b.read)(ctx)
	case "gc":
		return times(12, b.collect)(ctx)
	}
	return fmt.Errorf("no such role")
}

// player is another process; say lets it begin.
type player struct {
	*exec.Cmd
	say func()
	out bytes.Buffer
}

func (p *player) Write(b []byte) (int, error) { return p.out.Write(b) }

func other(t *testing.T, role, folder string) *player {
	t.Helper()
	p := &player{Cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.Env = append(os.Environ(), roleEnv+"="+role, folderEnv+"="+folder)
	p.Stderr = p
	in, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(role, err)
	}
	p.say = func() { fmt.Fprintln(in, "go") }
	return p
}

func TestThreeProcessesPutGetAndCollectAtOnce(t *testing.T) {
	folder := t.TempDir()
	s := newSpaceOn(t, disk.Dir(folder))
	name, data := named(200, 100<<10)
	kept := put(t, s, name, data).Version
	var all []*player
	for _, role := range []string{"put", "get", "gc"} {
		all = append(all, other(t, role, folder))
	}
	for _, p := range all {
		p.say()
	}
	for _, p := range all {
		if err := p.Wait(); err != nil {
			t.Errorf("%v: %s", err, p.out.String())
		}
	}
	has(t, s, kept, data)
	versions, err := s.Versions()
	if err != nil {
		t.Error(err)
	}
	for _, v := range versions {
		if err := matches(s, v); err != nil {
			t.Error(err)
		}
	}
	sound(t, s)
	onlyLive(t, s)
}
