package cli

import "testing"

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
