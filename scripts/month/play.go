package month

import (
	"encoding/json"
	"fmt"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/step"
)

var coders = []string{"bug-fixer", "feature-developer", "feature-developer", "integration-engineer", "stopgate:refactoring-specialist"}

// liars is the percentage of wrong first reports, by type of agent.
var liars = map[string]int{"bug-fixer": 12, "feature-developer": 31, "integration-engineer": 44, "stopgate:refactoring-specialist": 22}

var broken = []struct {
	rule    rule.Name
	path    string
	message string
}{
	{rule.ClaimUnchanged, "tests/checkout/cart.test.ts", `files_modified lists "tests/checkout/cart.test.ts", but it is the same as in HEAD`},
	{rule.ClaimUnchanged, "src/api/client.ts", `files_modified lists "src/api/client.ts", but it is the same as in HEAD`},
	{rule.ClaimMissing, "docs/retries.md", `files_modified lists "docs/retries.md", which does not exist`},
	{rule.ChangeUndeclared, "src/config/defaults.ts", `"src/config/defaults.ts" is changed but not listed`},
	{rule.ReportMalformed, "", "the last message has no JSON report"},
	{rule.ReportForbiddenField, "", `the report has the field "tests_passed"`},
	{rule.ArtifactLeft, "coverage/", `artifacts_cleaned names "coverage/", which is still there`},
	{rule.GitStaged, "src/api/client.ts", `"src/api/client.ts" is staged`},
}

var refused = []struct {
	rule    rule.Name
	message string
	command string
}{
	{rule.GitHistory, "the command would commit", "git commit -am wip"},
	{rule.GitPushed, "the command would push", "git push origin HEAD"},
	{rule.WriteOutside, "the file is outside the worktree", "tee ../../notes.md"},
}

// play plays the task from its launch to its end, or to its present state.
func (t *task) play() {
	coder := gates.Agent{Type: coders[t.rng.IntN(len(coders))]}
	t.add(record.KindLaunch, coder, record.Launch{Role: launch.CodingRole})
	t.after(1)
	coder.ID = t.agent()
	if !t.code(coder, liars[coder.Type]) {
		return
	}
	if t.fresh && t.chance(15) {
		return // gates are owed
	}
	needs := t.needs()
	for round := 0; ; round++ {
		passed, failed := t.gates(needs)
		switch {
		case passed:
			t.merge()
			return
		case !failed || round == 2:
			t.after(240)
			t.fact(gates.Fact{Kind: gates.PersonSpoke})
			if t.chance(50) {
				t.after(10)
				t.fact(gates.Fact{Kind: gates.Closed, Why: "done by hand"})
			}
			return
		}
		t.after(4)
		if !t.code(coder, 10) {
			return
		}
	}
}

func (t *task) needs() []gates.Gate {
	needs := []gates.Gate{{Name: "test-runner", Blocking: true}, {Name: "code-reviewer"}}
	if t.number%3 == 0 {
		needs = append(needs, gates.Gate{Name: "security-auditor"})
	}
	return needs
}

// code plays a run of the coding agent, with the rounds in which it is sent back. It returns false if the task stays where it is.
func (t *task) code(coder gates.Agent, liar int) bool {
	t.add(record.KindStart, coder, nil)
	t.fact(gates.Fact{Kind: gates.CoderStarted, Agent: coder.ID, AgentType: coder.Type})
	if t.fresh && t.chance(12) {
		return false // still at work
	}
	if t.chance(9) {
		t.after(6)
		t.denial(coder)
	}
	t.trees++
	report := 0
	for sent := 0; t.chance(liar); sent++ {
		t.after(18)
		findings := t.findings(rule.Block)
		verdict := rule.Rejected
		if sent == 3 {
			verdict = rule.Capped
		}
		t.stop(coder, verdict, findings, report)
		if verdict == rule.Capped || t.observe {
			return t.hold(verdict == rule.Capped)
		}
		if liar = 25 + 15*sent; t.chance(60) {
			report++ // the agent corrects the report
		}
		if t.chance(50) {
			t.trees++ // and the work
		}
	}
	t.after(22)
	switch ending := t.rng.IntN(100); {
	case ending < 3:
		t.stop(coder, rule.Incomplete, nil, report)
	case ending < 5:
		t.stop(coder, rule.Declined, nil, -1)
	case ending < 7:
		t.stop(coder, rule.Violation, []rule.Finding{{Rule: rule.GitHistory, Severity: rule.Halt, Message: "the branch has a commit of the agent"}}, report)
		return t.hold(true)
	case ending < 9:
		t.stop(coder, rule.Unknown, []rule.Finding{{Rule: rule.Unverifiable, Severity: rule.Note, Message: "git could not be asked"}}, -1)
	default:
		t.stop(coder, rule.Verified, nil, report)
		return true
	}
	return false
}

