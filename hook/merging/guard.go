package merging

import (
	"context"

	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/guard"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
)

// HeldBack returns the reason why the branch-manager may not commit, merge or push there: the gates of a task whose worktree it is in, or whose
// branch the command names, have not passed, or no person agreed to its launch. It returns "" if it may, or if the command concerns no task.
func HeldBack(ctx context.Context, s *scene.Scene, r guard.Resolved, effect guard.Effect) string {
	if refused := crosscheck.MergeUse(ctx, s); refused != "" {
		return refused + ". Change nothing, and report that."
	}
	for _, t := range s.Tasks(ctx).Open() {
		where := s.Grounds().FindSite(t.Worktree, "")
		if where.Problem != site.Found || where.Place.Root != effect.Root && !names(r.Args, where.Place.Branch()) {
			continue
		}
		if asked := t.State.Asked; asked != nil && asked.Answer == "" && asked.Ended == "" {
			continue // the host writes down who agreed only when an agent in the foreground has ended
		}
		if allowed := t.State.Allows(operation(s, r.Kind, effect.Root, true)); allowed.Action != gates.Allow {
			return step.DenyReason(t.State.Task, gates.BranchManagerAgent, allowed, "")
		}
	}
	return ""
}
