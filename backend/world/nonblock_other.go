//go:build !unix

package world

const nonBlocking = 0
