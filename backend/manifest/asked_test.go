package manifest

import (
	"strings"
	"testing"
)

func TestAnImportNeedsItsPermission(t *testing.T) {
	for name, permissions := range importPermissions {
		spec := moduleImporting(name)
		m := goodManifest()
		m.Permissions = nil
		if err := Check(spec.bytes(), m); err == nil || !strings.Contains(err.Error(), permissions[0]) {
			t.Errorf("%s without permission: %v", name, err)
		}
		for _, p := range permissions {
			m.Permissions = []Permission{{Name: p, Reason: "It must.", Scope: "a"}}
			if err := Check(spec.bytes(), m); err != nil {
				t.Errorf("%s with %s: %v", name, p, err)
			}
		}
	}
}
