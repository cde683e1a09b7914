//go:build desktop && automation

package main

import (
	"context"

	"inos/backend/job"
	"inos/backend/window"
)

// RunOp runs an op, as nothing in the window does yet, and returns its first figure. An empty input
// is none.
func (a *Automation) RunOp(unit, op string, params map[string]any, input string) (float64, error) {
	request := job.Request{Unit: unit, Op: op, Params: params}
	if input != "" {
		request.Inputs = []job.Input{{Bytes: []byte(input)}}
	}
	result, err := a.desktop.node.Run(context.Background(), request)
	if err != nil || len(result.Results) == 0 {
		return 0, window.Refusal(err)
	}
	return result.Results[0].Value, nil
}

// Op is one that RunOps runs.
type Op struct {
	Unit, Op, Input string
	Params          map[string]any
}

// RunOps runs ops one after the other, with no work for the page between them, and returns how each
// was refused; empty: it was not.
func (a *Automation) RunOps(ops []Op) []string {
	refusals := make([]string, len(ops))
	for i, o := range ops {
		if _, err := a.RunOp(o.Unit, o.Op, o.Params, o.Input); err != nil {
			refusals[i] = err.Error()
		}
	}
	return refusals
}

// Drop is what happens when the system says that files were dropped onto the window.
func (a *Automation) Drop(paths []string) { a.desktop.dropped(paths) }

// Clipboard is what plugins find there.
func (a *Automation) Clipboard() (string, error) { return a.desktop.around.Text() }

// answer is a user who chooses what a test says, in the next dialogs of store and lab.
type answer struct {
	window.StoreDialogs
	path string
}

func (a answer) FilesToStore() ([]string, error)       { return []string{a.path}, nil }
func (a answer) Folder(string) (string, error)         { return a.path, nil }
func (a answer) SaveAs(string, string) (string, error) { return a.path, nil }

func (a answer) FilesFrom(string, string) ([]string, error) { return []string{a.path}, nil }
func (a answer) SaveInto(_, _, _ string) (string, error)    { return a.path, nil }

// Choose makes that the answer of the dialogs of store and lab.
func (a *Automation) Choose(path string) {
	a.desktop.store.Dialogs = answer{a.desktop.around, path}
	a.desktop.lab.Dialogs = answer{a.desktop.around, path}
}
