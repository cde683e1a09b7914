package node

import (
	"context"
	"testing"
	"time"

	"inos/backend/fault"
	"inos/backend/job"
)

func TestAJobOfTheListIsCancelled(t *testing.T) {
	n := start(t, nil)
	path := mappedFile(t)
	ended := make(chan error, 1)
	go func() {
		for { // the op has half a second, which a busy machine may need for less
			_, err := n.Run(context.Background(), job.Request{Unit: "hostile", Op: "reread", Inputs: []job.Input{{Path: path}}})
			if fault.KindOf(err) != fault.Deadline {
				ended <- err
				return
			}
		}
	}()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no job with progress in %+v", n.Jobs())
		}
		list := n.Jobs()
		if len(list) == 1 && list[0].Running && list[0].Done > 0 && list[0].Input == "mapped" && n.CancelJob(list[0].ID) {
			break
		}
	}
	if err := <-ended; fault.KindOf(err) != fault.Canceled {
		t.Errorf("%v", err)
	}
	if list := n.Jobs(); len(list) != 0 || n.CancelJob(1) {
		t.Errorf("%+v", list)
	}
}
