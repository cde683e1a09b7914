package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// status is the outcome of one check.
type status string

const (
	fine    status = "ok"
	warning status = "warning" // INOS works, something is slower or missing
	problem status = "problem" // what the check is about does not work
)

// check is one line of the doctor's report.
type check struct {
	Name string `json:"name"`
	// Needed says for what: everything, the window only, or secret settings.
	Needed string `json:"needed"`
	Status status `json:"status"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// What a check is needed for.
const (
	forEverything = "everything"
	forWindow     = "window"
)

type doctorDocument struct {
	OK       bool    `json:"ok"`
	WindowOK bool    `json:"window_ok"`
	Checks   []check `json:"checks"`
}

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check this machine and say how to fix what is missing",
		Long: "doctor checks what INOS needs: the sandbox, shared memory and the worker program for\n" +
			"everything, and a display, OpenGL and WebKitGTK for the window. It exits with 1 when\n" +
			"something that everything needs is missing.",
		Example: "  inos doctor\n  inos doctor --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.printChecks(a.checks(cmd.Context()))
		},
	}
}

// checks runs all checks in the order in which they build on each other.
func (a *app) checks(ctx context.Context) []check {
	var all []check
	all = append(all, a.systemChecks()...)
	all = append(append(all, a.checkKeychain(ctx)), a.programChecks(ctx)...)
	return append(all, a.windowChecks(ctx)...)
}

func (a *app) printChecks(checks []check) error {
	report := doctorDocument{OK: true, WindowOK: true, Checks: checks}
	for _, c := range checks {
		if c.Status == problem {
			report.WindowOK = false
			report.OK = report.OK && c.Needed != forEverything
		}
	}
	if err := a.printDoctor(report); err != nil {
		return err
	}
	if !report.OK {
		return &reported{ExitFailed}
	}
	return nil
}

func (a *app) printDoctor(report doctorDocument) error {
	if a.global.json {
		return writeJSON(a.Stdout, report)
	}
	var rows [][]string
	for _, c := range report.Checks {
		rows = append(rows, []string{string(c.Status), c.Name, shown(c.Detail)})
	}
	if err := table(a.Stdout, rows); err != nil {
		return err
	}
	for _, c := range report.Checks {
		if c.Fix != "" {
			fmt.Fprintf(a.Stdout, "\n%s (%s): %s\n", c.Name, c.Status, shown(c.Fix))
		}
	}
	_, err := fmt.Fprintln(a.Stdout, "\n"+verdict(report))
	return err
}

func verdict(report doctorDocument) string {
	switch {
	case !report.OK:
		return "INOS cannot run here yet."
	case !report.WindowOK:
		return "INOS runs here without a window."
	default:
		return "All is well."
	}
}
