package record

import (
	"fmt"
	"slices"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/step"
)

// OwedStep is a step that an agent's stop led to, and that no event has carried to the orchestrator.
type OwedStep struct {
	AgentID string
	Step    *step.Step
	// From is where in the session's transcript the step can stand at the earliest, in bytes; 0 if that is not known.
	From int64
	// unseen is the stop to be recorded with the delivery, because no stop was judged; nil if the journal has it.
	unseen *Stop
	// fact is that stop as the gate protocol reads it; zero if it has none.
	fact Fact
	// superseded: it is recorded, and told to nobody.
	superseded bool
}

// Superseded is the step of an unseen stop that came before the work of a later coding agent of the task. It is recorded that the agent ended.
// The protocol goes on from the later work, and the step would lead the orchestrator back.
func (o OwedStep) Superseded() OwedStep {
	o.fact, o.superseded = Fact{}, true
	return o
}

// Owed are the steps that are recorded as owed for an agent and still hold: one or none.
func (h History) Owed(agentID string) []OwedStep {
	a := h.Agent(agentID)
	if s := a.owed(); s != nil && !h.outdated(agentID, s) {
		return []OwedStep{{AgentID: agentID, Step: s, From: a.lastStop().From}}
	}
	return nil
}

// Unseen is the step for a coding agent that came back although no stop of its run was judged: it ran out of turns, or stopgate failed.
// The orchestrator must learn of it. asked is what the agent was launched for.
func (h History) Unseen(agent gates.Agent, asked launch.Assignment, conf config.Config, now time.Time) OwedStep {
	a := h.Agent(agent.ID)
	happened := "no stop of this agent was checked: it ran out of turns, or stopgate failed or was not there when it stopped"
	if n := len(a.sentBack); n > 0 {
		happened = fmt.Sprintf("the agent was sent back %d of at most %d times and never answered with a report that could be checked", n, conf.Caps.Attempts)
	}
	c := judge.Unjudged(asked, happened)
	c.StepID, c.AgentID, c.AgentType = quote.Digest("unseen", agent.ID, fmt.Sprint(len(a.stops))), agent.ID, agent.Type
	stop := CoderStop(c, UnseenStop, "")
	return OwedStep{AgentID: agent.ID, Step: stop.Step, unseen: &stop, fact: CoderFact(c, conf, now.UTC())}
}

// FirstThatFit are the first of the steps, as many as the answer to the event has room for; at least one.
func FirstThatFit(event string, list []OwedStep) []OwedStep {
	batch := step.Batch{Event: event}
	for i, owed := range list {
		if !batch.Add(owed.Step) {
			return list[:i]
		}
	}
	return list
}

// Apart are the steps of the list that are to be told, and the others: those with one of the ids, which the orchestrator has read, and those that
// are superseded.
func Apart(list []OwedStep, read []string) (tell, others []OwedStep) {
	for _, owed := range list {
		if owed.superseded || slices.Contains(read, owed.Step.StepID) {
			others = append(others, owed)
		} else {
			tell = append(tell, owed)
		}
	}
	return tell, others
}

// Delivered are the records that the steps reached the orchestrator with an event. by is the delivery by that event.
func Delivered(by Delivery, list []OwedStep) []Entry {
	var entries []Entry
	for _, owed := range list {
		if owed.unseen != nil {
			entries = append(entries, owed.unseen.Entry(gates.Agent{ID: owed.AgentID, Type: owed.Step.AgentType}, owed.Step.TaskID))
			if owed.fact.Fact.Task != "" {
				entries = append(entries, owed.fact.Entry())
			}
		}
		entries = append(entries, owed.carried(KindDelivery, by))
	}
	return entries
}

// Returned are the records that take Delivered back, because the answer did not reach the host.
func Returned(by Delivery, list []OwedStep) []Entry {
	entries := make([]Entry, len(list))
	for i, owed := range list {
		entries[i] = owed.carried(KindReturn, by)
	}
	return entries
}

func (o OwedStep) carried(kind string, by Delivery) Entry {
	return Entry{kind: kind, agent: gates.Agent{ID: o.AgentID}, task: o.Step.TaskID, data: by.of(o.Step.StepID)}
}

// told is a delivery or a reminder, and when it was recorded.
type told struct {
	Delivery
	at time.Time
}

// Told is something that is recorded as told to a model, and how to recognise it in that model's transcript.
type Told struct {
	Delivery
	At time.Time
	// AgentID is the agent whose return led to it; "" for a reminder or an alarm.
	AgentID string
	TaskID  string
	// Step is the step of the agent's stop; nil for a reminder or an alarm.
	Step *step.Step
	// Mark is a text that stands in what the model read.
	Mark string
	// Again counts how often it was taken back before.
	Again int
}

// Told are the steps of the agents' last stops and the alarms that were told to a model, and that records allow to look for. A step whose agent
// is at work again, or that another has replaced, is not among them.
func (h History) Told() []Told {
	var list []Told
	for _, id := range h.order {
		a := h.agents[id]
		if a.lastStop() == nil || a.AtWork() {
			continue
		}
		last := a.lastStop().Step
		if last == nil || a.delivered[last.StepID] <= 0 || h.outdated(id, last) {
			continue
		}
		if d := a.last[last.StepID]; d.From != nil {
			list = append(list, Told{Delivery: d.Delivery, At: d.at, AgentID: id, TaskID: last.TaskID, Step: last, Mark: MarkOf(last, d.Via), Again: a.returned[last.StepID]})
		}
	}
	for _, alarm := range h.alarms {
		if d := h.last[alarm.ID]; h.reminders[alarm.ID] > 0 && d.From != nil {
			list = append(list, Told{Delivery: d.Delivery, At: d.at, Mark: alarm.Text, Again: h.returned[alarm.ID]})
		}
	}
	return list
}

// ToldOf is the last telling of a step that a task owes; false if a model was not told of it.
func (h History) ToldOf(next *step.Step) (Told, bool) {
	d := h.last[next.StepID]
	if h.reminders[next.StepID] <= 0 || d.From == nil {
		return Told{}, false
	}
	return Told{Delivery: d.Delivery, At: d.at, TaskID: next.TaskID, Mark: MarkOf(next, d.Via), Again: h.returned[next.StepID]}, true
}

// MarkOf is a text that stands in what a model read of a step with an event: how the step's object names it, or the command of its short form.
func MarkOf(s *step.Step, via string) string {
	if via == host.Stop {
		return s.Command()
	}
	return `"step_id":` + quote.JSON(s.StepID)
}

// TakenBack is the record that the transcript does not show what was told.
func (t Told) TakenBack() Entry {
	return Entry{kind: KindReturn, agent: gates.Agent{ID: t.AgentID}, task: t.TaskID, data: t.Delivery}
}
