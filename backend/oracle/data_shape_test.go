package oracle

import (
	"fmt"
	"strings"
)

func dataDropNulls(s *stand) {
	s.asSQL("drop_nulls", nil, "SELECT * FROM t1 WHERE region IS NOT NULL AND amount IS NOT NULL")
	s.asSQL("drop_nulls", params{"columns": "amount"}, "SELECT * FROM t1 WHERE amount IS NOT NULL")
	s.asSQL("drop_nulls", params{"columns": "region,amount", "drop": "all"}, "SELECT * FROM t1 WHERE region IS NOT NULL OR amount IS NOT NULL")
}

func dataFillNulls(s *stand) {
	const filled = "SELECT id, region, product, %s AS amount, qty, day FROM t1"
	for how, amount := range map[string]string{
		"previous": "(SELECT b.amount FROM t1 b WHERE b.id <= t1.id AND b.amount IS NOT NULL ORDER BY b.id DESC LIMIT 1)",
		"mean":     "coalesce(amount, (SELECT avg(amount) FROM t1))",
		"median": "coalesce(amount, (SELECT avg(amount) FROM (SELECT amount FROM t1 WHERE amount IS NOT NULL ORDER BY amount" +
			" LIMIT 2 - (SELECT count(amount) FROM t1) % 2 OFFSET (SELECT (count(amount) - 1) / 2 FROM t1))))",
	} {
		s.asSQL("fill_nulls", params{"columns": "amount", "how": how}, strings.Replace(filled, "%s", amount, 1))
	}
	s.asSQL("fill_nulls", params{"columns": "amount", "value": "-1.5"}, strings.Replace(filled, "%s", "coalesce(amount, -1.5)", 1))
	s.asSQL("fill_nulls", params{"columns": "region", "value": "none"}, "SELECT id, coalesce(region, 'none') AS region, product, amount, qty, day FROM t1")
	s.refused("is no number", "data.fill_nulls", params{"columns": "amount", "value": "much"}, dataInputs()[0])
	s.refused("added up", "data.fill_nulls", params{"columns": "region", "how": "mean"}, dataInputs()[0])
}

func dataMelt(s *stand) {
	s.asSQL("melt", params{"keys": "id", "columns": "qty,amount"},
		"SELECT id, name, value FROM (SELECT id, 'qty' AS name, qty AS value, 1 AS k FROM t1 UNION ALL SELECT id, 'amount', amount, 2 FROM t1) ORDER BY id, k")
	s.asSQL("melt", params{"keys": "region,id,product,day,amount"}, "SELECT region, id, product, day, amount, 'qty' AS name, qty AS value FROM t1")
}

func dataPivot(s *stand) {
	query := `SELECT qty, f(amount) FILTER (WHERE region IS NULL) AS "null", f(amount) FILTER (WHERE region = 'east') AS east,
		f(amount) FILTER (WHERE region = 'north') AS north, f(amount) FILTER (WHERE region = 'south') AS south FROM t1 GROUP BY qty ORDER BY min(id)`
	for _, function := range []string{"sum", "count", "avg", "min", "max"} {
		s.asSQL("pivot", params{"keys": "qty", "column": "region", "value": "amount", "aggregate": function}, strings.ReplaceAll(query, "f(", function+"("))
	}
	s.asSQL("pivot", params{"keys": "region,day", "column": "qty", "value": "id"},
		"SELECT region, day, "+pivoted()+" FROM t1 GROUP BY region, day ORDER BY min(id)")
	s.refused("64", "data.pivot", params{"keys": "region", "column": "id", "value": "amount"}, dataInputs()[0])
}

func pivoted() string {
	var items []string
	for _, qty := range strings.Fields("-3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16") {
		items = append(items, "sum(id) FILTER (WHERE qty = "+qty+`) AS "`+qty+`"`)
	}
	return strings.Join(items, ", ")
}

func dataValidate(s *stand) {
	const listed = "SELECT row, rule FROM (SELECT id AS row, 'amount > 0' AS rule, 1 AS k FROM t1 WHERE NOT amount > 0" +
		" UNION ALL SELECT id, 'region IS NOT NULL', 2 FROM t1 WHERE region IS NULL UNION ALL SELECT id, 'length(product) < 9', 3 FROM t1 WHERE length(product) >= 9) ORDER BY row, k"
	p := params{"rules": "amount > 0; region IS NOT NULL;length(product) < 9"}
	s.asSQL("validate", p, listed)
	r := s.run("data.validate", p, dataInputs()[0])
	_, want := s.table(s.sqlite("SELECT count(*) AS a, count(DISTINCT row) AS b FROM (" + listed + ")"))
	if s.figure(r, "broken") != want[0][0] || s.figure(r, "rows") != want[0][1] {
		s.Errorf("%v, want %v", r.Results, want)
	}
	s.refused("rules", "data.validate", params{"rules": " ;"}, dataInputs()[0])
}

