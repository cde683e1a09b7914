//go:build !unix

package disk

const openFlags = 0

func openError(err error) error { return err }
