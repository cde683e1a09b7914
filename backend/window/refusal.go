package window

import (
	"encoding/json"
	"errors"

	"inos/backend/fault"
)

// Refusal turns an error into what a bound method rejects with: one whose text is the JSON of a
// fault.Error, since Wails hands nothing but text to the page.
func Refusal(err error) error {
	if err == nil {
		return nil
	}
	known := fault.As(err)
	if known == nil {
		known = &fault.Error{Kind: fault.Internal, Subject: "INOS", Err: err}
	}
	text, jsonErr := json.Marshal(known)
	if jsonErr != nil {
		return err
	}
	return errors.New(string(text))
}
