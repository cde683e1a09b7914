package main

import "fmt"

// check refuses what cannot be a layout.
func (m *model) check() error {
	for _, l := range m.layouts {
		if err := l.check(); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return nil
}

func (l *layout) check() error {
	end, last := uint32(0), ""
	for _, f := range l.fields {
		if f.count == 0 {
			return fmt.Errorf("%s: $count is 0", f.name)
		}
		if align := f.align(); f.offset%align != 0 {
			return fmt.Errorf("%s: offset %d is not a multiple of %d", f.name, f.offset, align)
		}
		if f.offset < end {
			return fmt.Errorf("%s at %d overlaps %s, which ends at %d", f.name, f.offset, last, end)
		}
		bytes := uint64(f.size) * uint64(f.count)
		if uint64(f.offset)+bytes > uint64(l.size) {
			return fmt.Errorf("%s ends at %d, the struct at %d", f.name, uint64(f.offset)+bytes, l.size)
		}
		end, last = f.offset+uint32(bytes), f.name
	}
	return nil
}

// align is the natural alignment; nested structs start on 8 bytes, which every scalar accepts.
func (f *field) align() uint32 {
	if f.nested {
		return 8
	}
	return f.size
}
