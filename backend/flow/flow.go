// Package flow runs several ops one after the other, for each of many files: the outputs of one are the
// inputs of the next, and stay in shared memory on the way. A flow is a small JSON file.
//
// The file is as hostile as any: Parse bounds it, and Plan checks it against what the plugins declare
// before anything runs.
package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"inos/backend/fault"
)

const opParse = "flow.parse"

// Version is the version of the file's form.
const Version = 1

// Bounds of a flow.
const (
	MaxBytes   = 1 << 20
	maxParams  = 64
	maxInputs  = 16
	maxSteps   = 64
	maxOutputs = 64
	maxDoc     = 4096
)

// Flow is what the file says.
type Flow struct {
	Version int      `json:"flow"`
	Name    string   `json:"name"`
	Doc     string   `json:"doc,omitempty"`
	Params  []Param  `json:"params,omitempty"`
	Inputs  []Input  `json:"inputs,omitempty"`
	Steps   []Step   `json:"steps"`
	Outputs []Output `json:"outputs,omitempty"`
}

// Param is a parameter of the flow, ${name} in those of its steps.
type Param struct {
	Name    string `json:"name"`
	Doc     string `json:"doc,omitempty"`
	Default any    `json:"default,omitempty"` // a text, a number or a truth value; none: it must be given
}

// Input is a file, or each of many.
type Input struct {
	Name string `json:"name"`
	Doc  string `json:"doc,omitempty"`
	Each bool   `json:"each,omitempty"` // the flow runs once for each file; one input at most
}

// Step is one op. Its inputs are names of the flow's inputs, and of steps, whose first output it takes,
// or with a dot behind it the one of that name.
type Step struct {
	Name   string         `json:"name"`
	Op     string         `json:"op"` // unit.op
	Params map[string]any `json:"params,omitempty"`
	Inputs []string       `json:"inputs,omitempty"`
}

// Output is what is written: the output of a step, as an input of a step names it.
type Output struct {
	Name string `json:"name"`
	From string `json:"from"`
}

// Parse reads a flow and checks all that can be said without plugins.
func Parse(text []byte) (*Flow, error) {
	if len(text) > MaxBytes {
		return nil, wrong("", "it has %d bytes, at most %d", len(text), MaxBytes)
	}
	f := new(Flow)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil {
		return nil, fault.Wrap(opParse, fault.Invalid, "", plain(err), "")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, wrong("", "something follows the JSON object")
	}
	return f, f.check()
}

// plain says where JSON is wrong.
func plain(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("byte %d: %w", syntax.Offset, err)
	case errors.As(err, &kind):
		return fmt.Errorf("byte %d: %s is no place for a %s", kind.Offset, kind.Field, kind.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends too early")
	}
	return err
}

func wrong(subject, format string, args ...any) error {
	return fault.Newf(opParse, fault.Invalid, subject, format, args...)
}

var (
	nameForm = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
	opForm   = regexp.MustCompile(`^[a-z0-9_]{1,64}\.[a-z0-9_]{1,64}$`)
)

func (f *Flow) check() error {
	switch {
	case f.Version != Version:
		return wrong("flow", "this is version %d of the form, known is %d", f.Version, Version)
	case !nameForm.MatchString(f.Name):
		return wrong("name", "%q is none: up to 64 of a-z, 0-9 and _", f.Name)
	case len(f.Doc) > maxDoc:
		return wrong("doc", "it has more than %d bytes", maxDoc)
	case len(f.Steps) == 0 || len(f.Steps) > maxSteps:
		return wrong("steps", "there are %d, 1 to %d may be", len(f.Steps), maxSteps)
	case len(f.Params) > maxParams || len(f.Inputs) > maxInputs || len(f.Outputs) > maxOutputs:
		return wrong("", "more than %d params, %d inputs or %d outputs", maxParams, maxInputs, maxOutputs)
	}
	if err := f.checkNames(); err != nil {
		return err
	}
	each := 0
	for _, in := range f.Inputs {
		if in.Each {
			each++
		}
	}
	if each > 1 {
		return wrong("inputs", "%d of them are for each of many files, one may be", each)
	}
	for _, p := range f.Params {
		switch p.Default.(type) {
		case nil, string, float64, bool:
		default:
			return wrong(p.Name, "its default is no text, number or truth value")
		}
	}
	return nil
}

// checkNames refuses names that are none, or are there twice among those that a reference may mean.
func (f *Flow) checkNames() error {
	params, sources, outputs := map[string]bool{}, map[string]bool{}, map[string]bool{}
	add := func(set map[string]bool, name string) error {
		if !nameForm.MatchString(name) {
			return wrong(name, "this is no name: up to 64 of a-z, 0-9 and _")
		}
		if set[name] {
			return wrong(name, "this name is there twice")
		}
		set[name] = true
		return nil
	}
	var all []error
	for _, p := range f.Params {
		all = append(all, add(params, p.Name))
	}
	for _, in := range f.Inputs {
		all = append(all, add(sources, in.Name))
	}
	for _, s := range f.Steps {
		all = append(all, add(sources, s.Name))
		if !opForm.MatchString(s.Op) {
			all = append(all, wrong(s.Name, "its op %q is not written as unit.op", s.Op))
		}
	}
	for _, o := range f.Outputs {
		all = append(all, add(outputs, o.Name))
	}
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// EachInput is the index of the input that is one of many files, or -1.
func (f *Flow) EachInput() int {
	for i := range f.Inputs {
		if f.Inputs[i].Each {
			return i
		}
	}
	return -1
}
