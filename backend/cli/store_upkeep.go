package cli

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/node"
	"inos/backend/store"
	"inos/backend/store/upkeep"
)

// upkeepDocument is what inos store upkeep prints with --json.
type upkeepDocument struct {
	On     bool          `json:"on"`
	Spaces []upkeepSpace `json:"spaces"`
}

// upkeepSpace has the id of a space: its name is not to be read without the key.
type upkeepSpace struct {
	ID       string     `json:"id"`
	Verified *time.Time `json:"verified,omitempty"` // when a part was read last
	Found    *time.Time `json:"found,omitempty"`    // when damage was found; absent: none is known
	Damages  int        `json:"damages,omitempty"`
	Lost     int        `json:"lost,omitempty"` // files that cannot be read whole
}

func (a *app) storeUpkeepCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "upkeep [on|off]",
		Short: "Say what idle time is used for, or whether it is",
		Long: "While the window is open, the store is unlocked and the machine is idle, INOS verifies 64 MiB of each\n" +
			"space an hour, at random, frees what nothing refers to where that is more than a quarter, and archives\n" +
			"what is older than a space's settings say, with at most a tenth of one processor and not on a battery.\n" +
			"upkeep tells what was found; with off there is none from now on. Spaces are named by id: this needs no key.",
		Example: "  inos store upkeep\n  inos store upkeep off",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && args[0] != "on" && args[0] != "off" {
				return usagef(cmd, "takes on, off or nothing")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := a.data()
			if err != nil {
				return err
			}
			file := node.StoreUpkeep(data)
			if len(args) > 0 {
				if err := file.Change(func(s *upkeep.State) error { s.Off = args[0] == "off"; return nil }); err != nil {
					return err
				}
			}
			state, err := file.Read()
			if err != nil {
				return err
			}
			return a.printUpkeep(state)
		},
	}
}

func (a *app) printUpkeep(state *upkeep.State) error {
	d := upkeepDocument{On: !state.Off, Spaces: []upkeepSpace{}}
	word := map[bool]string{true: "on", false: "off"}[d.On]
	text := "Upkeep in idle time is " + word + ".\n"
	for _, id := range slices.Sorted(maps.Keys(state.Spaces)) {
		h := state.Spaces[id]
		d.Spaces = append(d.Spaces, upkeepSpace{id, moment(h.VerifiedMs), moment(h.FoundMs), h.Damages, h.Lost})
		text += fmt.Sprintf("space %s: %s\n", shown(id), h.Text())
	}
	if a.global.json {
		return writeJSON(a.Stdout, d)
	}
	_, err := fmt.Fprint(a.Stdout, text)
	return err
}

// moment is nil for never.
func moment(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms)
	return &t
}

// noteCheck remembers what a check found; whole says that it read every byte. It returns what is known
// from before and this check could not see; nil: nothing.
func (a *app) noteCheck(sp *store.Space, report store.Report, whole bool) *upkeep.Health {
	data, err := a.data()
	if err != nil {
		return nil
	}
	file := node.StoreUpkeep(data)
	if whole || !report.OK() {
		_, _ = upkeep.Note(file, sp.ID, report, whole, time.Now()) // a check works on a disk that can only be read
	}
	state, err := file.Read()
	if err != nil || !report.OK() || !state.Spaces[sp.ID].Hurt() {
		return nil
	}
	h := state.Spaces[sp.ID]
	return &h
}
