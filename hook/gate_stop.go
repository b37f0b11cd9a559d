package hook

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// protocolAgent is the launch or the stop of an agent that is no coding agent, in its place of the protocol.
type protocolAgent struct {
	role   launch.Role
	gate   string // of GateRole
	prompt string // of its launch
	task   string // as its launch names it
	place  worktree.Place
	// found tells that place is one; worktree is the path by which the orchestrator knows it.
	found    bool
	worktree string
	// launch is what was recorded when it was launched; nil where nothing was.
	launch *record.Launch
}

// otherStopped takes the stop of a gate, of the branch-manager or of an ops agent into the protocol.
func (r *Runner) otherStopped(ctx context.Context, ev host.Event, ledger *ledger, o protocolAgent) Answer {
	defer ledger.Hold(ctx, ev.AgentID)()
	history := ledger.History(ctx)
	past := history.Agent(ev.AgentID)
	agent, _ := r.transcript(ctx, ev, past.LastReply())
	stop := record.Identify(ev, agent, past.LastReply())
	if before, ok := past.Judged(stop, r.Now()); ok {
		return Answer{Output: host.Block(before.Reason)}
	}
	o.launch = history.Launch(ev.AgentTranscriptPath)
	if o = r.findTask(ctx, ledger, o, launch.AssignmentOf(agent)); o.task == "" {
		return Answer{} // it may be at work on anything
	}
	d, findings := r.otherFact(ctx, ev, ledger, o, agent, past.StepID(ev, stop))
	var decided record.Stop
	ledger.updateTask(ctx, o.task, func(t *record.Task) []record.Entry {
		ordered := t.Answer(ev.SessionID, d)
		decided = record.Stop{Stop: stop, Verdict: verdictOf(d.Fact), Worktree: o.worktree, Findings: findings, FindingsTotal: len(findings), Attempts: len(past.SentBack)}
		decided.Message = quote.ClipBytes(strings.ToValidUTF8(ev.LastAssistantMessage, "\uFFFD"), record.MaxMessageKept)
		if ordered.Action == gates.SendBack {
			decided.Verdict, decided.Reason = rule.Rejected, step.GateReason(ordered)
		} else {
			decided.Step = t.Step(d.Fact.Stop, gates.Agent{ID: ev.AgentID, Type: ev.AgentType}, decided.Verdict, ordered)
			if decided.Step != nil {
				decided.Step.Findings = findings
			}
		}
		return []record.Entry{record.FactEntry(d), {Kind: record.KindStop, Agent: ev.AgentID, AgentType: ev.AgentType, Task: o.task, Data: decided}}
	})
	return Answer{Output: host.Block(decided.Reason)}
}

// lost takes in a gate or a branch-manager that came back although no stop of it was seen: it was killed, or ran out of turns.
func (r *Runner) lost(ctx context.Context, ev host.Event, ledger *ledger, o protocolAgent, agent gates.Agent) {
	if o = r.findTask(ctx, ledger, o, launch.ReadAssignment(o.prompt)); o.task == "" {
		return
	}
	d := record.Fact{Worktree: o.worktree, Fact: gates.Fact{
		Kind: gates.GateResult, Gate: quote.Clip(o.gate, quote.MaxName), Task: o.task, At: r.Now().UTC(), Agent: agent.ID, AgentType: agent.Type,
		Stop: quote.Digest("lost", ev.SessionID, agent.ID), Outcome: gates.NoOutcome, SentBack: true,
	}}
	if o.role == launch.MergeRole {
		d.Fact.Kind, d.Fact.Outcome, d.Fact.Issues = gates.BranchManagerDone, gates.Fail, []string{"it came back, and no stop of it was seen"}
	}
	ledger.updateTask(ctx, o.task, func(t *record.Task) []record.Entry {
		data := record.Stop{Stop: record.StopID{Said: "unseen"}, Verdict: verdictOf(d.Fact), Worktree: o.worktree, Findings: []rule.Finding{}}
		data.Step = t.Step(d.Fact.Stop, agent, data.Verdict, t.Answer(ev.SessionID, d))
		return []record.Entry{record.FactEntry(d), {Kind: record.KindStop, Agent: agent.ID, AgentType: agent.Type, Task: o.task, Data: data}}
	})
}

// launchPrompt is what an agent was launched with; "" where its transcript does not tell.
func (r *Runner) launchPrompt(ctx context.Context, ev host.Event) string {
	if r.Transcript != nil {
		return r.Transcript(ctx, ev, "").Prompt
	}
	if ev.AgentTranscriptPath == "" || ev.AgentType == "" { // a helper of the host's own has no transcript
		return ""
	}
	prompt := ""
	r.await(ctx, func() bool {
		prompt = transcript.ReadPrompt(ctx, ev.AgentTranscriptPath)
		return prompt != ""
	})
	return prompt
}

// findTask finds the task and the worktree of an agent by the marker of its launch, else by what its prompt names; a branch-manager
// that is told neither is for the one task that is under way.
func (r *Runner) findTask(ctx context.Context, ledger *ledger, o protocolAgent, asked launch.Assignment) protocolAgent {
	o.task = asked.TaskID
	if m, ok := launch.ReadMarker(o.prompt); ok {
		o.task = m.Task
	}
	o.task = launch.ShortTask(o.task)
	where := ledger.grounds.FindSite(asked.WorktreePath, "")
	if where.Problem == site.Found {
		o.worktree = ledger.grounds.Name(where.Place)
	}
	var fitting []*record.Task
	for _, t := range ledger.tasks(ctx).Open() {
		switch {
		case o.task != "" && gates.Key(t.State.Task) == gates.Key(o.task):
			fitting = append(fitting, t)
		case o.task != "":
		case o.worktree != "" && t.Worktree == o.worktree, o.worktree == "" && o.role == launch.MergeRole:
			fitting = append(fitting, t)
		}
	}
	if len(fitting) == 1 {
		o.task = fitting[0].State.Task
		if where.Problem != site.Found && fitting[0].Worktree != "" {
			where, o.worktree = ledger.grounds.FindSite(fitting[0].Worktree, ""), fitting[0].Worktree
		}
	}
	o.place, o.found = where.Place, where.Problem == site.Found
	return o
}

