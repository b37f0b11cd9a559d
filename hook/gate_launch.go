package hook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/afterstop"
	"stopgate/hook/cleanup"
	"stopgate/hook/clientsettings"
	"stopgate/hook/config"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/merging"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// gateLaunch handles the launch of a gate or of the branch-manager. The launch is refused if something else has to happen first.
func gateLaunch(ctx context.Context, s *scene.Scene, role launch.Role, gate string) Answer {
	prompt := s.Event.ToolInput.Prompt
	a := actor.FindTask(ctx, s, actor.Agent{Role: role, Gate: quote.Clip(gate, quote.MaxName), Prompt: prompt}, launch.ReadAssignment(prompt))
	if a.Task == "" {
		return unnamedMerge(ctx, s, role)
	}
	if role == launch.MergeRole {
		return mergeLaunch(ctx, s, a, s.Event.ToolInput.SubagentType, s.Event.ToolUseID)
	}
	return launchFor(ctx, s, launchedGate{Agent: a, agentType: s.Event.ToolInput.SubagentType, call: s.Event.ToolUseID, tree: treeOf(ctx, s, a)})
}

// mergeLaunch handles the launch or the resume of a branch-manager for a task, or for the units of a parent that is not a task itself. call is the
// id of the tool use, or of what resumed the agent. A snapshot is taken, with which the branch-manager's work is compared.
func mergeLaunch(ctx context.Context, s *scene.Scene, a actor.Agent, agentType, call string) Answer {
	now := record.Launch{Baseline: inspect.Baseline{Worktree: a.Worktree, At: s.Now().UTC()}}
	place := a.Place
	if home, ok := s.Grounds().Main(); !a.Found && ok {
		place = home // git's own files can be compared from there, too
	}
	if place.Root != "" {
		now = look.Baseline(ctx, s, place).Bounded()
		now.Worktree = a.Worktree
	}
	units := actor.Mergeable(ctx, s, a)
	if crosscheck.RefutePasses(ctx, s, units) {
		units = actor.Mergeable(ctx, s, a)
	}
	if crosscheck.TakePrompt(ctx, s, units) {
		units = actor.Mergeable(ctx, s, a)
	}
	l := launchedGate{Agent: a, agentType: agentType, call: call, tree: treeOf(ctx, s, a), seen: now, named: a.Task}
	if len(units) == 0 {
		return launchFor(ctx, s, l)
	}
	slices.SortStableFunc(units, func(x, y *record.Task) int { return cmp.Compare(l.mayDeny(y), l.mayDeny(x)) })
	var asks Answer
	for _, t := range units {
		l.Task = t.State.Task
		switch answer := launchFor(ctx, s, l); {
		case answer.Output.Asks():
			asks = answer // the person is asked once, and the answer is for all
		case !answer.Output.Silent():
			return answer
		}
		l.seen = record.Launch{Baseline: inspect.Baseline{Worktree: a.Worktree, At: now.At}} // the snapshot is recorded once
	}
	return asks
}

// mayDeny returns 1 for a task that the launch has to wait for, as far as its state shows, else 0. Such a task is tried first, so that nothing is recorded
// of a launch that one of several tasks refuses.
func (l launchedGate) mayDeny(t *record.Task) int {
	now, _ := gates.Next(t.State, gates.Fact{Kind: gates.TreeSeen, Task: t.State.Task, Tree: l.tree})
	if now.Allows(gates.BranchManagerAgent).Action == gates.Deny {
		return 1
	}
	return 0
}

// treeOf returns a fingerprint of the task's worktree as it is now; "" if there is none, or if it cannot be read completely.
func treeOf(ctx context.Context, s *scene.Scene, a actor.Agent) string {
	return cleanup.TreePrint(actor.Survey(ctx, s, a, worktree.Base{}), nil)
}

