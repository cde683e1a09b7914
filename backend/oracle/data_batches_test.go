package oracle

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// TestDataOverManyBatches: what goes by in batches of some thousand rows is the same table as in SQLite.
func TestDataOverManyBatches(t *testing.T) {
	s := &stand{t, newStand(t).node}
	r := rand.New(rand.NewPCG(5, 6))
	some := func(value any) any {
		if r.IntN(20) == 0 {
			return nil
		}
		return value
	}
	var big, small [][]any
	for id := range 10_000 {
		big = append(big, []any{id, some(r.IntN(9000)), some(float64(r.IntN(1000)) / 8), some(fmt.Sprintf("text %d", r.IntN(300)))})
	}
	for id := range 5000 {
		small = append(small, []any{id, some(r.IntN(12_000)), some(fmt.Sprintf("name, %d", id%300))})
	}
	inputs := [][]byte{csvOf("id,k,v,t", ",", big), csvOf("n,k,name", "\t", small)}
	script := sqlOf("BEGIN; CREATE TABLE t1(id INTEGER, k INTEGER, v REAL, t TEXT);\n", "t1", big) +
		sqlOf("CREATE TABLE t2(n INTEGER, k INTEGER, name TEXT);\n", "t2", small) +
		"COMMIT; CREATE INDEX one ON t1(k); CREATE INDEX two ON t2(k);\n"
	base := filepath.Join(t.TempDir(), "base")
	s.tool([]byte(script), "sqlite3", base)
	for _, query := range []string{
		"SELECT id, v, t FROM t1 WHERE v > 100 OR t IS NULL",
		"SELECT * FROM t1 ORDER BY t DESC, v, id", "SELECT id, t FROM t1 ORDER BY v DESC, id LIMIT 30", "SELECT id FROM t1 ORDER BY v, id LIMIT 40 OFFSET 9000", "SELECT id FROM t1 LIMIT 10 OFFSET 6345",
		"SELECT id, n, name FROM t1 JOIN t2 ON t1.k = t2.k ORDER BY id, n", "SELECT id, n, name FROM t1 LEFT JOIN t2 ON t1.k = t2.k AND n < id AND v > 50 ORDER BY id, n",
		"SELECT id, n, name FROM t1 RIGHT JOIN t2 ON t1.k = t2.k AND n < id ORDER BY n, id", "SELECT id, k, n FROM t1 FULL JOIN t2 USING (k) ORDER BY id, n, k",
		"SELECT count(*) AS c, sum(id) AS i, sum(n) AS n FROM t1, t2 WHERE t1.k = t2.k AND v > 10 AND n % 3 = 1 AND id + n > 100",
		"SELECT count(*) AS c, sum(a.id) AS i FROM t1 a, t1 b WHERE a.k = b.k AND a.id < b.id", "SELECT count(*) AS c, sum(id * n) AS s FROM t1, (SELECT * FROM t2 WHERE n < 40) WHERE id < 5000",
		"SELECT t1.id, x.name, y.n FROM t1 LEFT JOIN t2 x ON x.k = t1.k LEFT JOIN t2 y ON y.n = x.n + 1 AND y.k > 100 WHERE t1.v > 60 ORDER BY 1, 2, 3",
		"SELECT id FROM t1 WHERE k IN (SELECT k FROM t2 WHERE k IS NOT NULL) ORDER BY id", "SELECT count(*) AS c FROM t1 WHERE k NOT IN (SELECT k FROM t2)", "SELECT count(*) AS c FROM t1 WHERE k NOT IN (SELECT n FROM t2)",
		"SELECT k, count(*) AS c, sum(v) AS s, min(t) AS lo, max(t) AS hi, count(DISTINCT t) AS d FROM t1 GROUP BY k ORDER BY k", "SELECT t, group_concat(id) AS g FROM t1 WHERE v > 80 GROUP BY t ORDER BY t",
		"SELECT DISTINCT t, v > 60 AS high FROM t1 ORDER BY t, high", "SELECT k FROM t1 UNION SELECT k FROM t2 ORDER BY k", "SELECT k FROM t1 EXCEPT SELECT k FROM t2 ORDER BY k", "SELECT k FROM t1 INTERSECT SELECT k FROM t2 ORDER BY k",
		"SELECT id, k FROM t1 UNION ALL SELECT n, k FROM t2 LIMIT 12000", "SELECT * FROM (SELECT id, k FROM t1 UNION ALL SELECT n, k FROM t2) ORDER BY k, id LIMIT 100 OFFSET 5000",
		"SELECT id, row_number() OVER (PARTITION BY t ORDER BY v, id) AS r, sum(v) OVER (PARTITION BY t ORDER BY v) AS s, lag(id, 2) OVER (ORDER BY v DESC, id) AS l FROM t1 ORDER BY id",
		"SELECT id, avg(v) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING) AS m, rank() OVER (ORDER BY t) AS r FROM t1 ORDER BY id",
		"WITH g AS (SELECT k, count(*) AS c FROM t1 GROUP BY k HAVING count(*) > 2), h AS (SELECT t2.name, g.c FROM g JOIN t2 ON t2.k = g.k) SELECT name, sum(c) AS c FROM h GROUP BY name ORDER BY name",
		"SELECT CASE WHEN id % 2 = 0 THEN id ELSE t END AS mixed FROM t1 WHERE id < 9000 AND id > 4000", "SELECT substr(t, 6) || '!' AS x, count(*) AS c FROM t1 GROUP BY 1 ORDER BY 1",
	} {
		want := s.tool(nil, "sqlite3", "-json", base, query)
		s.sameTable(query, s.output("data.sql", params{"query": query, "format": "json"}, inputs...), want)
	}
	s.manyBatchOps(inputs, base)
}

// manyBatchOps are ops by themselves over the same tables.
func (s *stand) manyBatchOps(inputs [][]byte, base string) {
	for query, op := range map[string]func() []byte{
		"SELECT * FROM t1 ORDER BY v DESC, t, id": func() []byte { return s.output("data.sort", params{"by": "-v,t,id", "format": "json"}, inputs[0]) },
		"SELECT * FROM t1 LIMIT 5000 OFFSET 3000": func() []byte {
			return s.output("data.slice", params{"from": 3000, "count": 5000, "format": "json"}, inputs[0])
		},
		"SELECT * FROM t1 WHERE id >= 10000 - 6000":                              func() []byte { return s.output("data.tail", params{"count": 6000, "format": "json"}, inputs[0]) },
		"SELECT * FROM t1 WHERE id IN (SELECT min(id) FROM t1 GROUP BY t)":       func() []byte { return s.output("data.distinct", params{"columns": "t", "format": "json"}, inputs[0]) },
		"SELECT id, t1.k, v, t, n, name FROM t1 JOIN t2 USING (k) ORDER BY 1, 5": func() []byte { return s.output("data.join", params{"on": "k", "format": "json"}, inputs...) },
		"SELECT *, NULL AS n, NULL AS name FROM t1 UNION ALL SELECT NULL, k, NULL, NULL, n, name FROM t2": func() []byte {
			return s.output("data.union", params{"format": "json"}, inputs...)
		},
	} {
		want := s.tool(nil, "sqlite3", "-json", base, query)
		s.sameTable(query, op(), want)
	}
	all := s.output("data.convert", nil, inputs[0])
	if sampled := s.output("data.sample", params{"count": 1_000_000}, inputs[0]); !bytes.Equal(sampled, all) {
		s.Error("a sample of more rows than there are is not the table")
	}
}
