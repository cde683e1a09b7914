package node

import (
	"strings"
	"testing"

	"inos/backend/arena"
	"inos/backend/store"
	"inos/backend/store/disk"
)

func TestOnlyANodeThatLastsLooksAfterTheStore(t *testing.T) {
	st := store.New(disk.Dir(t.TempDir()), [32]byte{1})
	sp, err := st.Create(t.Context(), store.Settings{Name: store.Main})
	if err != nil {
		t.Fatal(err)
	}
	short := start(t, nil)
	short.StoreOpened(st)
	if short.upkeep != nil {
		t.Error("a command looks after the store")
	}
	n := start(t, func(o *Options) { o.Watch = true })
	n.StoreOpened(st)
	if n.upkeep == nil {
		t.Fatal("nobody looks after the store")
	}
	n.storeDamaged(sp, store.Report{Damages: []store.Damage{{What: "a bit"}}, HitCount: 1})
	var told []string
	events, _ := n.kernel.Events(0)
	for _, e := range events {
		if e.Kind == arena.EventKindStoreDamaged {
			told = append(told, e.Text)
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], "1 damaged places were found in space main, 1 files are hit. Run inos") {
		t.Errorf("the page hears %q", told)
	}
	n.StoreOpened(nil)
}
