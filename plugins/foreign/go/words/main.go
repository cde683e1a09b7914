// Words counts words: input, output, errors and the host's log, with the standard Go compiler.
package main

import (
	"fmt"
	"strings"

	"github.com/extism/go-pdk"
)

//go:wasmexport count_words
func countWords() int32 {
	words := strings.Fields(pdk.InputString())
	if len(words) == 0 {
		pdk.SetErrorString("there are no words")
		return 1
	}
	longest := ""
	for _, w := range words {
		if len(w) > len(longest) {
			longest = w
		}
	}
	pdk.Log(pdk.LogInfo, "counted")
	pdk.OutputString(fmt.Sprintf("%d words, the longest is %s", len(words), longest))
	return 0
}

//go:wasmexport panicNow
func panicNow() int32 { panic("as asked") }

func main() {}
