package world

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"inos/backend/wire"
)

const (
	// maxClipboardBytes is far above what somebody copies by hand.
	maxClipboardBytes = 16 << 20
	// maxNoticeRunes fits a line or two; maxNotices bounds what one call may say.
	maxNoticeRunes = 200
	maxNotices     = 3
)

var errNoDesktop = errors.New("there is no desktop here: start it in the window")

func (w *World) clipboardRead(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if w.config.Clipboard == nil {
		return wire.Reply{}, errNoDesktop
	}
	text, err := w.config.Clipboard.Text()
	if err == nil && len(text) > maxClipboardBytes {
		err = fmt.Errorf("the clipboard holds more than %d MiB", maxClipboardBytes>>20)
	}
	if err != nil {
		return wire.Reply{}, err
	}
	return wire.Reply{Value: int64(len(text)), Data: piece([]byte(text), a)}, nil
}

func (w *World) clipboardWrite(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if w.config.Clipboard == nil {
		return wire.Reply{}, errNoDesktop
	}
	if !utf8.Valid(a.Data) {
		return wire.Reply{}, errors.New("the clipboard takes UTF-8 only")
	}
	return wire.Reply{}, w.config.Clipboard.SetText(string(a.Data))
}

func (w *World) notify(_ context.Context, a *wire.Ask) (wire.Reply, error) {
	if w.config.Notify == nil {
		return wire.Reply{}, errNoDesktop
	}
	if w.noted++; w.noted > maxNotices {
		return wire.Reply{}, fmt.Errorf("one call may show %d notices", maxNotices)
	}
	w.config.Notify(plain(a.Text))
	return wire.Reply{}, nil
}

// plain is a text on one line, without control characters, not too long.
func plain(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r < ' ' || r >= 0x7f && r < 0xa0
	}), " ")
	runes := []rune(text)
	return string(runes[:min(len(runes), maxNoticeRunes)])
}

// piece is the part of bytes that a question wants.
func piece(bytes []byte, a *wire.Ask) []byte {
	if a.Offset < 0 || a.Offset >= int64(len(bytes)) || a.Length <= 0 {
		return nil
	}
	bytes = bytes[a.Offset:]
	return bytes[:min(int64(len(bytes)), a.Length, wire.MaxDataBytes)]
}
