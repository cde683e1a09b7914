package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/blake3"
)

// StoreTree is what is put: the same on one machine in each run.
type StoreTree struct {
	Files int         `json:"files"`
	Bytes int64       `json:"bytes"`
	Parts []StorePart `json:"parts"`
	// FileSystem is that of the tree, the stores and the targets; empty: not known.
	FileSystem string `json:"file_system,omitempty"`
	Digest     string `json:"digest"` // of names and contents
}

// StorePart is one folder of it.
type StorePart struct {
	Name  string `json:"name"`
	What  string `json:"what"`
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
}

// treePart is how one folder is made, with percent of all bytes.
type treePart struct {
	name    string
	percent int64
	make    func(*treeMaker) (what string, err error)
}

// What the parts of the archive's figure are called.
const (
	sourcesPart  = "sources"
	programsPart = "programs"
)

var treeParts = []treePart{
	{sourcesPart, 16, (*treeMaker).sources},
	{programsPart, 34, (*treeMaker).machinePrograms},
	{"media", 24, (*treeMaker).media},
	{"small", 4, (*treeMaker).small},
	{"duplicates", 10, (*treeMaker).duplicates},
	{"large", 12, (*treeMaker).large},
}

// treeMaker fills one folder.
type treeMaker struct {
	ctx    context.Context
	root   string // of the tree
	folder string
	left   int64
	part   StorePart
	random *rand.Rand
}

func makeStoreTree(ctx context.Context, root string, size int64) (StoreTree, error) {
	var t StoreTree
	for _, p := range treeParts {
		m := &treeMaker{ctx: ctx, root: root, folder: filepath.Join(root, p.name), left: size * p.percent / 100,
			random: rand.New(rand.NewPCG(1, uint64(len(p.name))))}
		what, err := p.make(m)
		if err != nil {
			return t, err
		}
		m.part.Name, m.part.What = p.name, what
		t.Parts = append(t.Parts, m.part)
		t.Files, t.Bytes = t.Files+m.part.Files, t.Bytes+m.part.Bytes
	}
	var err error
	t.FileSystem = fileSystem(root)
	t.Digest, err = digestTree(root)
	return t, err
}

// write makes a file of at most the bytes that are left of what r has; done says that none are.
func (m *treeMaker) write(name string, r io.Reader) (done bool, err error) {
	if err := m.ctx.Err(); err != nil {
		return true, err
	}
	path := filepath.Join(m.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return true, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return true, err
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{f}, io.LimitReader(r, m.left), make([]byte, 64<<10))
	m.left -= n
	m.part.Files++
	m.part.Bytes += n
	return m.left <= 0, errors.Join(err, f.Close())
}

// copyFrom copies files of folders that the machine has, in the order of their names.
func (m *treeMaker) copyFrom(wanted func(path string) bool, folders ...string) error {
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() || !wanted(path) {
				return nil // what cannot be read is not what is measured
			}
			f, err := os.Open(path)
			if err != nil {
				return nil
			}
			defer f.Close()
			done, err := m.write(strings.TrimPrefix(path, folder), f)
			if done && err == nil {
				err = fs.SkipAll
			}
			return err
		})
		if err != nil || m.left <= 0 {
			return err
		}
	}
	return nil
}

func (m *treeMaker) sources() (string, error) {
	what := "generated text like source code"
	err := m.copyFrom(func(path string) bool { return filepath.Ext(path) == ".go" || filepath.Ext(path) == ".s" },
		filepath.Join(goRoot(), "src"))
	if m.part.Files > 0 {
		what = "Go's sources, then " + what
	}
	for i := 0; err == nil && m.left > 0; i++ {
		_, err = m.write(fmt.Sprintf("generated/%d/%d.go", i%50, i), m.code(2_000+m.random.IntN(40_000)))
	}
	return what, err
}

// goRoot is where Go lies, if it is there.
func goRoot() string {
	path, err := exec.LookPath("go")
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "/usr/local/go"
	}
	return filepath.Dir(filepath.Dir(path))
}

// code is text like source code: few words, many of them often.
func (m *treeMaker) code(n int) io.Reader {
	var b bytes.Buffer
	words := rand.NewZipf(m.random, 1.2, 4, 4000)
	for b.Len() < n {
		fmt.Fprintf(&b, "%sw%d := f%d(w%d, %d)\n", strings.Repeat("\t", m.random.IntN(4)), words.Uint64(), words.Uint64(), words.Uint64(),
			m.random.IntN(100))
	}
	return &b
}

