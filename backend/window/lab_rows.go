package window

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"inos/backend/fault"
)

// LabRowsRequest asks for a page of rows.
type LabRowsRequest struct {
	Item string `json:"item"`
	// Sort is a column, negative: the order of the file. Down: the largest first.
	Sort int  `json:"sort"`
	Down bool `json:"down"`
	// Filter keeps the rows that hold the text, in Column or, if that is negative, in any. "<5", ">=2.5" and
	// "=x" compare.
	Filter string `json:"filter"`
	Column int    `json:"column"`
	From   int    `json:"from"`
	Count  int    `json:"count"`
}

// LabRows is a page of rows.
type LabRows struct {
	Rows [][]string `json:"rows"`
	// Numbers are the rows' numbers in the file, from 1.
	Numbers []int `json:"numbers"`
	// Matches are the rows that the filter keeps.
	Matches int `json:"matches"`
}

// labView is an order of rows; nil: that of the file.
type labView struct {
	key   LabRowsRequest
	order []int32
}

// Rows is a page of a table, filtered and sorted.
func (l *Lab) Rows(r LabRowsRequest) (LabRows, error) {
	g, err := l.grid(r.Item)
	if err != nil {
		return LabRows{}, err
	}
	if r.Sort >= len(g.Columns) || r.Column >= len(g.Columns) {
		return LabRows{}, fault.Newf(opLab, fault.Invalid, "the table", "it has %d columns", len(g.Columns))
	}
	order, err := g.arranged(r)
	if err != nil {
		return LabRows{}, err
	}
	n := len(g.rows)
	if order != nil {
		n = len(order)
	}
	from := max(0, min(r.From, n))
	out := LabRows{Rows: [][]string{}, Numbers: []int{}, Matches: n}
	for at := from; at < min(n, from+min(max(r.Count, 0), maxPage)); at++ {
		row := at
		if order != nil {
			row = int(order[at])
		}
		cells, err := g.row(row)
		if err != nil {
			return LabRows{}, err
		}
		out.Rows = append(out.Rows, cells)
		out.Numbers = append(out.Numbers, row+1)
	}
	return out, nil
}

// rowBuffer is read for one row; most are shorter.
const rowBuffer = 4 << 10

func (g *labGrid) row(n int) ([]string, error) {
	out := []string{}
	err := g.read(int64(g.rows[n]), rowBuffer, func(_ int64, record []string) bool {
		for _, cell := range record[:min(len(record), len(g.Columns))] {
			out = append(out, strings.Clone(clipCell(cell)))
		}
		return false
	})
	return out, err
}

// arranged is the order of a view; the last one is kept, since its pages are asked for one by one.
func (g *labGrid) arranged(r LabRowsRequest) ([]int32, error) {
	key := LabRowsRequest{Sort: max(r.Sort, -1), Down: r.Down, Filter: strings.TrimSpace(r.Filter), Column: max(r.Column, -1)}
	if key.Sort < 0 {
		key.Down = false
	}
	if key.Filter == "" {
		key.Column = -1
	}
	if key.Sort < 0 && key.Filter == "" {
		return nil, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.view.order == nil || g.view.key != key {
		order, err := g.arrange(key)
		if err != nil {
			return nil, err
		}
		g.view = labView{key, order}
	}
	return g.view.order, nil
}

// arrange reads the table once for both filter and sort.
func (g *labGrid) arrange(key LabRowsRequest) ([]int32, error) {
	order := []int32{}
	keep := newCellFilter(key.Filter)
	var numbers []float64
	var texts []string
	numeric := key.Sort >= 0 && g.Columns[key.Sort].Numeric
	err := g.each(func(row int, record []string) bool {
		if !keep.keeps(record, key.Column) {
			return true
		}
		order = append(order, int32(row))
		if key.Sort < 0 {
			return true
		}
		cell := cellOf(record, key.Sort)
		if !numeric {
			texts = append(texts, strings.Clone(strings.ToLower(clipCell(cell))))
		} else if v, is := number(cell); is {
			numbers = append(numbers, v)
		} else {
			numbers = append(numbers, math.NaN())
		}
		return true
	})
	if err != nil || key.Sort < 0 {
		return order, err
	}
	at := make([]int32, len(order)) // places in order, numbers and texts
	for i := range at {
		at[i] = int32(i)
	}
	slices.SortStableFunc(at, func(a, b int32) int {
		c := 0
		if numeric {
			c = cmp.Compare(numbers[a], numbers[b])
		} else {
			c = strings.Compare(texts[a], texts[b])
		}
		if key.Down {
			return -c
		}
		return c
	})
	for i, from := range at {
		at[i] = order[from]
	}
	return at, nil
}

// cellFilter is what the user typed to find rows.
type cellFilter struct {
	sign   string // <, <=, >, >=, =; empty: the text is held
	number float64
	text   string
}

func newCellFilter(text string) cellFilter {
	text = strings.TrimSpace(text)
	for _, sign := range []string{"<=", ">=", "<", ">", "="} {
		if rest, is := strings.CutPrefix(text, sign); is {
			v, isNumber := number(rest)
			if isNumber {
				return cellFilter{sign: sign, number: v}
			}
			if sign == "=" {
				return cellFilter{sign: "text", text: strings.ToLower(strings.TrimSpace(rest))}
			}
		}
	}
	return cellFilter{text: strings.ToLower(text)}
}

func (f cellFilter) keeps(record []string, column int) bool {
	if column >= 0 {
		return f.fits(cellOf(record, column))
	}
	return slices.ContainsFunc(record, f.fits)
}

func (f cellFilter) fits(cell string) bool {
	switch f.sign {
	case "":
		return strings.Contains(strings.ToLower(cell), f.text)
	case "text":
		return strings.ToLower(strings.TrimSpace(cell)) == f.text
	}
	v, is := number(cell)
	switch {
	case !is:
		return false
	case f.sign == "<":
		return v < f.number
	case f.sign == "<=":
		return v <= f.number
	case f.sign == ">":
		return v > f.number
	case f.sign == ">=":
		return v >= f.number
	}
	return v == f.number
}
