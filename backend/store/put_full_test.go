package store

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/store/disk"
)

func TestAPutOfOneFileThatDoesNotFitSaysThatTheQuotaIsUsedUp(t *testing.T) {
	s := newSpaceOn(t, disk.Dir(t.TempDir()))
	if err := s.Change(t.Context(), func(set *Settings) { set.Quota = 1 << 20 }); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 6<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data) // never fails
	path := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.PutPath(t.Context(), path, PutOptions{})
	if fault.KindOf(err) != fault.Budget || !strings.Contains(err.Error(), "quota") {
		t.Error(err)
	}
}
