package cli

import (
	"math"
	"strings"
	"testing"
)

func TestAQuotaHasARangeOfItsOwn(t *testing.T) {
	for text, want := range map[string]quotaSize{
		"0": 0, "0B": 0, "1MiB": 1 << 20, "50GiB": 50 << 30, "1.5TiB": 3 << 39, "2p": 2 << 50,
		"8192PiB": math.MaxInt64, "4TB": 4e12,
	} {
		var got quotaSize
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, int64(got), err)
		}
	}
	for _, text := range []string{"", "-1GiB", "1", "1023KiB", "8193PiB", "inf", "nan", "much", "1e400"} {
		got := quotaSize(42)
		if err := got.Set(text); err == nil || got != 42 || strings.Contains(err.Error(), "memory") {
			t.Errorf("%s: %d, %v", text, int64(got), err)
		}
	}
}

func TestABudgetIsWrittenAsItIsRead(t *testing.T) {
	for _, bytes := range []byteSize{1 << 20, 3 << 19, 16 << 20, 1 << 30} {
		var again byteSize
		if err := again.Set(bytes.String()); err != nil || again != bytes {
			t.Errorf("%d is written %q and read as %d, %v", int64(bytes), bytes.String(), again, err)
		}
	}
}

func TestARefusedBudgetChangesNothing(t *testing.T) {
	size := byteSize(42)
	if err := size.Set("1GiB and more"); err == nil || size != 42 {
		t.Errorf("%v, %d", err, size)
	}
}

func TestCountsAreGrouped(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567",
	} {
		if got := formatCount(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
