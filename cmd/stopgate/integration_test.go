package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The configuration of a pipeline that reviews application code with its feature-developer and commits once the gates have passed.
const pipelineConfig = `profiles:
  - kind: application
    reviewers: [feature-developer]
authorise:
  commit: gates
`

// Prompts of a present pipeline, after the coding agent.
func testsPrompt(task, worktree string) string {
	return "TASK: " + task + "\nWORKTREE: " + worktree + "\nTEST_COMMAND: sh run-tests.sh\nLINT_COMMAND: npm run lint\nCOVERAGE_THRESHOLD: 80\nSCOPE: src/**\n"
}

func reviewPrompt(task, worktree string) string {
	return "\nTASK: " + task + "\nWORKTREE: " + worktree + "\nSCOPE: src/**\nWORK_TYPE: application_code\nPLAN_CONTEXT: deliveries are retried three times\nSKILL_CONTENT: # Review\nEnd with blocking_issues, plan_coverage, scope_violations and files_reviewed.\nTASK: the one under review\n"
}

func commitPrompt(task, worktree, session string) string {
	return "TASK: " + task + "\nDESCRIPTION: Commit all changes in the agent worktree at " + worktree + ", fast-forward merge the agent branch into the session branch in " + session +
		", then clean up the agent worktree. All gates passed.\nTREE_FLAG: FLAT_TREE\nBASE_BRANCH: main\nWORKTREE_BASE_PATH: .claude/worktrees\n"
}

const managed = `{"agent_metadata": {"agent_name": "branch-manager", "operation": "commit_agent_worktree"}, "status": "success", "message": "Committed and merged.", "git_state": {"current_branch": "feature/x", "uncommitted_changes": false, "merge_conflicts_detected": false}, "commands_executed": [], "blocking_issues": [], "warnings": []}`

// verified has a coding agent do the work of a task, isolated, and returns its worktree.
func (p *pipeline) verified(task, file string) (coder *member) {
	p.t.Helper()
	coder = p.run("reaper:feature-developer", isolatedPrompt(task), "isolation", "worktree")
	coder.bash("ln -s " + p.repo + "/node_modules node_modules") // git shows it, and it is no work
	if refused := coder.edits(coder.Cwd, file, "export const changed = true\n"); refused != "" {
		p.t.Fatal(refused)
	}
	if _, step := coder.ends(reportOn(task, coder.Cwd, file)); step.Get("verdict").String() != "verified" {
		p.t.Fatalf("the work is not verified: %s", step.Raw)
	}
	return coder
}

// tester returns a test-runner that has run the tests in the task's worktree.
func (p *pipeline) tester(task, worktree string) *member {
	p.t.Helper()
	m := p.run("reaper:test-runner", testsPrompt(task, worktree))
	m.bash("cd " + p.path(worktree) + " && sh run-tests.sh")
	return m
}

// passes takes a task through its gates.
func (p *pipeline) passes(task, worktree string) (last string) {
	p.t.Helper()
	if _, step := p.tester(task, worktree).ends(testsPass); step.Get("action").String() != "deploy" {
		p.t.Fatalf("after the tests: %s", step.Raw)
	}
	reviewer := p.run("reaper:feature-developer", reviewPrompt(task, worktree), "isolation", "worktree")
	auditor := p.run("reaper:security-auditor", reviewPrompt(task, worktree), "isolation", "worktree")
	if text, _ := reviewer.ends(reviewPass); strings.Contains(text, "unknown") {
		p.t.Fatalf("after the review: %s", text)
	}
	last, _ = auditor.ends(auditPass)
	return last
}

