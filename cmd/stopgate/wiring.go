package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"stopgate/hook"
	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/conduct"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/worktree"
)

// runner ties the judge to this process: its environment, its clock, the files below it.
func (c command) runner() *hook.Runner {
	return &hook.Runner{World: scene.World{
		ProjectDir:  c.getenv("CLAUDE_PROJECT_DIR"),
		Attended:    c.attended(),
		OpenJournal: c.openJournal,
		Observe:     worktrees{env: c.environ},
		Sweep:       c.sweep,
		Folders:     c.folders(),
		Announce:    c.announce,
		OtherCalls:  c.otherCalls,
		CallsOf:     c.callsOf,
		Now:         c.now,
		Lag:         c.lag,
		Log:         c.stderr,
	}}
}

// attended reports whether the client says that a person attends its session. Clients before 2.1.330 only say how the session is run.
func (c command) attended() bool {
	if attended := c.getenv("CLAUDE_CODE_SESSION_ATTENDED"); attended != "" {
		return attended == "1"
	}
	return c.getenv("CLAUDE_CODE_ENTRYPOINT") == "cli"
}

// folders are those of the plugin, the system and the client. The client keeps its own below the person's home, or where
// CLAUDE_CONFIG_DIR says.
func (c command) folders() conduct.Folders {
	f := conduct.Folders{Plugin: c.getenv("CLAUDE_PLUGIN_ROOT"), Temp: []string{os.TempDir()}, Client: []string{c.getenv("CLAUDE_CONFIG_DIR")}, Project: c.getenv("CLAUDE_PROJECT_DIR")}
	if dir, err := journal.Dir(c.getenv); err == nil {
		f.Journal = dir
	}
	if runtime.GOOS != "windows" {
		f.Temp = append(f.Temp, "/tmp")
	}
	if home, err := os.UserHomeDir(); err == nil {
		f.Client, f.Home = append(f.Client, filepath.Join(home, ".claude")), home
	}
	return f
}

func (c command) openJournal(key string) (record.Journal, error) {
	book, err := c.bookOf(key)
	if err != nil {
		return nil, err
	}
	return book, nil
}

// bookOf is the journal that is kept for key.
func (c command) bookOf(key string) (*journal.Journal, error) {
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(dir, key)
	if err != nil {
		return nil, err
	}
	return j.Keeping(record.Keep), nil
}

// worktrees looks at the worktrees on this machine.
type worktrees struct {
	env        []string // command.environ
	withoutGit string   // why no git may be run, "" where it may
}

// Since forbids git where what decides which programs it runs is not what it was at the launch. A worktree that cannot be opened is
// not looked at by git either.
func (w worktrees) Since(ctx context.Context, place worktree.Place, launched worktree.Marks) inspect.Observer {
	tree, err := worktree.Open(ctx, place, worktree.Options{Env: w.env, WithoutGit: "it is not known yet whether it would run what it ran at the launch"})
	if err != nil {
		return w
	}
	defer func() { _ = tree.Close() }() // nothing was written
	if why := tree.Distrust(launched); why != "" {
		return worktrees{env: w.env, withoutGit: why}
	}
	return w
}

func (w worktrees) open(ctx context.Context, place worktree.Place) (*worktree.Tree, error) {
	return worktree.Open(ctx, place, worktree.Options{Env: w.env, WithoutGit: w.withoutGit})
}

// Claims asks the worktree. One that cannot be opened is unknown, path by path, with the reason.
func (w worktrees) Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	tree, err := w.open(ctx, place)
	if err != nil {
		states := make([]worktree.PathState, len(paths))
		for i, path := range paths {
			states[i] = worktree.PathState{Path: path, Change: worktree.Unknown, Reason: err.Error()}
		}
		return states
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Claims(ctx, paths, base)
}

// Survey looks at the whole worktree. One that cannot be opened is surveyed not at all, with the reason.
func (w worktrees) Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey {
	tree, err := w.open(ctx, place)
	if err != nil {
		return worktree.Survey{Incomplete: err.Error()}
	}
	defer func() { _ = tree.Close() }() // nothing was written
	survey := tree.Survey(ctx, base, o)
	mark(ctx, place, survey.Candidates)
	return survey
}

