package manifest

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
)

// fits says whether a field of type t takes a text, number or truth value.
func fits(t reflect.Type, tok json.Token, path string) error {
	raw, err := json.Marshal(tok)
	if err != nil {
		return err
	}
	value := reflect.New(t)
	err = json.Unmarshal(raw, value.Interface())
	if err == nil {
		return nil
	}
	if _, text := tok.(string); text && isName(t) {
		return &problem{path, err.Error()}
	}
	return &problem{path, "must be " + takes(t)}
}

// fitsDefault checks the default of a parameter, whose type its kind decides.
func fitsDefault(t reflect.Type, raw []byte, path string) error {
	if t != reflect.TypeFor[Param]() {
		return nil
	}
	err := json.Unmarshal(raw, &Param{})
	switch {
	case err == errNoKind:
		return &problem{path + ".kind", err.Error()}
	case err != nil:
		return &problem{path + ".default", err.Error()}
	}
	return nil
}

// isName reports whether t is one of several names.
func isName(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// takes says in words what fits into a field of type t.
func takes(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	case reflect.Int64:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number, 0 or more"
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		if !isName(t) {
			return fmt.Sprintf("a whole number, 0 to %d", uint64(1)<<t.Bits()-1)
		}
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Pointer:
		return "an object"
	case reflect.Interface:
		return "a text, a number, true or false"
	}
	return "a text"
}
