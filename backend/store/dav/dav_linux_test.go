package dav

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"inos/backend/fault"
	"inos/backend/store"
	"inos/backend/store/disk"
	"inos/backend/store/tree"
)

// oddNames are what a file system takes.
var oddNames = []string{
	"plain.txt", " spaces ", "a%2Fb", "%", "percent%41", "quote\"'<&>", "new\nline", "\x01\x7f", "\xff\xfe latin",
	"ünï", "日本語", "back\\slash", "?query#fragment;", "..dots", "...", strings.Repeat("n", 255), "-", "a+b", "CON", "~", "*",
}

// stored is a folder with odd names and a large file with a hole, in a store.
type stored struct {
	space   *store.Space
	version store.Version
	files   map[string][]byte // by path in the folder
}

func storedTree(t *testing.T) stored {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "tree")
	s := stored{files: map[string][]byte{"empty": {}}}
	for i, name := range oddNames {
		s.files[name] = []byte(fmt.Sprint("content ", i))
	}
	for _, name := range oddNames[1:9] {
		s.files[filepath.Join("folder "+name, name)] = []byte("deep in " + name)
	}
	large := make([]byte, 9<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(large[:4<<20])
	_, _ = rand.NewChaCha8([32]byte{2}).Read(large[8<<20:])
	s.files["large.bin"] = large
	for name, data := range s.files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink("/etc/passwd", filepath.Join(folder, "link")), sparse(folder, large)); err != nil {
		t.Fatal(err)
	}
	var err error
	s.space, err = store.New(disk.Dir(t.TempDir()), [32]byte{7}).Create(t.Context(), store.Settings{Name: store.Main})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.space.Close)
	put, err := s.space.PutPath(t.Context(), folder, store.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.version = put.Version
	return s
}

// sparse makes the zeros of the large file a hole.
func sparse(folder string, large []byte) error {
	f, err := os.Create(filepath.Join(folder, "large.bin"))
	if err != nil {
		return err
	}
	_, err = f.WriteAt(large[:4<<20], 0)
	_, err2 := f.WriteAt(large[8<<20:], 8<<20)
	return errors.Join(err, err2, f.Close())
}

func serve(t *testing.T, tree *Tree) *Server {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Listen(ctx, "127.0.0.1:0", tree)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// at is the address of a path below the server's.
func (s *Server) at(path string) string {
	return "http://" + s.Address() + (&url.URL{Path: "/" + s.token + "/" + path}).EscapedPath()
}

type answer struct {
	*http.Response
	body []byte
}

func ask(t *testing.T, method, address string, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, data}
}

// listed are the paths of a PROPFIND's answer.
func listed(t *testing.T, s *Server, path string) []string {
	t.Helper()
	got := ask(t, "PROPFIND", s.at(path), "", "Depth", "1")
	if got.StatusCode != http.StatusMultiStatus {
		t.Fatalf("%q: %s %s", path, got.Status, got.body)
	}
	var doc struct {
		Responses []struct {
			Href string `xml:"href"`
		} `xml:"response"`
	}
	if err := xml.Unmarshal(got.body, &doc); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range doc.Responses[1:] {
		plain, err := url.PathUnescape(r.Href)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimPrefix(plain, "/"+s.token+"/"))
	}
	return out
}

func TestAVersionIsReadByteForByteWhateverItsNames(t *testing.T) {
	stored := storedTree(t)
	s := serve(t, One(Version{stored.space, stored.version}))
	var found []string
	for folders := []string{""}; len(folders) > 0; folders = folders[1:] {
		for _, name := range listed(t, s, folders[0]) {
			if strings.HasSuffix(name, "/") {
				folders = append(folders, name)
			} else {
				found = append(found, name)
			}
		}
	}
	if len(found) != len(stored.files) {
		t.Errorf("%d files, want %d: %q", len(found), len(stored.files), found)
	}
	for _, name := range found {
		if got := ask(t, "GET", s.at(name), ""); got.StatusCode != http.StatusOK || !bytes.Equal(got.body, stored.files[name]) {
			t.Errorf("%q: %s, %d bytes, want %d", name, got.Status, len(got.body), len(stored.files[name]))
		}
		if got := ask(t, "HEAD", s.at(name), ""); got.ContentLength != int64(len(stored.files[name])) {
			t.Errorf("%q has %d bytes", name, got.ContentLength)
		}
	}
	if got := ask(t, "GET", s.at("link"), ""); got.StatusCode != http.StatusNotFound {
		t.Errorf("a link: %s", got.Status)
	}
}

