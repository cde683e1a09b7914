package node

import (
	"strings"
	"testing"

	"inos/backend/arena"
	"inos/backend/grant"
)

// told are the texts of the events of a kind.
func (o *outside) told(kind uint16) (texts []string) {
	events, _ := o.Kernel().Events(0)
	for _, e := range events {
		if e.Kind == kind {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

func TestWhatACallWasDeniedIsToldOnceUntilTheUserAnswers(t *testing.T) {
	o := startOutside(t, nil)
	for range 3 {
		o.denied("now", "clock", nil, nil)
	}
	told := o.told(arena.EventKindPluginDenied)
	if len(told) != 1 || !strings.HasPrefix(told[0], outsideID+": it wanted to know the date and the time, ") {
		t.Errorf("%q", told)
	}
	o.decide("now", grant.Never, "")
	if _, err := o.run("clock", nil, nil); err == nil {
		t.Error("never is no answer")
	}
	if told := o.told(arena.EventKindPluginDenied); len(told) != 1 {
		t.Errorf("who said never is asked again: %q", told)
	}
	if _, err := o.Revoke(outsideID, "now"); err != nil {
		t.Fatal(err)
	}
	o.denied("now", "clock", nil, nil)
	if told := o.told(arena.EventKindPluginDenied); len(told) != 2 {
		t.Errorf("%q", told)
	}
}

func TestANoticeNamesItsPlugin(t *testing.T) {
	o := startOutside(t, nil)
	o.Notice(outsideID, "Done.")
	if told := o.told(arena.EventKindPluginNotice); len(told) != 1 || told[0] != outsideID+": Done." {
		t.Errorf("%q", told)
	}
}
