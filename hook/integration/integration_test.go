package integration_test

import (
	"context"
	"strings"
	"testing"

	"stopgate/hook/gates"
	"stopgate/hook/integration"
	"stopgate/hook/report"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// A branch-manager's own statements count only against it.
func TestOutcome(t *testing.T) {
	merged := integration.Evidence{Worktree: "./trees/T-1", Commit: commit, Made: true, Branches: []string{"refs/heads/T-1", "refs/heads/main"}, Main: "refs/heads/main"}
	committed := integration.Evidence{Commit: commit, Made: true, Branches: []string{"refs/heads/T-1"}}
	with := func(e integration.Evidence, edit func(*integration.Evidence)) integration.Evidence {
		edit(&e)
		return e
	}
	tag := []worktree.MarkChange{{Kind: marks.TagCreated, Name: "refs/tags/v9", To: commit}}
	for _, c := range []struct {
		name    string
		seen    integration.Evidence
		said    report.Branch
		setUp   bool // it was not to commit or merge
		decided bool // by the person, without the gates
		ran     []string
		asked   string
		want    gates.Outcome
		issue   string // in the issues
		finding string // in the notes
	}{
		{name: "merged", seen: merged, want: gates.Pass, finding: "can be reached from"},
		{name: "merged, and says that it failed", seen: merged, said: report.Branch{Status: "error", Message: "no rights"}, want: gates.Fail, issue: "no rights"},
		{name: "merged, and names no reason", seen: merged, said: report.Branch{Status: "error"}, want: gates.Fail, issue: "it reports an error"},
		{name: "merged as the person decided", seen: merged, decided: true, want: gates.Pass, finding: "has the work that the person decided about; it can be reached from"},
		{name: "committed", seen: committed, want: gates.Committed, finding: "on no main branch"},
		{name: "committed with a detached HEAD", seen: with(committed, func(e *integration.Evidence) { e.Branches = nil }), want: gates.Committed, finding: "is on no branch; give it one before its worktree is removed: git branch NAME 0123456789"},
		{name: "a commit hook changed a file", seen: integration.Evidence{Nearest: commit, Held: worktree.Held{Missing: []string{"src/a.js"}}}, want: gates.Fail, issue: `different from what passed: "src/a.js"; as a commit hook does that changes files`},
		{name: "says success, and committed nothing", said: report.Branch{Status: "success"}, want: gates.Fail, issue: "no commit of the work"},
		{name: "set a worktree up", setUp: true, want: gates.Nothing},
		{name: "had to set up, and the work was committed before", seen: with(committed, func(e *integration.Evidence) { e.Made = false }), setUp: true, want: gates.Nothing},
		{name: "committed something else", seen: integration.Evidence{Nearest: commit, Held: worktree.Held{Missing: []string{"src/a.js"}, Added: []string{"b.js"}}}, want: gates.Fail, issue: `different from what passed: "src/a.js"; committed, but not part of what passed: "b.js"`},
		{name: "committed nothing", seen: integration.Evidence{Worktree: "./trees/T-1", Uncommitted: []string{"rest.js"}}, want: gates.Fail, issue: `uncommitted changes: "rest.js"`},
		{name: "the person edits meanwhile", seen: with(merged, func(e *integration.Evidence) { e.Uncommitted = []string{"rest.js"} }), want: gates.Pass, finding: `ask the person before it is removed: "rest.js"`},
		{name: "could not be seen", seen: integration.Evidence{Unseen: "its launch was not seen"}, want: gates.Fail, issue: "it is unknown what was committed: its launch was not seen"},
		{name: "could not be seen, and was only to set up", seen: integration.Evidence{Unseen: "its launch was not seen"}, setUp: true, want: gates.Nothing},
		{name: "rebased", seen: with(merged, func(e *integration.Evidence) { e.Branches = nil }), want: gates.Pass, finding: "in another commit"},
		{name: "a tag of its own beside it", seen: with(merged, func(e *integration.Evidence) { e.Moved = tag }), ran: []string{"git tag v9"}, want: gates.Fail, issue: "it changed something else"},
		{name: "a tag that its prompt asks for", seen: with(merged, func(e *integration.Evidence) { e.Moved = tag }), ran: []string{"git tag v9"}, asked: "Merge T-1 and tag it v9.", want: gates.Pass, finding: "as its prompt asks"},
		{name: "a tag with a longer name than it is asked for", seen: with(merged, func(e *integration.Evidence) { e.Moved = tag }), ran: []string{"git tag v9"}, asked: "Merge T-1 and tag it v91.", want: gates.Fail, issue: "it changed something else"},
		{name: "more than the work in a merge", seen: with(merged, func(e *integration.Evidence) { e.Beyond = []string{"README.md"} }), want: gates.Pass, finding: `"main" also has changes that no gate has passed, made since the launch; show them to the person: "README.md"`},
		{name: "a person's tag beside it", seen: with(merged, func(e *integration.Evidence) { e.Moved = tag }), ran: []string{"git merge T-1"}, want: gates.Pass, finding: "nothing shows that the branch-manager did it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, issues, notes := c.seen.Outcome(integration.Account{Said: c.said, Merging: !c.setUp, Decided: c.decided, Ran: c.ran, Asked: c.asked})
			var said []string
			for _, n := range notes {
				said = append(said, n.Message)
			}
			if got != c.want || !strings.Contains(strings.Join(issues, "\n"), c.issue) || !strings.Contains(strings.Join(said, "\n"), c.finding) {
				t.Errorf("%v, issues %q, notes %q; want %v, %q, %q", got, issues, said, c.want, c.issue, c.finding)
			}
			if (got == gates.Fail) != (len(issues) > 0) {
				t.Errorf("%v with %d issues", got, len(issues))
			}
		})
	}
}

// Nothing is proven if nothing can be compared.
func TestLookWithoutALaunch(t *testing.T) {
	for name, in := range map[string]struct {
		observe integration.Observer
		want    string
	}{
		"an observer that reads no commits": {nil, "commits cannot be read"},
		"no launch":                         {commits{}, "its launch was not seen"},
	} {
		if seen := integration.Look(t.Context(), in.observe, integration.Inquiry{Worktree: "./trees/T-1"}); seen.Commit != "" || !strings.Contains(seen.Unseen, in.want) {
			t.Errorf("%s: %+v", name, seen)
		}
	}
}

// commits is an observer that reads commits. This test needs none.
type commits struct{ integration.Observer }

func (commits) Held(context.Context, worktree.Place, string, worktree.Snapshot) (worktree.Held, error) {
	return worktree.Held{}, nil
}

func (commits) BranchesWith(context.Context, worktree.Place, string) ([]string, error) {
	return nil, nil
}

func (commits) Applied(context.Context, worktree.Place, string, string) (bool, error) {
	return false, nil
}
