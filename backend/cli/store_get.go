package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/store"
	"inos/backend/store/files"
	"inos/backend/store/tree"
)

// getDocument is what inos store get prints with --json.
type getDocument struct {
	ID       string       `json:"id"`
	Path     string       `json:"path"` // what was put
	Target   string       `json:"target"`
	Files    uint64       `json:"files"`
	Folders  uint64       `json:"folders"`
	Symlinks uint64       `json:"symlinks"`
	Bytes    uint64       `json:"bytes"` // without holes
	Seconds  float64      `json:"seconds"`
	Failed   uint64       `json:"failed"`
	Failures []string     `json:"failures"` // the first of them: path below the target, reason, remedy
	Error    *fault.Error `json:"error,omitempty"`
}

func (a *app) storeGetCommand() *cobra.Command {
	var flag spaceFlag
	var out, part string
	var plain bool
	var opt files.Options
	cmd := &cobra.Command{
		Use:   "get ID -o DIR",
		Short: "Restore a version into a folder",
		Long: "get writes a version into a folder, under its own name, with modes, times, links and holes. ID is an\n" +
			"id that put or ls printed, the beginning of one, or a path, of which the newest version is meant.\n" +
			"What exists with other content is left alone, unless you say --overwrite. Every byte is verified;\n" +
			"what is damaged is named and not written, the rest is. Owners and extended attributes are not kept.\n" +
			"-o - writes one file to the standard output.",
		Example: "  inos store get 3fa9c1d2 -o restored\n" +
			"  inos store get ~/Pictures -o /mnt/disk --overwrite\n" +
			"  inos store get 3fa9c1d2 --only Pictures/2026 -o .\n" +
			"  inos store get shop.sql -o - | psql shop",
		Args: oneArgument("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usagef(cmd, "say where to: -o DIR")
			}
			s, err := a.openStore(cmd.Context())
			if err != nil {
				return err
			}
			sp, v, err := a.versionOf(s, flag, args[0])
			if err != nil {
				return err
			}
			defer sp.Close()
			if part != "" {
				if v.Root.Top, err = sp.Lookup(cmd.Context(), v, part); err != nil {
					return err
				}
			}
			opt.SetID = !plain
			if out == "-" {
				return sp.Write(cmd.Context(), v, a.Stdout)
			}
			return a.storeGet(cmd.Context(), sp, v, out, opt)
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	cmd.Flags().StringVarP(&out, "output", "o", "", "the folder `DIR` to restore into; it is made if need be")
	cmd.Flags().StringVar(&part, "only", "", "restore only what lies at this `PATH` in it")
	cmd.Flags().BoolVar(&opt.Overwrite, "overwrite", false, "replace files that exist with other content")
	cmd.Flags().BoolVar(&plain, "no-setid", false, "leave setuid and setgid bits out")
	return cmd
}

func (a *app) storeGet(ctx context.Context, sp *store.Space, v store.Version, out string, opt files.Options) error {
	start := time.Now()
	p := a.watch("restoring", string(v.Root.Path), false)
	total := int64(v.Root.Top.Size)
	opt.Progress = func(_, bytes uint64) { p.show(int64(bytes), total) }
	report, err := sp.Restore(ctx, v, out, opt)
	p.end()
	if err != nil {
		return err
	}
	d := getDocument{
		ID: v.ID.String(), Path: string(v.Root.Path), Target: out, Files: report.Files, Folders: report.Folders,
		Symlinks: report.Symlinks, Bytes: report.Bytes, Seconds: time.Since(start).Seconds(), Failed: report.Failed,
		Failures: []string{},
	}
	for _, f := range report.Failures {
		d.Failures = append(d.Failures, f.Error())
	}
	if d.Failed > 0 {
		d.Error = fault.Newf(opStore, fault.Unavailable, out, "%d of it could not be restored; the rest is there", d.Failed)
	}
	return a.printGet(d)
}

func (a *app) printGet(d getDocument) error {
	return a.tell(d, func() error {
		for _, f := range d.Failures {
			fmt.Fprintln(a.Stderr, shown(oneLine(f)))
		}
		if more := d.Failed - uint64(len(d.Failures)); more > 0 {
			fmt.Fprintf(a.Stderr, "and %s more\n", formatCount(more))
		}
		_, err := fmt.Fprintf(a.Stdout, "%s: %s and %s, %s in %.1f s\n", shown(d.Target),
			counted(d.Files, "file"), counted(d.Folders, "folder"), formatBytes(float64(d.Bytes)), d.Seconds)
		return err
	}, d.Error)
}

// putVersion is a version in inos store ls --json.
type putVersion struct {
	ID      string    `json:"id"`
	Space   string    `json:"space"`
	Path    string    `json:"path"`
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"` // file or folder
	Files   uint64    `json:"files"`
	Folders uint64    `json:"folders"`
	Bytes   uint64    `json:"bytes"`
	Pinned  bool      `json:"pinned"`
	Label   string    `json:"label,omitempty"`
	// Versions is how many of this path there are.
	Versions int `json:"versions"`
}

// entryDocument is a name in a folder in inos store ls ID --json.
type entryDocument struct {
	Name   string    `json:"name"`
	Kind   string    `json:"kind"` // file, folder or link
	Mode   string    `json:"mode"` // octal
	Time   time.Time `json:"time"`
	Bytes  uint64    `json:"bytes"`
	Target string    `json:"target,omitempty"`
}

type listDocument struct {
	Versions []putVersion `json:"versions"`
}

type folderDocument struct {
	ID      string          `json:"id"`
	Path    string          `json:"path"`
	Entries []entryDocument `json:"entries"`
}

func (a *app) storeListCommand() *cobra.Command {
	var flag spaceFlag
	var all bool
	cmd := &cobra.Command{
		Use:   "ls [ID [PATH]]",
		Short: "List what is in the store, or in a folder of it",
		Long: "ls lists the newest version of each path, the newest first; with --all every version. With an id\n" +
			"it lists what lies in that folder, or in the folder at PATH below it.",
		Example: "  inos store ls\n  inos store ls --all --json\n  inos store ls 3fa9c1d2 2026/march",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.openStore(cmd.Context())
			if err != nil {
				return err
			}
			if len(args) > 0 {
				return a.listFolder(cmd.Context(), s, flag, args)
			}
			return a.listVersions(s, flag, all)
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	cmd.Flags().BoolVarP(&all, "all", "a", false, "every version")
	return cmd
}

func (a *app) listVersions(s *store.Store, flag spaceFlag, all bool) error {
	spaces, damaged := a.spaces(s, flag)
	if damaged != nil && len(spaces) == 0 {
		return damaged
	}
	return a.tolerate(damaged, func() error { return a.listSpaces(spaces, all) })
}

func (a *app) listSpaces(spaces []*store.Space, all bool) error {
	list := []putVersion{}
	for _, sp := range spaces {
		versions, err := sp.Versions()
		if err != nil {
			return err
		}
		list = append(list, putVersions(sp.Name(), versions, all)...)
	}
	if a.global.json {
		return writeJSON(a.Stdout, listDocument{list})
	}
	rows := [][]string{{"ID", "PUT", "SPACE", "FILES", "SIZE", "VERSIONS", "PATH"}}
	for _, v := range list {
		path := shown(v.Path)
		if v.Pinned {
			path += "  (pinned)"
		}
		if v.Label != "" {
			path += "  " + shown(v.Label)
		}
		rows = append(rows, []string{v.ID[:shortID], v.Time.Format("2006-01-02 15:04"), shown(v.Space),
			formatCount(v.Files), formatBytes(float64(v.Bytes)), formatCount(v.Versions), path})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.Stdout, "The store is empty: inos store put PATH puts something in.")
		return err
	}
	return table(a.Stdout, rows)
}

func putVersions(space string, versions []store.Version, all bool) []putVersion {
	count := map[string]int{}
	for _, v := range versions {
		count[string(v.Root.Path)]++
	}
	seen := map[string]bool{}
	out := []putVersion{}
	for _, v := range versions {
		path := string(v.Root.Path)
		if seen[path] && !all {
			continue
		}
		seen[path] = true
		out = append(out, putVersion{
			ID: v.ID.String(), Space: space, Path: path, Time: v.Time(), Kind: kindWord(v.Root.Top.Kind),
			Files: v.Root.Files, Folders: v.Root.Folders, Bytes: v.Root.Top.Size, Pinned: v.Root.Pinned,
			Label: v.Root.Label, Versions: count[path],
		})
	}
	return out
}

func kindWord(k tree.Kind) string {
	switch k {
	case tree.Folder:
		return "folder"
	case tree.Symlink:
		return "link"
	}
	return "file"
}

func (a *app) listFolder(ctx context.Context, s *store.Store, flag spaceFlag, args []string) error {
	sp, v, err := a.versionOf(s, flag, args[0])
	if err != nil {
		return err
	}
	defer sp.Close()
	top, path := v.Root.Top, ""
	if len(args) == 2 {
		path = args[1]
		if top, err = sp.Lookup(ctx, v, path); err != nil {
			return err
		}
	}
	d := folderDocument{ID: v.ID.String(), Path: path, Entries: []entryDocument{}}
	if top.Kind != tree.Folder {
		d.Entries = append(d.Entries, entryOf(top))
	}
	for e, err := range sp.Entries(ctx, top) {
		if err != nil {
			return err
		}
		d.Entries = append(d.Entries, entryOf(e))
	}
	if a.global.json {
		return writeJSON(a.Stdout, d)
	}
	rows := [][]string{}
	for _, e := range d.Entries {
		name := shown(e.Name)
		switch e.Kind {
		case "folder":
			name += "/"
		case "link":
			name += " -> " + shown(e.Target)
		}
		rows = append(rows, []string{e.Mode, e.Time.Format("2006-01-02 15:04"), formatBytes(float64(e.Bytes)), name})
	}
	return table(a.Stdout, rows)
}

func entryOf(e tree.Entry) entryDocument {
	return entryDocument{
		Name: strings.ToValidUTF8(string(e.Name), "\ufffd"), Kind: kindWord(e.Kind), Mode: fmt.Sprintf("%04o", e.Mode),
		Time: time.Unix(e.Sec, int64(e.Nsec)), Bytes: e.Size, Target: strings.ToValidUTF8(string(e.Target), "\ufffd"),
	}
}
