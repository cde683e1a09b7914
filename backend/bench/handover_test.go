package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// readerArgument makes the test binary the reader's process.
const readerArgument = "handover-reader"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == readerArgument {
		if err := ReadHandover(context.Background(), os.Args[2], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestHandoverMeasuresEveryWayAndSize(t *testing.T) {
	report, err := handover(t.Context(), []string{os.Args[0], readerArgument}, handoverPlan{
		Sizes: []int{64, 64 << 10}, Rounds: 2, Shared: 3, Filled: 2, Socket: 2, Stream: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Rows) != 2 {
		t.Fatalf("%d rows, want 2", len(report.Rows))
	}
	for _, row := range report.Rows {
		for way, c := range map[string]struct {
			spread Spread
			n      int
		}{"shared": {row.Shared, 6}, "filled": {row.Filled, 4}, "socket": {row.Socket, 4},
			"stream": {row.Stream, 2}} {
			if c.spread.N != c.n || c.spread.P50 <= 0 || c.spread.P50 > c.spread.Max {
				t.Errorf("%d bytes, %s: %+v, want %d positive samples", row.Bytes, way, c.spread, c.n)
			}
		}
	}
}

func TestHandoverSaysWhyItsReaderEnded(t *testing.T) {
	reader := []string{"/bin/sh", "-c", "echo no such plan >&2; exit 3"}
	_, err := handover(t.Context(), reader, handoverPlan{Sizes: []int{64}, Rounds: 1, Shared: 1})
	if err == nil || !strings.Contains(err.Error(), "no such plan") {
		t.Errorf("got %v, want the reader's own reason", err)
	}
}

func TestReaderRefusesAPlanThatDoesNotFit(t *testing.T) {
	for name, plan := range map[string]string{
		"not JSON":          "x",
		"no sizes":          "{}",
		"lengths missing":   `{"sizes":[64]}`,
		"too many segments": `{"sizes":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}`,
	} {
		if err := ReadHandover(t.Context(), plan, io.Discard); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