// A unit of work goes from its isolated agent through all gates to a proven commit, and the session's branch to a proven merge.
func TestPipeline(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, pipelineConfig)
	const task, session = "stripe-webhook-retries", ".claude/worktrees/stripe-webhook-retries-work"

	setup := p.run("reaper:branch-manager", "TASK: "+task+"\nDESCRIPTION: Set up the session worktree "+session+" on feature/retries from main\nBASE_BRANCH: main\n")
	if refused := setup.bash("git worktree add -q " + session + " -b feature/retries main"); refused != "" {
		t.Fatalf("the setup: %s", refused)
	}
	if text, _ := setup.ends(managed); text != "" {
		t.Errorf("after the setup of a worktree: %s", text)
	}

	coder := p.verified(task, "src/app.js")
	if refused := p.orchestrator(coder.Cwd, "git commit -qam done"); !strings.Contains(refused, "test-runner") {
		t.Errorf("the orchestrator commits in the task's worktree: %q", refused)
	}
	if refused := p.orchestrator(".", "git merge worktree-agent-"+coder.ID); !strings.Contains(refused, "test-runner") {
		t.Errorf("the orchestrator merges the task's branch: %q", refused)
	}
	if refused := p.orchestrator(".", "git commit -qm notes docs/notes.md"); refused != "" {
		t.Errorf("the orchestrator commits elsewhere: %s", refused)
	}
	if refused := setup.resume(commitPrompt(task, coder.Cwd, session)); !strings.Contains(refused, "test-runner") {
		t.Errorf("a branch-manager that is resumed before the gates: %q", refused)
	}
	if refused := setup.bash("git -C " + coder.Cwd + " commit -qam done"); !strings.Contains(refused, "test-runner") {
		t.Errorf("its commit before the gates: %q", refused)
	}

	last := p.passes(task, coder.Cwd)
	if text := p.endTurn(); !strings.Contains(text, task+": reminder: the next step is still open. Next: commit the work on its branch.") {
		t.Errorf("at the end of the turn, with nobody's answer: %s", text)
	}
	if step := stepIn(last); step.Get("action").String() != "merge" || !strings.Contains(step.Get("calls.0.prompt").String(), "Do not merge it into the main branch") {
		t.Errorf("after the gates: %s", last)
	}
	if refused := setup.resume(commitPrompt(task, coder.Cwd, session)); refused != "" {
		t.Fatalf("the branch-manager is not resumed: %s", refused)
	}
	if refused := setup.bash("git -C " + coder.Cwd + " add src && git -C " + coder.Cwd + " commit -qm 'feat: retry deliveries' && git -C " + session + " merge -q --ff-only worktree-agent-" + coder.ID); refused != "" {
		t.Fatalf("its commit: %s", refused)
	}
	if refused := setup.bash("git merge -q feature/retries"); !strings.Contains(refused, "the person has not answered") {
		t.Errorf("a merge into main without the person: %q", refused)
	}
	setup.bash("git worktree unlock " + coder.Cwd + "; git worktree remove --force " + coder.Cwd + " && git branch -q -d worktree-agent-" + coder.ID + " || true")
	text, step := setup.ends(managed)
	if step.Get("why").String() != "on-feature-branch" || !strings.Contains(text, "has what passed the gates") || !strings.Contains(text, "feature/retries") {
		t.Errorf("after the commit: %s", text)
	}

	if refused := setup.resume("TASK: " + task + "\nMerge feature/retries into main.\nBASE_BRANCH: main"); !strings.Contains(refused, "the person has not answered") {
		t.Errorf("a merge without the person: %q", refused)
	}
	p.person("Merge it.")
	if refused := setup.resume("TASK: " + task + "\nMerge feature/retries into main.\nBASE_BRANCH: main"); refused != "" {
		t.Fatalf("a merge with the person: %s", refused)
	}
	if refused := setup.bash("git merge -q --no-ff -m 'Merge feature/retries' feature/retries"); refused != "" {
		t.Fatalf("the merge: %s", refused)
	}
	if text, step := setup.ends(managed); step.Get("action").String() != "close" || step.Get("why").String() != "merged" || !strings.Contains(text, `"main"`) {
		t.Errorf("after the merge: %s", text)
	}
}

// Without configuration the same prompts work. The review counts for the reviewer that the change needs, and the person comes before the
// branch-manager.
func TestPipelineWithoutConfiguration(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	coder := p.verified("repo-a3f", "src/app.js")
	p.tester("repo-a3f", coder.Cwd).ends(testsPass)
	p.run("reaper:security-auditor", reviewPrompt("repo-a3f", coder.Cwd)).ends(auditPass)
	if text, step := p.run("reaper:principal-engineer", reviewPrompt("repo-a3f", coder.Cwd), "isolation", "worktree").ends(reviewPass); step.Get("action").String() != "present" {
		t.Errorf("after a review by an agent that has no role: %s", text)
	}
	if _, refused := p.launch("reaper:branch-manager", commitPrompt("repo-a3f", coder.Cwd, ".")); !strings.Contains(refused, "the person has not answered") {
		t.Errorf("the branch-manager without the person: %q", refused)
	}
	p.person("Merge it.")
	manager := p.run("reaper:branch-manager", commitPrompt("repo-a3f", coder.Cwd, "."))
	if refused := manager.bash("git -C " + coder.Cwd + " commit -qam 'feat: retry' && git merge -q --ff-only worktree-agent-" + coder.ID); refused != "" {
		t.Fatal(refused)
	}
	if text, step := manager.ends("Merged into main."); step.Get("why").String() != "merged" {
		t.Errorf("after the merge: %s", text)
	}
}

