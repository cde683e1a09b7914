package window

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"

	"inos/backend/fault"
)

const (
	// maxTableBytes bounds a table that is shown: where its rows begin is kept in 32 bits each. The table
	// itself is read where it lies, page by page.
	maxTableBytes = math.MaxUint32
	maxTableRows  = 20_000_000
	tableBuffer   = 256 << 10
	// maxTableColumns bounds what the page is told of a row, maxCell of a cell.
	maxTableColumns = 500
	maxCell         = 300
	// maxPage bounds the rows of one answer.
	maxPage = 500
	// maxTables bounds those that are held open.
	maxTables = 2
)

// LabTable is a CSV or TSV file as a table.
type LabTable struct {
	Columns []LabColumn `json:"columns"`
	Rows    int         `json:"rows"`
	// More columns are there than are shown.
	More bool `json:"more"`
	// Matrix says that every cell is a number, and that they are few enough for a picture of them.
	Matrix bool `json:"matrix"`
	// Problem is where reading ended early; empty: it did not.
	Problem string `json:"problem"`
}

// LabColumn is one of a table's.
type LabColumn struct {
	Name string `json:"name"`
	// Numeric: each cell that is not empty is a number.
	Numeric bool `json:"numeric"`
}

// labGrid is an open table: where its bytes are, and where each row begins.
type labGrid struct {
	LabTable
	item  *labItem
	begin int64 // after a byte order mark
	comma rune
	rows  []uint32
	wide  int // columns of the widest row

	once sync.Once
	err  error
	mu   sync.Mutex // one view is made at a time
	view labView
}

// labTables are the last that were opened.
type labTables struct {
	mu    sync.Mutex
	order []string
	open  map[string]*labGrid
}

func (t *labTables) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.order, t.open = nil, nil
}

// grid opens an item as a table, once.
func (l *Lab) grid(id string) (*labGrid, error) {
	item, err := l.items.find(id)
	if err != nil {
		return nil, err
	}
	if item.Kind != labTable {
		return nil, fault.New(opLab, fault.Invalid, item.Name, "it is no table", "look at it as text or bytes")
	}
	if item.Bytes > maxTableBytes {
		return nil, fault.New(opLab, fault.Budget, item.Name, "a table of more than 4 GiB is not shown", "run an op on it that makes it smaller")
	}
	g := l.tables.of(item)
	g.once.Do(func() { g.err = g.index() })
	return g, g.err
}

func (t *labTables) of(item *labItem) *labGrid {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.open[item.ID]; g != nil {
		return g
	}
	if t.open == nil {
		t.open = map[string]*labGrid{}
	}
	g := &labGrid{item: item}
	t.open[item.ID] = g
	if t.order = append(t.order, item.ID); len(t.order) > maxTables {
		delete(t.open, t.order[0])
		t.order = t.order[1:]
	}
	return g
}

// Table opens an item as a table.
func (l *Lab) Table(id string) (LabTable, error) {
	g, err := l.grid(id)
	if err != nil {
		return LabTable{}, err
	}
	return g.LabTable, nil
}

// separator is a comma, or what the first line has more of.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, c := range ";\t|" {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// read calls run with each row from a place on. run ends it by returning false; what it keeps of the
// record it must clone.
func (g *labGrid) read(from int64, buffer int, run func(at int64, record []string) bool) error {
	c, err := g.item.open()
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Seek(from, io.SeekStart); err != nil {
		return fault.Wrap(opLab, fault.Unavailable, g.item.Name, err, "")
	}
	r := csv.NewReader(bufio.NewReaderSize(c, buffer))
	r.Comma, r.LazyQuotes, r.ReuseRecord, r.FieldsPerRecord = g.comma, true, true, -1
	for {
		at := from + r.InputOffset()
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Wrap(opLab, fault.Invalid, g.item.Name, err, "")
		}
		if !run(at, record) {
			return nil
		}
	}
}

// index reads the whole table once.
func (g *labGrid) index() error {
	if err := g.dialect(); err != nil {
		return err
	}
	first := true
	var numeric, seen []bool
	err := g.read(g.begin, tableBuffer, func(at int64, record []string) bool {
		if first {
			first = false
			if g.Columns = header(record); g.Columns != nil {
				g.wide = len(record)
				return true
			}
		}
		if len(g.rows) == maxTableRows {
			g.Problem = "it has more rows than are shown"
			return false
		}
		g.rows = append(g.rows, uint32(at))
		g.wide = max(g.wide, len(record))
		for len(numeric) < len(record) && len(numeric) < maxTableColumns {
			numeric, seen = append(numeric, true), append(seen, false)
		}
		for i := range min(len(record), len(numeric)) {
			if numeric[i] && record[i] != "" {
				_, is := number(record[i])
				numeric[i], seen[i] = is, true
			}
		}
		return true
	})
	if err != nil {
		g.Problem = err.Error()
	}
	g.describe(numeric, seen)
	return nil
}

// dialect finds out what separates cells.
func (g *labGrid) dialect() error {
	c, err := g.item.open()
	if err != nil {
		return err
	}
	defer c.Close()
	head, err := io.ReadAll(io.LimitReader(c, labHead))
	if err != nil {
		return fault.Wrap(opLab, fault.Unavailable, g.item.Name, err, "")
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		g.begin = 3
	}
	if g.comma = '\t'; g.item.Media != "text/tab-separated-values" {
		g.comma = separator(head)
	}
	return nil
}

func (g *labGrid) describe(numeric, seen []bool) {
	g.Rows = len(g.rows)
	g.More = g.wide > maxTableColumns
	for i := len(g.Columns); i < min(g.wide, maxTableColumns); i++ {
		g.Columns = append(g.Columns, LabColumn{Name: strconv.Itoa(i + 1)})
	}
	all := g.Rows > 0 && len(g.Columns) > 0
	for i := range g.Columns {
		g.Columns[i].Numeric = i < len(numeric) && numeric[i] && seen[i]
		all = all && g.Columns[i].Numeric
	}
	g.Columns = append([]LabColumn{}, g.Columns...)
	g.Matrix = all && g.Rows <= maxMatrix && len(g.Columns) <= maxMatrix && !g.More
}

// header are the names of the first row, if it is one of names: texts, none of them a number.
func header(record []string) (columns []LabColumn) {
	for _, cell := range record[:min(len(record), maxTableColumns)] {
		if _, is := number(cell); is || strings.TrimSpace(cell) == "" {
			return nil
		}
		columns = append(columns, LabColumn{Name: legible([]byte(clipCell(cell)))})
	}
	return columns
}

func number(cell string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	return v, err == nil
}

// finite is a number that JSON has; nil: there is none in the cell.
func finite(cell string) *float64 {
	v, is := number(cell)
	if !is || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func clipCell(cell string) string {
	if len(cell) <= maxCell {
		return strings.ToValidUTF8(cell, "\ufffd")
	}
	return strings.ToValidUTF8(cell[:maxCell], "") + "…"
}

// each calls run with each row in the order of the file; see read.
func (g *labGrid) each(run func(row int, record []string) bool) error {
	if len(g.rows) == 0 {
		return nil
	}
	row := 0
	err := g.read(int64(g.rows[0]), tableBuffer, func(_ int64, record []string) bool {
		row++
		return run(row-1, record) && row < len(g.rows)
	})
	if g.Problem != "" { // it was told when the table was opened
		return nil
	}
	return err
}

func cellOf(record []string, column int) string {
	if column < len(record) {
		return record[column]
	}
	return ""
}
