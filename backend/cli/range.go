package cli

import (
	"cmp"
	"time"

	"github.com/spf13/cobra"
)

// within refuses a flag's value that means nothing.
func within[T cmp.Ordered](cmd *cobra.Command, flag string, value, least, most T) error {
	if value >= least && value <= most { // not so when it is no number
		return nil
	}
	return usagef(cmd, "--%s %v does not fit: it takes %v to %v", flag, value, least, most)
}

// notNegative is within without an upper bound.
func notNegative[T int | time.Duration](cmd *cobra.Command, flag string, value T) error {
	if value >= 0 {
		return nil
	}
	return usagef(cmd, "--%s %v does not fit: it takes 0 or more", flag, value)
}

// maxDays is how far back ages of content go: a hundred years.
const maxDays = 36500
