package bench

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheTreeIsTheSameEachTime(t *testing.T) {
	const size = 3 << 20
	var trees [2]StoreTree
	for i := range trees {
		root := filepath.Join(t.TempDir(), "tree")
		var err error
		if trees[i], err = makeStoreTree(t.Context(), root, size); err != nil {
			t.Fatal(err)
		}
		if err := sameStoreTree(trees[i], root); err != nil {
			t.Error(err)
		}
		if sum := sizeOfFolder(root); sum != trees[i].Bytes || sum < size*9/10 || sum > size {
			t.Errorf("it has %d bytes, says %d, should have %d", sum, trees[i].Bytes, size)
		}
		if err := os.WriteFile(filepath.Join(root, "media", "0.jpg"), []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
		if sameStoreTree(trees[i], root) == nil {
			t.Error("a file that changed was not seen")
		}
	}
	if trees[0].Digest != trees[1].Digest || trees[0].Files != trees[1].Files || len(trees[0].Parts) != len(treeParts) {
		t.Errorf("%+v\n%+v", trees[0], trees[1])
	}
	for _, p := range trees[0].Parts {
		if p.Files == 0 || p.Bytes == 0 || p.What == "" {
			t.Errorf("%+v", p)
		}
	}
}

func TestTheStoreIsComparedWithTheFasterRestic(t *testing.T) {
	row := func(tool, task string, seconds, stored float64) StoreRow {
		return StoreRow{Tool: tool, Task: task, Seconds: Spread{P50: seconds, N: 3}, StoredMB: stored, PeakMB: 10 * seconds}
	}
	r := &StoreReport{Rows: []StoreRow{
		row(inosTool, putTask, 2, 90), row(inosTool, getTask, 1, 90), row(inosTool, againTask, 0.5, 90),
		row(resticTool, putTask, 5, 100), row(resticTool, getTask, 1.5, 100), row(resticTool, againTask, 2, 100),
		row(resticNoCacheRow, putTask, 4, 100), row(resticNoCacheRow, getTask, 1.6, 100), row(resticNoCacheRow, againTask, 1, 100),
		row(tarTool, putTask, 0.1, 10),
	}}
	r.ratios()
	if r.PutRatio != 2 || r.GetRatio != 1.5 || r.AgainRatio != 2 || r.StoredRatio != 0.9 || r.PeakMB != 20 {
		t.Errorf("%+v", r)
	}
	alone := &StoreReport{Rows: []StoreRow{row(inosTool, putTask, 2, 90)}}
	if alone.ratios(); alone.PutRatio != 0 || alone.StoredRatio != 0 {
		t.Errorf("compared with nothing: %+v", alone)
	}
}
