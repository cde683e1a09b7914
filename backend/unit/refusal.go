package unit

import "fmt"

// Refusal is why the last frame that its guest could not publish was refused; nil: none was.
func (l *Live) Refusal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	if l.count.status.Refusals == 0 {
		return nil
	}
	asked := l.count.status.Refused
	what := fmt.Sprintf("channel_publish(%d, %d) was refused", asked.Index, asked.Count)
	if asked.Index < 0 || int(asked.Index) >= len(l.channels) {
		return fmt.Errorf("%s: there is no such channel", what)
	}
	if most := l.channels[asked.Index].Capacity(); asked.Count < 0 || int(asked.Count) > most {
		return fmt.Errorf("%s: a frame has 0 to %d elements", what, most)
	}
	return fmt.Errorf("%s: no tick was running", what)
}