// asPython compares with what a script makes of the table: rows t, and a function col for a column's numbers.
func (s *stand) asPython(op string, p params, script string) {
	s.Helper()
	p["format"] = "json"
	const head = `
import json, sys, collections, numpy as np
t = json.load(sys.stdin)
def col(name): return np.array([r[name] for r in t if r[name] is not None], float)
`
	table := s.output("data.convert", params{"format": "json"}, dataInputs()[0])
	want := s.tool(table, debianPython, "-c", head+script+"\nprint(json.dumps(out))")
	s.sameTable(op, s.output("data."+op, p, dataInputs()[0]), want)
}

func dataQuantiles(s *stand) {
	s.asPython("quantiles", params{"columns": "amount,qty", "shares": "0, 0.1,0.5,0.999,1"},
		`out = [{"column": c, **{"q" + q: float(np.quantile(col(c), float(q))) for q in "0 0.1 0.5 0.999 1".split()}} for c in ["amount", "qty"]]`)
	s.refused("not numbers", "data.quantiles", params{"columns": "region"}, dataInputs()[0])
	s.refused("0 to 1", "data.quantiles", params{"shares": "0.5,2"}, dataInputs()[0])
}

func dataHistogram(s *stand) {
	for _, bins := range []string{"1", "7", "20", "1000"} {
		for _, column := range []string{"amount", "qty"} {
			s.asPython("histogram", params{"column": column, "bins": number(bins)}, `
counts, edges = np.histogram(col("`+column+`"), `+bins+`)
out = [{"from": float(a), "to": float(b), "count": int(n)} for a, b, n in zip(edges, edges[1:], counts)]`)
		}
	}
	s.refused("no numbers", "data.histogram", params{"column": "region"}, dataInputs()[0])
}

func number(text string) int {
	n := 0
	for _, digit := range text {
		n = n*10 + int(digit-'0')
	}
	return n
}

func dataCorrelation(s *stand) {
	s.asPython("correlation", params{}, `
names = ["id", "amount", "qty"]
def pair(a, b):
    both = [(r[a], r[b]) for r in t if r[a] is not None and r[b] is not None]
    return float(np.corrcoef(np.array(both, float).T)[0, 1])
out = [{"column": a, **{b: pair(a, b) for b in names}} for a in names]`)
	s.refused("not numbers", "data.correlation", params{"columns": "day"}, dataInputs()[0])
}

func dataProfile(s *stand) {
	s.asPython("profile", params{}, `
kinds = dict(id="integer", region="text", product="text", amount="number", qty="integer", day="text")
out = []
for name, kind in kinds.items():
    values = [r[name] for r in t if r[name] is not None]
    times = collections.Counter(values)
    row = {"column": name, "kind": kind, "rows": len(t), "nulls": len(t) - len(values), "distinct": len(times)}
    key = None if kind != "text" else lambda text: text.encode()
    row.update(min=min(values, key=key), max=max(values, key=key))
    x = col(name) if kind != "text" else None
    stats = dict(mean=np.mean, stddev=lambda x: np.std(x, ddof=1), median=np.median, q25=lambda x: np.quantile(x, .25), q75=lambda x: np.quantile(x, .75))
    row.update({k: None if x is None else float(f(x)) for k, f in stats.items()})
    row["most_common"] = max(times, key=times.get)
    out.append(row)`)
}

