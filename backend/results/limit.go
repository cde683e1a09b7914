package results

import (
	"errors"
	"path/filepath"

	"inos/backend/statefile"
)

// limitName is the file in the data folder that says how much may be kept.
const limitName = "results.json"

// MaxLimit is the most that a user can set.
const MaxLimit = 1 << 40

const maxLimitFile = 4096

type limits struct {
	LimitBytes *int64 `json:"limit_bytes"` // nil: DefaultLimit
}

// Limit is how many bytes a user lets results take. Safe for concurrent use.
type Limit struct{ file *statefile.File[limits] }

// OpenLimit is the limit that is set in a data folder.
func OpenLimit(data string) *Limit {
	return &Limit{statefile.New(filepath.Join(data, limitName), maxLimitFile, func(l *limits) error {
		if l.LimitBytes != nil && (*l.LimitBytes < 0 || *l.LimitBytes > MaxLimit) {
			return errors.New("limit_bytes is out of bounds")
		}
		return nil
	})}
}

// Bytes is the limit at this moment. One that cannot be read may have been 0, so it is.
func (l *Limit) Bytes() int64 {
	set, err := l.file.Read()
	switch {
	case err != nil:
		return 0
	case set.LimitBytes == nil:
		return DefaultLimit
	}
	return *set.LimitBytes
}

// Set changes it; 0: nothing is kept.
func (l *Limit) Set(bytes int64) error {
	return l.file.Change(func(set *limits) error { set.LimitBytes = &bytes; return nil })
}
