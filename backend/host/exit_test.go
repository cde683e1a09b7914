package host

import (
	"strings"
	"testing"

	"inos/backend/wire"
)

func TestAFaultIsToldAsFarAsItIsKnown(t *testing.T) {
	const read, write = 0, 1 << 1 // bit 1 of the page-fault error code
	for _, c := range []struct {
		name    string
		address uint32
		code    uint32
		inputs  bool
		want    string
	}{
		{"a page that is surely read-only", payloadsFrom, write | faultPresent, false, "wrote to a read-only window at guest address 0x68000000"},
		{"an input that nobody has touched", payloadsFrom, write, true, "at guest address 0x68000000, or past the end of a window"},
		{"past an output, without inputs", payloadsFrom + 4096, write, false, "wrote outside its windows"},
		{"among the channels", windowsFrom, write, true, "wrote outside its windows"},
		{"its own memory", windowsFrom - 1, write, true, "wrote to memory that is not its own"},
		{"a read among the windows", windowsFrom, read, false, "read outside its windows"},
		{"a read elsewhere", windowsTo, read, false, "read memory that is not its own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &Worker{inputs: c.inputs, guest: &wire.Fault{Address: c.address, Code: c.code}}
			if got := w.faultText(); !strings.Contains(got, c.want) {
				t.Errorf("it says %q", got)
			}
		})
	}
}