// What a browser shows of a folder leads to all that is in it, whatever its names, and runs nothing.
func TestABrowserIsLedThroughTheFolders(t *testing.T) {
	stored := storedTree(t)
	s := serve(t, One(Version{stored.space, stored.version}))
	links := regexp.MustCompile(`<li><a href="\./([^"<>]*)">([^<>\x01]*)</a>`)
	found := 0
	for folders := []string{s.URL()}; len(folders) > 0; folders = folders[1:] {
		got := ask(t, "GET", folders[0], "")
		if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
			!strings.HasSuffix(got.Header.Get("Content-Security-Policy"), "default-src 'none'") ||
			bytes.Count(got.body, []byte("<li>")) != len(links.FindAll(got.body, -1)) || !utf8.Valid(got.body) {
			t.Fatalf("%s %v %s", got.Status, got.Header, got.body)
		}
		for _, link := range links.FindAllSubmatch(got.body, -1) {
			address := folders[0] + html.UnescapeString(string(link[1]))
			if strings.HasSuffix(address, "/") {
				folders = append(folders, address)
				continue
			}
			found++
			name, err := url.PathUnescape(strings.TrimPrefix(address, s.URL()))
			if file := ask(t, "GET", address, ""); err != nil || !bytes.Equal(file.body, stored.files[name]) {
				t.Errorf("%q: %s, %v", name, file.Status, err)
			}
		}
	}
	if found != len(stored.files) {
		t.Errorf("%d files, want %d", found, len(stored.files))
	}
	if got := ask(t, "GET", strings.TrimSuffix(s.URL(), "/"), ""); got.StatusCode != http.StatusOK {
		t.Error(got.Status) // it is led to the folder's own address
	}
	if got := ask(t, "HEAD", s.URL(), ""); got.StatusCode != http.StatusOK || len(got.body) > 0 {
		t.Error(got.Status)
	}
}

func TestTheTopIsAsOldAsWhatIsInIt(t *testing.T) {
	stored := storedTree(t)
	for versions, want := range map[int]string{1: stored.version.Time().UTC().Format(http.TimeFormat), 0: "Thu, 01 Jan 1970"} {
		all := []Version{{stored.space, stored.version}}[:versions]
		s := serve(t, All(func() ([]Version, error) { return all, nil }))
		got := ask(t, "PROPFIND", s.at(""), "", "Depth", "0")
		if !bytes.Contains(got.body, []byte("getlastmodified>"+want)) {
			t.Errorf("%d: %s", versions, got.body)
		}
	}
}

func TestAPartOfAFileIsReadAlone(t *testing.T) {
	stored := storedTree(t)
	s := serve(t, One(Version{stored.space, stored.version}))
	want := stored.files["large.bin"]
	ranges := [][2]int{{0, 1}, {len(want) - 1, len(want)}, {4<<20 - 5, 4<<20 + 5}, {8<<20 - 3, 8<<20 + 3}, {5 << 20, 7 << 20}, {0, len(want)}}
	random := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		from := random.IntN(len(want))
		ranges = append(ranges, [2]int{from, min(len(want), from+1+random.IntN(100_000))})
	}
	for _, r := range ranges {
		got := ask(t, "GET", s.at("large.bin"), "", "Range", fmt.Sprintf("bytes=%d-%d", r[0], r[1]-1))
		if got.StatusCode != http.StatusPartialContent || !bytes.Equal(got.body, want[r[0]:r[1]]) {
			t.Errorf("%v: %s, %d bytes", r, got.Status, len(got.body))
		}
	}
	if got := ask(t, "GET", s.at("large.bin"), "", "Range", "bytes=99999999-"); got.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("behind the end: %s", got.Status)
	}
	etag := ask(t, "HEAD", s.at("large.bin"), "").Header.Get("ETag")
	if got := ask(t, "GET", s.at("large.bin"), "", "If-None-Match", etag); got.StatusCode != http.StatusNotModified {
		t.Errorf("the same again: %s", got.Status)
	}
}