// launchFor checks the launch against one task and records it. l has the agent, the call, the tree from treeOf and the snapshot to record.
func launchFor(ctx context.Context, s *scene.Scene, l launchedGate) Answer {
	a := l.Agent
	l.name, l.at, l.session, l.enforced = cmp.Or(a.Gate, gates.BranchManagerAgent), s.Now().UTC(), s.Event.SessionID, s.Enforces(ctx)
	l.by = quote.Clip(s.Event.AgentID, quote.MaxName)
	l.called = quote.Clip(s.Event.ToolInput.Name, quote.MaxName)
	l.asks = a.Role == launch.MergeRole && l.call == s.Event.ToolUseID && asks(s, s.Config(ctx))
	if home, ok := s.Grounds().Home(a.Place); ok && home.Branch() != "" {
		l.target = step.CheckedOut(home.Branch(), home.Linked())
	}
	for _, refuses := range []func(context.Context, *scene.Scene, launchedGate) Answer{refuseGone, refuseElsewhere} {
		if refused := refuses(ctx, s, l); !refused.Output.Silent() {
			return refused
		}
	}
	if findings := afterstop.Undone(ctx, s, a, l.tree); len(findings) > 0 && l.enforced {
		return refuseUndone(ctx, s, l, findings)
	}
	if t := s.Task(ctx, a.Task); t != nil {
		merging.SeeByHand(ctx, s, t)
	}
	if refused := tellUnreported(ctx, s, l, afterstop.FindUnreported(ctx, s, a, l.tree)); !refused.Output.Silent() {
		return refused
	}
	after := afterstop.Look(ctx, s, a)
	l.seen.Settings, l.seen.Config, l.seen.Announced = clientsettings.Prints(s), s.Source(ctx), look.Announced(s)
	if l.seen.Marked == nil {
		l.seen.Marked = after.Now
	}
	if halted := tellAfter(ctx, s, l, after); !halted.Output.Silent() {
		return halted
	}
	if l.operation = l.name; l.Role == launch.MergeRole && merging.AsksForMain(s, a.Prompt) {
		l.operation = gates.MergeOperation
	}
	answer, _ := scene.UpdateTask(ctx, s, a.Task, l.take)
	switch {
	case answer.ask != "":
		return Answer{Output: host.Ask(answer.ask)}
	case answer.denied.Action != "":
		reason := step.DenyReason(a.Task, l.name, answer.denied, s.Unheard[launch.TaskKey(a.Task)])
		if l.named != "" && launch.TaskKey(l.named) != launch.TaskKey(a.Task) && !launch.SameFamily(l.named, a.Task) {
			reason += step.TakesBoth(l.named, a.Task)
		}
		return Answer{Output: host.Deny(reason)}
	}
	return Answer{}
}

// asks reports whether the client asks the person about a merge in its own dialogue.
func asks(s *scene.Scene, c config.Config) bool {
	return c.Authorise.Ask == config.AskAlways || c.Authorise.Ask == config.AskAttended && s.Attended
}

// launchAnswer is the answer to a launch. denied refuses it, ask is the question to the person, and the zero value allows it.
type launchAnswer struct {
	denied gates.Step
	ask    string
}

// launchedGate is the launch of a gate or of the branch-manager for a task.
type launchedGate struct {
	actor.Agent
	name      string // the name of the gate, or gates.BranchManagerAgent
	named     string // the task that a branch-manager is launched for, perhaps with others; "" for a gate
	agentType string
	operation string // for gates.State.Allows
	call      string // the id of the tool use that launches it
	called    string // the name that the launch gives the agent; "" for none
	seen      record.Launch
	tree      string // the fingerprint of the worktree
	at        time.Time
	session   string
	by        string // the agent that launches it; "" for the session itself
	enforced  bool
	asks      bool   // the client asks the person
	target    string // says which branch the work is merged into if nobody names one; "" if unknown
}

// take takes the launch into the task's state. It returns the answer and the records to append.
func (l launchedGate) take(t *record.Task) (answer launchAnswer, entries []record.Entry) {
	launched := l.seen
	launched.ToolUseID, launched.Name, launched.Role, launched.Gate, launched.Worktree, launched.At = l.call, l.called, l.Role, l.Gate, l.Worktree, l.at
	if t.State.Phase != "" {
		asked := l.fact(gates.LaunchAsked)
		entries = append(entries, asked.Entry())
		answer.denied = t.Take(l.session, asked)
		if open, askable := t.State.Askable(); l.asks && l.enforced && askable && (answer.denied.Action == gates.Deny || l.operation == gates.MergeOperation || !t.State.Caps.CommitByGates) {
			asked := l.fact(gates.MergeAsked)
			asked.Fact.By, asked.Fact.Session = l.by, l.session
			entries = append(entries, asked.Entry(), launched.Entry(l.agentType, l.Task))
			return launchAnswer{ask: step.AskReason(l.Task, t.Worktree, l.target, t.State.PassedGates(), open)}, entries
		}
		if answer.denied.Action == gates.Deny && l.enforced {
			return answer, entries
		}
	}
	entries = append(entries, launched.Entry(l.agentType, l.Task))
	for _, kind := range l.follows(t.State) {
		entries = append(entries, l.fact(kind).Entry())
	}
	return launchAnswer{}, entries
}

