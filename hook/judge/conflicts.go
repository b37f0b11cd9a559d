package judge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/scope"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Witness reads the transcripts of a session and its other agents.
type Witness interface {
	// Agent returns another agent of the session so far; never nil, empty where its transcript cannot be read.
	Agent(ctx context.Context, id string) *transcript.Agent
	// Session returns the orchestrator itself; never nil, empty where its transcript cannot be read.
	Session(ctx context.Context) *transcript.Agent
	// Active returns the session's other agents whose transcripts have grown since then.
	Active(since time.Time) []transcript.AgentFile
	// OtherSessions reports whether agents of another session started or stopped in this repository since then.
	OtherSessions(ctx context.Context, since time.Time) bool
	// SessionsIn returns the other sessions that may have changed something since then in the worktree with that root, by what the host was
	// about to do for them. name is how people know the worktree.
	SessionsIn(root, name string, since time.Time) []trace.OtherAgent
	// GitCommands returns the git commands that the guard let through since then, of all sessions, in order.
	GitCommands(ctx context.Context, since time.Time) []trace.GitCommand
}

// noWitness is the Witness of an agent without others.
type noWitness struct{}

func (noWitness) Agent(context.Context, string) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Session(context.Context) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Active(time.Time) []transcript.AgentFile { return nil }

func (noWitness) OtherSessions(context.Context, time.Time) bool { return false }

func (noWitness) SessionsIn(string, string, time.Time) []trace.OtherAgent { return nil }

func (noWitness) GitCommands(context.Context, time.Time) []trace.GitCommand { return nil }

// OtherCoder is another coding agent of the session, as the journal knows it.
type OtherCoder struct {
	AgentID, AgentType string
	// Running means that its current run has not ended.
	Running bool
	// SinceLaunch means that it ended after the judged agent was launched, SinceRun after the current run of the judged agent began.
	SinceLaunch, SinceRun bool
	// Stops are its stops since the judged agent was launched, without those from which it was sent back.
	Stops []PastStop
}

// PastStop is an earlier stop: the worktree, by the path that the orchestrator knows, and the files that the agent had changed there.
type PastStop struct {
	Worktree string
	Touched  []string
}

// touchedIn returns the files of the worktree called name that the agent changed; false where it did not stop there.
func (o OtherCoder) touchedIn(name string) (files []string, there bool) {
	for _, stop := range o.Stops {
		if stop.Worktree == name {
			files, there = append(files, stop.Touched...), true
		}
	}
	return files, there
}

// others returns the agents that worked in the worktree called name since the judged one was launched.
func othersAtWork(ctx context.Context, witness Witness, in Inquiry, name string, place worktree.Place) []trace.OtherAgent {
	return slices.Concat(otherCoders(ctx, witness, in, name, place), bystanders(ctx, witness, in, place), witness.SessionsIn(place.Root, name, sinceLaunch(in)))
}

// sinceLaunch is when the agent was launched, as far as that is recorded, else when its run began.
func sinceLaunch(in Inquiry) time.Time {
	if before := in.before(); before != nil && !before.At.IsZero() && before.At.Before(in.Agent.Run.Time) {
		return before.At
	}
	return in.Agent.Run.Time
}

// otherCoders returns the coding agents among them. Those that ended are known from the journal, those that run from their transcripts.
func otherCoders(ctx context.Context, witness Witness, in Inquiry, name string, place worktree.Place) []trace.OtherAgent {
	var list []trace.OtherAgent
	for _, other := range in.Coders {
		agent, there := trace.OtherAgent{AgentID: other.AgentID, AgentType: other.AgentType}, false
		switch {
		case other.Running:
			read := witness.Agent(ctx, other.AgentID)
			agent.Running = true
			agent.Files = trace.EditsSince(read, place, in.Agent.Run.Time)
			there = len(agent.Files) > 0 || in.Grounds.Assigns(launch.AssignmentOf(read), place)
		case other.SinceLaunch:
			agent.Earlier = !other.SinceRun
			agent.Files, there = other.touchedIn(name)
		}
		if there {
			list = append(list, agent)
		}
	}
	return list
}

// bystanders returns the agents among them that are no coding agents. A test run, for instance, may write files there and needs them. The
// journal has no record of most of them, so their transcripts are read.
func bystanders(ctx context.Context, witness Witness, in Inquiry, place worktree.Place) []trace.OtherAgent {
	since := in.Agent.Run.Time
	var list []trace.OtherAgent
	for _, file := range witness.Active(since) {
		coder := slices.ContainsFunc(in.Coders, func(o OtherCoder) bool { return o.AgentID == file.ID })
		if file.Err != nil || coder {
			continue
		}
		agent := witness.Agent(ctx, file.ID)
		if !trace.WorksIn(agent, in.Grounds, place, since) {
			continue
		}
		last := agent.LastReply()
		list = append(list, trace.OtherAgent{
			AgentID: file.ID, AgentType: file.Meta.AgentType, Running: last == nil || last.ToolUses > 0, Files: trace.EditsSince(agent, place, since),
		})
	}
	return list
}

