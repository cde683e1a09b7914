package cli

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
)

// maxParams bounds how many -p flags one command line may have.
const maxParams = 256

// parseParams reads name=value pairs. Values stay text: the manifest says what they are.
func parseParams(cmd *cobra.Command, pairs []string) (map[string]any, error) {
	if len(pairs) > maxParams {
		return nil, usagef(cmd, "%d parameters; at most %d are possible", len(pairs), maxParams)
	}
	params := make(map[string]any, len(pairs))
	for _, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, usagef(cmd, "-p %q is not of the form name=value", pair)
		}
		if _, twice := params[name]; twice {
			return nil, usagef(cmd, "parameter %s is given twice", name)
		}
		params[name] = value
	}
	return params, nil
}

// splitOp reads UNIT.OP.
func splitOp(cmd *cobra.Command, text string) (unit, op string, err error) {
	unit, op, found := strings.Cut(text, ".")
	if !found || unit == "" || op == "" || strings.Contains(op, ".") {
		return "", "", usagef(cmd, "%q is not of the form UNIT.OP, like boids.stats", text)
	}
	return unit, op, nil
}

// paramsFlag registers -p.
func paramsFlag(cmd *cobra.Command, pairs *[]string) {
	cmd.Flags().StringArrayVarP(pairs, "param", "p", nil, "set a parameter, `name=value`; repeat")
}

// shown is a value for a terminal: nothing that moves the cursor, colours, or turns the direction of
// the text may come out of a plugin, a path or an argument.
func shown(value any) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, fmt.Sprint(value))
}
