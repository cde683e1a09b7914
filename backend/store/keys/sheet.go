package keys

import (
	"fmt"
	"strings"
)

const sheetColumns = 4

// Sheet is the recovery sheet of a store as people print it, and as FromWords reads it.
func Sheet(store, made string, words []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# INOS recovery sheet\n#\n# store %s\n# written on %s\n#\n", store, made)
	b.WriteString("# These 24 words open the store when its passphrase and its keychain are lost:\n" +
		"#     inos store key import FILE\n" +
		"# Whoever has them can read all that is in it. Keep this sheet on paper, away from the computer.\n\n")
	for i, word := range words {
		fmt.Fprintf(&b, "%2d. %-10s", i+1, word)
		if (i+1)%sheetColumns == 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
