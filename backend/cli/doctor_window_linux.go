package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// windowChecks looks at what the window needs: all of it comes with a desktop, none of it is
// needed by plugins.
func (a *app) windowChecks(ctx context.Context) []check {
	libraries := findLibraries(libraryFolders(a.Getenv("LD_LIBRARY_PATH")))
	return []check{
		a.checkDesktop(),
		a.checkDisplay(),
		checkWebKit(libraries),
		a.checkGL(ctx, libraries),
	}
}

func (a *app) checkDesktop() check {
	c := check{Name: "desktop program", Needed: forWindow, Status: fine,
		Detail: a.beside(desktopProgram)}
	if info, err := os.Stat(c.Detail); err != nil || info.Mode()&0o111 == 0 {
		c.Status, c.Detail = problem, c.Detail+" is missing or cannot be run"
		c.Fix = "make build"
	}
	return c
}

func (a *app) checkDisplay() check {
	c := check{Name: "display", Needed: forWindow, Status: fine}
	wayland, x11 := a.Getenv("WAYLAND_DISPLAY"), a.Getenv("DISPLAY")
	switch {
	case wayland != "":
		c.Detail = "Wayland " + wayland
	case x11 == "":
		c.Status, c.Detail = problem, "neither DISPLAY nor WAYLAND_DISPLAY is set"
		c.Fix = "start INOS in a desktop session; on a server: apt-get install xvfb, then" +
			" xvfb-run inos"
	case !localDisplayAnswers(x11):
		c.Status, c.Detail = problem, "nothing answers at DISPLAY="+x11
		c.Fix = "start the X server, or set DISPLAY to the one that runs"
	default:
		c.Detail = "X11 " + x11
	}
	return c
}

// localDisplayAnswers is false when DISPLAY names a local server whose socket is not there. A
// server elsewhere is given the benefit of the doubt.
func localDisplayAnswers(display string) bool {
	number, found := strings.CutPrefix(display, ":")
	if !found {
		return true
	}
	number, _, _ = strings.Cut(number, ".")
	_, err := os.Stat("/tmp/.X11-unix/X" + number)
	return err == nil
}

// Library names that the window links or loads.
const (
	webkitLibrary = "libwebkit2gtk-4.1.so.0"
	glLibrary     = "libGL.so.1"
	eglLibrary    = "libEGL.so.1"
	// minWebKit has jsc_value_new_array_buffer (2.38) and what the page's CSS needs.
	minWebKitMajor, minWebKitMinor = 2, 38
)

func checkWebKit(libraries map[string]string) check {
	c := check{Name: "WebKitGTK", Needed: forWindow, Status: fine}
	path, found := libraries[webkitLibrary]
	if !found {
		c.Status, c.Detail = problem, webkitLibrary+" is not installed"
		c.Fix = "apt-get install libwebkit2gtk-4.1-0"
		return c
	}
	version := webkitVersion(path)
	c.Detail = fmt.Sprintf("%s (%s)", version, path)
	if version == "" {
		c.Detail = "version unknown (" + path + ")"
		return c
	}
	if c.Status = judgeWebKit(version); c.Status != fine {
		c.Fix = fmt.Sprintf("version %d.%d or newer shares memory with the page; until then frames"+
			" are streamed: apt-get install --only-upgrade libwebkit2gtk-4.1-0",
			minWebKitMajor, minWebKitMinor)
	}
	return c
}

// judgeWebKit compares a version with the first one that can share memory. One that cannot be
// read is given the benefit of the doubt.
func judgeWebKit(version string) status {
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return fine
	}
	if major < minWebKitMajor || major == minWebKitMajor && minor < minWebKitMinor {
		return warning
	}
	return fine
}

// webkitVersion asks the package database, then the development files; "" when neither knows.
func webkitVersion(library string) string {
	if version := dpkgVersion("/var/lib/dpkg/status", "libwebkit2gtk-4.1-0"); version != "" {
		return version
	}
	pc := filepath.Join(filepath.Dir(library), "pkgconfig", "webkit2gtk-4.1.pc")
	return fieldOf(pc, "Version: ")
}

