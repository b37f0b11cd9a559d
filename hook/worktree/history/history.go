// Package history reads the commits that were made to a repository since a time, on every branch. It starts no process, not even git.
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
	// Time is the committer's time, to the second.
	Time time.Time
	// Message is the beginning of the commit message, unchanged.
	Message string
	// OnHead means that the commit is on the branch of HEAD itself. It is false for a commit that came to that branch through a merge.
	OnHead bool

	change *change
}

// Changes reports whether the commit changes the file called name.
func (c Commit) Changes(name string) bool {
	_, changed := slices.BinarySearch(c.change.names, name)
	return changed
}

// change is a commit in the cache.
type change struct {
	object.Commit
	before object.ID // the tree of the parent
	names  []string  // the names of the files that the commit changes, sorted; only if read is true
	read   bool
}

// History has the commits on the branches of one repository. It is safe for concurrent use. It caches what it read, because commits never change.
type History struct {
	repository *repository.Repository

	mu    sync.Mutex
	known map[object.ID]*change
}

// Open returns the history of a repository. It reads nothing yet.
func Open(r *repository.Repository) *History {
	return &History{repository: r, known: map[object.ID]*change{}}
}

// maxCommits is the number of commits that are read for one answer.
const maxCommits = 100_000

// Since returns the commits that were made at that time or later, the oldest first. They are those of all branches, including remote-tracking
// branches. Git records seconds, so a commit in the same second is included. Two kinds of commits are left out: merges, because the changes that
// they join have commits of their own, and root commits, because they start a repository. Since fails if only git can read the repository.
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

// Change returns how a commit changes the file called name. It returns status.Missing if the file exists neither before nor after the commit.
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

// walk visits the commits since a time.
type walk struct {
	*History
	objects *object.Store
	since   time.Time
	seen    map[object.ID]bool
}

// from returns the commits that are reachable from tips, unsorted. It does not look beyond a commit that is older than the time.
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
			continue // a shallow clone ends here, or a branch points to something that is not a commit
		}
		if c.Time.Before(w.since) {
			continue
		}
		tips = append(tips, c.Parents...)
		if len(c.Parents) != 1 {
			continue // a merge or a root commit
		}
		if err := w.readNames(ctx, c); err != nil {
			continue // if the parent cannot be read, what the commit changes is unknown
		}
		commits = append(commits, Commit{ID: id.String(), Time: c.Time, Message: c.Message, change: c})
	}
	return commits, nil
}

// commit returns a commit from the cache, or reads it.
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

// readNames reads the names of the files that the commit changes, unless it has read them already.
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

// line returns the commits since the time that are reached from id through first parents.
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
