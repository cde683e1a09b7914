//go:build race

package store

// racing: the race detector makes everything ten times slower, so the longest tests draw a sample.
const racing = true