// follows returns the facts that an allowed launch adds to the task.
func (l launchedGate) follows(state gates.State) []gates.Kind {
	switch {
	case l.Role == launch.GateRole && state.Hold == gates.HeldOps: // the orchestrator was told to launch no gate before the person agrees
		return []gates.Kind{gates.PersonAgreed, gates.GateLaunched}
	case l.Role == launch.GateRole:
		return []gates.Kind{gates.GateLaunched}
	case state.Phase != "":
		return []gates.Kind{gates.BranchManagerLaunched}
	}
	return nil // the task is not in the protocol, so its merge needs no gates
}

func (l launchedGate) fact(kind gates.Kind) record.Fact {
	return record.Fact{Worktree: l.Worktree, Fact: gates.Fact{
		Kind: kind, Task: l.Task, At: l.at, AgentType: l.agentType, Tree: l.tree, Gate: l.Gate, Launch: l.operation, Call: quote.Clip(l.call, quote.MaxName),
	}}
}

// unnamedMerge handles the launch of a branch-manager whose prompt names no task and no worktree. It is allowed if some task of the session may be
// merged, or if none is open.
func unnamedMerge(ctx context.Context, s *scene.Scene, role launch.Role) Answer {
	open := s.Tasks(ctx).Open()
	if role != launch.MergeRole || len(open) == 0 || !s.Enforces(ctx) {
		return Answer{}
	}
	if crosscheck.RefutePasses(ctx, s, open) {
		open = s.Tasks(ctx).Open()
	}
	for _, t := range open {
		if _, askable := t.State.Askable(); askable && asks(s, s.Config(ctx)) {
			return Answer{Output: host.Deny(step.NameTask(t.State.Task))}
		}
		if t.State.Allows(gates.BranchManagerAgent).Action == gates.Allow {
			return Answer{}
		}
	}
	first := open[0].State
	return Answer{Output: host.Deny(step.DenyReason(first.Task, gates.BranchManagerAgent, first.Allows(gates.BranchManagerAgent), ""))}
}

// mergeResume handles a message that resumes a branch-manager. It has to pass the same checks as a launch.
func mergeResume(ctx context.Context, s *scene.Scene, agentType, prompt string) Answer {
	crosscheck.SettleWords(ctx, s, crosscheck.SpeechWithin)
	message := s.Event.ToolInput.Message
	asked, before := launch.ReadAssignment(message), launch.ReadAssignment(prompt)
	if asked.TaskID == "" && asked.WorktreePath == "" {
		asked = before
	}
	if m, ok := launch.ReadMarker(prompt); ok && asked.TaskID == "" {
		asked.TaskID = m.Task
	}
	a := actor.FindTask(ctx, s, actor.Agent{Role: launch.MergeRole, Prompt: message}, asked)
	return mergeLaunch(ctx, s, a, agentType, record.ResumedBy(s.Event.ToolInput.To))
}

// maxAfter is the maximum number of changes listed in one note.
const maxAfter = 10

// tellAfter records what changed since the coding agent stopped. If the agent caused a change, the task is halted as at a stop: the launch is
// refused, and the person decides. A change that anybody may have made is reported at the end of the turn.
func tellAfter(ctx context.Context, s *scene.Scene, l launchedGate, after afterstop.Changes) Answer {
	if len(after.Notes) > 0 {
		text := fmt.Sprintf("since %s stopped in %s, the repository has changed, and nothing shows that this agent did it: %s",
			after.Name(), quote.String(l.Worktree, quote.MaxPath), quote.Some(after.Notes, maxAfter, "; "))
		s.Append(ctx, record.NewAlarm(text, after.Since.Format(time.RFC3339Nano)).Entry())
	}
	if len(after.Elsewhere) > 0 {
		text := fmt.Sprintf("after %s had stopped in %s, files of other worktrees were written; was it you? %s",
			after.Name(), quote.String(l.Worktree, quote.MaxPath), strings.Join(after.Elsewhere, "; "))
		s.Append(ctx, record.NewAlarm(text, after.Since.Format(time.RFC3339Nano)).Entry())
	}
	if len(after.Findings) == 0 {
		return Answer{}
	}
	if !l.enforced {
		for _, f := range after.Findings {
			s.Append(ctx, record.NewAlarm("after "+after.Name()+" had stopped: "+f.Line(), after.Since.Format(time.RFC3339Nano)).Entry())
		}
		return Answer{}
	}
	fact := record.Fact{Worktree: l.Worktree, Fact: gates.Fact{
		Kind: gates.CoderStopped, Task: l.Task, At: l.at, Agent: after.Coder.ID, AgentType: after.Coder.Type, Verdict: gates.Violation, Tree: l.tree,
		Stop: quote.Digest("after", after.Coder.ID, after.Since.Format(time.RFC3339Nano), quote.JSON(after.Findings)),
	}}
	scene.UpdateTask(ctx, s, l.Task, func(t *record.Task) (bool, []record.Entry) {
		fact := t.StoppedAgain(fact)
		called := t.Answer(s.Event.SessionID, fact)
		stop := record.OtherStop(record.StopID{Said: fact.Fact.Stop}, rule.Violation, l.Worktree, "")
		stop.Findings, stop.FindingsTotal, stop.Marked = after.Findings, len(after.Findings), after.Now
		if called.Action != "" {
			stop.Step = t.Step(fact.Fact.Stop, after.Coder, rule.Violation, called)
			stop.Step.Findings = after.Findings
		}
		return true, []record.Entry{fact.Entry(), stop.Entry(after.Coder, l.Task)}
	})
	return Answer{Output: host.Deny(step.RefusalReason(
		fmt.Sprintf("%s is not launched, because of changes made after %s had stopped", l.name, after.Name()), after.Findings,
		"Show the person the evidence and wait for their decision."))}
}

