package bench

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"inos/backend/arena"
)

// The measurements' page has the offsets written out: it is one file without a build.
func TestThePageHasTheOffsetsOfTheLayout(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "bench.html"))
	if err != nil {
		t.Fatal(err)
	}
	for name, bytes := range map[string]int{
		"PAGE_ECHO":         arena.KernelSegmentPageEchoAt,
		"PAGE_PING":         arena.KernelSegmentPagePingAt,
		"CHANNEL_EPOCH":     arena.ChannelHeaderEpochAt,
		"CHANNEL_PUBLISHED": arena.ChannelHeaderPublishedAt,
		"CHANNEL_HELD":      arena.ChannelHeaderHeldAt,
	} {
		found := regexp.MustCompile(`const ` + name + ` = (\d+);`).FindSubmatch(page)
		if found == nil {
			t.Errorf("the page has no %s", name)
		} else if word, err := strconv.Atoi(string(found[1])); err != nil || word*4 != bytes {
			t.Errorf("%s is word %d, %v; want byte %d", name, word, err, bytes)
		}
	}
}
