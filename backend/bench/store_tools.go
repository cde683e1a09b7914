package bench

import (
	"context"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
)

// What the rows call the programs.
const (
	inosTool         = "inos"
	resticTool       = "restic"
	resticNoCacheRow = "restic --no-cache"
	tarTool          = "tar, zstd -3"
)

// storePassphrase keeps nothing secret: the stores are deleted.
const storePassphrase = "correct horse battery staple"

// storeTool is how one of the programs is called.
type storeTool struct {
	name     string
	folder   string   // its store
	env      []string // beside PATH and HOME
	prepare  []string // makes an empty store; nil: the first put does
	put, get []string
	restored string // where the tree lies below the target
}

// tools are those that are there. How to get the others is in the report.
func (s *storeStage) tools(ctx context.Context) ([]storeTool, error) {
	tools := []storeTool{s.inos("store-inos", s.tree)}
	s.report.Restic, s.report.WhyNoRestic = programVersion(ctx, "restic", "restic", "version")
	if s.report.Restic != "" {
		tools = append(tools, s.restic("store-restic", s.tree), s.restic("store-restic-2", s.tree, "--no-cache"))
	}
	s.report.Zstd, s.report.WhyNoZstd = programVersion(ctx, "zstd", "zstd", "--version")
	if _, err := exec.LookPath("tar"); err == nil && s.report.Zstd != "" {
		tools = append(tools, s.tar("store-tar"))
	}
	return tools, ctx.Err()
}

func (s *storeStage) inos(name, path string) storeTool {
	folder := filepath.Join(s.folder, name)
	base := []string{s.programs.Inos, "--data", folder, "store"}
	return storeTool{
		name: inosTool, folder: folder, env: []string{"INOS_PASSPHRASE=" + storePassphrase}, restored: filepath.Base(path),
		prepare: append(base[:4:4], "space", "add", "main"),
		put:     append(base[:4:4], "put", path), get: append(base[:4:4], "get", path, "-o", s.target()),
	}
}

func (s *storeStage) restic(name, path string, flags ...string) storeTool {
	folder := filepath.Join(s.folder, name)
	base := append([]string{"restic", "--quiet", "--repo", filepath.Join(folder, "repo")}, flags...)
	base = base[:len(base):len(base)]
	t := storeTool{
		name: resticTool, folder: folder, restored: path,
		env:     []string{"RESTIC_PASSWORD=" + storePassphrase, "RESTIC_CACHE_DIR=" + filepath.Join(s.folder, "restic-cache")},
		prepare: append(base, "init"), put: append(base, "backup", path),
		get: append(base, "restore", "latest", "--target", s.target()),
	}
	if len(flags) > 0 {
		t.name = resticNoCacheRow
	}
	return t
}

func (s *storeStage) tar(name string) storeTool {
	folder := filepath.Join(s.folder, name)
	file := filepath.Join(folder, "tree.tar.zst")
	return storeTool{
		name: tarTool, folder: folder, restored: filepath.Base(s.tree),
		put: []string{"tar", "-C", s.folder, "-I", "zstd -q -3 -T0", "-cf", file, filepath.Base(s.tree)},
		get: []string{"tar", "-C", s.target(), "-I", "zstd -q", "-xf", file},
	}
}

func (s *storeStage) target() string { return filepath.Join(s.folder, "target") }

// programVersion is the first line that a program says about itself, or why there is none.
func programVersion(ctx context.Context, debian, program string, args ...string) (version, reason string) {
	if _, err := exec.LookPath(program); err != nil {
		return "", program + " is not installed: apt-get install " + debian
	}
	out, err := exec.CommandContext(ctx, program, args...).Output()
	line, _, _ := strings.Cut(string(out), "\n")
	if err != nil || line == "" {
		return "", program + " does not tell its version"
	}
	return strings.Trim(line, "* "), ""
}

// exec runs a command of a tool.
func (s *storeStage) exec(ctx context.Context, tool storeTool, argv []string) (usage, error) {
	return program{name: tool.name, argv: argv, folder: s.folder, env: tool.env}.measure(ctx)
}

// sizeOfFolder is the sum of the files' lengths.
func sizeOfFolder(folder string) (sum int64) {
	_ = filepath.WalkDir(folder, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}
