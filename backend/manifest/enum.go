package manifest

import "fmt"

// Determinism says how two runs of an op with equal input compare.
type Determinism uint16

// The kinds of determinism, numbered as in the schema.
const (
	NotDeterministic Determinism = iota
	BitExact
	WithinTolerance
)

// Look says how the elements of a channel are drawn.
type Look uint16

// The looks, numbered as in the schema.
const (
	Points Look = iota
	Birds
)

// ParamKind is the type of a parameter.
type ParamKind uint16

// The kinds of parameters, numbered as the union of the schema.
const (
	Number ParamKind = iota
	Integer
	Flag
	Choice
	Text
)

var (
	determinismNames = []string{"none", "bitExact", "tolerance"}
	lookNames        = []string{"points", "birds"}
	paramKindNames   = []string{"number", "integer", "flag", "choice", "text"}
)

// String is the schema's name of the value.
func (d Determinism) String() string { return enumName(determinismNames, uint16(d)) }

// String is the schema's name of the value.
func (l Look) String() string { return enumName(lookNames, uint16(l)) }

// String is the schema's name of the value.
func (k ParamKind) String() string { return enumName(paramKindNames, uint16(k)) }

// MarshalText writes the schema's name.
func (d Determinism) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText writes the schema's name.
func (l Look) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// MarshalText writes the schema's name.
func (k ParamKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the schema's name.
func (d *Determinism) UnmarshalText(text []byte) error {
	v, err := enumValue(determinismNames, string(text))
	*d = Determinism(v)
	return err
}

// UnmarshalText reads the schema's name.
func (l *Look) UnmarshalText(text []byte) error {
	v, err := enumValue(lookNames, string(text))
	*l = Look(v)
	return err
}

// UnmarshalText reads the schema's name.
func (k *ParamKind) UnmarshalText(text []byte) error {
	v, err := enumValue(paramKindNames, string(text))
	*k = ParamKind(v)
	return err
}

func enumName(names []string, v uint16) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("unknown-%d", v)
}

func enumValue(names []string, text string) (uint16, error) {
	for i, n := range names {
		if n == text {
			return uint16(i), nil
		}
	}
	return 0, fmt.Errorf("%.40q is none of %s", text, joined(names))
}
