package merging

import (
	"context"
	"sync"

	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/guard"
	"stopgate/hook/integration"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/worktree"
)

// HeldBack returns the reason why the branch-manager must not run a git command that writes: it would commit, merge, push or discard the work of a
// task whose gates have not passed, no person agreed to the launch, or it would destroy what others edit in the main worktree or in the session's, or
// have pushed to a main branch. It returns "" if the command may run.
func HeldBack(ctx context.Context, s *scene.Scene, git guard.Git, r guard.Resolved, effect guard.Effect) string {
	if integrating(r.Kind) {
		if refused := crosscheck.MergeUse(ctx, s); refused != "" {
			return refused + ". Change nothing, and report that."
		}
	}
	home, found := s.Grounds().Main()
	session, _ := s.Grounds().Home(worktree.Place{})
	if found && (effect.Root == home.Root || effect.Root == session.Root) {
		if names := guard.Destroys(ctx, git, r, effect); len(names) > 0 {
			return step.Destroys(names)
		}
	}
	at, _ := worktree.Locate(effect.Root)
	for _, branch := range guard.Overwrites(r, at.Branch()) {
		if branch == "" || integration.IsMainBranch(branch, home.Branch()) {
			return step.Overwrites(branch)
		}
	}
	reach := sync.OnceValue(func() guard.Reach {
		return guard.ReachOf(ctx, git, r, effect, home)
	})
	for _, t := range openWork(ctx, s) {
		if asked := t.State.Asked; asked != nil && asked.Answer == "" && asked.Ended == "" {
			continue // the host writes down who agreed only when an agent in the foreground has ended
		}
		allowed := t.State.Allows(operation(s, r.Kind, effect.Root, true))
		where := s.Grounds().FindSite(t.Worktree, "")
		if allowed.Action != gates.Allow && where.Problem == site.Found && reach().Concerns(ctx, where.Place) {
			return step.WorkHeld(t.State.Task, !integrating(r.Kind), allowed)
		}
	}
	return ""
}
