package window

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"inos/backend/manifest"
)

// labLine is a run as a command for a shell, and the files in it that exist in the lab only. Parameters
// that have their default are left out; a secret is a variable that the user sets before: a command line is
// no place for it.
func labLine(j *labJob, outputs []*labItem) (line string, unsaved []string) {
	words := []string{"inos run", quoted(j.unit + "." + j.op.Name)}
	unsaved = []string{}
	for _, i := range j.inputs {
		name := i.path
		if name == "" {
			name = i.Name
			unsaved = append(unsaved, name)
		}
		words = append(words, "-i "+quoted(dashed(name)))
	}
	for i := range j.op.Params {
		p := &j.op.Params[i]
		if p.Secret {
			if text, is := j.params[p.Name].(string); is && text != "" {
				words = append(words, fmt.Sprintf(`-p %s="$%s"`, quoted(p.Name), variable(p.Name)))
			}
		} else if v := j.public[p.Name]; plainText(v) != plainText(p.Default) {
			words = append(words, "-p "+quoted(p.Name+"="+plainText(v)))
		}
	}
	for _, name := range outputNames(j.op, outputs) {
		words = append(words, "-o "+quoted(name))
	}
	return strings.Join(words, " "), unsaved
}

// outputNames are files for the outputs, in the op's order: one that was left out ends the list, since
// a file for it would be refused.
func outputNames(op *manifest.Op, outputs []*labItem) (names []string) {
	for n := range op.Outputs {
		name := ""
		for _, o := range outputs {
			if o.index == n {
				name = o.Name
			}
		}
		if name == "" {
			break
		}
		names = append(names, name)
	}
	return names
}

// dashed is a file's name that is taken for no flag.
func dashed(name string) string {
	if strings.HasPrefix(name, "-") {
		return "./" + name
	}
	return name
}

// plainText is a parameter's value as a command line has it.
func plainText(v any) string {
	if f, is := v.(float64); is {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quoted is a word that a POSIX shell takes as it is.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

var notVariable = regexp.MustCompile(`[^A-Z0-9_]`)

// variable is the name of a parameter as that of a variable of the environment.
func variable(name string) string {
	out := notVariable.ReplaceAllString(strings.ToUpper(name), "_")
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		return "_" + out
	}
	return out
}
