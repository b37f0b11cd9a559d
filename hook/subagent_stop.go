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

// subagentStop handles SubagentStop. The launch decides the agent's role; without a marker, its type does.
func subagentStop(ctx context.Context, s *scene.Scene) Answer {
	if s.Event.AgentType == "" { // one of the host's own helpers
		return Answer{}
	}
	prompt := session.Prompt(ctx, s)
	if !s.MayConcern(ctx, s.Event.AgentID, s.Event.AgentType, prompt) {
		return Answer{}
	}

	defer s.Hold(ctx)() // another process may be judging the same stop
	if before := transcript.MovedFrom(s.Event.AgentTranscriptPath); before != "" {
		takeOver(ctx, s, gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType}, before)
	}
	if meta, err := transcript.ReadMeta(s.Event.AgentTranscriptPath); err == nil && meta.Unannounced && s.LaunchOf(ctx, s.Event.AgentID) == nil {
		lateFirstUse(ctx, s)
	}
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

// coderStop is the main case of the program: a coding agent claims to be done.
func coderStop(ctx context.Context, s *scene.Scene) Answer {
	past := pastOf(ctx, s)
	if before, ok := past.recorded.Judged(past.stop, s.Now()); ok {
		return Answer{Output: host.Block(before.Reason)}
	}
	c := judgeStop(ctx, s, past)
	c.Cleanup = tidy.AfterStop(ctx, s, c)
	decided := recordCoderStop(ctx, s, past, c)
	if s.Journal().Err() != nil && s.Event.StopHookActive {
		return Answer{Case: &decided.c} // attempts cannot be counted, so the host's own flag limits it to one
	}
	return Answer{Output: host.Block(decided.stop.Reason), Case: &decided.c}
}

// CoderStopped judges the stop of a coding agent, whatever its type and even if it was judged before. It is for recordings.
func (r *Runner) CoderStopped(ctx context.Context, ev host.Event) judge.Case {
	s := r.Scene(ev)
	past := pastOf(ctx, s)
	return recordCoderStop(ctx, s, past, judgeStop(ctx, s, past)).c
}

// coderPast is what is known about a coding agent before the worktree is read.
type coderPast struct {
	recorded *record.Agent        // the records of the agent
	launch   *record.Launch       // nil if no launch was recorded
	inquiry  inspect.Inquiry      // further records that the inspection needs
	begun    bool                 // the start of the run is recorded
	lost     error                // why the journal could not be read; nil if it could
	agent    *transcript.Agent    // what the agent and its helpers said and did
	unread   error                // why that could not be read; nil if it could
	ended    bool                 // the client has ended the agent, and does not send it back
	written  []transcript.ToolUse // tool uses in the transcript that the client did not announce
	missing  int                  // announced calls that the transcript does not have
	removed  string               // says that the announcements were removed; "" if they were not
	asked    launch.Assignment
	brief    launch.Brief
	settings *site.Settings // the configuration by which the stop is judged
	grounds  site.Grounds
	isolated bool // the host made a worktree for the agent
	stop     record.StopID
	stepID   string
	sentBack []string // the rejections of this run, as fingerprints, oldest first
}

func pastOf(ctx context.Context, s *scene.Scene) coderPast {
	history, journal := s.History(ctx), s.Journal()
	recorded, launched := history.Agent(s.Event.AgentID), history.Launch(s.Event.AgentTranscriptPath)
	past := coderPast{
		recorded: recorded, launch: launched, inquiry: journal.Inquiry(ctx, history, s.Event.AgentID, s.Event.TranscriptPath, launched), lost: journal.Err(),
		begun: recorded.HasRun(), sentBack: recorded.SentBack(),
	}

	past.agent, past.unread = session.Stopped(ctx, s, recorded.LastReply(), transcript.Options{})
	past.ended = session.HasEnded(s, past.agent)
	past.agent = session.WithHelpers(ctx, s, past.agent, transcript.Options{})
	past.written, past.missing, past.removed = session.Announced(s, past.agent, launched)
	past.asked, past.brief = launch.AssignmentOf(past.agent), launch.BriefOf(past.agent)
	s.HoldTo(ctx, launched)
	past.settings, past.grounds = s.Settings(ctx), s.Grounds()
	if own, isolated := isolation.At(s, launched); isolated {
		past.isolate(own)
	}
	past.stop = record.Identify(s.Event, past.agent, recorded.LastReply())
	past.stepID = recorded.StepID(s.Event, past.stop)
	return past
}

