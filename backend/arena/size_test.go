package arena

import (
	"strings"
	"testing"
)

func TestBudgetsAreRead(t *testing.T) {
	for text, want := range map[string]int64{
		"16MiB": 16 << 20, "16mib": 16 << 20, "16M": 16 << 20, "16 MiB": 16 << 20, "1g": 1 << 30,
		"1.5MiB": 3 << 19, "2048k": 2 << 20, "2MB": 2_000_000, "1048576": 1 << 20, "2e6B": 2_000_000,
	} {
		if bytes, err := ParseBudget(text); err != nil || bytes != want {
			t.Errorf("%q: %d, %v; want %d", text, bytes, err, want)
		}
	}
}

func TestABudgetOutOfRangeIsToldTheRange(t *testing.T) {
	for _, text := range []string{
		"0", "1", "-1MiB", "1048575", "7B", "Inf", "-inf", "infMiB", "1073741825", "2GiB", "1e400", "1e300GiB",
		"9223372036854775807", "1.0000001B",
	} {
		_, err := ParseBudget(text)
		inRange := err == nil || !strings.Contains(err.Error(), "takes 1MiB to 1GiB")
		if noWhole := strings.Contains(text, "."); inRange != noWhole || err == nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWhatIsNoSizeIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "MiB", "x", "NaN", "NaNMiB", "1.0000001MiB", "16MiBs", "16 Mi B", "0x", "1_000GiB.", "１６MiB",
	} {
		if _, err := ParseBudget(text); err == nil || !strings.Contains(err.Error(), "is no size") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSizesAreWrittenInTheLargestUnit(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0B", 1: "1B", 1023: "1023B", 1 << 10: "1KiB", 16 << 20: "16MiB", 3 << 29: "1.5GiB", 2 << 40: "2TiB", 8 << 50: "8PiB",
	} {
		if got := SizeText(bytes); got != want {
			t.Errorf("%d: %q, want %q", bytes, got, want)
		}
	}
}

func FuzzBudget(f *testing.F) {
	for _, seed := range []string{"16MiB", "1e9", "0x1p24", "nan", "infgib", "-0", "1_0", "９MiB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		bytes, err := ParseBudget(text)
		if err == nil && (bytes < MinBudget || bytes > MaxBudget) {
			t.Errorf("%q is read as %d bytes", text, bytes)
		}
	})
}
