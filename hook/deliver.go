package hook

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// returned is PostToolUse of the tool that launched an agent: a foreground agent's result reaches the orchestrator, and the
// step with it.
func (r *Runner) returned(ctx context.Context, ev host.Event) Answer {
	agentType := ev.ToolResponse.AgentType
	if agentType == "" {
		agentType = ev.ToolInput.SubagentType
	}
	if ev.ToolResponse.Status != "completed" || !r.mayConcern(agentType, ev.ToolInput.Prompt) {
		return Answer{}
	}
	ledger := r.ledger(ev)
	return r.deliverFor(ctx, ev, ledger, ledger.history(ctx), ev.ToolResponse.AgentID, agentType, true, func() *transcript.Agent {
		return &transcript.Agent{Prompt: ev.ToolInput.Prompt, Run: transcript.Run{Prompt: ev.ToolInput.Prompt}}
	})
}

// deliverFor brings what is owed for one agent, by a history that was just read. cameBack tells that the orchestrator is shown words of
// it; launched is what it was given.
func (r *Runner) deliverFor(ctx context.Context, ev host.Event, ledger *ledger, h History, agentID, agentType string, cameBack bool, launched func() *transcript.Agent) Answer {
	recorded := func(h History) []due { return h.dueFor(agentID) }
	a := h.agent(agentID)
	if a.owed() != nil || !cameBack || a.checked {
		return r.deliver(ctx, ev, ledger, h, recorded)
	}
	agent := launched()
	switch role, gate := launch.RoleOf(ledger.config(ctx), agentType, agent.Prompt); role {
	case launch.CodingRole:
		return r.deliver(ctx, ev, ledger, h, func(h History) []due {
			if list := h.dueFor(agentID); len(list) > 0 || h.agent(agentID).checked {
				return list
			}
			return []due{unseen(agentID, agentType, h.agent(agentID), launch.AssignmentOf(agent), ledger.config(ctx), r.Now())}
		})
	case launch.GateRole, launch.MergeRole:
		r.lost(ctx, ev, ledger, protocolAgent{role: role, gate: gate, prompt: agent.Prompt}, gates.Agent{ID: agentID, Type: agentType})
		return r.deliver(ctx, ev, ledger, ledger.history(ctx), recorded)
	case launch.NoRole, launch.OpsRole:
	}
	return Answer{}
}

// notified is the prompt by which the host tells the orchestrator that a background agent has stopped.
func (r *Runner) notified(ctx context.Context, ev host.Event, n host.Notification) Answer {
	ledger := r.ledger(ev)
	h := ledger.history(ctx)
	agentType := cmp.Or(h.agent(n.AgentID).agentType, launchedType(ev.TranscriptPath, n.AgentID))
	return r.deliverFor(ctx, ev, ledger, h, n.AgentID, agentType, n.HasResult, func() *transcript.Agent { return r.peer(ctx, ev, n.AgentID) })
}

// backstop is the end of the orchestrator's turn: whatever it is owed and nothing else will bring, it gets now. An agent that
// still runs in the background is brought by its own notification.
func (r *Runner) backstop(ctx context.Context, ev host.Event) Answer {
	running := map[string]bool{}
	for _, task := range ev.BackgroundTasks {
		running[task.ID] = true
	}
	ledger := r.ledger(ev)
	answer := r.deliver(ctx, ev, ledger, ledger.history(ctx), func(h History) []due {
		var list []due
		for _, id := range h.order {
			if running[id] {
				continue
			}
			list = append(list, h.dueFor(id)...)
			if a := h.agent(id); a.atWork() && ev.BackgroundTasks != nil {
				list = append(list, unseen(id, a.agentType, a, launch.AssignmentOf(r.peer(ctx, ev, id)), ledger.config(ctx), r.Now()))
			}
		}
		return list
	})
	if !answer.Output.Silent() || ev.SessionID == "" {
		return answer
	}
	if steps := r.vanished(ctx, ev, ledger); len(steps) > 0 {
		return Answer{Output: ledger.tell(ctx, ev.HookEventName, steps)}
	}
	return r.remind(ctx, ev, ledger)
}

// due is one step that an agent's stop owes the orchestrator.
type due struct {
	agentID string
	step    *step.Step
	// unseen is the stop that must be recorded with it: nobody judged one; nil where the journal has it.
	unseen *stopData
	// fact is that stop as the gate protocol takes it in.
	fact factData
}

