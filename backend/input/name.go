package input

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNameBytes bounds the name of an input; a file system allows no more.
const MaxNameBytes = 255

// BaseName is the last part of a path as a plugin may see it: UTF-8 on one line without signs that show
// nothing or turn the direction of a text, cut to MaxNameBytes. It is empty where that leaves no name.
func BaseName(path string) string {
	name := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == '/' || r == '\\' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(filepath.Base(path), "\uFFFD"))
	if name = cut(name); strings.Trim(name, ".") == "" {
		return ""
	}
	return name
}

func cut(name string) string {
	if len(name) <= MaxNameBytes {
		return name
	}
	end := MaxNameBytes
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}
