package hook

import (
	"cmp"
	"context"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/step"
	"stopgate/hook/worktree"
)

// gateAsked is PreToolUse of a launch that stands in the protocol behind the coding agent: a gate or the branch-manager. It goes ahead
// unless something is owed before.
func (r *Runner) gateAsked(ctx context.Context, ev host.Event, ledger *ledger, role launch.Role, gate string) Answer {
	o := r.findTask(ctx, ledger, protocolAgent{role: role, gate: quote.Clip(gate, quote.MaxName), prompt: ev.ToolInput.Prompt}, launch.ReadAssignment(ev.ToolInput.Prompt))
	launched := cmp.Or(o.gate, gates.BranchManagerAgent)
	if o.task == "" {
		return ledger.unnamedMerge(ctx, role)
	}
	tree := cleanup.TreePrint(r.survey(ctx, ledger, o, worktree.Base{}), nil)
	about := func(kind gates.Kind) record.Fact {
		return record.Fact{Worktree: o.worktree, Fact: gates.Fact{
			Kind: kind, Task: o.task, At: r.Now().UTC(), AgentType: ev.ToolInput.SubagentType,
			Tree: tree, Gate: o.gate, Launch: launched, Call: quote.Clip(ev.ToolUseID, quote.MaxName),
		}}
	}
	denied := gates.Step{}
	ledger.updateTask(ctx, o.task, func(t *record.Task) []record.Entry {
		var facts []record.Fact
		if t.State.Phase != "" {
			d := about(gates.LaunchAsked)
			facts = append(facts, d)
			if answer := t.Take(ev.SessionID, d); answer.Action == gates.Deny && ledger.enforces(ctx) {
				denied = answer
				return []record.Entry{record.FactEntry(d)}
			}
		}
		switch {
		case role == launch.GateRole && t.State.Hold == gates.HeldOps:
			facts = append(facts, about(gates.PersonAgreed), about(gates.GateLaunched)) // it was told to deploy no gate before
		case role == launch.GateRole:
			facts = append(facts, about(gates.GateLaunched))
		case t.State.Phase != "": // of a task that nobody has heard of a branch-manager owes nothing
			facts = append(facts, about(gates.BranchManagerLaunched))
		}
		entries := []record.Entry{{
			Kind: record.KindLaunch, AgentType: ev.ToolInput.SubagentType, Task: o.task,
			Data: record.Launch{ToolUseID: ev.ToolUseID, Role: role, Baseline: judge.Baseline{Worktree: o.worktree, At: r.Now().UTC()}},
		}}
		for _, d := range facts {
			entries = append(entries, record.FactEntry(d))
		}
		return entries
	})
	if denied.Action == "" {
		return Answer{}
	}
	return Answer{Output: host.Deny(step.DenyReason(o.task, launched, denied))}
}

// unnamedMerge is the launch of a branch-manager that names no task and no worktree: it goes ahead if some task of the session may be
// merged, or none is under way.
func (l *ledger) unnamedMerge(ctx context.Context, role launch.Role) Answer {
	known := l.tasks(ctx).Open()
	if role != launch.MergeRole || len(known) == 0 || !l.enforces(ctx) {
		return Answer{}
	}
	for _, t := range known {
		if t.State.Allows(gates.BranchManagerAgent).Action == gates.Allow {
			return Answer{}
		}
	}
	first := known[0]
	return Answer{Output: host.Deny(step.DenyReason(first.State.Task, gates.BranchManagerAgent, first.State.Allows(gates.BranchManagerAgent)))}
}
