package hook

import (
	"context"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// subagentStart is SubagentStart: an agent begins a run.
func (r *Runner) subagentStart(ctx context.Context, ev host.Event) Answer {
	if !r.mayConcern(ctx, ev, ev.AgentID, ev.AgentType, "") {
		return Answer{}
	}
	return r.coderStart(ctx, r.scene(ev))
}

// CoderStarted records that a coding agent began a run, whatever its type is called. It is for recordings.
func (r *Runner) CoderStarted(ctx context.Context, ev host.Event) { r.coderStart(ctx, r.scene(ev)) }

// coderStart gives a coding agent the contract before its first turn, and records that a run begins: a resumed agent has all its attempts
// again.
func (r *Runner) coderStart(ctx context.Context, s *scene) Answer {
	r.settleHere(ctx, s, speechWithin)
	agent := gates.Agent{ID: s.ev.AgentID, Type: s.ev.AgentType}
	path := transcript.AgentPath(s.ev.TranscriptPath, s.ev.AgentID)
	beginning := s.history(ctx).Starting(agent, path, s.config(ctx))
	if !beginning.Coding {
		return Answer{}
	}
	var now *record.Launch
	if own, isolated := s.isolation(beginning.Isolated); isolated {
		first := r.baseline(ctx, s, own).Bounded()
		first.Isolated, beginning.Worktree, now = true, first.Worktree, &first
	} else {
		now = r.resumed(ctx, s, path)
	}
	entries := []record.Entry{record.Started(agent, now)}
	if beginning.Task != "" && beginning.Certain { // a task would wait for an agent that works on another
		fact := gates.Fact{Kind: gates.CoderStarted, Task: beginning.Task, At: r.Now().UTC(), Agent: agent.ID, AgentType: agent.Type}
		entries = append(entries, record.Fact{Worktree: beginning.Worktree, Fact: fact}.Entry())
	}
	s.append(ctx, entries...)
	if !s.enforces(ctx) {
		return Answer{}
	}
	return Answer{Output: host.Context(host.SubagentStart, step.Contract)}
}

// resumed is what the worktree of an agent is like when a message resumes it, since what happened after its last stop is not its own work.
// It is nil for a first run, and if the worktree cannot be found. path is the agent's transcript.
func (r *Runner) resumed(ctx context.Context, s *scene, path string) *record.Launch {
	launch := s.history(ctx).Launch(path)
	if !s.history(ctx).Agent(s.ev.AgentID).HasRun() || launch == nil || s.grounds.Repository == nil {
		return nil
	}
	where, _ := s.grounds.Find(launch.Worktree)
	if where.Problem != site.Found {
		return nil
	}
	now := r.baseline(ctx, s, where.Place).Bounded()
	return &now
}
