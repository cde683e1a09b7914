//go:build !linux

package node

// readOnly says that a file system refuses to be written; elsewhere that shows as a permission.
func readOnly(error) bool { return false }
