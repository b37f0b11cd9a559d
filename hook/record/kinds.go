// Package record gives the journal's records their meaning: what each kind holds, the history of a session, the tasks of a repository, and
// the steps that an orchestrator is owed.
package record

import (
	"encoding/json"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell/gitop"
)

// The kinds of journal records that this package writes, each with its data. Readers skip the kinds that they do not know.
const (
	KindLaunch   = "launch"   // an agent is about to be launched: Launch
	KindStart    = "start"    // a coding agent began a run: Launch, with a snapshot of its worktree; no data for a first run that is not isolated
	KindGone     = "gone"     // a coding agent was stopped at its work, or its client ended: Gone
	KindMoved    = "moved"    // the client goes on with an agent in another session: Moved, in both sessions
	KindStop     = "stop"     // an agent's stop was judged: Stop
	KindDelivery = "delivery" // a step was handed to the orchestrator: Delivery
	KindReturn   = "return"   // a delivery did not reach the host: Delivery
	KindDenial   = "denial"   // a tool call was refused: Denial
	KindFact     = "fact"     // something happened to a task: Fact
	KindAlarm    = "alarm"    // a change of something that agents are checked with: Alarm
	KindReminder = "reminder" // the orchestrator was told a step apart from an agent's return: Delivery
	KindGit      = "git"      // a git command that writes to the repository was run or refused: Git
)

// Gone is the data of a gone record.
type Gone struct {
	// Stopped means that the session stopped the agent on purpose.
	Stopped bool `json:"stopped,omitempty"`
}

// Moved is the data of a moved record.
type Moved struct {
	// From is the session that had the agent before, in the record of the session that has it now, and To is this one in the record of the other.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Data reads the data of a record; false if it cannot be read.
func Data[T any](rec journal.Record) (data T, ok bool) {
	ok = json.Unmarshal(rec.Data, &data) == nil
	return data, ok
}

// Delivery is the data of a delivery, a return and a reminder.
type Delivery struct {
	StepID string `json:"step_id"`
	// Via is the event that carried the step.
	Via string `json:"via"`
	// From is how long the transcript of the model was then, in bytes: the model's text is found after it. It is nil in records without it, and if
	// no model was told anything.
	From *int64 `json:"from,omitempty"`
	// To is the agent that was told; "" for the session.
	To string `json:"to,omitempty"`
}

// of returns the delivery of another step by the same event.
func (d Delivery) of(stepID string) Delivery {
	d.StepID = stepID
	return d
}

// Denial is the data of a denial record: a tool call that was refused.
type Denial struct {
	Tool      string         `json:"tool"`
	ToolUseID string         `json:"tool_use_id"`
	Findings  []rule.Finding `json:"findings"`
	// Observed means that the call was not refused, because the mode is observe.
	Observed bool `json:"observed,omitempty"`
}

// NewDenial returns the data for the tool call in ev. findings are the reasons for the refusal.
func NewDenial(ev host.Event, findings []rule.Finding, observed bool) Denial {
	return Denial{Tool: quote.Clip(ev.ToolName, quote.MaxName), ToolUseID: quote.Clip(ev.ToolUseID, quote.MaxName), Findings: findings, Observed: observed}
}

// Entry is a record to be appended. The log adds the session and the time.
type Entry struct {
	session string // "" for the log's own
	kind    string
	agent   gates.Agent
	task    string // "" if unknown
	data    any    // nil if the kind needs no data
}

// Entry returns the record of the denial. agent is the agent that was to run the tool or, for a launch, the type that was to be launched.
func (d Denial) Entry(agent gates.Agent, task string) Entry {
	return Entry{kind: KindDenial, agent: agent, task: task, data: d}
}

// Started returns the record that a coding agent began a run. now is the snapshot of its worktree; nil for a first run in a worktree that the
// launch named, and if no snapshot could be taken.
func Started(agent gates.Agent, now *Launch) Entry {
	e := Entry{kind: KindStart, agent: agent}
	if now != nil {
		e.data = now
	}
	return e
}

// Reminded returns the record that an event told a step apart from an agent's return. by is the delivery by that event.
func Reminded(stepID, task string, by Delivery) Entry {
	return Entry{kind: KindReminder, task: task, data: by.of(stepID)}
}

// Alarm is the data of an alarm record: a change of something that agents are checked with. The person and the orchestrator are told.
type Alarm struct {
	ID string `json:"id"`
	// Text says what happened and what it means, in one line.
	Text string `json:"text"`
}

// Entry returns the record of the alarm.
func (a Alarm) Entry() Entry { return Entry{kind: KindAlarm, data: a} }

// NewAlarm returns the alarm with that text. at distinguishes alarms with the same text.
func NewAlarm(text, at string) Alarm { return Alarm{ID: quote.Digest("alarm", text, at), Text: text} }

// Outcome is the result of a git command in the guard.
type Outcome string

// Outcomes of a git command.
const (
	Passed  Outcome = "passed"  // git ran
	Refused Outcome = "refused" // git did not run
	Unknown Outcome = "unknown" // git ran, and the agent is unknown
)

// Git is the data of a git record. Only commands that find git through the PATH of the host's shells are recorded.
type Git struct {
	Command  string     `json:"command"`
	Kind     gitop.Kind `json:"kind,omitempty"`
	Dir      string     `json:"dir"`
	Worktree string     `json:"worktree,omitempty"` // the name for people; "" for none
	Outcome  Outcome    `json:"outcome"`
	// Starts is the program that git starts because of an option or the environment; "" for none. The guard does not see the git commands of that
	// program.
	Starts string `json:"starts,omitempty"`
	// Note has further remarks; "" for none.
	Note string `json:"note,omitempty"`

	// Of the record.
	At      time.Time   `json:"-"`
	Session string      `json:"-"`
	Agent   gates.Agent `json:"-"`
}

// Entry returns the record of the command. The zero Agent is the session itself, or unknown.
func (g Git) Entry(agent gates.Agent) Entry {
	g.Command, g.Dir = quote.Clip(g.Command, quote.MaxReason), quote.Clip(g.Dir, quote.MaxReason)
	g.Starts = quote.Clip(g.Starts, quote.MaxReason)
	g.Worktree, g.Note = quote.Clip(g.Worktree, quote.MaxPath), quote.Clip(g.Note, quote.MaxReason)
	return Entry{kind: KindGit, agent: agent, data: g}
}

// ReadGit returns the git command of a record; false if it is of another kind, or cannot be read.
func ReadGit(rec journal.Record) (Git, bool) {
	g, ok := Data[Git](rec)
	if rec.Kind != KindGit || !ok {
		return Git{}, false
	}
	g.At, g.Session, g.Agent = rec.At, rec.Session, gates.Agent{ID: rec.Agent, Type: rec.AgentType}
	return g, true
}
