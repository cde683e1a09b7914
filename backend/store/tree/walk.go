package tree

import "iter"

// Loader returns the plain bytes of a list or a page; it is called in their order.
type Loader func(Link) ([]byte, error)

// Leaves are the data blocks and holes of a file (or the pages of a folder), in order. Their sizes
// add up to Content.Size, however hostile the lists are. An error is the last thing it yields.
func (c Content) Leaves(load Loader) iter.Seq2[Link, error] {
	return func(yield func(Link, error) bool) {
		if err := c.check(); err != nil {
			yield(Link{}, err)
			return
		}
		if c.Size > 0 {
			leaves(c, load, yield)
		}
	}
}

// leaves says whether to go on.
func leaves(c Content, load Loader, yield func(Link, error) bool) bool {
	if c.Level == 0 && !c.Name.Hole() && c.Size > MaxDataBytes {
		yield(Link{}, invalid("a block of %d bytes", c.Size))
		return false
	}
	if c.Level == 0 || c.Name.Hole() {
		return yield(c.Link, nil)
	}
	links, err := loadList(c.Link, load)
	if err != nil {
		yield(Link{}, err)
		return false
	}
	for _, l := range links {
		if !leaves(Content{c.Level - 1, l}, load, yield) {
			return false
		}
	}
	return true
}

func loadList(link Link, load Loader) ([]Link, error) {
	data, err := load(link)
	if err != nil {
		return nil, err
	}
	links, err := DecodeList(data)
	if err != nil {
		return nil, err
	}
	if total, _ := sum(links); total != link.Size {
		return nil, invalid("a list of %d bytes of content, %d were promised", total, link.Size)
	}
	return links, nil
}

// Page is a part of a folder, their names rising, and where it lies.
type Page struct {
	Link    Link
	Entries []Entry
}

// Pages are what a folder holds. An error is the last thing it yields.
func (c Content) Pages(load Loader) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		var last []byte
		for leaf, err := range c.Leaves(load) {
			page := &Page{Link: leaf}
			if err == nil {
				page.Entries, err = loadPage(leaf, load)
			}
			if err == nil && last != nil {
				err = checkOrder(last, page.Entries[0].Name)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			last = page.Entries[len(page.Entries)-1].Name
			if !yield(page, nil) {
				return
			}
		}
	}
}

// Entries are what a folder holds, their names rising. An error is the last thing it yields.
func (c Content) Entries(load Loader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for page, err := range c.Pages(load) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range page.Entries {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

func loadPage(leaf Link, load Loader) ([]Entry, error) {
	if leaf.Name.Hole() {
		return nil, invalid("a hole in a folder")
	}
	data, err := load(leaf)
	if err != nil {
		return nil, err
	}
	if uint64(len(data)) != leaf.Size {
		return nil, invalid("a page of %d bytes, %d were promised", len(data), leaf.Size)
	}
	return DecodePage(data)
}
