package host

import "sync"

// tail keeps the first maxStderrBytes of a stream and counts the rest: a crash report begins with
// its cause. It never blocks its writer.
type tail struct {
	mu     sync.Mutex
	kept   []byte
	missed int
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(p), maxStderrBytes-len(t.kept))
	t.kept = append(t.kept, p[:n]...)
	t.missed += len(p) - n
	return len(p), nil
}

func (t *tail) text() (string, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept), t.missed
}
