package window

import (
	"context"
	"time"

	"inos/backend/fault"
	"inos/backend/store"
	"inos/backend/store/files"
)

// collectPatience is how long a collection waits for what is being put.
const collectPatience = time.Minute

// maxArchiveMinutes bounds what the page may ask for.
const maxArchiveMinutes = 24 * 60

// Put stores what was picked, each path as a version of its own.
func (s *Store) Put(space, token string) (StoreTask, error) {
	o, err := s.opened()
	if err != nil {
		return StoreTask{}, err
	}
	sp, err := o.space(space)
	if err != nil {
		return StoreTask{}, err
	}
	paths, err := s.picks.take(token)
	if err != nil {
		return StoreTask{}, err
	}
	subject := legible([]byte(paths[0]))
	return s.begin(StoreTask{Kind: "put", Space: sp.Name(), Subject: subject},
		func(ctx context.Context, _ *opened, p *progress) (TaskResult, error) {
			return putAll(ctx, sp, s.Folder, paths, p)
		})
}

func putAll(ctx context.Context, sp *store.Space, own string, paths []string, p *progress) (sum TaskResult, err error) {
	measuring, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		var total int64
		for _, path := range paths {
			total += files.Size(measuring, path)
		}
		if measuring.Err() == nil {
			p.total(total)
		}
	}()
	sum.Unchanged = true
	for _, path := range paths {
		before := sum
		put, err := sp.PutPath(ctx, path, store.PutOptions{Store: own, Progress: func(files, bytes int64) {
			p.at(int64(before.Files)+files, before.Bytes+bytes)
		}})
		sum.addPut(put)
		if err != nil && (ctx.Err() != nil || len(paths) == 1) {
			return sum, err
		}
		if err != nil {
			sum.problem(err)
			continue
		}
		sum.Version = put.Version.ID.String()
	}
	return sum, nil
}

func (r *TaskResult) addPut(put store.Put) {
	root := put.Version.Root
	r.Files, r.Folders, r.Bytes = r.Files+root.Files, r.Folders+root.Folders, r.Bytes+int64(root.Top.Size)
	r.Stored += put.Tally.Stored
	r.Unchanged = r.Unchanged && put.Unchanged
	r.Failed += put.Failed + put.Skipped - len(put.Problems)
	for _, err := range put.Problems {
		r.problem(err)
	}
}

func (r *TaskResult) problem(err error) {
	r.Failed++
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, legible([]byte(err.Error())))
	}
}

// Get restores a version, or what lies at a place in it, into the folder that was picked.
func (s *Store) Get(space, id, place, token string) (StoreTask, error) {
	o, err := s.opened()
	if err != nil {
		return StoreTask{}, err
	}
	sp, v, err := o.version(space, id)
	if err != nil {
		return StoreTask{}, err
	}
	if v.Root.Top, err = entryAt(o.ctx, sp, v, place); err != nil {
		return StoreTask{}, err
	}
	target, err := s.picks.take(token)
	if err != nil {
		return StoreTask{}, err
	}
	return s.begin(StoreTask{
		Kind: "get", Space: sp.Name(), Subject: legible(v.Root.Top.Name), Total: int64(v.Root.Top.Size),
	}, func(ctx context.Context, _ *opened, p *progress) (TaskResult, error) {
		report, err := sp.Restore(ctx, v, target[0], files.Options{
			Progress: func(files, bytes uint64) { p.at(int64(files), int64(bytes)) },
		})
		return restored(report, target[0]), err
	})
}

func restored(report files.Report, target string) TaskResult {
	out := TaskResult{
		Files: report.Files + report.Symlinks, Folders: report.Folders, Bytes: int64(report.Bytes),
		Target: legible([]byte(target)),
	}
	for _, f := range report.Failures {
		out.problem(f)
	}
	out.Failed = int(report.Failed)
	return out
}

// Collect frees the room of what nothing refers to.
func (s *Store) Collect(space string) (StoreTask, error) {
	return s.inSpace("collect", space, func(ctx context.Context, sp *store.Space, p *progress) (TaskResult, error) {
		done, err := sp.Collect(ctx, collectPatience, p.step)
		return TaskResult{Freed: done.Freed}, err
	})
}

// Check looks for damage; all: in every byte.
func (s *Store) Check(space string, all bool) (StoreTask, error) {
	return s.inSpace("check", space, func(ctx context.Context, sp *store.Space, p *progress) (TaskResult, error) {
		report, err := sp.Check(ctx, store.CheckOptions{ReadData: all, Progress: p.step})
		if err != nil {
			return TaskResult{}, err
		}
		health, err := s.note(sp, report, all)
		return TaskResult{Health: &health, Bytes: report.Bytes}, err
	})
}

// Repair sets apart what is damaged, and writes again what is there twice.
func (s *Store) Repair(space string) (StoreTask, error) {
	return s.inSpace("repair", space, func(ctx context.Context, sp *store.Space, p *progress) (TaskResult, error) {
		done, err := sp.Repair(ctx, p.step)
		if err != nil {
			return TaskResult{}, err
		}
		health, err := s.note(sp, done.Report, true)
		return TaskResult{Health: &health, Fixed: len(done.Fixed)}, err
	})
}

// Archive compresses again, at the highest level, for at most so many minutes of one processor; 0: to
// the end. Then it frees what that left.
func (s *Store) Archive(space string, minutes int) (StoreTask, error) {
	if minutes < 0 || minutes > maxArchiveMinutes {
		return StoreTask{}, fault.Newf(opStore, fault.Invalid, "the budget", "it is 0 to %d minutes", maxArchiveMinutes)
	}
	return s.inSpace("archive", space, func(ctx context.Context, sp *store.Space, p *progress) (TaskResult, error) {
		done, err := sp.Archive(ctx, store.ArchiveOptions{Budget: time.Duration(minutes) * time.Minute, Progress: p.step})
		out := TaskResult{Blocks: done.Smaller, Freed: done.Saved, Left: done.Left}
		if err == nil {
			_, err = sp.Collect(ctx, collectPatience, p.step)
		}
		return out, err
	})
}

func (s *Store) inSpace(
	kind, space string, work func(context.Context, *store.Space, *progress) (TaskResult, error),
) (StoreTask, error) {
	o, err := s.opened()
	if err != nil {
		return StoreTask{}, err
	}
	sp, err := o.space(space)
	if err != nil {
		return StoreTask{}, err
	}
	return s.begin(StoreTask{Kind: kind, Space: sp.Name()},
		func(ctx context.Context, _ *opened, p *progress) (TaskResult, error) { return work(ctx, sp, p) })
}
