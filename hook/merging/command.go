// Package merging decides when the work of a task may be committed, merged or pushed, and inspects what a branch-manager did with it.
package merging

import (
	"context"
	"slices"
	"strings"

	"stopgate/hook/actor"
	"stopgate/hook/cleanup"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/guard"
	"stopgate/hook/integration"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/target"
	"stopgate/hook/worktree"
)

// Refusal returns the reason why one of the git commands of an agent that does not code must not run; "" if they may. Such an agent is the
// branch-manager, another agent, or the orchestrator itself. A command that commits, merges or pushes a task's work has to wait until the gates
// have passed and, depending on the configuration, the person has answered. It must not include links to dependencies. Commands that concern no
// task are not checked.
func Refusal(ctx context.Context, s *scene.Scene, uses []screen.Use) string {
	uses = slices.DeleteFunc(uses, func(use screen.Use) bool { return !integrating(use.Kind) && use.Kind != gitop.Add })
	if len(uses) == 0 || s.Grounds().Repository == nil || !s.Enforces(ctx) || len(openWork(ctx, s)) == 0 {
		return ""
	}
	if refused := owedFirst(ctx, s, uses); refused != "" {
		return refused
	}
	return takesLinks(ctx, s, uses)
}

// owedFirst returns the reason why a command that commits, merges or pushes work has to wait; "" if it may run. Staging may always run.
func owedFirst(ctx context.Context, s *scene.Scene, uses []screen.Use) string {
	if !slices.ContainsFunc(uses, func(use screen.Use) bool { return integrating(use.Kind) }) {
		return ""
	}
	merger := mergerTasks(ctx, s)
	if merger == nil {
		crosscheck.SettleWords(ctx, s, crosscheck.SpeechWithin)
	} else if refused := crosscheck.MergeUse(ctx, s); refused != "" {
		return step.NotAgreed(refused)
	}
	var own []*record.Task
	for _, use := range uses {
		if !integrating(use.Kind) {
			continue
		}
		dir := target.Absolute(s, use.Dir)
		operation := operation(s, use.Kind, dir, use.Sure)
		tasks := merger
		if merger == nil {
			if tasks = tasksOf(ctx, s, use, dir); crosscheck.RefutePasses(ctx, s, tasks) {
				tasks = tasksOf(ctx, s, use, dir)
			}
		}
		for _, t := range tasks {
			if asked := t.State.Asked; merger != nil && asked != nil && asked.Answer == "" && asked.Ended == "" {
				continue // the host writes down who agreed only when an agent in the foreground has ended
			}
			t = SeeByHand(ctx, s, t)
			seeTree(ctx, s, t)
			if denied := t.State.Allows(operation); denied.Action == gates.Deny {
				return step.CommandDenied(t.State.Task, use.Command, denied)
			}
			if merger == nil && !slices.Contains(own, t) {
				own = append(own, t)
			}
		}
	}
	for _, t := range own {
		begin(ctx, s, t)
	}
	return ""
}

// integrating reports whether commands of that kind commit, merge or push work.
func integrating(kind gitop.Kind) bool {
	switch kind {
	case gitop.Commit, gitop.Push, gitop.Merge, gitop.Rebase, gitop.History:
		return true
	}
	return false
}

// mergerTasks returns the tasks that the agent of the event is to commit or merge; nil if it is not a branch-manager.
func mergerTasks(ctx context.Context, s *scene.Scene) []*record.Task {
	if s.Event.AgentID == "" {
		return nil
	}
	if role, _ := actor.LaunchedAs(ctx, s, s.Event.AgentID, s.Event.AgentType, ""); role != launch.MergeRole {
		return nil
	}
	agent := session.Peer(ctx, s, s.Event.AgentID)
	a := actor.FindTask(ctx, s, actor.Agent{Role: launch.MergeRole, Prompt: agent.Prompt}, launch.AssignmentOf(agent))
	tasks := actor.Mergeable(ctx, s, a)
	if len(tasks) == 0 && a.Task == "" { // it may be for any task: those that may be merged come first
		tasks = s.Tasks(ctx).Open()
		slices.SortStableFunc(tasks, func(x, y *record.Task) int {
			return strings.Compare(string(x.State.Allows(gates.BranchManagerAgent).Action), string(y.State.Allows(gates.BranchManagerAgent).Action))
		})
		tasks = tasks[:min(1, len(tasks))]
	}
	return tasks
}

// seeTree updates the task's tree from its worktree, so that a pass for another tree no longer counts.
func seeTree(ctx context.Context, s *scene.Scene, t *record.Task) {
	where := s.Grounds().FindSite(t.Worktree, "")
	if where.Problem != site.Found {
		return
	}
	tree := cleanup.TreePrint(look.Survey(ctx, s, where.Place, worktree.Base{}), nil)
	t.State, _ = gates.Next(t.State, gates.Fact{Kind: gates.TreeSeen, Task: t.State.Task, Tree: tree})
}

// operation returns what a command does, for gates.State.Allows: a merge into a main branch and a push need more than a commit.
func operation(s *scene.Scene, kind gitop.Kind, dir string, certain bool) string {
	if kind == gitop.Push {
		return gates.MergeOperation
	}
	if kind == gitop.Commit || !certain {
		return gates.BranchManagerAgent
	}
	place, err := worktree.Locate(dir)
	if err != nil || s.Grounds().Repository == nil || place.CommonDir != s.Grounds().Repository.CommonDir {
		return gates.BranchManagerAgent
	}
	home, _ := s.Grounds().Main()
	if integration.IsMainBranch(place.Branch(), home.Branch()) {
		return gates.MergeOperation
	}
	return gates.BranchManagerAgent
}

// openWork returns the open tasks of the session, and those of other sessions whose work has left the hands of its coding agent, unless this session
// has another task in the same worktree. It leaves out tasks without work beside others in one worktree.
func openWork(ctx context.Context, s *scene.Scene) []*record.Task {
	own := s.Tasks(ctx).Open()
	all := slices.Clone(own)
	for _, t := range s.Pending(ctx) {
		switch t.State.Phase {
		case gates.Gate1, gates.Gate2, gates.Authorise, gates.OnBranch, gates.Escalated, gates.Blocked:
			if s.Tasks(ctx).Find(t.State.Task) == nil && !slices.ContainsFunc(own, func(o *record.Task) bool { return o.Worktree == t.Worktree }) {
				all = append(all, t)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(t *record.Task) bool {
		return t.HasNoWork() && slices.ContainsFunc(all, func(o *record.Task) bool { return o.Worktree == t.Worktree && !o.HasNoWork() })
	})
}

// tasksOf returns the open tasks whose work a command in dir would commit, merge or push: those in whose worktree it runs, if the text shows that,
// and those whose branch it names.
func tasksOf(ctx context.Context, s *scene.Scene, use screen.Use, dir string) []*record.Task {
	var at worktree.Place
	if use.Sure {
		at, _ = worktree.Locate(dir)
	}
	words := wordsOf(use.Command)
	var tasks []*record.Task
	for _, t := range openWork(ctx, s) {
		where := s.Grounds().FindSite(t.Worktree, "")
		if where.Problem != site.Found {
			continue
		}
		if at.GitDir != "" && at.GitDir == where.Place.GitDir || use.Kind != gitop.Commit && guard.NamesBranch(words, where.Place.Branch()) {
			tasks = append(tasks, t)
		}
	}
	return tasks
}
