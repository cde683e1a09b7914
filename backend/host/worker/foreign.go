package worker

import (
	"context"
	"strings"

	"inos/backend/arena"
	"inos/backend/host/worker/foreign"
	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

// startForeign makes a foreign module ready for calls. It has no live unit and no channels.
func (s *session) startForeign(
	ctx context.Context, program *foreign.Program, space *guest.Space, l wire.Load,
) error {
	s.ownBytes.status = s.status
	_, name, _ := strings.Cut(l.Plugin, ".")
	s.status.SetBusySince(arena.Monotonic()) // the kernel has a deadline for code at load
	code, err := program.Start(ctx, space, int64(min(l.MemoryBytes, guest.WindowBase)), &foreign.Host{
		Name:     name,
		Log:      s.logger(),
		OwnBytes: s.ownBytes.add,
	})
	s.status.SetBusySince(0)
	if err != nil {
		return err
	}
	s.code = code
	s.segments = guest.NewSegments(code.Lent())
	s.job = guest.NewJob(s.segments, s.need, s.ask)
	return nil
}
