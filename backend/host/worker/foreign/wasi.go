package foreign

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental/sysfs"

	"inos/backend/host/worker/guest"
	"inos/backend/wire"
)

// maxWords bounds a command's arguments.
const maxWords = 1024

// command runs a WASI command from its start to its end, in a memory that nobody used before.
func (c *Code) command(op uint16, job *guest.Job) (int32, error) {
	_, view, err := job.Input(0)
	if err != nil {
		return c.fail(err.Error())
	}
	words, err := splitWords(textParam(job))
	if err != nil {
		return c.fail("args: " + err.Error())
	}
	out := &output{job: job}
	if _, err := out.Write(nil); err != nil {
		return c.fail(noRoom)
	}
	config := c.moduleConfig().WithStartFunctions().WithArgs(append([]string{c.host.Name}, words...)...).
		WithStdin(readerOnly{bytes.NewReader(view)}).WithStdout(out).WithFSConfig(c.folders())
	defer c.drop()
	if err := c.renew(config); err != nil {
		return 0, err
	}
	code, err := c.enter(op)
	if err == nil && out.refused { // it may not have noticed that something is missing
		return c.fail(noRoom)
	}
	return code, err
}

// folders are those that the user may have granted. Without a grant they are there and cannot be
// looked into, so that the error of the call can say what is missing.
func (c *Code) folders() wazero.FSConfig {
	config := wazero.NewFSConfig()
	for _, f := range []*folder{
		{code: c, scope: wire.FolderIn}, {code: c, scope: wire.FolderOut, writable: true},
	} {
		config = config.(sysfs.FSConfig).WithSysFSMount(f, "/"+f.scope)
	}
	return config
}

// noRoom is all that the module knows; the job adds why.
const noRoom = "its output does not fit"

func textParam(job *guest.Job) string {
	if len(job.Params) == 0 || job.Params[0].Kind != wire.ValueText {
		return ""
	}
	return job.Params[0].Text
}

// readerOnly hides what else a reader can do: standard input cannot be sought.
type readerOnly struct{ io.Reader }

// output is a stream into output 0 of a job.
type output struct {
	job     *guest.Job
	length  int64
	refused bool
}

func (o *output) Write(p []byte) (int, error) {
	view, err := o.job.Output(0, o.length+int64(len(p)))
	if err != nil {
		o.refused = true
		return 0, err
	}
	copy(view[o.length:], p)
	o.length += int64(len(p))
	return len(p), nil
}

var (
	errQuote = errors.New("a quote is not closed, or nothing follows a \\")
	errWords = errors.New("there are more than 1024 words, or a zero byte")
)

// splitWords splits arguments at blanks. Within '...' every letter counts as it is; within "..."
// and outside, \ keeps the letter after it. Nothing else is special.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			inWord, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			inWord, quote = true, r
		case quote == 0 && strings.ContainsRune(" \t\n\r", r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			inWord = true
			word.WriteRune(r)
		}
	}
	if quote != 0 || escaped {
		return nil, errQuote
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) > maxWords || strings.ContainsRune(line, 0) {
		return nil, errWords
	}
	return words, nil
}
