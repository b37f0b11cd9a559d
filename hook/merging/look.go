package merging

import (
	"context"
	"slices"

	"stopgate/hook/actor"
	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/integration"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// Complete completes the fact of a branch-manager's stop, and returns the findings about it, never nil. If nothing can be compared, as in a
// recording, it uses the branch-manager's own report.
func Complete(s *scene.Scene, fact *record.Fact, seen integration.Evidence, run integration.Account) []rule.Finding {
	if _, compares := s.Observe.(integration.Git); !compares {
		fact.Fact.Outcome = gates.Pass
		if run.Said.Failed() {
			fact.Fact.Outcome, fact.Fact.Issues = gates.Fail, run.Said.Issues
		}
		return []rule.Finding{}
	}
	var notes []rule.Finding
	fact.Fact.Outcome, fact.Fact.Issues, notes = seen.Outcome(run)
	fact.Fact.Tree = seen.Tree
	fact.Fact.Mendable = fact.Fact.Outcome == gates.Fail && !run.Said.Failed() && seen.Mendable()
	fact.Fact.Holds = fact.Fact.Outcome == gates.Fail && seen.Commit != "" && seen.Made
	if fact.Fact.Outcome == gates.Committed || fact.Fact.Holds {
		fact.Commit = seen.Commit
	}
	return append([]rule.Finding{}, notes...)
}

// Gone completes the end of a branch-manager of this session that is not at work any more and whose stop was not seen: git shows how far it came.
func Gone(ctx context.Context, s *scene.Scene, t *record.Task, end gates.Fact) record.Fact {
	fact, before := record.Fact{Worktree: t.Worktree, Fact: end}, s.History(ctx).LaunchOf(t.MergeCall())
	if _, compares := s.Observe.(integration.Git); !compares || before == nil {
		return fact
	}
	Complete(s, &fact, Look(ctx, s, actor.Agent{}, t, before), integration.Account{Merging: true})
	switch fact.Fact.Mendable = false; {
	case fact.Fact.Holds:
		fact.Fact.Issues = slices.Concat(end.Issues, fact.Fact.Issues)
	case fact.Fact.Outcome == gates.Fail: // a commit that is near may be of another task
		fact.Fact.Issues = append(slices.Clone(end.Issues), "git shows no commit of exactly the work that passed")
	}
	return fact
}

// integrationWithin is the time limit for inspecting a branch-manager's work.
const integrationWithin = 2 * look.Within

// Look returns what git shows of a branch-manager's work on a task. before is the record of its launch; nil if there is none.
func Look(ctx context.Context, s *scene.Scene, a actor.Agent, t *record.Task, before *record.Launch) integration.Evidence {
	looking, done := context.WithTimeout(ctx, integrationWithin)
	defer done()
	in := integration.Inquiry{Worktree: t.Worktree, Target: launch.ReadTarget(a.Prompt)}
	if t.State.Committed {
		in.Commit = t.Commit
	}
	if before != nil && before.Baseline.Marked != nil {
		in.Then, in.Marks, in.Main = before.Baseline.Snapshot, &before.Baseline.Marked.Marks, before.Baseline.Main
	}
	in.Home, _ = s.Grounds().Main()
	if where := s.Grounds().FindSite(t.Worktree, ""); where.Problem == site.Found {
		in.Place, in.Found = where.Place, true
	}
	if session, _ := s.Grounds().Home(in.Place); in.Target == "" && session.Linked() {
		in.Target = session.Branch()
	}
	rules := cleanup.Rules(s.Config(ctx))
	in.Options, in.Ignore = cleanup.ScanOptions(rules), func(survey worktree.Survey) []string { return cleanup.ByProducts(rules, survey) }
	return withoutPassed(ctx, s, t, integration.Look(looking, s.Observe, in))
}

// withoutPassed takes out what belongs to the work of other tasks that have passed their gates, and that may be merged at the same time.
func withoutPassed(ctx context.Context, s *scene.Scene, t *record.Task, seen integration.Evidence) integration.Evidence {
	for _, other := range s.Tasks(ctx).All() {
		if launch.TaskKey(other.State.Task) == launch.TaskKey(t.State.Task) || !other.State.HasPassed() {
			continue
		}
		has, _ := other.Reported()
		seen.Beyond = slices.DeleteFunc(seen.Beyond, has)
		where := s.Grounds().FindSite(other.Worktree, "")
		seen.Moved = slices.DeleteFunc(seen.Moved, func(c worktree.MarkChange) bool {
			return c.Kind == marks.BranchMoved && where.Problem == site.Found && string(c.Name) == "refs/heads/"+where.Place.Branch()
		})
	}
	return seen
}

// AsksForMain reports whether a prompt asks for a merge into a main branch.
func AsksForMain(s *scene.Scene, prompt string) bool {
	home, _ := s.Grounds().Main()
	target := launch.ReadTarget(prompt)
	return slices.ContainsFunc(launch.MergesInto(prompt), func(name string) bool {
		return integration.IsMainBranch(name, home.Branch()) || target != "" && name == target
	})
}
