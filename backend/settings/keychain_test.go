package settings

import (
	"context"
	"errors"
	"testing"

	"inos/backend/fault"
)

// A prompt that nobody answers must hold neither its caller nor, beyond their own patience, others.
func TestAKeychainThatDoesNotAnswerIsLeft(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/a/session")
	s := SystemKeychain().(*system)
	locked, asked := make(chan struct{}), make(chan struct{})
	first, giveUp := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := s.ask(first, func() (string, error) { close(asked); <-locked; return "late", nil })
		left <- err
	}()
	<-asked
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	never := func() (string, error) { t.Error("it was asked beside the first question"); return "", nil }
	if _, err := s.ask(impatient, never); fault.KindOf(err) != fault.Canceled {
		t.Errorf("the second question: %v", err)
	}
	giveUp()
	if err := <-left; fault.KindOf(err) != fault.Canceled || !errors.Is(err, context.Canceled) {
		t.Errorf("the first question: %v", err)
	}
	close(locked)
	got, err := s.ask(t.Context(), func() (string, error) { return "word", nil })
	if got != "word" || err != nil {
		t.Errorf("after the user unlocked it: %q, %v", got, err)
	}
}
