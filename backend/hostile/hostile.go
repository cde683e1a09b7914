// Package hostile is the set of plugins that attack INOS: as files, at load, in calls, through what
// they were permitted. Tests run it beside a flock, in the kernel and in the real window. Each attack
// comes with the words that the user must read when it is over.
package hostile

import (
	"os"
	"path/filepath"
)

// File is something that is put into the plugin folder.
type File struct {
	Name string
	// Says is in the reason why it is refused; empty: it is listed, and attacks when it is run.
	Says string
	// Make makes it at that path.
	Make func(path string) error
}

// Call is an op that attacks, in the order that Calls gives: each must end with an error.
type Call struct {
	Unit, Op string
	Params   map[string]any
	Input    []byte
	// Says is in its error.
	Says string
	// Slow is for what takes seconds until it is stopped.
	Slow bool
}

// Set is the attacks with what they are aimed at.
type Set struct {
	// Inbox may be read and Outbox changed, once Grants is granted; Secret lies beside them.
	Inbox, Outbox, Secret string

	outside, hostile []byte // plugins of the build
	servers          *servers
}

// SecretText must never be seen by a plugin.
const SecretText = "the secret that no plugin may see"

// New makes the targets below dir. The two plugins are build/bin/examples/outside.wasm and
// build/test/hostile.wasm. Close it.
func New(dir string, outside, hostile []byte) (*Set, error) {
	s := &Set{
		Inbox: filepath.Join(dir, "inbox"), Outbox: filepath.Join(dir, "outbox"),
		Secret: filepath.Join(dir, "secret.txt"), outside: outside, hostile: hostile,
	}
	for _, folder := range []string{s.Inbox, s.Outbox} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return nil, err
		}
	}
	for path, text := range map[string]string{
		s.Secret: SecretText, filepath.Join(s.Inbox, "letter.txt"): "letter",
		filepath.Join(s.Outbox, "own.txt"): "own",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	for _, folder := range []string{s.Inbox, s.Outbox} {
		if err := pipe(filepath.Join(folder, "pipe")); err != nil {
			return nil, err
		}
	}
	for link, to := range map[string]string{
		"link.txt": s.Secret, "up": dir, "absolute": "/etc", "loop": "loop",
	} {
		for _, folder := range []string{s.Inbox, s.Outbox} {
			if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
				return nil, err
			}
		}
	}
	s.servers = serve()
	return s, nil
}

// Close ends the servers.
func (s *Set) Close() { s.servers.close() }

// Grants are the permissions of the plugin for the calls of Granted, each with its folder.
func (s *Set) Grants() map[string]string {
	return map[string]string{"read:inbox": s.Inbox, "write:outbox": s.Outbox, "http": ""}
}

// Swap exchanges Inbox/swap.txt between a file and a link to the secret, until done is closed.
func (s *Set) Swap(done <-chan struct{}) error {
	path, next := filepath.Join(s.Inbox, "swap.txt"), filepath.Join(s.Inbox, ".next")
	for {
		for _, place := range []func() error{
			func() error { return os.WriteFile(next, []byte("harmless"), 0o600) },
			func() error { return os.Symlink(s.Secret, next) },
		} {
			select {
			case <-done:
				return nil
			default:
			}
			if err := place(); err != nil {
				return err
			}
			if err := os.Rename(next, path); err != nil {
				return err
			}
		}
	}
}
