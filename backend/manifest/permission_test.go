package manifest

import (
	"reflect"
	"testing"
)

func TestEveryPermissionIsASentence(t *testing.T) {
	for _, name := range permissionNames {
		p := Permission{Name: name, Scope: "photos", Hosts: []string{"a.example.org"}}
		if p.Sentence() == name {
			t.Errorf("%s has none", name)
		}
	}
}

func TestWhatANewVersionAsksBeyond(t *testing.T) {
	permission := func(name, scope string, hosts ...string) Permission {
		return Permission{Name: name, Scope: scope, Hosts: hosts}
	}
	old := &Manifest{Permissions: []Permission{
		permission("now", ""), permission("read", "photos"), permission("http", "", "a.org", "b.org"),
	}}
	for what, c := range map[string]struct {
		old   *Manifest
		asks  []Permission
		wants []Permission
	}{
		"the same": {old, old.Permissions, nil},
		"less":     {old, old.Permissions[:1], nil},
		"first":    {nil, old.Permissions[:1], old.Permissions[:1]},
		"more": {old, []Permission{
			permission("read", "music"), permission("http", "", "b.org", "c.org"),
		}, []Permission{permission("read", "music"), permission("http", "", "c.org")}},
	} {
		if got := (&Manifest{Permissions: c.asks}).AsksBeyond(c.old); !reflect.DeepEqual(got, c.wants) {
			t.Errorf("%s: %+v, want %+v", what, got, c.wants)
		}
	}
}
