package job

import (
	"cmp"
	"context"

	"inos/backend/fault"
	"inos/backend/input"
)

// mapFrom is the size from which on a file is mapped: to copy a smaller one takes no longer, and the
// copy stays as it is whoever writes to the file.
const mapFrom = 64 << 10

// opened is an input whose file is open, if it is one: whatever looks at it during a job sees the same.
type opened struct {
	Input
	file   *input.Source // nil: no file
	copied int64         // bytes that load copied
}

// openAll opens the inputs that are files. The caller closes all of them.
func openAll(inputs []Input) ([]opened, error) {
	all := make([]opened, len(inputs))
	for i := range inputs {
		all[i].Input = inputs[i]
		if inputs[i].Path == "" {
			continue
		}
		file, err := input.Open(inputs[i].Path)
		if err != nil {
			closeAll(all)
			return nil, err
		}
		all[i].file = file
	}
	return all, nil
}

func closeAll(inputs []opened) {
	for _, in := range inputs {
		if in.file != nil {
			in.file.Close()
		}
	}
}

// name is what a plugin is told that the input is called.
func (in *opened) name() string {
	given := input.BaseName(in.Name)
	if in.file == nil {
		return given
	}
	return cmp.Or(given, in.file.Name())
}

// load puts an input where the worker can see it: a file is mapped, or read straight into shared memory.
func (in *opened) load(ctx context.Context, w Worker) (Memory, error) {
	switch {
	case in.Held != nil:
		return w.LendInput(in.Held)
	case in.file == nil:
		return in.loadStream(ctx, w, in.Stream)
	}
	size, known := in.file.Size()
	if !known {
		return in.loadStream(ctx, w, in.file)
	}
	if size >= mapFrom {
		if m, ok := w.MapInput(in.file.File()); ok {
			return m, nil
		}
	}
	m, err := w.NewInput(size)
	if err != nil {
		return nil, err
	}
	if err := in.file.Fill(m.Bytes()); err != nil {
		m.Release()
		return nil, err
	}
	in.copied = size
	return m, nil
}

// loadStream takes what only reading tells the size of, or else what is there already.
func (in *opened) loadStream(ctx context.Context, w Worker, stream *input.Source) (Memory, error) {
	data := in.Bytes
	if stream != nil {
		var err error
		if data, err = stream.ReadAll(ctx, w.Budget()); err != nil {
			return nil, overBudget(err)
		}
	}
	m, err := w.NewInput(int64(len(data)))
	if err == nil {
		in.copied = int64(copy(m.Bytes(), data))
	}
	return m, err
}

// overBudget gives the remedy to a stream that was longer than all memory there is.
func overBudget(err error) error {
	if f := fault.As(err); f != nil && f.Kind == fault.Budget {
		long := *f
		long.Next = "raise the arena's budget with --arena"
		return &long
	}
	return err
}
