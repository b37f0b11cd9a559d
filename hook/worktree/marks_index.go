package worktree

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// staged is what the index holds that a commit or a look at the work tree would be decided by.
type staged struct {
	changes []Item // from HEAD: the mode and blob, or unmergedEntry or deletedEntry
	intent  []Item // to be added, nothing of it yet (git-add(1), --intent-to-add)
	hidden  []Item // names whose files git does not look at (git-update-index(1))
}

// The values of staged changes that are no file, and the flags of hidden ones.
const (
	deletedEntry   = "deleted"
	unmergedEntry  = "unmerged"
	assumeFlag     = "assume-unchanged"
	skipFlag       = "skip-worktree"
	intentToAddTag = "intent-to-add"
)

// readStaged reads the index, or lets git.
func (t marker) readStaged(ctx context.Context) (staged, error) {
	refusal := t.refusal
	if refusal == nil {
		s, err := t.stagedNatively(ctx)
		if err == nil || ctx.Err() != nil {
			return s, err
		}
		refusal = err
	}
	s, err := t.askStaged(ctx)
	if err != nil {
		return staged{}, fmt.Errorf("%w, and %w", refusal, err)
	}
	return s, nil
}

func (t marker) stagedNatively(ctx context.Context) (staged, error) {
	if err := t.readable(); err != nil {
		return staged{}, err
	}
	o := newObjects(t.place.CommonDir)
	defer o.close()
	_, root, err := t.headTree(o)
	if err != nil {
		return staged{}, err
	}
	x, err := openIndex(t.indexPath())
	if err != nil {
		return staged{}, err
	}
	defer func() { _ = x.close() }() // only read
	var s staged
	var intended []string
	entries := map[string]string{}
	tree, err := x.each(func(e *indexEntry) bool {
		switch {
		case e.stage() > 0:
			entries[string(e.name)] = unmergedEntry
		case e.has(flagIntentToAdd):
			intended = append(intended, string(e.name))
		}
		if flag := hiding(e, t.set.sparse); flag != "" {
			s.hidden = append(s.hidden, Item{Name(e.name), flag})
		}
		return ctx.Err() == nil
	})
	if err != nil || ctx.Err() != nil {
		return staged{}, errors.Join(err, ctx.Err())
	}
	if !tree.valid || tree.id != root {
		m, err := readManifest(ctx, x, t.set.sparse)
		if err != nil {
			return staged{}, err
		}
		changes, err := m.staged(ctx, o, root, math.MaxInt)
		if err != nil {
			return staged{}, err
		}
		for _, c := range changes {
			if entries[c.name] == "" {
				entries[c.name] = stagedValue(c.index)
			}
		}
	}
	for _, name := range intended {
		s.intent = append(s.intent, Item{Name(name), intentToAddTag})
		if root.IsZero() {
			delete(entries, name)
			continue
		}
		head, err := o.file(root, name)
		if err != nil {
			return staged{}, err
		}
		if !head.present() {
			delete(entries, name)
		}
	}
	for name, value := range entries {
		s.changes = append(s.changes, Item{Name(name), value})
	}
	slices.SortFunc(s.changes, func(a, b Item) int { return compareNames(a.Name, b.Name) })
	return s, ctx.Err()
}

// hiding is the flag of an entry that keeps git from looking at its file. In a sparse checkout git sets one of them itself.
func hiding(e *indexEntry, sparse bool) string {
	switch {
	case e.has(flagAssumeValid):
		return assumeFlag
	case e.has(flagSkipWorktree) && !sparse:
		return skipFlag
	}
	return ""
}

func stagedValue(f File) string {
	if !f.present() {
		return deletedEntry
	}
	return f.String()
}

// askStaged lets git read the index.
func (t marker) askStaged(ctx context.Context) (staged, error) {
	var s staged
	var broken brokenFilters // what is staged goes through none
	out, err := t.env.status(ctx, &broken, "status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-renames")
	if err != nil {
		return s, err
	}
	records := map[string]record{}
	if err := parseStatus(out, records); err != nil {
		return s, err
	}
	for name, r := range records {
		switch {
		case isUnmerged(r.xy):
			s.changes = append(s.changes, Item{Name(name), unmergedEntry})
		case r.xy[0] != ' ':
			s.changes = append(s.changes, Item{Name(name), stagedValue(r.index)})
		}
		if r.xy[1] == 'A' && !isUnmerged(r.xy) {
			s.intent = append(s.intent, Item{Name(name), intentToAddTag})
		}
	}
	slices.SortFunc(s.changes, func(a, b Item) int { return compareNames(a.Name, b.Name) })
	if out, err = t.env.run(ctx, "ls-files", "-v", "-z"); err != nil {
		return s, err
	}
	for line := range strings.SplitSeq(string(out), "\x00") {
		flag, name, _ := strings.Cut(line, " ")
		switch {
		case flag != "" && flag[0] >= 'a':
			s.hidden = append(s.hidden, Item{Name(name), assumeFlag})
		case flag == "S" && !t.set.sparse:
			s.hidden = append(s.hidden, Item{Name(name), skipFlag})
		}
	}
	return s, nil
}

func isUnmerged(xy string) bool { return slices.Contains(unmergedXY[:], xy) }
