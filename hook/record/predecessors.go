package record

import (
	"context"
	"slices"
	"time"

	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
)

// Inquiry returns what the records contribute to the inspection of the agent's stop; the other fields are zero. h has the records of the session, and
// launched is the agent's launch; nil if none is recorded.
func (l *Log) Inquiry(ctx context.Context, h History, agentID, sessionTranscript string, launched *Launch) inspect.Inquiry {
	in := h.Inquiry(agentID, launched)
	if launched.Seen() == nil || launched.task == "" || len(launched.Snapshot.Dirty) == 0 {
		return in // nothing was there that an earlier agent could have left
	}
	var found predecessors
	found.add(ctx, h, agentID, sessionTranscript, launched, l.now())
	for _, session := range l.sessionsOf(ctx, launched.task) {
		if other, path, ok := l.other(ctx, session, sessionTranscript); ok {
			found.add(ctx, other, "", path, launched, l.now())
		}
	}
	if found.first != nil {
		found.Snapshot = found.first.Snapshot
		in.Before = &found.Predecessors
	}
	return in
}

// maxSessions is how many other sessions are searched for the agents before one. The newest are.
const maxSessions = 8

// sessionsOf returns the other sessions that launched an agent for a task, the newest first.
func (l *Log) sessionsOf(ctx context.Context, task string) (ids []string) {
	if l.session == "" {
		return nil
	}
	launches, _, err := l.journal.Read(ctx, journal.Filter{Task: task, Kinds: []string{KindLaunch}})
	if err != nil {
		return nil
	}
	for _, rec := range slices.Backward(launches) {
		if rec.Session != l.session && rec.Session != "" && !slices.Contains(ids, rec.Session) && len(ids) < maxSessions {
			ids = append(ids, rec.Session)
		}
	}
	return ids
}

// predecessors collects the coding agents that were launched before one for the same task and worktree.
type predecessors struct {
	inspect.Predecessors
	first *Launch
}

// add takes in those of a session. id is the agent that they came before.
func (p *predecessors) add(ctx context.Context, h History, id, sessionTranscript string, own *Launch, now time.Time) {
	task := launch.TaskKey(own.task)
	for _, other := range h.order {
		a := h.agents[other]
		if other == id || a.began == 0 || a.task != "" && launch.TaskKey(a.task) != task { // most launches need not be looked for
			continue
		}
		path := transcript.AgentPath(sessionTranscript, other)
		l := h.Launch(path)
		if l == nil || l.Role != launch.CodingRole || launch.TaskKey(l.task) != task || l.Worktree != own.Worktree || !l.At.Before(own.At) {
			continue
		}
		if p.first == nil || l.At.Before(p.first.At) {
			p.first = l
		}
		if a.AtWork() {
			silent, _ := isSilent(path, now)
			p.AtWork = p.AtWork || !silent && !brokeOff(ctx, path)
		}
		for _, stop := range a.stops {
			if stop.Verdict == rule.Verified && stop.Worktree == own.Worktree {
				p.Verified = append(p.Verified, stop.Touched...)
			}
		}
	}
}
