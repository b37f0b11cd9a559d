package hook

import (
	"context"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// coderStop is the main story of the program: a coding agent claims to be done.
func (r *Runner) coderStop(ctx context.Context, s *scene) Answer {
	past := r.coderPast(ctx, s)
	if before, ok := past.recorded.Judged(past.stop, r.Now()); ok {
		return Answer{Output: host.Block(before.Reason)}
	}
	c := r.judge(ctx, s, past)
	c.Cleanup = r.clean(ctx, c, s.grounds.Key())
	decided := r.recordCoderStop(ctx, s, past, c)
	if s.journal.Err() != nil && s.ev.StopHookActive {
		return Answer{Case: &decided.c} // the attempts cannot be counted, so the agent is sent back once, by the host's own flag
	}
	return Answer{Output: host.Block(decided.stop.Reason), Case: &decided.c}
}

// CoderStopped judges the stop of a coding agent, whatever its type is called and even if it was judged before. It is for recordings.
func (r *Runner) CoderStopped(ctx context.Context, ev host.Event) judge.Case {
	s := r.scene(ev)
	past := r.coderPast(ctx, s)
	return r.recordCoderStop(ctx, s, past, r.judge(ctx, s, past)).c
}

// coderPast is what happened before a coding agent's stop.
type coderPast struct {
	history  record.History
	recorded *record.Agent     // what is recorded of the agent
	agent    *transcript.Agent // what it said and did, and its hands
	unread   error             // why that could not be read; nil if it could
	launch   *record.Launch    // nil if no launch was recorded
	stop     record.StopID
}

func (r *Runner) coderPast(ctx context.Context, s *scene) coderPast {
	history := s.history(ctx)
	recorded := history.Agent(s.ev.AgentID)
	agent, err := r.transcript(ctx, s.ev, recorded.LastReply(), transcript.Options{})
	launched := history.Launch(s.ev.AgentTranscriptPath)
	s.holdTo(ctx, launched)
	return coderPast{
		history: history, recorded: recorded, agent: r.withHands(ctx, s.ev, agent), unread: err,
		launch: launched,
		stop:   record.Identify(s.ev, agent, recorded.LastReply()),
	}
}

// judge looks at the worktree and compares the report with it.
func (r *Runner) judge(ctx context.Context, s *scene, past coderPast) judge.Case {
	conf := s.config(ctx)
	c := judge.Stop(ctx, r.Observe, r.witness(s), r.inquiry(ctx, s, past))
	if text := trace.UnannouncedText(r.unannounced(s.ev, past.agent)); text != "" {
		c.Findings = append(c.Findings, rule.Finding{Rule: rule.GateTampered, Severity: rule.Note, Message: text})
	}
	c.AgentID, c.AgentType = s.ev.AgentID, s.ev.AgentType
	c.Brief, c.Commands, c.Coverage = launch.BriefOf(past.agent), conf.Commands, conf.Coverage
	c.Brief.Session = s.sessionWorktree(past)
	c.StepID = past.recorded.StepID(s.ev, past.stop)
	c.Attempts, c.MaxAttempts = len(past.recorded.SentBack()), conf.Caps.Attempts
	c.Verdict = judge.Decide(c.Submission, c.Findings, past.recorded.SentBack(), c.MaxAttempts)
	c.Observed = c.Verdict == rule.Rejected && !s.enforces(ctx)
	return c
}

// inquiry is everything that the judge of a coding agent's stop needs to know of it and its past.
func (r *Runner) inquiry(ctx context.Context, s *scene, past coderPast) judge.Inquiry {
	grounds, asked := s.grounds, launch.AssignmentOf(past.agent)
	own, isolated := s.isolatedAt(past.launch)
	if isolated {
		grounds = grounds.Isolated(own, asked.WorktreePath)
		asked.WorktreePath = grounds.Name(own)
	}
	return judge.Inquiry{
		Grounds:    grounds,
		Isolated:   isolated,
		Submission: judge.ReadSubmission(s.ev.LastAssistantMessage, past.agent.Replies),
		Asked:      asked,
		Agent:      past.agent,
		Launch:     past.launch.Seen(),
		Marked:     past.recorded.MarkedBefore(past.launch),
		Run:        past.recorded.Resumed(),
		Denied:     past.history.Denied(),
		Coders:     r.rivals(s.ev, past.history.OtherCoders(s.ev.AgentID)),
		Reported:   past.recorded.Reported(),
		Earlier:    past.recorded.Reports(),
		Rules:      cleanup.Rules(s.config(ctx)),
		Scope:      s.config(ctx).Scope,
		Plugin:     r.Folders.Plugin,
		Records:    r.records(ctx, s, past),
		Present:    s.present,
		Held:       s.settings.Source,
		Time:       judge.Budget{Marks: marksWithin, Rest: lookWithin},
		Committed:  r.Committed,
	}
}

// records are what could be found of an agent that has just stopped; nil for an agent in a recording, of which nothing was recorded here.
func (r *Runner) records(ctx context.Context, s *scene, past coderPast) *judge.Records {
	if r.Recorded {
		return nil
	}
	s.config(ctx)
	found := &judge.Records{Journal: s.journal.Err(), Config: s.settings.Unread, Transcript: past.unread, Launched: past.launch != nil}
	// If only the marker of its launch makes the agent a coder, its start was not recorded: SubagentStart has no marker.
	found.Begun = past.recorded.HasRun() || !r.mayConcern(ctx, s.ev, "", s.ev.AgentType, "")
	if past.launch != nil {
		found.Prompt = past.launch.Prompt
	} else if _, err := transcript.ReadMeta(s.ev.AgentTranscriptPath); err != nil {
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
func (r *Runner) recordCoderStop(ctx context.Context, s *scene, past coderPast, c judge.Case) decidedStop {
	agent := gates.Agent{ID: s.ev.AgentID, Type: s.ev.AgentType}
	ends := c.Verdict != rule.Rejected || c.Observed
	fact := record.CoderFact(c, s.config(ctx), r.Now().UTC())
	return updateTask(ctx, s, c.TaskName(), func(t *record.Task) (decidedStop, []record.Entry) {
		d, entries := decidedStop{c: c}, []record.Entry{}
		if ends && c.TaskName() != "" {
			d.c.Ordered = t.Take(s.ev.SessionID, fact)
			entries = append(entries, fact.Entry())
		}
		t.Known(&d.c)
		d.stop = record.CoderStop(d.c, past.stop, s.ev.LastAssistantMessage)
		d.stop.From = transcript.Size(s.ev.TranscriptPath)
		return d, append(entries, d.stop.Entry(agent, c.Task()))
	})
}
