//go:build !(linux && amd64 && probe)

package worker

// probe does something only in the program with which a test tries the walls of the box.
func probe(*session) {}
