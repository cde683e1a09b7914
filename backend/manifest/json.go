package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"inos/backend/fault"
)

// maxJSONBytes and maxJSONDepth bound a manifest.json before it is read.
const (
	maxJSONBytes = 1 << 20
	maxJSONDepth = 12
)

// ParseJSON reads and checks a manifest.json. Unknown and repeated fields are errors; every error
// has its line as the subject: "line 12".
func ParseJSON(data []byte) (*Manifest, error) {
	if len(data) > maxJSONBytes {
		return nil, jsonError(1, fmt.Errorf("the manifest has %d bytes, at most %d are allowed",
			len(data), maxJSONBytes))
	}
	s := &scanner{data: data, lines: map[string]int{}}
	if err := s.scan(reflect.TypeFor[Manifest]()); err != nil {
		return nil, jsonError(s.lineOfError(err), err)
	}
	m := &Manifest{}
	if err := json.Unmarshal(data, m); err != nil { // the scanner has found all that people write
		return nil, jsonError(1, err)
	}
	p := m.problem()
	if m.Foreign != nil {
		p = &problem{"foreign", "is for modules without a manifest"}
	}
	if p != nil {
		return nil, jsonError(s.lineOf(p.path), p)
	}
	return m, nil
}

func jsonError(line int, err error) error {
	return fault.Wrap("manifest.json", fault.Invalid, fmt.Sprintf("line %d", line), err, "")
}

// scanner walks the tokens once: it finds unknown and repeated fields and values of a wrong type,
// which encoding/json lets pass or reports in Go's words and without a place, and notes the line of
// every path for later errors.
type scanner struct {
	data  []byte
	dec   *json.Decoder
	lines map[string]int
}

func (s *scanner) scan(root reflect.Type) error {
	s.dec = json.NewDecoder(bytes.NewReader(s.data))
	s.dec.UseNumber()
	if err := s.value(root, "", 0); err != nil {
		return err
	}
	if _, err := s.dec.Token(); err != io.EOF {
		return errors.New("something follows after the manifest")
	}
	return nil
}

// line is where the scanner stands, from 1.
func (s *scanner) line() int { return lineAt(s.data, s.dec.InputOffset()) }

func lineAt(data []byte, offset int64) int {
	offset = max(0, min(offset, int64(len(data))))
	return bytes.Count(data[:offset], []byte{'\n'}) + 1
}

// lineOfError is where an error of scan belongs.
func (s *scanner) lineOfError(err error) int {
	if p := (*problem)(nil); errors.As(err, &p) {
		return s.lineOf(p.path)
	}
	return s.line()
}

// lineOf is the line of the path, or of the nearest path above it that the text has.
func (s *scanner) lineOf(path string) int {
	for path != "" {
		if line, ok := s.lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

func (s *scanner) value(t reflect.Type, path string, depth int) error {
	if depth > maxJSONDepth {
		return fmt.Errorf("nested deeper than %d", maxJSONDepth)
	}
	tok, err := s.dec.Token()
	if err != nil {
		return tokenError(err)
	}
	s.lines[path] = s.line()
	switch tok {
	case json.Delim('{'):
		return s.object(t, path, depth)
	case json.Delim('['):
		return s.array(t, path, depth)
	case nil:
		return &problem{path, "is null; leave it out"}
	}
	return fits(t, tok, path)
}

func (s *scanner) object(t reflect.Type, path string, depth int) error {
	fields, start := fieldTypes(t), s.dec.InputOffset()-1
	if fields == nil {
		return &problem{path, "must be " + takes(t)}
	}
	seen := map[string]bool{}
	for s.dec.More() {
		tok, err := s.dec.Token()
		if err != nil {
			return tokenError(err)
		}
		key, _ := tok.(string)
		ft, known := fields[key]
		switch {
		case !known:
			return fmt.Errorf("unknown field %q", clip(key))
		case seen[key]:
			return fmt.Errorf("field %q is there twice", clip(key))
		}
		seen[key] = true
		if err := s.value(ft, strings.TrimPrefix(path+"."+key, "."), depth+1); err != nil {
			return err
		}
	}
	if _, err := s.dec.Token(); err != nil {
		return tokenError(err)
	}
	return fitsDefault(t, s.data[start:s.dec.InputOffset()], path)
}

func (s *scanner) array(t reflect.Type, path string, depth int) error {
	if t.Kind() != reflect.Slice {
		return &problem{path, "must be " + takes(t)}
	}
	for i := 0; s.dec.More(); i++ {
		if err := s.value(t.Elem(), fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
			return err
		}
	}
	_, err := s.dec.Token()
	return tokenError(err)
}

func tokenError(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the text ends too early")
	}
	return err
}

// fieldTypes maps the JSON names of a struct to their types; nil where t is no struct.
func fieldTypes(t reflect.Type) map[string]reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	out := make(map[string]reflect.Type, t.NumField())
	for i := 0; i < t.NumField(); i++ {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out[name] = t.Field(i).Type
	}
	return out
}
