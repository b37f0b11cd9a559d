// Package record gives the journal's records their meaning: what each kind holds, the history of a session, the tasks of a repository, and
// what is owed to an orchestrator.
package record

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// Kinds of journal records that this package writes. A reader passes over the others.
const (
	KindLaunch   = "launch"   // a coding agent is about to be launched: launchData
	KindStart    = "start"    // a coding agent began a run: SubagentStart
	KindStop     = "stop"     // a coding agent's stop was judged: stopData
	KindDelivery = "delivery" // a step was handed to the orchestrator: deliveryData
	KindReturn   = "return"   // a delivery did not reach the host: deliveryData
	KindDenial   = "denial"   // a tool call was refused: denialData
	KindFact     = "fact"     // something happened to a task, as the gate protocol takes it in: factData
	KindReminder = "reminder" // the orchestrator was held for a step that it owes: deliveryData
)

// Stop is the data of a stop record: all that was decided, so that nothing has to be judged again.
type Stop struct {
	// Stop identifies the stop, so that the same one reported twice is judged once.
	Stop    StopID       `json:"stop"`
	Verdict rule.Verdict `json:"verdict"`
	// Attempts is how often the agent had been sent back before this stop.
	Attempts int `json:"attempts"`
	// Fingerprint identifies the blocking findings.
	Fingerprint string `json:"fingerprint"`
	Worktree    string `json:"worktree"`
	// Touched are the files that the agent changed there, as far as maxTouchedKept goes.
	Touched []string `json:"touched,omitempty"`
	Base    string   `json:"base"`
	// Findings are the first maxFindingsKept; FindingsTotal counts them all.
	Findings      []rule.Finding `json:"findings"`
	FindingsTotal int            `json:"findings_total"`
	// Cleanup is what became of the artifacts, with the first maxFindingsKept of each kind; nil where there was nothing to clean.
	Cleanup *cleanup.Outcome `json:"cleanup,omitempty"`
	// Report is the report as the agent wrote it, where it is JSON and not too long; else Message is the head of its last
	// message.
	Report  json.RawMessage `json:"report,omitempty"`
	Message string          `json:"message,omitempty"`
	// Reason is what the agent was sent back with; "" where it was let go.
	Reason string `json:"reason,omitempty"`
	// Step is what the orchestrator is owed; nil where the agent was sent back.
	Step *step.Step `json:"step,omitempty"`

	at    time.Time // of the record
	order int       // of the record in the history
}

// Delivery is the data of a delivery and of a return.
type Delivery struct {
	StepID string `json:"step_id"`
	// Via is the event that carried the step.
	Via string `json:"via"`
}

// Bounds on what one stop record keeps. The transcript holds the rest.
const (
	maxFindingsKept = 200
	MaxMessageKept  = 16 << 10  // bytes
	MaxReportKept   = 1 << 20   // bytes; the journal takes no more than journal.MaxAppend at a time
	maxTouchedKept  = 512 << 10 // bytes
)

// History is what the journal says of one session.
type History struct {
	agents map[string]*Agent
	Order  []string
	// launches are the launch records, the oldest first; their data are long, and one of them is read at most.
	launches []journal.Record
	// Reminders counts them by step.
	Reminders map[string]int
	// Denied are the tool uses that were refused.
	Denied map[string]bool
}

// Agent is what the journal says of one agent.
type Agent struct {
	AgentType string
	// task is the one that its records name; "" where they name none.
	task string
	// stops are the judged stops, the oldest first.
	stops []Stop
	// earlier counts the stops of earlier runs.
	earlier int
	// SentBack are the fingerprints of the rejected stops since the agent was last let go or started.
	SentBack []string
	// Checked tells whether a stop of the current run was judged and the agent let go.
	Checked bool
	// began and ended are where in the history its current run began and was last let go, in records; ended is 0 while it runs.
	began, ended int
	// first is where its first run began.
	first int
	// delivered counts, by step, deliveries less returns.
	delivered map[string]int
	// Runs counts its runs; run is what was taken down when the current one began, nil of the first and where nothing was.
	Runs int
	Run  *Launch
	// deliveredAtStop are the steps of which the last delivery was at the end of the orchestrator's turn.
	deliveredAtStop map[string]bool
}

