package gateresult

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/config"
	"stopgate/hook/evidence"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// MaxOutput is how many bytes of one tool's result are kept. Test runners write their summary last.
const MaxOutput = 32 << 10

// Weigh compares a gate's pass with its transcript. The pass does not count if the transcript contradicts it, or does not show something that the
// configuration requires. The other findings are returned as notes. A pass that was recorded elsewhere has no outputs to compare. differ are the
// files that git shows as changed in the worktree.
func Weigh(ctx context.Context, s *scene.Scene, a actor.Agent, f *gates.Fact, result report.Gate, agent *transcript.Agent, differ []string) []rule.Finding {
	if f.Kind != gates.GateResult || f.Outcome != gates.Pass || len(f.Contradictions) > 0 || s.Recorded {
		return nil
	}
	if text := elsewhere(ctx, s, a, result); text != "" {
		f.Contradictions = append(f.Contradictions, text)
		return nil
	}
	task := s.Task(ctx, a.Task)
	p := pass{Scene: s, gate: a, fact: f, result: result, agent: agent, task: task, again: failedBefore(task, f)}
	findings := slices.Concat(p.ownWork(ctx), p.others(ctx, differ))
	required := s.Config(ctx).Evidence[config.RoleOf(a.Gate)] == config.EvidenceRequired
	var notes []rule.Finding
	for _, found := range findings {
		text := quote.Issue(found.Text)
		if found.Kind == evidence.Contradicted || required && found.Kind != evidence.Noted {
			f.Unproven = append(f.Unproven, text)
			continue
		}
		notes = append(notes, rule.Finding{Rule: rule.GateNotShown, Severity: rule.Note, Message: text})
	}
	return notes
}

// pass is a gate's pass, and what it is compared with.
type pass struct {
	*scene.Scene
	gate   actor.Agent
	fact   *gates.Fact
	result report.Gate
	agent  *transcript.Agent
	task   *record.Task // nil if the journal has no such task
	again  bool         // the gate's last result was a fail
}

// ownWork compares the result with what the gate's own tool uses show of the tests that it ran, or of the files that it read. It also finds what is
// missing in the transcript, and what another program wrote into it.
func (p pass) ownWork(ctx context.Context) (findings []evidence.Finding) {
	written, missing, removed := session.Announced(p.Scene, p.agent, p.LaunchOf(ctx, p.Event.AgentID))
	calls := evidence.Follow(usesOf(p.agent, written))
	switch {
	case p.agent.Lines == 0:
		findings = []evidence.Finding{evidence.NewFinding(evidence.NotShown, "the gate's transcript cannot be read, so nothing shows what it did")}
	case config.RoleOf(p.gate.Gate) == config.RoleTests:
		findings = p.tests(ctx, calls)
	default:
		findings = p.review(ctx, calls)
	}
	for _, text := range []string{trace.UnannouncedText(written), removed} {
		if text != "" {
			findings = append(findings, evidence.NewFinding(evidence.NotShown, "%s", text))
		}
	}
	if missing += p.agent.LostToolUses; missing > 0 {
		findings = append(findings, evidence.NewFinding(evidence.NotShown, "the gate's transcript does not have %s of the gate's, so it does not show all of its work", quote.Plural(missing, "tool call")))
	}
	return findings
}

// tests compares the result of a gate that runs the tests.
func (p pass) tests(ctx context.Context, calls []evidence.Call) []evidence.Finding {
	claim := claimOf(p.result)
	at := evidence.Place{
		Names: placeNames(p.Scene, p.gate), Others: otherPlaces(ctx, p.Scene, p.gate), Since: p.task.WorkStopped(), Read: readLog,
		Prompt: p.agent.Prompt + "\n" + p.agent.Run.Prompt,
	}
	if p.again && p.agent.Run.Time.After(at.Since) {
		at.Since = p.agent.Run.Time
	}
	findings := evidence.Tests(claim, calls, at)
	name, changed := lastChange(ctx, p.Scene, p.gate, p.agent, p.task)
	if name == "" {
		return findings
	}
	at.Since = changed.Add(time.Nanosecond)
	isNew := func(f evidence.Finding) bool { return f.Kind != evidence.Noted && !slices.Contains(findings, f) }
	if slices.ContainsFunc(evidence.Tests(claim, calls, at), isNew) {
		findings = append(findings, evidence.NewFinding(evidence.Contradicted, "you changed %s at your last test run or after it, so that run was of other work; run the tests again and change nothing, or report FAIL",
			quote.String(name, quote.MaxPath)))
	}
	return findings
}

