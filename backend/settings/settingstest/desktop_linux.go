package settingstest

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// startLimit bounds the wait for the programs of a desktop.
const startLimit = 20 * time.Second

// Desktop starts a session bus and Debian's keychain on it, unlocked, both for this test alone, and
// returns the environment in which they are found.
func Desktop(t testing.TB) []string {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "dbus-send", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing; run make setup", program)
		}
	}
	env := []string{"HOME=" + t.TempDir(), "XDG_RUNTIME_DIR=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address", "--nopidfile")
	bus.Env = env
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin(t, bus)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "DBUS_SESSION_BUS_ADDRESS="+strings.TrimSpace(address))
	keychain := exec.Command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	keychain.Env, keychain.Stdin = env, strings.NewReader("\n") // an empty password
	begin(t, keychain)
	awaitSecrets(t, env)
	return env
}

func begin(t testing.TB, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // killed: its state says nothing
	})
}

// awaitSecrets asks the bus until the keychain has its name there. A question to the keychain itself
// would start a second one.
func awaitSecrets(t testing.TB, env []string) {
	t.Helper()
	for end := time.Now().Add(startLimit); ; {
		ask := exec.Command("dbus-send", "--session", "--print-reply=literal", "--dest=org.freedesktop.DBus",
			"/", "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets")
		ask.Env = env
		said, err := ask.CombinedOutput()
		if err == nil && strings.Contains(string(said), "true") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the keychain did not start: %s, %v", said, err)
		}
	}
}
