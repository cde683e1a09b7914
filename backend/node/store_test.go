package node_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/settings/settingstest"
)

// A desktop without a bus says that a file is missing, which is not a secret that is missing.
func TestAKeychainIsUsableWhenItAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		fault error
		want  bool
	}{
		"it has no such secret": {nil, true},
		"there is no bus": {fault.Wrap("k", fault.Unavailable, "keychain",
			fmt.Errorf("dial: %w", fs.ErrNotExist), ""), false},
		"it is locked": {errors.New("locked"), false},
	} {
		if got := node.KeychainUsable(t.Context(), &settingstest.Keychain{Fault: c.fault}); got != c.want {
			t.Errorf("%s: usable %v", name, got)
		}
	}
}
