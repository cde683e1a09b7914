package cli

import (
	"strings"
	"testing"
	"time"
)

// newStoreStand is a stand whose store is made with a passphrase.
func newStoreStand(t *testing.T) *stand {
	t.Helper()
	s := newStand(t)
	s.environment[passphraseVariable] = "correct horse battery staple"
	return s
}

// must runs a command that has to go well.
func (s *stand) must(t *testing.T, args ...string) outcome {
	t.Helper()
	got := s.inos(t.Context(), args...)
	if got.exit != ExitOK {
		t.Fatalf("%v: exit %d, %s%s", args, got.exit, got.stdout, got.stderr)
	}
	return got
}

func TestASpaceHasTheQuotaThatWasSaid(t *testing.T) {
	s := newStoreStand(t)
	if got := s.must(t, "store", "space", "add", "photos", "--quota", "50GiB"); !strings.Contains(got.stdout, "50GiB") {
		t.Error(got.stdout)
	}
	if got := s.must(t, "store", "space", "set", "photos", "--quota", "0"); strings.Contains(got.stdout, "GiB") {
		t.Error(got.stdout)
	}
	s.must(t, "store", "space", "set", "photos", "--quota", "1MiB")
	got := s.inos(t.Context(), "store", "space", "set", "photos", "--quota", "12")
	if got.exit != ExitUsage || !strings.Contains(got.stderr, "a quota is 1MiB to") {
		t.Errorf("%+v", got)
	}
}

func TestValuesThatMeanNothingAreRefusedWithTheirRange(t *testing.T) {
	s := newStoreStand(t)
	s.must(t, "store", "space", "add", "photos")
	for args, want := range map[string]string{
		"check --sample nan":                   "it takes 0 to 1",
		"check --sample 1.5":                   "it takes 0 to 1",
		"gc --wait -1s":                        "it takes 0 or more",
		"archive --budget -5m":                 "it takes 0 or more",
		"archive --jobs -1":                    "it takes 0 or more",
		"archive --older-than -3":              "it takes 0 to 36500",
		"space set photos --archive-after -1":  "it takes 0 to 36500",
		"space add more --archive-after 36501": "it takes 0 to 36500",
		"space set photos --replicas -1":       "it takes 0 to 64",
	} {
		got := s.inos(t.Context(), append([]string{"store"}, strings.Fields(args)...)...)
		if got.exit != ExitUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

func TestTheSettingsOfASpaceAreAllInItsDocument(t *testing.T) {
	s := newStoreStand(t)
	s.must(t, "store", "space", "add", "photos")
	for _, command := range []string{"space list", "stat"} {
		var d struct{ Spaces []map[string]any }
		oneDocument(t, s.must(t, append(append([]string{"store"}, strings.Fields(command)...), "--json")...).stdout, &d)
		set := d.Spaces[0]
		if command == "stat" {
			set = set["settings"].(map[string]any)
		}
		requireFields(t, set, map[string]any{"name": "", "quota": 0, "replicas": 0, "archiveAfterDays": 0, "created": ""})
		created, err := time.Parse(time.RFC3339, set["created"].(string))
		if err != nil || time.Since(created) > time.Hour || set["quota"] != 0.0 {
			t.Errorf("%s: %v, %v", command, set, err)
		}
	}
}
