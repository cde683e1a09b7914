package foreign

import (
	"encoding/json"
	"fmt"
	"strings"

	"inos/backend/wire"
)

// httpAsked is Extism's request: JSON in a block, its body in another one.
type httpAsked struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
}

// httpRequest sends a request by the kernel, which looks the permission up, and returns a block
// with the answer's body. A refusal ends the call, as in Extism's hosts.
func (c *Code) httpRequest(s []uint64) {
	var asked httpAsked
	request := c.kernel.block(s[0])
	if err := json.Unmarshal(request, &asked); err != nil {
		panic(&refusal{"its request is not as Extism has it"})
	}
	var body []byte
	if s[1] != 0 {
		body = c.kernel.block(s[1])
	}
	text := asked.text(body)
	if len(text) > wire.MaxDataBytes {
		panic(&refusal{fmt.Sprintf("its request has more than %d KiB", wire.MaxDataBytes>>10)})
	}
	reply, ok := c.job.Ask(wire.Ask{Service: wire.ServiceHTTPSend, Data: text})
	if !ok {
		panic(&refusal{"its request failed"})
	}
	c.httpStatus = uint32(reply.Value)
	s[0] = c.kernel.put(c.answerBody())
}

// text is the request as the kernel takes it (SPEC ABI-116). Line breaks in a name or a value make
// it none, which the kernel says.
func (a *httpAsked) text(body []byte) []byte {
	method := strings.ToUpper(a.Method)
	if method == "" {
		method = "GET"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s\n", method, a.URL)
	for name, value := range a.Headers {
		if strings.ContainsAny(name+value, "\r\n") {
			panic(&refusal{"a header of its request has line breaks"})
		}
		fmt.Fprintf(&text, "%s: %s\n", name, value)
	}
	return append([]byte(text.String()+"\n"), body...)
}

func (c *Code) answerBody() []byte {
	var body []byte
	for {
		reply, ok := c.job.Ask(wire.Ask{
			Service: wire.ServiceHTTPRead, Offset: int64(len(body)), Length: wire.MaxDataBytes,
		})
		if !ok {
			panic(&refusal{"the answer to its request cannot be read"})
		}
		body = append(body, reply.Data...)
		if len(reply.Data) < wire.MaxDataBytes {
			return body
		}
	}
}

// httpHeaders returns a block with the last answer's headers as JSON; 0: there was none. The names
// are in small letters.
func (c *Code) httpHeaders(s []uint64) {
	reply, ok := c.job.Ask(wire.Ask{Service: wire.ServiceHTTPHeader})
	if c.httpStatus == 0 || !ok {
		s[0] = 0
		return
	}
	headers := map[string]string{}
	for line := range strings.Lines(string(reply.Data)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ": "); found {
			headers[name] = value
		}
	}
	text, err := json.Marshal(headers)
	if err != nil {
		text = []byte("{}")
	}
	s[0] = c.kernel.put(text)
}
