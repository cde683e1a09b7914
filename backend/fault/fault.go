// Package fault has the one error type of INOS: what failed, whose fault it is, why, and what the
// user can do next. A kind travels between processes and to the page, so kinds are append-only.
package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Kind says what sort of failure it was. New kinds go at the end.
type Kind uint16

// The kinds of failure.
const (
	Other       Kind = iota
	Invalid          // the input, a parameter or a manifest is wrong
	NotFound         // no such unit, op, file, segment
	Denied           // a permission was not granted
	Budget           // the arena's budget or a byte limit does not suffice
	Deadline         // it ran longer than it may
	Trap             // the guest trapped or panicked
	Memory           // the guest hit its memory limit
	Fault            // the guest touched memory that it may not touch
	Crash            // the worker ended for a reason that has no better name
	Protocol         // somebody sent what cannot be
	Unavailable      // it cannot be had on this machine or at this time
	Canceled         // somebody asked for the end
	Quarantined      // it failed too often and is not started again
	LogFlood         // the guest wrote more log lines than it may
	Internal         // a bug of ours
	Damaged          // what is stored is not what was written
)

var kindNames = [...]string{
	"other", "invalid", "not-found", "denied", "budget", "deadline", "trap", "memory", "fault",
	"crash", "protocol", "unavailable", "canceled", "quarantined", "log-flood", "internal",
	"damaged",
}

// String returns the kind as it stands in JSON: "not-found".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind-%d", uint16(k))
}

// Error is a failure with its subject (a plugin, a parameter, a file) and its remedy.
type Error struct {
	Op      string // what was tried: "live.start"
	Kind    Kind
	Subject string // whom it is about; may be empty
	Err     error  // the cause
	Next    string // what the user can do, a sentence without the full stop; may be empty
	// Needed and Limit are bytes, for Budget.
	Needed, Limit int64
}

// New makes an error from a message.
func New(op string, kind Kind, subject, message, next string) *Error {
	return &Error{Op: op, Kind: kind, Subject: subject, Err: errors.New(message), Next: next}
}

// Newf is New with a formatted message and no remedy.
func Newf(op string, kind Kind, subject, format string, args ...any) *Error {
	return &Error{Op: op, Kind: kind, Subject: subject, Err: fmt.Errorf(format, args...)}
}

// Wrap gives err a place, a kind and a remedy. A nil err stays nil.
func Wrap(op string, kind Kind, subject string, err error, next string) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Kind: kind, Subject: subject, Err: err, Next: next}
}

// Bare is err without the operation and the path that os put before it: a subject names them better.
func Bare(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// Message is the cause without subject and remedy.
func (e *Error) Message() string {
	if e.Err == nil {
		return e.Kind.String()
	}
	return e.Err.Error()
}

// Error is one line: subject, cause, remedy.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Subject != "" {
		b.WriteString(e.Subject)
		b.WriteString(": ")
	}
	b.WriteString(e.Message())
	if e.Next != "" {
		b.WriteString("; ")
		b.WriteString(e.Next)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// MarshalJSON writes the form that the page and `--json` show.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Kind    string `json:"kind"`
		Subject string `json:"subject"`
		Message string `json:"message"`
		Next    string `json:"next,omitempty"`
		Needed  int64  `json:"needed,omitempty"`
		Limit   int64  `json:"limit,omitempty"`
	}{e.Kind.String(), e.Subject, e.Message(), e.Next, e.Needed, e.Limit})
}

// KindOf is the kind of the outermost Error in err's chain; Other where there is none.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Other
}

// As returns the outermost Error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
