package hook

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

// protocolAgent is an agent with a place in the protocol that does not code: a gate, the branch-manager or an ops agent.
type protocolAgent struct {
	role   launch.Role
	gate   string // the name of the gate, for GateRole
	prompt string // of its launch
	task   string // "" if it is unknown
	// place is the task's worktree, if found is true; worktree is the path by which the orchestrator knows it.
	place    worktree.Place
	found    bool
	worktree string
	// launch is what was recorded when it was launched; nil if nothing was.
	launch *record.Launch
}

// findTask finds the task and the worktree of an agent: by the marker of its launch, or by what its prompt names. A branch-manager whose
// prompt names neither is for the only task that is open.
func findTask(ctx context.Context, s *scene.Scene, a protocolAgent, asked launch.Assignment) protocolAgent {
	a.task = asked.TaskID
	if m, ok := launch.ReadMarker(a.prompt); ok {
		a.task = m.Task
	}
	a.task = launch.ShortTask(a.task)
	where := s.Grounds().FindSite(asked.WorktreePath, "")
	if where.Problem == site.Found {
		a.worktree = s.Grounds().Name(where.Place)
	}
	known := a.onlyTask(s.Tasks(ctx).Open())
	if known == nil && a.task != "" && a.role != launch.MergeRole {
		known = relative(ctx, s, a)
	}
	if known != nil {
		a.task = known.State.Task
		if where.Problem != site.Found && known.Worktree != "" {
			where, a.worktree = s.Grounds().FindSite(known.Worktree, ""), known.Worktree
		}
	}
	a.place, a.found = where.Place, where.Problem == site.Found
	return a
}

// relative is the open task that a launch for a unit or for the parent of it means: the one in the same worktree, or the only one. nil if the
// task in the launch is known itself, or there is none.
func relative(ctx context.Context, s *scene.Scene, a protocolAgent) *record.Task {
	tasks := s.Tasks(ctx)
	if t := tasks.Find(a.task); t != nil && t.State.Phase != "" {
		return nil
	}
	var kin []*record.Task
	for _, t := range tasks.Open() {
		if launch.SameFamily(t.State.Task, a.task) && (a.worktree == "" || t.Worktree == a.worktree) {
			kin = append(kin, t)
		}
	}
	if len(kin) == 0 || a.worktree == "" && len(kin) > 1 {
		return nil
	}
	return kin[0]
}

// family are the other open tasks that share the task's worktree and are units of one parent, or that parent: what passes for one passes for
// all.
func family(ctx context.Context, s *scene.Scene, a protocolAgent) []*record.Task {
	if a.worktree == "" || a.task == "" {
		return nil
	}
	return slices.DeleteFunc(s.Tasks(ctx).Open(), func(t *record.Task) bool {
		return launch.TaskKey(t.State.Task) == launch.TaskKey(a.task) || t.Worktree != a.worktree || !launch.SameFamily(t.State.Task, a.task)
	})
}

// onlyTask is the only one of the tasks that the agent can be for; nil if there is none or more than one.
func (a protocolAgent) onlyTask(open []*record.Task) *record.Task {
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

func (a protocolAgent) canBeFor(t *record.Task) bool {
	switch {
	case a.task != "":
		return launch.TaskKey(t.State.Task) == launch.TaskKey(a.task)
	case a.worktree != "":
		return t.Worktree == a.worktree
	}
	return a.role == launch.MergeRole
}

// surveyTask looks at the task's worktree as it is now; the zero Survey if there is none.
func surveyTask(ctx context.Context, s *scene.Scene, a protocolAgent, base worktree.Base) worktree.Survey {
	if !a.found {
		return worktree.Survey{}
	}
	return look.Survey(ctx, s, a.place, base)
}
