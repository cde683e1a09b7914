package wire

import "inos/backend/wire/gen/control"

// Ask is what a guest wants of the world outside its memory, inside a call. The kernel answers by
// the user's permission with a Reply.
type Ask struct {
	Service Service
	// Text is a path, or a text for people.
	Text string
	// Offset and Length say which bytes, where the service has bytes.
	Offset, Length int64
	// Data is what is written or sent.
	Data []byte
}

// FolderIn and FolderOut are the scopes of the folders that a WASI command may read, and change.
const (
	FolderIn  = "in"
	FolderOut = "out"
)

// Service is what can be asked for. The numbers are those of the schema.
type Service uint16

const (
	ServiceNow Service = iota
	ServiceRandom
	ServiceFileRead
	ServiceFileSize
	ServiceFileList
	ServiceFileWrite
	ServiceFileResize
	ServiceFileRemove
	ServiceHTTPSend
	ServiceHTTPRead
	ServiceHTTPHeader
	ServiceClipboardRead
	ServiceClipboardWrite
	ServiceNotify
	ServiceSettingNumber
	ServiceSettingText
	ServiceConfig
)

// Reply answers an Ask.
type Reply struct {
	Refused bool
	// Why is a sentence for the error of the op.
	Why   string
	Value int64
	Data  []byte
}

// Refuse is a reply that gives nothing.
func Refuse(why string) Reply { return Reply{Refused: true, Why: why} }

func encodeAsk(root control.Message, a *Ask) error {
	w, err := root.NewAsk()
	if err != nil {
		return err
	}
	w.SetService(control.Service(a.Service))
	w.SetOffset(a.Offset)
	w.SetLength(a.Length)
	if err := setText("text", a.Text, MaxAskTextBytes, w.SetText); err != nil {
		return err
	}
	return setData(a.Data, w.SetData)
}

func decodeAsk(root control.Message, a *Ask) error {
	w, err := root.Ask()
	if err != nil {
		return err
	}
	a.Service, a.Offset, a.Length = Service(w.Service()), w.Offset(), w.Length()
	if a.Text, err = text("text", MaxAskTextBytes, w.TextBytes); err != nil {
		return err
	}
	a.Data, err = data(a.Data, w.Data)
	return err
}

func encodeReply(root control.Message, r *Reply) error {
	w, err := root.NewReply()
	if err != nil {
		return err
	}
	w.SetRefused(r.Refused)
	w.SetValue(r.Value)
	if err := setText("why", r.Why, MaxWhyBytes, w.SetWhy); err != nil {
		return err
	}
	return setData(r.Data, w.SetData)
}

func decodeReply(root control.Message, r *Reply) error {
	w, err := root.Reply()
	if err != nil {
		return err
	}
	r.Refused, r.Value = w.Refused(), w.Value()
	if r.Why, err = text("why", MaxWhyBytes, w.WhyBytes); err != nil {
		return err
	}
	r.Data, err = data(r.Data, w.Data)
	return err
}

// setData keeps an empty value out of the message.
func setData(b []byte, set func([]byte) error) error {
	if err := checkCount("bytes of data", len(b), MaxDataBytes); err != nil || len(b) == 0 {
		return err
	}
	return set(b)
}

// data copies: the message is overwritten by the next one.
func data(dst []byte, get func() ([]byte, error)) ([]byte, error) {
	b, err := get()
	if err != nil {
		return nil, err
	}
	return append(dst[:0], b...), checkCount("bytes of data", len(b), MaxDataBytes)
}
