package cli

import "testing"

func TestSizesAreRead(t *testing.T) {
	for text, want := range map[string]int64{
		"16MiB": 16 << 20, "16mib": 16 << 20, "16M": 16 << 20, "16 MiB": 16 << 20,
		"1.5GiB": 3 << 29, "64k": 64 << 10, "1MB": 1_000_000, "1048576": 1 << 20, "7B": 7,
	} {
		var size byteSize
		if err := size.Set(text); err != nil || int64(size) != want {
			t.Errorf("%q: %d, %v; want %d", text, size, err, want)
		}
	}
}

func TestWhatIsNoSizeIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "MiB", "x", "-1MiB", "0", "0MiB", "NaN", "NaNMiB", "Inf", "infMiB", "1e400", "1e300GiB",
		"0.5B", "1.0000001B", "16MiBs", "16 Mi B", "9223372036854775807", "0x", "1_000GiB.",
	} {
		size := byteSize(42)
		if err := size.Set(text); err == nil {
			t.Errorf("%q was taken for %d bytes", text, size)
		} else if err != nil && size != 42 {
			t.Errorf("%q was refused, but changed the size to %d", text, size)
		}
	}
}

func TestSizesAreWrittenAsTheyAreRead(t *testing.T) {
	for _, bytes := range []byteSize{1, 1023, 1 << 10, 16 << 20, 3 << 29} {
		var again byteSize
		if err := again.Set(bytes.String()); err != nil || again != bytes {
			t.Errorf("%d is written %q and read as %d, %v", int64(bytes), bytes.String(), again, err)
		}
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

func FuzzSize(f *testing.F) {
	for _, seed := range []string{"16MiB", "1e9", "0x1p4", "nan", "infgib", "-0", "1_0", "９MiB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size := byteSize(-1)
		if err := size.Set(text); err != nil {
			if size != -1 {
				t.Errorf("%q was refused, but changed the size to %d", text, size)
			}
			return
		}
		if size < 1 {
			t.Errorf("%q is read as %d bytes", text, size)
		}
	})
}
