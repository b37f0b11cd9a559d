package hook

import (
	"testing"

	"stopgate/hook/worktree"
)

// TestUndeclaredSeverity: an agent that was alone is sent back for a change that it can list, and for no other.
func TestUndeclaredSeverity(t *testing.T) {
	for _, test := range []struct {
		what   string
		state  worktree.PathState
		base   string
		rivals []Rival
		want   Severity
	}{
		{"its own", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, baseLaunch, nil, Block},
		{"without a snapshot", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, baseHead, nil, Note},
		{"of which the snapshot does not tell", worktree.PathState{Name: "src/a.js", Change: worktree.Added, NoBase: true}, baseLaunch, nil, Note},
		{"beside another agent", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, baseLaunch, []Rival{{AgentID: "a2"}}, Note},
		{"after another agent", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, baseLaunch, []Rival{{AgentID: "a2", Earlier: true}}, Note},
		{"whose name is not UTF-8", worktree.PathState{Name: "src/\xfe.js", Change: worktree.Added}, baseLaunch, nil, Note},
		{"of Vim", worktree.PathState{Name: "src/.a.js.swp", Change: worktree.Added}, baseLaunch, nil, Note},
		{"of Emacs", worktree.PathState{Name: "src/#a.js#", Change: worktree.Added}, baseLaunch, nil, Note},
		{"of an editor, tracked", worktree.PathState{Name: "src/a.js~", Change: worktree.Modified}, baseLaunch, nil, Block},
		{"with almost such a name", worktree.PathState{Name: "src/a.swp", Change: worktree.Added}, baseLaunch, nil, Block},
		{"in a folder of such a name", worktree.PathState{Name: "a~/b.js", Change: worktree.Added}, baseLaunch, nil, Block},
	} {
		found := verifyUndeclared(Evidence{Base: test.base, Rivals: test.rivals, Undeclared: []worktree.PathState{test.state}})
		if len(found) != 1 || found[0].Rule != ChangeUndeclared || found[0].Severity != test.want {
			t.Errorf("%s: %+v, want one change-undeclared of severity %s", test.what, found, test.want)
		}
	}
}
