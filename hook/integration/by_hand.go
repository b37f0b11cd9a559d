package integration

import (
	"context"
	"slices"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/worktree"
)

// ByHand is a task whose work somebody may have committed or merged without a branch-manager. Usually that is the person.
type ByHand struct {
	// State is the state of the task, and Commit the commit with its work if State.Committed. Files are the work's files, or the first of Total.
	State  gates.State
	Commit string
	Files  []string
	Total  int
	// Made means that the work was found committed by hand before.
	Made bool
	// Heads are commits that HEAD of its worktree was at when State.Tree was read; "" for unknown ones.
	Heads []string
	// Place is its worktree, Home the main worktree. Options are for walking them.
	Place, Home worktree.Place
	Options     worktree.ScanOptions
}

// Kept reports whether HEAD has moved since State.Tree was read, and every file is as it was. Then now is the present state of the worktree, in which
// nothing is unknown.
func (b ByHand) Kept(ctx context.Context, observe Observer) (now worktree.Survey, kept bool) {
	s := b.State
	if s.Tree == "" || s.Working || s.Merging || s.Committed || s.Done || s.Bypassed || s.Hold == gates.HeldViolation {
		return now, false // or an agent may have committed it
	}
	head := worktree.HeadCommit(b.Place)
	for _, before := range b.Heads {
		if before == "" || before == head {
			continue
		}
		now = observe.Survey(ctx, b.Place, worktree.Base{Revision: before}, b.Options)
		if now.OnBase == s.Tree && now.Fingerprint != "" && now.Head != before {
			return now, true
		}
	}
	return now, false
}

// Merged returns the commit with all of the work that passed, if a main branch contains it or has all of its files, and "" if none does or if that is
// unknown. now is the present state of the worktree.
func (b ByHand) Merged(ctx context.Context, observe Observer, now worktree.Survey) (commit string) {
	git, compares := observe.(Git)
	if !compares || !b.State.MayBeMerged() || b.Total == 0 || b.Place.Root == b.Home.Root && !b.Made {
		return "" // in the main worktree, a coding agent may have committed the work before the gates
	}
	commit = b.Commit
	if !b.State.Committed {
		if !now.Clean() || now.Fingerprint != b.State.Tree {
			return ""
		}
		commit = now.Head
	}
	if commit == "" {
		return ""
	}
	branches, err := git.BranchesWith(ctx, b.Place, commit)
	isMain := func(ref string) bool { return IsMainBranch(strings.TrimPrefix(ref, "refs/heads/"), b.Home.Branch()) }
	if err != nil || !slices.ContainsFunc(branches, isMain) && !b.isSquashed(ctx, observe) {
		return ""
	}
	return commit
}

// isSquashed reports whether the commit of the main worktree has every file of the work as it is in the task's worktree. So it is after a merge that
// makes one new commit of the work, as a pull request does.
func (b ByHand) isSquashed(ctx context.Context, observe Observer) bool {
	main := worktree.HeadCommit(b.Home)
	if main == "" || len(b.Files) < b.Total {
		return false
	}
	states := observe.Claims(ctx, b.Place, b.Files, worktree.Base{Revision: main})
	differs := func(s worktree.PathState) bool {
		return s.Change != worktree.Unchanged && (s.Change != worktree.Missing || s.Base.Present())
	}
	return len(states) == len(b.Files) && !slices.ContainsFunc(states, differs)
}
