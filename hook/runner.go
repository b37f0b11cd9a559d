package hook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/conduct"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// Runner carries one event through every stage. Its fields are its ties to the world; beside them it only reads, the host's transcripts
// and where paths lead.
type Runner struct {
	// ProjectDir is CLAUDE_PROJECT_DIR; "" where the host did not say.
	ProjectDir string
	// Grounds are where every event stands; nil finds them from ProjectDir and the event's cwd.
	Grounds *site.Grounds
	// OpenJournal opens the record of what key names: a repository's common git directory or a project folder.
	OpenJournal func(key string) (record.Journal, error)
	// Transcript reads what an agent has said and done up to the stop that the event tells of; nil reads the file that the event
	// names. sentBack is the message id of the reply that the agent was last sent back for, "" for none.
	Transcript func(ctx context.Context, ev host.Event, sentBack string) *transcript.Agent
	// Peer reads what another agent of the event's session has said and done so far; nil reads the host's file of it.
	Peer func(ctx context.Context, ev host.Event, agentID string) *transcript.Agent
	// Observe looks at a worktree.
	Observe judge.Observer
	// Sweep removes artifacts; nil where nothing is ever removed.
	Sweep cleanup.Sweeper
	// Folders are those of others, where an agent's tools may write, or must not.
	Folders conduct.Folders
	// Now is the clock.
	Now func() time.Time
	// Log takes one line for each accident. The host shows it to people with --debug.
	Log io.Writer
	// Lag is how long a transcript that has not come as far as its event is waited for; zero is for as long as the host may take.
	// Nothing outside of tests sets it.
	Lag time.Duration
	// Recorded tells that the events are those of recordings: of what happened before them no journal tells.
	Recorded bool
}

// Answer is what an event comes to.
type Answer struct {
	Output host.Output
	// Case is the stop that was judged; nil for other events and for a stop that had been judged before.
	Case *judge.Case
	// undeliver records that the steps in Output did not reach the host; nil where it holds none.
	undeliver func(context.Context)
}

// Undeliver takes back what the answer recorded as delivered. Call it when the output could not be written.
func (a Answer) Undeliver(ctx context.Context) {
	if a.undeliver != nil {
		a.undeliver(ctx)
	}
}

// Run answers one event. What is none of stopgate's business is answered with silence, before anything is opened.
func (r *Runner) Run(ctx context.Context, ev host.Event) Answer {
	switch {
	case ev.HookEventName == host.SubagentStart && r.mayConcern(ev.AgentType, ""):
		return r.start(ctx, ev)
	case ev.HookEventName == host.SubagentStop && ev.AgentType != "":
		return r.stopped(ctx, ev)
	case ev.HookEventName == host.PreToolUse && host.IsAgentTool(ev.ToolName) && r.mayConcern(ev.ToolInput.SubagentType, ev.ToolInput.Prompt):
		return r.asked(ctx, ev)
	case ev.HookEventName == host.PreToolUse && ev.AgentID != "":
		return r.attempted(ctx, ev)
	case ev.HookEventName == host.PostToolUse && host.IsAgentTool(ev.ToolName):
		return r.returned(ctx, ev)
	case ev.HookEventName == host.UserPromptSubmit:
		return r.prompted(ctx, ev)
	case ev.HookEventName == host.Stop:
		return r.backstop(ctx, ev)
	}
	return Answer{}
}

// mayConcern tells, before anything is opened, whether an agent may have a place in the protocol: by its name, by the marker of its
// launch, or because the project has a configuration that may give it one.
func (r *Runner) mayConcern(agentType, prompt string) bool {
	if role, _ := launch.RoleOf(launch.Defaults(), agentType, prompt); role != launch.NoRole {
		return true
	}
	if r.ProjectDir == "" {
		return false
	}
	_, err := os.Lstat(filepath.Join(r.ProjectDir, config.FileName))
	return err == nil
}

// asked is PreToolUse of the tool that launches an agent.
func (r *Runner) asked(ctx context.Context, ev host.Event) Answer {
	ledger := r.ledger(ev)
	switch role, gate := launch.RoleOf(ledger.config(ctx), ev.ToolInput.SubagentType, ev.ToolInput.Prompt); role {
	case launch.CodingRole, launch.OpsRole:
		return r.launched(ctx, ev, ledger, role)
	case launch.GateRole, launch.MergeRole:
		return r.gateAsked(ctx, ev, ledger, role, gate)
	case launch.NoRole:
	}
	return Answer{}
}