// company looks at who else worked in the repository since the current run began.
func company(ctx context.Context, witness Witness, in Inquiry, name string, place worktree.Place) trace.Company {
	since := in.Agent.Run.Time
	here := append(otherCoders(ctx, witness, in, name, place), witness.SessionsIn(place.Root, name, since)...)
	c := trace.Company{Here: here, Sessions: witness.OtherSessions(ctx, since)}
	for _, other := range in.Coders {
		here := slices.ContainsFunc(c.Here, func(r trace.OtherAgent) bool { return r.AgentID == other.AgentID })
		if !here && (other.Running || other.SinceRun) {
			c.Elsewhere = append(c.Elsewhere, trace.OtherAgent{AgentID: other.AgentID, AgentType: other.AgentType, Running: other.Running})
		}
	}
	itself := *witness.Session(ctx)
	itself.ID = ""
	c.Others = trace.ClassifiedCommands(ctx, &itself, since, in.Denied)
	for _, file := range witness.Active(since) {
		for _, ran := range trace.ClassifiedCommands(ctx, witness.Agent(ctx, file.ID), since, in.Denied) {
			ran.AgentID, ran.AgentType = file.ID, cmp.Or(file.Meta.AgentType, "an agent")
			c.Others = append(c.Others, ran)
		}
	}
	return c
}

// verifyConflicts finds files that two agents changed at the same time, and files that one of them changed although they are the other's by
// its prompt. Neither can know whose changes they contain now, or will contain, so the finding goes to the orchestrator (seed, "File Conflict
// Detection").
func verifyConflicts(seen Evidence) []rule.Finding {
	var findings []rule.Finding
	add := func(path, format string, args ...any) {
		findings = append(findings, rule.Finding{Rule: rule.FileConflict, Severity: rule.Halt, Path: path, Message: fmt.Sprintf(format, args...)})
	}
	files := seen.Touched()
	for _, other := range seen.Others {
		for _, path := range files {
			if !other.Earlier && slices.Contains(other.Files, path) {
				add(path, "%s was changed by this agent and by %s while both were at work in this worktree; decide whose change to keep", quote.String(path, quote.MaxPath), other)
			}
		}
	}
	for _, t := range seen.trespasses {
		if t.byOther {
			add(t.path, "%s was changed by %s while this agent was at work in this worktree, and the prompt of this agent assigns the file to it; decide whose change to keep", quote.String(t.path, quote.MaxPath), t.other)
		} else {
			add(t.path, "%s was changed by this agent while %s was at work in this worktree, and the prompt of that one assigns the file to it; decide whose change to keep", quote.String(t.path, quote.MaxPath), t.other)
		}
	}
	return findings
}

// trespass is a file that one agent changed and that is another's by its prompt, while both were at work in one worktree (seed, "File Conflict
// Detection": exclusive file assignments).
type trespass struct {
	path  string
	other trace.OtherAgent
	// byOther means that the other agent changed a file of the judged one, and not the reverse.
	byOther bool
}

// lookAtOwners compares what the agents in the worktree changed with the files that their prompts deal out. A file that both prompts name is
// nobody's alone.
func lookAtOwners(ctx context.Context, witness Witness, in Inquiry, seen Evidence) (found []trespass) {
	var own scope.Bounds
	read := false
	for _, other := range seen.Others {
		if other.Earlier || !slices.ContainsFunc(in.Coders, func(o OtherCoder) bool { return o.AgentID == other.AgentID }) {
			continue
		}
		agent := witness.Agent(ctx, other.AgentID)
		if !read {
			own, read = boundsOf(seen, scope.Read(in.Agent.Prompt), in.Agent.Prompt), true
		}
		theirs := boundsOf(seen, scope.Read(agent.Prompt), agent.Prompt)
		for _, path := range seen.Touched() {
			if !slices.Contains(other.Files, path) && theirs.Owns(path) && !own.Grants(path) && changedBeside(seen, path, in.Agent, agent, other.Running) {
				found = append(found, trespass{path: path, other: other})
			}
		}
		for _, path := range other.Files {
			if !slices.Contains(seen.Touched(), path) && own.Owns(path) && !theirs.Grants(path) {
				found = append(found, trespass{path: path, other: other, byOther: true})
			}
		}
	}
	return found
}

// changedBeside reports whether it is certain that the judged agent changed the file while the other one was at work: by the time of its own
// edit, or because the other one was at work all the time.
func changedBeside(seen Evidence, path string, judged, other *transcript.Agent, running bool) bool {
	begun, ended := other.Run.Time, time.Time{}
	if last := other.LastReply(); !running && last != nil {
		ended = last.Time
	}
	if begun.IsZero() || !running && ended.IsZero() {
		return false
	}
	edited := false
	for _, edit := range seen.Edits {
		if edit.Path == path && edit.Run == judged.Run.Number {
			edited = true
			if edit.Time.After(begun) && (running || edit.Time.Before(ended)) {
				return true
			}
		}
	}
	return !edited && running && !begun.After(judged.Run.Time)
}