// TestDeletedInMain: a branch-manager deletes a file that a person has in the main worktree and in no commit. Git has no trace of it, so the person is
// asked. What was moved into a commit meanwhile is not missed.
func TestDeletedInMain(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	coder := p.verified("repo-a3f", "src/app.js")
	p.passes("repo-a3f", coder.Cwd)
	p.person("Merge it.")
	for _, name := range []string{"notes.txt", "kept.txt", "committed.txt"} {
		p.write(p.repo, name, "a person's\n")
	}
	manager := p.run("reaper:branch-manager", commitPrompt("repo-a3f", coder.Cwd, "."))
	if refused := manager.bash("rm -f notes.txt && git -C " + coder.Cwd + " commit -qam 'feat: retry' && git merge -q --ff-only worktree-agent-" + coder.ID); refused != "" {
		t.Fatal(refused)
	}
	p.git(p.repo, "add", "committed.txt")
	p.git(p.repo, "commit", "-qm", "by the person")
	text, _ := manager.ends("Merged into main.")
	_, gone, _ := strings.Cut(text, "are gone; ask the person whether they are missed: ")
	if gone, _, _ = strings.Cut(gone, "\n"); !strings.Contains(gone, "notes.txt") || !strings.Contains(gone, "rm -f notes.txt") || strings.Contains(gone, "kept.txt") || strings.Contains(gone, "committed.txt") {
		t.Errorf("after the merge: %s", text)
	}
}

// A branch-manager commits what passed, and cannot forward the session's branch, which has moved on. The person decides, and then it may rebase:
// no gate is void because of the commit.
func TestBranchHasDiverged(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, pipelineConfig)
	session := p.worktree(".claude/worktrees/T-1-work", "feature/T-1")
	coder := p.verified("T-1", "src/app.js")
	text := p.passes("T-1", coder.Cwd)
	if !strings.Contains(text, "session's worktree, \\\"./"+session) {
		t.Errorf("the call does not say where the work goes on: %s", text)
	}
	p.write(p.path(session), "src/mail.js", "export const mails = 2\n")
	p.git(p.path(session), "commit", "-qam", "the unit before")
	manager := p.run("reaper:branch-manager", stepIn(text).Get("calls.0.prompt").String()) // the call as it stands
	manager.bash("git -C " + coder.Cwd + " commit -qam 'feat: retry'; git -C " + session + " merge -q --ff-only worktree-agent-" + coder.ID + " || true")
	if _, step := manager.ends(`{"status": "error", "message": "no fast-forward", "blocking_issues": ["the branches have diverged"]}`); step.Get("why").String() != "merge-failed" {
		t.Errorf("after the failure: %s", step.Raw)
	}
	again := "TASK: T-1\nDESCRIPTION: Rebase the agent branch onto feature/T-1, then fast-forward feature/T-1 to it.\n"
	if refused := manager.resume(again); !strings.Contains(refused, "wait for their decision") {
		t.Errorf("before the person has decided: %q", refused)
	}
	p.person("Rebase it.")
	if refused := manager.resume(again); refused != "" {
		t.Fatalf("after the person: %s", refused)
	}
	if refused := manager.bash("git -C " + coder.Cwd + " rebase -q feature/T-1 && git -C " + session + " merge -q --ff-only worktree-agent-" + coder.ID +
		" && git worktree unlock " + coder.Cwd + " && git worktree remove --force " + coder.Cwd + " && git branch -q -D worktree-agent-" + coder.ID); refused != "" {
		t.Fatal(refused)
	}
	if text, step := manager.ends(managed); step.Get("why").String() != "on-feature-branch" || !strings.Contains(text, `and "feature/T-1" has the same changes in another commit`) {
		t.Errorf("after the rebase: %s", text)
	}
}

// A coding agent borrows its dependencies through a link. The branch-manager is told what to leave out, and its commands are refused if they would
// include the link, because a fast-forward would then replace the folder that the link leads to. Each piece of advice works as written.
func TestLinksAreLeftOut(t *testing.T) {
	t.Parallel()
	advice := func(text, after string) string {
		_, command, found := strings.Cut(text, after)
		if !found {
			t.Fatalf("no %q in %s", after, text)
		}
		command, _, _ = strings.Cut(command, "\n")
		return command
	}
	for name, tt := range map[string]struct {
		commits string // %[1]s is the coder's worktree
		refused string // what the refusal's command comes after, "" if it is let through
	}{
		"all at once":        {"git -C %[1]s add . && git -C %[1]s commit -qm work", "Stage the rest: "},
		"all, in the folder": {"cd %[1]s; git add --all", "Stage the rest: "},
		"staged before":      {"git -C %[1]s commit -qm work", "Run this first, by itself: "},
		"in a script":        {"sh commit.sh %[1]s", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipSome(t)
			p := newPipeline(t, pipelineConfig)
			session := p.worktree(".claude/worktrees/T-1 work", "feature/T-1")
			p.write(p.path(session), "node_modules/left-pad/index.js", "1\n")
			coder := p.run("reaper:feature-developer", isolatedPrompt("T-1"), "isolation", "worktree")
			coder.bash("ln -s '" + p.path(session) + "/node_modules' node_modules")
			coder.edits(coder.Cwd, "src/app.js", "export const changed = true\n")
			coder.ends(reportOn("T-1", coder.Cwd, "src/app.js"))
			p.passes("T-1", coder.Cwd)
			p.write(p.repo, "commit.sh", "git -C $1 add . && git -C $1 commit -qm work\n")
			if tt.commits == "git -C %[1]s commit -qm work" {
				p.git(coder.Cwd, "add", ".")
			}
			manager := p.run("reaper:branch-manager", commitPrompt("T-1", coder.Cwd, session))
			told := advice(manager.told, "To stage the work, run: ")
			refused := manager.bash(strings.ReplaceAll(tt.commits, "%[1]s", coder.Cwd))
			forward := "git -C '" + session + "' merge -q --ff-only worktree-agent-" + coder.ID
			if tt.refused == "" {
				manager.bash(forward)
				back := manager.stop(managed)
				if refused := manager.bash(advice(back, "to mend it, run: ") + " && " + forward + " || true"); refused != "" {
					t.Errorf("the mend is refused: %s", refused)
				}
			} else {
				for _, command := range []string{advice(refused, tt.refused), told, "git -C " + coder.Cwd + " commit -qm work && " + forward} {
					if refused := manager.bash(command); refused != "" {
						t.Errorf("%s is refused: %s", command, refused)
					}
				}
				if at := p.git(p.path(session), "status", "--porcelain", "--ignored"); at != "!! node_modules/" {
					t.Errorf("the session's worktree has %s", at)
				}
			}
			if text, step := manager.ends(managed); step.Get("why").String() != "on-feature-branch" || !strings.Contains(text, "feature/T-1") {
				t.Errorf("after the commit: %s", text)
			}
		})
	}
}

