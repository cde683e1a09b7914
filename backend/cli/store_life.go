package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/store"
)

type changedDocument struct {
	Changed []putVersion `json:"changed"`
}

func (a *app) storePinCommands() []*cobra.Command {
	pin := a.storeChangeCommand("pin ID...", "Keep versions until they are unpinned",
		"A pinned version is removed by nobody, until it is unpinned.", "pinned",
		func(ctx context.Context, sp *store.Space, v store.Version) error { return sp.Pin(ctx, v, true) })
	unpin := a.storeChangeCommand("unpin ID...", "Let pinned versions go",
		"unpin takes a pin back. The version stays until it is removed.", "unpinned",
		func(ctx context.Context, sp *store.Space, v store.Version) error { return sp.Pin(ctx, v, false) })
	remove := a.storeChangeCommand("rm ID...", "Remove versions",
		"rm takes versions away. It is for good; the room that their content took, where nothing else has it,\n"+
			"is free after inos store gc. A pinned version has to be unpinned first.", "removed",
		func(ctx context.Context, sp *store.Space, v store.Version) error { return sp.Remove(ctx, v) })
	return []*cobra.Command{pin, unpin, remove}
}

func (a *app) storeChangeCommand(
	use, short, long, done string, change func(context.Context, *store.Space, store.Version) error,
) *cobra.Command {
	var flag spaceFlag
	var yes bool
	name, _, _ := strings.Cut(use, " ")
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long + "\nID is as for inos store get.",
		Example: "  inos store " + name + " 3fa9c1d2\n  inos store " + name + " ~/Pictures --json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.openStore(cmd.Context())
			if err != nil {
				return err
			}
			ask := name == "rm" && !yes
			return a.changeVersions(cmd.Context(), s, flag, args, done, ask, change)
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	if name == "rm" {
		cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask at the terminal")
	}
	return cmd
}

func (a *app) changeVersions(
	ctx context.Context, s *store.Store, flag spaceFlag, what []string, done string, ask bool,
	change func(context.Context, *store.Space, store.Version) error,
) error {
	type found struct {
		in *store.Space
		v  store.Version
	}
	var all []found
	for _, w := range what { // all of them first: nothing is changed when one is wrong
		sp, v, err := a.versionOf(s, flag, w)
		if err != nil {
			return err
		}
		if done == "removed" && v.Root.Pinned {
			return fault.New(opStore, fault.Denied, shown(string(v.Root.Path)), "it is pinned", "inos store unpin "+v.ID.String()[:shortID]+" lets it go")
		}
		all = append(all, found{sp, v})
	}
	if file, ok := a.keyboard(); ask && ok {
		for _, f := range all {
			fmt.Fprintf(a.Stderr, "%s of %s: %s, %s\n", shown(string(f.v.Root.Path)), f.v.Time().Format("2006-01-02 15:04"),
				formatBytes(float64(f.v.Root.Top.Size)), counted(f.v.Root.Files, "file"))
		}
		fmt.Fprint(a.Stderr, "Remove for good? [y/N] ")
		if answer, err := a.answer(ctx, file); err != nil || answer != "y" && answer != "yes" {
			return fault.New(opStore, fault.Denied, "store", "nothing was removed", "")
		}
	}
	out := changedDocument{[]putVersion{}}
	for _, f := range all {
		if err := change(ctx, f.in, f.v); err != nil {
			return err
		}
		f.v.Root.Pinned = done == "pinned" || f.v.Root.Pinned && done != "unpinned"
		out.Changed = append(out.Changed, putVersions(f.in.Name(), []store.Version{f.v}, true)...)
	}
	if a.global.json {
		return writeJSON(a.Stdout, out)
	}
	for _, v := range out.Changed {
		if _, err := fmt.Fprintf(a.Stdout, "%s  %s: %s\n", v.ID[:shortID], shown(v.Path), done); err != nil {
			return err
		}
	}
	return nil
}

type collectedDocument struct {
	Spaces []collectedSpace `json:"spaces"`
}

type collectedSpace struct {
	Space   string  `json:"space"`
	Freed   int64   `json:"freed"` // bytes
	Packs   int     `json:"packs"` // that were deleted
	Copied  int64   `json:"copied"`
	Seconds float64 `json:"seconds"`
}

func (a *app) storeCollectCommand() *cobra.Command {
	var flag spaceFlag
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Free the room of what nothing refers to",
		Long: "gc deletes content that no version has any more, and rewrites what is mostly that. It may run beside\n" +
			"anything else; for what is being put and began before it, it waits, as long as --wait says, and is in\n" +
			"use after that. It may be interrupted or killed at any time: the next one goes on.",
		Example: "  inos store gc\n  inos store gc --wait 10m --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notNegative(cmd, "wait", wait); err != nil {
				return err
			}
			return a.eachSpace(cmd.Context(), flag, func(spaces []*store.Space) error {
				d := collectedDocument{[]collectedSpace{}}
				for _, sp := range spaces {
					start := time.Now()
					p := a.watch("collecting", sp.Name(), false)
					done, err := sp.Collect(cmd.Context(), wait, p.step)
					p.end()
					if err != nil {
						return err
					}
					d.Spaces = append(d.Spaces, collectedSpace{sp.Name(), done.Freed, done.Packs, done.Copied, time.Since(start).Seconds()})
				}
				return a.printCollected(d)
			})
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait for what is being put, like 10m or 0")
	return cmd
}

func (a *app) printCollected(d collectedDocument) error {
	if a.global.json {
		return writeJSON(a.Stdout, d)
	}
	for _, s := range d.Spaces {
		text := "nothing to free"
		if s.Packs > 0 {
			text = fmt.Sprintf("%s freed, %s kept and moved", formatBytes(float64(max(s.Freed, 0))), formatBytes(float64(s.Copied)))
		}
		if _, err := fmt.Fprintf(a.Stdout, "%s: %s in %.1f s\n", shown(s.Space), text, s.Seconds); err != nil {
			return err
		}
	}
	return nil
}

// eachSpace opens the store and hands over the spaces that the flag means.
func (a *app) eachSpace(ctx context.Context, flag spaceFlag, do func([]*store.Space) error) error {
	s, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	spaces, damaged := a.spaces(s, flag)
	if damaged != nil && len(spaces) == 0 {
		return damaged
	}
	defer func() {
		for _, sp := range spaces {
			sp.Close()
		}
	}()
	return a.tolerate(damaged, func() error { return do(spaces) })
}
