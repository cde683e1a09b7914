package settings

import (
	"context"
	"errors"
	"fmt"

	"github.com/zalando/go-keyring"

	"inos/backend/fault"
)

const opKeychain = "keychain"

// service is under which name the system's keychain lists what is ours.
const service = "INOS"

// ErrNotFound is a secret that is not there. Others know it by its kind, fault.NotFound.
var ErrNotFound error = fault.New(opKeychain, fault.NotFound, "keychain", "there is no such secret", "")

// Keychain keeps secrets by account. Each call may wait for the user to unlock it, and ends soon
// after ctx does. Get and Delete of what is not there return ErrNotFound; no error repeats a secret.
type Keychain interface {
	Get(ctx context.Context, account string) (string, error)
	Set(ctx context.Context, account, secret string) error
	Delete(ctx context.Context, account string) error
}

// system is the keychain of the desktop. Where there is none, every call says so: nothing is ever
// written elsewhere instead.
type system struct {
	turn chan struct{} // one question at a time: each may leave a prompt open that nobody answers
}

// SystemKeychain is the keychain of the desktop. It is asked when a secret is, and not before.
func SystemKeychain() Keychain { return &system{make(chan struct{}, 1)} }

func (s *system) Get(ctx context.Context, account string) (string, error) {
	return s.ask(ctx, func() (string, error) { return keyring.Get(service, account) })
}

func (s *system) Set(ctx context.Context, account, secret string) error {
	_, err := s.ask(ctx, func() (string, error) { return "", keyring.Set(service, account, secret) })
	return err
}

func (s *system) Delete(ctx context.Context, account string) error {
	_, err := s.ask(ctx, func() (string, error) { return "", keyring.Delete(service, account) })
	return err
}

// ask leaves a question that the keychain does not answer to itself; the next one waits behind it.
func (s *system) ask(ctx context.Context, question func() (string, error)) (string, error) {
	if err := reachable(); err != nil {
		return "", unusable(err)
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return "", unanswered(ctx)
	}
	type answer struct {
		secret string
		err    error
	}
	came := make(chan answer, 1)
	go func() {
		defer func() { <-s.turn }()
		secret, err := question()
		came <- answer{secret, err}
	}()
	select {
	case a := <-came:
		return a.secret, unusable(a.err)
	case <-ctx.Done():
		return "", unanswered(ctx)
	}
}

func unusable(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return fault.Wrap(opKeychain, fault.Budget, "keychain", errors.New("it does not take so long a secret"), "")
	}
	return fault.Wrap(opKeychain, fault.Unavailable, "keychain",
		fmt.Errorf("secrets are kept in the keychain of the system only, which cannot be used: %w", err),
		remedy)
}

func unanswered(ctx context.Context) error {
	return fault.Wrap(opKeychain, fault.Canceled, "keychain",
		fmt.Errorf("it did not answer in time: %w", context.Cause(ctx)), "unlock it and try again")
}