// A branch-manager's own statements count only against it.
func TestBranchManagerIsChecked(t *testing.T) {
	t.Parallel()
	const failed = `{"status": "error", "message": "a hook refused the commit", "git_state": {"merge_conflicts_detected": false}, "blocking_issues": ["commitlint: the subject is too long"]}`
	for name, tt := range map[string]struct {
		does, says string // %[1]s is the coder's worktree, %[2]s its branch
		want       string // in the text for the orchestrator
	}{
		"nothing":                    {"true", managed, "git shows no commit of the work that passed"},
		"nothing, in its own words":  {"true", "All merged, everything is fine.", "git shows no commit of the work that passed"},
		"an error":                   {"true", failed, "commitlint: the subject is too long"},
		"a warning that blocks":      {"true", strings.Replace(failed, `"error"`, `"warning"`, 1), "commitlint"},
		"a conflict":                 {"true", `{"status": "success", "message": "x", "git_state": {"merge_conflicts_detected": true}, "blocking_issues": []}`, "the merge met conflicts"},
		"an ERROR line":              {"true", "ERROR: no authorization", "no authorization"},
		"another content":            {"echo later >> %[1]s/src/app.js && git -C %[1]s commit -qam x", managed, `different from what passed: \"src/app.js\"`},
		"something more":             {"echo x > %[1]s/src/more.js && git -C %[1]s add . && git -C %[1]s commit -qm x", managed, `not part of what passed: \"src/more.js\"`},
		"something else":             {"git -C %[1]s commit -q --allow-empty -m x", managed, `different from what passed: \"src/app.js\", \"src/new.js\"`},
		"a part":                     {"git -C %[1]s add src/app.js && git -C %[1]s commit -qm x", managed, `different from what passed: \"src/new.js\"`},
		"a tag beside it":            {"git -C %[1]s add . && git -C %[1]s commit -qm x && git tag v9", managed, "changed something else, too"},
		"a branch deleted beside it": {"git -C %[1]s add . && git -C %[1]s commit -qm x && git branch -q -D idle", managed, "changed something else, too"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipSome(t)
			p := newPipeline(t, pipelineConfig)
			p.git(p.repo, "branch", "idle")
			p.git(p.repo, "commit", "-q", "--allow-empty", "-m", "later")
			coder := p.run("reaper:bug-fixer", isolatedPrompt("T-1"), "isolation", "worktree")
			coder.edits(coder.Cwd, "src/app.js", "export const retries = 3\n")
			coder.edits(coder.Cwd, "src/new.js", "export const fresh = 1\n")
			coder.ends(reportOn("T-1", coder.Cwd, "src/app.js", "src/new.js"))
			p.passes("T-1", coder.Cwd)
			manager := p.run("reaper:branch-manager", commitPrompt("T-1", coder.Cwd, "."))
			if refused := manager.bash(strings.ReplaceAll(strings.ReplaceAll(tt.does, "%[1]s", coder.Cwd), "%[2]s", "worktree-agent-"+coder.ID)); refused != "" {
				t.Fatal(refused)
			}
			if back := manager.stop(tt.says); (back != "") != (name == "something more") {
				t.Errorf("it is sent back with %q", back)
			}
			text, step := manager.ends(tt.says)
			if step.Get("why").String() != "merge-failed" || !strings.Contains(step.Raw, tt.want) {
				t.Errorf("the answer has no %s:\n%s", tt.want, text)
			}
		})
	}
}