// Fold reads a session's records in the order of the journal. Unknown kinds and unreadable data are passed over.
func Fold(records []journal.Record) History {
	h := History{agents: map[string]*Agent{}, Reminders: map[string]int{}, Denied: map[string]bool{}}
	for i, rec := range records {
		switch rec.Kind {
		case KindLaunch:
			h.launches = append(h.launches, rec)
			continue
		case KindFact: // of tasks, not of agents
			continue
		case KindReminder:
			var d Delivery
			if json.Unmarshal(rec.Data, &d) == nil {
				h.Reminders[d.StepID]++
			}
			continue
		case KindDenial:
			var d Denial
			if json.Unmarshal(rec.Data, &d) == nil && !d.Observed {
				h.Denied[d.ToolUseID] = true
			}
			continue
		}
		a := h.agents[rec.Agent]
		if a == nil {
			a = &Agent{delivered: map[string]int{}, deliveredAtStop: map[string]bool{}}
			h.agents[rec.Agent] = a
			h.Order = append(h.Order, rec.Agent)
		}
		a.AgentType, a.task = cmp.Or(rec.AgentType, a.AgentType), cmp.Or(rec.Task, a.task)
		a.add(rec, i+1)
	}
	return h
}

func (a *Agent) add(rec journal.Record, at int) {
	switch rec.Kind {
	case KindStart:
		a.SentBack, a.Checked = nil, false
		a.earlier = len(a.stops)
		a.began, a.ended = at, 0
		a.first = cmp.Or(a.first, at)
		a.Runs++
		if a.Run = nil; rec.Data != nil {
			_ = json.Unmarshal(rec.Data, &a.Run) // what cannot be read was not taken down
		}
	case KindStop:
		var stop Stop
		if json.Unmarshal(rec.Data, &stop) != nil {
			return
		}
		stop.at, stop.order = rec.At, at
		a.stops = append(a.stops, stop)
		if stop.Verdict == rule.Rejected && stop.Step == nil { // with a step it was let go all the same
			a.SentBack, a.Checked = append(a.SentBack, stop.Fingerprint), false
			return
		}
		a.SentBack, a.Checked = nil, true
		a.ended = at
	case KindDelivery, KindReturn:
		var d Delivery
		if json.Unmarshal(rec.Data, &d) != nil {
			return
		}
		if rec.Kind == KindDelivery {
			a.delivered[d.StepID]++
			a.deliveredAtStop[d.StepID] = d.Via == host.Stop
		} else {
			a.delivered[d.StepID]--
		}
	}
}

// Starting tells whether an agent that begins a run codes, and in which launch's task and worktree, as far as that is recorded: by its own
// earlier stops where it is resumed; else by the launch that the host's notes beside its transcript name; else, where they are not
// written yet, by what all launches of its type that may be it have in common.
func (h History) Starting(id, agentType, path string, c config.Config) (task, worktree string, coding bool) {
	role, _ := launch.RoleOf(c, agentType, "")
	coding = role == launch.CodingRole
	if a := h.agents[id]; a != nil && len(a.stops) > 0 {
		last := a.stops[len(a.stops)-1]
		return a.task, last.Worktree, last.Verdict.OfCoder()
	}
	if l := h.Launch(path); l != nil {
		return l.task, l.Worktree, l.Role != launch.GateRole && l.Role != launch.MergeRole && l.Role != launch.OpsRole
	}
	var may []*Launch
	for _, rec := range h.launches {
		var l Launch
		if rec.AgentType == agentType && json.Unmarshal(rec.Data, &l) == nil {
			l.task = rec.Task
			may = append(may, &l)
		}
	}
	started := 0
	for _, a := range h.agents {
		if a.AgentType == agentType && (a.Runs > 0 || len(a.stops) > 0) {
			started++
		}
	}
	may = may[min(started, len(may)):] // the host starts agents in the order in which they were launched, nearly
	for i, l := range may {
		if i == 0 {
			task, worktree, coding = l.task, l.Worktree, false
		}
		coding = coding || l.Role == launch.CodingRole
		if l.task != task {
			task = ""
		}
		if l.Worktree != worktree {
			worktree = ""
		}
	}
	return task, worktree, coding
}

