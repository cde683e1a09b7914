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

func TestWhatMayStandInAListOfHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"example.org": true, "*.example.org": true, "localhost": true, "127.0.0.1:8080": true,
		"example.org:8080": true, "*.1.example.org:80": true,
		"*.0.0.1": false, "*.com": false, "*.co.uk": false, "*.github.io": false, "*.example.co.uk": true, "*.0.0.1:80": false, "*.1": false, "*": false, "*.": false, "Example.org": false,
		"example.org/path": false, "user@example.org": false, "": false,
	} {
		if got := IsHost(host); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
}

func TestAWishSaysWhatElseIsToBeSaid(t *testing.T) {
	for want, p := range map[string]Permission{
		"now": {Name: PermitNow}, "read:inbox=FOLDER": {Name: PermitRead, Scope: "inbox"},
		"http": {Name: PermitHTTP, Hosts: []string{"a.org"}}, "http=HOST": {Name: PermitHTTP},
	} {
		if got := p.Wish(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
