package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"capnproto.org/go/capnp/v3"

	"inos/backend/wire/gen/control"
)

var update = flag.Bool("update", false, "rewrite the golden messages")

const vectorFile = "../../schemas/vectors/control.hex"

// samples are one message of each kind with every field set; they are the golden messages too.
func samples() []Message {
	values := []Value{NumberOf(-0.5), IntegerOf(math.MinInt64), TextOf("höhe")}
	return []Message{
		{ID: 1, Kind: KindLoad, Load: Load{
			CacheDir: "/cache/ab", MemoryBytes: 64 << 20, SharedBytes: 1 << 20, Instances: 2,
			Phases: 3, RequireSeccomp: true, Plugin: "dev.inos.boids", Pin: true,
			Foreign: ForeignExtism, Entries: []string{"count_vowels", "größe"},
		}},
		{ID: 2, Kind: KindChannel, Channel: Channel{Index: 1, Segment: 7, ByteLen: 1 << 20}},
		{ID: 3, Kind: KindParams, Params: values},
		{ID: 4, Kind: KindLive, Live: Live{
			Run: true, RateHz: 60, DtUs: 16_667, Shards: 2, Ticks: 300, Reset: true,
		}},
		{ID: 5, Kind: KindCall, Call: Call{
			Op: 3, Params: values,
			Inputs:  []Window{{Segment: 9, Length: 5000, ByteLen: 8192, IsNew: true}},
			Outputs: []Window{{}, {Segment: 10, Length: 4096, ByteLen: 4096}},
			Results: 4, OutputCount: 2, Entry: EntryLoad, InputNames: []string{"höhe.csv"},
		}},
		{ID: 6, Kind: KindRelease, Release: 9},
		{ID: 7, Kind: KindGrant, Grant: Window{
			Segment: 11, Length: 1 << 33, ByteLen: 1 << 33, IsNew: true,
		}},
		{ID: 1, Kind: KindReady, Ready: Ready{
			LandlockABI: 7, Seccomp: true, CompileNs: 15e6, TotalNs: 20e6,
			HasCall: true, HasTick: true, HasInit: true,
		}},
		{ID: 2, Kind: KindDone},
		{ID: 5, Kind: KindResult, Result: Result{
			Code: -3, Error: "too many", GuestNs: 1234,
			Outputs: []Output{{Index: 1, Segment: 10, Length: 4000, Media: "image/png"}},
			Results: []float64{1, -2.5, math.Inf(1)},
		}},
		{ID: 5, Kind: KindFailed, Failed: Failed{Kind: FailTrap, Text: "unreachable\n\t.boom()"}},
		{ID: 5, Kind: KindNeed, Need: Need{Index: 1, Length: 1 << 20}},
		{ID: 0, Kind: KindLog, Log: Log{Level: 2, Text: "careful"}},
		{ID: 0, Kind: KindFault, Fault: Fault{Address: 0x1048d0, Instance: 1, IP: 0x7f10_0000, Code: 6}},
		{ID: 0, Kind: KindFinished, Finished: 300},
		{ID: 5, Kind: KindAsk, Ask: Ask{
			Service: ServiceFileWrite, Text: "notes/a.txt", Offset: 7, Length: 3, Data: []byte("abc"),
		}},
		{ID: 5, Kind: KindReply, Reply: Reply{
			Refused: true, Why: "it may not", Value: -1, Data: []byte{0, 255},
		}},
	}
}

