package window

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inos/backend/fault"
	"inos/backend/store"
)

func TestAPinKeepsAVersionAndRemovingIsForGood(t *testing.T) {
	d := newDepot(t)
	space := d.made()
	d.put(space, treeOf(t, map[string]string{"a": strings.Repeat("x", 3<<20)}))
	v := d.newest(space)
	if err := d.Pin(space, v.ID, true); err != nil || !d.newest(space).Pinned || d.newest(space).ID != v.ID {
		t.Errorf("%v, %+v", err, d.newest(space))
	}
	is(t, d.Remove(space, v.ID), fault.Denied)
	if err := errors.Join(d.Pin(space, v.ID, false), d.Remove(space, v.ID)); err != nil {
		t.Error(err)
	}
	if all := must[StoreVersions](t)(d.Versions(space)); len(all.Versions) != 0 {
		t.Errorf("%+v", all)
	}
	if task := d.done(d.Collect(space)); task.State != taskDone || task.Result.Freed <= 0 {
		t.Errorf("%+v, %+v", task, task.Result)
	}
}

func TestACheckIsRememberedAndARepairTellsWhatIsLost(t *testing.T) {
	d := newDepot(t)
	space := d.made()
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(i * i >> 7)
	}
	d.put(space, treeOf(t, map[string]string{"a": string(noise)}))
	task := d.done(d.Check(space, true))
	if task.State != taskDone || task.Result.Health.Damages != 0 || task.Result.Bytes == 0 {
		t.Fatalf("%+v, %+v", task, task.Result)
	}
	if h := must[map[string]SpaceHealth](t)(d.Health())[space]; h.CheckedMs == 0 || !h.Thorough {
		t.Errorf("%+v", h)
	}
	spoil(t, filepath.Join(d.Store.Folder, "spaces", space, "packs"))
	task = d.done(d.Check(space, true))
	if h := task.Result.Health; h == nil || h.Damages == 0 || h.Lost != 1 || len(h.Details) < 2 {
		t.Errorf("%+v", task.Result)
	}
	task = d.done(d.Repair(space))
	if task.State != taskDone || task.Result.Fixed == 0 || task.Result.Health.Lost != 1 {
		t.Errorf("%+v, %+v", task, task.Result)
	}
	if h := must[map[string]SpaceHealth](t)(d.Health())[space]; h.Lost != 1 || len(h.Details) != 0 {
		t.Errorf("%+v", h)
	}
}

func spoil(t *testing.T, folder string) {
	t.Helper()
	var largest string
	var data []byte
	for _, e := range must[[]os.DirEntry](t)(os.ReadDir(folder)) {
		path := filepath.Join(folder, e.Name())
		if now := must[[]byte](t)(os.ReadFile(path)); len(now) > len(data) {
			largest, data = path, now
		}
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(largest, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnArchiveMakesWhatIsThereSmaller(t *testing.T) {
	d := newDepot(t)
	space := d.made()
	var text strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&text, "line %d of %d\n", i, i*i%977)
	}
	root := treeOf(t, map[string]string{"a.txt": text.String()})
	d.put(space, root)
	task := d.done(d.Archive(space, 5))
	if task.State != taskDone || task.Result.Blocks == 0 || task.Result.Freed <= 0 || task.Result.Left != 0 {
		t.Errorf("%+v, %+v", task, task.Result)
	}
	if p := must[StorePreview](t)(d.Preview(space, d.newest(space).ID, "612e747874")); !strings.HasPrefix(p.Text, "line 0 of 0") {
		t.Errorf("%.40q", p.Text)
	}
	stat := must[store.Stat](t)(d.Usage(space))
	if stat.Versions != 1 || stat.Compression < 2 || stat.Dense == 0 {
		t.Errorf("%+v", stat)
	}
}

func TestSpacesHaveQuotasThatAreKept(t *testing.T) {
	d := newDepot(t)
	d.made()
	sp := must[StoreSpace](t)(d.AddSpace(SpaceSettings{Name: "small", Quota: 1 << 20, ArchiveAfterDays: 30}))
	if sp.Quota != 1<<20 || sp.ArchiveAfterDays != 30 {
		t.Errorf("%+v", sp)
	}
	noise := make([]byte, 4<<20)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	task := d.put(sp.ID, treeOf(t, map[string]string{"a": string(noise)}))
	if task.State != taskFailed || task.Fault == nil || !strings.Contains(task.Fault.Error(), "quota") {
		t.Errorf("%+v: %v", task, task.Fault)
	}
	sp = must[StoreSpace](t)(d.SetSpace(sp.ID, SpaceSettings{Name: "large"}))
	if sp.Name != "large" || sp.Quota != 0 {
		t.Errorf("%+v", sp)
	}
	if names := d.Status().Spaces; len(names) != 2 {
		t.Errorf("%+v", names)
	}
}

func TestATaskIsCancelledAndLockingEndsAll(t *testing.T) {
	d := newDepot(t)
	space := d.made()
	files := map[string]string{}
	for i := range 400 {
		files[fmt.Sprintf("f%d", i)] = strings.Repeat(fmt.Sprint(i, " "), 20_000)
	}
	root := treeOf(t, files)
	d.files = []string{root}
	task := must[StoreTask](t)(d.Put(space, must[StorePick](t)(d.ChooseToPut(false)).Token))
	if task.State != taskRunning {
		t.Errorf("%+v", task)
	}
	d.CancelTask(task.ID)
	if ended := d.done(task, nil); ended.State != taskCancelled {
		t.Errorf("%+v: %v", ended, ended.Fault)
	}
	if d.CancelTask(task.ID); len(d.Tasks()) != 1 {
		t.Error("who cancels too late is not told how it ended")
	}
	d.ForgetTask(task.ID)
	if left := d.Tasks(); len(left) != 0 {
		t.Errorf("an ended one is not forgotten: %+v", left)
	}
	must[StoreTask](t)(d.Put(space, must[StorePick](t)(d.ChooseToPut(false)).Token))
	if s := d.Lock(); s.State != storeLocked || len(d.Tasks()) != 0 {
		t.Errorf("%+v, %+v", s, d.Tasks())
	}
	must[StoreStatus](t)(d.Unlock(secret))
	if all := must[StoreVersions](t)(d.Versions(space)); len(all.Versions) != 0 {
		t.Errorf("a half is a version: %+v", all)
	}
	if task := d.put(space, root); task.State != taskDone || task.Result.Files != 400 {
		t.Errorf("%+v", task)
	}
}

func TestAnotherProcessIsSeenToPutSomething(t *testing.T) {
	d := newDepot(t)
	space := d.made()
	d.Show(true)
	d.put(space, treeOf(t, map[string]string{"a": "1"})) // the watcher is at work
	d.await(StoreChangedEvent, 1)
	other := openDepot(t, d.data, d.chain)
	must[StoreStatus](t)(other.Unlock(secret))
	other.put(space, treeOf(t, map[string]string{"b": "2"}))
	d.await(StoreChangedEvent, 2)
	if all := must[StoreVersions](t)(d.Versions(space)); len(all.Versions) != 2 {
		t.Errorf("%+v", all)
	}
}
