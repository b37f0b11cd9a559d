// Package record gives the journal's records their meaning: what each kind holds, the history of a session, the tasks of a repository, and
// the steps that an orchestrator is owed.
package record

import (
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// The kinds of journal records that this package writes, each with its data. Readers skip the kinds that they do not know.
const (
	KindLaunch   = "launch"   // an agent is about to be launched: Launch
	KindStart    = "start"    // a coding agent began a run: Launch, what its worktree is like; none for a first run that is not isolated
	KindStop     = "stop"     // an agent's stop was judged: Stop
	KindDelivery = "delivery" // a step was handed to the orchestrator: Delivery
	KindReturn   = "return"   // a delivery did not reach the host: Delivery
	KindDenial   = "denial"   // a tool call was refused: Denial
	KindFact     = "fact"     // something happened to a task: Fact
	KindAlarm    = "alarm"    // somebody changed what agents are checked with: Alarm
	KindReminder = "reminder" // the orchestrator was reminded of a step that belongs to no agent's return: Delivery
)

// Delivery is the data of a delivery, a return and a reminder.
type Delivery struct {
	StepID string `json:"step_id"`
	// Via is the event that carried the step.
	Via string `json:"via"`
	// From is how long the transcript of the model was then, in bytes: what it was given to read stands behind that. nil in records that do not
	// have it, and if no model was given anything.
	From *int64 `json:"from,omitempty"`
	// To is the agent that was given it; "" for the session.
	To string `json:"to,omitempty"`
}

// of is the delivery of another step by the same event.
func (d Delivery) of(stepID string) Delivery {
	d.StepID = stepID
	return d
}

// Denial is the data of a denial record: a tool call that was refused.
type Denial struct {
	Tool      string         `json:"tool"`
	ToolUseID string         `json:"tool_use_id"`
	Findings  []rule.Finding `json:"findings"`
	// Observed reports that the call went ahead nevertheless, because the repository only observes.
	Observed bool `json:"observed,omitempty"`
}

// NewDenial is the data for the tool call in ev. findings are why it is refused.
func NewDenial(ev host.Event, findings []rule.Finding, observed bool) Denial {
	return Denial{Tool: quote.Clip(ev.ToolName, quote.MaxName), ToolUseID: quote.Clip(ev.ToolUseID, quote.MaxName), Findings: findings, Observed: observed}
}

// Entry is one record to be appended. The log adds the session and the time.
type Entry struct {
	kind  string
	agent gates.Agent
	task  string // "" where it is not known
	data  any    // nil: the kind says all
}

// Entry is the record of the denial. agent is the agent that was to run the tool or, for a launch, whose type was to be launched.
func (d Denial) Entry(agent gates.Agent, task string) Entry {
	return Entry{kind: KindDenial, agent: agent, task: task, data: d}
}

// Started is the record that a coding agent began a run. now is what its worktree is like; nil for a first run in a worktree that the
// launch named, and if that could not be recorded.
func Started(agent gates.Agent, now *Launch) Entry {
	e := Entry{kind: KindStart, agent: agent}
	if now != nil {
		e.data = now
	}
	return e
}

// Reminded is the record that an event told a step that belongs to no agent's return. by is the delivery by that event.
func Reminded(stepID, task string, by Delivery) Entry {
	return Entry{kind: KindReminder, task: task, data: by.of(stepID)}
}
