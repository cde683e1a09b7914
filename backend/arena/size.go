package arena

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

// ParseSize reads a budget as people write it: 16MiB, 1.5GiB, 64k or 1048576. It is a whole number
// of bytes, at least one.
func ParseSize(text string) (int64, error) {
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
		return 0, fmt.Errorf("%q is no size; write it like 16MiB", text)
	}
	return int64(bytes), nil
}
