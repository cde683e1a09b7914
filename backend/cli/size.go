package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizeUnits are the endings of a size. Without one the number is bytes.
var sizeUnits = []struct {
	ending string
	bytes  float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30},
	{"b", 1},
}

// byteSize is a flag like 16MiB, 1.5GiB, 64k or 1048576.
type byteSize int64

// Set reads text; a size is a positive whole number of bytes.
func (s *byteSize) Set(text string) error {
	number, unit := strings.ToLower(strings.TrimSpace(text)), 1.0
	for _, u := range sizeUnits {
		if rest, found := strings.CutSuffix(number, u.ending); found {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	bytes := value * unit
	if err != nil || !(bytes >= 1) || bytes > math.MaxInt64/2 || bytes != math.Trunc(bytes) {
		return fmt.Errorf("%q is no size; write it like 16MiB", text)
	}
	*s = byteSize(bytes)
	return nil
}

func (s *byteSize) String() string { return formatBytes(float64(*s)) }

// Type names the flag's argument in the help.
func (s *byteSize) Type() string { return "SIZE" }

// formatBytes writes 16 MiB as "16MiB", which Set reads again.
func formatBytes(bytes float64) string {
	for _, u := range []struct {
		ending string
		bytes  float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= u.bytes {
			return trimZero(bytes/u.bytes) + u.ending
		}
	}
	return trimZero(bytes) + "B"
}

// trimZero writes one decimal, or none where it would be zero.
func trimZero(value float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', 1, 64), ".0")
}

// formatCount groups thousands: 100,000.
func formatCount[T ~int | ~uint32 | ~uint64](n T) string {
	digits := strconv.FormatUint(uint64(n), 10)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}
