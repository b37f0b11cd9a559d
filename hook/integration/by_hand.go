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
	// State is the state of the task, Commit the commit with its work if State.Committed, and Files the number of the work's files.
	State  gates.State
	Commit string
	Files  int
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
	if b.State.Tree == "" || b.State.Working || b.State.Merging || b.State.Committed || b.State.Done {
		return now, false
	}
	head := worktree.HeadCommit(b.Place)
	for _, before := range b.Heads {
		if before == "" || before == head {
			continue
		}
		now = observe.Survey(ctx, b.Place, worktree.Base{Revision: before}, b.Options)
		if now.OnBase == b.State.Tree && now.Fingerprint != "" && now.Head != before {
			return now, true
		}
	}
	return now, false
}

// Merged returns the commit with all of the work that passed, if a main branch contains it, and "" if none does or if that is unknown.
func (b ByHand) Merged(ctx context.Context, observe Observer) (commit string) {
	git, compares := observe.(Git)
	if !compares || !b.State.MayBeMerged() || b.Files == 0 || b.Place.Root == b.Home.Root && !b.Made {
		return "" // in the main worktree, a coding agent may have committed the work before the gates
	}
	commit = b.Commit
	if !b.State.Committed {
		now := observe.Survey(ctx, b.Place, worktree.Base{}, b.Options)
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
	if err != nil || !slices.ContainsFunc(branches, isMain) {
		return ""
	}
	return commit
}
