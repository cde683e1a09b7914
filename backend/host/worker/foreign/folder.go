package foreign

import (
	"io"
	"io/fs"
	"strings"

	experimentalsys "github.com/tetratelabs/wazero/experimental/sys"
	"github.com/tetratelabs/wazero/sys"

	"inos/backend/wire"
)

// folder is a granted folder as WASI sees it. Each piece of a file is a question to the kernel,
// which looks the permission up: this process can open nothing.
type folder struct {
	experimentalsys.UnimplementedFS
	code  *Code
	scope string
	// writable folders may be changed; their files carry what the kernel knows: size and kind.
	writable bool
}

const (
	fileMode   = 0o600
	folderMode = fs.ModeDir | 0o700
)

// at is a path as the kernel takes it.
func (f *folder) at(path string) string {
	if path = strings.Trim(path, "/"); path == "" || path == "." {
		return f.scope
	}
	return f.scope + "/" + path
}

func (f *folder) ask(a wire.Ask) (wire.Reply, experimentalsys.Errno) {
	if f.code.job == nil {
		return wire.Reply{}, experimentalsys.EACCES
	}
	r, ok := f.code.job.Ask(a)
	if !ok {
		return r, experimentalsys.EACCES
	}
	return r, 0
}

// Stat tells a folder from a file: only one of them can be listed. The folder itself is always
// there: a program looks at it before it begins, whether it will use it or not.
func (f *folder) Stat(path string) (sys.Stat_t, experimentalsys.Errno) {
	if f.at(path) == f.scope {
		return sys.Stat_t{Mode: folderMode, Nlink: 1}, 0
	}
	if r, no := f.ask(wire.Ask{Service: wire.ServiceFileSize, Text: f.at(path)}); no == 0 {
		return sys.Stat_t{Mode: fileMode, Size: r.Value, Nlink: 1}, 0
	}
	if _, no := f.ask(wire.Ask{Service: wire.ServiceFileList, Text: f.at(path)}); no == 0 {
		return sys.Stat_t{Mode: folderMode, Nlink: 1}, 0
	}
	if _, no := f.ask(wire.Ask{Service: wire.ServiceFileList, Text: f.scope}); no != 0 {
		return sys.Stat_t{}, experimentalsys.EACCES // the folder is not granted
	}
	return sys.Stat_t{}, experimentalsys.ENOENT
}

// Lstat is Stat: the kernel follows links within the folder and no others.
func (f *folder) Lstat(path string) (sys.Stat_t, experimentalsys.Errno) { return f.Stat(path) }

// OpenFile opens nothing yet; it only makes sure that there is something to open.
func (f *folder) OpenFile(
	path string, flag experimentalsys.Oflag, _ fs.FileMode,
) (experimentalsys.File, experimentalsys.Errno) {
	const access = experimentalsys.O_RDONLY | experimentalsys.O_RDWR | experimentalsys.O_WRONLY
	writing := flag&access != experimentalsys.O_RDONLY
	stat, no := f.Stat(path)
	switch there := no == 0; {
	case (writing || flag&(experimentalsys.O_CREAT|experimentalsys.O_TRUNC) != 0) && !f.writable:
		if !there || writing {
			return nil, experimentalsys.EROFS
		}
	case there && flag&experimentalsys.O_CREAT != 0 && flag&experimentalsys.O_EXCL != 0:
		return nil, experimentalsys.EEXIST
	case there && stat.Mode.IsDir() && writing:
		return nil, experimentalsys.EISDIR
	case !there && (flag&experimentalsys.O_CREAT == 0 || no != experimentalsys.ENOENT):
		return nil, no
	case !there || flag&experimentalsys.O_TRUNC != 0:
		if _, no := f.ask(wire.Ask{Service: wire.ServiceFileResize, Text: f.at(path)}); no != 0 {
			return nil, no
		}
		stat = sys.Stat_t{Mode: fileMode, Nlink: 1}
	}
	if flag&experimentalsys.O_DIRECTORY != 0 && !stat.Mode.IsDir() {
		return nil, experimentalsys.ENOTDIR
	}
	return &file{
		folder: f, path: path, isDir: stat.Mode.IsDir(), writing: writing,
		appending: flag&experimentalsys.O_APPEND != 0,
	}, 0
}

// Unlink removes a file.
func (f *folder) Unlink(path string) experimentalsys.Errno {
	if !f.writable {
		return experimentalsys.EROFS
	}
	if _, no := f.Stat(path); no != 0 {
		return no
	}
	_, no := f.ask(wire.Ask{Service: wire.ServiceFileRemove, Text: f.at(path)})
	return no
}

