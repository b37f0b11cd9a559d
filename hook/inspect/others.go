package inspect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"stopgate/hook/launch"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// OtherCoder is another coding agent of the session, from the journal.
type OtherCoder struct {
	AgentID, AgentType string
	// Running means that its current run has not ended. Gone means that it ended without a stop: it was stopped at its work, or its client ended.
	Running, Gone bool
	// SinceLaunch means that it ended after the judged agent was launched; SinceRun, after the judged agent's current run began.
	SinceLaunch, SinceRun bool
	// Stops are its stops since the judged agent was launched, without those after which it was sent back.
	Stops []PastStop
}

// PastStop is an earlier stop: the worktree as the orchestrator wrote it, and the files that the agent had changed there.
type PastStop struct {
	Worktree string
	Touched  []string
}

// touchedIn returns the files of the worktree called name that the agent changed; false if it did not stop there.
func (o OtherCoder) touchedIn(name string) (files []string, there bool) {
	for _, stop := range o.Stops {
		if stop.Worktree == name {
			files, there = append(files, stop.Touched...), true
		}
	}
	return files, there
}

// othersAtWork returns the agents that worked in the worktree called name since the judged one was launched.
func othersAtWork(ctx context.Context, witness Witness, in Inquiry, name string, place worktree.Place) []trace.OtherAgent {
	since := sinceLaunch(in)
	return slices.Concat(otherCoders(ctx, witness, in, name, place), bystanders(ctx, witness, in, place), witness.SessionsIn(place.Root, name, since))
}

// sinceLaunch returns when the agent was launched; if that is not recorded, when its run began.
func sinceLaunch(in Inquiry) time.Time {
	if before := in.before(); before != nil && !before.At.IsZero() && before.At.Before(in.Agent.Run.Time) {
		return before.At
	}
	return in.Agent.Run.Time
}

// otherCoders returns the coding agents among them. Those that stopped are known from the journal, the others from their transcripts.
func otherCoders(ctx context.Context, witness Witness, in Inquiry, name string, place worktree.Place) []trace.OtherAgent {
	var list []trace.OtherAgent
	for _, other := range in.Coders {
		agent, there := trace.OtherAgent{AgentID: other.AgentID, AgentType: other.AgentType}, false
		switch {
		case other.Running, other.Gone && other.SinceLaunch:
			agent, there = unstopped(ctx, witness, in, other, place)
		case other.SinceLaunch:
			agent.Earlier, agent.Reports = !other.SinceRun, true
			agent.Files, there = other.touchedIn(name)
		}
		if there {
			list = append(list, agent)
		}
	}
	return list
}

// unstopped returns a coding agent without a stop, and whether it may have worked there since the judged one was launched. The records do not tell
// that it was interrupted or that its request failed; its transcript does.
func unstopped(ctx context.Context, witness Witness, in Inquiry, other OtherCoder, place worktree.Place) (trace.OtherAgent, bool) {
	read := witness.Agent(ctx, other.AgentID)
	at, broke := read.BrokeOff()
	if broke && !at.IsZero() && at.Before(sinceLaunch(in)) {
		return trace.OtherAgent{}, false
	}
	agent := trace.OtherAgent{AgentID: other.AgentID, AgentType: other.AgentType, Running: other.Running && !broke}
	agent.Reports = agent.Running
	since := in.Agent.Run.Time
	if agent.Earlier = !agent.Running && !other.SinceRun && (other.Gone || !at.IsZero() && at.Before(since)); agent.Earlier {
		since = sinceLaunch(in)
	}
	agent.Files = trace.EditsSince(read, place, since)
	return agent, len(agent.Files) > 0 || in.Grounds.Assigns(launch.AssignmentOf(read), place)
}

// Unreported is a change that the tools of another agent made, which does not report on it.
type Unreported struct {
	Path string
	By   trace.OtherAgent
}

// changedByOthers returns the changes in the worktree that the tools of other agents made and that nobody reports: such an agent is no coding agent,
// was stopped at its work, or works for another session.
func changedByOthers(in Inquiry, seen Evidence) (found []Unreported) {
	by := map[string]trace.OtherAgent{}
	reported := slices.Concat(in.Reported, seen.sessionEdits)
	for _, other := range seen.Others {
		if other.Reports {
			reported = append(reported, other.Files...)
			continue
		}
		for _, name := range other.Files {
			by[name] = other
		}
	}
	for _, edit := range seen.UnclaimedEdits {
		if edit.Where == "" {
			reported = append(reported, edit.State.Path)
		}
	}
	for _, name := range reported {
		delete(by, name)
	}
	for i := range seen.Survey.States { // there may be very many
		name := seen.Survey.States[i].Name
		if other, changed := by[name]; changed && !IsAgentMemory(name) && !slices.ContainsFunc(seen.Claims, func(c Claim) bool { return c.Covers(name) }) {
			found = append(found, Unreported{name, other})
		}
	}
	return found
}

// unheard reports whether a coding agent runs whose transcript shows nothing yet, so that it is not known where it works.
func unheard(ctx context.Context, witness Witness, in Inquiry) bool {
	return slices.ContainsFunc(in.Coders, func(o OtherCoder) bool { return o.Running && witness.Agent(ctx, o.AgentID).Lines == 0 })
}

// bystanders returns the agents among them that are not coding agents. A test-runner, for instance, may write and need files there. The journal has
// no record of most of them, so their transcripts are read.
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
		_, broke := agent.BrokeOff()
		list = append(list, trace.OtherAgent{
			AgentID: file.ID, AgentType: file.Meta.AgentType, Running: !broke && (last == nil || last.ToolUses > 0), Files: trace.EditsSince(agent, place, since),
		})
	}
	return list
}

// company returns who else worked in the repository since the current run began.
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
