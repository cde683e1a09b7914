//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const screenWidth, screenHeight = 1280, 800

// screen is an X server of our own that draws into a file.
type screen struct {
	display     string // ":7"
	framebuffer string
}

// startScreen starts Xvfb on a display number that it finds free itself.
func startScreen(t *testing.T) *screen { return startScreenOf(t, screenWidth, screenHeight) }

// startScreenOf is startScreen for a screen of another size.
func startScreenOf(t *testing.T, width, height int) *screen {
	t.Helper()
	ready, report, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	dir := t.TempDir()
	x := exec.Command("Xvfb", "-displayfd", "3", "-nolisten", "tcp", "-noreset", "+extension", "GLX",
		"-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-fbdir", dir)
	x.ExtraFiles = []*os.File{report}
	start(t, x)
	report.Close()
	number, err := bufio.NewReader(ready).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	return &screen{display: ":" + strings.TrimSpace(number), framebuffer: filepath.Join(dir, "Xvfb_screen0")}
}

// start runs a program in a process group of its own and ends the whole group with the test.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // it may be gone already
		_ = c.Wait()                                      // its status is that of the signal
	})
}

// Fields of an X window dump's header: big-endian words, which the framebuffer file begins with.
const (
	xwdHeaderBytes = 0
	xwdWidth       = 4
	xwdHeight      = 5
	xwdBitsPerPix  = 11
	xwdBytesPerRow = 12
	xwdColours     = 19
	xwdWords       = 25
	xwdColourBytes = 12
)

// pixels are the screen as it lies in memory: blue, green, red, nothing.
type pixels struct {
	data               []byte
	width, height, row int
}

func (s *screen) pixels() (pixels, error) {
	data, err := os.ReadFile(s.framebuffer)
	if err != nil {
		return pixels{}, err
	}
	if len(data) < 4*xwdWords {
		return pixels{}, errors.New("the framebuffer has no header")
	}
	word := func(i int) int { return int(binary.BigEndian.Uint32(data[4*i:])) }
	p := pixels{width: word(xwdWidth), height: word(xwdHeight), row: word(xwdBytesPerRow)}
	p.data = data[word(xwdHeaderBytes)+xwdColourBytes*word(xwdColours):]
	if word(xwdBitsPerPix) != 32 || len(p.data) < p.row*p.height {
		return pixels{}, fmt.Errorf("a framebuffer of %d bits a pixel and %d bytes", word(xwdBitsPerPix), len(p.data))
	}
	return p, nil
}

func (p pixels) green(x, y int) int { return int(p.data[y*p.row+4*x+1]) }

// look is the screen as a picture.
func (s *screen) look() (*image.RGBA, error) {
	p, err := s.pixels()
	if err != nil {
		return nil, err
	}
	picture := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	for y := range p.height {
		for x := range p.width {
			b := p.data[y*p.row+4*x:]
			picture.SetRGBA(x, y, color.RGBA{R: b[2], G: b[1], B: b[0], A: 255})
		}
	}
	return picture, nil
}

// Where the sky is in a window of 1280x800: right of the rail, left of the controls, above the dock.
var sky = image.Rect(150, 40, 900, 560)

// The sky is smooth; a bird has an edge on either side.
const (
	edgeContrast = 20
	birdEdges    = 300
)

// birds says whether birds are to be seen in the sky.
func (s *screen) birds(t *testing.T) bool {
	t.Helper()
	p, err := s.pixels()
	if err != nil || p.width < sky.Max.X+2 || p.height < sky.Max.Y {
		return false // the server is drawing into its file for the first time
	}
	edges := 0
	for y := sky.Min.Y; y < sky.Max.Y; y++ {
		for x := sky.Min.X; x < sky.Max.X; x++ {
			if d := p.green(x, y) - p.green(x+2, y); d > edgeContrast || -d > edgeContrast {
				edges++
			}
		}
	}
	return edges > birdEdges
}

// moves says whether the sky changes from one look to the next.
func (s *screen) moves(t *testing.T) bool {
	t.Helper()
	before, err := s.look()
	if err != nil {
		return false
	}
	changed := false
	within(t, commandTimeout, "movement", func() bool {
		now, err := s.look()
		changed = err == nil && differ(before, now, sky)
		return changed
	})
	return changed
}

func differ(a, b *image.RGBA, in image.Rectangle) bool {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		from, to := a.PixOffset(in.Min.X, y), a.PixOffset(in.Max.X, y)
		if !bytes.Equal(a.Pix[from:to], b.Pix[from:to]) {
			return true
		}
	}
	return false
}

// save writes the screen to build/screens/name.png.
func (s *screen) save(t *testing.T, name string) {
	t.Helper()
	picture, err := s.look()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root(t), "build", "screens")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(file, picture), file.Close()); err != nil {
		t.Fatal(err)
	}
}

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