// dpkgVersion is the installed version of a package, without the packaging's suffix.
func dpkgVersion(database, name string) string {
	file, err := os.Open(database)
	if err != nil {
		return ""
	}
	defer file.Close()
	inside := false
	rows := bufio.NewScanner(file)
	rows.Buffer(nil, 1<<20) // a package's description is one long row at most
	for rows.Scan() {
		row := rows.Text()
		if rest, found := strings.CutPrefix(row, "Package: "); found {
			inside = rest == name
		}
		if rest, found := strings.CutPrefix(row, "Version: "); found && inside {
			version, _, _ := strings.Cut(rest, "-")
			return version
		}
	}
	return ""
}

// fieldOf is the rest of the first row of a file that starts with prefix.
func fieldOf(path, prefix string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for row := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(row, prefix); found {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// eglTimeout bounds how long the renderer may take to answer.
const eglTimeout = 5 * time.Second

func (a *app) checkGL(ctx context.Context, libraries map[string]string) check {
	c := check{Name: "OpenGL", Needed: forWindow, Status: fine}
	if libraries[glLibrary] == "" || libraries[eglLibrary] == "" {
		c.Status, c.Detail = problem, glLibrary+" or "+eglLibrary+" is not installed"
		c.Fix = "apt-get install libgl1 libegl1 libgl1-mesa-dri"
		return c
	}
	if renderer := askRenderer(ctx); renderer != "" {
		c.Detail = renderer
	} else {
		c.Detail = guessRenderer(libraries)
	}
	if c.Detail == "" {
		c.Status, c.Detail = problem, "the libraries are there, a driver is not"
		c.Fix = "apt-get install libgl1-mesa-dri, or your graphics card's driver"
		return c
	}
	if strings.Contains(c.Detail, "software") || strings.Contains(c.Detail, "llvmpipe") {
		c.Status = warning
		c.Fix = "birds are drawn by the processor; install your graphics card's driver for more"
	}
	return c
}

// askRenderer asks eglinfo or glxinfo (package mesa-utils) for the renderer's name.
func askRenderer(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, eglTimeout)
	defer cancel()
	for _, program := range []string{"eglinfo", "glxinfo"} {
		out, err := exec.CommandContext(ctx, program, "-B").Output()
		if err != nil {
			continue
		}
		for row := range strings.Lines(string(out)) {
			if _, name, found := strings.Cut(row, "renderer string: "); found {
				return strings.TrimSpace(name)
			}
			if _, name, found := strings.Cut(row, "renderer: "); found {
				return strings.TrimSpace(name)
			}
		}
	}
	return ""
}

// guessRenderer tells from devices and drivers what would draw; "" when nothing could.
func guessRenderer(libraries map[string]string) string {
	nodes, _ := filepath.Glob("/dev/dri/renderD*") // the pattern is right
	if len(nodes) > 0 {
		return "graphics card at " + nodes[0]
	}
	if _, err := os.Stat("/dev/nvidiactl"); err == nil && libraries["libEGL_nvidia.so.0"] != "" {
		return "NVIDIA driver"
	}
	folder := filepath.Dir(libraries[glLibrary])
	for _, pattern := range []string{"dri/swrast_dri.so", "dri/libdril_dri.so", "libgallium-*.so"} {
		if found, _ := filepath.Glob(filepath.Join(folder, pattern)); len(found) > 0 {
			return "software renderer (" + found[0] + ")"
		}
	}
	return ""
}

// libraryFolders are the folders where the dynamic linker looks, in its order.
func libraryFolders(libraryPath string) []string {
	folders := filepath.SplitList(libraryPath)
	files, _ := filepath.Glob("/etc/ld.so.conf.d/*.conf") // the pattern is right
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for row := range strings.Lines(string(text)) {
			if row = strings.TrimSpace(row); strings.HasPrefix(row, "/") {
				folders = append(folders, row)
			}
		}
	}
	return append(folders, "/lib", "/usr/lib", "/lib64", "/usr/lib64")
}

// findLibraries maps the names that the checks ask for to the first place where each lies.
func findLibraries(folders []string) map[string]string {
	found := make(map[string]string)
	for _, name := range []string{webkitLibrary, glLibrary, eglLibrary, "libEGL_nvidia.so.0"} {
		for _, folder := range folders {
			path := filepath.Join(folder, name)
			if _, err := os.Stat(path); err == nil {
				found[name] = path
				break
			}
		}
	}
	return found
}
