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
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Witness reads what the others of a session have said and done.
type Witness interface {
	// Agent is another agent of the session, as far as it has come; never nil, empty where its transcript cannot be read.
	Agent(ctx context.Context, id string) *transcript.Agent
	// Session is the orchestrator itself; never nil, empty where its transcript cannot be read.
	Session(ctx context.Context) *transcript.Agent
	// Active are the session's other agents whose transcripts have grown since then.
	Active(since time.Time) []transcript.AgentFile
	// OtherSessions tells whether agents of another session have begun or stopped in this repository since then.
	OtherSessions(ctx context.Context, since time.Time) bool
}

// noWitness knows of no others.
type noWitness struct{}

func (noWitness) Agent(context.Context, string) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Session(context.Context) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Active(time.Time) []transcript.AgentFile { return nil }

func (noWitness) OtherSessions(context.Context, time.Time) bool { return false }

// OtherCoder is another coding agent of the session, as the journal tells of it.
type OtherCoder struct {
	AgentID, AgentType string
	// Running tells that its current run has not ended.
	Running bool
	// SinceLaunch tells that it was let go after the judged agent was launched, SinceRun that it was after the judged agent's current
	// run began.
	SinceLaunch, SinceRun bool
	// Stops are those since the judged agent was launched, without those that it was sent back from.
	Stops []PastStop
}

// PastStop is where an agent stopped, by the path by which the orchestrator knows the worktree, and which files it had changed there.
type PastStop struct {
	Worktree string
	Touched  []string
}

// touchedIn are the files of the worktree called name that the agent changed; false where it did not stop there.
func (o OtherCoder) touchedIn(name string) (files []string, there bool) {
	for _, stop := range o.Stops {
		if stop.Worktree == name {
			files, there = append(files, stop.Touched...), true
		}
	}
	return files, there
}

// rivals are the agents that worked in the worktree called name since the judged one was launched.
func (in Inquiry) rivals(ctx context.Context, witness Witness, name string, place worktree.Place) []trace.OtherAgent {
	return append(in.otherCoders(ctx, witness, name, place), in.bystanders(ctx, witness, place)...)
}

// otherCoders are the coding agents among them: those that were let go since, and those that still run, by their transcripts.
func (in Inquiry) otherCoders(ctx context.Context, witness Witness, name string, place worktree.Place) []trace.OtherAgent {
	var list []trace.OtherAgent
	for _, other := range in.Coders {
		rival, there := trace.OtherAgent{AgentID: other.AgentID, AgentType: other.AgentType}, false
		switch {
		case other.Running:
			agent := witness.Agent(ctx, other.AgentID)
			rival.Running = true
			rival.Files = trace.EditsSince(agent, place, in.Agent.Run.Time)
			there = len(rival.Files) > 0 || in.Grounds.Assigns(launch.AssignmentOf(agent), place)
		case other.SinceLaunch:
			rival.Earlier = !other.SinceRun
			rival.Files, there = other.touchedIn(name)
		}
		if there {
			list = append(list, rival)
		}
	}
	return list
}

// bystanders are the agents among them that are no coding agents: a test run may write files there, and needs what it wrote. The journal
// has no record of most of them, so their transcripts are read.
func (in Inquiry) bystanders(ctx context.Context, witness Witness, place worktree.Place) []trace.OtherAgent {
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

// company looks at who else was at work in the repository since the current run began.
func (in Inquiry) company(ctx context.Context, witness Witness, name string, place worktree.Place) trace.Company {
	since := in.Agent.Run.Time
	c := trace.Company{Here: in.otherCoders(ctx, witness, name, place), Sessions: witness.OtherSessions(ctx, since)}
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
		for _, hand := range trace.ClassifiedCommands(ctx, witness.Agent(ctx, file.ID), since, in.Denied) {
			hand.AgentID, hand.AgentType = file.ID, cmp.Or(file.Meta.AgentType, "an agent")
			c.Others = append(c.Others, hand)
		}
	}
	return c
}

// verifyRivals finds the files that two agents changed at the same time. Neither can tell whose work stands there now, so that
// neither is told to undo anything: only the orchestrator can settle it (seed, "File Conflict Detection").
func verifyRivals(files []string, rivals []trace.OtherAgent) []rule.Finding {
	var findings []rule.Finding
	for _, rival := range rivals {
		for _, path := range files {
			if !rival.Earlier && slices.Contains(rival.Files, path) {
				findings = append(findings, rule.Finding{
					Rule: rule.FileConflict, Severity: rule.Halt, Path: path,
					Message: fmt.Sprintf("%s was changed by this agent and by %s while both were at work in this worktree; settle whose change is to stand",
						quote.String(path, quote.MaxPath), rival),
				})
			}
		}
	}
	return findings
}
