//go:build linux

package foreign

import (
	"bytes"
	"strings"
	"testing"

	"inos/backend/host/worker/guest"
)

func testKernel(t testing.TB, limit int64) *kernel {
	t.Helper()
	space, err := guest.NewSpace(1)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := space.NewMemory(0, limit, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	k := newKernel(memory)
	if err := k.begin(0, 0); err != nil {
		t.Fatal(err)
	}
	return k
}

// caught is what f ended with.
func caught(f func()) (text string) {
	defer func() {
		if err, ok := recover().(error); ok {
			text = err.Error()
		}
	}()
	f()
	return ""
}

func TestAFreedBlockIsUsedAgain(t *testing.T) {
	k := testKernel(t, 1<<20)
	first := k.alloc(100)
	for i := range 100_000 {
		k.release(first)
		if at := k.alloc(uint64(90 + i%10)); at != first {
			t.Fatalf("round %d: block at %d, the first was at %d", i, at, first)
		}
	}
	k.release(first)
	k.release(first) // twice is once
	if a, b := k.alloc(100), k.alloc(100); a == b {
		t.Error("a block was given twice")
	}
}

func TestTheBlocksOfACallAreGoneInTheNext(t *testing.T) {
	k := testKernel(t, 8<<20)
	for _, size := range []uint64{100, 4 << 20} {
		at := k.alloc(size)
		copy(k.bytes(at, 6, true), "secret")
		if err := k.begin(0, 0); err != nil {
			t.Fatal(err)
		}
		if k.length(at) != 0 {
			t.Error("the block is still there")
		}
		again := k.alloc(size)
		if !bytes.Equal(k.bytes(again, 6, false), make([]byte, 6)) {
			t.Error("a new block is not empty")
		}
	}
}

func TestASecondVariableOfANameCountsOnce(t *testing.T) {
	k := testKernel(t, 1<<20)
	value := make([]byte, 600_000)
	for range 5 {
		k.setVar("a", value)
	}
	if text := caught(func() { k.setVar("b", value) }); !strings.Contains(text, "at most 1048576") {
		t.Errorf("a second one fits: %q", text)
	}
	k.dropVar("a")
	k.dropVar("a")
	if text := caught(func() { k.setVar("b", value) }); text != "" || len(k.vars) != 1 {
		t.Errorf("%q, %d variables", text, len(k.vars))
	}
}

// FuzzKernel: whatever a plugin does with blocks, they do not overlap, and what it may not touch
// ends its call with an error of ours.
func FuzzKernel(f *testing.F) {
	f.Add([]byte{0, 10, 1, 0, 0, 200, 2, 7, 3, 9, 4, 1})
	k := testKernel(f, 1<<20)
	f.Fuzz(func(t *testing.T, script []byte) {
		if err := k.begin(0, 0); err != nil {
			t.Fatal(err)
		}
		live := map[uint64]uint64{}
		for len(script) >= 2 {
			step, v := script[0]%4, uint64(script[1])
			script = script[2:]
			caught(func() {
				switch step {
				case 0:
					size := v * v
					if at := k.alloc(size); size > 0 {
						checkApart(t, live, at, size)
						live[at] = size
					}
				case 1:
					k.release(v * 16)
					delete(live, v*16)
				case 2:
					k.bytes(v<<v, v, true)
				case 3:
					k.block(v * 16)
				}
			})
		}
	})
}

func checkApart(t *testing.T, live map[uint64]uint64, at, size uint64) {
	t.Helper()
	for other, length := range live {
		if at < other+length && other < at+size {
			t.Fatalf("%d bytes at %d overlap %d at %d", size, at, length, other)
		}
	}
}
