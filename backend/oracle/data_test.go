package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"inos/backend/job"
)

var _ = prove("data", map[string]func(*stand){
	"convert":  dataConvert,
	"schema":   dataSchema,
	"head":     dataAsSQL("head", params{"count": 7}, "SELECT * FROM t1 LIMIT 7"),
	"slice":    dataAsSQL("slice", params{"from": 490, "count": 50}, "SELECT * FROM t1 LIMIT 50 OFFSET 490"),
	"tail":     dataAsSQL("tail", params{"count": 9}, "SELECT * FROM (SELECT * FROM t1 ORDER BY id DESC LIMIT 9) ORDER BY id"),
	"filter":   dataFilter,
	"select":   dataSelect,
	"rename":   dataAsSQL("rename", params{"names": "qty=pieces, id = number"}, "SELECT id AS number, region, product, amount, qty AS pieces, day FROM t1"),
	"cast":     dataCast,
	"derive":   dataDerive,
	"sample":   dataSample,
	"sort":     dataSort,
	"distinct": dataDistinct,
	"group_by": dataGroup,
	"sql":      dataSQL,
	"join":     dataJoin,
	"union":    dataUnion,

	"drop_nulls":  dataDropNulls,
	"fill_nulls":  dataFillNulls,
	"melt":        dataMelt,
	"pivot":       dataPivot,
	"validate":    dataValidate,
	"quantiles":   dataQuantiles,
	"histogram":   dataHistogram,
	"correlation": dataCorrelation,
	"profile":     dataProfile,
	"diff":        dataDiff,
	"asof_join":   dataAsof,
	"window":      dataWindow,
	"outliers":    dataOutliers,
})

