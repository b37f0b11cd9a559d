package hook

import (
	"context"

	"stopgate/hook/actor"
	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/isolation"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/tidy"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// subagentStop is SubagentStop. The agent's launch says what it is, or its name if the launch had no marker.
func subagentStop(ctx context.Context, s *scene.Scene) Answer {
	if s.Event.AgentType == "" { // one of the host's own helpers
		return Answer{}
	}
	prompt := session.Prompt(ctx, s)
	if !s.MayConcern(ctx, s.Event.AgentID, s.Event.AgentType, prompt) {
		return Answer{}
	}

	defer s.Hold(ctx)() // another process may judge the same stop
	switch role, gate := actor.LaunchedAs(ctx, s, s.Event.AgentID, s.Event.AgentType, prompt); role {
	case launch.CodingRole:
		if agent := actor.Reviewed(ctx, s); agent != nil {
			return reviewStop(ctx, s, agent)
		}
		return coderStop(ctx, s)
	case launch.GateRole, launch.MergeRole, launch.OpsRole:
		return gateStop(ctx, s, actor.Agent{Role: role, Gate: gate, Prompt: prompt})
	case launch.NoRole, launch.OtherRole:
	}
	return Answer{}
}

// coderStop is the main story of the program: a coding agent claims to be done.
func coderStop(ctx context.Context, s *scene.Scene) Answer {
	past := pastOf(ctx, s)
	if before, ok := past.recorded.Judged(past.stop, s.Now()); ok {
		return Answer{Output: host.Block(before.Reason)}
	}
	c := judgeStop(ctx, s, past)
	c.Cleanup = tidy.AfterStop(ctx, s, c)
	decided := recordCoderStop(ctx, s, past, c)
	if s.Journal().Err() != nil && s.Event.StopHookActive {
		return Answer{Case: &decided.c} // the attempts cannot be counted, so the agent is sent back once, by the host's own flag
	}
	return Answer{Output: host.Block(decided.stop.Reason), Case: &decided.c}
}

// CoderStopped judges the stop of a coding agent, whatever its type is called and even if it was judged before. It is for recordings.
func (r *Runner) CoderStopped(ctx context.Context, ev host.Event) judge.Case {
	s := r.Scene(ev)
	past := pastOf(ctx, s)
	return recordCoderStop(ctx, s, past, judgeStop(ctx, s, past)).c
}

// coderPast is what happened before a coding agent's stop.
type coderPast struct {
	history  record.History
	recorded *record.Agent     // what is recorded of the agent
	agent    *transcript.Agent // what it said and did, and its hands
	unread   error             // why that could not be read; nil if it could
	launch   *record.Launch    // nil if no launch was recorded
	settings *site.Settings    // by which the stop is judged
	stop     record.StopID
	own      worktree.Place // the worktree that the host made for the agent, if it is isolated
	isolated bool
}

func pastOf(ctx context.Context, s *scene.Scene) coderPast {
	history := s.History(ctx)
	recorded := history.Agent(s.Event.AgentID)
	agent, err := session.Stopped(ctx, s, recorded.LastReply(), transcript.Options{})
	launched := history.Launch(s.Event.AgentTranscriptPath)
	s.HoldTo(ctx, launched)
	own, isolated := isolation.At(s, launched)
	return coderPast{
		history: history, recorded: recorded, agent: session.WithHands(ctx, s, agent), unread: err,
		launch: launched, settings: s.Settings(ctx), own: own, isolated: isolated,
		stop: record.Identify(s.Event, agent, recorded.LastReply()),
	}
}

// judgeStop looks at the worktree and compares the report with it.
func judgeStop(ctx context.Context, s *scene.Scene, past coderPast) judge.Case {
	conf := past.settings.Config
	in := inquiry(ctx, s, past)
	c := judge.Stop(in, inspect.Stop(ctx, s.Observe, session.Witness(s), in))
	if text := trace.UnannouncedText(session.Unannounced(s, past.agent)); text != "" {
		c.Findings = append(c.Findings, rule.Finding{Rule: rule.GateTampered, Severity: rule.Note, Message: text})
	}
	c.AgentID, c.AgentType = s.Event.AgentID, s.Event.AgentType
	c.Brief, c.Coverage = launch.BriefOf(past.agent), conf.Coverage
	c.Brief.Session = sessionWorktree(s, past)
	c.StepID = past.recorded.StepID(s.Event, past.stop)
	c.Attempts, c.MaxAttempts = len(past.recorded.SentBack()), conf.Caps.Attempts
	c.Verdict = judge.Decide(c.Submission, c.Findings, past.recorded.SentBack(), c.MaxAttempts)
	if c.Verdict == rule.Verified {
		c.Commands = s.Settings(ctx).GateCommands(ctx, s.Observe, s.Grounds())
	}
	c.Observed = c.Verdict == rule.Rejected && !s.Enforces(ctx)
	return c
}

// inquiry is everything that the judge of a coding agent's stop needs to know of it and its past.
func inquiry(ctx context.Context, s *scene.Scene, past coderPast) inspect.Inquiry {
	found, grounds, asked := records(ctx, s, past), s.Grounds(), launch.AssignmentOf(past.agent)
	if past.isolated {
		grounds = grounds.Isolated(past.own, asked.WorktreePath)
		asked.WorktreePath = grounds.Name(past.own)
	}
	return inspect.Inquiry{
		Grounds:    grounds,
		Isolated:   past.isolated,
		Submission: submission.Read(s.Event.LastAssistantMessage, past.agent.Replies),
		Asked:      asked,
		Agent:      past.agent,
		Launch:     past.launch.Seen(),
		Marked:     past.recorded.MarkedBefore(past.launch),
		Run:        past.recorded.Resumed(),
		Denied:     past.history.Denied(),
		Reported:   past.recorded.Reported(),
		Earlier:    past.recorded.Reports(),
		Rules:      cleanup.Rules(past.settings.Config),
		Scope:      past.settings.Scope,
		Coders:     session.Rivals(s, past.history.OtherCoders(s.Event.AgentID)),
		Plugin:     s.Folders.Plugin,
		Records:    found,
		Present:    s.Present,
		Held:       past.settings.Source,
		Time:       inspect.Budget{Marks: look.MarksWithin, Rest: look.Within},
		Committed:  s.Committed,
	}
}

// records are what could be found of an agent that has just stopped; nil for an agent in a recording, of which nothing was recorded here.
func records(ctx context.Context, s *scene.Scene, past coderPast) *inspect.Records {
	if s.Recorded {
		return nil
	}
	found := &inspect.Records{Journal: s.Journal().Err(), Config: past.settings.Unread, Transcript: past.unread, Launched: past.launch != nil}
	// If only the marker of its launch makes the agent a coder, its start was not recorded: SubagentStart has no marker.
	found.Begun = past.recorded.HasRun() || !s.MayConcern(ctx, "", s.Event.AgentType, "")
	if past.launch != nil {
		found.Prompt = past.launch.Prompt
	} else if _, err := transcript.ReadMeta(s.Event.AgentTranscriptPath); err != nil {
		found.Notes = err
	}
	return found
}

// decidedStop is a judged stop with the gate protocol's answer to it, and its record.
type decidedStop struct {
	c    judge.Case
	stop record.Stop
}

// recordCoderStop takes the stop into the gate protocol, unless the agent is sent back, and records what was decided.
func recordCoderStop(ctx context.Context, s *scene.Scene, past coderPast, c judge.Case) decidedStop {
	agent := gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType}
	ends := c.Verdict != rule.Rejected || c.Observed
	fact := record.CoderFact(c, past.settings.Config, s.Now().UTC())
	task := fact.Fact.Task
	return scene.UpdateTask(ctx, s, task, func(t *record.Task) (decidedStop, []record.Entry) {
		d, entries := decidedStop{c: c}, []record.Entry{}
		if ends && task != "" {
			d.c.Ordered = t.Take(s.Event.SessionID, fact)
			entries = append(entries, fact.Entry())
		}
		t.Known(&d.c)
		d.stop = record.CoderStop(d.c, past.stop, s.Event.LastAssistantMessage)
		d.stop.From = transcript.Size(s.Event.TranscriptPath)
		return d, append(entries, d.stop.Entry(agent, c.Task()))
	})
}

// sessionWorktree is the worktree that the prompt of an isolated agent names beside its own, as people know it; "" if there is none.
func sessionWorktree(s *scene.Scene, past coderPast) string {
	if !past.isolated {
		return ""
	}
	named := s.Grounds().FindSite(launch.AssignmentOf(past.agent).WorktreePath, "")
	if named.Problem != site.Found || named.Place == past.own {
		return ""
	}
	return s.Grounds().Name(named.Place)
}
