package dropin_test

import (
	"path/filepath"
	"testing"

	"inos/backend/dropin"
	"inos/backend/dropin/dropintest"
)

func TestVersionsAreKeptInAFolder(t *testing.T) {
	dropintest.Conform(t, func(t *testing.T) (dropin.Versions, func() dropin.Versions) {
		v := dropin.Folder(filepath.Join(t.TempDir(), dropin.VersionsFolder))
		return v, func() dropin.Versions { return v }
	})
}
