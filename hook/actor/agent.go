// Package actor finds the part of an agent in the gate protocol: its role, gate, task and worktree. For a tool call it finds the coding agent whose
// rules apply.
package actor

import (
	"context"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// Agent is an agent of the protocol that does not code: a gate, the branch-manager or an ops agent.
type Agent struct {
	Role   launch.Role
	Gate   string // the name of the gate, for launch.GateRole; "" for any other role
	Prompt string // the prompt of its launch
	Task   string // "" if it is unknown
	// Place is the task's worktree if Found is true. Worktree is its path as the orchestrator wrote it; "" if unknown.
	Place    worktree.Place
	Found    bool
	Worktree string
	// Launch is the record of its launch; nil if there is none.
	Launch *record.Launch
}

// FindTask finds the task and the worktree of an agent from the marker or the prompt of its launch. If the prompt of a branch-manager names
// neither, it is for the only open task; a gate is for the only one that the text of its prompt names.
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
	switch {
	case known != nil:
	case a.Task == "" && a.Worktree != "":
		known = a.onlyTask(pending(ctx, s))
	case a.Task != "" && where.Problem != site.Found:
		known = elsewhere(ctx, s, a.Task)
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

// pending returns the open tasks of every session.
func pending(ctx context.Context, s *scene.Scene) []*record.Task {
	return slices.DeleteFunc(slices.Clone(s.Pending(ctx)), func(t *record.Task) bool { return t.State.Phase == gates.Done })
}

// elsewhere returns the open task of that name, if only other sessions have worked on it; otherwise nil.
func elsewhere(ctx context.Context, s *scene.Scene, name string) *record.Task {
	t := s.Task(ctx, name)
	if t == nil || t.State.Phase == "" || t.State.Phase == gates.Done {
		return nil
	}
	return t
}

// relative finds the open task that is meant by a launch for a unit of a task or for the parent of units: the one in the same worktree, or the only
// one. It returns nil if the named task itself is known, or if no such task is found.
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

// Neighbours returns the other open tasks in the same worktree that the prompt of a gate names, so that it has checked their work as well.
func Neighbours(ctx context.Context, s *scene.Scene, a Agent) (named []*record.Task) {
	tasks := s.Tasks(ctx)
	for _, name := range launch.ReadAlso(a.Prompt) {
		t := tasks.Find(name)
		if t != nil && t.State.Phase != gates.Done && a.Worktree != "" && t.Worktree == a.Worktree && launch.TaskKey(name) != launch.TaskKey(a.Task) {
			named = append(named, t)
		}
	}
	return named
}

// Family returns the other open tasks in the same worktree that are units of the same parent, or the parent. A gate's pass for one of them counts
// for all.
func Family(ctx context.Context, s *scene.Scene, a Agent) []*record.Task {
	if a.Worktree == "" || a.Task == "" {
		return nil
	}
	return slices.DeleteFunc(s.Tasks(ctx).Open(), func(t *record.Task) bool {
		return launch.TaskKey(t.State.Task) == launch.TaskKey(a.Task) || t.Worktree != a.Worktree || !launch.SameFamily(t.State.Task, a.Task)
	})
}

// onlyTask returns the only one of the tasks that the agent can be for; nil if there is none or more than one.
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
	return a.Role == launch.MergeRole || a.Role == launch.GateRole && launch.Names(a.Prompt, t.State.Task)
}

// Survey compares the task's worktree as it is now with base. It returns the zero Survey if there is no worktree.
func Survey(ctx context.Context, s *scene.Scene, a Agent, base worktree.Base) worktree.Survey {
	if !a.Found {
		return worktree.Survey{}
	}
	return look.Survey(ctx, s, a.Place, base)
}

// Mergeable returns the open tasks that a branch-manager works on: the named one or, if that is a parent, its units, and before them the others in the
// same worktree, since a commit there takes the work of all. They are those of the session; if it has none, those of other sessions.
func Mergeable(ctx context.Context, s *scene.Scene, a Agent) []*record.Task {
	open := s.Tasks(ctx).Open()
	units := a.units(open)
	if len(units) == 0 && a.Task != "" {
		return a.units(pending(ctx, s))
	}
	beside := slices.DeleteFunc(open, func(t *record.Task) bool {
		return t.State.Committed || t.HasNoWork() || t.Worktree == "" || slices.Contains(units, t) || !slices.ContainsFunc(units, func(u *record.Task) bool {
			return u.Worktree == t.Worktree && !u.State.Committed
		})
	})
	return append(beside, units...)
}

func (a Agent) units(open []*record.Task) []*record.Task {
	var units []*record.Task
	for _, t := range open {
		switch {
		case launch.TaskKey(t.State.Task) == launch.TaskKey(a.Task):
			return []*record.Task{t}
		case a.Task != "" && launch.IsUnit(t.State.Task, a.Task):
			units = append(units, t)
		}
	}
	return units
}
