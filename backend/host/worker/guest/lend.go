package guest

import "fmt"

// Input is a view of all of input n, and where it lies in the memory of the job's segments. An
// input that is not there, or is empty, is nil.
func (j *Job) Input(n int) (at int64, view []byte, err error) {
	w, ok := j.input(n)
	if !ok || w.Length == 0 {
		return 0, nil, nil
	}
	if at, err = j.segments.input(w.Segment, 0, int64(w.Length)); err != nil {
		return 0, nil, fmt.Errorf("input %d was not mapped: %w", n, err)
	}
	view, ok = j.segments.memory.Bytes(uint32(at), uint32(w.Length), false)
	if !ok {
		return 0, nil, fmt.Errorf("input %d of %d bytes was not mapped", n, w.Length)
	}
	return at, view, nil
}

// Output makes output n that long and returns a view of it, which is good until the next one. What
// was in it is kept. A refusal is also noted for the error text of the call.
func (j *Job) Output(n int, length int64) ([]byte, error) {
	o := j.output(n)
	if o == nil {
		return nil, fmt.Errorf("there is no output %d", n)
	}
	at, err := j.room(n, o, length)
	if err != nil {
		j.refusal = fmt.Sprintf("output %d of %d bytes was refused: %v", n, length, err)
		return nil, err
	}
	o.used, o.mapped, o.length = true, length, length
	view, ok := j.segments.memory.Bytes(uint32(at), uint32(length), true)
	if !ok {
		return nil, fmt.Errorf("output %d of %d bytes was not mapped", n, length)
	}
	return view, nil
}
