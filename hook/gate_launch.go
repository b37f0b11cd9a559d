package hook

import (
	"cmp"
	"context"
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/step"
	"stopgate/hook/worktree"
)

// gateLaunch is the launch of a gate or of the branch-manager. It may proceed unless something is owed first.
func (r *Runner) gateLaunch(ctx context.Context, s *scene, role launch.Role, gate string) Answer {
	prompt := s.ev.ToolInput.Prompt
	a := r.findTask(ctx, s, protocolAgent{role: role, gate: quote.Clip(gate, quote.MaxName), prompt: prompt}, launch.ReadAssignment(prompt))
	if a.task == "" {
		return r.unnamedMerge(ctx, s, role)
	}
	if role == launch.MergeRole {
		return r.mergeLaunch(ctx, s, a, s.ev.ToolInput.SubagentType, s.ev.ToolUseID)
	}
	return r.launchFor(ctx, s, a, s.ev.ToolInput.SubagentType, s.ev.ToolUseID, record.Launch{})
}

// mergeLaunch is the launch or the resume of a branch-manager for a task, or for the units of a parent that is no task of its own. call is
// the tool use, or what stands for it. What it does is compared with what is there now.
func (r *Runner) mergeLaunch(ctx context.Context, s *scene, a protocolAgent, agentType, call string) Answer {
	now := record.Launch{Baseline: judge.Baseline{Worktree: a.worktree, At: r.Now().UTC()}}
	place := a.place
	if home, ok := s.grounds.Main(); !a.found && ok {
		place = home // git's own files can be compared from there, too
	}
	if place.Root != "" {
		now = r.baseline(ctx, s, place).Bounded()
		now.Worktree = a.worktree
	}
	units := s.mergeable(ctx, a)
	if r.refutePasses(ctx, s, units) {
		units = s.mergeable(ctx, a)
	}
	if len(units) == 0 {
		return r.launchFor(ctx, s, a, agentType, call, now)
	}
	for i, t := range units {
		unit := a
		unit.task = t.State.Task
		if denied := r.launchFor(ctx, s, unit, agentType, call, now); !denied.Output.Silent() {
			return denied
		}
		if i == 0 {
			now = record.Launch{Baseline: judge.Baseline{Worktree: a.worktree, At: now.At}} // it is recorded once
		}
	}
	return Answer{}
}

// launchFor takes the launch for one task into the protocol. seen is what the worktree is like, as far as that is to be recorded.
func (r *Runner) launchFor(ctx context.Context, s *scene, a protocolAgent, agentType, call string, seen record.Launch) Answer {
	l := launchedGate{
		protocolAgent: a, name: cmp.Or(a.gate, gates.BranchManagerAgent), agentType: agentType, call: call, seen: seen,
		tree: cleanup.TreePrint(r.survey(ctx, s, a, worktree.Base{}), nil), at: r.Now().UTC(), session: s.ev.SessionID, enforced: s.enforces(ctx),
		asks: a.role == launch.MergeRole && call == s.ev.ToolUseID && r.asks(s.config(ctx)),
	}
	if main, ok := s.grounds.Main(); ok {
		l.target = main.Branch()
	}
	if findings := r.undone(ctx, s, l); len(findings) > 0 && l.enforced {
		return s.refuseUndone(ctx, l, findings)
	}
	after := r.afterStop(ctx, s, l)
	l.seen.Settings, l.seen.Config = r.settingsPrints(), s.source(ctx)
	if l.seen.Marked == nil {
		l.seen.Marked = after.now
	}
	if halted := r.tellAfter(ctx, s, l, after); !halted.Output.Silent() {
		return halted
	}
	if l.operation = l.name; l.role == launch.MergeRole && s.asksForMain(a.prompt) {
		l.operation = gates.MergeOperation
	}
	answer := updateTask(ctx, s, a.task, l.take)
	switch {
	case answer.ask != "":
		return Answer{Output: host.Ask(answer.ask)}
	case answer.denied.Action != "":
		return Answer{Output: host.Deny(step.DenyReason(a.task, l.name, answer.denied, s.unheard[launch.TaskKey(a.task)]))}
	}
	return Answer{}
}