func TestAllVersionsAreShownBelowTheirPaths(t *testing.T) {
	stored := storedTree(t)
	now := time.Unix(1, 0)
	tree := All(func() (out []Version, err error) {
		versions, err := stored.space.Versions()
		for _, v := range versions {
			out = append(out, Version{stored.space, v})
		}
		return out, err
	})
	tree.now = func() time.Time { return now }
	s := serve(t, tree)
	path := "main" + string(stored.version.Root.Path) + "/"
	versions := listed(t, s, path)
	if len(versions) != 1 || !slices.Contains(listed(t, s, versions[0]), versions[0]+"plain.txt") {
		t.Fatalf("%q", versions)
	}
	for name, data := range map[string]string{"note": "one", "../../climbs/./x": "two", string(stored.version.Root.Path): "three"} {
		if _, err := stored.space.PutStream(t.Context(), name, strings.NewReader(data), store.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := listed(t, s, "main"); slices.Contains(got, "main/note/") {
		t.Error("what was read a moment ago was read again")
	}
	now = now.Add(fresh)
	if got := listed(t, s, "main"); !slices.Contains(got, "main/note/") || !slices.Contains(got, "main/_../") || len(got) != 3 {
		t.Errorf("%q", got)
	}
	for folder, want := range map[string]string{"main/note": "note=one", "main/_../_../climbs/_./x": "x=two"} {
		inside := listed(t, s, listed(t, s, folder)[0])
		if got := ask(t, "GET", s.at(inside[0]), ""); filepath.Base(inside[0])+"="+string(got.body) != want {
			t.Errorf("%s: %q is %q", folder, inside, got.body)
		}
	}
	if got := listed(t, s, path); len(got) != 2 {
		t.Errorf("two versions of a path: %q", got)
	}
}

func TestNobodyReadsWithoutTheSecretOrUnderAnotherName(t *testing.T) {
	stored := storedTree(t)
	s := serve(t, One(Version{stored.space, stored.version}))
	root := "http://" + s.Address()
	_, port, _ := strings.Cut(s.Address(), ":")
	for name, c := range map[string]struct {
		method, address string
		headers         []string
		want            int
	}{
		"with it":            {"GET", s.at("plain.txt"), nil, http.StatusOK},
		"as localhost":       {"GET", s.at("plain.txt"), []string{"Host", "localhost:" + port}, http.StatusOK},
		"the root":           {"PROPFIND", root + "/", []string{"Depth", "1"}, http.StatusNotFound},
		"without it":         {"GET", root + "/plain.txt", nil, http.StatusNotFound},
		"another":            {"GET", root + "/" + strings.Repeat("A", 26) + "/plain.txt", nil, http.StatusNotFound},
		"the start of it":    {"GET", root + "/" + s.token[:25] + "/plain.txt", nil, http.StatusNotFound},
		"more than it":       {"PROPFIND", root + "/" + s.token + "x/", []string{"Depth", "1"}, http.StatusNotFound},
		"up and back":        {"GET", root + "/x/../" + s.token + "/plain.txt", nil, http.StatusNotFound},
		"another's name":     {"GET", s.at("plain.txt"), []string{"Host", "evil.example:" + port}, http.StatusForbidden},
		"a name like ours":   {"GET", s.at("plain.txt"), []string{"Host", "127.0.0.1.evil.example"}, http.StatusForbidden},
		"all at once":        {"PROPFIND", s.at(""), []string{"Depth", "infinity"}, http.StatusForbidden},
		"no depth":           {"PROPFIND", s.at(""), nil, http.StatusForbidden},
		"a path that climbs": {"GET", s.at("../../../etc/passwd"), nil, http.StatusNotFound},
		"an encoded climb":   {"GET", root + "/" + s.token + "/%2e%2e/%2e%2e/etc/passwd", nil, http.StatusNotFound},
		"below a file":       {"GET", s.at("plain.txt/x"), nil, http.StatusNotFound},
		"a NUL":              {"GET", s.at("plain.txt\x00"), nil, http.StatusNotFound},
	} {
		got := ask(t, c.method, c.address, "", c.headers...)
		if got.StatusCode != c.want || c.want != http.StatusOK && bytes.Contains(got.body, []byte("content")) {
			t.Errorf("%s: %s %s", name, got.Status, got.body)
		}
	}
	if got := ask(t, "PROPFIND", s.at(""), strings.Repeat("<", maxBodyBytes+1), "Depth", "0"); got.StatusCode != http.StatusBadRequest {
		t.Errorf("a question that is too long: %s", got.Status)
	}
}

func TestNothingCanBeChanged(t *testing.T) {
	stored := storedTree(t)
	tree := One(Version{stored.space, stored.version})
	s := serve(t, tree)
	for _, method := range []string{"PUT", "POST", "DELETE", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "PROPPATCH", "PATCH", "BREW"} {
		got := ask(t, method, s.at("plain.txt"), "new", "Destination", s.at("other"))
		if got.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", method, got.Status)
		}
	}
	if got := ask(t, "GET", s.at("plain.txt"), ""); !bytes.Equal(got.body, stored.files["plain.txt"]) {
		t.Errorf("it is %q now", got.body)
	}
	if got := ask(t, "OPTIONS", s.at(""), "").Header; got.Get("DAV") != "1" || strings.Contains(got.Get("Allow"), "PUT") {
		t.Errorf("it offers %v", got)
	}
	for what, err := range map[string]error{
		"mkdir": tree.Mkdir(t.Context(), "/x", 0o700), "remove": tree.RemoveAll(t.Context(), "/plain.txt"),
		"rename": tree.Rename(t.Context(), "/plain.txt", "/y"),
	} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := tree.OpenFile(t.Context(), "/plain.txt", os.O_RDWR, 0); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("opened to be written: %v", err)
	}
}

