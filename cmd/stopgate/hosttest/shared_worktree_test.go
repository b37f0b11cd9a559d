package hosttest

import (
	"strings"
	"testing"
)

// waitForStop is a command that ends when the plugin has judged the first stop of the session, or after ten seconds. An agent may not run what
// names the journal, so this does not name it.
const waitForStop = `name=CLAUDE_CONFIG; dir=$(printenv "${name}_DIR"); for i in $(seq 100); do grep -rqs '"kind":"stop"' "$dir"/plug*/data && break; sleep 0.1; done`

// besideAlice returns a coding agent in the worktree of PAY-31, where alice works too.
func besideAlice(background bool, turns ...Turn) Agent {
	bob := coder("PAY-32", background, turns...)
	bob.Prompt = strings.ReplaceAll(bob.Prompt, worktree("PAY-32"), worktree("PAY-31")) + "FILES: only src/shared.js is yours\n"
	return bob
}

// reportBesideAlice returns the report of such an agent.
func reportBesideAlice(files ...string) string {
	return strings.ReplaceAll(report("PAY-32", files...), worktree("PAY-32"), worktree("PAY-31"))
}

// stepOf returns the step for a task.
func stepOf(t *testing.T, s *Session, task string) step {
	t.Helper()
	for _, one := range steps(t, s) {
		if one.TaskID == task {
			return one
		}
	}
	t.Fatalf("the orchestrator has read no step for %s", task)
	return step{}
}

// wantFinding fails unless the step holds a finding of that rule and severity whose message has every part.
func wantFinding(t *testing.T, got step, rule, severity string, parts ...string) {
	t.Helper()
	for _, f := range got.Findings {
		if f.Rule != rule || f.Severity != severity {
			continue
		}
		for _, part := range parts {
			if !strings.Contains(f.Message, part) {
				t.Errorf("the finding %s of %s does not hold %q: %s", rule, got.TaskID, part, f.Message)
			}
		}
		return
	}
	t.Errorf("the step for %s has no %s of severity %s: %+v", got.TaskID, rule, severity, got.Findings)
}

// Two agents in one worktree: a file that both claim goes to the orchestrator, and one that neither lists is a note that names both. No agent is
// sent back for a change that may be the other's, and none is told to undo anything.
func TestTwoAgentsInOneWorktree(t *testing.T) {
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		shared := in("PAY-31", "src/shared.js")
		alice := coder("PAY-31", background,
			Bash("echo 1 > "+in("PAY-31", "src/generated.js")+" && echo 1 > "+shared),
			Say(report("PAY-31", "src/shared.js")).After("bob", 2))
		bob := besideAlice(background,
			Write(shared, "export const shared = 2\n"),
			Bash(waitForStop),
			Say(reportBesideAlice("src/shared.js")))
		bob.Turns[0] = bob.Turns[0].After("alice", 2)
		s := playOnly(t, withCoders([]Turn{Launch("alice", "bob"), Say("I wait."), Say("Understood."), Say("Understood.")},
			map[string]Agent{"alice": alice, "bob": bob}, "PAY-31"))

		for task, other := range map[string]string{"PAY-31": "bob", "PAY-32": "alice"} {
			got := stepOf(t, s, task)
			if got.Verdict != "unknown" || got.Action != "supply" {
				t.Errorf("the step for %s is %s, %s; want unknown, supply", task, got.Verdict, got.Action)
			}
			wantFinding(t, got, "file-conflict", "stop", "src/shared.js", idOf(t, s, other))
			wantFinding(t, got, "change-undeclared", "note", "src/generated.js", "either this agent", idOf(t, s, other))
		}
		for _, model := range []string{"alice", "bob"} {
			for _, text := range []string{"change-undeclared", "file-conflict", "take that change back", "undo"} {
				wantNotRead(t, s, model, text)
			}
		}
		if a, b := s.Replies("alice"), s.Replies("bob"); a != 2 || b != 3 {
			t.Errorf("alice and bob were asked for %d and %d replies, want 2 and 3: nobody is sent back", a, b)
		}
	})
}

// idOf returns the id that the host gave to an agent, as the orchestrator's step or the host tells it.
func idOf(t *testing.T, s *Session, agent string) string {
	t.Helper()
	return launchedFor(t, s, map[string]string{"alice": "PAY-31", "bob": "PAY-32"}[agent])
}

