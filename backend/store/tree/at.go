package tree

// At is the data block or hole that has the byte at offset, and where in the content it begins. It
// reads one list of each level.
func (c Content) At(offset uint64, load Loader) (leaf Link, start uint64, err error) {
	if err := c.check(); err != nil {
		return Link{}, 0, err
	}
	if offset >= c.Size {
		return Link{}, 0, invalid("there is nothing at %d, it has %d bytes", offset, c.Size)
	}
	for c.Level > 0 && !c.Name.Hole() {
		links, err := loadList(c.Link, load)
		if err != nil {
			return Link{}, 0, err
		}
		for _, l := range links { // they add up to c.Size, so one of them has it
			if offset-start < l.Size {
				c = Content{c.Level - 1, l}
				break
			}
			start += l.Size
		}
	}
	if !c.Name.Hole() && c.Size > MaxDataBytes {
		return Link{}, 0, invalid("a block of %d bytes", c.Size)
	}
	return c.Link, start, nil
}
