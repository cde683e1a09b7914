// Package quota keeps how much the user lets each plugin use at most, by the plugin's id: whoever
// signs its next version, the limits stay.
package quota

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"inos/backend/arena"
)

// Keys of the limits.
const (
	CPU      = "cpu"
	Memory   = "memory"
	Time     = "time"
	Rate     = "rate"
	Segments = "segments"
	Log      = "log"
)

// Limits are what the user has set for one plugin, 0 where nothing was.
type Limits struct {
	CPUPercent   uint64 `json:"cpu_percent,omitempty"`   // of one processor, all workers together
	MemoryBytes  uint64 `json:"memory_bytes,omitempty"`  // of an instance's own memory
	TimeMs       uint64 `json:"time_ms,omitempty"`       // of one call
	RateHz       uint64 `json:"rate_hz,omitempty"`       // ticks per second
	SegmentBytes uint64 `json:"segment_bytes,omitempty"` // of shared memory, lent to all workers
	LogLines     uint64 `json:"log_lines,omitempty"`     // per second, of all workers
}

// Kind is one of the limits: how people write it, and what fits.
type Kind struct {
	Key      string
	Doc      string
	Example  string
	Min, Max uint64
	parse    func(string) (float64, error)
	text     func(uint64) string
	field    func(*Limits) *uint64
}

// Kinds are all limits, in the order in which they are shown.
var Kinds = []Kind{
	// Below a tenth of a processor a plugin would stand still for seconds.
	{CPU, "share of one processor", "50%", 10, 100 * 1024, perCent,
		func(v uint64) string { return strconv.FormatUint(v, 10) + "%" },
		func(l *Limits) *uint64 { return &l.CPUPercent }},
	{Memory, "memory of its own", "64MiB", 64 << 10, 1 << 30, arena.ParseSize, sizeText,
		func(l *Limits) *uint64 { return &l.MemoryBytes }},
	{Time, "time of one call", "10s", 1, 24 * 60 * 60 * 1000, milliseconds, timeText,
		func(l *Limits) *uint64 { return &l.TimeMs }},
	{Rate, "ticks of its live unit", "30/s", 1, 10_000, perSecond, rateText,
		func(l *Limits) *uint64 { return &l.RateHz }},
	{Segments, "inputs, outputs and working memory", "256MiB", 64 << 10, arena.MaxBudget,
		arena.ParseSize, sizeText, func(l *Limits) *uint64 { return &l.SegmentBytes }},
	{Log, "lines in the log", "20/s", 1, 1000, perSecond, rateText,
		func(l *Limits) *uint64 { return &l.LogLines }},
}

// Find is the kind of that key, nil when there is none.
func Find(key string) *Kind {
	for i := range Kinds {
		if Kinds[i].Key == key {
			return &Kinds[i]
		}
	}
	return nil
}

// Of is what the user has set, 0 for nothing.
func (k *Kind) Of(l Limits) uint64 { return *k.field(&l) }

// Text writes a value as Parse reads it.
func (k *Kind) Text(value uint64) string { return k.text(value) }

// Parse reads a value as people write it.
func (k *Kind) Parse(text string) (uint64, error) {
	v, err := k.parse(strings.TrimSpace(text))
	if err != nil || v != math.Trunc(v) {
		return 0, fmt.Errorf("%q is none; write it like %s", text, k.Example)
	}
	if v < float64(k.Min) || v > float64(k.Max) {
		return 0, fmt.Errorf("%s does not fit: it takes %s to %s", text, k.text(k.Min), k.text(k.Max))
	}
	return uint64(v), nil
}

func perCent(text string) (float64, error) {
	return strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
}

func perSecond(text string) (float64, error) {
	return strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
}

func milliseconds(text string) (float64, error) {
	d, err := time.ParseDuration(text)
	return float64(d) / float64(time.Millisecond), err
}

func sizeText(v uint64) string { return arena.SizeText(int64(v)) }
func rateText(v uint64) string { return strconv.FormatUint(v, 10) + "/s" }

// timeText leaves out minutes and seconds that are zero: 24h.
func timeText(v uint64) string {
	text := (time.Duration(v) * time.Millisecond).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// Remedy says who set a limit, and how to change it.
func (k *Kind) Remedy(plugin string, l Limits) string {
	return fmt.Sprintf("you set the limit %s=%s: change it with inos plugin limit %s %s=VALUE, or "+
		"take it back with --reset %s", k.Key, k.Text(k.Of(l)), plugin, k.Key, k.Key)
}

// Remedy is that of the kind of a key that there is.
func Remedy(key, plugin string, l Limits) string { return Find(key).Remedy(plugin, l) }
