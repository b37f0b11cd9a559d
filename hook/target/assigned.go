package target

import (
	"context"
	"slices"

	"stopgate/hook/actor"
	"stopgate/hook/isolation"
	"stopgate/hook/launch"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/site"
)

// assigned returns the worktrees that the agent was given by its launch and by the message that resumed it. The message is read only if the
// launch's worktree does not contain name.
func assigned(ctx context.Context, s *scene.Scene, name string) []string {
	if s.Grounds().Repository == nil {
		return nil
	}
	var roots []string
	launched := s.LaunchOf(ctx, actor.Coder(ctx, s).ID)
	if launched != nil && launched.Isolated {
		if own, ok := isolation.At(s, launched); ok {
			return []string{own.Root}
		}
	}
	if own, ok := isolation.Own(s, false); ok {
		return []string{own.Root}
	}
	if launched != nil {
		roots = appendRoot(s, roots, launched.Worktree)
	}
	if !site.WithinAny(roots, name) {
		agent := session.Peer(ctx, s, actor.Coder(ctx, s).ID)
		roots = appendRoot(s, roots, launch.ReadAssignment(agent.Prompt).WorktreePath)
		roots = appendRoot(s, roots, launch.AssignmentOf(agent).WorktreePath)
	}
	return roots
}

// appendRoot adds the root of the worktree that path names, if it is found and new.
func appendRoot(s *scene.Scene, roots []string, path string) []string {
	if path == "" {
		return roots
	}
	where, _ := s.Grounds().Find(path)
	if where.Problem != site.Found || slices.Contains(roots, where.Place.Root) {
		return roots
	}
	return append(roots, where.Place.Root)
}
