package record

import (
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/step"
)

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
		if len(a.stops) == 0 || a.AtWork() {
			continue
		}
		last := a.stops[len(a.stops)-1].Step
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
