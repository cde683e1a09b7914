package tree

// Sort says what was put.
type Sort uint8

// The sorts of roots. Their numbers are part of the format.
const (
	Files  Sort = iota // a file or a folder of the file system
	Stream             // what came through a pipe
	Plugin             // a plugin's file
	Result             // what a job made
)

// Root is one version of what was put. It is alive while no Removal names it and no other root
// replaces it.
type Root struct {
	// Path is what the user named it, 1 to 4,096 bytes without NUL; of Files: absolute.
	Path []byte
	// TimeMs is when it was put, milliseconds since 1970.
	TimeMs int64
	Top    Entry
	Pinned bool
	Sort   Sort
	// Label is UTF-8 on one line, up to 256 bytes.
	Label string
	// Files, Folders and Bytes count what lies below Top, and Top itself. Symbolic links are files.
	Files, Folders, Bytes uint64
	// Replaces are the roots that this one stands for from now on.
	Replaces []Name
}

// Removal names versions that the user took away: by their IDs, which are the names of their roots as
// first written, so that no record of them brings them back.
type Removal struct {
	Roots  []Name
	TimeMs int64
}
