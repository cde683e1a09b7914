package guest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"inos/backend/wire"
)

func TestCleanTextIsValidAndShort(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"plain", 10, "plain"},
		{"plain", 3, "pla"},
		{"höhe", 2, "h"},
		{"a\xff", 10, "a\uFFFD"},
		{"\xff\xfe\xfd", 3, "\uFFFD"},
		{"", 3, ""},
	} {
		got := Clean(c.in, c.limit)
		if got != c.want || !utf8.ValidString(got) || len(got) > c.limit {
			t.Errorf("Clean(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestTruncateSaturates(t *testing.T) {
	for in, want := range map[float64]int64{
		1.9: 1, -1.9: -1, 1e30: math.MaxInt64, -1e30: math.MinInt64, math.Inf(1): math.MaxInt64,
	} {
		if got := truncate(in); got != want {
			t.Errorf("truncate(%g) = %d, want %d", in, got, want)
		}
	}
	if got := truncate(math.NaN()); got != 0 {
		t.Errorf("truncate(NaN) = %d", got)
	}
}

func TestATrapIsExplained(t *testing.T) {
	recursion := strings.Repeat("\n\t.walk(i32)", 30) + "\n\t... maybe followed by omitted frames"
	trace := func(cause, frames string) error {
		return errors.New(errorPrefix + cause + "\nwasm stack trace:" + frames)
	}
	for _, c := range []struct {
		name    string
		err     error
		text    string
		refused int64
		kind    wire.FailKind
		want    string
	}{
		{"plain", trace("unreachable", "\n\t.a()\n\t.b()"), "", 0,
			wire.FailTrap, "unreachable\n.a()\n.b()"},
		{"with the guest's words", trace("unreachable", "\n\t.a()"), "no wind", 0,
			wire.FailTrap, "no wind (unreachable)\n.a()"},
		{"memory", trace("unreachable", "\n\t.a()"), "", 70000,
			wire.FailMemoryLimit, "70000 bytes of memory needed, the limit is 65536 (unreachable)\n.a()"},
		{"stack", errors.New(stackOverflow), "", 0, wire.FailStackOverflow,
			"the call stack is exhausted: endless recursion?"},
		{"stack in memory", trace(outOfBounds, recursion), "", 0, wire.FailStackOverflow,
			"the call stack left the memory: endless recursion? (out of bounds memory access)"},
		{"a deep but honest trap", trace("unreachable", recursion), "", 0, wire.FailTrap,
			"unreachable"},
		{"flood", fmt.Errorf("%w (recovered by wazero)\nwasm stack trace:\n\t.a()", ErrLogFlood),
			"", 0, wire.FailLogFlood, ErrLogFlood.Error() + "\n.a()"},
	} {
		i := &Instance{memory: &Memory{limit: 65536, refused: c.refused}, text: c.text}
		got := i.Explain(c.err)
		if got.Kind != c.kind || !strings.HasPrefix(got.Text, c.want) {
			t.Errorf("%s: %v %q", c.name, got.Kind, got.Text)
		}
		if !IsTrap(c.err) {
			t.Errorf("%s: not taken for a trap", c.name)
		}
	}
	if IsTrap(errors.New("invalid magic number")) {
		t.Error("a bad module is taken for a trap")
	}
}

func TestALoggerLimitsRateAndFlood(t *testing.T) {
	now, sent, dropped := uint64(1), 0, 0
	l := &Logger{
		Send: func(wire.Log) { sent++ },
		Drop: func() { dropped++ },
		Now:  func() uint64 { return now },
	}
	lines := func(n int) (flood bool) {
		defer func() { flood = recover() == ErrLogFlood }()
		for range n {
			l.Line(1, []byte("x"))
		}
		return false
	}
	if lines(logBurst+50) || sent != logBurst || dropped != 50 {
		t.Fatalf("%d sent, %d dropped of a burst", sent, dropped)
	}
	now += 1e9
	if lines(logRate+7) || sent != logBurst+logRate || dropped != 57 {
		t.Fatalf("%d sent, %d dropped a second later", sent, dropped)
	}
	now += 2e9
	if lines(floodLines) {
		t.Fatal("exactly the limit is a flood")
	}
	if !lines(1) {
		t.Fatal("no flood above the limit")
	}
	now += 2e9
	if lines(1) {
		t.Fatal("still a flood two seconds later")
	}
}
