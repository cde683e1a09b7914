package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"inos/backend/bench"
)

func (a *app) benchStoreCommand() *cobra.Command {
	var o bench.StoreOptions
	size := byteSize(bench.DefaultStoreBytes)
	cmd := a.benchmark("store", "The store beside restic, and tar with zstd, on the same files",
		func(ctx context.Context) (report, error) {
			if o.Bytes = int64(size); size >= bench.DefaultStoreBytes { // else it is a trial
				o.Patience = bench.StorePatience
			}
			r, err := bench.Store(ctx, a.programs(), o)
			return storeTable{r}, err
		})
	cmd.Flags().StringVar(&o.Dir, "dir", "", "the folder `DIR` for the files and the stores, which need some 4 times their\n"+
		"size (default the folder for temporary files)")
	cmd.Flags().Var(&size, "size", "how much is put, from 1MiB on")
	return cmd
}

type storeTable struct{ *bench.StoreReport }

func (t storeTable) rows() [][]string {
	rows := [][]string{{"STORE", "TASK", "SECONDS", "MB/S", "CPU S/GIB", "MEMORY MB", "STORED MB"}}
	for _, r := range t.Rows {
		rows = append(rows, []string{r.Tool, r.Task, figure(r.Seconds.P50), figure(r.MBPerS), figure(r.CPUPerGiB),
			figure(r.PeakMB), figure(r.StoredMB)})
	}
	rows = withReason(withReason(rows, "restic", t.WhyNoRestic), "tar", t.WhyNoZstd)
	return append(rows, t.compared()...)
}

// compared says what the figures come to.
func (t storeTable) compared() (rows [][]string) {
	if t.StoredRatio > 0 {
		rows = append(rows, []string{fmt.Sprintf("%s takes %s times as long to put, %s to get, %s to put again; "+
			"INOS stores %s of its size.", shown(t.Restic), figure(t.PutRatio), figure(t.GetRatio), figure(t.AgainRatio), figure(t.StoredRatio))})
	}
	if l := t.Large; l != nil {
		rows = append(rows, []string{fmt.Sprintf("One file of %s: at most %s MB of memory to put, %s MB to get.",
			formatBytes(float64(l.Bytes)), figure(l.PutPeakMB), figure(l.GetPeakMB))})
	}
	if a := t.Archive; a != nil {
		text := fmt.Sprintf("%s archived in %s s: %s MB, %s MB before", formatBytes(float64(a.Bytes)), figure(a.Seconds), figure(a.InosMB),
			figure(a.StoredMB))
		if a.ResticMB > 0 {
			text += ", by restic's max " + figure(a.ResticMB) + " MB"
		}
		rows = append(rows, []string{text + "."})
	}
	return append(rows, []string{fmt.Sprintf("%d files, %s, on %s.", t.Tree.Files, formatBytes(float64(t.Tree.Bytes)), t.where())})
}

func (t storeTable) where() string {
	if t.Tree.FileSystem == "" {
		return "a file system without a name"
	}
	return t.Tree.FileSystem
}
