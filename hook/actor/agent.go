// Package actor tells who an agent is in the gate protocol: its role and its gate, the task and the worktree that it is for, and the coding
// agent whose rules its tool calls have to keep.
package actor

import (
	"context"
	"slices"

	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// Agent is an agent with a place in the protocol that does not code: a gate, the branch-manager or an ops agent.
type Agent struct {
	Role   launch.Role
	Gate   string // the name of the gate, for launch.GateRole; "" for any other role
	Prompt string // of its launch
	Task   string // "" if it is unknown
	// Place is the task's worktree, if Found is true. Worktree is the path by which the orchestrator knows it; "" if it is unknown.
	Place    worktree.Place
	Found    bool
	Worktree string
	// Launch is what was recorded when it was launched; nil if nothing was.
	Launch *record.Launch
}

// FindTask finds the task and the worktree of an agent: by the marker of its launch, or by what its prompt names. A branch-manager whose
// prompt names neither is for the only task that is open.
func FindTask(ctx context.Context, s *scene.Scene, a Agent, asked launch.Assignment) Agent {
	a.Task = asked.TaskID
	if m, ok := launch.ReadMarker(a.Prompt); ok {
		a.Task = m.Task
	}
	a.Task = launch.ShortTask(a.Task)
	where := s.Grounds().FindSite(asked.WorktreePath, "")
	if where.Problem == site.Found {
		a.Worktree = s.Grounds().Name(where.Place)
	}
	known := a.onlyTask(s.Tasks(ctx).Open())
	if known == nil && a.Task != "" && a.Role != launch.MergeRole {
		known = relative(ctx, s, a)
	}
	if known != nil {
		a.Task = known.State.Task
		if where.Problem != site.Found && known.Worktree != "" {
			where, a.Worktree = s.Grounds().FindSite(known.Worktree, ""), known.Worktree
		}
	}
	a.Place, a.Found = where.Place, where.Problem == site.Found
	return a
}

// relative is the open task that a launch for a unit or for the parent of it means: the one in the same worktree, or the only one. nil if the
// task in the launch is known itself, or there is none.
func relative(ctx context.Context, s *scene.Scene, a Agent) *record.Task {
	tasks := s.Tasks(ctx)
	if t := tasks.Find(a.Task); t != nil && t.State.Phase != "" {
		return nil
	}
	var kin []*record.Task
	for _, t := range tasks.Open() {
		if launch.SameFamily(t.State.Task, a.Task) && (a.Worktree == "" || t.Worktree == a.Worktree) {
			kin = append(kin, t)
		}
	}
	if len(kin) == 0 || a.Worktree == "" && len(kin) > 1 {
		return nil
	}
	return kin[0]
}

// Family are the other open tasks that share the task's worktree and are units of one parent, or that parent: what passes for one passes for
// all.
func Family(ctx context.Context, s *scene.Scene, a Agent) []*record.Task {
	if a.Worktree == "" || a.Task == "" {
		return nil
	}
	return slices.DeleteFunc(s.Tasks(ctx).Open(), func(t *record.Task) bool {
		return launch.TaskKey(t.State.Task) == launch.TaskKey(a.Task) || t.Worktree != a.Worktree || !launch.SameFamily(t.State.Task, a.Task)
	})
}

// onlyTask is the only one of the tasks that the agent can be for; nil if there is none or more than one.
func (a Agent) onlyTask(open []*record.Task) *record.Task {
	var only *record.Task
	for _, t := range open {
		if !a.canBeFor(t) {
			continue
		}
		if only != nil {
			return nil
		}
		only = t
	}
	return only
}

func (a Agent) canBeFor(t *record.Task) bool {
	switch {
	case a.Task != "":
		return launch.TaskKey(t.State.Task) == launch.TaskKey(a.Task)
	case a.Worktree != "":
		return t.Worktree == a.Worktree
	}
	return a.Role == launch.MergeRole
}

// Survey looks at the task's worktree as it is now; the zero Survey if there is none.
func Survey(ctx context.Context, s *scene.Scene, a Agent, base worktree.Base) worktree.Survey {
	if !a.Found {
		return worktree.Survey{}
	}
	return look.Survey(ctx, s, a.Place, base)
}

// Mergeable are the tasks that a branch-manager with that assignment works on: the one that it names, else the units of that one, that are
// not done.
func Mergeable(ctx context.Context, s *scene.Scene, a Agent) []*record.Task {
	var units []*record.Task
	for _, t := range s.Tasks(ctx).Open() {
		switch {
		case launch.TaskKey(t.State.Task) == launch.TaskKey(a.Task):
			return []*record.Task{t}
		case a.Task != "" && launch.IsUnit(t.State.Task, a.Task):
			units = append(units, t)
		}
	}
	return units
}
