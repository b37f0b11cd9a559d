package record

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// This file finds out which coding agents are at work. The journal shows which ones began and did not stop. But no event tells that an agent was
// interrupted, that its request failed, or that its client ended, so its transcript is asked too.

// maxSilence is how long a working agent may leave its transcript unchanged: the host allows a command ten minutes at most.
const maxSilence = 15 * time.Minute

// isSilent reports whether nothing was written to a transcript for longer than maxSilence. known is false if there is none.
func isSilent(path string, now time.Time) (silent, known bool) {
	info, err := os.Stat(path)
	if path == "" || err != nil {
		return false, false
	}
	return now.Sub(info.ModTime()) > maxSilence, true
}

// brokeOff reports whether the transcript at path ends with an interruption of the agent or a failed request.
func brokeOff(ctx context.Context, path string) bool {
	agent, err := transcript.ReadAgent(ctx, path, transcript.Options{})
	return err == nil && agent.BrokeOff()
}

// Occupants returns the coding agents that were launched into the worktree called name and are at work there, without the one with the id except. Their
// transcripts are read.
func (h History) Occupants(ctx context.Context, name, except, sessionTranscript string, now time.Time) []trace.OtherAgent {
	var list []trace.OtherAgent
	for _, id := range h.order {
		a := h.agents[id]
		if id == except || !a.AtWork() || a.gone {
			continue
		}
		path := transcript.AgentPath(sessionTranscript, id)
		if silent, known := isSilent(path, now); silent || !known {
			continue
		}
		if l := h.Launch(path); l != nil && l.Worktree == name && !brokeOff(ctx, path) {
			list = append(list, trace.OtherAgent{AgentID: id, AgentType: a.typ, Running: true})
		}
	}
	return list
}

// recentSession is how old the last record of another session may be if its agents can still be at work.
const recentSession = 24 * time.Hour

// OccupantsElsewhere returns the coding agents of other sessions that were launched into the worktree called name and are at work there.
func (l *Log) OccupantsElsewhere(ctx context.Context, name, sessionTranscript string, now time.Time) []trace.OtherAgent {
	records, _, err := l.journal.Read(ctx, journal.Filter{Kinds: []string{KindStart, KindStop}, Since: now.Add(-recentSession)})
	if err != nil || sessionTranscript == "" {
		return nil
	}
	seen := map[string]bool{l.session: true}
	var list []trace.OtherAgent
	for _, rec := range records {
		if seen[rec.Session] || now.Sub(rec.At) > recentSession {
			continue
		}
		seen[rec.Session] = true
		if h, path, ok := l.other(ctx, rec.Session, sessionTranscript); ok {
			list = append(list, h.Occupants(ctx, name, "", path, now)...)
		}
	}
	return list
}

// isGoneElsewhere reports whether an agent of another session has been silent for too long. If the host has not named it yet, agent is "", and all of
// that session's agents must have been silent.
func isGoneElsewhere(session, agent, sessionTranscript string, now time.Time) bool {
	path, ids := transcriptOf(session, sessionTranscript), []string{agent}
	if agent == "" {
		ids, _ = transcript.AgentIDs(path) // without any, it is not known
	}
	return len(ids) > 0 && !slices.ContainsFunc(ids, func(id string) bool {
		silent, _ := isSilent(transcript.AgentPath(path, id), now)
		return !silent
	})
}

// Presume lets the task no longer wait for agents whose transcripts show that they are gone. Nothing is recorded: it is for a person who asks while
// no event comes. projects is the folder in which the client keeps its projects' transcripts.
func (t *Task) Presume(ctx context.Context, projects string, now time.Time) {
	gone := func(session, agent, call string) bool {
		return showsGone(ctx, transcriptOf(session, filepath.Join(projects, "-", "-")), agent, call, now)
	}
	var ends []gates.Fact
	for _, id := range t.State.Running {
		if gone(t.began[id].session, id, "") {
			ends = append(ends, t.coderGone(id))
		}
	}
	switch owed := t.State.Owed(); {
	case owed.Action != gates.Wait:
	case owed.Why == gates.ForGates:
		ends = append(ends, t.vanishedGates(func(gate string, run gates.Run) bool { return gone(t.launchedIn[gate], run.Agent, run.Call) })...)
	case owed.Why == gates.ForBranchManager && gone(t.launchedIn[gates.BranchManagerAgent], t.State.Merger, ""):
		ends = append(ends, t.mergerGone())
	}
	for _, end := range ends {
		end.Task, end.At = t.State.Task, now
		t.State, _ = gates.Next(t.State, end)
	}
}

