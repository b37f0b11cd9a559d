package hosttest

import (
	"path/filepath"
	"testing"
)

// inWorktree returns files of a task's worktree. The keys are paths in the repository.
func inWorktree(task string, files map[string]string) map[string]string {
	all := map[string]string{}
	for name, content := range files {
		all[filepath.ToSlash(filepath.Join(worktree(task), name))] = content
	}
	return all
}

// Files that were dirty before the launch are not the agent's work, unless the agent changes them again.
func TestDirtyWorktree(t *testing.T) {
	const task = "PAY-33"
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		sc := withCoders(launchAlice(), map[string]Agent{
			"alice": coder(task, background,
				Bash("echo '// changed' >> "+in(task, "src/client.js")),
				Say(report(task, "src/client.js", "README.md", "src/draft.js")),
				Say(report(task, "src/client.js"))),
		}, task)
		sc.Untracked = inWorktree(task, map[string]string{
			"src/client.js": "export const draft = 1\n", "README.md": "# A draft\n", "src/draft.js": "export {}\n", "src/other.js": "export {}\n",
		})
		s := playOnly(t, sc)
		wantRead(t, s, "not accepted: 2 findings")
		wantRead(t, s, `claim-not-yours: files_modified lists "README.md"`)
		wantRead(t, s, `claim-not-yours: files_modified lists "src/draft.js"`)
		for _, text := range []string{"src/other.js", "change-undeclared"} {
			wantNotRead(t, s, "alice", text)
		}
		wantReplies(t, s, 3)
		got := onlyStep(t, s)
		wantTestGate(t, got, task, "src/client.js")
		if len(got.Findings) != 0 {
			t.Errorf("findings %+v, want none", got.Findings)
		}
	})
}

// A command runs a generator, which changes a file that no edit of the agent names. The agent has to list it.
func TestUndeclaredByBash(t *testing.T) {
	const task = "PAY-34"
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		s := playOnly(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder(task, background,
				Write(in(task, "src/schema.js"), "export const fields = ['a']\n"),
				Bash("cd "+worktree(task)+" && sed 's/fields/types/' src/schema.js > src/types.js && echo '// uses types' >> src/client.js"),
				Say(report(task, "src/schema.js")),
				Say(report(task, "src/schema.js", "src/types.js", "src/client.js"))),
		}, task))
		wantRead(t, s, "not accepted: 2 findings")
		wantRead(t, s, `change-undeclared: files_modified does not list "src/client.js", but git shows it as modified`)
		wantRead(t, s, `change-undeclared: files_modified does not list "src/types.js", but git shows it as added`)
		wantReplies(t, s, 4)
		wantNotRead(t, s, Orchestrator, "change-undeclared")
		wantTestGate(t, onlyStep(t, s), task, "src/schema.js", "src/types.js", "src/client.js")
	})
}

// A resumed agent keeps its first baseline. The changes of its first run are its own and need not be listed again. Files that were dirty before the
// first run are not its own.
func TestResumedKeepsBaseline(t *testing.T) {
	const task = "PAY-35"
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		orchestrator := []Turn{Launch("alice")}
		if background {
			orchestrator = append(orchestrator, Say("I wait."))
		}
		orchestrator = append(orchestrator, FindSendMessage(), Resume("alice", "The tests fail for want of retries."), Say("I wait."), Say("Understood."))
		sc := withCoders(orchestrator, map[string]Agent{
			"alice": coder(task, background,
				Bash("echo 'export {}' > "+in(task, "src/payments.js")), Say(report(task, "src/payments.js")),
				Bash("echo '// retries' >> "+in(task, "src/client.js")), Say(report(task, "src/client.js", "src/payments.js", "src/draft.js")),
				Say(report(task, "src/client.js"))),
		}, task)
		sc.Untracked = inWorktree(task, map[string]string{"src/draft.js": "export {}\n"})
		s := playOnly(t, sc)
		got := steps(t, s)
		if len(got) != 2 {
			t.Fatalf("the orchestrator read %d steps, want 2", len(got))
		}
		wantTestGate(t, got[0], task, "src/payments.js")
		wantTestGate(t, got[1], task, "src/client.js")
		wantRead(t, s, "not accepted: 1 finding")
		wantRead(t, s, `claim-not-yours: files_modified lists "src/draft.js"`)
		wantNotRead(t, s, "alice", "change-undeclared")
		wantReplies(t, s, 5)
	})
}
