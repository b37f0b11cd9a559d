package merging

import (
	"context"
	"fmt"

	"stopgate/hook/actor"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/integration"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
)

// begin records that the session itself is about to commit, merge or push the work of a task, which it may do. From then on it counts as the task's
// branch-manager: a commit changes the worktree, but the push that follows is still of what passed. Its work is inspected at the end of the turn.
func begin(ctx context.Context, s *scene.Scene, t *record.Task) {
	where := s.Grounds().FindSite(t.Worktree, "")
	if t.State.Merging || where.Problem != site.Found || s.Event.SessionID == "" {
		return
	}
	now := look.Baseline(ctx, s, where.Place).Bounded()
	now.ToolUseID, now.Role, now.Worktree = callOf(s, t), launch.MergeRole, t.Worktree
	tree := t.State.Tree
	scene.UpdateTask(ctx, s, t.State.Task, func(t *record.Task) (bool, []record.Entry) {
		fact := ownFact(s, t, gates.BranchManagerLaunched)
		fact.Fact.Tree = tree
		t.Take(s.Event.SessionID, fact)
		return true, []record.Entry{now.Entry("", t.State.Task), fact.Entry()}
	})
}

// Ended records what the session itself has committed, merged or pushed of the work of tasks in the turn that ends, and what was done by hand. It
// returns the steps that follow.
func Ended(ctx context.Context, s *scene.Scene) []*step.Step {
	if len(s.Event.BackgroundTasks) > 0 {
		return nil // an agent at work may do it
	}
	batch := step.Batch{Event: s.Event.HookEventName}
	for _, t := range s.Tasks(ctx).Open() {
		own := isOwn(s, t)
		fact, ok := record.Fact{}, own
		if own {
			fact = ownEnd(ctx, s, t)
		} else {
			fact, ok = mergedByHand(ctx, s, SeeByHand(ctx, s, t))
		}
		if !ok {
			continue
		}
		next, recorded := scene.UpdateTask(ctx, s, t.State.Task, func(t *record.Task) (*step.Step, []record.Entry) {
			if own != isOwn(s, t) || !own && (t.State.Tree != fact.Fact.Tree || t.State.Done) {
				return nil, nil // another process has recorded it
			}
			entries := []record.Entry{fact.Entry()}
			if note, ok := unapproved(t, fact); ok {
				entries = append(entries, note.Entry())
			}
			next := t.OwedStep(rule.Ended, t.Answer(s.Event.SessionID, fact))
			if next == nil {
				return nil, entries
			}
			if !batch.Fits(next) {
				return nil, nil // it is found again at the end of the next turn
			}
			return next, append(entries, record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, false)))
		})
		if next != nil && recorded { // otherwise it is found again
			batch.Add(next)
		}
	}
	return batch.Steps
}

// isOwn reports whether the session itself is committing, merging or pushing the work of the task.
func isOwn(s *scene.Scene, t *record.Task) bool {
	return t.State.Merging && t.State.Merger == s.Event.SessionID && s.Event.SessionID != ""
}

// ownEnd returns what the session itself came to with the work of a task.
func ownEnd(ctx context.Context, s *scene.Scene, t *record.Task) record.Fact {
	seen := Look(ctx, s, actor.Agent{}, t, s.History(ctx).LaunchOf(callOf(s, t)))
	fact := ownFact(s, t, gates.BranchManagerDone)
	fact.Fact.Stop = quote.Digest("own merge", s.Event.SessionID, t.State.Task, fmt.Sprint(len(t.State.History)))
	Complete(s, &fact, seen, integration.Account{
		Merging: seen.Nearest != "" || seen.Commit != "" && (seen.Made || t.State.Committed), Decided: t.State.Override != nil && !t.State.HasPassed(),
	})
	return fact
}

// callOf returns an id for the session's own work on a task, as a tool use has for a launch.
func callOf(s *scene.Scene, t *record.Task) string {
	return "own:" + quote.Digest(s.Event.SessionID, launch.TaskKey(t.State.Task))
}

func ownFact(s *scene.Scene, t *record.Task, kind gates.Kind) record.Fact {
	return record.Fact{Worktree: t.Worktree, Fact: gates.Fact{Kind: kind, Task: t.State.Task, At: s.Now().UTC(), Agent: s.Event.SessionID, Call: callOf(s, t)}}
}
