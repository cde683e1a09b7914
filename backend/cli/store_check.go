package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/node"
	"inos/backend/store"
	"inos/backend/store/keys"
	"inos/backend/store/upkeep"
)

type checkDocument struct {
	OK      bool           `json:"ok"`
	Damages []store.Damage `json:"damages"` // of the store's key
	Spaces  []checkedSpace `json:"spaces"`
	Error   *fault.Error   `json:"error,omitempty"`
}

type checkedSpace struct {
	Space string `json:"space"`
	store.Report
	// Earlier is damage that is known and that this check did not look at.
	Earlier *upkeep.Health `json:"earlier,omitempty"`
}

func (a *app) storeCheckCommand() *cobra.Command {
	var flag spaceFlag
	var opt store.CheckOptions
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look for damage",
		Long: "check looks whether everything that was put can be found. With --read-data it reads and verifies\n" +
			"every byte of the store, with --sample a part of it at random. It changes nothing. Its exit code is 1\n" +
			"when something is damaged, though harmless: nothing is lost of what is there twice.",
		Example: "  inos store check\n  inos store check --read-data\n  inos store check --sample 0.05 --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := within(cmd, "sample", opt.Sample, 0, 1); err != nil {
				return err
			}
			k, folder, err := a.storeKeys()
			if err != nil {
				return err
			}
			m, err := a.unlockStore(cmd.Context(), k, folder)
			if err != nil {
				return err
			}
			d := checkDocument{Damages: keyDamages(k, &m), Spaces: []checkedSpace{}}
			spaces, err := a.spaces(node.OpenStore(folder, m), flag)
			if err != nil && len(spaces) == 0 {
				return err
			}
			d.Error = asFaultOrNil(err)
			for _, sp := range spaces {
				p := a.watch("checking", sp.Name(), false)
				opt.Progress = p.step
				report, err := sp.Check(cmd.Context(), opt)
				p.end()
				sp.Close()
				if err != nil {
					return err
				}
				d.Spaces = append(d.Spaces, checkedSpace{sp.Name(), report, a.noteCheck(sp, report, opt.ReadData)})
			}
			return a.printCheck(d)
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	cmd.Flags().BoolVar(&opt.ReadData, "read-data", false, "read and verify every byte")
	cmd.Flags().Float64Var(&opt.Sample, "sample", 0, "read this `PART` of the blocks, at random: 0 to 1")
	return cmd
}

// keyDamages are copies of the key's files that are not as they were written.
func keyDamages(k *keys.Keys, m *keys.Master) []store.Damage {
	out := []store.Damage{}
	for _, c := range k.Check(m) {
		if c.Err != nil && !errors.Is(c.Err, fs.ErrNotExist) {
			out = append(out, store.Damage{File: c.Name, What: "this copy of it cannot be read: " + c.Err.Error(), Harmless: true})
		}
	}
	return out
}

func asFaultOrNil(err error) *fault.Error {
	if err == nil {
		return nil
	}
	return asFault(err)
}

func (a *app) printCheck(d checkDocument) error {
	damages := d.Damages
	hits, unknown := 0, 0
	for _, s := range d.Spaces {
		damages = append(damages, s.Damages...)
		hits, unknown = hits+s.HitCount, unknown+s.Unknown
	}
	d.OK = len(damages)+hits+unknown == 0 && d.Error == nil
	if d.Error == nil && !d.OK {
		d.Error = fault.New(opStore, fault.Damaged, "store", checkWords(damages, hits, unknown), "inos store repair sets apart what is damaged")
	}
	return a.tell(d, func() error { return a.sayCheck(d) }, d.Error)
}

func checkWords(damages []store.Damage, hits, unknown int) string {
	words := counted(len(damages), "damaged place") + " found"
	severe := slices.ContainsFunc(damages, func(d store.Damage) bool { return !d.Harmless })
	if hits > 0 {
		words += "; " + counted(hits, "file") + " cannot be read whole"
	}
	switch {
	case unknown > 0:
		return words + "; " + unknownWords(unknown)
	case hits == 0 && severe:
		return words + "; no version that is known needs what is lost"
	case hits == 0:
		return words + "; nothing of what was put is lost"
	}
	return words
}

func unknownWords(places int) string {
	return fmt.Sprintf("%d places that cannot be read may have held versions: those are not listed any more", places)
}

func (a *app) sayCheck(d checkDocument) error {
	a.sayDamages(d.Damages)
	for _, s := range d.Spaces {
		a.sayDamages(s.Damages)
		a.sayHits(s.Report)
		read := ""
		if s.Bytes > 0 {
			read = fmt.Sprintf(", %s read and verified", formatBytes(float64(s.Bytes)))
		}
		word := "sound"
		if !s.OK() {
			word = "damaged"
		}
		if _, err := fmt.Fprintf(a.Stdout, "%s: %s; %s, %s in %s%s\n", shown(s.Space), word,
			counted(s.Versions, "version"), counted(s.Blocks, "block"), counted(s.Packs, "pack"), read); err != nil {
			return err
		}
		if s.Earlier != nil {
			fmt.Fprintln(a.Stdout, "  "+s.Earlier.Text())
		}
	}
	return nil
}

