package durable

import (
	"os"
	"time"
)

// sharePatience outlasts those who look whether it is shared.
const sharePatience = time.Second

// Share marks what the file of that name stands for as in use, until done is called or this process
// ends. Any number may share it.
func Share(path string) (done func(), err error) { return lockBy(tryShare, path, sharePatience) }

// Shared says whether anybody shares it.
func Shared(path string) bool {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false // nobody ever has
	}
	defer file.Close()
	alone, err := tryLock(file)
	return err == nil && !alone
}