// AtWork tells whether the agent, a coding one, began a run that has not ended, as far as that is recorded.
func (a *Agent) AtWork() bool { return a.began != 0 && a.ended == 0 }

// Reported are the files that this agent changed by what was known when it was let go, as far as they are kept. What does not hold
// of a report was put before the orchestrator or the person then.
func (a *Agent) Reported() []string {
	var files []string
	for _, stop := range a.stops {
		if stop.Verdict != rule.Rejected {
			files = append(files, stop.Touched...)
		}
	}
	return files
}

// Agent is what is known of one agent; never nil.
func (h History) Agent(id string) *Agent {
	if a := h.agents[id]; a != nil {
		return a
	}
	return &Agent{}
}

// Judged is the record of that stop of the current run, if it was judged before.
func (a *Agent) Judged(stop StopID, now time.Time) (Stop, bool) {
	for i := len(a.stops) - 1; i >= a.earlier; i-- {
		if s := a.stops[i]; s.Stop.Same(stop, now.Sub(s.at)) {
			return s, true
		}
	}
	return Stop{}, false
}

// Owed is the step that no event has carried yet; nil where there is none. A later stop of the agent takes the place of every
// earlier one: a step that was not told before its agent went on must not be told at all.
func (a *Agent) Owed() *step.Step {
	if len(a.stops) == 0 {
		return nil
	}
	step := a.stops[len(a.stops)-1].Step
	if step == nil || a.delivered[step.StepID] > 0 {
		return nil
	}
	return step
}

// outdated tells whether a later stop of another agent has put another step in the place of one that no event has carried yet. Agents
// that run side by side can come back in another order than they stopped in: the last step that is told must be the last one taken.
func (h History) outdated(agentID string, next *step.Step) bool {
	switch next.Action {
	case step.Deploy, step.Resume, step.Wait, step.Present:
		if next.Verdict.OfCoder() || next.Why == string(gates.HeldOps) {
			return false // it tells what the agent's own work is worth
		}
	default:
		return false
	}
	stops := h.Agent(agentID).stops
	order := stops[len(stops)-1].order
	for id, other := range h.agents {
		if id == agentID {
			continue
		}
		for _, stop := range other.stops {
			if stop.order > order && stop.Step != nil && gates.Key(stop.Step.TaskID) == gates.Key(next.TaskID) {
				return true
			}
		}
	}
	return false
}

// StopOf is the record of a judged stop, with what follows from its verdict. message is the agent's last message.
func StopOf(c judge.Case, stop StopID, message string) Stop {
	findings, _ := quote.First(c.Findings, maxFindingsKept)
	data := Stop{
		Stop:          stop,
		Verdict:       c.Verdict,
		Attempts:      c.Attempts,
		Fingerprint:   judge.Fingerprint(c.Findings),
		Worktree:      c.Worktree,
		Touched:       firstBytes(c.Touched(), maxTouchedKept),
		Base:          c.Base,
		Findings:      findings,
		FindingsTotal: len(c.Findings),
		Cleanup:       c.Cleanup.First(maxFindingsKept),
		Report:        c.Submission.Report.Raw,
		Step:          step.Next(c),
	}
	if n := len(data.Report); n == 0 || n > MaxReportKept {
		data.Report = nil
		data.Message = strings.ToValidUTF8(quote.ClipBytes(message, MaxMessageKept), "\uFFFD")
	}
	if c.Verdict == rule.Rejected && !c.Observed {
		data.Reason = step.Reasons(c.Findings, c.Attempts+1, c.MaxAttempts)
	}
	return data
}

