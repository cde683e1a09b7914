package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"inos/backend/arena"
)

// byteSize is a budget as a flag, like 16MiB, 1.5GiB, 64k or 1048576.
type byteSize int64

// Set reads text.
func (s *byteSize) Set(text string) error {
	bytes, err := arena.ParseBudget(text)
	if err != nil {
		return err
	}
	*s = byteSize(bytes)
	return nil
}

func (s *byteSize) String() string { return formatBytes(float64(*s)) }

// Type names the flag's argument in the help.
func (s *byteSize) Type() string { return "SIZE" }

// quotaSize is the most that a space takes on the disk, as a flag, like 50GiB; 0: no bound.
type quotaSize int64

const minQuota = 1 << 20

// Set reads text.
func (s *quotaSize) Set(text string) error {
	bytes, err := arena.ParseSize(text)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no size; write it like 50GiB, or 0 for no bound", text)
	case bytes != 0 && bytes < minQuota || bytes > 1<<63:
		return fmt.Errorf("a quota is 1MiB to 8192PiB, or 0 for no bound; %q is none", text)
	}
	*s = quotaSize(math.MaxInt64)
	if bytes < 1<<63 {
		*s = quotaSize(bytes)
	}
	return nil
}

func (s *quotaSize) String() string { return formatBytes(float64(*s)) }

// Type names the flag's argument in the help.
func (s *quotaSize) Type() string { return "SIZE" }

// formatBytes writes 16 MiB as "16MiB".
func formatBytes(bytes float64) string { return arena.SizeText(bytes) }

// counted is how many of something: 1 file, 2,000 files.
func counted[T ~int | ~uint32 | ~uint64](n T, word string) string {
	return formatCount(n) + " " + plural(int(n), word)
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
