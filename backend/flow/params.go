package flow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"inos/backend/fault"
)

// values are the flow's parameters: those given, and the defaults of the others.
func (f *Flow) values(given map[string]string) (map[string]any, error) {
	out := map[string]any{}
	for _, p := range f.Params {
		if text, ok := given[p.Name]; ok {
			out[p.Name] = text
			continue
		}
		if p.Default == nil {
			return nil, fault.New(opPlan, fault.Invalid, p.Name, "this parameter is missing", "give it with -p "+p.Name+"=VALUE")
		}
		out[p.Name] = p.Default
	}
	for name := range given {
		if _, ok := out[name]; !ok {
			return nil, fault.New(opPlan, fault.Invalid, name, "the flow has no such parameter", f.paramsHint())
		}
	}
	return out, nil
}

func (f *Flow) paramsHint() string {
	if len(f.Params) == 0 {
		return "it has none"
	}
	names := make([]string, len(f.Params))
	for i, p := range f.Params {
		names[i] = p.Name
	}
	return "it has " + strings.Join(names, ", ")
}

// fill puts the flow's parameters into one of a step, and names those that it took. A text that is
// ${name} and nothing else becomes the value as it is; $$ is a dollar.
func fill(value any, params map[string]any) (filled any, used []string, err error) {
	text, ok := value.(string)
	if !ok {
		switch value.(type) {
		case float64, bool:
			return value, nil, nil
		}
		return nil, nil, errors.New("it is no text, number or truth value")
	}
	var b strings.Builder
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "$")
		b.WriteString(before)
		switch {
		case !found:
			return b.String(), used, nil
		case strings.HasPrefix(after, "$"):
			b.WriteByte('$')
			rest = after[1:]
		case strings.HasPrefix(after, "{"):
			name, left, closed := strings.Cut(after[1:], "}")
			v, known := params[name]
			if !closed || !known { // the text may be secret, so no more of it is told than a name
				if !nameForm.MatchString(name) {
					name = "..."
				}
				return nil, nil, fmt.Errorf("${%s} names no parameter of the flow; $$ is a dollar", name)
			}
			used = append(used, name)
			if text == "${"+name+"}" {
				return v, used, nil
			}
			b.WriteString(written(v))
			rest = left
		default:
			return nil, nil, errors.New("a dollar in it begins neither ${name} nor $$")
		}
	}
	return b.String(), used, nil
}

func written(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatFloat(n, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
