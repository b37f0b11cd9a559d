// Package history reads the commits to a repository since a time, on every branch. It runs nothing, not even git.
package history

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
	"stopgate/hook/worktree/repository"
	"stopgate/hook/worktree/status"
)

// Commit is a commit with one parent.
type Commit struct {
	ID string
	// Time is the committer's clock, to the second.
	Time time.Time
	// Message is the beginning of the commit's message, unchanged.
	Message string
	// OnHead means that the commit is on the work tree's branch itself, not through a merge.
	OnHead bool

	change *change
}

// Changes reports whether the commit changes a file, named as git spells it.
func (c Commit) Changes(name string) bool {
	_, changed := slices.BinarySearch(c.change.names, name)
	return changed
}

// change is a commit as it is cached.
type change struct {
	object.Commit
	before object.ID // the tree of its parent
	names  []string  // of the files that it changes, sorted; nil until they are read
	read   bool
}

// History has the commits on the branches of one repository. It may be used by several goroutines at a time. It caches everything, because commits
// never change.
type History struct {
	repository *repository.Repository

	mu    sync.Mutex
	known map[object.ID]*change
}

// Open returns the history of a repository. Everything is read only when it is needed.
func Open(r *repository.Repository) *History {
	return &History{repository: r, known: map[object.ID]*change{}}
}

// maxCommits limits how many commits are read for one answer.
const maxCommits = 100_000

// Since returns the commits of all branches, including remote-tracking ones, that were made at that time or later, oldest first. Git keeps seconds,
// so a commit of the same second counts. Merges are left out, because what they join has commits of its own, and so is a root commit, which begins
// a repository. It fails if only git can read the repository.
func (h *History) Since(ctx context.Context, place gitdir.Place, at time.Time) ([]Commit, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	commits, err := h.since(ctx, place, at)
	if err != nil {
		return nil, fmt.Errorf("reading the commits of %q: %w", place.CommonDir, err)
	}
	return commits, nil
}

func (h *History) since(ctx context.Context, place gitdir.Place, at time.Time) ([]Commit, error) {
	if err := h.repository.Readable(); err != nil {
		return nil, err
	}
	head, err := refs.ReadHead(place)
	if err != nil {
		return nil, err
	}
	all, err := refs.Read(ctx, place)
	if err != nil {
		return nil, err
	}
	tips := []object.ID{head.Commit}
	for _, ref := range all {
		if id, ok := object.ParseID(ref.Value); ok && (strings.HasPrefix(ref.Name, "refs/heads/") || strings.HasPrefix(ref.Name, "refs/remotes/")) {
			tips = append(tips, id)
		}
	}
	objects := object.Open(place.CommonDir)
	defer objects.Close()
	w := walk{History: h, objects: objects, since: at.Truncate(time.Second), seen: map[object.ID]bool{}}
	commits, err := w.from(ctx, tips)
	if err != nil {
		return nil, err
	}
	own := w.line(head.Commit)
	for i, c := range commits {
		commits[i].OnHead = own[c.ID]
	}
	slices.SortStableFunc(commits, func(a, b Commit) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	return commits, nil
}

// Change returns how a commit changes a file; Missing if it has no such file.
func (h *History) Change(c Commit, name string) (status.Change, error) {
	objects := object.Open(h.repository.Place.CommonDir)
	defer objects.Close()
	before, err := objects.File(c.change.before, name)
	if err != nil {
		return status.Unknown, err
	}
	after, err := objects.File(c.change.Tree, name)
	if err != nil {
		return status.Unknown, err
	}
	return status.Compare(before, after), nil
}

// walk goes through the commits since a time.
type walk struct {
	*History
	objects *object.Store
	since   time.Time
	seen    map[object.ID]bool
}

// from returns the commits reachable from the tips, unsorted.
func (w walk) from(ctx context.Context, tips []object.ID) (commits []Commit, err error) {
	for len(tips) > 0 {
		id := tips[len(tips)-1]
		tips = tips[:len(tips)-1]
		if id.IsZero() || w.seen[id] {
			continue
		}
		if w.seen[id] = true; len(w.seen) > maxCommits {
			return nil, fmt.Errorf("there are more than %d since %s", maxCommits, w.since.Format(time.DateOnly))
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		c, err := w.commit(id)
		if err != nil {
			continue // a shallow clone ends here, or a branch points to an object that is not a commit
		}
		if c.Time.Before(w.since) {
			continue
		}
		tips = append(tips, c.Parents...)
		if len(c.Parents) != 1 {
			continue // a merge or a root commit, which the agent did not make
		}
		if err := w.readNames(ctx, c); err != nil {
			continue // without its parent it is unknown what a commit changes
		}
		commits = append(commits, Commit{ID: id.String(), Time: c.Time, Message: c.Message, change: c})
	}
	return commits, nil
}

// commit reads a commit once.
func (w walk) commit(id object.ID) (*change, error) {
	if c := w.known[id]; c != nil {
		return c, nil
	}
	read, err := w.objects.Commit(id)
	if err != nil {
		return nil, err
	}
	c := &change{Commit: read}
	w.known[id] = c
	return c, nil
}

// readNames reads which files the commit changes.
func (w walk) readNames(ctx context.Context, c *change) error {
	if c.read {
		return nil
	}
	parent, err := w.commit(c.Parents[0])
	if err != nil {
		return err
	}
	c.before = parent.Tree
	names, err := w.objects.Diff(ctx, c.before, c.Tree)
	if err != nil {
		return err
	}
	slices.Sort(names)
	c.names, c.read = names, true
	return nil
}

// line returns the commits since the time on a branch, by first parents.
func (w walk) line(id object.ID) map[string]bool {
	own := map[string]bool{}
	for !id.IsZero() && !own[id.String()] {
		c := w.known[id]
		if c == nil || c.Time.Before(w.since) {
			break
		}
		own[id.String()] = true
		if len(c.Parents) == 0 {
			break
		}
		id = c.Parents[0]
	}
	return own
}
