package host

import (
	"fmt"
	"strings"
	"testing"
)

func TestWordsAreToldWithoutTheSecretsInThem(t *testing.T) {
	var c confided
	if got := c.hide("nothing is secret"); got != "nothing is secret" {
		t.Error(got)
	}
	c.add([]string{"", "horse"})
	c.add([]string{"correct horse", "ßßß", "a", "and"})
	if got, want := c.hide("a correct horse, a horse and a ßßß"), "a •••, a ••• and a •••"; got != want {
		t.Errorf("%q", got)
	}
	for i := range 2 * maxConfided {
		c.add([]string{fmt.Sprintf("number-%03d", i)})
	}
	if got := c.hide("number-127 number-000"); !strings.HasPrefix(got, hidden) || len(c.list) != maxConfided {
		t.Errorf("%q, %d are remembered", got, len(c.list))
	}
}