// file is an open file or folder: a path and a place in it.
type file struct {
	experimentalsys.UnimplementedFile
	folder             *folder
	path               string
	isDir              bool
	writing, appending bool
	place              int64
	listed             bool
}

func (f *file) IsDir() (bool, experimentalsys.Errno) { return f.isDir, 0 }
func (f *file) IsAppend() bool                       { return f.appending }
func (f *file) Sync() experimentalsys.Errno          { return 0 }
func (f *file) Datasync() experimentalsys.Errno      { return 0 }
func (f *file) Close() experimentalsys.Errno         { return 0 }

func (f *file) SetAppend(on bool) experimentalsys.Errno { f.appending = on; return 0 }

func (f *file) Stat() (sys.Stat_t, experimentalsys.Errno) { return f.folder.Stat(f.path) }

func (f *file) Read(into []byte) (int, experimentalsys.Errno) {
	n, no := f.Pread(into, f.place)
	f.place += int64(n)
	return n, no
}

func (f *file) Pread(into []byte, at int64) (int, experimentalsys.Errno) {
	if f.isDir {
		return 0, experimentalsys.EISDIR
	}
	if at < 0 {
		return 0, experimentalsys.EINVAL
	}
	n := 0
	for n < len(into) {
		want := min(len(into)-n, wire.MaxDataBytes)
		r, no := f.folder.ask(wire.Ask{
			Service: wire.ServiceFileRead, Text: f.folder.at(f.path), Offset: at + int64(n), Length: int64(want),
		})
		if no != 0 {
			return n, no
		}
		got := copy(into[n:], r.Data)
		if n += got; got < want {
			break
		}
	}
	return n, 0
}

func (f *file) Write(from []byte) (int, experimentalsys.Errno) {
	if f.appending {
		stat, no := f.Stat()
		if no != 0 {
			return 0, no
		}
		f.place = stat.Size
	}
	n, no := f.Pwrite(from, f.place)
	f.place += int64(n)
	return n, no
}

func (f *file) Pwrite(from []byte, at int64) (int, experimentalsys.Errno) {
	if !f.writing {
		return 0, experimentalsys.EBADF
	}
	for n := 0; n < len(from); n += wire.MaxDataBytes {
		piece := from[n:min(n+wire.MaxDataBytes, len(from))]
		_, no := f.folder.ask(wire.Ask{
			Service: wire.ServiceFileWrite, Text: f.folder.at(f.path), Offset: at + int64(n), Data: piece,
		})
		if no != 0 {
			return n, no
		}
	}
	return len(from), 0
}

func (f *file) Truncate(size int64) experimentalsys.Errno {
	if !f.writing {
		return experimentalsys.EBADF
	}
	_, no := f.folder.ask(wire.Ask{
		Service: wire.ServiceFileResize, Text: f.folder.at(f.path), Offset: size,
	})
	return no
}

// seekPlace is int64 by another name: by that one vet takes the method for io.Seeker's.
type seekPlace = int64

func (f *file) Seek(offset seekPlace, whence int) (int64, experimentalsys.Errno) {
	if f.isDir { // only back to the start, to list it once more
		f.listed = false
		return 0, 0
	}
	switch whence {
	case io.SeekCurrent:
		offset += f.place
	case io.SeekEnd:
		stat, no := f.Stat()
		if no != 0 {
			return 0, no
		}
		offset += stat.Size
	}
	if offset < 0 {
		return 0, experimentalsys.EINVAL
	}
	f.place = offset
	return offset, 0
}

// Readdir gives all names at once; wazero hands them on in pieces.
func (f *file) Readdir(int) ([]experimentalsys.Dirent, experimentalsys.Errno) {
	if !f.isDir {
		return nil, experimentalsys.ENOTDIR
	}
	if f.listed {
		return nil, 0
	}
	f.listed = true
	var text []byte
	for {
		r, no := f.folder.ask(wire.Ask{
			Service: wire.ServiceFileList, Text: f.folder.at(f.path), Offset: int64(len(text)),
			Length: wire.MaxDataBytes,
		})
		if no != 0 {
			return nil, no
		}
		text = append(text, r.Data...)
		if len(r.Data) < wire.MaxDataBytes {
			return entries(string(text)), 0
		}
	}
}

func entries(text string) []experimentalsys.Dirent {
	var list []experimentalsys.Dirent
	for line := range strings.Lines(text) {
		name := strings.TrimSuffix(line, "\n")
		entry := experimentalsys.Dirent{Name: strings.TrimSuffix(name, "/")}
		if strings.HasSuffix(name, "/") {
			entry.Type = fs.ModeDir
		}
		list = append(list, entry)
	}
	return list
}