// coderGone is the end of a coding agent without a report. If the work of another run is verified, it is unknown whether the work is still as it was.
func (t *Task) coderGone(id string) gates.Fact {
	if t.State.Verified {
		return gates.Fact{Kind: gates.CoderStopped, Agent: id, AgentType: t.began[id].agentType, Verdict: gates.Unknown, Tree: t.State.Tree}
	}
	return gates.Fact{Kind: gates.NotCoder, Agent: id}
}

// showsGone reports whether an agent of the session with that transcript is not at work any more: it broke off, or nothing has been written in its
// session for too long. If the host has not named the agent yet, call is the tool use that launched it; if that is unknown too, only silence counts.
func showsGone(ctx context.Context, session, agent, call string, now time.Time) bool {
	silent, known := isSilent(session, now)
	ids, err := transcript.AgentIDs(session)
	if !known || err != nil {
		return false
	}
	for _, id := range ids {
		path := transcript.AgentPath(session, id)
		if still, _ := isSilent(path, now); !still {
			silent = false
		}
		meta, err := transcript.ReadMeta(path)
		if own := id == agent || call != "" && err == nil && meta.ToolUseID == call; own && brokeOff(ctx, path) {
			return true
		}
	}
	return silent
}

// begun is the beginning of a coding agent's run.
type begun struct {
	session, agentType string
	at                 time.Time
}

// Gone returns the entries that record that those of this session's coding agents at work are gone: they were stopped, or their client ended. A client
// that continues the session does not continue them.
func (h History) Gone(is func(id string) bool) []Entry {
	var entries []Entry
	for _, id := range h.order {
		if a := h.agents[id]; a.AtWork() && !a.gone && is(id) {
			entries = append(entries, Entry{kind: KindGone, agent: gates.Agent{ID: id, Type: a.typ}, task: a.task})
		}
	}
	return entries
}

// Release lets the task no longer wait for coding agents that are not at work on it any more, and returns the entries that record this. They ended
// without a report or with one on another task, they were stopped, their client ended, their transcripts show that they broke off, or they are of
// other sessions and have been silent for too long. This session's silent agents wait for something: the end of the turn shows whether the host still
// lists them. h has the records of this session, and sessionTranscript is the path of its transcript.
func (t *Task) Release(ctx context.Context, h History, session, sessionTranscript string, now time.Time) []Entry {
	var entries []Entry
	for _, id := range slices.Clone(t.State.Running) {
		began := t.began[id]
		if !h.Agent(id).HasEnded() && !h.Agent(id).gone && !began.isGone(ctx, id, session, sessionTranscript, now) {
			continue
		}
		back := Fact{Fact: gates.Fact{Kind: gates.NotCoder, Task: t.State.Task, At: now.UTC(), Agent: id, AgentType: began.agentType}}
		t.Take(session, back)
		entries = append(entries, back.Entry())
	}
	return entries
}

// isGone reports whether the agent with that id, which has not stopped, is not at work any more. session is the present one.
func (b begun) isGone(ctx context.Context, id, session, sessionTranscript string, now time.Time) bool {
	elsewhere := b.session != session
	if elsewhere {
		sessionTranscript = transcriptOf(b.session, sessionTranscript)
	}
	path := transcript.AgentPath(sessionTranscript, id)
	silent, known := isSilent(path, now)
	if !known {
		silent = now.Sub(b.at) > maxSilence
	}
	return silent && elsewhere || known && brokeOff(ctx, path)
}

// other returns the records of another session, and the path of its transcript; false if there is no such transcript, or if the records cannot be read.
func (l *Log) other(ctx context.Context, session, sessionTranscript string) (h History, path string, ok bool) {
	if path = transcriptOf(session, sessionTranscript); path == "" {
		return History{}, "", false
	}
	records, _, err := l.journal.Read(ctx, journal.Filter{Session: session})
	return Fold(records), path, err == nil
}

// transcriptOf returns the path of a session's transcript, beside that of another session or in the folder of another project; "" if there is none.
func transcriptOf(session, other string) string {
	if session == "" || strings.ContainsAny(session, `/\*?[`) {
		return ""
	}
	for _, pattern := range []string{
		filepath.Join(filepath.Dir(other), session+".jsonl"), filepath.Join(filepath.Dir(other), session, "subagents"),
		filepath.Join(filepath.Dir(filepath.Dir(other)), "*", session+".jsonl"),
	} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			if filepath.Base(found[0]) == "subagents" { // the session itself has not written anything yet
				return filepath.Join(filepath.Dir(other), session+".jsonl")
			}
			return found[0]
		}
	}
	return ""
}
