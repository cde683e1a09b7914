package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
)

// pathPattern is an absolute path of at least two names.
var pathPattern = regexp.MustCompile(`(^|[^\w./])(/[\w.+-]+){2,}/?`)

// withoutPlaces takes paths and the host's name out of the texts of a document that other programs
// had a hand in: reasons and errors.
func withoutPlaces(document []byte) (json.RawMessage, error) {
	var value map[string]any
	if err := json.Unmarshal(document, &value); err != nil {
		return nil, err
	}
	host, _ := os.Hostname() // unknown: nobody can have named it
	for name, field := range value {
		if name == "error" || strings.HasSuffix(name, "_reason") {
			value[name] = clean(field, host)
		}
	}
	return json.Marshal(value)
}

// clean goes through everything below value.
func clean(value any, host string) any {
	switch v := value.(type) {
	case string:
		v = pathPattern.ReplaceAllString(v, "${1}(path)")
		if host != "" {
			v = regexp.MustCompile(`\b`+regexp.QuoteMeta(host)+`\b`).ReplaceAllString(v, "(host)")
		}
		return v
	case map[string]any:
		for name, field := range v {
			v[name] = clean(field, host)
		}
	case []any:
		for i, item := range v {
			v[i] = clean(item, host)
		}
	}
	return value
}
