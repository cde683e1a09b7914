package bench

import (
	"context"
	"errors"
	"testing"
)

// times is a scene whose pictures take as long as the next of these, in calm times and beside
// attacks.
type times struct {
	calm, beside []float64
	attacked     int
	err          error // of the pictures, once there are no times left
}

func (s *times) scene() Scene {
	attack := false
	return Scene{
		Calm:    func() {},
		Attacks: []Attack{{Prepare: func() { attack = true }, Run: func() { s.attacked++ }}},
		Retreat: func() { attack = false },
		Pictures: func(work func()) ([]float64, error) {
			work()
			next := &s.calm
			if attack {
				next = &s.beside
			}
			if len(*next) == 0 {
				return nil, s.err
			}
			ms := (*next)[0]
			*next = (*next)[1:]
			return []float64{ms, ms}, nil
		},
	}
}

func TestPicturesBesideAttacksAreComparedWithThoseAround(t *testing.T) {
	// The machine gets slower: each pass has the calm time after it in common with the next one.
	s := &times{calm: []float64{10, 20, 20, 40}, beside: []float64{22, 21, 44}}
	r, err := Courtesy(t.Context(), s.scene(), 3)
	if err != nil || !r.Complete || s.attacked != 3 || len(r.Passes) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	for i, ratio := range []float64{1.1, 1.05, 1.1} {
		if p := r.Passes[i]; p.Ratio != ratio || p.Calm.N != 4 || p.Beside.N != 2 {
			t.Errorf("pass %d: %+v", i, p)
		}
	}
	if r.All.Ratio != 1.1 || r.All.Calm.N != 8 || r.All.Beside.N != 6 {
		t.Errorf("%+v", r.All)
	}
}

func TestPassesThatWereMeasuredSurviveTheEnd(t *testing.T) {
	broken := errors.New("the window is gone")
	s := &times{calm: []float64{10, 10}, beside: []float64{10}, err: broken}
	r, err := Courtesy(t.Context(), s.scene(), 3)
	if err != nil || r.Complete || r.Error == nil || len(r.Passes) != 1 || r.All.Ratio != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := Courtesy(t.Context(), (&times{err: broken}).scene(), 3); !errors.Is(err, broken) {
		t.Errorf("nothing was measured: %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err = Courtesy(ctx, (&times{calm: []float64{10}}).scene(), 3)
	if err != nil || r.Complete || len(r.Passes) != 0 {
		t.Errorf("interrupted: %+v, %v", r, err)
	}
}
