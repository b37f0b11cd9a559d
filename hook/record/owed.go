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
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// OwedStep is one step that an agent's stop owes the orchestrator.
type OwedStep struct {
	AgentID string
	Step    *step.Step
	// unseen is the stop that must be recorded with it: nobody judged one; nil where the journal has it.
	unseen *Stop
	// fact is that stop as the gate protocol takes it in.
	fact Fact
}

// DueFor is what is recorded as owed for one agent, and still holds.
func (h History) DueFor(agentID string) []OwedStep {
	if step := h.Agent(agentID).Owed(); step != nil && !h.outdated(agentID, step) {
		return []OwedStep{{AgentID: agentID, Step: step}}
	}
	return nil
}

// Unseen is the step for a coding agent that came back although no stop of its run was judged: it ran out of turns, or the gate
// failed. It must not pass in silence.
func Unseen(agentID, agentType string, a *Agent, asked launch.Assignment, conf config.Config, now time.Time) OwedStep {
	happened := "no stop of this agent was checked: it ran out of turns, or stopgate failed or was not there when it stopped"
	if n := len(a.SentBack); n > 0 {
		happened = fmt.Sprintf("the agent was sent back %d of at most %d times and never answered with a report that could be checked", n, conf.Caps.Attempts)
	}
	c := judge.Case{
		StepID: quote.Digest("unseen", agentID, fmt.Sprint(len(a.stops))), AgentID: agentID, AgentType: agentType, Asked: asked,
		Verdict:  rule.Unknown,
		Findings: []rule.Finding{{Rule: rule.Unverifiable, Severity: rule.Halt, Message: happened}},
	}
	data := StopOf(c, StopID{Said: "unseen"}, "")
	return OwedStep{AgentID: agentID, Step: data.Step, unseen: &data, fact: StopFact(c, conf, now.UTC())}
}

// FitInOne are the first of the steps that fit in one answer, at least one.
func FitInOne(list []OwedStep) []OwedStep {
	room := host.MaxStep
	for i, d := range list {
		if room -= quote.Length(d.Step.Text()) + 2; room < 0 && i > 0 {
			return list[:i]
		}
	}
	return list
}

func Deliveries(kind, via string, list []OwedStep) []Entry {
	var entries []Entry
	for _, d := range list {
		if d.unseen != nil && kind == KindDelivery {
			entries = append(entries, Entry{Kind: KindStop, Agent: d.AgentID, AgentType: d.Step.AgentType, Task: d.Step.TaskID, Data: d.unseen})
			if d.fact.Fact.Task != "" {
				entries = append(entries, FactEntry(d.fact))
			}
		}
		entries = append(entries, Entry{Kind: kind, Agent: d.AgentID, Task: d.Step.TaskID, Data: Delivery{StepID: d.Step.StepID, Via: via}})
	}
	return entries
}

// ToldAtStop tells whether an agent's last stop has led to that step, and it held the orchestrator at the end of its turn already.
func (h History) ToldAtStop(agentID string, owed gates.Step) bool {
	a := h.Agent(agentID)
	if len(a.stops) == 0 {
		return false
	}
	next := a.stops[len(a.stops)-1].Step
	return next != nil && a.deliveredAtStop[next.StepID] && next.Why == string(owed.Why) && slices.Equal(next.Gates, step.ClippedNames(owed.Gates))
}