// dataRows are sales: keys, texts from hell, nulls, halves.
func dataRows() [][]any {
	r := rand.New(rand.NewPCG(7, 11))
	products := []string{"plain", "with, comma", `with "quotes"`, "two\nlines", "  spaces ", "schön ☃", "tab\there", "007", "NULL"}
	regions := []any{"north", "south", "east", nil}
	var rows [][]any
	for id := range 500 {
		var amount any
		if r.IntN(10) > 0 {
			amount = float64(r.IntN(100000))/100 - 200
		}
		rows = append(rows, []any{
			id + 1, regions[r.IntN(4)], products[r.IntN(len(products))], amount, r.IntN(20) - 3,
			fmt.Sprintf("2026-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28)),
		})
	}
	return rows
}

const (
	dataNames   = "id,region,product,amount,qty,day"
	dataCreate  = "CREATE TABLE t1(id INTEGER, region TEXT, product TEXT, amount REAL, qty INTEGER, day TEXT);\n"
	otherNames  = "region,chief,share"
	otherCreate = "CREATE TABLE t2(region TEXT, chief TEXT, share REAL);\n"
)

func otherRows() [][]any {
	return [][]any{{"north", "Ann", 0.5}, {"north", "Bob", 0.25}, {"west", "Cid", 1.5}, {nil, "Dan", 0.125}, {"south", nil, 2.5}}
}

// csvOf is the rows as separated text, null as nothing.
func csvOf(names, separator string, rows [][]any) []byte {
	b := bytes.NewBufferString(strings.ReplaceAll(names, ",", separator) + "\r\n")
	for _, row := range rows {
		for i, v := range row {
			if i > 0 {
				b.WriteString(separator)
			}
			switch v := v.(type) {
			case nil:
			case string:
				b.WriteString(`"` + strings.ReplaceAll(v, `"`, `""`) + `"`)
			default:
				fmt.Fprint(b, v)
			}
		}
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

// sqlOf makes SQLite a table of the rows.
func sqlOf(create, table string, rows [][]any) string {
	b := bytes.NewBufferString(create)
	for _, row := range rows {
		var values []string
		for _, v := range row {
			switch v := v.(type) {
			case nil:
				values = append(values, "NULL")
			case string:
				values = append(values, "'"+strings.ReplaceAll(v, "'", "''")+"'")
			default:
				values = append(values, fmt.Sprint(v))
			}
		}
		fmt.Fprintf(b, "INSERT INTO %s VALUES(%s);\n", table, strings.Join(values, ","))
	}
	return b.String()
}

func dataInputs() [][]byte {
	return [][]byte{csvOf(dataNames, ",", dataRows()), csvOf(otherNames, ";", otherRows())}
}

// sqlite answers a query over the same tables.
func (s *stand) sqlite(query string) []byte {
	script := sqlOf(dataCreate, "t1", dataRows()) + sqlOf(otherCreate, "t2", otherRows()) + ".mode json\n" + query + ";\n"
	return s.tool([]byte(script), "sqlite3", ":memory:")
}

// table reads a JSON list of objects, in the order of their keys.
func (s *stand) table(text []byte) (names []string, rows [][]any) {
	s.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	next := func() json.Token {
		t, err := d.Token()
		if err != nil {
			s.Fatalf("%v in %.300s", err, text)
		}
		return t
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	for next(); d.More(); {
		names = nil
		var row []any
		for next(); d.More(); {
			names = append(names, next().(string))
			value := next()
			if flag, ok := value.(bool); ok { // SQLite has 1 and 0
				value = map[bool]float64{true: 1, false: 0}[flag]
			}
			row = append(row, value)
		}
		next()
		rows = append(rows, row)
	}
	return names, rows
}

// sameTable compares names, order and values; numbers to 1e-12.
func (s *stand) sameTable(what string, got, want []byte) {
	s.Helper()
	names, rows := s.table(got)
	wantNames, wantRows := s.table(want)
	if len(rows) != len(wantRows) {
		s.Errorf("%s: %d rows, want %d\n%.400s\n%.400s", what, len(rows), len(wantRows), got, want)
		return
	}
	if len(rows) == 0 {
		return
	}
	if strings.Join(names, "|") != strings.Join(wantNames, "|") {
		s.Errorf("%s: columns %q, want %q", what, names, wantNames)
		return
	}
	for i := range rows {
		for j := range rows[i] {
			a, b := rows[i][j], wantRows[i][j]
			x, number := a.(float64)
			y, too := b.(float64)
			if a != b && (!number || !too || math.Abs(x-y) > 1e-12*max(1, math.Abs(y))) {
				s.Errorf("%s, row %d: %s is %#v, want %#v", what, i, names[j], a, b)
				return
			}
		}
	}
}

func (s *stand) asSQL(op string, p params, query string, inputs ...[]byte) {
	s.Helper()
	if inputs == nil {
		inputs = dataInputs()[:1]
	}
	all := params{"format": "json"}
	for name, value := range p {
		all[name] = value
	}
	s.sameTable(op+" "+query, s.output("data."+op, all, inputs...), s.sqlite(query))
}

func dataAsSQL(op string, p params, query string) func(*stand) {
	return func(s *stand) { s.asSQL(op, p, query) }
}

// Python's csv module reads what is written, and writes what is read.
func dataConvert(s *stand) {
	in := dataInputs()[0]
	s.asSQL("convert", nil, "SELECT * FROM t1")
	python := func(program string, text []byte) []byte {
		return s.tool(text, "python3", "-c", "import sys,csv,json,io\ntext=sys.stdin.buffer.read().decode()\n"+program)
	}
	const listed = "\nprint(json.dumps(list(csv.reader(io.StringIO(text,newline=''),delimiter=%s))))"
	want := python(fmt.Sprintf(listed, "','"), in)
	for writes, separator := range map[string]string{"csv": "','", "tsv": "'\\t'"} {
		got := python(fmt.Sprintf(listed, separator), s.output("data.convert", params{"format": writes, "typed": false}, in))
		if !bytes.Equal(got, want) {
			s.Errorf("%s: python reads %.300s, want %.300s", writes, got, want)
		}
	}
	lines := s.output("data.convert", params{"format": "ndjson"}, in)
	joined := python("\nprint('['+','.join(text.splitlines())+']')", bytes.ReplaceAll(lines, []byte("\u2028"), nil))
	s.sameTable("ndjson", joined, s.sqlite("SELECT * FROM t1"))
	s.asSQL("convert", nil, "SELECT * FROM t1", lines)
	s.asSQL("convert", nil, "SELECT * FROM t1", s.output("data.convert", params{"format": "json"}, in))
	for _, separator := range []string{";", "\t", "|"} {
		s.asSQL("convert", nil, "SELECT * FROM t1", csvOf(dataNames, separator, dataRows()))
	}
	for _, encoding := range []string{"utf-16", "utf-8-sig"} {
		coded := python("sys.stdout.buffer.write(text.encode('"+encoding+"'))", in)
		s.asSQL("convert", nil, "SELECT * FROM t1", coded)
	}
	coded := python("sys.stdout.buffer.write('a,b\\nschön,€ “x”\\n'.encode('cp1252'))", nil)
	got := s.output("data.convert", params{"encoding": "windows-1252"}, coded)
	if string(got) != "a,b\nschön,€ “x”\n" {
		s.Errorf("windows-1252: %q", got)
	}
	hell := "a,b,c\n\"x \"\"y\"\"\n,z\",\"\",\n\"q\"r,s\"t\",u v\r\n\"\"\"\",\",\",\"\r\n\"\n"
	want = python(fmt.Sprintf(listed, "','"), []byte(hell))
	got = python(fmt.Sprintf(listed, "','"), s.output("data.convert", params{"typed": false, "separator": ","}, []byte(hell)))
	if !bytes.Equal(got, want) {
		s.Errorf("quotes: %s, want %s", got, want)
	}
	nulls := s.output("data.convert", params{"format": "json"}, []byte("a,b\n\"\",\n"))
	if string(nulls) != "[\n{\"a\": \"\", \"b\": null}\n]\n" {
		s.Errorf("an empty field is null unless quoted: %s", nulls)
	}
}

func dataSchema(s *stand) {
	r := s.run("data.schema", nil, dataInputs()[0])
	if n := s.figure(r, "rows"); n != 500 {
		s.Errorf("%v rows", n)
	}
	kinds := map[string]string{"integer": "integer", "text": "text", "real": "number"}
	var columns []struct{ Name, Kind string }
	if err := json.Unmarshal(r.Outputs[0].Bytes, &columns); err != nil {
		s.Fatal(err)
	}
	_, want := s.table(s.sqlite("SELECT name, lower(type) FROM pragma_table_info('t1')"))
	for i, c := range want {
		if columns[i].Name != c[0] || columns[i].Kind != kinds[c[1].(string)] {
			s.Errorf("column %d is %v, want %v", i, columns[i], c)
		}
	}
}

func dataFilter(s *stand) {
	for _, where := range []string{
		"amount > 100", "amount > 100 AND NOT (region = 'north' OR qty < 0)", "region IS NULL", "region IS NOT NULL AND amount IS NULL",
		"NOT (region = 'north')", "region IN ('north', 'east')", "region NOT IN ('north', NULL)", "qty BETWEEN 2 AND 5", "product LIKE '%W_TH%'",
		"product LIKE '%!%%' ESCAPE '!'", "length(product) = 8", "qty / 3 = 2 AND qty % 3 = 1", "amount / (qty - 2) > 50", "day >= '2026-06-01'",
		"CASE WHEN qty > 5 THEN region = 'south' ELSE amount < 0 END", "coalesce(region, 'none') = 'none' OR region <> 'east'", "-qty < -10", "substr(day, 6, 2) = '03'",
	} {
		s.asSQL("filter", params{"where": where}, "SELECT * FROM t1 WHERE "+where)
	}
	in := dataInputs()[0]
	s.refused("no column", "data.filter", params{"where": "nothing > 1"}, in)
	s.refused("compare", "data.filter", params{"where": "region > 1"}, in)
	s.refused("where", "data.filter", params{"where": "amount >"}, in)
}

func dataSelect(s *stand) {
	s.asSQL("select", params{"columns": "day, ID ,product"}, "SELECT day, id, product FROM t1")
	s.asSQL("select", params{"columns": "day,product", "without": true}, "SELECT id, region, amount, qty FROM t1")
	s.refused("no column", "data.select", params{"columns": "day,month"}, dataInputs()[0])
}

func dataCast(s *stand) {
	s.asSQL("cast", params{"columns": "amount", "kind": "integer"}, "SELECT id, region, product, CAST(amount AS INTEGER) AS amount, qty, day FROM t1")
	s.asSQL("cast", params{"columns": "id,qty", "kind": "text"}, "SELECT CAST(id AS TEXT) AS id, region, product, amount, CAST(qty AS TEXT) AS qty, day FROM t1")
	s.asSQL("cast", params{"columns": "qty", "kind": "number"}, "SELECT id, region, product, amount, CAST(qty AS REAL) AS qty, day FROM t1")
	s.refused("row", "data.cast", params{"columns": "product", "kind": "integer"}, dataInputs()[0])
}

func dataDerive(s *stand) {
	for _, value := range []string{
		"qty * 2 + id", "amount * qty", "upper(region) || '-' || day", "replace(product, 'with', '')", "instr(product, 'o')", "abs(qty)", "trim(product)",
		"substr(product, -3)", "substr(product, 2, 3)", "nullif(region, 'north')", "iif(qty > 3, 'many', 'few')", "max(qty, 4)", "min(amount, 10.5)", "qty / 0", "CAST(substr(day, 6, 2) AS INTEGER)", "sqrt(id)", "9223372036854775807 + qty * 0 + 1.0",
		"date(day, '+1 month')", "date(day, '-' || id || ' days', 'start of month')", "julianday(day || 'T14:05:09.25')", "date(day, '+3 years', 'start of year', '-1 day')",
		"strftime('%Y/%m/%d %j %w %s %H-%M-%S%%', day || ' 23:59:58', '+90 minutes')", "date('2024-02-29', '+' || id || ' years')", "date(region)", "date('2026-02-30', '+0 days')", "date('2026-13-01')", "date('1970-01-01', '-' || (id * 1000) || ' days')",
	} {
		s.asSQL("derive", params{"name": "value", "value": value}, "SELECT *, "+value+" AS value FROM t1")
	}
	rounded := s.output("data.derive", params{"name": "r", "value": "round(amount, 1)", "format": "json"}, dataInputs()[0])
	table := s.output("data.convert", params{"format": "json"}, dataInputs()[0])
	// SQLite adds a half and cuts, which is off by one where the binary value lies just below it.
	s.sameTable("round", rounded, s.tool(table, "python3", "-c", "import json,sys\nt=json.load(sys.stdin)\nfor x in t: x['r']=None if x['amount'] is None else round(x['amount'],1)\nprint(json.dumps(t))"))
	for value, python := range map[string]string{
		"regexp_like(product, '^w.*[a-z]$')": "None if p is None else bool(re.search('^w.*[a-z]$', p))", "product REGEXP 'o|, '": "bool(re.search('o|, ', p))", "product NOT REGEXP 'o'": "not re.search('o', p)",
		`regexp_replace(product, '(\w)([aeiou])', '$2$1')`: `re.sub(r'(\w)([aeiou])', r'\2\1', p, flags=re.A)`, `regexp_extract(day, '-(\d+)-', 1)`: `re.search(r'-(\d+)-', x['day']).group(1)`,
		"regexp_extract(product, 'with.')": "(lambda m: m and m.group(0))(re.search('with.', p))",
	} {
		got := s.output("data.derive", params{"name": "v", "value": value, "format": "json"}, dataInputs()[0])
		s.sameTable(value, got, s.tool(table, "python3", "-c", "import json,sys,re\nt=json.load(sys.stdin)\nfor x in t:\n  p=x['product']\n  x['v']="+python+"\nprint(json.dumps(t))"))
	}
	s.refused("pattern", "data.derive", params{"name": "v", "value": "regexp_like(product, '(')"}, dataInputs()[0])
	s.asSQL("derive", params{"name": "qty", "value": "qty + 1"}, "SELECT id, region, product, amount, qty + 1 AS qty, day FROM t1")
}

// A sample is rows of the table in their order; over many seeds each row comes as often as another.
func dataSample(s *stand) {
	var small bytes.Buffer
	small.WriteString("n\n")
	for i := range 20 {
		fmt.Fprintln(&small, i)
	}
	const seeds, kept = 400, 5
	var counts [20]float64
	for seed := range seeds {
		out := s.output("data.sample", params{"count": kept, "seed": seed}, small.Bytes())
		last := -1
		for _, line := range strings.Fields(string(out))[1:] {
			n, err := strconv.Atoi(line)
			if err != nil || n <= last || n > 19 {
				s.Fatalf("seed %d: %q", seed, out)
			}
			counts[n], last = counts[n]+1, n
		}
	}
	var chi float64
	for _, n := range counts {
		chi += (n - seeds*kept/20) * (n - seeds*kept/20) / (seeds * kept / 20)
	}
	if chi > 43.8 { // 19 degrees of freedom: one fair sampler in a thousand
		s.Errorf("chi squared is %.1f: %v", chi, counts)
	}
	again := func() []byte { return s.output("data.sample", params{"count": 30, "seed": 5}, dataInputs()[0]) }
	if !bytes.Equal(again(), again()) {
		s.Error("the same seed takes other rows")
	}
	s.asSQL("sample", params{"count": 1000}, "SELECT * FROM t1")
}

func dataSort(s *stand) {
	s.asSQL("sort", params{"by": "amount"}, "SELECT * FROM t1 ORDER BY amount, id")
	s.asSQL("sort", params{"by": "region, -amount, id"}, "SELECT * FROM t1 ORDER BY region, amount DESC, id")
	s.asSQL("sort", params{"by": "-region,product", "nulls_last": true}, "SELECT * FROM t1 ORDER BY region DESC NULLS LAST, product, id")
	s.asSQL("sort", params{"by": "amount", "nulls_last": true}, "SELECT * FROM t1 ORDER BY amount NULLS LAST, id")
	s.refused("no column", "data.sort", params{"by": "nothing"}, dataInputs()[0])
}

func dataDistinct(s *stand) {
	s.asSQL("distinct", params{"columns": "region,product"}, "SELECT * FROM t1 WHERE id IN (SELECT min(id) FROM t1 GROUP BY region, product)")
	twice := csvOf(dataNames, ",", append(dataRows(), dataRows()...))
	s.asSQL("distinct", nil, "SELECT * FROM t1", twice)
}

func dataGroup(s *stand) {
	const list = "count(*) AS n, count(amount) AS c, sum(qty) AS q, sum(amount) AS a, avg(amount) AS m, min(amount) AS lo, max(product) AS hi, count(DISTINCT product) AS d, group_concat(qty, '/') AS g"
	s.asSQL("group_by", params{"keys": "region", "aggregates": list}, "SELECT region, "+list+" FROM t1 GROUP BY region ORDER BY min(id)")
	s.asSQL("group_by", params{"keys": "region,product", "aggregates": list}, "SELECT region, product, "+list+" FROM t1 GROUP BY region, product ORDER BY min(id)")
	s.asSQL("group_by", params{"keys": "", "aggregates": list}, "SELECT "+list+" FROM t1")
	s.asSQL("group_by", params{"keys": "", "aggregates": "sum(amount) AS s, count(*) AS n", "reads": "csv"}, "SELECT sum(amount) AS s, count(*) AS n FROM t1 WHERE 0", []byte("amount\n"))
	r := s.output("data.group_by", params{"keys": "", "aggregates": "median(amount) AS a, stddev(amount) AS b, variance(amount) AS c", "format": "json"}, dataInputs()[0])
	var amounts []any
	for _, row := range dataRows() {
		if row[3] != nil {
			amounts = append(amounts, row[3])
		}
	}
	text, err := json.Marshal(amounts)
	if err != nil {
		s.Fatal(err)
	}
	want := s.tool(text, "python3", "-c", "import json,sys,statistics as t\nx=json.load(sys.stdin)\nprint(json.dumps([{'a':t.median(x),'b':t.stdev(x),'c':t.variance(x)}]))")
	s.sameTable("median, stddev, variance", r, want)
}

func dataSQL(s *stand) {
	for _, query := range []string{
		"SELECT * FROM t1 JOIN t2 ON t1.region = t2.region ORDER BY id, chief",
		"SELECT t1.id, t2.chief FROM t1 LEFT JOIN t2 ON t1.region = t2.region AND t2.share < t1.qty ORDER BY id, chief",
		"SELECT t1.id, t2.chief FROM t1 RIGHT JOIN t2 USING (region) WHERE t1.id IS NULL OR t1.id < 9 ORDER BY t1.id, t2.chief",
		"SELECT t1.id, region, t2.chief FROM t1 FULL JOIN t2 USING (region) ORDER BY id, region, chief",
		"SELECT count(*) AS n FROM t1, t2", "SELECT a.id, b.id AS other FROM t1 a JOIN t1 b ON a.id = b.id + 1 WHERE a.id < 20",
		"SELECT region, count(*) AS n, sum(amount) / count(amount) AS mean FROM t1 GROUP BY region HAVING count(*) > 100 ORDER BY n DESC, region",
		"SELECT substr(day, 1, 7) AS month, sum(qty) AS q FROM t1 GROUP BY month ORDER BY 1",
		"SELECT qty % 3 AS r, max(id) - min(id) AS span FROM t1 GROUP BY qty % 3 ORDER BY r DESC LIMIT 2 OFFSET 1",
		"SELECT DISTINCT region, qty > 5 AS many FROM t1 ORDER BY region, many",
		"SELECT region FROM t1 UNION SELECT region FROM t2 ORDER BY region", "SELECT region FROM t2 EXCEPT SELECT region FROM t1",
		"SELECT region FROM t2 INTERSECT SELECT region FROM t1 ORDER BY 1", "SELECT id FROM t1 WHERE id < 4 UNION ALL SELECT id FROM t1 WHERE id < 3",
		"WITH big AS (SELECT * FROM t1 WHERE amount > 300), n AS (SELECT count(*) AS c FROM big) SELECT big.id, n.c FROM big, n ORDER BY big.id",
		"SELECT id FROM t1 WHERE amount > (SELECT avg(amount) FROM t1) AND region IN (SELECT region FROM t2) ORDER BY id DESC",
		"SELECT id, row_number() OVER (PARTITION BY region ORDER BY amount, id) AS r, rank() OVER (ORDER BY qty) AS k, dense_rank() OVER (ORDER BY qty DESC) AS d FROM t1 ORDER BY id",
		"SELECT id, lag(amount) OVER (ORDER BY id) AS a, lead(id, 2, -1) OVER (PARTITION BY region ORDER BY id) AS b FROM t1 ORDER BY id",
		"SELECT id, sum(qty) OVER (ORDER BY day) AS s, avg(qty) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) AS m, count(*) OVER () AS n FROM t1 ORDER BY id",
		"SELECT id, first_value(product) OVER (PARTITION BY region ORDER BY id) AS f, last_value(id) OVER (PARTITION BY region ORDER BY qty) AS l FROM t1 ORDER BY id",
		"SELECT region, sum(qty) AS q, rank() OVER (ORDER BY sum(qty) DESC) AS k FROM t1 GROUP BY region ORDER BY k",
		"SELECT count(*) FILTER (WHERE qty > 3) AS a, total.n FROM t1, (SELECT count(*) AS n FROM t2) AS total GROUP BY total.n",
		"SELECT CASE region WHEN 'north' THEN 1 WHEN 'south' THEN 2 ELSE 0 END AS c, count(*) AS n FROM t1 GROUP BY 1 ORDER BY 1",
		"SELECT amount FROM t1 ORDER BY amount IS NULL, -amount LIMIT 5", "SELECT 1 + 2 * 3 AS x, 7 / 2 AS y, 7.0 / 2 AS z, -7 % 3 AS w, 'a' || 1 AS t",
	} {
		s.asSQL("sql", params{"query": query}, query, dataInputs()...)
	}
	s.asSQL("sql", params{"query": "SELECT sum(share) AS s FROM chiefs", "names": "sales,chiefs"}, "SELECT sum(share) AS s FROM t2", dataInputs()...)
	byFile := "SELECT t1.id, chiefs.chief FROM sales t1 JOIN chiefs ON chiefs.region = t1.region ORDER BY id, chief"
	request := job.Request{Unit: "data", Op: "sql", Params: params{"query": byFile, "format": "json"}}
	for i, name := range []string{"sales.csv", "chiefs.2026.csv"} {
		request.Inputs = append(request.Inputs, job.Input{Bytes: dataInputs()[i], Name: name})
	}
	request.Params["query"] = strings.Replace(byFile, "JOIN chiefs", `JOIN "chiefs.2026" chiefs`, 1)
	r, err := s.node.Run(s.Context(), request)
	if err != nil {
		s.Fatal(err)
	}
	s.sameTable(byFile, r.Outputs[0].Bytes, s.sqlite(strings.NewReplacer("JOIN chiefs", "JOIN t2 chiefs", "sales t1", "t1").Replace(byFile)))
	for query, words := range map[string]string{
		"SELECT id, count(*) FROM t1": "neither grouped", "SELECT * FROM t9": "no table", "DELETE FROM t1": "SELECT", "SELECT region FROM t1 JOIN t2 ON 1 = 1": "more than one",
		"SELECT sum(region) FROM t1": "added up", "SELECT nothing(1)": "no function", "SELECT": "query", "SELECT sum(sum(qty)) FROM t1": "no place",
		"SELECT 1" + strings.Repeat("+1", 400): "deep", "SELECT 1" + strings.Repeat("+1", 4000): "words", "SELECT " + strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500): "query",
	} {
		s.refused(words, "data.sql", params{"query": query}, dataInputs()...)
	}
}

func dataJoin(s *stand) {
	for sort, query := range map[string]string{
		"inner": "SELECT t1.*, chief, share FROM t1 JOIN t2 ON t1.region = t2.region ORDER BY id, t2.rowid",
		"left":  "SELECT t1.*, chief, share FROM t1 LEFT JOIN t2 ON t1.region = t2.region ORDER BY id, t2.rowid",
		"right": "SELECT id, region, product, amount, qty, day, chief, share FROM t1 RIGHT JOIN t2 USING (region) ORDER BY id IS NULL, id, t2.rowid",
		"full":  "SELECT id, region, product, amount, qty, day, chief, share FROM t1 FULL JOIN t2 USING (region) ORDER BY id IS NULL, id, t2.rowid",
		"semi":  "SELECT * FROM t1 WHERE region IN (SELECT region FROM t2)",
		"anti":  "SELECT * FROM t1 WHERE NOT EXISTS (SELECT * FROM t2 WHERE t2.region = t1.region)",
	} {
		s.asSQL("join", params{"on": "region", "sort": sort}, query, dataInputs()...)
	}
	s.asSQL("join", params{"on": "id=qty"}, "SELECT a.*, b.id AS id_right, b.region AS region_right, b.product AS product_right, b.amount AS amount_right, b.day AS day_right FROM t1 a JOIN t1 b ON a.id = b.qty ORDER BY a.id, b.id",
		dataInputs()[0], dataInputs()[0])
	s.refused("cast", "data.join", params{"on": "id=chief"}, dataInputs()...)
}

func dataUnion(s *stand) {
	s.asSQL("union", nil, "SELECT * , NULL AS chief, NULL AS share FROM t1 UNION ALL SELECT NULL, region, NULL, NULL, NULL, NULL, chief, share FROM t2", dataInputs()...)
}

// TestDataHostile: what is broken gets an answer or a sentence, and the worker lives.
func TestDataHostile(t *testing.T) {
	s := newStand(t)
	whole := dataInputs()[0]
	try := func(what string, in []byte) {
		for op, p := range map[string]params{
			"data.convert": {"format": "json"}, "data.schema": {}, "data.sql": {"query": "SELECT count(*) AS n FROM t1"},
			"data.group_by": {"aggregates": "count(*) AS n"}, "data.sort": {"by": "id"}, "data.profile": {}, "data.correlation": {},
			"data.melt": {}, "data.fill_nulls": {"how": "previous"}, "data.validate": {"rules": "id > 0"},
		} {
			if _, err := s.try(op, p, in); err != nil {
				s.refused("", op, p, in)
			}
		}
	}
	for part := range 16 {
		try("cut", whole[:len(whole)*part/16])
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		flipped := bytes.Clone(whole)
		flipped[r.IntN(len(flipped))] ^= 1 << r.IntN(8)
		try("flip", flipped)
	}
	for _, text := range []string{
		"", "\n", "\r\n\r\n", "\"", "\"\"", ",", "a", "a,a,a\n1,2,3", "\xff\xfe", "\xff\xfea", "\xef\xbb\xbf", "[", "[]", "{}", "[{}]", "[1]", "[[]]", "null", "{\"a\":1", "[{\"a\":1},{\"b\":[1,{\"c\":2}]}]",
		strings.Repeat("[", 100000), strings.Repeat("{\"a\":", 100000), "[" + strings.Repeat("{},", 1000) + "{}]", strings.Repeat(",", 100000), "a\n\xff\n", "[{\"a\":1e999}]", "[{\"a\":\"\\ud800\"}]",
	} {
		try(text, []byte(text))
	}
	for _, reads := range []string{"json", "ndjson", "tsv"} { // not what the file's name says
		if _, err := s.try("data.convert", params{"reads": reads}, whole); err != nil {
			s.refused("", "data.convert", params{"reads": reads}, whole)
		}
	}
	for op, count := range map[string]int{"head": 1e9, "slice": 1e9, "tail": 1e6, "sample": 1e6} { // more rows than there are
		got := s.output("data."+op, params{"count": count}, whole)
		if want := s.output("data.convert", nil, whole); !bytes.Equal(got, want) {
			s.Errorf("%s of all rows: %.100q", op, got)
		}
	}
	s.refused("not closed", "data.convert", nil, []byte("a,b\n1,\"2\n"))
	s.refused("row 3 has 3 fields", "data.convert", nil, []byte("a,b\n1,2\n1,2,3\n"))
	s.refused("row 2, column 1 is not UTF-8", "data.convert", nil, []byte("a,b\n\xff,2\n"))
	s.refused("line 2", "data.convert", params{"reads": "ndjson"}, []byte("{\"a\":1}\n{\"a\":}\n"))
}