// hold plays what the person does about a task on hold: merge it anyway, close it, or nothing yet.
func (t *task) hold(held bool) bool {
	t.after(300)
	if held && t.chance(40) && !t.fresh {
		t.fact(gates.Fact{Kind: gates.PersonSpoke})
		t.after(5)
		manager := gates.Agent{ID: t.agent(), Type: gates.BranchManagerAgent}
		t.fact(gates.Fact{Kind: gates.MergeAsked, Call: manager.ID, Tree: t.tree()})
		t.after(1)
		t.fact(gates.Fact{Kind: gates.MergeAnswered, Call: manager.ID, Outcome: gates.Pass})
		t.managed(manager)
	} else if t.chance(50) && !t.fresh {
		t.fact(gates.Fact{Kind: gates.Closed, Why: "done by hand"})
	}
	return false
}

func (t *task) findings(severity rule.Severity) (findings []rule.Finding) {
	for range 1 + t.rng.IntN(2) {
		b := broken[t.rng.IntN(len(broken))]
		findings = append(findings, rule.Finding{Rule: b.rule, Severity: severity, Path: b.path, Message: b.message})
	}
	return findings
}

func (t *task) denial(coder gates.Agent) {
	r := refused[t.rng.IntN(len(refused))]
	t.add(record.KindDenial, coder, record.Denial{
		Tool: "Bash", ToolUseID: fmt.Sprint("call-", t.number), Observed: t.observe, Findings: []rule.Finding{{Rule: r.rule, Severity: rule.Block, Message: r.message}},
	})
	if r.rule != rule.WriteOutside {
		t.add(record.KindGit, coder, record.Git{Command: r.command, Kind: gitop.Kind("commit"), Dir: "/srv/work/trees/" + t.name, Outcome: record.Refused})
	}
}

// stop records a judged stop of the coding agent, and the fact of it. report numbers the agent's reports; -1 means none.
func (t *task) stop(coder gates.Agent, verdict rule.Verdict, findings []rule.Finding, report int) {
	t.stops++
	s := record.Stop{Verdict: verdict, Fingerprint: "f", Worktree: "/srv/work/trees/" + t.name, Findings: findings, FindingsTotal: len(findings)}
	files := []string{"src/api/client.ts", "src/api/retry.ts", "tests/api/retry.test.ts", "docs/retries.md"}[:1+t.number%4]
	if report >= 0 {
		s.Report = json.RawMessage(fmt.Sprintf(`{"task_id":%q,"files_modified":%s,"work_completed":"attempt %d"}`, t.name, quote.JSON(files), report))
	} else {
		s.Message = "I could not finish: the test database is not reachable."
	}
	s.Touched = append(s.Touched, files...)
	if t.trees%2 == 0 {
		s.Touched = append(s.Touched, "src/config/defaults.ts")
	}
	if verdict != rule.Rejected || t.observe {
		s.Step = &step.Step{StepID: fmt.Sprint(t.name, t.stops)}
	}
	if verdict == rule.Verified && t.chance(55) {
		removed := []cleanup.Removed{{Path: "coverage/", Files: 20 + t.rng.IntN(120), Bytes: int64(200_000 + t.rng.IntN(4_000_000))}}
		if t.chance(40) {
			removed = append(removed, cleanup.Removed{Path: ".pytest_cache/", Files: 4, Bytes: int64(9_000 + t.rng.IntN(9_000))})
		}
		s.Cleanup = &cleanup.Outcome{Removed: removed, RemovedTotal: len(removed)}
	}
	t.add(record.KindStop, coder, s)
	f := gates.Fact{Kind: gates.CoderStopped, Agent: coder.ID, AgentType: coder.Type, Verdict: gates.Verdict(verdict), Tree: t.tree()}
	if verdict == rule.Rejected && t.observe {
		f.Verdict = gates.Capped
	}
	if verdict == rule.Verified {
		f.Needs = t.needs()
	}
	t.fact(f)
}