// A branch-manager may put more than the work into the merge, or commit something else after it. The person is told what no gate has passed. What was
// pulled, or committed by others before, is not such a change.
func TestMoreThanTheWorkIsMerged(t *testing.T) {
	t.Parallel()
	const commit = "git -C %[1]s add . && git -C %[1]s commit -qm x && "
	const more, lost, gone = `also has changes that no gate has passed, made since the launch; show them to the person: "more.js"`, `which are as before; show them to the person: "src/mail.js"`, "none of its changes"
	for name, tt := range map[string]struct {
		moved bool   // the main branch has a commit of a person's by then
		does  string // %[1]s is the coder's worktree, %[2]s its branch
		told  string // "" for nothing
	}{
		"a merge":                      {false, commit + "git merge -q --no-ff --no-edit %[2]s", ""},
		"a squashed commit":            {false, commit + "git merge -q --squash %[2]s && git commit -qm x", ""},
		"more in the squashed commit":  {false, commit + "git merge -q --squash %[2]s && echo x > more.js && git add more.js && git commit -qm x", more},
		"two commits squashed":         {true, "git -C %[1]s add src/app.js && git -C %[1]s commit -qm x && " + commit + "git merge -q --squash %[2]s && git commit -qm x", ""},
		"more in the merge":            {false, commit + "git merge -q --no-commit --no-ff %[2]s; echo x > more.js; git add more.js; git commit -qm m", more},
		"a commit after the merge":     {false, commit + "git merge -q --ff-only %[2]s; echo x > more.js; git add more.js; git commit -qm m", more},
		"a merge into what has moved":  {true, commit + "git merge -q --no-edit %[2]s", ""},
		"more in what has moved":       {true, commit + "git merge -q --no-commit --no-ff %[2]s; echo x > more.js; git add more.js; git commit -qm m", more},
		"a rebase":                     {true, commit + "git -C %[1]s rebase -q main && git merge -q --ff-only %[2]s", ""},
		"a merge without its changes":  {true, commit + "git merge -q --no-edit -s ours %[2]s", gone},
		"a merge that is taken back":   {false, commit + "git merge -q --no-ff --no-edit %[2]s && git revert --no-edit -m 1 HEAD", gone},
		"a merge without some of them": {true, commit + "git merge -q --no-commit --no-ff %[2]s; git checkout HEAD -- src/mail.js; git commit -qm m", lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, pipelineConfig)
			coder := p.run("reaper:bug-fixer", isolatedPrompt("T-1"), "isolation", "worktree")
			coder.edits(coder.Cwd, "src/app.js", "export const retries = 3\n")
			coder.edits(coder.Cwd, "src/mail.js", "export const mails = 3\n")
			coder.ends(reportOn("T-1", coder.Cwd, "src/app.js", "src/mail.js"))
			p.passes("T-1", coder.Cwd)
			if tt.moved {
				p.write(p.path("."), "person.txt", "1\n")
				p.git(p.path("."), "add", "person.txt")
				p.git(p.path("."), "commit", "-qm", "a person's")
			}
			p.person("Merge it.")
			manager := p.run("reaper:branch-manager", commitPrompt("T-1", coder.Cwd, "."))
			if refused := manager.bash(strings.ReplaceAll(strings.ReplaceAll(tt.does, "%[1]s", coder.Cwd), "%[2]s", "worktree-agent-"+coder.ID)); refused != "" {
				t.Fatal(refused)
			}
			text, step := manager.ends(managed)
			want := "done"
			if step.Get("why").String() == "on-feature-branch" {
				t.Errorf("the merge is not seen: %s", text)
			}
			if tt.told == gone {
				want = "failed"
			}
			for _, part := range []string{more, lost, gone} {
				if step.Get("verdict").String() != want || strings.Contains(text, part) != (part == tt.told) {
					t.Errorf("%q in the answer:\n%s", part, text)
				}
			}
		})
	}
}

