package inspect

import (
	"slices"
	"testing"

	"stopgate/hook/worktree"
)

// TestFollow: an agent is judged by its own files. Gates get all changes in the worktree, listed or not, and those of earlier runs.
func TestFollow(t *testing.T) {
	t.Parallel()
	seen := Evidence{
		Claims:         []Claim{{Path: "README.md"}, {Path: "notes.md"}},
		States:         []worktree.PathState{{Change: worktree.Modified}, {Change: worktree.Unchanged}},
		UnclaimedEdits: []UnclaimedEdit{{State: worktree.PathState{Path: "src/b.js", Change: worktree.Added}}, {Where: "./trees/T-2", State: worktree.PathState{Path: "c.js", Change: worktree.Added}}},
		remaining: []worktree.PathState{
			{Name: "README.md", Change: worktree.Modified}, {Name: "docs/new.md", From: "src/app.js", Change: worktree.Renamed},
		},
	}
	seen.follow([]string{"db/1.sql", "README.md"})
	for what, x := range map[string]struct{ got, want []string }{
		"proven":  {seen.Proven, []string{"README.md"}},
		"touched": {seen.Touched, []string{"README.md", "src/b.js"}},
		"changed": {seen.Changed, []string{"README.md", "docs/new.md", "src/app.js", "db/1.sql"}},
	} {
		if !slices.Equal(x.got, x.want) {
			t.Errorf("%s: %q, want %q", what, x.got, x.want)
		}
	}
}
