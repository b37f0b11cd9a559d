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
	if err != nil {
		return false
	}
	_, broke := agent.BrokeOff()
	return broke
}

// Occupants returns the coding agents that were launched into the worktree called name and are at work there, without the one with the id except. Their
// transcripts are read.
func (h History) Occupants(ctx context.Context, name, except, sessionTranscript string, now time.Time) []trace.OtherAgent {
	var list []trace.OtherAgent
	for _, id := range h.order {
		a := h.agents[id]
		if id == except || !a.AtWork() {
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

// Vantage is the session from which agents at work are looked for.
type Vantage struct {
	Session string
	// Transcript is the path of the session's transcript.
	Transcript string
	Now        time.Time
	// ClientGone reports whether the client of another session has ended; nil means that this is not known.
	ClientGone func(session string) bool
	// Stopping is the coding agent whose stop is recorded next; "" for none. Its transcript, which may be long, need not show that it has ended.
	Stopping string
}

// ended reports whether it is known that the client of another session has ended.
func (v Vantage) ended(session string) bool {
	return session != v.Session && v.ClientGone != nil && v.ClientGone(session)
}

// watched is an agent whose end was not seen.
type watched struct {
	// session is the path of its session's transcript; "" if there is none.
	session string
	// agent is its id. If the host has not named it yet, call is the tool use that launched it. Each is "" if unknown.
	agent, call string
	// began is when it began, for a session without a transcript; zero if unknown.
	began time.Time
}

// isGone reports whether the transcripts of its session show that the agent is not at work any more: it broke off. If silence counts, it is gone also
// if nothing was written in its whole session for too long. One that waits for a helper is silent, and its helper is not.
func (w watched) isGone(ctx context.Context, silence bool, now time.Time) bool {
	silent, known := isSilent(w.session, now)
	ids, _ := transcript.AgentIDs(w.session)
	if !known && len(ids) == 0 {
		return silence && !w.began.IsZero() && now.Sub(w.began) > maxSilence
	}
	silent = silent || !known
	for _, id := range ids {
		path := transcript.AgentPath(w.session, id)
		if (id == w.agent || launchedBy(path, w.call)) && brokeOff(ctx, path) {
			return true
		}
		still, _ := isSilent(path, now)
		silent = silent && still
	}
	return silence && silent
}

// launchedBy reports whether the tool use call launched the agent of the transcript at path.
func launchedBy(path, call string) bool {
	if call == "" {
		return false
	}
	meta, err := transcript.ReadMeta(path)
	return err == nil && meta.ToolUseID == call
}

// Presume lets the task no longer wait for agents whose transcripts show that they are gone. Nothing is recorded: it is for a person who asks while
// no event comes. projects is the folder in which the client keeps its projects' transcripts.
func (t *Task) Presume(ctx context.Context, projects string, now time.Time) {
	gone := func(session, agent, call string) bool {
		w := watched{session: TranscriptOf(session, filepath.Join(projects, "-", "-")), agent: agent, call: call}
		return w.isGone(ctx, true, now)
	}
	var ends []gates.Fact
	for _, id := range t.State.Running {
		if gone(t.began[id].session, id, "") {
			ends = append(ends, gates.Fact{Kind: gates.NotCoder, Agent: id})
		}
	}
	for _, end := range append(ends, t.gone(gone)...) {
		end.Task, end.At = t.State.Task, now
		t.State, _ = gates.Next(t.State, end)
	}
}

// begun is the beginning of a coding agent's run.
type begun struct {
	session, agentType string
	at                 time.Time
}

// Gone returns the entries that record that those of this session's coding agents at work are gone: the session stopped them on purpose, or
// their client ended. A client that continues the session does not continue them.
func (h History) Gone(stopped bool, is func(id string) bool) []Entry {
	var entries []Entry
	for _, id := range h.order {
		if a := h.agents[id]; a.AtWork() && is(id) {
			entries = append(entries, Entry{kind: KindGone, agent: gates.Agent{ID: id, Type: a.typ}, task: a.task, data: Gone{Stopped: stopped}})
		}
	}
	return entries
}

// TakenOver returns the entries that record that the session to has an agent that the session from had, and has no more.
func TakenOver(agent gates.Agent, from, to string) []Entry {
	return []Entry{
		{session: to, kind: KindMoved, agent: agent, data: Moved{From: from}},
		{session: from, kind: KindMoved, agent: agent, data: Moved{To: to}},
	}
}

// Release lets the task no longer wait for coding agents that are not at work on it any more, and returns the entries that record this. They ended
// without a report or with one on another task, they were stopped, their client ended, their transcripts show that they broke off, or they are of
// other sessions whose client has ended or that have been silent for too long. This session's silent agents wait for something: the end of the turn
// shows whether the host still lists them. h has the records of this session.
func (t *Task) Release(ctx context.Context, h History, v Vantage) []Entry {
	var entries []Entry
	for _, id := range slices.Clone(t.State.Running) {
		if id == v.Stopping {
			continue
		}
		began := t.began[id]
		w, elsewhere := watched{session: v.Transcript, agent: id, began: began.at}, began.session != v.Session
		if elsewhere {
			w.session = TranscriptOf(began.session, v.Transcript)
		}
		ended := !elsewhere && (h.Agent(id).HasEnded() || h.Agent(id).gone > 0)
		if !ended && !v.ended(began.session) && !w.isGone(ctx, elsewhere, v.Now) {
			continue
		}
		back := Fact{Fact: gates.Fact{Kind: gates.NotCoder, Task: t.State.Task, At: v.Now.UTC(), Agent: id, AgentType: began.agentType}}
		t.Take(v.Session, back)
		entries = append(entries, back.Entry())
	}
	return entries
}

// other returns the records of another session and the path of its transcript. If the session's client has ended, its agents are gone. It returns false
// if there is no such transcript, or if the records cannot be read.
func (l *Log) other(ctx context.Context, session, sessionTranscript string) (h History, path string, ok bool) {
	if path = TranscriptOf(session, sessionTranscript); path == "" {
		return History{}, "", false
	}
	records, _, err := l.journal.Read(ctx, journal.Filter{Session: session})
	if h = fold(records); l.ClientGone != nil && l.ClientGone(session) {
		for _, a := range h.agents {
			a.gone = max(a.gone, 1)
		}
	}
	return h, path, err == nil
}

// TranscriptOf returns the path of a session's transcript, beside that of another session or in the folder of another project; "" if there is none.
func TranscriptOf(session, other string) string {
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
