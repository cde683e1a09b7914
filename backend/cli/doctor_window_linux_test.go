package cli

import (
	"path/filepath"
	"testing"
)

const dpkgStatus = `Package: libwebkit2gtk-4.1-0-dbg
Version: 1.0-1
Description: not this one

Package: libwebkit2gtk-4.1-0
Status: install ok installed
Version: 2.50.6-1~deb12u2

Package: other
Version: 3
`

func TestTheWebKitVersionComesFromThePackageDatabase(t *testing.T) {
	database := filepath.Join(t.TempDir(), "status")
	writeFile(t, database, []byte(dpkgStatus))
	for name, want := range map[string]string{
		"libwebkit2gtk-4.1-0": "2.50.6", "other": "3", "missing": "",
	} {
		if got := dpkgVersion(database, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := dpkgVersion(database+".gone", "other"); got != "" {
		t.Errorf("without a database: %q", got)
	}
}

func TestWebKitIsJudgedByItsVersion(t *testing.T) {
	for version, want := range map[string]status{
		"2.50.6": fine, "2.38.0": fine, "2.36.1": warning, "3.0": fine, "1.99": warning, "x": fine,
	} {
		if got := judgeWebKit(version); got != want {
			t.Errorf("%s: %s, want %s", version, got, want)
		}
	}
}

func TestLibrariesAreFoundWhereTheLinkerLooks(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(first, glLibrary), nil)
	writeFile(t, filepath.Join(second, glLibrary), nil)
	writeFile(t, filepath.Join(second, eglLibrary), nil)
	found := findLibraries([]string{first, second})
	if found[glLibrary] != filepath.Join(first, glLibrary) ||
		found[eglLibrary] != filepath.Join(second, eglLibrary) || found[webkitLibrary] != "" {
		t.Errorf("%v", found)
	}
	folders := libraryFolders(first + ":" + second)
	if folders[0] != first || folders[1] != second || len(folders) < 6 {
		t.Errorf("%v", folders)
	}
}

func TestAMissingLibraryIsNamedWithItsPackage(t *testing.T) {
	if c := checkWebKit(nil); c.Status != problem || c.Fix != "apt-get install libwebkit2gtk-4.1-0" {
		t.Errorf("%+v", c)
	}
	a := &app{}
	if c := a.checkGL(t.Context(), nil); c.Status != problem || c.Fix == "" {
		t.Errorf("%+v", c)
	}
}

func TestADisplayElsewhereIsBelieved(t *testing.T) {
	for display, want := range map[string]bool{
		"host:0": true, "192.0.2.1:10.0": true, ":4242": false, ":4242.0": false,
	} {
		if got := localDisplayAnswers(display); got != want {
			t.Errorf("%s: %v, want %v", display, got, want)
		}
	}
}
