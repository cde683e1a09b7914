package window

import (
	"encoding/binary"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inos/backend/fault"
)

func TestWhatIsDroppedIsForTheLabWhileItIsSeen(t *testing.T) {
	b := newBench(t)
	path := b.file("t.csv", []byte("a,b\n1,2\n"))
	if b.Dropped([]string{path}) {
		t.Error("nobody sees it")
	}
	b.Show(true)
	if !b.Dropped([]string{path}) || b.files[0].(LabFiles).Items[0].Kind != labTable {
		t.Errorf("%+v", b.files)
	}
	if !b.Dropped([]string{t.TempDir()}) || !strings.Contains(b.files[1].(string), "a folder") {
		t.Errorf("%+v", b.files)
	}
	_, err := b.take(slices.Repeat([]string{path}, maxLabFiles+1))
	is(t, err, fault.Budget)
}

func TestThePageReadsAnItemOnlyWithTheToken(t *testing.T) {
	b := newBench(t)
	item := must[LabItem](t)(b.Example("picture"))
	whole := b.get(item.URL)
	if whole.Code != http.StatusOK || whole.Header().Get("Content-Type") != "image/png" || int64(whole.Body.Len()) != item.Bytes {
		t.Errorf("%d %v", whole.Code, whole.Header())
	}
	part := b.get(item.URL, "Range", "bytes=1-3")
	if part.Code != http.StatusPartialContent || part.Body.String() != "PNG" {
		t.Errorf("%d %q", part.Code, part.Body)
	}
	page := describeBytes("evil.html", "text/html", []byte("<script>alert(1)</script>"))
	if w := b.get(b.items.add(b.token, page)[0].URL); w.Header().Get("Content-Type") != mediaUnknown ||
		!strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page is served as one: %v", w.Header())
	}
	for _, url := range []string{
		labPath + item.ID, labPath + "/" + item.ID, labPath + "x/" + item.ID, labPath + b.token + "/", labPath + b.token + "/../../etc/passwd",
		strings.Replace(item.URL, b.token, strings.ToLower(b.token), 1), "/etc/passwd",
	} {
		if w := b.get(url); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", url, w.Code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, item.URL, strings.NewReader("x"))
	w := httptest.NewRecorder()
	if b.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d", w.Code)
	}
	b.Forget(item.ID)
	if w := b.get(item.URL); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

func TestWhatAFileIsIsSeenByItsContent(t *testing.T) {
	b := newBench(t)
	picture := must[*labItem](t)(b.items.find(must[LabItem](t)(b.Example("picture")).ID)).data
	bomb := slices.Clone(picture)
	binary.BigEndian.PutUint32(bomb[16:], 1<<31-1) // the width
	for _, c := range []struct {
		name  string
		data  []byte
		media string
		kind  string
	}{
		{"a.png", picture, "image/png", labPicture},
		{"a.csv", picture, "image/png", labPicture},
		{"bomb.png", bomb, "image/png", labBytes},
		{"a.csv", []byte("a,b\n"), "text/csv", labTable},
		{"a.csv", []byte("\x00\x01"), mediaUnknown, labBytes},
		{"empty", nil, "text/plain", labText},
		{"a.svg", []byte("<svg onload='x'/>"), "text/plain", labText},
		{"a.txt", []byte("RIFF----WAVEfmt "), "audio/wav", labSound},
	} {
		item := b.chosen(b.file(c.name, c.data))[0]
		if item.Media != c.media || item.Kind != c.kind {
			t.Errorf("%s is %s, %s", c.name, item.Media, item.Kind)
		}
	}
	if pipe := filepath.Join(t.TempDir(), "pipe"); exec.Command("mkfifo", pipe).Run() == nil {
		_, err := b.take([]string{pipe})
		is(t, err, fault.Invalid)
	}
}

func TestTheExamplesAreWhatTheySay(t *testing.T) {
	b := newBench(t)
	for kind, want := range map[string]string{"picture": labPicture, "sound": labSound, "table": labTable, "matrix": labTable, "text": labText} {
		if item := must[LabItem](t)(b.Example(kind)); item.Kind != want || item.Bytes == 0 {
			t.Errorf("%s: %+v", kind, item)
		}
	}
	_, err := b.Example("film")
	is(t, err, fault.NotFound)
	sound := must[LabItem](t)(b.Example("sound"))
	data := must[[]byte](t)(io.ReadAll(b.get(sound.URL).Body))
	loudest := 0.0
	for i := 44; i < len(data); i += 2 {
		loudest = math.Max(loudest, math.Abs(float64(int16(binary.LittleEndian.Uint16(data[i:])))))
	}
	if loudest < 10000 || loudest > 32000 {
		t.Errorf("the loudest sample is %v", loudest)
	}
}

func TestOldResultsMakeRoomForNewOnes(t *testing.T) {
	var s labShelf
	first := s.add("t", describeBytes("a", "", []byte("a")))[0]
	for range maxLabItems {
		s.add("t", describeBytes("b", "", []byte("b")))
	}
	if _, err := s.find(first.ID); err == nil || len(s.items) != maxLabItems {
		t.Errorf("%d items", len(s.items))
	}
	big := &labItem{data: make([]byte, maxLabBytes+1)}
	if s.add("t", big); len(s.items) != 1 || s.items[0] != big {
		t.Errorf("%d items", len(s.items))
	}
}
