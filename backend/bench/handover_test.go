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

// withoutWindow are programs without a window: the page's part has its own test in e2e.
var withoutWindow = Programs{Desktop: "/no/such/inos-desktop", Getenv: noEnvironment}

var handoverReaderProgram = []string{os.Args[0], readerArgument}

func TestHandoverMeasuresEveryWayAndSize(t *testing.T) {
	report, err := handover(t.Context(), handoverReaderProgram, withoutWindow, handoverPlan{
		Sizes: []int{64, 64 << 10}, Rounds: 2, Shared: 3, Filled: 2, Socket: 2, Stream: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Rows) != 2 || report.Rounds != 2 || !report.Complete {
		t.Fatalf("%+v, want 2 rows of 2 rounds", report)
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
			if report.Measures[way] == "" {
				t.Errorf("nothing says what %s means", way)
			}
		}
	}
	small, large := report.Rows[0].Shared.P50, report.Rows[1].Shared.P50
	if report.Ratio != Ratio(large, small) {
		t.Errorf("ratio %v of %v and %v", report.Ratio, large, small)
	}
	if report.Page != nil || report.WhyNoPage != "inos-desktop is not built" {
		t.Errorf("page %s, reason %q", report.Page, report.WhyNoPage)
	}
}

// The ratio compares sizes, so no size may have the machine's slow moments for itself.
func TestSizesTakeTurnsAtEveryHandover(t *testing.T) {
	plan := handoverPlan{Sizes: []int{64, 128, 256}, Rounds: 3, Shared: 4, Filled: 2, Socket: 2, Stream: 1}
	type handed struct {
		way        handoverWay
		size, turn int
	}
	var order []handed
	rounds := 0
	err := plan.each(func(way handoverWay, size, turn int) error {
		order = append(order, handed{way, size, turn})
		return nil
	}, func(round int) error { rounds++; return nil })
	if err != nil || rounds != plan.Rounds || len(order) != 3*3*(4+2+2+1) {
		t.Fatalf("%d rounds, %d handovers, %v", rounds, len(order), err)
	}
	turns := map[handed]bool{}
	for i, h := range order {
		if h.size != i%len(plan.Sizes) {
			t.Fatalf("handover %d is of size %d", i, h.size)
		}
		if turns[h] {
			t.Errorf("%+v comes twice", h)
		}
		turns[h] = true
	}
}

func TestHandoverSaysWhyItsReaderEnded(t *testing.T) {
	reader := []string{"/bin/sh", "-c", "echo no such plan >&2; exit 3"}
	_, err := handover(t.Context(), reader, withoutWindow,
		handoverPlan{Sizes: []int{64}, Rounds: 1, Shared: 1})
	if err == nil || !strings.Contains(err.Error(), "no such plan") {
		t.Errorf("got %v, want the reader's own reason", err)
	}
}

func TestAnInterruptedHandoverKeepsItsRounds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	programs := withoutWindow
	programs.Note = func(what string) {
		if what == "handover, round 3 of 1000" {
			cancel()
		}
	}
	report, err := handover(ctx, handoverReaderProgram, programs, handoverPlan{
		Sizes: []int{64, 4096}, Rounds: 1000, Shared: 2, Filled: 2, Socket: 1, Stream: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	// The reader prints a round when it is done with it, so two are there at least.
	if report.Complete || report.Rounds < 2 || report.Rounds > 1000 {
		t.Errorf("complete %t, %d rounds", report.Complete, report.Rounds)
	}
	if got := report.Rows[1].Shared.N; got != 2*report.Rounds {
		t.Errorf("%d samples in %d rounds", got, report.Rounds)
	}
}

func TestAReadersWordIsChecked(t *testing.T) {
	whole := `{"shared":[[1],[2]],"filled":[[],[]],"socket":[[],[]],"stream":[[3],[4]]}`
	for _, c := range []struct {
		name, out string
		rounds    int
		wrong     bool
	}{
		{"nothing", "", 0, false},
		{"two rounds", whole + whole, 2, false},
		{"cut off", whole + whole[:20], 1, true},
		{"another number of sizes", whole + `{"shared":[[1]],"filled":[[]],"socket":[[]],"stream":[[]]}`, 1, true},
		{"no round", "{}", 0, true},
		{"no JSON", "hello", 0, true},
	} {
		all, rounds, err := readRounds([]byte(c.out), 2)
		if rounds != c.rounds || (err != nil) != c.wrong || len(all.Shared[0]) < c.rounds {
			t.Errorf("%s: %d rounds, %v, %+v", c.name, rounds, err, all)
		}
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
