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

// OwedStep is a step that follows from an agent's stop and is not delivered to the orchestrator yet.
type OwedStep struct {
	AgentID string
	Step    *step.Step
	// From is the first position, in bytes, at which the step can stand in the session's transcript; 0 if unknown.
	From int64
	// unseen is the stop to record with the delivery, because no stop was judged; nil if the journal has the stop.
	unseen *Stop
	// fact is that stop as a fact of the gate protocol; zero if there is none.
	fact Fact
	// superseded means that the step is recorded, but delivered to nobody.
	superseded bool
}

// Superseded marks the step of an unseen stop that came before the work of a later coding agent of the task. The end of the agent is recorded. The
// protocol continues from the later work, and the step would lead the orchestrator back.
func (o OwedStep) Superseded() OwedStep {
	o.fact, o.superseded = Fact{}, true
	return o
}

// Owed returns the undelivered step of an agent if it is still valid: one or none.
func (h History) Owed(agentID string) []OwedStep {
	a := h.Agent(agentID)
	if s := a.owed(); s != nil && !h.outdated(agentID, s) {
		return []OwedStep{{AgentID: agentID, Step: s, From: a.lastStop().From}}
	}
	return nil
}

// Unseen returns the step for a coding agent that returned without a judged stop in its run: it was interrupted or ran out of turns, or stopgate
// failed. The orchestrator must be told. asked is the assignment of the launch.
func (h History) Unseen(agent gates.Agent, asked launch.Assignment, conf config.Config, now time.Time) OwedStep {
	a := h.Agent(agent.ID)
	happened := "no stop of this agent was checked: it was interrupted or ran out of turns, or stopgate failed or was not there when it stopped"
	if a.gone > 0 {
		happened = "this agent has not reported: it was stopped at its work, or its client ended"
	} else if n := len(a.sentBack); n > 0 {
		happened = fmt.Sprintf("the agent was sent back %d of at most %d times and never answered with a report that could be checked", n, conf.Caps.Attempts)
	}
	c := judge.Unjudged(asked, happened)
	c.StepID, c.AgentID, c.AgentType = quote.Digest("unseen", agent.ID, fmt.Sprint(len(a.stops))), agent.ID, agent.Type
	stop := CoderStop(c, UnseenStop, "")
	return OwedStep{AgentID: agent.ID, Step: stop.Step, unseen: &stop, fact: CoderFact(c, conf, now.UTC())}
}

// FirstThatFit returns as many of the first steps as the answer to the event has room for; at least one.
func FirstThatFit(event string, list []OwedStep) []OwedStep {
	batch := step.Batch{Event: event}
	for i, owed := range list {
		if !batch.Add(owed.Step) {
			return list[:i]
		}
	}
	return list
}

// Apart splits the list into the steps to tell and the others: those with one of the ids, which the orchestrator has read, and superseded ones.
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

// Delivered returns the records that the steps reached the orchestrator with an event. by is the delivery by that event.
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

// Returned returns the records that cancel Delivered, because the answer did not reach the host.
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

// told is a delivery or a reminder with the time of its record.
type told struct {
	Delivery
	at time.Time
}

// Told is something that was recorded as told to a model, with the means to find it in that model's transcript.
type Told struct {
	Delivery
	At time.Time
	// AgentID is the agent whose return led to it; "" for a reminder or an alarm.
	AgentID string
	TaskID  string
	// Step is the step after the agent's stop; nil for a reminder or an alarm.
	Step *step.Step
	// Mark is a text that the model must have read.
	Mark string
	// Again counts how often it was taken back before.
	Again int
}

// Told returns the steps of the agents' last stops and the alarms that were told to a model and can be looked for. It leaves out a step whose agent
// is at work again, and a step that was replaced.
func (h History) Told() []Told {
	var list []Told
	for _, id := range h.order {
		a := h.agents[id]
		if a.lastStop() == nil || a.InRun() {
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

// ToldOf returns the last delivery of a step that a task owes; false if no model was told.
func (h History) ToldOf(next *step.Step) (Told, bool) {
	d := h.last[next.StepID]
	if h.reminders[next.StepID] <= 0 || d.From == nil {
		return Told{}, false
	}
	return Told{Delivery: d.Delivery, At: d.at, TaskID: next.TaskID, Mark: MarkOf(next, d.Via), Again: h.returned[next.StepID]}, true
}

// MarkOf returns a text that a model must have read if the event told it the step: the id in the step's object, or the command in its short form.
func MarkOf(s *step.Step, via string) string {
	if via == host.Stop {
		return s.Command()
	}
	return `"step_id":` + quote.JSON(s.StepID)
}

// TakenBack returns the record that the transcript does not have what was told.
func (t Told) TakenBack() Entry {
	return Entry{kind: KindReturn, agent: gates.Agent{ID: t.AgentID}, task: t.TaskID, data: t.Delivery}
}

// maxNeighbours is how many other tasks a gate is told to check with its own.
const maxNeighbours = 5

// neighboursOf returns the finished work of tasks other than the named one in its worktree that is neither committed nor merged. A unit of the same
// ticket is none: its files are carried over by the reports, and its gates are shared anyway (launch.SameFamily).
func (t Tasks) neighboursOf(name, worktree string) (neighbours []launch.Neighbour) {
	for _, other := range t.Open() {
		state := other.State
		if worktree == "" || other.Worktree != worktree || len(neighbours) == maxNeighbours ||
			!state.Verified || state.Committed || state.Merging || state.Working || state.Hold != "" || launch.SameFamily(state.Task, name) {
			continue
		}
		files := slices.Compact(slices.Sorted(slices.Values(other.reported)))
		neighbours = append(neighbours, launch.Neighbour{
			Task: state.Task, Brief: deref(other.work.Brief), Files: files, Total: len(files) + len(other.reportedRest)/digestSize,
		})
	}
	return neighbours
}
