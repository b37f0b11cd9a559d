package marks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// An Index has the parts of the index that decide what would be committed, and which files git compares with the worktree.
type Index struct {
	Changes []Item // the differences from HEAD; a value is "MODE BLOB", unmergedEntry or deletedEntry
	Intent  []Item // paths of which only the name was added (git-add(1), --intent-to-add)
	Hidden  []Item // paths whose files git does not look at (git-update-index(1)), with the flag
}

// The values of a staged change that is not a file, the flags of hidden files, and the value of an intent to add.
const (
	deletedEntry   = "deleted"
	unmergedEntry  = "unmerged"
	assumeFlag     = "assume-unchanged"
	skipFlag       = "skip-worktree"
	intentToAddTag = "intent-to-add"
)

// ReadStaged reads the index. If this package cannot read it, it asks git.
func (t Reader) ReadStaged(ctx context.Context) (Index, error) {
	refusal := t.Refusal
	if refusal == nil {
		s, err := stagedNatively(ctx, t)
		if err == nil || ctx.Err() != nil || errors.Is(err, object.ErrUnsafe) {
			return s, err
		}
		refusal = err
	}
	s, err := t.AskStaged(ctx)
	if err != nil {
		return Index{}, fmt.Errorf("%w, and %w", refusal, err)
	}
	return s, nil
}

// maxIndexNames limits the names that are kept while the index is read, in bytes.
const maxIndexNames = 64 << 20

func stagedNatively(ctx context.Context, t Reader) (Index, error) {
	if err := t.Readable(); err != nil {
		return Index{}, err
	}
	o := object.Open(t.Place.CommonDir)
	defer o.Close()
	_, root, err := t.HeadTree(o)
	if err != nil {
		return Index{}, err
	}
	x, err := index.Open(t.IndexPath())
	if err != nil {
		return Index{}, err
	}
	defer func() { _ = x.Close() }() // it was only read
	seen, tree, err := marked(ctx, x, t.Settings.Sparse)
	if err != nil {
		return Index{}, err
	}
	s, entries := Index{Hidden: seen.hidden}, map[string]string{}
	for _, name := range seen.unmerged {
		entries[name] = unmergedEntry
	}
	if !tree.Valid || tree.ID != root {
		m, err := index.ReadManifest(ctx, x, t.Settings.Sparse)
		if err != nil {
			return Index{}, err
		}
		changes, err := m.Staged(ctx, o, root, math.MaxInt)
		if err != nil {
			return Index{}, err
		}
		for _, c := range changes {
			if entries[c.Name] == "" {
				entries[c.Name] = stagedValue(c.Index)
			}
		}
	}
	for _, name := range seen.intended {
		s.Intent = append(s.Intent, Item{object.Name(name), intentToAddTag})
		if root.IsZero() {
			delete(entries, name)
			continue
		}
		head, err := o.File(root, name)
		if err != nil {
			return Index{}, err
		}
		if !head.Present() {
			delete(entries, name)
		}
	}
	for name, value := range entries {
		s.Changes = append(s.Changes, Item{object.Name(name), value})
	}
	slices.SortFunc(s.Changes, func(a, b Item) int { return object.CompareNames(a.Name, b.Name) })
	return s, ctx.Err()
}

// marks are the names in an index that git treats in another way than the rest.
type marks struct {
	unmerged, intended []string
	hidden             []Item
}

// marked returns the marks of an index, with its tree.
func marked(ctx context.Context, x *index.File, sparse bool) (m marks, tree index.CacheTree, err error) {
	kept := 0
	tree, err = x.Each(func(e *index.Entry) bool {
		flag := hiding(e, sparse)
		if e.Stage() > 0 || e.Has(index.IntentToAdd) || flag != "" {
			kept += len(e.Name)
		}
		switch {
		case e.Stage() > 0:
			m.unmerged = append(m.unmerged, string(e.Name))
		case e.Has(index.IntentToAdd):
			m.intended = append(m.intended, string(e.Name))
		}
		if flag != "" {
			m.hidden = append(m.hidden, Item{object.Name(e.Name), flag})
		}
		return kept <= maxIndexNames && ctx.Err() == nil
	})
	if kept > maxIndexNames {
		return m, tree, fmt.Errorf("%w: the names in the index that are hidden or unmerged have more than %d bytes", object.ErrUnsafe, maxIndexNames)
	}
	return m, tree, errors.Join(err, ctx.Err())
}

// hiding returns the flag of an entry because of which git does not look at the file; "" for none. In a sparse checkout git itself sets
// skip-worktree, so that does not count there.
func hiding(e *index.Entry, sparse bool) string {
	switch {
	case e.Has(index.AssumeValid):
		return assumeFlag
	case e.Has(index.SkipWorktree) && !sparse:
		return skipFlag
	}
	return ""
}

func stagedValue(f object.File) string {
	if !f.Present() {
		return deletedEntry
	}
	return f.String()
}

// AskStaged returns the same as ReadStaged, but asks git.
func (t Reader) AskStaged(ctx context.Context) (Index, error) {
	var s Index
	var broken gitcmd.BrokenFilters // filters do not apply to what is staged
	out, err := t.Git.Status(ctx, &broken, "status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-renames")
	if err != nil {
		return s, err
	}
	records := map[string]gitcmd.Record{}
	if err := gitcmd.ParseStatus(out, records); err != nil {
		return s, err
	}
	for name, r := range records {
		switch {
		case gitcmd.IsUnmerged(r.XY):
			s.Changes = append(s.Changes, Item{object.Name(name), unmergedEntry})
		case r.XY[0] != ' ':
			s.Changes = append(s.Changes, Item{object.Name(name), stagedValue(r.Index)})
		}
		if r.XY[1] == 'A' && !gitcmd.IsUnmerged(r.XY) {
			s.Intent = append(s.Intent, Item{object.Name(name), intentToAddTag})
		}
	}
	slices.SortFunc(s.Changes, func(a, b Item) int { return object.CompareNames(a.Name, b.Name) })
	if out, err = t.Git.Run(ctx, "ls-files", "-v", "-z"); err != nil {
		return s, err
	}
	for line := range strings.SplitSeq(string(out), "\x00") {
		flag, name, _ := strings.Cut(line, " ")
		switch {
		case flag != "" && flag[0] >= 'a':
			s.Hidden = append(s.Hidden, Item{object.Name(name), assumeFlag})
		case flag == "S" && !t.Settings.Sparse:
			s.Hidden = append(s.Hidden, Item{object.Name(name), skipFlag})
		}
	}
	return s, nil
}