// unreportedFact is the fact that the worktree was read, with the files in it that nobody judged.
func unreportedFact(s *scene.Scene, a actor.Agent, tree string, found afterstop.Unreported) record.Fact {
	return record.Fact{Worktree: a.Worktree, Unreported: found.Files, UnreportedTotal: found.Total, Fact: gates.Fact{
		Kind: gates.TreeSeen, Task: a.Task, At: s.Now().UTC(), Tree: tree, Needs: found.Needs,
	}}
}

// seeUnreported records, when a gate stops, the files that nobody judged, so that the next step names them. The gate itself may have left them.
func seeUnreported(ctx context.Context, s *scene.Scene, a actor.Agent, tree string) {
	known := s.Task(ctx, a.Task)
	if a.Role != launch.GateRole || known == nil || known.Told(tree) > 0 {
		return
	}
	if found := afterstop.FindUnreported(ctx, s, a, tree); found.Total > 0 {
		takeFact(ctx, s, unreportedFact(s, a, tree, found))
	}
}

// maxTold is how often a launch is refused because of the same unreported files.
const maxTold = 2

// tellUnreported records the files that nobody judged, and what gates the change needs with them. The launch of a gate whose prompt does not name
// them is refused, and so is the first launch of a branch-manager: the orchestrator and the person have to know what is checked and merged.
func tellUnreported(ctx context.Context, s *scene.Scene, l launchedGate, found afterstop.Unreported) Answer {
	known := s.Task(ctx, l.Task)
	if known == nil || found.Total == 0 && len(known.Unreported()) == 0 {
		return Answer{}
	}
	fact := unreportedFact(s, l.Agent, l.tree, found)
	var coder gates.Agent
	told, _ := scene.UpdateTask(ctx, s, l.Task, func(t *record.Task) (int, []record.Entry) {
		told := t.Told(l.tree)
		t.Take(s.Event.SessionID, fact)
		coder = t.State.Coder
		return told, []record.Entry{fact.Entry()}
	})
	named := !slices.ContainsFunc(found.Files, func(name string) bool {
		return !strings.Contains(l.Prompt, name) && !strings.Contains(l.Prompt, quote.String(name, quote.MaxPath))
	})
	if found.Total == 0 || told >= maxTold || l.Role == launch.GateRole && named || l.Role == launch.MergeRole && told > 0 {
		return Answer{}
	}
	var findings []rule.Finding
	for _, file := range found.Files {
		findings = append(findings, rule.New(rule.ChangeUndeclared, rule.Block, file,
			"%s has changed, and no report lists it; nothing shows who changed it", quote.String(file, quote.MaxPath)))
	}
	advice := "If these files are part of the work, launch this gate again with a prompt that names each of them as part of what it checks. If not, find out where they " +
		"come from, and remove them or have the coding agent do it."
	if l.Role == launch.MergeRole {
		advice = "Show the person these files and ask whether they are part of the work. Launch again after they have answered."
	}
	return refuse(ctx, s, refusal{
		agent: gates.Agent{Type: l.agentType}, task: l.Task, findings: findings, advice: advice,
		what: fmt.Sprintf("%s is not launched, because the worktree has changed since the work of %s was verified (%s that no report lists)", l.name,
			trace.OtherAgent{AgentType: coder.Type, AgentID: coder.ID}.String(), quote.Plural(found.Total, "file")),
	})
}