// asks reports whether a merge is put before the person in the client's own dialogue.
func (r *Runner) asks(c config.Config) bool {
	return c.Authorise.Ask == config.AskAlways || c.Authorise.Ask == config.AskAttended && r.Attended
}

// launchAnswer is the answer to a launch: refused, put before the person for that reason, or neither.
type launchAnswer struct {
	denied gates.Step
	ask    string
}

// launchedGate is the launch of a gate or of the branch-manager for a task.
type launchedGate struct {
	protocolAgent
	name      string // of the gate, or gates.BranchManagerAgent
	agentType string
	operation string // what it asks for, for gates.State.Allows
	call      string // the tool use that launches it
	seen      record.Launch
	tree      string // what the worktree is like
	at        time.Time
	session   string
	enforced  bool
	asks      bool   // the person is asked
	target    string // the branch that the main worktree has checked out; "" if unknown
}

// take takes the launch into the protocol.
func (l launchedGate) take(t *record.Task) (answer launchAnswer, entries []record.Entry) {
	launched := l.seen
	launched.ToolUseID, launched.Role, launched.Gate, launched.Worktree, launched.At = l.call, l.role, l.gate, l.worktree, l.at
	if t.State.Phase != "" {
		asked := l.fact(gates.LaunchAsked)
		entries = append(entries, asked.Entry())
		answer.denied = t.Take(l.session, asked)
		if open, askable := t.State.Askable(); l.asks && l.enforced && askable && (answer.denied.Action == gates.Deny || l.operation == gates.MergeOperation || !t.State.Caps.CommitByGates) {
			entries = append(entries, l.fact(gates.MergeAsked).Entry(), launched.Entry(l.agentType, l.task))
			return launchAnswer{ask: step.AskReason(l.task, t.Worktree, l.target, t.State.PassedGates(), open)}, entries
		}
		if answer.denied.Action == gates.Deny && l.enforced {
			return answer, entries
		}
	}
	entries = append(entries, launched.Entry(l.agentType, l.task))
	for _, kind := range l.follows(t.State) {
		entries = append(entries, l.fact(kind).Entry())
	}
	return launchAnswer{}, entries
}

// follows are the facts of a launch that proceeds.
func (l launchedGate) follows(state gates.State) []gates.Kind {
	switch {
	case l.role == launch.GateRole && state.Hold == gates.HeldOps: // the orchestrator was told to launch no gate before the person agrees
		return []gates.Kind{gates.PersonAgreed, gates.GateLaunched}
	case l.role == launch.GateRole:
		return []gates.Kind{gates.GateLaunched}
	case state.Phase != "":
		return []gates.Kind{gates.BranchManagerLaunched}
	}
	return nil // the task is unknown to the protocol, and its merge owes nothing
}

func (l launchedGate) fact(kind gates.Kind) record.Fact {
	return record.Fact{Worktree: l.worktree, Fact: gates.Fact{
		Kind: kind, Task: l.task, At: l.at, AgentType: l.agentType, Tree: l.tree, Gate: l.gate, Launch: l.operation, Call: quote.Clip(l.call, quote.MaxName),
	}}
}

// unnamedMerge is the launch of a branch-manager whose prompt names no task and no worktree. It may proceed if some task of the session may
// be merged, or none is open.
func (r *Runner) unnamedMerge(ctx context.Context, s *scene, role launch.Role) Answer {
	open := s.tasks(ctx).Open()
	if role != launch.MergeRole || len(open) == 0 || !s.enforces(ctx) {
		return Answer{}
	}
	if r.refutePasses(ctx, s, open) {
		open = s.tasks(ctx).Open()
	}
	for _, t := range open {
		if _, askable := t.State.Askable(); askable && r.asks(s.config(ctx)) {
			return Answer{Output: host.Deny(step.NameTask(t.State.Task))}
		}
		if t.State.Allows(gates.BranchManagerAgent).Action == gates.Allow {
			return Answer{}
		}
	}
	first := open[0].State
	return Answer{Output: host.Deny(step.DenyReason(first.Task, gates.BranchManagerAgent, first.Allows(gates.BranchManagerAgent), ""))}
}