// prompted is UserPromptSubmit: the host's own notification of an agent that has finished, or a word of the person.
func (r *Runner) prompted(ctx context.Context, ev host.Event) Answer {
	if n, ok := host.ReadNotification(ev.Prompt); ok {
		return r.notified(ctx, ev, n)
	}
	return r.spoke(ctx, ev)
}

// start tells a coding agent the contract before its first turn, and records that a run begins: an agent that is resumed has
// all its attempts again.
func (r *Runner) start(ctx context.Context, ev host.Event) Answer {
	ledger := r.ledger(ev)
	history := ledger.History(ctx)
	path := transcript.AgentPath(ev.TranscriptPath, ev.AgentID)
	task, worktree, coding := history.Starting(ev.AgentID, ev.AgentType, path, ledger.config(ctx))
	if !coding {
		return Answer{}
	}
	began := record.Entry{Kind: record.KindStart, Agent: ev.AgentID, AgentType: ev.AgentType}
	if run := r.resumed(ctx, ev, ledger, history); run != nil {
		began.Data = run
	}
	entries := []record.Entry{began}
	if task != "" {
		entries = append(entries, record.FactEntry(record.Fact{Worktree: worktree, Fact: gates.Fact{Kind: gates.CoderStarted, Task: task, At: r.Now().UTC(), Agent: ev.AgentID, AgentType: ev.AgentType}}))
	}
	ledger.Append(ctx, entries...)
	if !ledger.enforces(ctx) {
		return Answer{}
	}
	return Answer{Output: host.Context(host.SubagentStart, step.Contract)}
}

// stopped is the stop of an agent. What it was launched for says what it is; its name alone does where nobody marked the launch.
func (r *Runner) stopped(ctx context.Context, ev host.Event) Answer {
	prompt := r.launchPrompt(ctx, ev)
	if !r.mayConcern(ev.AgentType, prompt) {
		return Answer{}
	}
	ledger := r.ledger(ev)
	switch role, gate := launch.RoleOf(ledger.config(ctx), ev.AgentType, prompt); role {
	case launch.CodingRole:
		return r.coderStopped(ctx, ev, ledger)
	case launch.GateRole, launch.MergeRole, launch.OpsRole:
		return r.otherStopped(ctx, ev, ledger, protocolAgent{role: role, gate: gate, prompt: prompt})
	case launch.NoRole:
	}
	return Answer{}
}

// CoderStarted takes in that a coding agent began a run, whatever its type is called.
func (r *Runner) CoderStarted(ctx context.Context, ev host.Event) { r.start(ctx, ev) }

// CoderStopped judges the stop of a coding agent, whatever its type is called.
func (r *Runner) CoderStopped(ctx context.Context, ev host.Event) judge.Case {
	return *r.coderStopped(ctx, ev, r.ledger(ev)).Case
}

// coderStopped is the story of the program: a coding agent says that it is done.
func (r *Runner) coderStopped(ctx context.Context, ev host.Event, ledger *ledger) Answer {
	defer ledger.Hold(ctx, ev.AgentID)()

	conf := ledger.config(ctx)
	history := ledger.History(ctx)
	past := history.Agent(ev.AgentID)
	agent, missing := r.transcript(ctx, ev, past.LastReply())
	stop := record.Identify(ev, agent, past.LastReply())
	if before, ok := past.Judged(stop, r.Now()); ok && !r.Recorded {
		return Answer{Output: host.Block(before.Reason)}
	}

	launched := history.Launch(ev.AgentTranscriptPath)
	c := judge.Stop(ctx, r.Observe, r.witness(ev, ledger.Log), judge.Inquiry{
		Grounds:    ledger.grounds,
		Submission: judge.ReadSubmission(ev.LastAssistantMessage, agent.Replies),
		Asked:      launch.AssignmentOf(agent),
		Agent:      agent,
		Launch:     launched.Seen(),
		Marked:     past.MarkedBefore(launched),
		Run:        past.Run.Seen(),
		Denied:     history.Denied,
		Coders:     history.Coders(ev.AgentID),
		Reported:   past.Reported(),
		Rules:      cleanup.Rules(conf),
		Plugin:     r.Folders.Plugin,
		Earlier:    past.Reports(),
		Records:    r.records(ctx, ev, ledger, past, launched, missing),
		Time:       judge.Budget{Marks: marksWithin, Rest: lookWithin},
	})
	c.AgentID, c.AgentType = ev.AgentID, ev.AgentType
	c.Attempts = len(past.SentBack)
	c.StepID = past.StepID(ev, stop)
	c.MaxAttempts = conf.Caps.Attempts
	c.Verdict = judge.Decide(c.Submission, c.Findings, past.SentBack, c.MaxAttempts)
	c.Observed = c.Verdict == rule.Rejected && !ledger.enforces(ctx)
	c.Cleanup = r.clean(ctx, c, ledger.grounds.Key())

	var decided record.Stop
	ledger.updateTask(ctx, c.TaskName(), func(t *record.Task) []record.Entry {
		var entries []record.Entry
		if (c.Verdict != rule.Rejected || c.Observed) && c.TaskName() != "" {
			d := record.StopFact(c, conf, r.Now().UTC())
			c.Ordered = t.Take(ev.SessionID, d)
			entries = append(entries, record.FactEntry(d))
		}
		decided = record.StopOf(c, stop, ev.LastAssistantMessage)
		return append(entries, record.Entry{Kind: record.KindStop, Agent: ev.AgentID, AgentType: ev.AgentType, Task: c.Task(), Data: decided})
	})
	if ledger.Err != nil && ev.StopHookActive {
		return Answer{Case: &c} // nobody counts the attempts then, so that the host's own flag is the bound: one
	}
	return Answer{Output: host.Block(decided.Reason), Case: &c}
}

