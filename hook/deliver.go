package hook

import (
	"context"
	"fmt"
	"strings"

	"stopgate/hook/transcript"
)

// returned is PostToolUse of the tool that launched an agent: a foreground agent's result reaches the orchestrator, and the
// step with it.
func (r *Runner) returned(ctx context.Context, ev Event) Answer {
	agentType := ev.ToolResponse.AgentType
	if agentType == "" {
		agentType = ev.ToolInput.SubagentType
	}
	if ev.ToolResponse.Status != "completed" || !r.mayConcern(agentType, ev.ToolInput.Prompt) {
		return Answer{}
	}
	return r.deliver(ctx, ev, func(h History) []due {
		return h.dueFor(ev.ToolResponse.AgentID, agentType, true, func() Assignment { return ReadAssignment(ev.ToolInput.Prompt) })
	})
}

// notified is the prompt by which the host tells the orchestrator that a background agent has stopped.
func (r *Runner) notified(ctx context.Context, ev Event, n notification) Answer {
	return r.deliver(ctx, ev, func(h History) []due {
		agentType := h.agent(n.agentID).agentType
		if agentType == "" {
			agentType = launchedType(ev.TranscriptPath, n.agentID)
		}
		return h.dueFor(n.agentID, agentType, n.hasResult, func() Assignment { return assignment(r.peer(ctx, ev, n.agentID)) })
	})
}

// backstop is the end of the orchestrator's turn: whatever it is owed and nothing else will bring, it gets now. An agent that
// still runs in the background is brought by its own notification.
func (r *Runner) backstop(ctx context.Context, ev Event) Answer {
	running := map[string]bool{}
	for _, task := range ev.BackgroundTasks {
		running[task.ID] = true
	}
	answer := r.deliver(ctx, ev, func(h History) []due {
		var list []due
		for _, id := range h.order {
			if !running[id] {
				list = append(list, h.dueFor(id, h.agent(id).agentType, false, nil)...)
			}
		}
		return list
	})
	if !answer.Output.Silent() || ev.SessionID == "" {
		return answer
	}
	return r.remind(ctx, ev, r.ledger(ev))
}

// due is one step that an agent's stop owes the orchestrator.
type due struct {
	agentID string
	step    *Step
	// unseen is the stop that must be recorded with it: nobody judged one; nil where the journal has it.
	unseen *stopData
}

// dueFor is what is owed for one agent. An agent that came back although no stop of its run was judged (it ran out of turns,
// or the gate failed) must not pass in silence: cameBack tells that it did, asked
// what it was launched for.
func (h History) dueFor(agentID, agentType string, cameBack bool, asked func() Assignment) []due {
	a := h.agent(agentID)
	if step := a.owed(); step != nil {
		return []due{{agentID: agentID, step: step}}
	}
	if cameBack && !a.checked && IsCoding(agentType) {
		return []due{unseen(agentID, agentType, a, asked())}
	}
	return nil
}

// unseen is the step for an agent that came back unjudged.
func unseen(agentID, agentType string, a *agentHistory, asked Assignment) due {
	happened := "no stop of this agent was checked: it ran out of turns, or stopgate failed or was not there when it stopped"
	if n := len(a.sentBack); n > 0 {
		happened = fmt.Sprintf("the agent was sent back %d of at most %d times and never answered with a report that could be checked", n, MaxAttempts)
	}
	c := Case{
		StepID: shortHash("unseen", agentID, fmt.Sprint(len(a.stops))), AgentID: agentID, AgentType: agentType, Asked: asked,
		Verdict:  Unknown,
		Findings: []Finding{{Rule: Unverifiable, Severity: Halt, Message: happened}},
	}
	data := c.decided(stopID{Said: "unseen"}, "")
	return due{agentID: agentID, step: data.Step, unseen: &data}
}

// deliver hands the orchestrator what pick finds due, and records that it did, under the journal's lock: of two events that
// race for a step one carries it. What does not fit in one answer waits for the next event.
func (r *Runner) deliver(ctx context.Context, ev Event, pick func(History) []due) Answer {
	if ev.SessionID == "" {
		fmt.Fprintln(r.Log, "stopgate: the event names no session; nothing can be delivered to it")
		return Answer{}
	}
	ledger := r.ledger(ev)
	if len(pick(ledger.history(ctx))) == 0 {
		return Answer{}
	}
	var carried []due
	ledger.update(ctx, func(h History) []entry {
		carried = fitInOne(pick(h))
		return deliveries(kindDelivery, ev.HookEventName, carried)
	})
	if len(carried) == 0 {
		return Answer{}
	}
	if ledger.err != nil && ev.HookEventName == Stop {
		return Answer{} // what cannot be recorded as delivered would be delivered at every stop, each in its own turn
	}
	return Answer{
		Output: carry(ev.HookEventName, carried),
		undeliver: func(ctx context.Context) {
			ledger.append(ctx, deliveries(kindReturn, ev.HookEventName, carried)...)
		},
	}
}

// fitInOne are the first of the steps that fit in one answer, at least one.
func fitInOne(list []due) []due {
	room := MaxStep
	for i, d := range list {
		if room -= length(d.step.Text()) + 2; room < 0 && i > 0 {
			return list[:i]
		}
	}
	return list
}

func deliveries(kind, via string, list []due) []entry {
	var entries []entry
	for _, d := range list {
		if d.unseen != nil && kind == kindDelivery {
			entries = append(entries, entry{kind: kindStop, agent: d.agentID, agentType: d.step.AgentType, data: d.unseen})
		}
		entries = append(entries, entry{kind: kind, agent: d.agentID, task: d.step.TaskID, data: deliveryData{StepID: d.step.StepID, Via: via}})
	}
	return entries
}

// carry is the answer that brings the steps to the orchestrator at that event, and what needs a person to the person. At Stop
// too the context goes on with the turn; a block would be read twice (2.1.330).
func carry(event string, list []due) Output {
	texts := make([]string, len(list))
	var notices []string
	for i, d := range list {
		texts[i] = d.step.Text()
		if notice := d.step.notice(); notice != "" {
			notices = append(notices, notice)
		}
	}
	out := addContext(event, strings.Join(texts, "\n\n"))
	out.SystemMessage = strings.Join(notices, "\n")
	return out
}

// notification is what stopgate reads of a <task-notification> of the host.
type notification struct {
	agentID string
	// hasResult tells that the orchestrator is shown words of the agent: a failed agent's earlier report too.
	hasResult bool
}

// readNotification reads the notification that a prompt begins with. The host sends one a prompt, however many agents have
// finished, and escapes the agent's own text, so that the first element of a name is the host's (2.1.330).
func readNotification(prompt string) (n notification, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(prompt, " \r\n"), "<task-notification>")
	if !ok {
		return n, false
	}
	head, _, hasResult := strings.Cut(rest, "<result>")
	n = notification{agentID: element(head, "task-id"), hasResult: hasResult}
	return n, n.agentID != ""
}

// element is the text of the first element of that name.
func element(s, name string) string {
	_, rest, ok := strings.Cut(s, "<"+name+">")
	if !ok {
		return ""
	}
	value, _, ok := strings.Cut(rest, "</"+name+">")
	if !ok {
		return ""
	}
	return value
}

// launchedType is the type of an agent of a session, from the host's own notes beside its transcript; "" where there are none.
func launchedType(sessionTranscript, agentID string) string {
	meta, err := transcript.ReadMeta(transcript.AgentPath(sessionTranscript, agentID))
	if err != nil {
		return ""
	}
	return meta.AgentType
}
