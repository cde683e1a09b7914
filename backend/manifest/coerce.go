package manifest

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"inos/backend/fault"
)

const opParams = "manifest.params"

// Value is a parameter's value, checked against its Param and ready for the ABI.
type Value struct {
	Kind   ParamKind
	Number float64 // number; flag: 0 or 1; choice: index of the option
	Int    int64   // integer
	Text   string  // text
}

// CoerceParams gives every parameter of spec a value, in spec's order: from values where it is
// named there, else its default. A value may be of the parameter's own type or a string (from a
// command line). The error names the parameter, its range and its unit.
func CoerceParams(spec []Param, values map[string]any) ([]Value, error) {
	if err := knownNames(spec, values); err != nil {
		return nil, err
	}
	out := make([]Value, len(spec))
	for i := range spec {
		given, ok := values[spec[i].Name]
		if !ok || given == nil {
			given = spec[i].Default
		}
		v, err := spec[i].Coerce(given)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// Values is the way back: what each parameter of spec is set to, as JSON types. A secret is left out.
func Values(spec []Param, values []Value) map[string]any {
	out := make(map[string]any, len(spec))
	for i := range spec {
		if i < len(values) && !spec[i].Secret {
			out[spec[i].Name] = spec[i].Plain(values[i])
		}
	}
	return out
}

// Coerce checks one value.
func (p *Param) Coerce(given any) (Value, error) {
	v := Value{Kind: p.Kind}
	var ok bool
	switch p.Kind {
	case Number:
		v.Number, ok = asFloat(given)
		ok = ok && v.Number >= p.Min && v.Number <= p.Max
	case Integer:
		v.Int, ok = asInt(given)
		ok = ok && float64(v.Int) >= p.Min && float64(v.Int) <= p.Max
	case Flag:
		v.Number, ok = asFlag(given)
	case Choice:
		v.Number, ok = p.asChoice(given)
	case Text:
		v.Text, ok = given.(string)
		ok = ok && len(v.Text) <= int(p.MaxBytes) && !strings.ContainsRune(v.Text, 0)
	}
	if !ok {
		return Value{}, p.outOfRange(given)
	}
	return v, nil
}

// Plain is a value as JSON has it.
func (p *Param) Plain(v Value) any {
	switch p.Kind {
	case Number:
		return v.Number
	case Integer:
		return v.Int
	case Flag:
		return v.Number != 0
	case Choice:
		if i := int(v.Number); i >= 0 && i < len(p.Options) {
			return p.Options[i]
		}
	}
	return v.Text
}

func (p *Param) outOfRange(given any) error {
	what := ""
	if p.Kind == Integer {
		what = "a whole number, "
	}
	return fault.Newf(opParams, fault.Invalid, p.Name, "%s does not fit: it takes %s%s",
		p.quoteGiven(given), what, p.Range())
}

func (p *Param) asChoice(given any) (float64, bool) {
	if s, ok := given.(string); ok {
		i := p.optionIndex(s)
		return float64(i), i >= 0
	}
	i, ok := asInt(given)
	return float64(i), ok && i >= 0 && i < int64(len(p.Options))
}

func knownNames(spec []Param, values map[string]any) error {
	var unknown []string
	for name := range values {
		if FindParam(spec, name) < 0 {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	sort.Strings(unknown)
	names := make([]string, len(spec))
	for i := range spec {
		names[i] = spec[i].Name
	}
	next := "the parameters are " + joined(names)
	if len(names) == 0 {
		next = "it has no parameters"
	}
	return fault.New(opParams, fault.Invalid, clip(unknown[0]), "there is no such parameter", next)
}

func asFloat(given any) (float64, bool) {
	var v float64
	switch g := given.(type) {
	case float64:
		v = g
	case float32:
		v = float64(g)
	case int:
		v = float64(g)
	case int64:
		v = float64(g)
	case json.Number:
		return asFloat(g.String())
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(g), 64)
		if err != nil {
			return 0, false
		}
		v = f
	default:
		return 0, false
	}
	return v, !math.IsNaN(v) && !math.IsInf(v, 0)
}

// asInt takes whole numbers only; a string may also be written 1e5 or 10_000.
func asInt(given any) (int64, bool) {
	switch g := given.(type) {
	case int:
		return int64(g), true
	case int64:
		return g, true
	case json.Number:
		return asInt(g.String())
	case string:
		s := strings.TrimSpace(g)
		if i, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64); err == nil {
			return i, true
		}
	}
	f, ok := asFloat(given)
	if !ok || f != math.Trunc(f) || math.Abs(f) > maxExactInteger {
		return 0, false
	}
	return int64(f), true
}

func asFlag(given any) (float64, bool) {
	on := false
	switch g := given.(type) {
	case bool:
		on = g
	case string:
		switch strings.ToLower(strings.TrimSpace(g)) {
		case "true", "on", "yes", "1":
			on = true
		case "false", "off", "no", "0":
		default:
			return 0, false
		}
	default:
		f, ok := asFloat(given)
		return f, ok && (f == 0 || f == 1)
	}
	if on {
		return 1, true
	}
	return 0, true
}

func (p *Param) quoteGiven(given any) string {
	if p.Secret {
		return "it"
	}
	return quoteGiven(given)
}

func quoteGiven(given any) string {
	if s, ok := given.(string); ok {
		return strconv.Quote(clip(s))
	}
	return clip(fmt.Sprint(given))
}

// maxShown is how much of a foreign text an error message repeats, in bytes.
const maxShown = 60

// clip makes foreign text safe to repeat: short, one line, valid UTF-8.
func clip(s string) string {
	if len(s) > maxShown {
		s = s[:maxShown] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

func joined(names []string) string { return strings.Join(names, ", ") }