// records are what could be found of an agent that has just stopped; nil of one in a recording, of which nothing was recorded here.
func (r *Runner) records(ctx context.Context, ev host.Event, l *ledger, past *record.Agent, launched *record.Launch, missing error) *judge.Records {
	if r.Recorded {
		return nil
	}
	l.config(ctx)
	found := &judge.Records{Journal: l.Err, Config: l.settings.Unread, Transcript: missing, Launched: launched != nil}
	// The start of an agent that only the marker of its launch makes a coder is not taken in: no SubagentStart tells of a marker.
	found.Begun = past.Runs > 0 || !r.mayConcern(ev.AgentType, "")
	if launched != nil {
		found.Prompt = launched.Prompt
	} else if _, err := transcript.ReadMeta(ev.AgentTranscriptPath); err != nil {
		found.Notes = err
	}
	return found
}

// transcript is what the agent has said and done, never nil, and why that could not be read.
func (r *Runner) transcript(ctx context.Context, ev host.Event, sentBack string) (*transcript.Agent, error) {
	if r.Transcript != nil {
		return r.Transcript(ctx, ev, sentBack), nil
	}
	return r.readTranscript(ctx, ev, sentBack)
}

// peer is what another agent of the session has said and done; an agent of whom nothing is known where that cannot be read.
func (r *Runner) peer(ctx context.Context, ev host.Event, agentID string) *transcript.Agent {
	if r.Peer != nil {
		return r.Peer(ctx, ev, agentID)
	}
	path := transcript.AgentPath(ev.TranscriptPath, agentID)
	if path == "" {
		return &transcript.Agent{}
	}
	agent, err := transcript.ReadAgent(ctx, path, transcript.Options{})
	if err != nil {
		return &transcript.Agent{}
	}
	return agent
}

// readTranscript is what the agent's transcript says, or an agent of whom nothing is known: a report in the last message can
// be judged without. The host writes the transcript a moment after it calls the hook, so that this waits for it.
func (r *Runner) readTranscript(ctx context.Context, ev host.Event, sentBack string) (*transcript.Agent, error) {
	if ev.AgentTranscriptPath == "" {
		return &transcript.Agent{}, errors.New("the client names none")
	}
	var agent *transcript.Agent
	var err error
	r.await(ctx, func() bool {
		agent, err = transcript.ReadAgent(ctx, ev.AgentTranscriptPath, transcript.Options{})
		return err == nil && agent.Reached(ev.LastAssistantMessage, ev.StopHookActive, sentBack)
	})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; judging by the last message alone\n", err)
		return &transcript.Agent{}, err
	}
	return agent, nil
}

// await looks until a transcript has come as far as its event, or it is time to do without.
func (r *Runner) await(ctx context.Context, reached func() bool) {
	deadline := r.Now().Add(cmp.Or(r.Lag, maxLag))
	for !reached() && r.Now().Before(deadline) && ctx.Err() == nil {
		time.Sleep(lagStep)
	}
}

// How long an event may look at a worktree, and clean it up. What is not seen by then is unknown; what is left of the event's time is
// the journal's, for what was decided must be recorded.
// Git's own files have time of their own.
const (
	marksWithin = 4 * time.Second
	lookWithin  = 12 * time.Second
	sweepWithin = 4 * time.Second
)

// How long a transcript may lag behind its event, and how often it is read meanwhile. The host writes it by a timer, 20 to 200
// ms after the event (2.1.330).
const (
	maxLag  = 400 * time.Millisecond
	lagStep = 20 * time.Millisecond
)