// dueFor is what is recorded as owed for one agent, and still holds.
func (h History) dueFor(agentID string) []due {
	if step := h.agent(agentID).owed(); step != nil && !h.outdated(agentID, step) {
		return []due{{agentID: agentID, step: step}}
	}
	return nil
}

// unseen is the step for a coding agent that came back although no stop of its run was judged: it ran out of turns, or the gate
// failed. It must not pass in silence.
func unseen(agentID, agentType string, a *agentHistory, asked launch.Assignment, conf config.Config, now time.Time) due {
	happened := "no stop of this agent was checked: it ran out of turns, or stopgate failed or was not there when it stopped"
	if n := len(a.sentBack); n > 0 {
		happened = fmt.Sprintf("the agent was sent back %d of at most %d times and never answered with a report that could be checked", n, conf.Caps.Attempts)
	}
	c := judge.Case{
		StepID: quote.Digest("unseen", agentID, fmt.Sprint(len(a.stops))), AgentID: agentID, AgentType: agentType, Asked: asked,
		Verdict:  rule.Unknown,
		Findings: []rule.Finding{{Rule: rule.Unverifiable, Severity: rule.Halt, Message: happened}},
	}
	data := stopOf(c, stopID{Said: "unseen"}, "")
	return due{agentID: agentID, step: data.Step, unseen: &data, fact: stopFact(c, conf, now.UTC())}
}

// deliver hands the orchestrator what pick finds due, and records that it did, under the journal's lock: of two events that
// race for a step one carries it. Where pick finds nothing in h, the history as it was just read, no lock is taken. What does not fit in one answer waits for the next event.
func (r *Runner) deliver(ctx context.Context, ev host.Event, ledger *ledger, h History, pick func(History) []due) Answer {
	if ev.SessionID == "" {
		fmt.Fprintln(r.Log, "stopgate: the event names no session; nothing can be delivered to it")
		return Answer{}
	}
	if len(pick(h)) == 0 {
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
	if ledger.err != nil && ev.HookEventName == host.Stop {
		return Answer{} // what cannot be recorded as delivered would be delivered at every stop, each in its own turn
	}
	return Answer{
		Output: ledger.carry(ctx, ev.HookEventName, carried),
		undeliver: func(ctx context.Context) {
			ledger.append(ctx, deliveries(kindReturn, ev.HookEventName, carried)...)
		},
	}
}

// fitInOne are the first of the steps that fit in one answer, at least one.
func fitInOne(list []due) []due {
	room := host.MaxStep
	for i, d := range list {
		if room -= quote.Length(d.step.Text()) + 2; room < 0 && i > 0 {
			return list[:i]
		}
	}
	return list
}

func deliveries(kind, via string, list []due) []entry {
	var entries []entry
	for _, d := range list {
		if d.unseen != nil && kind == kindDelivery {
			entries = append(entries, entry{kind: kindStop, agent: d.agentID, agentType: d.step.AgentType, task: d.step.TaskID, data: d.unseen})
			if d.fact.Fact.Task != "" {
				entries = append(entries, fact(d.fact))
			}
		}
		entries = append(entries, entry{kind: kind, agent: d.agentID, task: d.step.TaskID, data: deliveryData{StepID: d.step.StepID, Via: via}})
	}
	return entries
}

// carry is the answer that brings the steps to the orchestrator at that event, and what needs a person to the person. At Stop
// too the context goes on with the turn; a block would be read twice (2.1.330). In a repository that only observes all goes to the
// person, and nothing to any model.
func (l *ledger) carry(ctx context.Context, event string, list []due) host.Output {
	observed := !l.enforces(ctx)
	texts := make([]string, len(list))
	var notices []string
	for i, d := range list {
		texts[i] = d.step.Text()
		notice := d.step.Notice()
		if observed {
			notice = d.step.News("this repository only observes; next would be: " + d.step.Summary() + " ")
		}
		if notice != "" {
			notices = append(notices, notice)
		}
	}
	if warning := l.settings.Warning(); warning != "" {
		notices = append(notices, warning)
	}
	out := host.Output{}
	if !observed {
		out = host.Context(event, strings.Join(texts, "\n\n"))
	}
	out.SystemMessage = strings.Join(notices, "\n")
	return out
}

// launchedType is the type of an agent of a session, from the host's own notes beside its transcript; "" where there are none.
func launchedType(sessionTranscript, agentID string) string {
	meta, err := transcript.ReadMeta(transcript.AgentPath(sessionTranscript, agentID))
	if err != nil {
		return ""
	}
	return meta.AgentType
}