func dataDiff(s *stand) {
	const after = "SELECT id, CASE WHEN id % 11 = 0 THEN 'moved' WHEN id % 13 = 0 THEN NULL ELSE region END AS region, product, amount, qty + (id % 7 = 0) AS qty, day FROM t1 WHERE id % 10 <> 0" +
		" UNION ALL SELECT id + 1000, region, product, amount, qty, day FROM t1 WHERE id < 6"
	const query = `WITH a AS (` + after + `) SELECT change, id, "column", "before", "after" FROM (
		SELECT 'changed' AS change, a.id AS id, 'region' AS "column", t1.region AS "before", a.region AS "after", 0 AS k, 1 AS c FROM a JOIN t1 ON a.id = t1.id WHERE t1.region IS NOT a.region
		UNION ALL SELECT 'changed', a.id, 'qty', t1.qty, a.qty, 0, 2 FROM a JOIN t1 ON a.id = t1.id WHERE t1.qty IS NOT a.qty
		UNION ALL SELECT 'added', id, NULL, NULL, NULL, 0, 0 FROM a WHERE id NOT IN (SELECT id FROM t1)
		UNION ALL SELECT 'removed', id, NULL, NULL, NULL, 1, 0 FROM t1 WHERE id NOT IN (SELECT id FROM a)) ORDER BY k, id, c`
	inputs := [][]byte{dataInputs()[0], s.sqlite(after)}
	s.asSQL("diff", params{"keys": "id"}, query, inputs...)
	r := s.run("data.diff", params{"keys": "id"}, inputs...)
	_, want := s.table(s.sqlite(`SELECT count(*) FILTER (WHERE change = 'added') AS a, count(*) FILTER (WHERE change = 'removed') AS r,
		count(DISTINCT CASE change WHEN 'changed' THEN id END) AS c FROM (` + query + ")"))
	for i, name := range []string{"added", "removed", "changed"} {
		if got := s.figure(r, name); got != want[0][i] {
			s.Errorf("%v %s, want %v", got, name, want[0][i])
		}
	}
	s.refused("row", "data.diff", params{"keys": "region"}, inputs...)
}

func dataAsof(s *stand) {
	const rates = "SELECT region, day, max(id) AS rate FROM t1 WHERE id % 9 = 0 GROUP BY region, day ORDER BY rate"
	const query = "SELECT t1.*, (SELECT rate FROM (" + rates + ") r WHERE r.region = t1.region AND r.day <= t1.day ORDER BY r.day DESC LIMIT 1) AS rate FROM t1"
	inputs := [][]byte{dataInputs()[0], s.sqlite(rates)}
	s.asSQL("asof_join", params{"on": "day", "by": "region"}, query, inputs...)
	s.asSQL("asof_join", params{"on": "day", "by": "region", "direction": "forward"}, strings.NewReplacer("<=", ">=", "DESC", "ASC").Replace(query), inputs...)
	s.asSQL("asof_join", params{"on": "qty=rate"}, "SELECT t1.*, r.region AS region_right, r.day AS day_right, r.rate FROM t1 LEFT JOIN ("+rates+") r ON r.rate = (SELECT max(rate) FROM ("+rates+") q WHERE q.rate <= t1.qty) ORDER BY t1.id", inputs...)
	s.refused("texts", "data.asof_join", params{"on": "qty=day"}, inputs...)
}

func dataWindow(s *stand) {
	over := func(p params, spec, function string) {
		p["function"], p["name"] = function, "w"
		s.asSQL("window", p, "SELECT *, "+function+" OVER ("+spec+") AS w FROM t1 ORDER BY id")
	}
	over(params{}, "", "row_number()")
	over(params{"partition": "region", "order": "-amount,id"}, "PARTITION BY region ORDER BY amount DESC, id", "row_number()")
	over(params{"order": "qty"}, "ORDER BY qty", "rank()")
	over(params{"order": "id"}, "ORDER BY id", "lag(amount, 2, 0)")
	over(params{"partition": "region", "order": "id"}, "PARTITION BY region ORDER BY id", "sum(qty)")
	over(params{"partition": "region"}, "PARTITION BY region", "count(amount)")
	over(params{"order": "id", "rows": 7}, "ORDER BY id ROWS BETWEEN 6 PRECEDING AND CURRENT ROW", "avg(qty)")
	s.refused("no column", "data.window", params{"order": "nothing"}, dataInputs()[0])
	s.refused("function", "data.window", params{"function": "nothing()"}, dataInputs()[0])
}

func dataOutliers(s *stand) {
	for column, factor := range map[string]float64{"amount": 0.25, "qty": 0, "id": 0.4} {
		p := params{"column": column, "factor": factor}
		s.asPython("outliers", p, fmt.Sprintf(`
a, b = np.quantile(col(%q), [.25, .75])
k = %v * (b - a)
out = [r for r in t if r[%[1]q] is not None and not a - k <= r[%[1]q] <= b + k]`, column, factor))
	}
	r := s.run("data.outliers", params{"column": "id"}, dataInputs()[0])
	if s.figure(r, "rows") != 0 || s.figure(r, "low") != 125.75-1.5*249.5 || s.figure(r, "high") != 375.25+1.5*249.5 {
		s.Errorf("of 1 to 500: %v", r.Results)
	}
	s.refused("no numbers", "data.outliers", params{"column": "day"}, dataInputs()[0])
}