// While a branch-manager works, others commit to the main branch, here or in another repository. It may put the work on that, and is not told to take
// their changes out again. What it adds itself is found as ever.
func TestWorkIsPutOnWhatOthersCommitted(t *testing.T) {
	t.Parallel()
	const commit, merge = "git -C %[1]s add . && git -C %[1]s commit -qm x && ", " && git merge -q --no-edit %[2]s"
	const (
		here    = "echo 1 > person.txt && git add person.txt && git commit -qm person"
		there   = `git clone -q ../origin.git ../clone && cd ../clone && echo 1 > person.txt && git add person.txt && git commit -qm person && git push -q origin HEAD:main`
		fetched = there + " && cd ../repo && git fetch -q origin"
		beyond  = `also has changes that no gate has passed, made since the launch; show them to the person: "person.txt"`
		more    = `also has changes that no gate has passed, made since the launch; show them to the person: "more.js"`
	)
	for name, tt := range map[string]struct {
		before, others string // what others do before the branch-manager begins, and then
		does           string // %[1]s is the coder's worktree, %[2]s its branch
		told           string // "" for nothing
		added          string // the only file that it is told to take out; "" for none
	}{
		"a rebase":                       {"", here, commit + "git -C %[1]s rebase -q main" + merge, beyond, ""},
		"a merge of the main branch":     {"", here, commit + "git -C %[1]s merge -q --no-edit main" + merge, beyond, ""},
		"a rebase, and no merge yet":     {"", here, commit + "git -C %[1]s rebase -q main", beyond, ""},
		"a rebase onto a teammate's":     {"", there, commit + "git -C %[1]s fetch -q origin && git -C %[1]s rebase -q origin/main && git -C %[1]s push -q origin HEAD:main", "", ""},
		"a rebase onto what was fetched": {fetched, "", commit + "git -C %[1]s rebase -q origin/main && git -C %[1]s push -q origin HEAD:main", "", ""},
		"a pull":                         {"", there, commit + "git pull -q --ff-only origin main && git -C %[1]s rebase -q main" + merge, "", ""},
		"more, by a remote of its own": {"", "", "git clone -q . ../own && (cd ../own && echo x > more.js && git add . && git commit -qm more) && git remote add own ../own && git fetch -q own && " +
			commit + "git -C %[1]s rebase -q own/main && git -C %[1]s push -q origin HEAD:main", more, ""},
		"more, and a rebase":                   {"", here, "echo x > %[1]s/more.js && " + commit + "git -C %[1]s rebase -q main" + merge, "", "more.js"},
		"more, merged, and another commit":     {"", here, "echo x > %[1]s/more.js && " + commit + "git -C %[1]s rebase -q main" + merge + " && git -C %[1]s commit -q --allow-empty -m y", "", "more.js"},
		"more, and a rebase onto a teammate's": {"", there, "echo x > %[1]s/more.js && " + commit + "git -C %[1]s fetch -q origin && git -C %[1]s rebase -q origin/main && git -C %[1]s push -q origin HEAD:main", "", "more.js"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, pipelineConfig)
			p.sh(p.repo, "git init -q --bare -b main ../origin.git && git remote add origin \"$PWD/../origin.git\" && git push -q origin main")
			coder := p.run("reaper:bug-fixer", isolatedPrompt("T-1"), "isolation", "worktree")
			coder.edits(coder.Cwd, "src/app.js", "export const retries = 3\n")
			coder.ends(reportOn("T-1", coder.Cwd, "src/app.js"))
			p.passes("T-1", coder.Cwd)
			p.sh(p.repo, "true; "+tt.before)
			p.person("Merge it.")
			manager := p.run("reaper:branch-manager", commitPrompt("T-1", coder.Cwd, "."))
			p.sh(p.repo, "true; "+tt.others)
			if refused := manager.bash(strings.ReplaceAll(strings.ReplaceAll(tt.does, "%[1]s", coder.Cwd), "%[2]s", "worktree-agent-"+coder.ID)); refused != "" {
				t.Fatal(refused)
			}
			if tt.added != "" {
				if reason := manager.stop(managed); !strings.Contains(reason, tt.added) || strings.Contains(reason, "person.txt") {
					t.Errorf("it is sent back with %q", reason)
				}
				return
			}
			text, step := manager.ends(managed)
			if why := step.Get("why").String(); why == "" || why == "merge-failed" || !strings.Contains(text, tt.told) || tt.told == "" && strings.Contains(text, "also has changes") {
				t.Errorf("the answer:\n%s", text)
			}
		})
	}
}

// A test run counts for no work if the gate replaced a committed file for it. What it writes beside that, git's ignored files too, does not matter.
func TestTesterReplacesAFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command string
		sent    bool
	}{
		"a script":     {"echo true > run-tests.sh; sh run-tests.sh; git checkout -q run-tests.sh", true},
		"a source":     {"mv src/mail.js .. && sh run-tests.sh; mv ../mail.js src/mail.js", true},
		"its output":   {"sh run-tests.sh > out.txt 2>&1 && cat out.txt && rm out.txt", false},
		"dependencies": {"mkdir node_modules && echo > node_modules/x && sh run-tests.sh && rm -r node_modules", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, pipelineConfig)
			coder := p.run("reaper:bug-fixer", isolatedPrompt("T-1"), "isolation", "worktree")
			coder.edits(coder.Cwd, "src/app.js", "export const retries = 3\n")
			coder.ends(reportOn("T-1", coder.Cwd, "src/app.js"))
			tester := p.run("reaper:test-runner", testsPrompt("T-1", coder.Cwd))
			tester.bash("cd " + p.path(coder.Cwd) + " && " + test.command)
			if back := tester.stop(testsPass); strings.Contains(back, `you changed "`) != test.sent || !test.sent && back != "" {
				t.Errorf("it reads %q", back)
			}
		})
	}
}

