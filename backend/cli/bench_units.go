package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"inos/backend/bench"
)

func (a *app) benchUnitsCommand() *cobra.Command {
	o := bench.UnitsOptions{Scale: 1}
	cmd := a.benchmark("units", "Ops of the units beside ImageMagick, sqlite3, numpy and others, on the same files",
		func(ctx context.Context) (report, error) {
			r, err := bench.Units(ctx, a.programs(), o)
			return unitsTable{r}, err
		})
	cmd.Flags().StringVar(&o.Dir, "dir", "", "the folder `DIR` for the files, some 3 GB (default the folder for temporary files)")
	cmd.Flags().IntVar(&o.Scale, "scale", 1, "make the files so many times smaller")
	cmd.Flags().StringArrayVar(&o.Only, "only", nil, "measure only what has this `WORD` in its op or name, like image; repeat")
	return cmd
}

type unitsTable struct{ *bench.UnitsReport }

func (t unitsTable) rows() [][]string {
	rows := [][]string{{"TASK", "OP", "SECONDS", "CPU S", "MEMORY MB", "PEER", "SECONDS", "CPU S", "INOS OVER PEER"}}
	for _, r := range t.Rows {
		row := []string{r.Task, r.Op, figure(r.Seconds.P50), figure(r.CPU), figure(r.PeakMB)}
		if r.Peer == "" {
			row = append(row, r.WhyNo, "", "", "")
		} else {
			row = append(row, shown(r.Peer), figure(r.PeerSeconds), figure(r.PeerCPU), figure(r.Ratio))
		}
		rows = append(rows, row)
	}
	if t.Scale > 1 {
		rows = append(rows, []string{fmt.Sprintf("The files were %d times smaller than that.", t.Scale)})
	}
	return rows
}