// isolate replaces the worktree in the prompt by the one that the host made for the agent.
func (p *coderPast) isolate(own worktree.Place) {
	named := p.asked.WorktreePath
	if elsewhere := p.grounds.FindSite(named, ""); elsewhere.Problem == site.Found && elsewhere.Place != own {
		p.brief.Session = p.grounds.Name(elsewhere.Place)
	}
	p.grounds, p.isolated = p.grounds.Isolated(own, named), true
	p.asked.WorktreePath = p.grounds.Name(own)
}

// judgeStop inspects the worktree and compares the report with it.
func judgeStop(ctx context.Context, s *scene.Scene, past coderPast) judge.Case {
	conf := past.settings.Config
	in := inquiry(ctx, s, past)
	c := judge.Stop(in, inspect.Stop(ctx, s.Observe, session.Witness(s), in))
	for _, text := range []string{trace.UnannouncedText(past.written), past.removed} {
		if text != "" {
			c.Findings = append(c.Findings, rule.Finding{Rule: rule.GateTampered, Severity: rule.Note, Message: text})
		}
	}
	c.AgentID, c.AgentType = s.Event.AgentID, s.Event.AgentType
	c.Brief, c.Coverage, c.StepID = past.brief, conf.Coverage, past.stepID
	c.Attempts, c.MaxAttempts, c.Ended = len(past.sentBack), conf.Caps.Attempts, past.ended
	if c.Ended {
		c.MaxAttempts = 0
	}
	c.Verdict = judge.Decide(c.Submission, c.Findings, past.sentBack, c.MaxAttempts)
	if c.Verdict == rule.Verified {
		c.Commands = past.settings.GateCommands(ctx, s.Observe, past.grounds)
	}
	c.Observed = c.Verdict == rule.Rejected && !s.Enforces(ctx)
	return c
}

// inquiry returns everything that the inspection of a coding agent's stop needs to know about it and its past.
func inquiry(ctx context.Context, s *scene.Scene, past coderPast) inspect.Inquiry {
	in := past.inquiry
	in.Records = records(ctx, s, past)
	in.Grounds, in.Isolated = past.grounds, past.isolated
	in.Agent, in.Asked = past.agent, past.asked
	in.Submission = submission.Read(s.Event.LastAssistantMessage, past.agent.Replies)
	in.Rules, in.Scope = cleanup.Rules(past.settings.Config), past.settings.Scope
	in.Held, in.Present = past.settings.Source, s.Present
	in.Coders = session.Rivals(s, in.Coders)
	in.Plugin, in.Committed = s.Folders.Plugin, s.Committed
	in.Time = inspect.Budget{Marks: look.MarksWithin, Rest: look.Within}
	return in
}

// records returns which records of a stopped agent were found; nil for an agent in a recording, which has no records here.
func records(ctx context.Context, s *scene.Scene, past coderPast) *inspect.Records {
	if s.Recorded {
		return nil
	}
	found := &inspect.Records{Journal: past.lost, Config: past.settings.Unread, Transcript: past.unread, Missing: past.missing, Launched: past.launch != nil}
	// If only a marker makes the agent a coding agent, its start was not recorded: SubagentStart has no marker.
	found.Begun = past.begun || !s.MayConcern(ctx, "", s.Event.AgentType, "")
	if past.launch != nil {
		found.Prompt = past.launch.Prompt
	} else if _, err := transcript.ReadMeta(s.Event.AgentTranscriptPath); err != nil {
		found.Notes = err
	}
	return found
}

// decidedStop is a judged stop with its record and the resulting step of the gate protocol.
type decidedStop struct {
	c    judge.Case
	stop record.Stop
}

// recordCoderStop records the stop. Unless the agent is sent back, it also applies the stop to the task's state.
func recordCoderStop(ctx context.Context, s *scene.Scene, past coderPast, c judge.Case) decidedStop {
	agent := gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType}
	ends := c.Verdict != rule.Rejected || c.Observed
	fact := record.CoderFact(c, past.settings.Config, s.Now().UTC())
	task, history, vantage := fact.Fact.Task, s.History(ctx), s.Vantage()
	vantage.Stopping = agent.ID
	decided, _ := scene.UpdateTask(ctx, s, task, func(t *record.Task) (decidedStop, []record.Entry) {
		d, entries := decidedStop{c: c}, []record.Entry(nil)
		if ends && task != "" {
			entries = t.Release(ctx, history, vantage)
			d.c.Ordered = t.Take(s.Event.SessionID, fact)
			entries = append(entries, fact.Entry())
		}
		t.Known(&d.c)
		d.stop = record.CoderStop(d.c, past.stop, s.Event.LastAssistantMessage)
		d.stop.From = transcript.Size(s.Event.TranscriptPath)
		return d, append(entries, d.stop.Entry(agent, c.Task))
	})
	return decided
}
