package arena

import (
	"errors"
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
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40}, {"pib", 1 << 50},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"pb", 1e15},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"t", 1 << 40}, {"p", 1 << 50},
	{"b", 1},
}

// ParseBudget reads a budget as people write it: 16MiB, 1.5GiB, 64k or 1048576. It is a whole number
// of bytes, MinBudget to MaxBudget.
func ParseBudget(text string) (int64, error) {
	bytes, err := ParseSize(text)
	if err != nil {
		return 0, err
	}
	if err := CheckBudget(bytes); err != nil {
		return 0, fmt.Errorf("%q does not fit: %w", text, err)
	}
	return int64(bytes), nil
}

// CheckBudget says what a budget must be when bytes is none.
func CheckBudget[T int64 | float64](bytes T) error {
	if bytes < MinBudget || bytes > MaxBudget {
		return fmt.Errorf("the shared memory takes %s to %s", SizeText(int64(MinBudget)), SizeText(int64(MaxBudget)))
	}
	return nil
}

// ParseSize reads a number with its unit. It may be negative, or more than any number of bytes.
func ParseSize(text string) (float64, error) {
	number, unit := strings.ToLower(strings.TrimSpace(text)), 1.0
	for _, u := range sizeUnits {
		if rest, found := strings.CutSuffix(number, u.ending); found {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	bytes := value * unit
	tooBig := errors.Is(err, strconv.ErrRange)
	if err != nil && !tooBig || math.IsNaN(bytes) || !tooBig && bytes != math.Trunc(bytes) {
		return 0, fmt.Errorf("%q is no size; write it like 16MiB", text)
	}
	return bytes, nil
}

// SizeText writes a size as ParseBudget reads it, in the largest unit and with one decimal: 1.5GiB.
func SizeText[T int64 | float64](bytes T) string {
	size := float64(bytes)
	for _, u := range []struct {
		ending string
		bytes  float64
	}{{"PiB", 1 << 50}, {"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if size >= u.bytes {
			return oneDecimal(size/u.bytes) + u.ending
		}
	}
	return oneDecimal(size) + "B"
}

// oneDecimal leaves out one that is zero.
func oneDecimal(value float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', 1, 64), ".0")
}
