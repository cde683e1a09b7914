//go:build !windows && !darwin

package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const remedy = "log into a desktop that runs a keychain (GNOME Keyring, KWallet, KeePassXC); Debian has " +
	"it as gnome-keyring"

// reachable says whether there is a session bus to ask at. Without one the library would start one,
// which no keychain listens to and nobody would stop.
func reachable() error {
	if at := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); at != "" && at != "autolaunch:" {
		return nil
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join(fmt.Sprintf("/run/user/%d", os.Getuid()), name)); err == nil {
			return nil
		}
	}
	return errors.New("there is no desktop session (no D-Bus)")
}
