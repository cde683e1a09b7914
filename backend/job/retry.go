package job

import (
	"inos/backend/fault"
)

// maxTries is how often a job runs whose worker was killed: that is no fault of the job's, and if it is,
// it shows again.
const maxTries = 8

// again is what happens to a job that failed.
type again uint8

const (
	never     again = iota
	atOnce          // in another worker
	whenAlone       // when no other job takes the memory that it needs
)

// retryOf is the rule for a failure of this kind, at the try of this number, beside other jobs or not.
// What changes something outside may have done so before its worker was killed, so it is not done twice.
func retryOf(kind fault.Kind, t Target, try int, beside bool) again {
	switch {
	case kind == fault.Crash && try < maxTries && !t.Acts:
		return atOnce
	case kind == fault.Budget && beside && !t.Acts:
		return whenAlone
	}
	return never
}

// repeatable tells whether the inputs can be read once more.
func repeatable(inputs []opened) bool {
	_, ok := sizeOf(inputs)
	return ok
}
