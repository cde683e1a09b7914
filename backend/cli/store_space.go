package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/store"
)

type archivedDocument struct {
	Spaces []archivedSpace `json:"spaces"`
}

type archivedSpace struct {
	Space   string  `json:"space"`
	Blocks  int     `json:"blocks"`  // that were compressed again
	Smaller int     `json:"smaller"` // of them
	Saved   int64   `json:"saved"`   // bytes, once inos store gc was run
	Left    int     `json:"left"`    // blocks that the budget did not suffice for
	Seconds float64 `json:"seconds"`
}

func (a *app) storeArchiveCommand() *cobra.Command {
	var flag spaceFlag
	var opt store.ArchiveOptions
	var days int
	var keep bool
	cmd := &cobra.Command{
		Use:   "archive",
		Short: "Compress again, as densely as Brotli can",
		Long: "archive compresses what was compressed quickly once more, at Brotli's highest level; what is\n" +
			"large goes first. The room is freed as by inos store gc, once there is enough to be worth the copying.\n" +
			"It takes some two seconds of a processor for each MiB, so it can be given a budget, and be\n" +
			"interrupted or killed at any time: what was done stays, and the next one goes on.",
		Example: "  inos store archive --budget 10m\n  inos store archive --older-than 30 --jobs 1",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(notNegative(cmd, "budget", opt.Budget), notNegative(cmd, "jobs", opt.Processors),
				within(cmd, "older-than", days, 0, maxDays)); err != nil {
				return err
			}
			if days > 0 {
				opt.Before = time.Now().AddDate(0, 0, -days)
			}
			return a.eachSpace(cmd.Context(), flag, func(spaces []*store.Space) error {
				return a.archive(cmd.Context(), spaces, opt, keep)
			})
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	cmd.Flags().DurationVar(&opt.Budget, "budget", 0, "how much time of a processor it may take, like 10m (default all it needs)")
	cmd.Flags().IntVar(&opt.Processors, "jobs", 0, "how many processors it uses at once (default all)")
	cmd.Flags().IntVar(&days, "older-than", 0, "only what was put at least that many `DAYS` ago")
	cmd.Flags().BoolVar(&keep, "no-gc", false, "leave it to a later inos store gc to free the room")
	return cmd
}

func (a *app) archive(ctx context.Context, spaces []*store.Space, opt store.ArchiveOptions, keep bool) error {
	d := archivedDocument{[]archivedSpace{}}
	for _, sp := range spaces {
		start := time.Now()
		p := a.watch("compressing", sp.Name(), false)
		opt.Progress = p.step
		done, err := sp.Archive(ctx, opt)
		if err == nil && !keep {
			_, err = sp.Collect(ctx, time.Minute, p.step)
		}
		p.end()
		if err != nil {
			return err
		}
		d.Spaces = append(d.Spaces, archivedSpace{sp.Name(), done.Blocks, done.Smaller, done.Saved, done.Left, time.Since(start).Seconds()})
	}
	if a.global.json {
		return writeJSON(a.Stdout, d)
	}
	for _, s := range d.Spaces {
		left := ""
		if s.Left > 0 {
			left = fmt.Sprintf("; %s left for the next time", counted(s.Left, "block"))
		}
		if _, err := fmt.Fprintf(a.Stdout, "%s: %s of %s smaller, by %s, in %.1f s%s\n", shown(s.Space), formatCount(s.Smaller),
			counted(s.Blocks, "block"), formatBytes(float64(s.Saved)), s.Seconds, left); err != nil {
			return err
		}
	}
	return nil
}

type statDocument struct {
	Spaces []spaceStat `json:"spaces"`
}

type spaceStat struct {
	store.Stat
	Settings spaceSettings `json:"settings"`
}

func newStatDocument(stats []store.Stat) statDocument {
	d := statDocument{[]spaceStat{}}
	for _, s := range stats {
		d.Spaces = append(d.Spaces, spaceStat{s, newSpaceSettings(s.Settings)})
	}
	return d
}

// spaceSettings are the settings of a space with --json, all of them.
type spaceSettings struct {
	Name             string    `json:"name"`
	Quota            int64     `json:"quota"` // bytes; 0: no bound
	Replicas         int       `json:"replicas"`
	ArchiveAfterDays int       `json:"archiveAfterDays"` // 0: never by itself
	Created          time.Time `json:"created"`
}

func newSpaceSettings(s store.Settings) spaceSettings {
	return spaceSettings{s.Name, s.Quota, s.Replicas, s.ArchiveAfterDays, time.UnixMilli(s.Created)}
}

func (a *app) storeStatCommand() *cobra.Command {
	var flag spaceFlag
	cmd := &cobra.Command{
		Use:     "stat",
		Short:   "Say what is in the store, and how much room it takes",
		Example: "  inos store stat\n  inos store stat --space photos --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.eachSpace(cmd.Context(), flag, func(spaces []*store.Space) error {
				var stats []store.Stat
				for _, sp := range spaces {
					s, err := sp.Stat(cmd.Context())
					if err != nil {
						return err
					}
					stats = append(stats, s)
				}
				if a.global.json {
					return writeJSON(a.Stdout, newStatDocument(stats))
				}
				return a.printStat(stats)
			})
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	return cmd
}

