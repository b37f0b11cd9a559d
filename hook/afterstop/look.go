// Package afterstop finds changes made after the stop of a coding agent was judged. The agent can leave a process behind that writes to the
// repository. So git's own files are compared once more before a gate or the branch-manager is launched for its work.
package afterstop

import (
	"context"
	"slices"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// Changes are the changes since the coding agent of a task stopped.
type Changes struct {
	// Coder is that agent; the zero Agent if nothing was compared.
	Coder gates.Agent
	// Now is the present state of git's own files; nil if nothing was compared.
	Now *repochange.Marked
	// Findings are about changes by the agent, or by a process that it left running.
	Findings []rule.Finding
	// Notes describe changes without evidence that the agent made them.
	Notes []string
	// Elsewhere describes files of other worktrees that a process may have written which the agent left running.
	Elsewhere []string
	// Stashed means that the stash has grown since, so the work may be in it.
	Stashed bool
	// Since is when that agent stopped; zero if nothing was compared.
	Since time.Time
}

// Name returns the coding agent's name for people.
func (a Changes) Name() string {
	return trace.OtherAgent{AgentType: a.Coder.Type, AgentID: a.Coder.ID}.String()
}

// Look finds the changes since the stop of the coding agent for whose work a gate or the branch-manager is launched.
func Look(ctx context.Context, s *scene.Scene, a actor.Agent) Changes {
	known := s.Task(ctx, a.Task)
	if known == nil || !a.Found || known.State.Working || known.State.Coder.ID == "" {
		return Changes{}
	}
	after := Changes{Coder: known.State.Coder}
	then := s.In(known.SessionOf(after.Coder.ID))
	before, at := then.History(ctx).MarkedSince(after.Coder.ID)
	before, at = s.History(ctx).MarkedLater(before, at)
	if before == nil || before.Worktree != a.Worktree {
		return Changes{}
	}
	after.Since = at
	in := then.As(after.Coder)
	path := transcript.AgentPath(then.Event.TranscriptPath, after.Coder.ID)
	agent := *session.WithHelpers(ctx, in, session.Peer(ctx, in, after.Coder.ID), transcript.Options{})
	after.Elsewhere = elsewhere(ctx, then, a, &agent, at)
	agent.Run.Time = at
	asked := then.History(ctx).Inquiry(after.Coder.ID, then.History(ctx).Launch(path))
	asked.Grounds, asked.Agent, asked.Marked = s.Grounds(), &agent, before
	asked.Coders = session.Rivals(in, asked.Coders)
	asked.Time = inspect.Budget{Marks: look.MarksWithin, Rest: look.Within}
	changes := inspect.After(ctx, look.Careful(ctx, s, a.Place), session.Witness(in), asked)
	after.Now = changes.Now
	after.Stashed = slices.ContainsFunc(changes.Changes, func(c worktree.MarkChange) bool { return c.Kind == marks.StashGrown })
	changes.Kept = known.KeptIn()
	after.Findings, after.Notes = repochange.VerifyAfter(changes)
	if changes.Incomplete != "" {
		after.Notes = append(after.Notes, "git's own files could not be compared completely: "+quote.Reason(changes.Incomplete))
	}
	return after
}