// launchedFor returns the id of the agent that a task's first step is about.
func launchedFor(t *testing.T, s *Session, task string) string {
	t.Helper()
	for _, object := range s.Objects(Orchestrator, "step_id") {
		if id, ok := object["agent_id"].(string); ok && object["task_id"] == task {
			return id
		}
	}
	t.Fatalf("no step for %s names the id of its agent", task)
	return ""
}

// While another agent works in the worktree, nothing is removed, because it may need the leftovers of its tools. The step says so. The last agent
// to stop cleans up.
func TestNoSweepBesideOthers(t *testing.T) {
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		alice := coder("PAY-31", background,
			Bash("cd "+worktree("PAY-31")+" && mkdir coverage && echo 1 > coverage/index.html && echo 1 > src/payments.js"),
			Say(report("PAY-31", "src/payments.js")).After("bob", 2))
		var meanwhile disk
		bob := besideAlice(background,
			Write(in("PAY-31", "src/shared.js"), "export const shared = 2\n"),
			Bash(waitForStop),
			meanwhile.looksAt(worktree("PAY-31"), Say(reportBesideAlice("src/shared.js"))))
		s := playOnly(t, withCoders([]Turn{Launch("alice", "bob"), Say("I wait."), Say("Understood."), Say("Understood.")},
			map[string]Agent{"alice": alice, "bob": bob}, "PAY-31"))

		wantStep(t, stepOf(t, s, "PAY-31"), "PAY-31", "verified", "deploy")
		if got := cleanupOf(t, s, "PAY-31"); !strings.Contains(got.Skipped, "another agent still works") || got.KeptTotal != 1 || got.RemovedTotal != 0 {
			t.Errorf("alice's cleanup is %+v, want it skipped with one artifact kept", got)
		}
		if !meanwhile.has("coverage/index.html") {
			t.Error("the artifact was gone while bob was at work")
		}
		if got := stepOf(t, s, "PAY-32"); got.Verdict != "verified" {
			t.Errorf("bob's step is %s, want verified: %+v", got.Verdict, got.Findings)
		}
		if got := cleanupOf(t, s, "PAY-32"); got.RemovedTotal != 1 || len(got.Removed) != 1 || got.Removed[0].Path != "coverage" {
			t.Errorf("bob's cleanup is %+v, want coverage removed", got)
		}
		if after := lookAt(t, s, worktree("PAY-31")); after["coverage"] != "" {
			t.Error("the artifact is still there")
		}
	})
}

// An agent that is not the gate's runs tests beside the agent, and that may have changed files that nobody lists. The agent is not blamed for them,
// and the leftovers of the run stay while it lasts.
func TestTestRunBesideAgent(t *testing.T) {
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		var meanwhile disk
		runner := Agent{
			Type: "general-purpose", Background: background, Prompt: "Run the tests again and again and say what fails.",
			Turns: []Turn{
				Bash("cd " + worktree("PAY-31") + " && mkdir coverage && echo 1 > coverage/index.html && echo 1 > src/client.snap"),
				Bash(waitForStop),
				meanwhile.looksAt(worktree("PAY-31"), Say("Nothing fails.")),
			},
		}
		s := playOnly(t, withCoders([]Turn{Launch("alice", "runner"), Say("I wait."), Say("Understood."), Say("Understood.")}, map[string]Agent{
			"alice":  coder("PAY-31", background, Write(in("PAY-31", "src/payments.js"), "export {}\n"), Say(report("PAY-31", "src/payments.js")).After("runner", 2)),
			"runner": runner,
		}, "PAY-31"))
		got := onlyStep(t, s)
		wantTestGate(t, got, "PAY-31", "src/payments.js")
		wantFinding(t, got, "change-undeclared", "note", "src/client.snap", "general-purpose")
		wantReplies(t, s, 2)
		if c := cleanupOf(t, s, "PAY-31"); c.Skipped == "" || c.RemovedTotal != 0 || !meanwhile.has("coverage/index.html") {
			t.Errorf("the cleanup is %+v, and what the test run left is there: %t; want it skipped", c, meanwhile.has("coverage/index.html"))
		}
	})
}
