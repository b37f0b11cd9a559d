package hook

import (
	"context"

	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/isolation"
	"stopgate/hook/look"
	"stopgate/hook/merging"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// subagentStart handles SubagentStart: an agent begins a run. A branch-manager is told what to leave out of its commits.
func subagentStart(ctx context.Context, s *scene.Scene) Answer {
	concerns := s.MayConcern(ctx, s.Event.AgentID, s.Event.AgentType, "")
	announceAgent(s, concerns)
	if !concerns {
		return Answer{}
	}
	if told := merging.LeaveOut(ctx, s); told != "" {
		return Answer{Output: host.Context(host.SubagentStart, told)}
	}
	return coderStart(ctx, s)
}

// CoderStarted records that a coding agent began a run, whatever its type. It is for recordings.
func (r *Runner) CoderStarted(ctx context.Context, ev host.Event) { coderStart(ctx, r.Scene(ev)) }

// coderStart gives a coding agent the contract before its first turn, and records the beginning of the run. The count of attempts begins anew with
// each run.
func coderStart(ctx context.Context, s *scene.Scene) Answer {
	crosscheck.SettleWords(ctx, s, crosscheck.SpeechWithin)
	agent := gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType}
	path := transcript.AgentPath(s.Event.TranscriptPath, s.Event.AgentID)
	beginning := s.History(ctx).Starting(agent, path, s.Config(ctx))
	if !beginning.Coding {
		return Answer{}
	}
	var now *record.Launch
	if own, isolated := isolation.Own(s, beginning.Isolated); isolated {
		first := look.Baseline(ctx, s, own).Bounded()
		first.Isolated, beginning.Worktree, now = true, first.Worktree, &first
	} else {
		now = resumed(ctx, s, path)
	}
	entries := []record.Entry{record.Started(agent, now)}
	if beginning.Task != "" && beginning.Certain { // otherwise a task could wait for an agent that works on another
		entries = append(entries, begun(s, agent, beginning.Task, beginning.Worktree))
	}
	s.Append(ctx, entries...)
	if !s.Enforces(ctx) {
		return Answer{}
	}
	if l := s.History(ctx).Launch(path); now == nil && l != nil && l.Unplaced && s.Grounds().Repository != nil && !s.Config(ctx).Worktrees.Main {
		return Answer{Output: host.Context(host.SubagentStart, step.NoWorktree)}
	}
	return Answer{Output: host.Context(host.SubagentStart, step.Contract)}
}

// begun returns the record that a coding agent begins to work on the task in the worktree of that name.
func begun(s *scene.Scene, agent gates.Agent, task, worktree string) record.Entry {
	fact := gates.Fact{Kind: gates.CoderStarted, Task: task, At: s.Now().UTC(), Agent: agent.ID, AgentType: agent.Type}
	return record.Fact{Worktree: worktree, Fact: fact}.Entry()
}

// resumed returns a snapshot of an agent's worktree when a message resumes the agent, because changes since its last stop are not its work. It
// returns nil for a first run, and if the worktree cannot be found. path is the agent's transcript.
func resumed(ctx context.Context, s *scene.Scene, path string) *record.Launch {
	launch := s.History(ctx).Launch(path)
	if !s.History(ctx).Agent(s.Event.AgentID).HasRun() || launch == nil || s.Grounds().Repository == nil {
		return nil
	}
	where, _ := s.Grounds().Find(launch.Worktree)
	if where.Problem != site.Found {
		return nil
	}
	return new(look.Baseline(ctx, s, where.Place).Bounded())
}