// gates plays the gates that the task needs, and returns whether all passed, or else whether the work was sent back.
func (t *task) gates(needs []gates.Gate) (passed, failed bool) {
	for _, stage := range []bool{true, false} {
		for _, gate := range needs {
			if gate.Blocking != stage {
				continue
			}
			switch t.gate(gate.Name) {
			case gates.Fail:
				failed = true
			case gates.NoOutcome:
				return false, false
			}
		}
		if failed {
			return false, true
		}
		if stage && t.chance(7) { // somebody edits the tree between the stages
			t.after(3)
			t.trees++
			t.fact(gates.Fact{Kind: gates.TreeSeen, Tree: t.tree()})
			t.gate(needs[0].Name)
		}
	}
	return true, false
}

func (t *task) gate(name string) gates.Outcome {
	agent := gates.Agent{ID: t.agent(), Type: "stopgate:" + name}
	t.after(2)
	t.fact(gates.Fact{Kind: gates.GateLaunched, Gate: name, Agent: agent.ID, AgentType: agent.Type, Tree: t.tree()})
	if t.fresh && t.chance(12) {
		return gates.NoOutcome // still running
	}
	t.after(9)
	t.stops++
	outcome, verdict := gates.Pass, rule.Passed
	switch n := t.rng.IntN(100); {
	case n < 13:
		outcome, verdict = gates.Fail, rule.Failed
	case n < 16:
		outcome, verdict = gates.NoOutcome, rule.NoResult
	}
	t.add(record.KindStop, agent, record.Stop{Verdict: verdict, Step: &step.Step{StepID: fmt.Sprint(t.name, t.stops)}, Findings: []rule.Finding{}})
	result := gates.Fact{Kind: gates.GateResult, Gate: name, Agent: agent.ID, AgentType: agent.Type, Outcome: outcome, Tree: t.tree(), SentBack: outcome == gates.NoOutcome}
	if outcome == gates.Fail {
		result.Issues = []string{"src/api/retry.ts:41 retries a request that is not idempotent"}
	}
	t.fact(result)
	if outcome == gates.NoOutcome { // it is launched once more
		return t.gate(name)
	}
	return outcome
}

// merge plays the person's approval and the branch-manager, or the wait for it.
func (t *task) merge() {
	if t.fresh && t.chance(50) {
		return
	}
	t.after(90)
	t.fact(gates.Fact{Kind: gates.PersonSpoke})
	t.after(3)
	t.managed(gates.Agent{ID: t.agent(), Type: gates.BranchManagerAgent})
}

func (t *task) managed(manager gates.Agent) {
	t.fact(gates.Fact{Kind: gates.BranchManagerLaunched, Agent: manager.ID, AgentType: manager.Type, Tree: t.tree(), Call: manager.ID})
	t.after(4)
	t.stops++
	t.add(record.KindStop, manager, record.Stop{Verdict: rule.Ended, Step: &step.Step{StepID: fmt.Sprint(t.name, t.stops)}, Findings: []rule.Finding{}})
	t.fact(gates.Fact{Kind: gates.BranchManagerDone, Agent: manager.ID, AgentType: manager.Type})
}
