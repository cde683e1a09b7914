package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"inos/backend/bench"
	"inos/backend/fault"
	"inos/backend/unit"
)

// workerPatience bounds how long the doctor waits for a worker.
const workerPatience = 20 * time.Second

// programChecks looks at what was installed with this program and at the data folder.
func (a *app) programChecks(ctx context.Context) []check {
	return []check{a.checkData(), a.checkWorker(ctx), a.checkPlugins(ctx)}
}

// checkData writes a file, since permissions alone do not tell (full disk, read-only mount).
func (a *app) checkData() check {
	c := check{Name: "data folder", Needed: forEverything, Status: fine}
	folder, err := a.data()
	if err == nil {
		c.Detail = folder
		err = probeFolder(folder)
	}
	switch remedy := fault.DiskRemedy(err); {
	case err == nil:
	case remedy == "":
		c.Status, c.Detail = problem, err.Error()
		c.Fix = "name another folder: --data DIR"
	default:
		c.Status, c.Detail = warning, err.Error()
		c.Fix = remedy + " (--data DIR); until then each start compiles anew, and nothing is kept"
	}
	return c
}

func probeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		return err
	}
	_, err = file.WriteString("written by inos doctor\n")
	return errors.Join(err, file.Close(), os.Remove(file.Name()))
}

// checkWorker starts a real worker with a built-in plugin and calls it.
func (a *app) checkWorker(ctx context.Context) check {
	c := check{Name: "worker", Needed: forEverything, Status: fine}
	programs := a.programs()
	if info, err := os.Stat(programs.Worker); err != nil || info.Mode()&0o111 == 0 {
		c.Status, c.Detail = problem, programs.Worker+" is missing or cannot be run"
		c.Fix = "make build"
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, workerPatience)
	defer cancel()
	took, err := bench.WorkerAnswers(ctx, programs)
	if err != nil {
		c.Status, c.Detail = problem, oneLine(err.Error())
		c.Fix = "see the sandbox lines above; a container may need another security profile"
		return c
	}
	c.Detail = fmt.Sprintf("started, sandboxed and answered in %.1f ms", float64(took)/1e6)
	return c
}

func (a *app) checkPlugins(ctx context.Context) check {
	c := check{Name: "plugins", Needed: forEverything, Status: fine}
	n, err := a.open(ctx)
	if err != nil {
		c.Status, c.Detail = problem, oneLine(err.Error())
		c.Fix = "try other folders: --data DIR, --plugins DIR"
		return c
	}
	defer n.Close()
	plugins := n.Plugins()
	refused := refusals(plugins)
	c.Detail = fmt.Sprintf("%d found, %d %s", len(plugins), len(n.Units()),
		plural(len(n.Units()), "unit"))
	switch {
	case len(plugins) == 0:
		c.Status, c.Fix = warning, "make build, or put *.wasm files into "+a.folderHint()
	case refused != "":
		c.Status, c.Fix = warning, "not used: "+refused
	}
	return c
}

// maxRefusals is how many files the doctor names; inos plugin list has them all.
const maxRefusals = 5

// refusals names the files that cannot be used, and why; empty: there are none.
func refusals(plugins []unit.PluginInfo) string {
	var reasons []string
	for _, p := range plugins {
		if p.Refused != "" {
			reasons = append(reasons, p.Path+": "+p.Refused)
		}
	}
	more := ""
	if n := len(reasons) - maxRefusals; n > 0 {
		reasons, more = reasons[:maxRefusals], fmt.Sprintf("; and %d more (inos plugin list)", n)
	}
	return strings.Join(reasons, "; ") + more
}

func (a *app) folderHint() string {
	folder, err := a.dropFolder()
	if err != nil {
		return "a folder that you name with --plugins"
	}
	return folder
}