// maxSaid bounds the lines of a report for people.
const maxSaid = 50

func (a *app) sayDamages(damages []store.Damage) {
	for i, d := range damages {
		if i == maxSaid {
			fmt.Fprintf(a.Stdout, "  and %d more; --json has all\n", len(damages)-i)
			return
		}
		word := "lost"
		if d.Harmless {
			word = "harmless"
		}
		where := d.File
		if d.To > 0 {
			where = fmt.Sprintf("%s, bytes %d to %d", d.File, d.From, d.To)
		}
		fmt.Fprintf(a.Stdout, "  %s: %s (%s)\n", where, oneLine(d.What), word)
	}
}

func (a *app) sayHits(r store.Report) {
	for i, h := range r.Hits {
		if i == maxSaid {
			fmt.Fprintf(a.Stdout, "  and %d more; --json has all\n", r.HitCount-i)
			return
		}
		fmt.Fprintf(a.Stdout, "  %s of %s cannot be read whole\n", shown(h.Path), h.ID[:shortID])
	}
}

type repairDocument struct {
	OK bool `json:"ok"`
	// Rewritten are files of the store's key that were written again.
	Rewritten []string        `json:"rewritten"`
	Spaces    []repairedSpace `json:"spaces"`
	Error     *fault.Error    `json:"error,omitempty"`
}

type repairedSpace struct {
	Space string `json:"space"`
	store.Repaired
}

func (a *app) storeRepairCommand() *cobra.Command {
	var flag spaceFlag
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "Set damage apart, and bring back what is there twice",
		Long: "repair reads every byte. It writes again what is there twice, makes the index anew, and moves damaged\n" +
			"packs into the folder quarantine after it copied what is sound in them. What cannot be brought back is\n" +
			"named; putting the same files again makes their versions whole. The exit code is 1 if there is such.",
		Example: "  inos store repair\n  inos store repair --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, folder, err := a.storeKeys()
			if err != nil {
				return err
			}
			m, err := a.unlockStore(cmd.Context(), k, folder)
			if err != nil {
				return err
			}
			d := repairDocument{Spaces: []repairedSpace{}}
			if d.Rewritten, err = k.Repair(m); err != nil {
				return err
			}
			spaces, err := a.spaces(node.OpenStore(folder, m), flag)
			if err != nil && len(spaces) == 0 {
				return err
			}
			d.Error = asFaultOrNil(err)
			for _, sp := range spaces {
				p := a.watch("repairing", sp.Name(), false)
				done, err := sp.Repair(cmd.Context(), p.step)
				p.end()
				sp.Close()
				if err != nil {
					return err
				}
				left := done.Report
				left.Unknown = 0            // which is not there any more
				a.noteCheck(sp, left, true) // it has read every byte
				d.Spaces = append(d.Spaces, repairedSpace{sp.Name(), done})
			}
			return a.printRepair(d)
		},
	}
	flag.register(cmd, "the `NAME` of the space (default all)")
	return cmd
}

func (a *app) printRepair(d repairDocument) error {
	hits, unknown := 0, 0
	for _, s := range d.Spaces {
		hits, unknown = hits+s.Report.HitCount, unknown+s.Report.Unknown
	}
	if d.Rewritten == nil {
		d.Rewritten = []string{}
	}
	if d.Error == nil && hits > 0 {
		d.Error = fault.Newf(opStore, fault.Damaged, "store", "%s cannot be read whole", counted(hits, "file"))
		d.Error.Next = "put them again to make their versions whole, or remove those"
	}
	if d.Error == nil && unknown > 0 {
		d.Error = fault.New(opStore, fault.Damaged, "store", unknownWords(unknown),
			"compare inos store ls with what you put, and put again what is not there")
	}
	d.OK = d.Error == nil
	return a.tell(d, func() error { return a.sayRepair(d) }, d.Error)
}

func (a *app) sayRepair(d repairDocument) error {
	for _, name := range d.Rewritten {
		fmt.Fprintf(a.Stdout, "  %s: written again\n", name)
	}
	for _, s := range d.Spaces {
		a.sayDamages(s.Fixed)
		a.sayHits(s.Report)
		if _, err := fmt.Fprintf(a.Stdout, "%s: %s mended, %s set apart\n", shown(s.Space),
			counted(len(s.Fixed), "damaged place"), counted(len(s.Quarantined), "pack")); err != nil {
			return err
		}
	}
	return nil
}
