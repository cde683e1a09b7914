package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/job"
	"inos/backend/manifest"
)

// maxEach bounds the files of one command.
const maxEach = 1 << 20

// item is one file of many, and what became of it.
type item struct {
	Input  string      `json:"input"`
	Result *job.Result `json:"result,omitempty"`
	Files  []string    `json:"files,omitempty"` // in the op's order
	Error  string      `json:"error,omitempty"`

	name string // below the folder for outputs, without its ending
}

// eachDocument is what `inos run --each --json` prints.
type eachDocument struct {
	Items  []item `json:"items"`
	Failed int    `json:"failed"`
	// FromCache is how many did not run, since their results were kept.
	FromCache int `json:"cached"`
	// Seconds are those of all.
	Seconds float64 `json:"seconds"`
}

// checkEach finds what is wrong with the flags alone.
func checkEach(cmd *cobra.Command, f *runFlags) error {
	switch {
	case len(f.inputs) == 0:
		return usagef(cmd, "--each needs files or folders, each with -i")
	case len(f.outputs) > 1 || len(f.outputs) == 1 && f.outputs[0] == standard:
		return usagef(cmd, "--each writes into one folder; name it with -o")
	}
	for _, in := range f.inputs {
		if in == standard {
			return usagef(cmd, "--each reads files; - is none")
		}
	}
	return nil
}

// runEach runs an op of one input for each of many files, on all processors.
func (a *app) runEach(ctx context.Context, request job.Request, f *runFlags) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	target, err := n.FindOp(request.Unit, request.Op)
	if err == nil {
		err = fits(target.Op, f)
	}
	if err == nil {
		err = allowOnce(n, request.Unit, f.allow)
	}
	if err != nil {
		return err
	}
	items, err := gather(f.inputs)
	if err != nil {
		return err
	}
	start := time.Now()
	bar := newProgress(a.Stderr, request.Unit+"."+request.Op, time.Now)
	var mu sync.Mutex
	ended := 0
	job.Each(ctx, len(items), runtime.GOMAXPROCS(0), n.Run,
		func(i int) job.Request {
			r := request
			r.Inputs, r.Progress = []job.Input{{Path: items[i].Input}}, nil
			return r
		},
		func(i int, r *job.Result, err error) {
			if err == nil && len(f.outputs) > 0 {
				err = items[i].write(ctx, target.Op, r, f.outputs[0])
			}
			if items[i].Result = r; err != nil {
				items[i].Error = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			ended++
			bar.update(uint64(ended), uint64(len(items)))
		})
	bar.clear()
	if ctx.Err() != nil {
		return fault.Wrap("run", fault.Canceled, fmt.Sprintf("after %d of %s", ended, counted(len(items), "file")), context.Cause(ctx), "")
	}
	return a.printEach(eachDocument{Items: items, Seconds: time.Since(start).Seconds()})
}

// fits says why an op cannot be run for each of many files.
func fits(op *manifest.Op, f *runFlags) error {
	needed := 0
	for _, in := range op.Inputs {
		if !in.Optional {
			needed++
		}
	}
	switch {
	case len(op.Inputs) == 0 || needed > 1:
		return fault.Newf("run", fault.Invalid, op.Name, "it takes %s; --each is for ops of one", counted(needed, "input"))
	case len(f.outputs) > 0 && len(op.Outputs) == 0:
		return fault.New("run", fault.Invalid, op.Name, "it has no outputs", "leave -o out")
	}
	return nil
}