// survey looks at the worktree of a task as it stands; the zero Survey where there is none.
func (r *Runner) survey(ctx context.Context, ledger *ledger, o protocolAgent, base worktree.Base) worktree.Survey {
	if !o.found {
		return worktree.Survey{}
	}
	looking, done := context.WithTimeout(ctx, lookWithin)
	defer done()
	return r.Observe.Survey(looking, o.place, base, cleanup.ScanOptions(cleanup.Rules(ledger.config(ctx))))
}

// otherFact is the stop as the protocol takes it in, and what keeps it from counting; never nil.
func (r *Runner) otherFact(ctx context.Context, ev host.Event, ledger *ledger, o protocolAgent, agent *transcript.Agent, id string) (record.Fact, []rule.Finding) {
	d := record.Fact{Worktree: o.worktree, Fact: gates.Fact{
		Task: o.task, At: r.Now().UTC(), Agent: ev.AgentID, AgentType: ev.AgentType, Stop: id,
		SentBack: !ledger.enforces(ctx),
	}}
	base := worktree.Base{}
	if o.role == launch.OpsRole && o.launch != nil {
		base.Snapshot = &o.launch.Snapshot
	}
	survey := r.survey(ctx, ledger, o, base)
	rules := cleanup.Rules(ledger.config(ctx))
	d.Fact.Tree = cleanup.TreePrint(survey, r.cleanAfterTests(ctx, ledger, o, survey, id))
	if o.launch != nil {
		d.Fact.Call = quote.Clip(o.launch.ToolUseID, quote.MaxName)
	}
	switch o.role {
	case launch.GateRole:
		d.Fact.Kind, d.Fact.Gate = gates.GateResult, quote.Clip(o.gate, quote.MaxName)
		d.Fact.Outcome, d.Fact.Issues, d.Fact.Contradictions = readResult(o.gate, ev.LastAssistantMessage, agent)
	case launch.MergeRole:
		d.Fact.Kind = gates.BranchManagerDone
		d.Fact.Outcome = gates.Pass
		if found := report.Find(ev.LastAssistantMessage); found.Kind == report.KindError {
			d.Fact.Outcome, d.Fact.Issues = gates.Fail, []string{quote.Line(quote.Clip(found.Text, quote.MaxReason))}
		}
	case launch.OpsRole:
		d.Fact.Kind, d.Fact.Changed = gates.OpsStopped, false
		var files []string
		for _, state := range cleanup.WithoutPaths(survey.States, cleanup.ByProducts(rules, survey)) {
			d.Fact.Changed = true
			files = append(files, state.Name)
		}
		d.Fact.Needs, d.Asked = record.Needs(ledger.config(ctx), files)
	case launch.NoRole, launch.CodingRole:
	}
	return d, passOfNothing(d.Fact, cmp.Or(survey.Incomplete, "no worktree of this task was found"))
}

// passOfNothing is the finding on a gate that passed while the tree could not be seen: its pass counts for no tree. Never nil.
func passOfNothing(f gates.Fact, unseen string) []rule.Finding {
	if f.Kind != gates.GateResult || f.Outcome != gates.Pass || f.Tree != "" {
		return []rule.Finding{}
	}
	return []rule.Finding{{
		Rule: rule.Unverifiable, Severity: rule.Halt,
		Message: "the gate says that the work passes, and that counts for no tree, because the worktree could not be seen whole: " + quote.String(unseen, quote.MaxReason),
	}}
}

// verdictOf is the verdict on a stop that is no coding agent's.
func verdictOf(f gates.Fact) rule.Verdict {
	switch {
	case f.Kind != gates.GateResult && f.Outcome == gates.Fail:
		return rule.Failed
	case f.Kind != gates.GateResult:
		return rule.Ended
	case len(f.Contradictions) > 0 || f.Outcome == gates.Fail:
		return rule.Failed
	case f.Outcome == gates.Pass:
		return rule.Passed
	}
	return rule.NoResult
}

// readResult is the result of a gate in what its agent said last, or else in an earlier text of the same reply.
func readResult(gate, last string, agent *transcript.Agent) (outcome gates.Outcome, issues, contradictions []string) {
	found := report.FindGate(last)
	if reply := agent.LastReply(); found.Kind != report.KindReport && reply != nil {
		for i := len(reply.Texts) - 1; i >= 0 && found.Kind != report.KindReport; i-- {
			found = report.FindGate(reply.Texts[i])
		}
		for i := len(reply.Handbacks) - 1; i >= 0 && found.Kind != report.KindReport; i-- {
			found = report.FindGate(reply.Handbacks[i])
		}
	}
	if found.Kind != report.KindReport {
		return gates.NoOutcome, nil, nil
	}
	result, problems := report.ParseGate(found.Text, config.Role(launch.BaseName(gate)) == config.RoleTests)
	for _, p := range problems {
		contradictions = append(contradictions, quote.Line(quote.Clip(p.Message, quote.MaxReason)))
	}
	contradictions = append(contradictions, step.Clipped(result.Contradictions)...)
	outcome = gates.Fail
	if result.Passed {
		outcome = gates.Pass
	}
	issues = result.Issues
	if result.IssuesOmitted > 0 {
		issues = append(issues, fmt.Sprintf("and %d more", result.IssuesOmitted))
	}
	return outcome, issues, contradictions
}