func TestEveryMessageComesBackAsItWas(t *testing.T) {
	buf := make([]byte, 0, MaxMessageBytes)
	for _, want := range samples() {
		b, err := Encode(buf, &want)
		if err != nil {
			t.Fatalf("%s: %v", want.Kind, err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", want.Kind, err)
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v, want %+v", want.Kind, *got, want)
		}
	}
}

func TestGoldenMessages(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	golden := readVectors(t)
	for _, m := range samples() {
		name := m.Kind.String()
		b, err := Encode(make([]byte, 0, MaxMessageBytes), &m)
		if err != nil {
			t.Fatal(err)
		}
		if hex.EncodeToString(b) != golden[name] {
			t.Errorf("%s: encodes to %x, golden %s", name, b, golden[name])
		}
		delete(golden, name)
	}
	for name := range golden {
		t.Errorf("golden message %s has no sample", name)
	}
}

func writeVectors(t *testing.T) {
	t.Helper()
	var text strings.Builder
	text.WriteString("# Control messages, one of each kind with every field set: name and bytes.\n" +
		"# Written by `go test ./backend/wire -run Golden -update`; the values stand in wire_test.go.\n")
	for _, m := range samples() {
		b, err := Encode(make([]byte, 0, MaxMessageBytes), &m)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s %x\n", m.Kind, b)
	}
	if err := os.MkdirAll(filepath.Dir(vectorFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readVectors(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	golden := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 2*MaxMessageBytes+64)
	for lines.Scan() {
		if name, bytes, ok := strings.Cut(lines.Text(), " "); ok && name != "#" {
			golden[name] = bytes
		}
	}
	return golden
}

func TestLimitsHoldWhenEncoding(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	many := make([]Window, 9)
	for i := range many {
		many[i] = Window{Segment: 1, Length: 1, ByteLen: 4096, IsNew: true}
	}
	for name, m := range map[string]Message{
		"kind":           {Kind: 99},
		"cache dir":      {Kind: KindLoad, Load: Load{CacheDir: long(MaxPathBytes + 1)}},
		"plugin id":      {Kind: KindLoad, Load: Load{Plugin: long(MaxPluginBytes + 1)}},
		"entries":        {Kind: KindLoad, Load: Load{Entries: make([]string, MaxEntries+1)}},
		"entry":          {Kind: KindLoad, Load: Load{Entries: []string{long(MaxEntryBytes + 1)}}},
		"instances":      {Kind: KindLoad, Load: Load{Instances: MaxInstances + 1}},
		"values":         {Kind: KindParams, Params: make([]Value, MaxValues+1)},
		"value":          {Kind: KindParams, Params: []Value{TextOf(long(MaxValueBytes + 1))}},
		"value kind":     {Kind: KindParams, Params: []Value{{Kind: 7}}},
		"whole message":  {Kind: KindParams, Params: filled(5, TextOf(long(MaxValueBytes)))},
		"inputs":         {Kind: KindCall, Call: Call{Inputs: make([]Window, MaxWindows+1)}},
		"outputs":        {Kind: KindCall, Call: Call{Outputs: make([]Window, MaxWindows+1)}},
		"output count":   {Kind: KindCall, Call: Call{OutputCount: MaxWindows + 1}},
		"result count":   {Kind: KindCall, Call: Call{Results: MaxResults + 1}},
		"descriptors":    {Kind: KindCall, Call: Call{Inputs: many, Outputs: many}},
		"result outputs": {Kind: KindResult, Result: Result{Outputs: make([]Output, MaxWindows+1)}},
		"result numbers": {Kind: KindResult, Result: Result{Results: make([]float64, MaxResults+1)}},
		"result error":   {Kind: KindResult, Result: Result{Error: long(MaxErrorBytes + 1)}},
		"media": {Kind: KindResult, Result: Result{
			Outputs: []Output{{Media: long(MaxMediaBytes + 1)}},
		}},
		"failed text": {Kind: KindFailed, Failed: Failed{Text: long(MaxFailedBytes + 1)}},
		"log text":    {Kind: KindLog, Log: Log{Text: long(MaxLogBytes + 1)}},
	} {
		if b, err := Encode(make([]byte, 0, 2*MaxMessageBytes), &m); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %d bytes, error %v", name, len(b), err)
		}
	}
}

func filled(n int, v Value) []Value {
	values := make([]Value, n)
	for i := range values {
		values[i] = v
	}
	return values
}

func TestHostileBytesAreRefused(t *testing.T) {
	log := encoded(t, Message{Kind: KindLog, Log: Log{Text: strings.Repeat("x", MaxLogBytes)}})
	patched := func(b []byte, old, new uint64) []byte {
		c := append([]byte(nil), b...)
		for i := 0; i+8 <= len(c); i += 8 {
			if binary.LittleEndian.Uint64(c[i:]) == old {
				binary.LittleEndian.PutUint64(c[i:], new)
				return c
			}
		}
		t.Fatalf("word %#x not found", old)
		return nil
	}
	// A list pointer: offset 0, byte elements, count in the upper word.
	textPointer := func(n uint64) uint64 { return 1 | (n << 3 << 32) | 2<<32 }
	for name, b := range map[string][]byte{
		"nothing":          {},
		"half a word":      log[:4],
		"an odd length":    log[:len(log)-1],
		"cut in the text":  log[:len(log)-64],
		"too long":         make([]byte, MaxMessageBytes+8),
		"a long text":      patched(log, textPointer(MaxLogBytes+1), textPointer(MaxLogBytes+600)),
		"an unknown kind":  unknownKind(t),
		"no root":          make([]byte, 64),
		"an amplification": amplified(t),
	} {
		if m, err := Decode(b); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: message %+v, error %v", name, m, err)
		}
	}
}

func unknownKind(t *testing.T) []byte {
	b := encoded(t, Message{ID: 0x01020304, Kind: KindDone})
	for i := 0; i+8 <= len(b); i += 4 {
		if binary.LittleEndian.Uint32(b[i:]) == 0x01020304 {
			binary.LittleEndian.PutUint16(b[i+4:], 999)
			return b
		}
	}
	t.Fatal("id not found")
	return nil
}

// amplified is a small message whose many values all point at one long text.
func amplified(t *testing.T) []byte {
	t.Helper()
	_, seg, err := capnp.NewMessage(capnp.SingleSegment(make([]byte, 0, MaxMessageBytes)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := control.NewRootMessage(seg)
	if err != nil {
		t.Fatal(err)
	}
	list, err := root.NewParams(MaxValues)
	if err != nil {
		t.Fatal(err)
	}
	if err := list.At(0).SetText(strings.Repeat("x", MaxValueBytes)); err != nil {
		t.Fatal(err)
	}
	text, err := capnp.Struct(list.At(0)).Ptr(0)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < MaxValues; i++ {
		if err := list.At(i).SetText("x"); err != nil {
			t.Fatal(err)
		}
		if err := capnp.Struct(list.At(i)).SetPtr(0, text); err != nil {
			t.Fatal(err)
		}
	}
	return seg.Data()
}

func encoded(t *testing.T, m Message) []byte {
	t.Helper()
	b, err := Encode(make([]byte, 0, MaxMessageBytes), &m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTextOfAWorkerIsMadeValid(t *testing.T) {
	b := encoded(t, Message{Kind: KindLog, Log: Log{Text: "a\xffb"}})
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if m.Log.Text != "a\uFFFDb" {
		t.Errorf("text %q", m.Log.Text)
	}
}

func TestFaultTemplateDecodesToWhatItsHolesHold(t *testing.T) {
	tpl, err := NewFaultTemplate()
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint64(tpl.Bytes[tpl.AddressAt:], 3<<32|0x1048d0)
	binary.LittleEndian.PutUint64(tpl.Bytes[tpl.IPAt:], 77)
	binary.LittleEndian.PutUint64(tpl.Bytes[tpl.CodeAt:], 7<<32|6)
	m, err := Decode(tpl.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Fault{Address: 0x1048d0, Instance: 3, IP: 77, Code: 6, Signal: 7}); m.Fault != want || !want.IsWrite() {
		t.Errorf("got %+v", m.Fault)
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range samples() {
		b, err := Encode(make([]byte, 0, MaxMessageBytes), &m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Encode(make([]byte, 0, 2*MaxMessageBytes), m)
		if err != nil {
			// Replacement characters and shared bytes can make a message longer than it came.
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if _, err := Decode(again); err != nil {
			t.Fatalf("what was decoded once does not decode again: %v", err)
		}
	})
}