// firstBytes are the first paths, never nil, that hold no more than that many bytes together.
func firstBytes(paths []string, limit int) []string {
	for i, path := range paths {
		if limit -= len(path); limit < 0 {
			paths = paths[:i]
			break
		}
	}
	return append([]string{}, paths...)
}

// StopID identifies a stop, so that the same one reported twice is judged once.
type StopID struct {
	// Reply is the message id of the reply it ended with; "" where the transcript did not have it in time.
	Reply string `json:"reply"`
	// Said is a hash of the event's own words. An agent may say the same twice, so that it identifies a stop only where the reply
	// is not known, and only for as long as two hooks for one event may lie apart.
	Said string `json:"said"`
}

const SameEvent = 2 * time.Second

// Identify names a stop. sentBack is the reply that the agent was last sent back for: where the transcript still ends with it, the
// stop may be that one again or a later one of which nothing is written yet, and only its words can tell.
func Identify(ev host.Event, agent *transcript.Agent, sentBack string) StopID {
	id := StopID{Said: quote.Digest(ev.LastAssistantMessage, fmt.Sprint(ev.StopHookActive))}
	if last := agent.LastReply(); last != nil && agent.Reached(ev.LastAssistantMessage, ev.StopHookActive, sentBack) {
		id.Reply = last.MessageID
	}
	return id
}

// Same tells whether two stops, that far apart in time, are one.
func (id StopID) Same(other StopID, apart time.Duration) bool {
	if id.Reply != "" && other.Reply != "" {
		return id.Reply == other.Reply
	}
	return id.Said == other.Said && apart.Abs() < SameEvent
}

// StepID names what comes of a stop for good.
func (a *Agent) StepID(ev host.Event, stop StopID) string {
	return quote.Digest(ev.SessionID, ev.AgentID, stop.Reply, stop.Said, fmt.Sprint(len(a.stops)))
}

// LastReply is the message id of the reply that the agent was last sent back for; "" where it is not known.
func (a *Agent) LastReply() string {
	if len(a.SentBack) == 0 {
		return ""
	}
	return a.stops[len(a.stops)-1].Stop.Reply
}

// Coders are the other coding agents of the session, as the judge of that agent's stop is told of them.
func (h History) Coders(stops string) []judge.OtherCoder {
	own := h.Agent(stops)
	var list []judge.OtherCoder
	for _, id := range h.Order {
		a := h.Agent(id)
		if id == stops || a.began == 0 { // only coding agents begin a run
			continue
		}
		other := judge.OtherCoder{
			AgentID: id, AgentType: a.AgentType, Running: a.ended == 0,
			SinceLaunch: own.first > 0 && a.ended > own.first, SinceRun: a.ended > 0 && a.ended > own.began,
		}
		for _, stop := range a.stops {
			if stop.order > own.first && stop.Verdict != rule.Rejected {
				other.Stops = append(other.Stops, judge.PastStop{Worktree: stop.Worktree, Touched: stop.Touched})
			}
		}
		list = append(list, other)
	}
	return list
}

// Reports are those that this agent handed in before, as far as they are kept.
func (a *Agent) Reports() []report.Report {
	var all []report.Report
	for _, stop := range a.stops {
		if len(stop.Report) > 0 {
			r, _ := report.Parse(string(stop.Report))
			all = append(all, r)
		}
	}
	return all
}

// MarkedBefore is what was taken down when the agent's current run began; nil where nothing was.
func (a *Agent) MarkedBefore(launch *Launch) *repochange.Marked {
	switch {
	case a.Run != nil:
		return a.Run.Marked
	case a.Runs > 1 || launch == nil:
		return nil
	}
	return launch.Marked
}

// Denial is the data of a denial record: a tool call that was refused.
type Denial struct {
	Tool      string         `json:"tool"`
	ToolUseID string         `json:"tool_use_id"`
	Findings  []rule.Finding `json:"findings"`
	// Observed tells that the call went ahead all the same.
	Observed bool `json:"observed,omitempty"`
}
