package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"inos/backend/job"
	"inos/backend/manifest"
	"inos/backend/node"
)

// formatParam is what a choice is called that says how the first output is written.
const formatParam = "format"

// sameFormat are endings for which a format has another name.
var sameFormat = map[string]string{
	"jpg": "jpeg", "tif": "tiff", "wave": "wav", "pbm": "pnm", "pgm": "pnm", "ppm": "pnm", "jsonl": "ndjson", "tab": "tsv",
}

// formatByName takes the format from the name of the first output, where the user has not said it and the
// op has it: nobody who writes small.webp wants a JPEG in it.
func formatByName(n *node.Node, request *job.Request, outputs []string) {
	if _, said := request.Params[formatParam]; said || len(outputs) == 0 {
		return
	}
	target, err := n.FindOp(request.Unit, request.Op)
	if err != nil {
		return // the run will say so
	}
	i := slices.IndexFunc(target.Op.Params, func(p manifest.Param) bool { return p.Name == formatParam })
	ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(outputs[0]), "."))
	if i < 0 || ending == "" {
		return
	}
	for _, name := range []string{ending, sameFormat[ending]} {
		if slices.Contains(target.Op.Params[i].Options, name) {
			request.Params[formatParam] = name
			return
		}
	}
}
