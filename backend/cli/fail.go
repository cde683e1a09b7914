package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"inos/backend/fault"
)

// reported is the end of a command whose own output has said all: nothing more is printed.
type reported struct{ exit int }

func (r *reported) Error() string { return fmt.Sprintf("ended with %d", r.exit) }

// usageError is a command line that makes no sense; nothing was started.
type usageError struct{ fault *fault.Error }

func (e *usageError) Error() string { return e.fault.Error() }
func (e *usageError) Unwrap() error { return e.fault }

// usage makes err a usage error of cmd. A nil err stays nil.
func usage(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return &usageError{&fault.Error{
		Op:      "cli",
		Kind:    fault.Invalid,
		Subject: cmd.CommandPath(),
		Err:     err,
		Next:    fmt.Sprintf("see `%s --help`", cmd.CommandPath()),
	}}
}

func usagef(cmd *cobra.Command, format string, args ...any) error {
	return usage(cmd, fmt.Errorf(format, args...))
}

// interrupted marks err as the consequence of Ctrl+C.
func interrupted(err error) error {
	e := asFault(err)
	if errors.Is(err, context.Canceled) || e.Kind == fault.Canceled {
		return fault.New("cli", fault.Canceled, e.Subject, "interrupted", "")
	}
	return fault.Newf("cli", fault.Canceled, e.Subject, "interrupted (%s)", e.Message())
}

func exitCode(err error) int {
	var wrong *usageError
	switch {
	case errors.As(err, &wrong):
		return ExitUsage
	case fault.KindOf(err) == fault.Canceled:
		return ExitInterrupted
	default:
		return ExitFailed
	}
}

// printError writes one line on standard error, and with --json the document as well.
func (a *app) printError(err error) {
	line := a.reason(err)
	if !strings.HasPrefix(line, "inos") { // a usage error begins with the command
		line = "inos: " + line
	}
	fmt.Fprintln(a.Stderr, line)
	if a.global.json || exitCode(err) == ExitUsage && slices.ContainsFunc(a.args, asksForJSON) {
		_ = writeJSON(a.Stdout, errorDocument{asFault(err)}) // nowhere left to report to
	}
}

// asksForJSON reads the flag where another one kept it from being read.
func asksForJSON(arg string) bool {
	on, err := strconv.ParseBool(strings.TrimPrefix(arg, "--json="))
	return arg == "--json" || strings.HasPrefix(arg, "--json=") && err == nil && on
}

// maxReason bounds what and why on standard error, each in characters: a guest's stack has thousands.
const maxReason = 300

// reason is one line: what, why and what to do next. A longer why is cut, unless --verbose.
func (a *app) reason(err error) string {
	short := *asFault(err)
	short.Subject = a.clipped(short.Subject, "...")
	short.Err = errors.New(a.clipped(oneLine(short.Message()), "... (--verbose shows all)"))
	return shown(oneLine(short.Error()))
}

func (a *app) clipped(text, mark string) string {
	runes := []rune(text)
	if len(runes) <= maxReason || a.global.verbose {
		return text
	}
	return string(runes[:maxReason]) + mark
}

// errorDocument is what --json prints when a command failed.
type errorDocument struct {
	Error *fault.Error `json:"error"`
}

func asFault(err error) *fault.Error {
	if e := fault.As(err); e != nil {
		return e
	}
	return &fault.Error{Kind: fault.Other, Err: err}
}

// faultOf is asFault where there may be no error.
func faultOf(err error) *fault.Error {
	if err == nil {
		return nil
	}
	return asFault(err)
}

// oneLine joins the lines of a message (a guest's stack) so that scripts can read line by line.
func oneLine(text string) string {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, field := range fields {
		fields[i] = strings.TrimSpace(field)
	}
	return strings.Join(fields, " | ")
}

func writeJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}
