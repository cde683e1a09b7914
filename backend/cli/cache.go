package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/arena"
	"inos/backend/fault"
	"inos/backend/input"
	"inos/backend/job"
	"inos/backend/node"
	"inos/backend/results"
)

func (a *app) cacheCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Results that are kept: how many, where one came from, away with them",
		Long: "An op that always gives the same for the same parameters and files need not run twice: what it\n" +
			"gave is kept in the data folder, readable by you alone, up to a limit; what was not used for longest\n" +
			"goes first. Nothing is kept of an op with a secret parameter, of a plugin with settings or with a\n" +
			"permission to see anything else, of the standard input, and of pipes.",
		Example: "  inos cache stat\n  inos cache explain small.png\n  inos cache limit 1GiB\n  inos cache clear",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.cacheStatCommand(), a.cacheExplainCommand(), a.cacheLimitCommand(), a.cacheClearCommand())
	return cmd
}

func (a *app) cacheStatCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "stat",
		Short:   "How many results are kept, and how much room they take",
		Example: "  inos cache stat\n  inos cache stat --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withNode(cmd.Context(), func(n *node.Node) error { return a.printCache(n) })
		},
	}
}

// withNode runs something with a node that ends with it.
func (a *app) withNode(ctx context.Context, f func(*node.Node) error) error {
	n, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer n.Close()
	return f(n)
}

func (a *app) printCache(n *node.Node) error {
	s, err := n.Results().Stat()
	if err != nil {
		return err
	}
	if a.global.json {
		return writeJSON(a.Stdout, s)
	}
	limit := formatBytes(float64(s.Limit))
	if s.Limit == 0 {
		limit = "0: nothing is kept"
	}
	rows := [][]string{
		{"results", formatCount(s.Results)}, {"room", formatBytes(float64(s.Bytes))},
		{"limit", limit}, {"folder", shown(s.Folder)},
	}
	if !s.Oldest.IsZero() {
		rows = append(rows, []string{"oldest use", localTime(s.Oldest)})
	}
	return table(a.Stdout, rows)
}

func localTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

func (a *app) cacheClearCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "clear",
		Short:   "Remove all results that are kept",
		Example: "  inos cache clear",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withNode(cmd.Context(), func(n *node.Node) error {
				bytes, err := n.Results().Clear()
				if err != nil {
					return err
				}
				if a.global.json {
					return writeJSON(a.Stdout, map[string]int64{"freed_bytes": bytes})
				}
				_, err = fmt.Fprintf(a.Stdout, "freed %s\n", formatBytes(float64(bytes)))
				return err
			})
		},
	}
}

func (a *app) cacheLimitCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "limit SIZE",
		Short:   "Set how much room results may take; 0: nothing is kept",
		Example: "  inos cache limit 1GiB\n  inos cache limit 0",
		Args:    oneArgument("SIZE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			bytes, err := arena.ParseSize(args[0])
			if err != nil || bytes < 0 || bytes > results.MaxLimit {
				return usagef(cmd, "%q is no limit; write it like 256MiB, at most 1TiB, or 0", args[0])
			}
			return a.withNode(cmd.Context(), func(n *node.Node) error {
				if err := n.LimitResults(int64(bytes)); err != nil {
					return err
				}
				return a.printCache(n)
			})
		},
	}
}

func (a *app) cacheExplainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain FILE|DIGEST",
		Short: "Tell what made a file, from what, and when",
		Long: "explain looks for a file's content among the results that are kept, and tells which plugin made it,\n" +
			"with which parameters, from which files. Instead of a file, its BLAKE3 digest will do.",
		Example: "  inos cache explain small.png\n  inos cache explain small.png --json",
		Args:    oneArgument("FILE or DIGEST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			digest, err := digestOf(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.withNode(cmd.Context(), func(n *node.Node) error {
				found, err := n.Results().Explain(digest)
				if err == nil && len(found) == 0 {
					err = fault.New("cache.explain", fault.NotFound, args[0], "no result that is kept has this content",
						"it may have been changed since, or let go")
				}
				if err != nil {
					return err
				}
				return a.printExplanations(found)
			})
		},
	}
}

// digestOf is a digest that is written out, or that of a file.
func digestOf(ctx context.Context, what string) (digest job.Digest, err error) {
	if json.Unmarshal([]byte(`"`+what+`"`), &digest) == nil {
		return digest, nil
	}
	file, err := input.Open(what)
	if err != nil {
		return digest, err
	}
	defer file.Close()
	if file.File() == nil {
		return digest, fault.New("cache.explain", fault.Invalid, what, "it is empty, or a pipe", "")
	}
	return file.Digest(ctx)
}

type explainDocument struct {
	Found []results.Explanation `json:"found"`
}

func (a *app) printExplanations(found []results.Explanation) error {
	if a.global.json {
		return writeJSON(a.Stdout, explainDocument{found})
	}
	for i := range found {
		if err := table(a.Stdout, originRows(&found[i])); err != nil {
			return err
		}
	}
	return nil
}

func originRows(e *results.Explanation) [][]string {
	rows := [][]string{
		{"made by", fmt.Sprintf("%s.%s of %s %s", shown(e.Unit), shown(e.Op), shown(e.Plugin), shown(e.Version))},
		{"made at", localTime(e.Made)},
		{"output", fmt.Sprintf("%s, %s, %s", shown(e.Output), formatBytes(float64(e.Bytes)), shown(e.Media))},
		{"digest", e.Digest.String()},
		{"plugin's file", e.Origin.Digest.String()},
	}
	for _, name := range slices.Sorted(maps.Keys(e.Params)) {
		rows = append(rows, []string{"parameter", shown(name) + " = " + shown(e.Params[name])})
	}
	for _, in := range e.Inputs {
		name := in.Name
		if name == "" {
			name = "without a name"
		}
		rows = append(rows, []string{"from", fmt.Sprintf("%s, %s, %s", shown(name), formatBytes(float64(in.Bytes)), in.Digest)})
	}
	return rows
}

// fromCache says it of a result that was kept; empty: it was computed.
func fromCache(r *job.Result) string {
	if r.FromCache == nil {
		return ""
	}
	return strings.Join([]string{"from cache, made", localTime(r.FromCache.Made)}, " ")
}
