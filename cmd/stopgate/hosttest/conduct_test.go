package hosttest

import (
	"strings"
	"testing"
)

// A launch without what the agent needs is refused, and the orchestrator reads why; launched with it, the agent does its work.
func TestDeniedLaunch(t *testing.T) {
	alice := coder("PAY-30", false, Write(in("PAY-30", "src/payments.js"), "export {}\n"), Say(report("PAY-30", "src/payments.js")))
	vague := alice
	vague.Prompt = "TASK: PAY-30\nWORKTREE_PATH: ./trees/elsewhere\n"
	s := play(t, withCoders([]Turn{Launch("vague"), Launch("alice"), Say("Understood.")}, map[string]Agent{"alice": alice, "vague": vague}, "PAY-30"))
	if n := s.Replies("vague"); n != 0 {
		t.Errorf("the agent with the vague prompt was asked for %d replies", n)
	}
	for _, says := range []string{
		"ERROR: Need task identifier with description OR detailed integration description",
		"ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration)",
		"Correct the prompt, then launch the agent again.",
	} {
		if s.Read(Orchestrator, says) == 0 {
			t.Errorf("the orchestrator has not read %q", says)
		}
	}
	if got, want := denials(t, s), "launch-task launch-worktree"; got != want {
		t.Errorf("refused for %q, want %q", got, want)
	}
	wantTestGate(t, onlyStep(t, s), "PAY-30", "src/payments.js")
}

// denials are the rules for which tool calls were refused, by the journal.
func denials(t *testing.T, s *Session) string {
	t.Helper()
	records, err := s.Journal()
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, r := range records {
		if r["kind"] != "denial" {
			continue
		}
		for _, f := range r["data"].(map[string]any)["findings"].([]any) {
			rules = append(rules, f.(map[string]any)["rule"].(string))
		}
	}
	return strings.Join(rules, " ")
}
