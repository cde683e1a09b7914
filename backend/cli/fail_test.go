package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"inos/backend/fault"
)

func TestExitCodesFollowTheKindOfError(t *testing.T) {
	a := &app{}
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"a failure", errors.New("no"), ExitFailed},
		{"a fault", fault.New("op", fault.Trap, "boids", "it trapped", ""), ExitFailed},
		{"a usage error", usagef(a.root(), "no such thing"), ExitUsage},
		{"an interrupted call", fault.New("op", fault.Canceled, "boids", "stopped", ""),
			ExitInterrupted},
		{"a wrapped one", fmt.Errorf("run: %w", fault.New("op", fault.Canceled, "", "x", "")),
			ExitInterrupted},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestAnErrorAfterCtrlCIsTheInterruption(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := newStand(t).inos(ctx, "live", "nobody", "--json")
	if got.exit != ExitInterrupted {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
	var document errorDocumentRead
	oneDocument(t, got.stdout, &document)
	if document.Error.Kind != "canceled" {
		t.Errorf("%+v", document)
	}
}

// errorDocumentRead is what a script reads.
type errorDocumentRead struct {
	Error struct{ Kind, Subject, Message, Next string }
}

func TestTheReasonIsOneLineWithItsRemedy(t *testing.T) {
	stack := "it trapped\n\tboids.wasm.step(i32)\r\n" + strings.Repeat("\tboids.wasm.f(i32)\n", 500)
	err := fault.New("op", fault.Trap, "boids", stack, "report it")
	for verbose, want := range map[bool]string{
		false: "(--verbose shows all); report it",
		true:  "boids.wasm.f(i32); report it",
	} {
		a := &app{global: globals{verbose: verbose}}
		got := a.reason(err)
		if strings.ContainsAny(got, "\r\n\t") || !strings.HasSuffix(got, want) ||
			!strings.HasPrefix(got, "boids: it trapped | boids.wasm.step(i32) | ") {
			t.Errorf("verbose %v: %q", verbose, got)
		}
		if !verbose && len(got) > maxReason+100 {
			t.Errorf("%d characters", len(got))
		}
	}
}

func TestAnyErrorHasTheFormOfAFault(t *testing.T) {
	got := asFault(errors.New("plain"))
	if got.Kind != fault.Other || got.Message() != "plain" {
		t.Errorf("%+v", got)
	}
}

func TestNothingThatIsRepeatedReachesTheTerminalRaw(t *testing.T) {
	const evil = "a\x1b[31mb\u009bc\u202ed\xff"
	long := strings.Repeat("x", 10*maxReason)
	a := &app{}
	got := a.reason(fault.New("op", fault.NotFound, evil+long, evil, evil))
	for _, r := range got {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%q has %q", got, r)
		}
	}
	if len(got) > 3*maxReason || !utf8.ValidString(got) {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
