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

// load puts an input where the worker can see it, and says what it is called.
func load(ctx context.Context, w Worker, in Input) (m Memory, name string, err error) {
	if in.Path == "" {
		m, err = loadStream(ctx, w, in)
		return m, input.BaseName(in.Name), err
	}
	file, err := input.Open(in.Path)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	m, err = loadFile(ctx, w, file)
	return m, cmp.Or(input.BaseName(in.Name), file.Name()), err
}

// loadFile maps a file, or reads it straight into shared memory.
func loadFile(ctx context.Context, w Worker, file *input.Source) (Memory, error) {
	size, known := file.Size()
	if !known {
		return loadStream(ctx, w, Input{Stream: file})
	}
	if size >= mapFrom {
		if m, ok := w.MapInput(file.File()); ok {
			return m, nil
		}
	}
	m, err := w.NewInput(size)
	if err != nil {
		return nil, err
	}
	if err := file.Fill(m.Bytes()); err != nil {
		m.Release()
		return nil, err
	}
	return m, nil
}

// loadStream takes what only reading tells the size of, or what is there already.
func loadStream(ctx context.Context, w Worker, in Input) (Memory, error) {
	data := in.Bytes
	if in.Stream != nil {
		var err error
		if data, err = in.Stream.ReadAll(ctx, w.Budget()); err != nil {
			return nil, overBudget(err)
		}
	}
	m, err := w.NewInput(int64(len(data)))
	if err == nil {
		copy(m.Bytes(), data)
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
