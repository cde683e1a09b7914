package dropin

import (
	"errors"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is what file systems take.
const maxName = 255

// CheckName says why a file of that name is no plugin file: a name comes from a folder that anybody
// may fill, from a state that anybody may have edited, or from a user.
func CheckName(name string) error {
	switch {
	case filepath.Ext(name) != ".wasm" || strings.HasPrefix(name, "."):
		return errors.New("a plugin's file is named like name.wasm, and not with a dot first")
	case len(name) > maxName:
		return errors.New("its name is too long")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, notShown):
		return errors.New("its name has characters that cannot be shown; rename it")
	case strings.ContainsAny(name, `/\:`):
		return errors.New(`its name has one of / \ : in it; rename it`)
	}
	return nil
}

// notShown are characters that make a name look like another one.
func notShown(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) ||
		unicode.Is(unicode.Zp, r)
}
