//go:build !unix

package frames

import "errors"

// duplicate does not exist here: segments are no files (see backend/arena).
func duplicate(int) (int, error) {
	return -1, errors.New("segments have no descriptors on this system")
}
