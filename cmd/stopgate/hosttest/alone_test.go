package hosttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The plugin alone leads a task from the coding agent to the merge. The orchestrator makes each call exactly as given: with the agents that the
// plugin brings, and with general-purpose for a reviewer that does not exist.
func TestPluginAlone(t *testing.T) {
	t.Parallel()
	const task = "PAY-60"
	place := func(gate string, turns ...Turn) Agent {
		return Agent{Prompt: fmt.Sprintf("stopgate: task=%q gate=%s\n", task, gate), Turns: turns}
	}
	sc := withCoders([]Turn{Launch("alice")}, map[string]Agent{
		"alice": coder(task, false, Write(in(task, "src/payments.js"), "export {}\n"), Write(in(task, "docs/payments.md"), "# Payments\n"),
			Say(report(task, "src/payments.js", "docs/payments.md"))),
		"tester":   place("test-runner", ranTests(task), Say(testsPass)),
		"reviewer": place("code-reviewer", Say(reviewPass)),
		"auditor":  place("security-auditor", Say(reviewPass)),
		"writer":   place("technical-writer", Say(`{"gate_status": "PASS", "files_reviewed": ["docs/payments.md"], "blocking_issues": []}`)),
		"merger":   place("branch-manager", mergeOf(task), Say(`{"status": "success", "message": "merged", "blocking_issues": []}`)),
	}, task)
	sc.Obeys, sc.Then = true, []string{"Yes, merge it."}
	s := playOnly(t, sc)

	if n := s.Read(Orchestrator, "there is no agent called"); n != 0 { // the client lists the session's agents, so the step names one that exists
		t.Errorf("the orchestrator was sent to an agent that does not exist %d times", n)
	}
	all := orders(t, s)
	if len(all) == 0 || all[len(all)-1].Action != "close" {
		t.Errorf("the steps are %v", all)
	}
	records, err := s.Journal()
	if err != nil {
		t.Fatal(err)
	}
	var stopped []string
	for _, r := range records {
		if agent, _ := r["agent_type"].(string); r["kind"] == "stop" && agent != "" {
			stopped = append(stopped, agent)
		}
		var d struct {
			Fact struct{ Kind, Gate, Outcome string }
		}
		if r["kind"] == "fact" && json.Unmarshal(mustJSON(r["data"]), &d) == nil && d.Fact.Kind == "gate-result" && d.Fact.Outcome != "pass" {
			t.Errorf("%s: %s", d.Fact.Gate, d.Fact.Outcome)
		}
	}
	slices.Sort(stopped)
	if got, want := strings.Join(stopped, " "), "general-purpose stopgate:branch-manager stopgate:code-reviewer stopgate:integration-engineer stopgate:security-auditor stopgate:test-runner"; got != want {
		t.Errorf("stopped are %s, want %s", got, want)
	}
}