func (a *app) printStat(spaces []store.Stat) error {
	rows := [][]string{{"SPACE", "VERSIONS", "CONTENT", "UNIQUE", "STORED", "UNUSED", "DEDUP", "COMPRESSION", "QUOTA"}}
	for _, s := range spaces {
		quota := "-"
		if s.Settings.Quota > 0 {
			quota = formatBytes(float64(s.Settings.Quota))
		}
		rows = append(rows, []string{shown(s.Settings.Name), formatCount(s.Versions), formatBytes(float64(s.Content)),
			formatBytes(float64(s.Unique)), formatBytes(float64(s.Stored)), formatBytes(float64(s.Unused)),
			fmt.Sprintf("%.2f", s.Dedup), fmt.Sprintf("%.2f", s.Compression), quota})
	}
	return table(a.Stdout, rows)
}

func (a *app) storeSpaceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "space",
		Short: "List, make and change spaces",
		Long: "A space is a part of the store with a key, a quota and a policy of its own. What is put without --space\n" +
			"goes into the space main. Equal content is stored once in each space.",
		Example: "  inos store space list\n  inos store space add photos --quota 50GiB\n  inos store space set photos --archive-after 30",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return usagef(cmd, "say what to do, like list or add") },
	}
	cmd.AddCommand(a.spaceListCommand(), a.spaceAddCommand(), a.spaceSetCommand())
	return cmd
}

type spaceDocument struct {
	spaceSettings
	ID string `json:"id"`
}

type spacesDocument struct {
	Spaces []spaceDocument `json:"spaces"`
}

func (a *app) spaceListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the spaces", Args: noArguments,
		Example: "  inos store space list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.eachSpace(cmd.Context(), spaceFlag{}, a.printSpaces)
		},
	}
}

func (a *app) printSpaces(spaces []*store.Space) error {
	d := spacesDocument{[]spaceDocument{}}
	rows := [][]string{{"SPACE", "QUOTA", "REPLICAS", "ARCHIVE AFTER"}}
	for _, sp := range spaces {
		set := sp.Settings()
		d.Spaces = append(d.Spaces, spaceDocument{newSpaceSettings(set), sp.ID})
		quota, after := "-", "-"
		if set.Quota > 0 {
			quota = formatBytes(float64(set.Quota))
		}
		if set.ArchiveAfterDays > 0 {
			after = counted(set.ArchiveAfterDays, "day")
		}
		rows = append(rows, []string{shown(set.Name), quota, fmt.Sprint(set.Replicas), after})
	}
	if a.global.json {
		return writeJSON(a.Stdout, d)
	}
	return table(a.Stdout, rows)
}

// spaceFlags are what can be said of a space.
type spaceFlags struct {
	quota    quotaSize
	replicas int
	days     int
	rename   string
}

func (f *spaceFlags) register(cmd *cobra.Command) {
	cmd.Flags().Var(&f.quota, "quota", "the most that it takes on the disk; 0: no bound")
	cmd.Flags().IntVar(&f.replicas, "replicas", 0, "on how many peers each block should be (there are no peers yet)")
	cmd.Flags().IntVar(&f.days, "archive-after", 0, "compress densely in idle time after so many `DAYS`; 0: never by itself")
}

func (f *spaceFlags) check(cmd *cobra.Command) error {
	return cmp.Or(within(cmd, "archive-after", f.days, 0, maxDays), within(cmd, "replicas", f.replicas, 0, maxReplicas))
}

// maxReplicas is as many as a space may ask for.
const maxReplicas = 64

// apply takes over the flags that were given.
func (f *spaceFlags) apply(cmd *cobra.Command, set *store.Settings) {
	if cmd.Flags().Changed("quota") {
		set.Quota = int64(f.quota)
	}
	if cmd.Flags().Changed("replicas") {
		set.Replicas = f.replicas
	}
	if cmd.Flags().Changed("archive-after") {
		set.ArchiveAfterDays = f.days
	}
	if f.rename != "" {
		set.Name = f.rename
	}
}

func (a *app) spaceAddCommand() *cobra.Command {
	var f spaceFlags
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Make a space", Args: oneArgument("NAME"),
		Example: "  inos store space add photos --quota 50GiB",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			s, err := a.makeStore(cmd.Context())
			if err != nil {
				return err
			}
			set := store.Settings{Name: args[0]}
			f.apply(cmd, &set)
			sp, err := s.Create(cmd.Context(), set)
			if err != nil {
				return err
			}
			return a.printSpaces([]*store.Space{sp})
		},
	}
	f.register(cmd)
	return cmd
}

func (a *app) spaceSetCommand() *cobra.Command {
	var f spaceFlags
	cmd := &cobra.Command{
		Use: "set NAME", Short: "Change a space's quota, policy or name", Args: oneArgument("NAME"),
		Example: "  inos store space set main --quota 100GiB\n  inos store space set photos --rename pictures",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			s, err := a.openStore(cmd.Context())
			if err != nil {
				return err
			}
			sp, err := s.Space(args[0])
			if err != nil {
				return err
			}
			if f.rename != "" {
				if _, err := s.Space(f.rename); fault.KindOf(err) != fault.NotFound {
					return fault.New(opStore, fault.Invalid, f.rename, "there is such a space", "choose another name")
				}
			}
			if err := sp.Change(cmd.Context(), func(set *store.Settings) { f.apply(cmd, set) }); err != nil {
				return err
			}
			return a.printSpaces([]*store.Space{sp})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.rename, "rename", "", "another `NAME`")
	return cmd
}