// gather finds the files: those named, those of the folders named, and what a pattern stands for. Two that
// would be written to one place are refused.
func gather(paths []string) (items []item, err error) {
	taken := map[string]string{}
	add := func(path, name string) error {
		name = strings.TrimSuffix(name, filepath.Ext(name))
		if other, is := taken[name]; is {
			return fault.New("run", fault.Invalid, path, "its output would have the name of that of "+other,
				"give them in two commands, each with a folder of its own")
		}
		if len(items) == maxEach {
			return fault.Newf("run", fault.Invalid, path, "with it there are more than %d files", maxEach)
		}
		taken[name] = path
		items = append(items, item{Input: path, name: name})
		return nil
	}
	for _, path := range paths {
		found := []string{path}
		if _, err := os.Lstat(path); err != nil {
			if found, _ = filepath.Glob(path); len(found) == 0 {
				return nil, fault.Wrap("run", fault.NotFound, path, fault.Bare(err), "")
			}
		}
		for _, top := range found {
			if err := filesOf(top, add); err != nil {
				return nil, err
			}
		}
	}
	if len(items) == 0 {
		return nil, fault.New("run", fault.NotFound, strings.Join(paths, " "), "there are no files in it", "")
	}
	return items, nil
}

// filesOf calls add for a file, or for all regular files below a folder, with a name relative to that.
// Hidden ones are left out, as by a shell.
func filesOf(top string, add func(path, name string) error) error {
	if st, err := os.Stat(top); err != nil {
		return fault.Wrap("run", fault.NotFound, top, fault.Bare(err), "")
	} else if !st.IsDir() {
		return add(top, filepath.Base(top))
	}
	return filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fault.Wrap("run", fault.Unavailable, path, fault.Bare(err), "")
		case path != top && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !e.Type().IsRegular():
			return nil
		}
		name, err := filepath.Rel(top, path)
		return errors.Join(err, add(path, name))
	})
}

// write writes what the op gave below the folder: the first output under the file's own name, the others
// with theirs behind it.
func (m *item) write(ctx context.Context, op *manifest.Op, r *job.Result, folder string) error {
	for i := range r.Outputs {
		out := &r.Outputs[i]
		name := m.name
		if out.Index > 0 {
			name += "." + out.Name
		}
		port := op.Outputs[out.Index]
		if out.Media != "" {
			port.Media = []string{out.Media}
		}
		path := filepath.Join(folder, name+port.Ending())
		err := os.MkdirAll(filepath.Dir(path), 0o777)
		if err == nil {
			err = writeWhole(ctx, path, out.Bytes)
		}
		if err != nil {
			return fault.Wrap("run", fault.Unavailable, path, err, fault.DiskRemedy(err))
		}
		m.Files = append(m.Files, path)
		out.Bytes = nil // there may be a million of them
	}
	return nil
}

// printEach says what became of each file, and fails if one did.
func (a *app) printEach(d eachDocument) error {
	for _, m := range d.Items {
		if m.Error != "" {
			d.Failed++
		}
		if m.Result != nil && m.Result.FromCache != nil {
			d.FromCache++
		}
	}
	var err error
	if a.global.json {
		err = writeJSON(a.Stdout, d)
	} else {
		err = a.listEach(d)
	}
	if err == nil && d.Failed > 0 {
		return &reported{ExitFailed}
	}
	return err
}

func (a *app) listEach(d eachDocument) error {
	for _, m := range d.Items {
		var err error
		switch {
		case m.Error != "":
			_, err = fmt.Fprintf(a.Stderr, "%s: %s\n", shown(m.Input), shown(m.Error))
		case len(m.Files) > 0: // the folder shows it
		case isText(m.Result) && len(m.Result.Results) == 0:
			_, err = fmt.Fprintf(a.Stdout, "%s  %s\n", shown(strings.TrimSpace(string(m.Result.Outputs[0].Bytes))), shown(m.Input))
		default:
			_, err = fmt.Fprintf(a.Stdout, "%s  %s\n", figuresText(m.Result), shown(m.Input))
		}
		if err != nil {
			return err
		}
	}
	cached := ""
	if d.FromCache > 0 {
		cached = fmt.Sprintf(", %d from cache", d.FromCache)
	}
	_, err := fmt.Fprintf(a.Stderr, "%s in %.1f s, %d failed%s\n", counted(len(d.Items), "file"), d.Seconds, d.Failed, cached)
	return err
}

// figuresText is all figures on one line.
func figuresText(r *job.Result) string {
	var words []string
	for _, f := range r.Results {
		words = append(words, f.Name+"="+strings.TrimSpace(figureText(f)))
	}
	return strings.Join(words, " ")
}