// What a gate's own command leaves under the name of a by-product goes to the trash, and its pass counts. What somebody else puts there meanwhile under
// such a name stays, and the pass is of another tree.
func TestByProductsOfAGate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		inside, outside string // what the command makes, and what is made after it
		gone            bool
	}{
		"a folder of its tool":            {".hypothesis/a", "", true},
		"a log":                           {"src/test.log", "", true},
		"a folder of another's":           {"", ".hypothesis/a", false},
		"a log of another's":              {"", "src/test.log", false},
		"added to by another":             {".hypothesis/a", ".hypothesis/b", false},
		"reports":                         {"reports/junit.xml", "", true},
		"reports of another's":            {"", "reports/q3.md", false},
		"a source":                        {"src/more.js", "", false},
		"a part of a virtual environment": {"py311/bin/python", "py311/pyvenv.cfg", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, pipelineConfig)
			coder := p.verified("T-1", "src/app.js")
			tester := p.run("reaper:test-runner", testsPrompt("T-1", coder.Cwd))
			script := "true\n"
			if tt.inside != "" {
				script = "mkdir -p " + filepath.Dir(tt.inside) + " && echo x > " + tt.inside + "\n"
			}
			tool := filepath.Join(t.TempDir(), "tool.sh") // the text of the command must not show what it writes
			if err := os.WriteFile(tool, []byte(script), 0o644); err != nil {
				t.Fatal(err)
			}
			tester.bash("cd " + p.path(coder.Cwd) + " && sh run-tests.sh && sh " + tool)
			if tt.outside != "" {
				time.Sleep(50 * time.Millisecond) // more than a file's time may be behind the clock
				file := filepath.Join(p.path(coder.Cwd), tt.outside)
				if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte("x\n"), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			_, step := tester.ends(testsPass)
			if passed := step.Get("why").String() == "stage-passed"; passed != tt.gone {
				t.Errorf("the answer: %s", step.Raw)
			}
			for _, left := range []string{tt.inside, tt.outside} {
				if _, err := os.Lstat(filepath.Join(p.path(coder.Cwd), left)); left != "" && (err != nil) != tt.gone {
					t.Errorf("%s: %v", left, err)
				}
			}
		})
	}
}

// A coding agent that reviews although no review is due disturbs no task. One that codes is judged, whatever its result looks like.
func TestReviewersByName(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, pipelineConfig)
	coder := p.verified("T-1", "src/app.js")

	// Before the tests have passed, a review is refused, with the step that is due.
	if _, refused := p.launch("reaper:feature-developer", reviewPrompt("T-1", coder.Cwd), "isolation", "worktree"); !strings.Contains(refused, "test-runner") {
		t.Errorf("an early review: %q", refused)
	}
	p.tester("T-1", coder.Cwd).ends(testsPass)

	// A fail sends the work back, and then the name is a coding agent's again.
	p.run("reaper:security-auditor", reviewPrompt("T-1", coder.Cwd)).ends(auditPass)
	reviewer := p.run("feature-developer", "Invoke Skill(\"reaper:code-review\") to load the review protocol, then execute the review.\n\n<plan_context>\ntask: T-1\n</plan_context>\n\n<scope>\nsrc/**\n</scope>\n", "isolation", "worktree")
	if _, step := reviewer.ends(reviewFail); step.Get("action").String() != "resume" || step.Get("calls.0.to").String() != coder.ID {
		t.Errorf("after a failed review: %s", step.Raw)
	}
	again := p.run("reaper:feature-developer", "TASK: T-1\nWORKTREE: "+coder.Cwd+"\nBRIEF: Bound the retries in src/app.js\nGate failed. Fix these blocking_issues: [\"a retry without a limit\"]\n")
	if refused := again.bash("git commit -qam x"); refused == "" {
		t.Error("it may commit")
	}
	again.edits(coder.Cwd, "src/app.js", "export const retries = 4\n")
	if _, step := again.ends(reportOn("T-1", coder.Cwd, "src/app.js")); step.Get("verdict").String() != "verified" {
		t.Errorf("the corrected work: %s", step.Raw)
	}

	// A review that no task needs: of another branch.
	other := p.run("reaper:feature-developer", "TASK: OTHER-9\nWORKTREE: "+coder.Cwd+"\nBRIEF: Look at how the mails are sent\n", "isolation", "worktree")
	if text, _ := other.ends(reviewPass); text != "" {
		t.Errorf("a review that nobody needs: %s", text)
	}
	if text := p.endTurn(); strings.Contains(text, "OTHER-9") {
		t.Errorf("and at the end of the turn: %s", text)
	}
	// A reviewer's name is one for all work of its kind. What no coding agent has done is none of the protocol.
	writer := p.run("reaper:technical-writer", "TASK: DOC-1\nWORKTREE: .claude/worktrees/DOC-1-work\nBRIEF: Write the reference of the API\n", "isolation", "worktree")
	writer.edits(writer.Cwd, "docs/api.md", "# API\n")
	if text, _ := writer.ends(`{"gate_status": "PASS", "summary": "Written", "blocking_issues": [], "files_modified": ["docs/api.md"]}`); text != "" {
		t.Errorf("a technical-writer that writes: %s", text)
	}
	if _, refused := p.launch("reaper:branch-manager", commitPrompt("DOC-1", writer.Cwd, ".")); refused != "" {
		t.Errorf("the commit of what it wrote: %s", refused)
	}
	liar := p.run("reaper:feature-developer", isolatedPrompt("T-3"), "isolation", "worktree")
	liar.edits(liar.Cwd, "src/mail.js", "export const mails = 9\n")
	if back := liar.stop(reviewPass); back == "" {
		t.Error("a coding agent that edited and hands in a review may stop")
	}
}

