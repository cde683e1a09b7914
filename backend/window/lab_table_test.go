package window

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"inos/backend/fault"
)

// tableLab is a lab with one table.
func tableLab(t *testing.T, name, text string) (*Lab, string) {
	t.Helper()
	l := (&Lab{}).Open()
	t.Cleanup(l.Close)
	return l, l.items.add(l.token, describeBytes(name, "", []byte(text)))[0].ID
}

func column(rows LabRows, n int) (out []string) {
	for _, r := range rows.Rows {
		out = append(out, cellOf(r, n))
	}
	return out
}

func TestATableIsReadAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		columns string
		rows    int
		last    string
	}{
		"names and numbers": {"a,b\n1,x\n2,y\n", "a+ b-", 2, "2|y"},
		"no names":          {"1,2\n3,4\n", "1+ 2+", 2, "3|4"},
		"quotes":            {"a,b\n\"1,5\",\"say \"\"hi\"\"\"\n\"two\nlines\",z", "a- b-", 2, "two\nlines|z"},
		"semicolons":        {"a;b\n1;2,5\n", "a+ b-", 1, "1|2,5"},
		"a byte order mark": {"\ufeffa,b\n1,2\n", "a+ b+", 1, "1|2"},
		"ragged":            {"a,b\n1\n1,2,3\n", "a+ b+ 3+", 2, "1|2|3"},
		"holes":             {"a,b\n,\n5,\n", "a+ b-", 2, "5|"},
		"not a number":      {"a\nNaN\n1e309\n", "a-", 2, "1e309"},
		"one name":          {"a\n", "a-", 0, ""},
		"stray quotes":      {"a,b\nit\"s,x\n", "a- b-", 1, "it\"s|x"},
	} {
		l, id := tableLab(t, "t.csv", c.text)
		table := must[LabTable](t)(l.Table(id))
		got := []string{}
		for _, col := range table.Columns {
			got = append(got, col.Name+map[bool]string{true: "+", false: "-"}[col.Numeric])
		}
		if strings.Join(got, " ") != c.columns || table.Rows != c.rows {
			t.Errorf("%s: %q, %d rows", name, got, table.Rows)
		}
		rows := must[LabRows](t)(l.Rows(LabRowsRequest{Item: id, Sort: -1, Column: -1, From: c.rows - 1, Count: 1}))
		if last := ""; c.rows > 0 {
			if last = strings.Join(rows.Rows[0], "|"); last != c.last {
				t.Errorf("%s: the last row is %q", name, last)
			}
		}
	}
}

