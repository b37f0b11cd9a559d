package hosttest

import (
	"regexp"
	"strings"
	"testing"
)

// A coding agent in a worktree that the host made for it goes through all gates to the merge. Its reviewer has the type of a coding agent.
func TestIsolatedCoder(t *testing.T) {
	t.Parallel()
	const task = "PAY-90"
	const git = "git -c user.name=m -c user.email=m@example.com "
	place := func(typ, gate string, turns ...Turn) Agent {
		return Agent{Type: typ, Prompt: "stopgate: task=\"" + task + "\" gate=" + gate + "\n", Turns: turns}
	}
	sc := withCoders([]Turn{Launch("alice")}, map[string]Agent{
		"alice": {
			Type: "feature-developer", Isolated: true,
			Prompt: "TASK: " + task + "\nDESCRIPTION: Add a client for the payments service, with retries.\n", // no worktree is named
			Turns: []Turn{
				Bash("echo 'export {}' > src/payments.js"),
				Say(strings.Replace(report(task, "src/payments.js"), worktree(task), ".", 1)),
			},
		},
		"tester":   place("", "test-runner", BashAt("alice", "cd %s && sh run-tests.sh"), Say(testsPass)),
		"reviewer": place("feature-developer", "feature-developer", BashAt("alice", "cat %s/src/payments.js"), Say(reviewPass)),
		"auditor":  place("", "security-auditor", BashAt("alice", "cat %s/src/payments.js"), Say(reviewPass)),
		"merger": place("", "branch-manager",
			BashAt("alice", git+"-C %s add -A && "+git+"-C %s commit -qm work && "+git+"merge -q --no-edit $(git -C %s rev-parse HEAD)"),
			Say(`{"status": "success", "message": "merged", "blocking_issues": []}`)),
	})
	sc.Obeys, sc.Then = true, []string{"Yes, merge it."}
	sc.Files = map[string]string{
		".gitignore": "/.claude/worktrees/\n", "README.md": "# A project\n", "src/client.js": "export {}\n",
		".stopgate.yml":                       "profiles:\n  - kind: application\n    reviewers: [feature-developer]\n",
		".claude/agents/feature-developer.md": "---\nname: feature-developer\ndescription: Writes code, and reviews it.\n---\n\nDo what you are asked.\n",
	}
	s := playOnly(t, sc)

	all := wantOrders(t, s, "verified: deploy test-runner", "passed: deploy feature-developer security-auditor", "passed: present", "done: merge", "done: close")
	own := regexp.MustCompile(`"worktree_path": ?"\./` + regexp.QuoteMeta(isolatedTree(all[0].AgentID)) + `"`)
	if n := len(own.FindAllString(string(mustJSON(s.Objects(Orchestrator, "step_id"))), -1)); n == 0 {
		t.Error("no step names the worktree that the host made")
	}
	wantFacts(t, s, "coder-started", "coder-stopped verified", "gate-launched test-runner", "gate-result test-runner pass",
		"gate-launched feature-developer", "gate-launched security-auditor", "gate-result feature-developer pass", "gate-result security-auditor pass",
		"prompt-came", "person-spoke", "branch-manager-launched", "branch-manager-done pass")
	wantAsked(t, s)
}
