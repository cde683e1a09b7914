package settings_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/settings"
	"inos/backend/settings/settingstest"
)

func TestTheKeychainOfTheDesktopKeepsSecrets(t *testing.T) {
	for _, pair := range settingstest.Desktop(t) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	k, ctx := settings.SystemKeychain(), t.Context()
	const account = "dev.inos.example/token/0123"
	if _, err := k.Get(ctx, account); !errors.Is(err, settings.ErrNotFound) {
		t.Fatalf("before: %v", err)
	}
	for _, secret := range []string{"hunter2", "höhe\nzweite Zeile ", strings.Repeat("x", 2048)} {
		if err := k.Set(ctx, account, secret); err != nil {
			t.Fatal(err)
		}
		if got, err := k.Get(ctx, account); got != secret || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := k.Get(ctx, account+"4"); !errors.Is(err, settings.ErrNotFound) {
		t.Errorf("another account: %v", err)
	}
	if err := k.Delete(ctx, account); err != nil {
		t.Error(err)
	}
	if err := k.Delete(ctx, account); !errors.Is(err, settings.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := k.Get(over, account); err == nil {
		t.Error("it answers a call that is over")
	}
}

func TestWithoutADesktopTheErrorSaysWhatIsMissing(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	k := settings.SystemKeychain()
	err := k.Set(t.Context(), "a", "hunter2")
	f := fault.As(err)
	if f == nil || f.Kind != fault.Unavailable || !strings.Contains(f.Next, "gnome-keyring") ||
		strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