func (m *treeMaker) machinePrograms() (string, error) {
	what := "generated tables like those of programs"
	err := m.copyFrom(func(path string) bool {
		return strings.Contains(filepath.Base(path), ".so") || strings.Contains(path, "/bin/") || strings.Contains(path, "/tool/")
	}, "/usr/lib", "/usr/bin", filepath.Join(goRoot(), "pkg"), filepath.Join(goRoot(), "bin"))
	if m.part.Files > 0 {
		what = "this machine's libraries and programs, then " + what
	}
	for i := 0; err == nil && m.left > 0; i++ {
		_, err = m.write(fmt.Sprintf("generated/%d", i), m.table(100_000+m.random.IntN(4_000_000)))
	}
	return what, err
}

// table is numbers of four bytes that rise a little, with few sorts of words between.
func (m *treeMaker) table(n int) io.Reader {
	out := make([]byte, 0, n+16)
	for at := uint32(m.random.Uint32()); len(out) < n; {
		at += m.random.Uint32N(256)
		out = append(out, byte(at), byte(at>>8), byte(at>>16), byte(at>>24))
		out = append(out, []byte("\x48\x89\xe5\x0f\x1f\x44\x00\x00")[:m.random.IntN(9)]...)
	}
	return bytes.NewReader(out[:n])
}

// noise cannot be compressed.
func (m *treeMaker) noise(n int64) io.Reader {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(m.random.Uint32())
	}
	return io.LimitReader(rand.NewChaCha8(seed), n)
}

func (m *treeMaker) media() (string, error) {
	var err error
	for i := 0; err == nil && m.left > 0; i++ {
		_, err = m.write(fmt.Sprintf("%d.jpg", i), m.noise(200_000+m.random.Int64N(6_000_000)))
	}
	return "noise, as photographs and films are", err
}

func (m *treeMaker) small() (string, error) {
	var err error
	for i := 0; err == nil && m.left > 0; i++ {
		_, err = m.write(fmt.Sprintf("%d/%d/%d.txt", i%10, i%200, i), m.code(m.random.IntN(4_000)))
	}
	return "generated texts of up to 4 KB", err
}

func (m *treeMaker) duplicates() (string, error) {
	err := m.copyFrom(func(path string) bool { return !strings.Contains(path, "/small/") }, filepath.Join(m.root, "media"),
		filepath.Join(m.root, programsPart))
	return "copies of files of the other folders", err
}

// large is a log, and programs in a row, each behind a line that was not there before.
func (m *treeMaker) large() (string, error) {
	all := m.left
	m.left = all / 3
	if _, err := m.write("log.txt", m.log()); err != nil {
		return "", err
	}
	m.left = all - all/3
	var paths []string
	err := filepath.WalkDir(filepath.Join(m.root, programsPart), func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	slices.Reverse(paths)
	r := &row{paths: paths}
	defer r.close()
	_, err = m.write("disk.img", bufio.NewReaderSize(r, 1<<20))
	return "a log, and programs in one file", err
}

// log is lines with times that rise.
func (m *treeMaker) log() io.Reader {
	at := 0
	return &lines{next: func(b *bytes.Buffer) {
		at += m.random.IntN(1000)
		fmt.Fprintf(b, "%09d host%d service[%d]: %s request %x took %d ms\n", at, m.random.IntN(20), m.random.IntN(3000),
			[]string{"GET", "PUT", "POST"}[m.random.IntN(3)], m.random.Uint64(), m.random.IntN(500))
	}}
}

// lines is endless text.
type lines struct {
	next func(*bytes.Buffer)
	b    bytes.Buffer
}

func (l *lines) Read(p []byte) (int, error) {
	for l.b.Len() < len(p) {
		l.next(&l.b)
	}
	return l.b.Read(p)
}

// row is files one after the other, over and over.
type row struct {
	paths []string
	at    int
	file  *os.File
}

func (r *row) Read(p []byte) (int, error) {
	for {
		if r.file == nil {
			if len(r.paths) == 0 {
				return 0, io.EOF
			}
			f, err := os.Open(r.paths[r.at%len(r.paths)])
			if err != nil {
				return 0, err
			}
			r.file = f
			r.at++
			return copy(p, fmt.Sprintf("file %d\n", r.at)), nil
		}
		n, err := r.file.Read(p)
		if n > 0 {
			return n, nil
		}
		if !errors.Is(err, io.EOF) {
			return 0, err
		}
		r.close()
	}
}

func (r *row) close() {
	if r.file != nil {
		_ = r.file.Close() // only read
		r.file = nil
	}
}

// digestTree is over all names and contents, in the order of the names.
func digestTree(root string) (string, error) {
	sum := blake3.New()
	buf := make([]byte, 256<<10)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%q\n", name)
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		n, err := io.CopyBuffer(sum, struct{ io.Reader }{f}, buf)
		fmt.Fprintf(sum, "%d\n", n)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// sameStoreTree says whether what came out is what went in.
func sameStoreTree(t StoreTree, root string) error {
	got, err := digestTree(root)
	if err == nil && got != t.Digest {
		err = errors.New("it restored other bytes than those that were put")
	}
	return err
}