// Ops agents that a profile names as reviewers are gates where a gate is due, and ops agents elsewhere.
func TestOpsAgentReviews(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	coder := p.verified("T-1", ".github/workflows/ci.yml")
	text, _ := p.run("reaper:deployment-engineer", reviewPrompt("T-1", coder.Cwd)).ends(reviewPass)
	if strings.Contains(text, "ops agent") {
		t.Errorf("the review of CI: %s", text)
	}
	if text, step := p.run("reaper:security-auditor", reviewPrompt("T-1", coder.Cwd)).ends(auditPass); step.Get("action").String() != "present" || step.Get("why").String() != "all-passed" {
		t.Errorf("after both: %s", text)
	}
}

// Units of a parent in one worktree: a pass for one counts for the other, whichever name the gates are given.
func TestUnitsOfAParent(t *testing.T) {
	t.Parallel()
	for _, named := range []string{"PROJ-1", "PROJ-1-a", "PROJ-1-b"} {
		t.Run(named, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, pipelineConfig)
			session := p.worktree(".claude/worktrees/PROJ-1-work", "feature/PROJ-1")
			for i, unit := range []string{"PROJ-1-a", "PROJ-1-b"} {
				file := fmt.Sprintf("src/unit%d.js", i)
				coder := p.run("reaper:bug-fixer", "TASK: "+unit+"\nWORKTREE: "+session+"\nBRIEF: Write the unit in "+file+"\nFILES: "+file+"\n")
				coder.edits(session, file, "export const x = 1\n")
				coder.ends(reportOn(unit, session, file))
			}
			p.passes(named, session)
			for _, unit := range []string{"PROJ-1-a", "PROJ-1-b"} {
				if _, refused := p.launch("reaper:branch-manager", commitPrompt(unit, session, session)); refused != "" {
					t.Errorf("%s: %s", unit, refused)
				}
			}
		})
	}
}

// Of two coding agents at work on one task the first to stop does not order the tests.
func TestTwoCodersOfOneTask(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	session := p.worktree("trees/T-1-work", "T-1")
	prompt := func(file string) string {
		return "TASK_ID: T-1, WORKTREE: ./" + session + ", FILES: " + file + ", EXCLUSIVE ownership\nBRIEF: Write a part of the work\n"
	}
	one, two := p.run("bug-fixer", prompt("src/one.js")), p.run("feature-developer", prompt("src/two.js"))
	one.edits(session, "src/one.js", "export const one = 1\n")
	if refused := two.edits(session, "src/one.js", "export const one = 2\n"); !strings.Contains(refused, "(agent \""+one.ID+"\") assigns") {
		t.Errorf("a write of the other's file: %q", refused)
	}
	if refused := two.edits(session, "src/three.js", "export const three = 3\n"); refused != "" {
		t.Errorf("a write of nobody's file: %s", refused)
	}
	two.edits(session, "src/two.js", "export const two = 2\n")
	if text, step := one.ends(reportOn("T-1", session, "src/one.js")); step.Get("action").String() != "wait" {
		t.Errorf("the first: %s", text)
	}
	if text, step := two.ends(reportOn("T-1", session, "src/two.js", "src/three.js")); step.Get("action").String() != "deploy" || step.Get("gates.0").String() != "test-runner" {
		t.Errorf("the second: %s", text)
	}
}

// While a coding agent is at work in the worktree, what a gate's command seems to have left may be that agent's work, and stays.
func TestByProductsBesideACoder(t *testing.T) {
	t.Parallel()
	for _, beside := range []bool{false, true} {
		p := newPipeline(t, pipelineConfig)
		coder := p.verified("T-1", "src/app.js")
		if beside {
			p.run("reaper:bug-fixer", "TASK: T-2, DESCRIPTION: describe the folders\nWORKTREE_PATH: "+coder.Cwd+"\nFILES: only bin/ is yours\n")
		}
		tester := p.run("reaper:test-runner", testsPrompt("T-1", coder.Cwd))
		tester.bash("cd " + p.path(coder.Cwd) + " && sh run-tests.sh && mkdir bin && echo x > bin/run.sh")
		tester.stop(testsPass)
		if _, err := os.Lstat(filepath.Join(p.path(coder.Cwd), "bin", "run.sh")); (err == nil) != beside {
			t.Errorf("beside a coding agent %t: %v", beside, err)
		}
	}
}
