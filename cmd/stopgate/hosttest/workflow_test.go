package hosttest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWorkflow: the script in docs/gates.md launches the coding agent and the gates, of which the reviewers have a schema here. The host announces none
// of these launches. The coding agent is checked and sent back as any other, the gates' passes count, and when the workflow has ended, the orchestrator
// reads the step that is left: to ask the person.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	const task = "PAY-70"
	place := func(gate string, turns ...Turn) Agent {
		return Agent{Prompt: fmt.Sprintf("stopgate: task=%q gate=%s\n", task, gate), Turns: turns}
	}
	handIn := func(result string) Turn {
		var input map[string]any
		if err := json.Unmarshal([]byte(result), &input); err != nil {
			t.Fatal(err)
		}
		return Use("StructuredOutput", input)
	}
	alice := coder(task, false, Write(in(task, "src/payments.js"), "export {}\n"), Say(report(task, "src/payments.js", "src/never.js")), Say(report(task, "src/payments.js")))
	alice.Prompt = "DESCRIPTION: Add a client for the payments service."
	agents := map[string]Agent{
		"alice":    alice,
		"tester":   place("test-runner", ranTests(task), Say(testsPass)),
		"reviewer": place("code-reviewer", handIn(reviewPass)),
		"auditor":  place("security-auditor", handIn(reviewPass)),
		"merger":   place("branch-manager", mergeOf(task), Say("Merged.")),
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "gates.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(page), "```js\n")
	script, _, _ = strings.Cut(script, "```")
	script = strings.NewReplacer("./trees/PROJ-123-stripe", worktree(task), "PROJ-123", task, "gate('test-runner')", "gate('test-runner', {})",
		"name =>", "(name, more = {schema: {type: 'object', properties: {}}}) =>", "'stopgate:' + name}", "'stopgate:' + name, ...more}").Replace(script)

	sc := withCoders([]Turn{Use("Workflow", map[string]any{"script": script}), Say("It runs.")}, agents, task)
	sc.Obeys, sc.Then, sc.Env = true, []string{"Yes, merge it."}, []string{"CLAUDE_CODE_WORKFLOWS=1"}
	s := playOnly(t, sc)

	if n := s.Read("alice", "sent back 1 of at most 3 times"); n == 0 {
		t.Error("the coding agent was not sent back for the file that it never wrote")
	}
	wantOrders(t, s, "passed: present", "done: merge", "done: close")
	wantFacts(t, s, "coder-started", "coder-stopped verified", "gate-result test-runner pass", "gate-result code-reviewer pass", "gate-result security-auditor pass",
		"prompt-came", "person-spoke", "branch-manager-launched", "branch-manager-done pass")
}

// TestSkill: a skill that runs in a coding agent is checked, and its step comes with the result of the skill. The host announces no launch.
func TestSkill(t *testing.T) {
	t.Parallel()
	const task = "PAY-71"
	alice := coder(task, false, Write(in(task, "src/payments.js"), "export {}\n"), Say(report(task, "src/payments.js", "src/never.js")), Say(report(task, "src/payments.js")))
	sc := withCoders([]Turn{Use("Skill", map[string]any{"skill": "payments"}), Say("The client is there.")}, map[string]Agent{"alice": alice}, task)
	sc.Untracked = map[string]string{".claude/skills/payments/SKILL.md": "---\nname: payments\ndescription: Adds the payments client.\ncontext: fork\nagent: " + alice.Type + "\n---\n\n" + alice.Prompt}
	s := play(t, sc)

	wantOrders(t, s, "verified: deploy test-runner")
	wantFacts(t, s, "coder-started", "coder-stopped verified")
	if n := s.Read("alice", "claim-missing"); n == 0 {
		t.Error("the coding agent was not sent back for the file that it never wrote")
	}
	if n := s.Read(Orchestrator, "PostToolUse:Skill hook additional context"); n != 1 {
		t.Errorf("the step came %d times with the result of the skill", n)
	}
}

// TestTeammate: at a terminal, an agent with a name joins the session's team. Events have its name in the place of its type, and the host announces no
// start of its work. It is checked and sent back as any other, and the step comes at the end of the turn that its message begins.
func TestTeammate(t *testing.T) {
	t.Parallel()
	const task = "PAY-72"
	alice := coder(task, false, Write(in(task, "src/payments.js"), "export {}\n"), Say(report(task, "src/payments.js", "src/never.js")), Say(report(task, "src/payments.js")))
	join := Use("Agent", map[string]any{"subagent_type": alice.Type, "prompt": alice.Prompt, "name": "alice", "description": "Add the client"})
	sc := withCoders([]Turn{join, Say("Alice works on it."), Say("Alice has ended."), Say("The tests are next.")}, map[string]Agent{"alice": alice}, task)
	sc.Env = []string{"CLAUDE_CODE_EXPERIMENTAL_AGENT_TEAMS=1"}
	s := playOnly(t, atTerminal(sc, Act{Sees: "The tests are next."}))

	wantOrders(t, s, "verified: deploy test-runner")
	wantFacts(t, s, "coder-started", "coder-stopped verified")
	if n := s.Read("alice", "claim-missing"); n == 0 {
		t.Error("the teammate was not sent back for the file that it never wrote")
	}
}
