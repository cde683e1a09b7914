package trust

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// How long a writer waits for another one: such a turn takes milliseconds.
const (
	lockTimeout = 5 * time.Second
	lockPause   = 10 * time.Millisecond
)

var errBusy = errors.New("another program is changing it for too long")

// lock makes this process the only writer of the file at path until unlock. The lock lies beside
// it, since the file itself is replaced at each change, and ends with its process.
func lock(path string, patience time.Duration) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(patience); ; time.Sleep(lockPause) {
		taken, err := tryLock(file)
		if err == nil && !taken && time.Now().After(end) {
			err = errBusy
		}
		if err != nil {
			_ = file.Close() // nothing was written
			return nil, err
		}
		if taken {
			return func() { _ = file.Close() }, nil // which gives the lock back
		}
	}
}

// readFile reads a regular file of at most limit bytes; nil: there is none.
func readFile(path string, limit int64) ([]byte, error) {
	there, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !there.Mode().IsRegular(): // opening a pipe would wait
		return nil, errors.New("this is no regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("it is too large")
	}
	return data, err
}

// writeFile replaces a file as a whole, readable by this user alone: after a crash or on a full
// disk it holds either what it held or what it should.
func writeFile(path string, data []byte) error {
	aside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".") // 0600
	if err != nil {
		return err
	}
	_, err = aside.Write(data)
	err = errors.Join(err, aside.Sync(), aside.Close())
	if err == nil {
		err = os.Rename(aside.Name(), path)
	}
	if err != nil {
		_ = os.Remove(aside.Name()) // ours, half written; the error above is the one that counts
		return err
	}
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync() // so that the new name survives too; Windows has no such call
		_ = folder.Close()
	}
	return nil
}