func TestRowsAreSortedAndFiltered(t *testing.T) {
	l, id := tableLab(t, "t.csv", "name,n\nb,10\nA,9\nc,\nd,-1\ne,10\n")
	for name, c := range map[string]struct {
		r    LabRowsRequest
		want string
	}{
		"as it is":             {LabRowsRequest{Sort: -1, Column: -1}, "b A c d e"},
		"by number":            {LabRowsRequest{Sort: 1, Column: -1}, "c d A b e"},
		"by number, down":      {LabRowsRequest{Sort: 1, Down: true, Column: -1}, "b e A d c"},
		"by name":              {LabRowsRequest{Sort: 0, Column: -1}, "A b c d e"},
		"that hold a text":     {LabRowsRequest{Sort: -1, Filter: "1", Column: -1}, "b d e"},
		"of a column":          {LabRowsRequest{Sort: -1, Filter: "B", Column: 0}, "b"},
		"less":                 {LabRowsRequest{Sort: 1, Filter: "<9.5", Column: 1}, "d A"},
		"at least":             {LabRowsRequest{Sort: -1, Filter: ">= 10", Column: 1}, "b e"},
		"equal":                {LabRowsRequest{Sort: -1, Filter: "=9", Column: 1}, "A"},
		"equal texts":          {LabRowsRequest{Sort: -1, Filter: "=E", Column: -1}, "e"},
		"none":                 {LabRowsRequest{Sort: 1, Filter: "nothing", Column: -1}, ""},
		"a page of the middle": {LabRowsRequest{Sort: 1, Column: -1, From: 1, Count: 2}, "d A"},
		"past the end":         {LabRowsRequest{Sort: -1, Column: -1, From: 99}, ""},
		"before the beginning": {LabRowsRequest{Sort: -9, Column: -9, From: -5, Count: 1}, "b"},
	} {
		r := c.r
		r.Item = id
		if r.Count == 0 {
			r.Count = 100
		}
		rows := must[LabRows](t)(l.Rows(r))
		if got := strings.Join(column(rows, 0), " "); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	rows := must[LabRows](t)(l.Rows(LabRowsRequest{Item: id, Sort: 1, Down: true, Column: -1, Filter: "10", Count: 9}))
	if !slices.Equal(rows.Numbers, []int{1, 5}) || rows.Matches != 2 {
		t.Errorf("%+v", rows)
	}
	for _, r := range []LabRowsRequest{{Item: id, Sort: 2}, {Item: id, Column: 7}} {
		_, err := l.Rows(r)
		is(t, err, fault.Invalid)
	}
}

func TestManyRowsComeByPages(t *testing.T) {
	const all = 250_000
	path := filepath.Join(t.TempDir(), "big.csv")
	var text strings.Builder
	text.WriteString("n,word,value\n")
	for i := range all {
		fmt.Fprintf(&text, "%d,word %d,%d.5\n", i, i%100, (i*7919)%all)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	size := text.Len()
	text.Reset()
	l := (&Lab{Now: time.Now, Emit: func(string, any) {}}).Open()
	defer l.Close()
	id := must[LabFiles](t)(l.take([]string{path})).Items[0].ID
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := must[LabTable](t)(l.Table(id))
	if table.Rows != all || !table.Columns[2].Numeric || table.Columns[1].Numeric {
		t.Fatalf("%+v", table)
	}
	rows := must[LabRows](t)(l.Rows(LabRowsRequest{Item: id, Sort: 2, Down: true, Column: 1, Filter: "=word 7", Count: 1 << 30}))
	if rows.Matches != all/100 || len(rows.Rows) != maxPage || rows.Rows[0][1] != "word 7" || rows.Rows[0][2] < rows.Rows[1][2] {
		t.Errorf("%d matches, %d rows, %v", rows.Matches, len(rows.Rows), rows.Rows[:2])
	}
	last := must[LabRows](t)(l.Rows(LabRowsRequest{Item: id, Sort: -1, Column: -1, From: all - 1, Count: 10}))
	if len(last.Rows) != 1 || last.Rows[0][0] != "249999" {
		t.Errorf("%+v", last)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > int64(size)/2 {
		t.Errorf("of a table of %d bytes %d are held in memory", size, grown)
	}
	series := must[LabSeries](t)(l.Series(id, -1, []int{2}))
	if !series.Thinned || len(series.X) != 2*chartBuckets || *series.Y[0][0] > *series.Y[0][1] {
		t.Errorf("%d points", len(series.X))
	}
}

func TestAChartHasTheColumnsOfNumbers(t *testing.T) {
	l, id := tableLab(t, "t.csv", "x,y,word\n3,1,a\n1,,b\n2,5,c\n")
	s := must[LabSeries](t)(l.Series(id, 0, []int{1}))
	if !slices.Equal(s.X, []float64{1, 2, 3}) || s.Y[0][0] != nil || *s.Y[0][1] != 5 || *s.Y[0][2] != 1 || s.Thinned {
		t.Errorf("%+v", s)
	}
	for _, columns := range [][]int{{2}, {9}, {0, 1, 0, 1, 0, 1, 0}} {
		_, err := l.Series(id, -1, columns)
		is(t, err, fault.Invalid)
	}
}

func TestASmallTableOfNumbersIsAMatrix(t *testing.T) {
	l, id := tableLab(t, "m.csv", "1,2\n3,-4e2\n")
	m := must[LabMatrix](t)(l.Matrix(id))
	if !must[LabTable](t)(l.Table(id)).Matrix || len(m.Cells) != 2 || *m.Cells[1][1] != -400 {
		t.Errorf("%+v", m)
	}
	for _, text := range []string{"1,a\n2,3\n", strings.Repeat("1\n", maxMatrix+1), ""} {
		l, id := tableLab(t, "m.csv", text)
		if must[LabTable](t)(l.Table(id)).Matrix {
			t.Errorf("%.20q is one", text)
		}
		_, err := l.Matrix(id)
		is(t, err, fault.Invalid)
	}
}
