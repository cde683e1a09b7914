package bench

import (
	"context"
	"errors"
	"time"
)

// spinsPerLook is how often a spin tests its condition before it looks at the context: looking
// costs more than the test.
const spinsPerLook = 4096

// spinLimit bounds every spin of this package.
const spinLimit = 10 * time.Second

var errSpinLimit = errors.New("the other side stopped answering")

// spinUntil tests done until it holds, the context ends or spinLimit is over.
func spinUntil(ctx context.Context, done func() bool) error {
	var deadline time.Time
	for {
		for range spinsPerLook {
			if done() {
				return nil
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		switch now := time.Now(); {
		case deadline.IsZero():
			deadline = now.Add(spinLimit)
		case now.After(deadline):
			return errSpinLimit
		}
	}
}
