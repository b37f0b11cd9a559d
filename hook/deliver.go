package hook

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/record"
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
	return r.deliverFor(ctx, ev, ledger, ledger.History(ctx), ev.ToolResponse.AgentID, agentType, true, func() *transcript.Agent {
		return &transcript.Agent{Prompt: ev.ToolInput.Prompt, Run: transcript.Run{Prompt: ev.ToolInput.Prompt}}
	})
}

// deliverFor brings what is owed for one agent, by a history that was just read. cameBack tells that the orchestrator is shown words of
// it; launched is what it was given.
func (r *Runner) deliverFor(ctx context.Context, ev host.Event, ledger *ledger, h record.History, agentID, agentType string, cameBack bool, launched func() *transcript.Agent) Answer {
	recorded := func(h record.History) []record.OwedStep { return h.DueFor(agentID) }
	a := h.Agent(agentID)
	if a.Owed() != nil || !cameBack || a.Checked {
		return r.deliver(ctx, ev, ledger, h, recorded)
	}
	agent := launched()
	switch role, gate := launch.RoleOf(ledger.config(ctx), agentType, agent.Prompt); role {
	case launch.CodingRole:
		return r.deliver(ctx, ev, ledger, h, func(h record.History) []record.OwedStep {
			if list := h.DueFor(agentID); len(list) > 0 || h.Agent(agentID).Checked {
				return list
			}
			return []record.OwedStep{record.Unseen(agentID, agentType, h.Agent(agentID), launch.AssignmentOf(agent), ledger.config(ctx), r.Now())}
		})
	case launch.GateRole, launch.MergeRole:
		r.lost(ctx, ev, ledger, protocolAgent{role: role, gate: gate, prompt: agent.Prompt}, gates.Agent{ID: agentID, Type: agentType})
		return r.deliver(ctx, ev, ledger, ledger.History(ctx), recorded)
	case launch.NoRole, launch.OpsRole:
	}
	return Answer{}
}

// notified is the prompt by which the host tells the orchestrator that a background agent has stopped.
func (r *Runner) notified(ctx context.Context, ev host.Event, n host.Notification) Answer {
	ledger := r.ledger(ev)
	h := ledger.History(ctx)
	agentType := cmp.Or(h.Agent(n.AgentID).AgentType, launchedType(ev.TranscriptPath, n.AgentID))
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
	answer := r.deliver(ctx, ev, ledger, ledger.History(ctx), func(h record.History) []record.OwedStep {
		var list []record.OwedStep
		for _, id := range h.Order {
			if running[id] {
				continue
			}
			list = append(list, h.DueFor(id)...)
			if a := h.Agent(id); a.AtWork() && ev.BackgroundTasks != nil {
				list = append(list, record.Unseen(id, a.AgentType, a, launch.AssignmentOf(r.peer(ctx, ev, id)), ledger.config(ctx), r.Now()))
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

// deliver hands the orchestrator what pick finds due, and records that it did, under the journal's lock: of two events that
// race for a step one carries it. Where pick finds nothing in h, the history as it was just read, no lock is taken. What does not fit in one answer waits for the next event.
func (r *Runner) deliver(ctx context.Context, ev host.Event, ledger *ledger, h record.History, pick func(record.History) []record.OwedStep) Answer {
	if ev.SessionID == "" {
		fmt.Fprintln(r.Log, "stopgate: the event names no session; nothing can be delivered to it")
		return Answer{}
	}
	if len(pick(h)) == 0 {
		return Answer{}
	}
	var carried []record.OwedStep
	ledger.Update(ctx, func(h record.History) []record.Entry {
		carried = record.FitInOne(pick(h))
		return record.Deliveries(record.KindDelivery, ev.HookEventName, carried)
	})
	if len(carried) == 0 {
		return Answer{}
	}
	if ledger.Err != nil && ev.HookEventName == host.Stop {
		return Answer{} // what cannot be recorded as delivered would be delivered at every stop, each in its own turn
	}
	return Answer{
		Output: ledger.carry(ctx, ev.HookEventName, carried),
		undeliver: func(ctx context.Context) {
			ledger.Append(ctx, record.Deliveries(record.KindReturn, ev.HookEventName, carried)...)
		},
	}
}

// carry is the answer that brings the steps to the orchestrator at that event, and what needs a person to the person. At Stop
// too the context goes on with the turn; a block would be read twice (2.1.330). In a repository that only observes all goes to the
// person, and nothing to any model.
func (l *ledger) carry(ctx context.Context, event string, list []record.OwedStep) host.Output {
	observed := !l.enforces(ctx)
	texts := make([]string, len(list))
	var notices []string
	for i, d := range list {
		texts[i] = d.Step.Text()
		notice := d.Step.Notice()
		if observed {
			notice = d.Step.News("this repository only observes; next would be: " + d.Step.Summary() + " ")
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
