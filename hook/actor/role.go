package actor

import (
	"cmp"
	"context"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
)

// AtLaunch returns the role for which an agent is being launched, and for launch.GateRole the name of its gate. The marker of the prompt decides.
// Without one, the agent is a gate that the task needs now if it has the gate's name or is asked for that gate's work: pipelines use coding agents,
// ops agents and others as reviewers. Otherwise its type decides. A gate for work that no coding agent was seen to do is not part of the protocol.
func AtLaunch(ctx context.Context, s *scene.Scene, agentType, prompt string) (role launch.Role, gate string) {
	role, gate = launch.RoleOf(s.Config(ctx), agentType, prompt)
	asked := launch.ReadAssignment(prompt)
	if _, marked := launch.ReadMarker(prompt); marked || role == launch.MergeRole {
		return role, gate
	}
	if role == launch.GateRole {
		if worksOnNone(ctx, s, asked) {
			return launch.OtherRole, ""
		}
		return role, gate
	}
	if role == launch.NoRole && !launch.AsksForReview(prompt) {
		return role, gate
	}
	known := false
	for _, t := range everyones(ctx, s) {
		if !IsFor(s, asked, t) {
			continue
		}
		known = true
		owed := t.State.Owed()
		if owed.Action != gates.Deploy {
			continue
		}
		if gate := launch.OwedGate(owed.Gates, agentType, prompt); gate != "" {
			return launch.GateRole, gate
		}
	}
	if role == launch.CodingRole && launch.AsksForReview(prompt) {
		for _, t := range s.Tasks(ctx).Open() { // the gate may be early: then it is refused with the reason
			if gate := launch.OwedGate(t.State.Unpassed(), agentType, prompt); gate != "" && IsFor(s, asked, t) {
				return launch.GateRole, gate
			}
		}
		if known || asked.TaskID == "" {
			return launch.OtherRole, ""
		}
	}
	return role, gate
}

// worksOnNone reports whether a launch with that assignment names a task, and that task is unknown.
func worksOnNone(ctx context.Context, s *scene.Scene, asked launch.Assignment) bool {
	if asked.TaskID == "" {
		return false
	}
	return !slices.ContainsFunc(everyones(ctx, s), func(t *record.Task) bool {
		return IsFor(s, asked, t) || launch.SameFamily(asked.TaskID, t.State.Task) || asked.WorktreePath != "" && sameWorktree(s, asked.WorktreePath, t.Worktree)
	})
}

// everyones returns the tasks of the session, and the pending ones of every session: a person may go on in a new one.
func everyones(ctx context.Context, s *scene.Scene) []*record.Task {
	return slices.Concat(s.Tasks(ctx).All(), s.Pending(ctx))
}

// IsFor reports whether a launch with that assignment is for the task: it names the task or a unit of it, or it names the task's worktree and no
// other task.
func IsFor(s *scene.Scene, asked launch.Assignment, t *record.Task) bool {
	switch {
	case asked.TaskID == "":
		return asked.WorktreePath != "" && sameWorktree(s, asked.WorktreePath, t.Worktree)
	case launch.TaskKey(asked.TaskID) == launch.TaskKey(t.State.Task):
		return true
	}
	return launch.SameFamily(asked.TaskID, t.State.Task) && asked.WorktreePath != "" && sameWorktree(s, asked.WorktreePath, t.Worktree)
}

// sameWorktree reports whether two paths lead to the same worktree.
func sameWorktree(s *scene.Scene, a, b string) bool {
	if a == b || s.Grounds().Repository == nil || a == "" || b == "" {
		return a == b
	}
	x, _ := s.Grounds().Find(a)
	y, _ := s.Grounds().Find(b)
	return x.Place.GitDir != "" && x.Place.GitDir == y.Place.GitDir
}

// LaunchedAs returns the role and gate of a launched agent: by the marker of its prompt, by the record of its launch, or by its type. A message
// that resumes the agent does not change them.
func LaunchedAs(ctx context.Context, s *scene.Scene, agentID, agentType, prompt string) (role launch.Role, gate string) {
	role, gate = launch.RoleOf(s.Config(ctx), agentType, prompt)
	if _, marked := launch.ReadMarker(prompt); marked {
		return role, gate
	}
	if launched := s.LaunchOf(ctx, agentID); launched != nil && launched.Role != launch.NoRole {
		return launched.Role, cmp.Or(launched.Gate, gate)
	}
	return role, gate
}

// RoleOf returns the role of an agent by its launch or its type. An agent without a role has that of the nearest agent above it. An agent that an
// orchestrator launched does not work for any other agent.
func RoleOf(ctx context.Context, s *scene.Scene, id, agentType string) launch.Role {
	for _, relative := range s.Lineage(id) {
		if relative.ID != id {
			agentType = relative.Meta.AgentType
		}
		if Orchestrates(ctx, s, relative.ID, agentType) {
			break
		}
		if role, _ := LaunchedAs(ctx, s, relative.ID, agentType, ""); role != launch.NoRole {
			return role
		}
	}
	return launch.NoRole
}