// mark sets Marked on the candidates whose content is a tool's own output. If the worktree cannot be opened, none is marked.
func mark(ctx context.Context, place worktree.Place, candidates []worktree.Candidate) {
	if len(candidates) == 0 {
		return
	}
	root, err := os.OpenRoot(place.Root)
	if err != nil {
		return
	}
	defer root.Close()
	seen := make([]artifact.Seen, len(candidates))
	for i, c := range candidates {
		seen[i] = artifact.Seen{
			Path: c.Path, Dir: c.Dir, Tracked: c.Tracked, Symlink: c.Symlink, OtherDevice: c.Mount, NestedRepository: c.Repository, Ignored: c.Ignored,
		}
	}
	for i, s := range artifact.Examine(ctx, root, artifact.Rules{}, seen) {
		candidates[i].Marked = s.Marked
	}
}

// FileAt reads a commit of the worktree.
func (w worktrees) FileAt(ctx context.Context, place worktree.Place, revision, name string, limit int) ([]byte, error) {
	tree, err := w.open(ctx, place)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.FileAt(ctx, revision, name, limit)
}

// Marks reads git's own files.
func (w worktrees) Marks(ctx context.Context, place worktree.Place) (worktree.Marks, error) {
	tree, err := w.open(ctx, place)
	if err != nil {
		return worktree.Marks{}, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Marks(ctx)
}

// Moved reads git's own files, and the reflogs for what changed.
func (w worktrees) Moved(ctx context.Context, place worktree.Place, before worktree.Marks) (worktree.Marks, []worktree.MarkChange, error) {
	tree, err := w.open(ctx, place)
	if err != nil {
		return worktree.Marks{}, nil, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	now, err := tree.Marks(ctx)
	if err != nil {
		return worktree.Marks{}, nil, err
	}
	changes := worktree.CompareMarks(before, now)
	tree.Explain(ctx, before, changes)
	return now, changes, nil
}

// Held compares a commit with a snapshot.
func (worktrees) Held(ctx context.Context, place worktree.Place, commit string, then worktree.Snapshot) (worktree.Held, error) {
	tree, err := worktree.Open(ctx, place, worktree.Options{})
	if err != nil {
		return worktree.Held{}, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Held(ctx, commit, then)
}

// BranchesWith asks for the branches that contain a commit.
func (worktrees) BranchesWith(ctx context.Context, place worktree.Place, commit string) ([]string, error) {
	tree, err := worktree.Open(ctx, place, worktree.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.BranchesWith(ctx, commit)
}

// Applied asks whether a branch has the changes of a commit.
func (worktrees) Applied(ctx context.Context, place worktree.Place, branch, commit string) (bool, error) {
	tree, err := worktree.Open(ctx, place, worktree.Options{})
	if err != nil {
		return false, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Applied(ctx, branch, commit)
}

// Snapshot looks at the whole worktree.
func (w worktrees) Snapshot(ctx context.Context, place worktree.Place, o worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error) {
	tree, err := w.open(ctx, place)
	if err != nil {
		return worktree.Snapshot{}, nil, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Snapshot(ctx, o)
}

// sweep removes the artifacts of a plan. The index decides at that moment what is tracked. What git does not ignore goes to the trash
// beside the journal.
func (c command) sweep(ctx context.Context, s cleanup.Sweeping) (artifact.Result, error) {
	place, plan := s.Place, s.Plan
	fail := func(err error) (artifact.Result, error) {
		return artifact.Result{}, fmt.Errorf("cleaning up %q: %w", place.Root, err)
	}
	tree, err := worktree.Open(ctx, place, worktree.Options{Env: c.environ})
	if err != nil {
		return fail(err)
	}
	defer func() { _ = tree.Close() }() // nothing was written
	root, err := os.OpenRoot(place.Root)
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	paths := make([]string, len(plan.Remove))
	for i, r := range plan.Remove {
		paths[i] = r.Path
	}
	o := artifact.Options{DryRun: s.DryRun, Tracked: tree.Tracks(ctx, paths)}
	if folder, err := c.trash(s.Key); err == nil && s.ID != "" { // what cannot go there stays
		o.Trash = artifact.NewTrash(folder, s.ID, place.Root, c.now())
	}
	return artifact.Sweep(ctx, root, plan, o), nil
}

// trash is the folder of the trash beside the journal of key.
func (c command) trash(key string) (string, error) {
	book, err := c.bookOf(key)
	if err != nil {
		return "", err
	}
	if err := book.Private(); err != nil {
		return "", err
	}
	return filepath.Join(book.Folder(), "trash"), nil
}
