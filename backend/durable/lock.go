package durable

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// How long a writer waits for another one: such a turn takes milliseconds.
const (
	lockPatience = 10 * time.Second
	lockPause    = 5 * time.Millisecond
)

// ErrBusy says that another process has had a lock for too long.
var ErrBusy = errors.New("another INOS has been changing it for 10 s; end it, or try again")

// Lock makes this process the only one that changes what the file of that name stands for, until
// unlock. The file is made if it is not there, and stays. The system gives the lock back when a
// process ends, however it ends. It is not for files that Write replaces: a lock is an inode's.
func Lock(path string) (unlock func(), err error) { return lockBy(tryLock, path, lockPatience) }

func lockBy(
	try func(*os.File) (bool, error), path string, patience time.Duration,
) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(patience); ; time.Sleep(lockPause) {
		taken, err := try(file)
		if err == nil && !taken && time.Now().After(end) {
			err = ErrBusy
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

// Try takes the lock of that name, alone or shared with others who share it, without waiting; taken
// is false when it is somebody else's.
func Try(path string, alone bool) (unlock func(), taken bool, err error) {
	try := tryShare
	if alone {
		try = tryLock
	}
	unlock, err = lockBy(try, path, 0)
	if errors.Is(err, ErrBusy) {
		return nil, false, nil
	}
	return unlock, err == nil, err
}
