package window

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/grant"
	"inos/backend/host/hosttest"
	"inos/backend/job"
	"inos/backend/manifest"
	"inos/backend/node"
	"inos/backend/settings/settingstest"
	"inos/backend/unit"
)

const outsideID = "dev.inos.outside"

// chooser is a user who chooses what the test says; an empty path: they close the dialog.
type chooser struct {
	file, folder string
	err          error
	titles       []string
}

func (c *chooser) PluginFile() (string, error) { return c.file, c.err }
func (c *chooser) Folder(title string) (string, error) {
	c.titles = append(c.titles, title)
	return c.folder, c.err
}

// shelf is a panel over a real node with an empty plugin folder.
type shelf struct {
	*Plugins
	t        *testing.T
	node     *node.Node
	user     *chooser
	keychain *settingstest.Keychain
	folder   string // where files come from
}

func newShelf(t *testing.T) *shelf { return newShelfWith(t, false) }

// newShelfWith is newShelf; watched: the node hears of changes by itself, like a window's.
func newShelfWith(t *testing.T, watched bool) *shelf {
	t.Helper()
	k := &settingstest.Keychain{}
	n, err := node.Start(t.Context(), node.Options{
		DataDir: t.TempDir(), WorkerPath: hosttest.Worker(t), AllowNoSeccomp: true, Who: "window",
		Keychain: k, Watch: watched,
		Policy: unit.Policy{FirstPause: time.Hour, MaxPause: time.Hour, Failures: 4, Window: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	s := &shelf{t: t, node: n, user: &chooser{}, keychain: k, folder: t.TempDir()}
	s.Plugins = &Plugins{
		Node: n, Dialogs: s.user, LogDir: t.TempDir(),
		Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	}
	return s
}

// file is the plugin that asks for everything, as another edition.
func (s *shelf) file(name string, change func(*manifest.Manifest)) string {
	s.t.Helper()
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path, hosttest.Edition(s.t, hosttest.Outside, change), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func version(v string) func(*manifest.Manifest) {
	return func(m *manifest.Manifest) { m.Version = v }
}

func (s *shelf) install(change func(*manifest.Manifest)) {
	s.t.Helper()
	offer, err := s.OfferFile(s.file("outside.wasm", change))
	if err == nil {
		_, err = s.Install(offer.Digest, true)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// card is the only plugin.
func (s *shelf) card() PluginCard {
	s.t.Helper()
	cards, err := s.List()
	if err != nil || len(cards) != 1 {
		s.t.Fatalf("%+v, %v", cards, err)
	}
	return cards[0]
}

func (s *shelf) answer(key string) grant.Decision {
	s.t.Helper()
	for _, p := range s.card().Permissions {
		if p.Key == key && p.Answer != nil {
			return p.Answer.Decision
		}
	}
	return ""
}

func TestACardSaysWhatOneWantsToKnow(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	c := s.card()
	if c.Key != outsideID || c.Name != "Outside" || c.Source != "installed" || !c.Enabled || c.Refused != "" {
		t.Errorf("%+v", c)
	}
	if c.Signature != "unsigned" || !strings.Contains(c.SignedBy, "nobody signed it") || c.Bytes == 0 {
		t.Errorf("%q %q %d", c.Signature, c.SignedBy, c.Bytes)
	}
	if len(c.Units) != 1 || c.Units[0].Ops[0] != "clock" || c.Units[0].Live {
		t.Errorf("units %+v", c.Units)
	}
	if p := c.Permissions[0]; p.Key != "now" || p.Sentence == "" || p.Reason == "" || p.Answer != nil {
		t.Errorf("permission %+v", p)
	}
}

func TestAFileIsInstalledAsItWasShown(t *testing.T) {
	s := newShelf(t)
	s.user.file = s.file("outside.wasm", version("1.2.0"))
	offer, err := s.OfferChosen()
	if err != nil || offer.Plugin.Version != "1.2.0" || offer.From != "" || len(offer.Plugin.Permissions) == 0 {
		t.Fatalf("%+v, %v", offer, err)
	}
	s.file("outside.wasm", version("6.6.6")) // it changes while the user reads
	if _, err := s.Install("another", false); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another digest: %v", err)
	}
	if c, err := s.Install(offer.Digest, false); err != nil || c.To != "1.2.0" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := s.Install(offer.Digest, false); fault.KindOf(err) != fault.NotFound {
		t.Errorf("twice: %v", err)
	}
	if c := s.card(); c.Version != "1.2.0" {
		t.Errorf("%+v", c)
	}
}

func TestANewVersionThatAsksForMoreSaysSo(t *testing.T) {
	s := newShelf(t)
	s.install(func(m *manifest.Manifest) {
		m.Version, m.FindPermission(manifest.PermitHTTP).Hosts = "1.0.0", []string{"a.example.org"}
	})
	offer, err := s.OfferFile(s.file("outside.wasm", func(m *manifest.Manifest) {
		m.Version, m.FindPermission(manifest.PermitHTTP).Hosts = "1.1.0", []string{"a.example.org", "b.example.org"}
	}))
	if err != nil || offer.From != "1.0.0" || len(offer.Beyond) != 1 ||
		offer.Beyond[0].Sentence != "exchange data with b.example.org" {
		t.Errorf("%+v, %v", offer, err)
	}
}

func TestWhatIsNoPluginIsNotOffered(t *testing.T) {
	s := newShelf(t)
	text := filepath.Join(s.folder, "a.wasm")
	write(t, text, "no plugin")
	for _, path := range []string{text, filepath.Join(s.folder, "none.wasm"), s.folder, "/dev/zero", ""} {
		if offer, err := s.OfferFile(path); err == nil {
			t.Errorf("%q: %+v", path, offer)
		}
	}
	if s.Offered().Digest != "" {
		t.Error("something is offered")
	}
}

func TestOnlyRefusedFilesAreOfferedByTheirPath(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	lies := s.card().Path
	if _, err := s.OfferRefused(lies); fault.KindOf(err) != fault.NotFound {
		t.Errorf("one that is used: %v", err)
	}
	if _, err := s.OfferRefused(s.file("b.wasm", version("1.0.0"))); fault.KindOf(err) != fault.NotFound {
		t.Errorf("one that lies elsewhere: %v", err)
	}
	if err := os.WriteFile(lies, hosttest.Edition(t, hosttest.Outside, version("1.1.0")), 0o600); err != nil {
		t.Fatal(err)
	}
	if c := s.card(); c.Refused == "" || c.Key != lies || c.Enabled {
		t.Fatalf("%+v", c)
	}
	if offer, err := s.OfferRefused(lies); err != nil || offer.From != "1.0.0" || offer.Plugin.Version != "1.1.0" {
		t.Errorf("%+v, %v", offer, err)
	}
}

func TestAPluginIsDisabledPinnedRemovedAndBroughtBack(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	s.install(version("1.1.0"))
	for _, step := range []struct {
		action string
		is     func(PluginCard) bool
	}{
		{"disable", func(c PluginCard) bool { return !c.Enabled }},
		{"enable", func(c PluginCard) bool { return c.Enabled }},
		{"rollback", func(c PluginCard) bool { return c.Version == "1.0.0" && c.Earlier[0].Version == "1.1.0" }},
		{"pin", func(c PluginCard) bool { return c.Pinned }},
		{"unpin", func(c PluginCard) bool { return !c.Pinned }},
		{"remove", func(c PluginCard) bool { return c.Removed && c.Key == outsideID && !c.Enabled }},
		{"rollback", func(c PluginCard) bool { return !c.Removed && c.Enabled && c.Version == "1.0.0" }},
	} {
		if _, err := s.Change(outsideID, step.action); err != nil || !step.is(s.card()) {
			t.Fatalf("%s: %v; %+v", step.action, err, s.card())
		}
	}
}

func TestWhatThePageSendsIsChecked(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	long := strings.Repeat("é", 4000)
	for what, err := range map[string]error{
		"an action":     second(s.Change(outsideID, long)),
		"a unit's name": second(s.Change("outside", "disable")),
		"a path":        second(s.Change("../../etc/passwd", "remove")),
		"an id":         second(s.Decide(long, "now", "always", "")),
		"a permission":  second(s.Decide(outsideID, long, "always", "")),
		"a decision":    second(s.Decide(outsideID, "now", long, "")),
		"hosts":         second(s.Decide(outsideID, "http", "always", "example.org")),
		"many hosts":    second(s.Decide(outsideID, "http", "always", strings.Repeat("a,", 9000))),
		"to revoke":     second(s.Revoke(outsideID, "")),
		"a log":         second(s.ExportLog("../" + long)),
	} {
		f := fault.As(err)
		if f == nil || f.Kind == fault.Internal || len(f.Error()) > 6000 {
			t.Errorf("%s: %v", what, err)
		}
	}
	if c := s.card(); !c.Enabled || s.answer("now") != "" {
		t.Errorf("%+v", c)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAnAnswerCountsAndIsTakenBack(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	for _, decision := range []grant.Decision{grant.Once, grant.Always, grant.Never} {
		if _, err := s.Decide(outsideID, "now", string(decision), ""); err != nil || s.answer("now") != decision {
			t.Errorf("%s: %v, %q", decision, err, s.answer("now"))
		}
	}
	if _, err := s.Revoke(outsideID, "now"); err != nil || s.answer("now") != "" {
		t.Errorf("%v, %q", err, s.answer("now"))
	}
	entries, err := s.Audit(outsideID)
	if err != nil || len(entries) != 4 || entries[0].Decision != "revoked" || entries[3].Who != "window" {
		t.Errorf("%+v, %v", entries, err)
	}
	if others, err := s.Audit("dev.inos.boids"); err != nil || len(others) != 0 {
		t.Errorf("%+v, %v", others, err)
	}
}

func TestAFolderIsPickedByTheUser(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	if _, err := s.Decide(outsideID, "read:inbox", "always", ""); err != nil || s.answer("read:inbox") != "" {
		t.Errorf("a closed dialog is an answer: %v, %q", err, s.answer("read:inbox"))
	}
	s.user.folder = s.folder
	rows, err := s.Decide(outsideID, "read:inbox", "always", "")
	if err != nil || rows[2].Answer == nil || rows[2].Answer.Folder != s.folder {
		t.Errorf("%+v, %v", rows, err)
	}
	asked := len(s.user.titles)
	if _, err := s.Decide(outsideID, "read:inbox", "never", ""); err != nil || len(s.user.titles) != asked {
		t.Errorf("%v; no needs no folder", err)
	}
	s.user.err = errors.New("no display")
	if _, err := s.Decide(outsideID, "write:outbox", "once", ""); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
}

func TestWhatAPluginUsesAndWhyItFailedIsTold(t *testing.T) {
	s := newShelf(t)
	s.install(version("1.0.0"))
	if _, err := s.node.Run(t.Context(), job.Request{Unit: "outside", Op: "clock"}); fault.KindOf(err) != fault.Denied {
		t.Fatal(err)
	}
	use := s.Usage()
	if len(use) != 1 || use[0].Plugin != outsideID || use[0].Calls != 1 || use[0].LastFailure == nil {
		t.Errorf("%+v", use)
	}
}

func TestALogIsWrittenWithALineForALine(t *testing.T) {
	if got := oneLine("a\nb\x1b[31mc\u0085d"); got != "a b [31mc d" {
		t.Errorf("%q", got)
	}
	s := newShelf(t)
	if _, err := s.ExportLog(outsideID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an empty one: %v", err)
	}
}
