package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
)

// maxExactInteger bounds integers: beyond it a page, a JSON reader or param_f64 would round.
const maxExactInteger = 1<<53 - 1

// Param describes one parameter. Which fields count depends on Kind.
type Param struct {
	Name   string `json:"name"`
	Label  string `json:"label,omitempty"`
	Doc    string `json:"doc,omitempty"`
	Unit   string `json:"unit,omitempty"`
	Group  string `json:"group,omitempty"` // heading in a form
	Hidden bool   `json:"hidden,omitempty"`

	Kind ParamKind `json:"kind"`
	// Default is a float64 (number), int64 (integer), bool (flag) or string (text; choice: the
	// option).
	Default     any      `json:"default"`
	Min         float64  `json:"min"` // number, integer
	Max         float64  `json:"max"`
	Step        float64  `json:"step,omitempty"` // number; 0: continuous
	Logarithmic bool     `json:"logarithmic,omitempty"`
	Options     []string `json:"options,omitempty"`  // choice
	MaxBytes    uint32   `json:"maxBytes,omitempty"` // text
	Secret      bool     `json:"secret,omitempty"`   // text; of a setting: kept in the keychain; of an op: never shown
}

// paramHead has the fields that every kind shows.
type paramHead struct {
	Name    string    `json:"name"`
	Label   string    `json:"label,omitempty"`
	Doc     string    `json:"doc,omitempty"`
	Unit    string    `json:"unit,omitempty"`
	Group   string    `json:"group,omitempty"`
	Hidden  bool      `json:"hidden,omitempty"`
	Kind    ParamKind `json:"kind"`
	Default any       `json:"default"`
}

// MarshalJSON writes the fields of the parameter's kind and no others.
func (p Param) MarshalJSON() ([]byte, error) {
	head := paramHead{p.Name, p.Label, p.Doc, p.Unit, p.Group, p.Hidden, p.Kind, p.Default}
	switch p.Kind {
	case Number:
		return json.Marshal(struct {
			paramHead
			Min         float64 `json:"min"`
			Max         float64 `json:"max"`
			Step        float64 `json:"step"`
			Logarithmic bool    `json:"logarithmic"`
		}{head, p.Min, p.Max, p.Step, p.Logarithmic})
	case Integer:
		return json.Marshal(struct {
			paramHead
			Min         int64 `json:"min"`
			Max         int64 `json:"max"`
			Logarithmic bool  `json:"logarithmic"`
		}{head, int64(p.Min), int64(p.Max), p.Logarithmic})
	case Choice:
		return json.Marshal(struct {
			paramHead
			Options []string `json:"options"`
		}{head, p.Options})
	case Text:
		return json.Marshal(struct {
			paramHead
			MaxBytes uint32 `json:"maxBytes"`
			Secret   bool   `json:"secret,omitempty"`
		}{head, p.MaxBytes, p.Secret})
	default:
		return json.Marshal(head)
	}
}

var errNoKind = errors.New("is missing")

// UnmarshalJSON reads the flat form and gives Default the type of the kind. A choice's default
// may be the option or its index.
func (p *Param) UnmarshalJSON(data []byte) error {
	type plain Param
	var q struct {
		plain
		Kind    *ParamKind      `json:"kind"`
		Default json.RawMessage `json:"default"`
	}
	if err := json.Unmarshal(data, &q); err != nil {
		return err
	}
	if q.Kind == nil {
		return errNoKind
	}
	*p = Param(q.plain)
	p.Kind = *q.Kind
	if len(q.Default) == 0 {
		p.Default = p.zeroDefault()
		return nil
	}
	return p.setDefault(q.Default)
}

// zeroDefault is what an absent default means; Validate then says whether it is in range.
func (p *Param) zeroDefault() any {
	switch p.Kind {
	case Number:
		return float64(0)
	case Integer:
		return int64(0)
	case Flag:
		return false
	case Choice:
		if len(p.Options) > 0 {
			return p.Options[0]
		}
	}
	return ""
}

func (p *Param) setDefault(raw json.RawMessage) error {
	var err error
	switch p.Kind {
	case Number:
		var v float64
		err = json.Unmarshal(raw, &v)
		p.Default = v
	case Integer:
		var v int64
		err = json.Unmarshal(raw, &v)
		p.Default = v
	case Flag:
		var v bool
		err = json.Unmarshal(raw, &v)
		p.Default = v
	case Choice:
		return p.setChoiceDefault(raw)
	default:
		var v string
		err = json.Unmarshal(raw, &v)
		p.Default = v
	}
	if err != nil {
		return errors.New("must be " + takes(reflect.TypeOf(p.Default)))
	}
	return nil
}

func (p *Param) setChoiceDefault(raw json.RawMessage) error {
	var option string
	if json.Unmarshal(raw, &option) == nil {
		p.Default = option
		return nil
	}
	var index uint16
	if json.Unmarshal(raw, &index) != nil || int(index) >= len(p.Options) {
		return errors.New("must be an option or its index")
	}
	p.Default = p.Options[index]
	return nil
}

// optionIndex is the index of a choice's option, or -1.
func (p *Param) optionIndex(option string) int {
	for i, o := range p.Options {
		if o == option {
			return i
		}
	}
	return -1
}

// Range says in words what values fit: "0 to 10 s", "one of exact, fast".
func (p *Param) Range() string {
	switch p.Kind {
	case Number, Integer:
		return fmt.Sprintf("%s to %s%s", plainNumber(p.Min), plainNumber(p.Max), spaced(p.Unit))
	case Flag:
		return "true or false"
	case Choice:
		return "one of " + joined(p.Options)
	default:
		return fmt.Sprintf("text of at most %d bytes", p.MaxBytes)
	}
}

// plainNumber writes whole numbers without an exponent: 250000, not 2.5e+05.
func plainNumber(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) <= maxExactInteger {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%g", v)
}

func spaced(unit string) string {
	if unit == "" {
		return ""
	}
	return " " + unit
}
