package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"inos/backend/fault"
	"inos/backend/store"
	"inos/backend/store/files"
	"inos/backend/store/tree"
)

// putDocument is what inos store put prints with --json.
type putDocument struct {
	ID    string `json:"id"`
	Path  string `json:"path"`
	Space string `json:"space"`
	// Bytes were put, Stored is by how many the store grew.
	Bytes     uint64  `json:"bytes"`
	Stored    int64   `json:"stored"`
	Files     uint64  `json:"files"`
	Folders   uint64  `json:"folders"`
	Chunks    uint64  `json:"chunks"`
	NewChunks uint64  `json:"new_chunks"`
	Seconds   float64 `json:"seconds"`
	// Unchanged says that this version was there already.
	Unchanged bool `json:"unchanged"`
	// Failed could not be read, Skipped hold nothing that could be stored.
	Failed   int          `json:"failed"`
	Skipped  int          `json:"skipped"`
	Problems []string     `json:"problems"`
	Error    *fault.Error `json:"error,omitempty"`
}

func (a *app) storePutCommand() *cobra.Command {
	var flag spaceFlag
	var opt store.PutOptions
	var name string
	cmd := &cobra.Command{
		Use:   "put PATH",
		Short: "Store a file, a folder, or what comes through a pipe",
		Long: "put stores a file or a folder as a new version of its path. What was stored before, in this or in\n" +
			"another file, takes no room again. When it returns, the version lasts. What cannot be read is named,\n" +
			"the rest is stored, and the exit code is 1. It may be interrupted: what was done spares the next try\n" +
			"the work. The store itself is left out. PATH - is the standard input, which needs a --name.",
		Example: "  inos store put ~/Pictures\n" +
			"  inos store put report.pdf --label \"as sent\" --pin\n" +
			"  pg_dump shop | inos store put - --name shop.sql\n" +
			"  INOS_PASSPHRASE=... inos store put /data --json",
		Args: oneArgument("PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (args[0] == "-") != (name != "") {
				return usagef(cmd, "--name and the standard input (-) go together")
			}
			return a.storePut(cmd.Context(), args[0], name, flag, opt)
		},
	}
	flag.register(cmd, "the `NAME` of the space (default main)")
	cmd.Flags().StringVar(&opt.Label, "label", "", "a `TEXT` of up to 256 bytes beside the version")
	cmd.Flags().BoolVar(&opt.Pinned, "pin", false, "keep it until it is unpinned")
	cmd.Flags().StringVar(&name, "name", "", "what the standard input is called, a `PATH`")
	return cmd
}

func (a *app) storePut(ctx context.Context, path, name string, flag spaceFlag, opt store.PutOptions) error {
	if name == "" {
		if _, err := filepath.EvalSymlinks(path); err != nil { // before a store is made for it
			return fault.Wrap(opStore, fault.NotFound, path, fault.Bare(err), "")
		}
	} else {
		path, opt.Sort = name, tree.Stream
	}
	s, err := a.makeStore(ctx)
	if err != nil {
		return err
	}
	sp, err := a.space(ctx, s, flag, true)
	if err != nil {
		return err
	}
	defer sp.Close()
	if _, opt.Store, err = a.storeKeys(); err != nil {
		return err
	}
	start := time.Now()
	p := a.watch("putting", path, name == "")
	opt.Progress = p.put
	var put store.Put
	if name == "" {
		put, err = sp.PutPath(ctx, path, opt)
	} else {
		put, err = sp.PutStream(ctx, name, interruptibly(ctx, a.Stdin), opt)
	}
	p.end()
	if err != nil {
		return err
	}
	return a.printPut(newPutDocument(sp, put, time.Since(start)))
}

// interruptibly is r until ctx ends; a read that waits is left to itself.
func interruptibly(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, r)
		in.CloseWithError(err) // nil: the end
	}()
	context.AfterFunc(ctx, func() { out.CloseWithError(context.Cause(ctx)) })
	return out
}

func newPutDocument(sp *store.Space, put store.Put, took time.Duration) putDocument {
	root := put.Version.Root
	d := putDocument{
		ID: put.Version.ID.String(), Path: string(root.Path), Space: sp.Name(), Bytes: root.Top.Size,
		Stored: put.Tally.Stored, Files: root.Files, Folders: root.Folders,
		Chunks: put.Tally.Chunks, NewChunks: put.Tally.NewChunks, Seconds: took.Seconds(),
		Unchanged: put.Unchanged, Failed: put.Failed, Skipped: put.Skipped, Problems: []string{},
	}
	for _, p := range put.Problems {
		d.Problems = append(d.Problems, p.Error())
	}
	if put.Failed > 0 {
		d.Error = fault.Newf(opStore, fault.Unavailable, d.Path, "%d of it could not be read; the rest is stored", put.Failed)
	}
	return d
}

func (a *app) printPut(d putDocument) error {
	return a.tell(d, func() error { return a.sayPut(d) }, d.Error)
}

func (a *app) sayPut(d putDocument) error {
	for _, p := range d.Problems {
		fmt.Fprintln(a.Stderr, oneLine(p))
	}
	if more := d.Failed + d.Skipped - len(d.Problems); more > 0 {
		fmt.Fprintf(a.Stderr, "and %d more\n", more)
	}
	what := fmt.Sprintf("%s, %s", counted(d.Files, "file"), formatBytes(float64(d.Bytes)))
	if d.Unchanged {
		_, err := fmt.Fprintf(a.Stdout, "%s  %s: %s, the same as before\n", d.ID[:shortID], shown(d.Path), what)
		return err
	}
	_, err := fmt.Fprintf(a.Stdout, "%s  %s: %s in %.1f s; %s new in the store\n", d.ID[:shortID], shown(d.Path), what,
		d.Seconds, formatBytes(float64(d.Stored)))
	return err
}

// shortID is how many letters of an ID are shown to people.
const shortID = 16

// watching draws how far a change of the store is. Several goroutines may tell it.
type watching struct {
	mu    sync.Mutex
	bar   *progress
	total atomic.Int64
	stop  context.CancelFunc
}

// watch begins to draw. What lies at path is counted meanwhile, where count says so.
func (a *app) watch(label, path string, count bool) *watching {
	w := &watching{bar: newProgress(a.Stderr, label+" "+shown(path), time.Now), stop: func() {}}
	if count && w.bar.line.tty != nil {
		var ctx context.Context
		ctx, w.stop = context.WithCancel(context.Background())
		go func() { w.total.Store(files.Size(ctx, path)) }()
	}
	return w
}

func (w *watching) put(_, bytes int64) { w.show(bytes, w.total.Load()) }

func (w *watching) show(done, total int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if done > total {
		total = 0
	}
	w.bar.update(uint64(max(done, 0)), uint64(max(total, 0)))
}

// step is store.Progress.
func (w *watching) step(step string, done, total int64) {
	w.mu.Lock()
	w.bar.label = step
	w.mu.Unlock()
	w.show(done, total)
}

func (w *watching) end() {
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bar.clear()
}