// refuseGone refuses the launch of a gate or branch-manager whose task has no worktree any more: somebody, usually the person, removed or moved it.
func refuseGone(ctx context.Context, s *scene.Scene, l launchedGate) Answer {
	known := s.Task(ctx, l.Task)
	if l.Found || known == nil || known.Worktree == "" || known.State.Phase == "" || known.State.Committed || known.State.Merging || known.State.Done {
		return Answer{}
	}
	if problem := s.Grounds().FindSite(known.Worktree, "").Problem; problem != site.Absent && problem != site.NotTop {
		return Answer{}
	}
	task, place := quote.String(l.Task, quote.MaxTaskShort), quote.String(known.Worktree, quote.MaxPath)
	text, advice := place+" is no worktree any more", "Ask"
	if to, ok := s.Grounds().MovedTo(known.Worktree); ok {
		text = fmt.Sprintf("%s was moved to %s", place, quote.String(s.Grounds().Name(to), quote.MaxPath))
		advice = fmt.Sprintf("Move it back: git worktree move %s %s. Then launch again. Or ask", shell.Quote(s.Grounds().Name(to)), shell.Quote(known.Worktree))
	}
	advice += " the person. If the work is merged, or not wanted any more, end the task: stopgate close " + shell.Quote(l.Task) + " --reason TEXT. Otherwise stopgate doctor tells how to " +
		"bring the worktree back."
	return refuse(ctx, s, refusal{
		agent: gates.Agent{Type: l.agentType}, task: l.Task, advice: advice,
		what:     fmt.Sprintf("%s is not launched, because the worktree of task %s is gone", l.name, task),
		findings: []rule.Finding{rule.New(rule.LaunchWorktree, rule.Block, known.Worktree, "%s", text)},
	})
}

// refuseElsewhere refuses the launch of a gate into another worktree than that of the verified work: what it finds there says nothing of this work,
// and its pass would not count.
func refuseElsewhere(ctx context.Context, s *scene.Scene, l launchedGate) Answer {
	known := s.Task(ctx, l.Task)
	if l.Role != launch.GateRole || !l.Found || known == nil || known.Judged() == "" || known.Judged() == l.tree || known.State.Committed || known.State.Done {
		return Answer{}
	}
	own := s.Grounds().FindSite(known.Worktree, "")
	if own.Problem != site.Found || own.Place.Root == l.Place.Root {
		return Answer{}
	}
	task, place := quote.String(l.Task, quote.MaxTaskShort), quote.String(known.Worktree, quote.MaxPath)
	return refuse(ctx, s, refusal{
		agent: gates.Agent{Type: l.agentType}, task: l.Task, what: l.name + " is not launched",
		findings: []rule.Finding{rule.New(rule.LaunchWorktree, rule.Block, known.Worktree,
			"the prompt is for task %s, but leads to %s; the verified work of that task is in %s, and a pass for another worktree does not count",
			task, quote.String(l.Worktree, quote.MaxPath), place)},
		advice: fmt.Sprintf("Launch again with WORKTREE_PATH: %s in the prompt, or with the marker of the task whose work is to be checked. stopgate step %s has the prompts.",
			place, task),
	})
}

// refuseUndone refuses the launch of a gate or branch-manager because the verified work is no longer there.
func refuseUndone(ctx context.Context, s *scene.Scene, l launchedGate, findings []rule.Finding) Answer {
	coder, advice := s.Task(ctx, l.Task).State.Coder, ""
	if afterstop.Look(ctx, s, l.Agent).Stashed {
		advice = "The stash has grown since then. If the work is in it, ask the person, bring it back with git -C " + shell.Quote(cmp.Or(l.Place.Root, l.Worktree)) + " stash pop, and launch again. If not: "
	}
	return refuse(ctx, s, refusal{
		agent: gates.Agent{Type: l.agentType}, task: l.Task, findings: findings,
		what: fmt.Sprintf("%s is not launched, because the work of task %s was undone after it was verified", l.name, quote.String(l.Task, quote.MaxTaskShort)),
		advice: advice + fmt.Sprintf("Find out what put the files back. If the person wants them so, have the coding agent (SendMessage to %s) report what is left; otherwise have it do the work again and report.",
			quote.String(coder.ID, quote.MaxName)),
	})
}
