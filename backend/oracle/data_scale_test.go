package oracle

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/job"
)

// TestDataLargerThanItsMemory: the plugin has 256 MiB, the file more. What is held is groups and the smaller
// table, on whichever side of the join it stands.
func TestDataLargerThanItsMemory(t *testing.T) {
	s := newStand(t)
	dir := t.TempDir()
	sales, chiefs := filepath.Join(dir, "sales.csv"), filepath.Join(dir, "chiefs.csv")
	f, err := os.Create(sales)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size, keys = 300 << 20, 1000
	var count, sum [keys]int
	r, w, written := rand.New(rand.NewPCG(3, 4)), bufio.NewWriterSize(f, 1<<20), 0
	row := func(n int, err error) {
		if err != nil {
			t.Fatal(err)
		}
		written += n
	}
	for row(fmt.Fprintln(w, "id,key,note,cents")); written < size; {
		key, cents := r.IntN(keys), r.IntN(100_000)
		count[key]++
		sum[key] += cents
		row(fmt.Fprintf(w, "%d,k%d,\"as it is, %0100d\",%d\n", written, key, key, cents))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var groups, joined, few bytes.Buffer
	groups.WriteString("key,n,s\n")
	joined.WriteString("chief,n,s\n")
	few.WriteString("key,chief\n")
	for key := range keys {
		fmt.Fprintf(&groups, "k%d,%d,%d\n", key, count[key], sum[key])
		if key < 10 {
			fmt.Fprintf(&few, "k%d,chief%d\n", key, key)
			fmt.Fprintf(&joined, "chief%d,%d,%d\n", key, count[key], sum[key])
		}
	}
	if err := os.WriteFile(chiefs, few.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT key, count(*) AS n, sum(cents) AS s FROM sales GROUP BY key ORDER BY CAST(substr(key, 2) AS INTEGER)":                            groups.String(),
		"SELECT chief, count(*) AS n, sum(cents) AS s FROM sales JOIN chiefs ON sales.key = chiefs.key GROUP BY chief ORDER BY chief":            joined.String(),
		"SELECT chief, count(*) AS n, sum(cents) AS s FROM chiefs, sales WHERE sales.key = chiefs.key GROUP BY chief ORDER BY chief":             joined.String(),
		"WITH s AS (SELECT * FROM sales) SELECT chief, count(*) AS n, sum(cents) AS s FROM chiefs LEFT JOIN s USING (key) GROUP BY 1 ORDER BY 1": joined.String(),
	} {
		request := job.Request{Unit: "data", Op: "sql", Params: params{"query": query}, Inputs: []job.Input{{Path: sales}, {Path: chiefs}}}
		r, err := s.node.Run(t.Context(), request)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if got := string(r.Outputs[0].Bytes); got != want {
			t.Errorf("%s: %.200s, want %.200s", query, got, want)
		}
	}
	_, err = s.node.Run(t.Context(), job.Request{Unit: "data", Op: "sort", Params: params{"by": "key"}, Inputs: []job.Input{{Path: sales}}})
	if err == nil || !strings.Contains(err.Error(), "more than 160 MiB of memory") {
		t.Errorf("a sort of more than the memory: %v", err)
	}
}
