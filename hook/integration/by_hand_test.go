package integration_test

import (
	"context"
	"testing"

	"stopgate/hook/gates"
	"stopgate/hook/integration"
	"stopgate/hook/worktree"
)

// onBranches is an observer for which these branches contain every commit.
type onBranches struct {
	commits
	branches []string
}

func (o onBranches) BranchesWith(context.Context, worktree.Place, string) ([]string, error) {
	return o.branches, nil
}

// Only work that has passed and is committed is merged, and only if a main branch has it.
func TestMergedByHand(t *testing.T) {
	passed := gates.State{Task: "T-1", Phase: gates.Authorise, Verified: true, Tree: "A"}
	clean := worktree.Survey{Fingerprint: "A", Head: commit}
	with := func(edit func(*integration.ByHand)) integration.ByHand {
		b := integration.ByHand{
			State: passed, Files: []string{"a.go"}, Total: 2,
			Place: worktree.Place{Root: t.TempDir(), GitDir: "w"}, Home: worktree.Place{Root: t.TempDir(), GitDir: "m"},
		}
		edit(&b)
		return b
	}
	for _, c := range []struct {
		name string
		b    integration.ByHand
		now  worktree.Survey
		on   string
		want bool
	}{
		{"merged", with(func(*integration.ByHand) {}), clean, "refs/heads/main", true},
		{"on its branch alone", with(func(*integration.ByHand) {}), clean, "refs/heads/T-1", false},
		{"another tree", with(func(*integration.ByHand) {}), worktree.Survey{Fingerprint: "B", Head: commit}, "refs/heads/main", false},
		{"not seen", with(func(*integration.ByHand) {}), worktree.Survey{Fingerprint: "A", Head: commit, Incomplete: "no time"}, "refs/heads/main", false},
		{"committed by the branch-manager", with(func(b *integration.ByHand) { b.State.Committed, b.Commit = true, commit }), worktree.Survey{}, "refs/heads/main", true},
		{"committed by nobody known", with(func(b *integration.ByHand) { b.State.Committed = true }), worktree.Survey{}, "refs/heads/main", false},
		{"gates owed", with(func(b *integration.ByHand) {
			b.State.Gates = []gates.GateState{{Gate: gates.Gate{Name: "tests"}, Needed: true}}
		}), clean, "refs/heads/main", false},
		{"on hold", with(func(b *integration.ByHand) { b.State.Hold = gates.HeldViolation }), clean, "refs/heads/main", false},
		{"no work", with(func(b *integration.ByHand) { b.Total = 0 }), clean, "refs/heads/main", false},
		{"in the main worktree, committed before the gates", with(func(b *integration.ByHand) { b.Home = b.Place }), clean, "refs/heads/main", false},
		{"in the main worktree, committed by hand", with(func(b *integration.ByHand) { b.Home, b.Made = b.Place, true }), clean, "refs/heads/main", true},
	} {
		if got := c.b.Merged(t.Context(), onBranches{branches: []string{c.on}}, c.now); (got == commit) != c.want || got != "" && got != commit {
			t.Errorf("%s: %q, want %t", c.name, got, c.want)
		}
	}
}
