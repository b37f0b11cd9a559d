// Package gateresult reads the result of a gate, an ops agent or a branch-manager when it stops, and compares a gate's pass with its transcript.
package gateresult

import (
	"fmt"

	"stopgate/hook/actor"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// PassOfNothing returns the finding about a gate that passed while the worktree could not be read completely; unseen is the reason. Such a pass
// counts for no tree. For any other result it is empty, never nil.
func PassOfNothing(f gates.Fact, unseen string) []rule.Finding {
	if f.Kind != gates.GateResult || f.Outcome != gates.Pass || f.Tree != "" {
		return []rule.Finding{}
	}
	return []rule.Finding{rule.New(rule.Unverifiable, rule.Halt, "",
		"the gate reports a pass, but the worktree could not be read completely, so the pass does not count: %s", quote.String(unseen, quote.MaxReason))}
}

// Read adds to the fact the agent's result from its last message or, for a gate, from an earlier text of the same reply. It returns the zero Gate
// if the agent is not a gate.
func Read(a actor.Agent, f *gates.Fact, last string, agent *transcript.Agent) report.Gate {
	switch a.Role {
	case launch.GateRole:
		f.Kind, f.Gate = gates.GateResult, quote.Clip(a.Gate, quote.MaxName)
		return readGate(f, a.Gate, last, agent)
	case launch.OpsRole:
		f.Kind = gates.OpsStopped
	case launch.NoRole, launch.CodingRole, launch.MergeRole, launch.OtherRole:
	}
	return report.Gate{}
}

// readGate adds a gate's result to the fact: NoOutcome if the agent reported none, or only that it lacks an input.
func readGate(f *gates.Fact, gate, last string, agent *transcript.Agent) report.Gate {
	found := findResult(last, agent)
	lacking := ""
	switch found.Kind {
	case report.KindError:
		lacking = report.MissingInput("ERROR: " + found.Text)
	case report.KindNone:
		lacking = report.LacksInput(last)
	case report.KindReport:
	}
	if lacking != "" {
		f.Missing = step.Clipped([]string{lacking})
	}
	if f.Outcome = gates.NoOutcome; found.Kind != report.KindReport {
		return report.Gate{}
	}
	result, problems := report.ParseGate(found.Text, config.RoleOf(gate) == config.RoleTests)
	for _, p := range problems {
		f.Contradictions = append(f.Contradictions, quote.Reason(p.Message))
	}
	f.Contradictions = append(f.Contradictions, step.Clipped(result.Contradictions)...)
	f.Outcome = gates.Fail
	switch {
	case result.Passed:
		f.Outcome = gates.Pass
	case len(problems) == 0 && len(result.Missing) > 0:
		f.Outcome, f.Missing = gates.NoOutcome, step.Clipped(result.Missing)
	}
	if f.Outcome == gates.Pass && len(f.Contradictions) == 0 {
		f.Contradictions = failsBefore(last, config.RoleOf(gate) == config.RoleTests)
	}
	f.Issues = result.Issues
	if result.IssuesOmitted > 0 {
		f.Issues = append(f.Issues, fmt.Sprintf("and %d more", result.IssuesOmitted))
	}
	return result
}

// failsBefore says that a message has another result before the one that counts, or a line with its verdict, and that it is a fail; nil if it has none.
func failsBefore(message string, tests bool) []string {
	for _, text := range report.EarlierGates(message) {
		if other, problems := report.ParseGate(text, tests); len(problems) == 0 && !other.Passed && len(other.Missing) == 0 {
			return []string{"your message has two results, first FAIL and then PASS; give the one that holds"}
		}
	}
	if said := report.RejectingLine(message); said != "" {
		return []string{"your message says " + quote.String(said, quote.MaxName) + " beside a result that is passed; give the one that holds"}
	}
	return nil
}

// findResult looks for a result in the last message, then in the other texts of the same reply, then in what the reply handed back, newest first.
func findResult(last string, agent *transcript.Agent) report.Found {
	found := report.FindGate(last)
	reply := agent.LastReply()
	if reply == nil {
		return found
	}
	for _, texts := range [][]string{reply.Texts, reply.Handbacks} {
		for i := len(texts) - 1; i >= 0 && found.Kind != report.KindReport; i-- {
			found = report.FindGate(texts[i])
		}
	}
	return found
}

// Verdict returns the verdict on a stop of an agent that does not code.
func Verdict(f gates.Fact) rule.Verdict {
	switch {
	case f.Kind != gates.GateResult && f.Outcome == gates.Fail:
		return rule.Failed
	case f.Kind != gates.GateResult:
		return rule.Ended
	case len(f.Contradictions) > 0 || f.Outcome == gates.Fail:
		return rule.Failed
	case len(f.Unproven) > 0:
		return rule.NoResult
	case f.Outcome == gates.Pass:
		return rule.Passed
	}
	return rule.NoResult
}