func TestOthersCannotReachIt(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.168.1.2:0", "[::]:0", "example.org:80", "nonsense", ""} {
		if s, err := Listen(t.Context(), address, newTree()); err == nil {
			t.Errorf("%q: it listens at %s", address, s.Address())
		} else if kind := fault.KindOf(err); kind != fault.Denied && kind != fault.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWhatIsKeptInMemoryIsBounded(t *testing.T) {
	c := newCache[int](100, func(n int) int { return n })
	for i := range 1000 {
		weight := 1 + i%60
		if got, err := c.get(i, func() (int, error) { return weight, nil }); got != weight || err != nil {
			t.Fatal(got, err)
		}
		if c.sum > 100 || len(c.known) != c.order.Len() {
			t.Fatalf("%d kept, %d known, %d in order", c.sum, len(c.known), c.order.Len())
		}
	}
	if got, _ := c.get(999, func() (int, error) { return 0, errors.New("read again") }); got != 1+999%60 {
		t.Error("what was used last was not kept")
	}
	if _, err := c.get(-1, func() (int, error) { return 1, io.EOF }); err == nil {
		t.Error("an error was kept")
	}
	if got, err := c.get(-1, func() (int, error) { return 1, nil }); got != 1 || err != nil {
		t.Error("an error was kept")
	}
}

func TestADamagedBlockIsNeverServedAsContent(t *testing.T) {
	stored := storedTree(t)
	top := stored.version
	entry, err := stored.space.Lookup(t.Context(), top, "large.bin")
	if err != nil {
		t.Fatal(err)
	}
	hurt := One(Version{stored.space, top})
	hurt.top = &branch{kids: map[string]*branch{"large.bin": {space: stored.space, entry: func() tree.Entry {
		entry.Content.Name[0] ^= 1 // what it refers to is not there
		return entry
	}()}}}
	s := serve(t, hurt)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", s.at("large.bin"), nil)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode == http.StatusOK {
		t.Errorf("%d bytes were taken for a whole file", len(data))
	}
}