// review compares the result of any other gate: it has to read the changed files.
func (p pass) review(ctx context.Context, calls []evidence.Call) []evidence.Finding {
	var changed []string
	if p.task != nil {
		changed = slices.DeleteFunc(append(p.task.Files(), p.task.Unreported()...), func(name string) bool { return !hasFile(p.gate, name) })
	}
	markElsewhere(ctx, p.Scene, p.gate, calls)
	return evidence.Review(claimOf(p.result), calls, changed, func(name string) string {
		text, _ := readLog(filepath.Join(p.gate.Place.Root, filepath.FromSlash(name)))
		return text
	})
}

// others finds what keeps a pass of any gate from counting, whatever it checks.
func (p pass) others(ctx context.Context, differ []string) (findings []evidence.Finding) {
	if p.again && !worked(p.agent) {
		findings = append(findings, evidence.NewFinding(evidence.Contradicted, "you reported FAIL before, and your transcript shows no work since; check again what failed, or report FAIL"))
	}
	if least := p.Config(ctx).Coverage; p.result.Unmeasured && least > 0 {
		findings = append(findings, evidence.NewFinding(evidence.Contradicted, "you report a pass without measured coverage, but at least %d percent is required; measure it in the test run, or report FAIL", least))
	}
	if edited := editsOf(p.gate, p.agent, differ); len(edited) > 0 && !asLaunched(p.task, p.fact) {
		findings = append(findings, evidence.NewFinding(evidence.Contradicted, "a gate changes no file, and your transcript shows that you edited %s; undo that, or report FAIL with what has to be changed",
			quote.List(quote.First(edited, quote.MaxList))))
	}
	return findings
}

// failedBefore reports whether the agent's last result was a fail. It was resumed since then.
func failedBefore(task *record.Task, f *gates.Fact) bool {
	if task == nil {
		return false
	}
	for _, e := range slices.Backward(task.State.History) {
		if e.Kind == gates.GateResult && e.Agent == f.Agent && (e.Outcome == gates.Pass || e.Outcome == gates.Fail) {
			return e.Outcome == gates.Fail
		}
	}
	return false
}

// worked reports whether the agent used a tool in its current run.
func worked(agent *transcript.Agent) bool {
	return slices.ContainsFunc(agent.ToolUses, func(u transcript.ToolUse) bool {
		return u.Run == agent.Run.Number && u.Outcome != transcript.Unanswered
	})
}

// asLaunched reports whether the worktree is as it was when the gate was launched: the gate has undone its own changes.
func asLaunched(task *record.Task, f *gates.Fact) bool {
	if task == nil || f.Tree == "" {
		return false
	}
	return slices.ContainsFunc(task.State.Gates, func(g gates.GateState) bool {
		return slices.ContainsFunc(g.Runs, func(r gates.Run) bool {
			return r.Tree == f.Tree && (r.Call == f.Call && r.Call != "" || r.Agent == f.Agent)
		})
	})
}

// claimOf returns what a result says about the gate's own work.
func claimOf(result report.Gate) evidence.Claim {
	return evidence.Claim{Commands: result.Commands, Counts: evidence.Counts(result.Counts), Reviewed: result.Reviewed}
}

// Named returns the names that an agent's commands have which build or run tests: what these wrote is among them.
func Named(agent *transcript.Agent) []string {
	return evidence.Named(evidence.Follow(usesOf(agent, nil)))
}

// usesOf returns the tool uses of an agent, without those that another program wrote into its transcript.
func usesOf(agent *transcript.Agent, written []transcript.ToolUse) []evidence.Use {
	var uses []evidence.Use
	for _, u := range agent.ToolUses {
		if slices.ContainsFunc(written, func(w transcript.ToolUse) bool { return w.Line == u.Line && w.ID == u.ID }) {
			continue
		}
		uses = append(uses, evidence.Use{
			Tool: u.Name, Command: u.Command, Path: filepath.ToSlash(u.Path), Dir: filepath.ToSlash(u.CWD), Output: u.Output, Names: u.Names,
			Content: u.Content, Replaced: u.Replaced,
			Failed: u.Outcome == transcript.Failed, Answered: u.Outcome != transcript.Unanswered, Stays: u.Stays, Time: u.Time,
		})
	}
	return uses
}
