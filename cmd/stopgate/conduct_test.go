package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"stopgate/hook/observe"
	"stopgate/hook/rule"
	"stopgate/hook/shell/screen"
	"stopgate/hook/worktree"
	"stopgate/scripts/client"
)

// agentWorld is a repository with a remote, two worktrees and a coding agent in the first of them, whose commands no parser sees through.
type agentWorld struct {
	client.Agent
	t         *testing.T
	dir, repo string
	environ   []string // of the program
}

const (
	ownTree   = "trees/T1-login"
	otherTree = "trees/T2-other"
)

func newAgentWorld(t *testing.T) *agentWorld {
	t.Helper()
	w := &agentWorld{t: t, dir: t.TempDir()}
	var err error
	if w.dir, err = filepath.EvalSymlinks(w.dir); err != nil {
		t.Fatal(err)
	}
	w.repo = filepath.Join(w.dir, "repo")
	w.Agent = client.Agent{Session: playedSession(t, w.repo, filepath.Join(w.dir, "s1.jsonl")), ID: "a1", Type: "bug-fixer", Launch: "toolu_1", Cwd: w.repo}
	w.environ = append(testEnviron(w.dir), "CLAUDE_PROJECT_DIR="+w.repo, "STOPGATE_STATE_DIR="+filepath.Join(w.dir, "state"))
	copyTemplate(t, w.dir, "agentWorld", func(dir string) error {
		repo := filepath.Join(dir, "repo")
		if err := makeRepository(repo, cleanEnv(dir), firstFiles); err != nil {
			return err
		}
		cmd := exec.Command("sh", "-ec", `
			git init -q --bare "$PWD/../origin.git"
			git remote add origin "$PWD/../origin.git"
			git worktree add -q `+ownTree+` -b T1
			git worktree add -q `+otherTree+` -b T2
			(cd `+ownTree+` && echo second > second.txt && git add second.txt && git commit -qm second)
			echo 'main has moved on' > b.txt
			git commit -qam main
			git push -q origin main T1
			git branch idle`)
		cmd.Dir, cmd.Env, cmd.Stderr = repo, testEnviron(dir), os.Stderr
		return cmd.Run()
	})
	return w
}

func (w *agentWorld) git(args ...string) {
	w.t.Helper()
	if err := git(w.repo, cleanEnv(w.dir), args...); err != nil {
		w.t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
}

func (w *agentWorld) write(name, text string) {
	w.t.Helper()
	writeFile(w.t, filepath.Join(w.repo, filepath.FromSlash(name)), text)
}

// event lets the program answer an event.
func (w *agentWorld) event(name string, fields client.Fields) string {
	w.t.Helper()
	return hookAnswer(w.t, w.environ, w.repo, w.Event(name, w.repo, fields))
}

// begin launches the agent.
func (w *agentWorld) begin() {
	w.t.Helper()
	prompt := "TASK: T1, DESCRIPTION: Keep users logged in after a restart\nWORKTREE_PATH: ./" + ownTree + "\n"
	if out := w.event("PreToolUse", client.Call(w.Launch, "Agent", client.Fields{"subagent_type": w.Type, "prompt": prompt})); out != "" {
		w.t.Fatalf("the launch: %s", out)
	}
	launchedAs(w.t, &w.Agent, prompt)
	w.event("SubagentStart", w.Starts())
}

// run has the agent run a command in its worktree.
func (w *agentWorld) run(command string) {
	w.t.Helper()
	if uses := screen.Prohibited(command); uses != nil {
		w.t.Fatalf("the parser sees %+v in %s", uses, command)
	}
	id := w.NewID("toolu_")
	w.Adds("assistant", client.Use(id, "Bash", client.Fields{"command": command}))
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = w.environ
	cmd.Dir = filepath.Join(w.repo, ownTree)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	w.Adds("user", client.Result(id, "done", false))
}

// stop ends the agent with a report, and returns the record of its stop and the answer.
func (w *agentWorld) stop(files ...string) (record gjson.Result, answer string) {
	w.t.Helper()
	return w.stopWith(w.report(files...))
}

func (w *agentWorld) report(files ...string) string {
	w.t.Helper()
	report, err := json.Marshal(map[string]any{
		"task_id": "T1", "worktree_path": "./" + ownTree, "work_completed": "done", "files_modified": files, "unfinished": []string{},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(report)
}

// stopWith ends the agent with a message.
func (w *agentWorld) stopWith(message string) (record gjson.Result, answer string) {
	w.t.Helper()
	w.Adds("assistant", client.Text(message))
	answer = w.event("SubagentStop", w.Stops(message, false, []any{}))
	for line := range strings.Lines(w.journal()) {
		if r := gjson.Parse(line); r.Get("kind").String() == "stop" {
			record = r
		}
	}
	return record, answer
}

func (w *agentWorld) journal() string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "state", "*", "*.jsonl"))
	if err != nil || len(files) != 1 {
		w.t.Fatalf("journals: %q, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w *agentWorld) marks() worktree.Marks {
	w.t.Helper()
	place, err := worktree.Locate(filepath.Join(w.repo, ownTree))
	if err != nil {
		w.t.Fatal(err)
	}
	m, err := observe.Worktrees{}.Marks(w.t.Context(), place)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// unseen is an action that is prohibited for coding agents, by a script that no parser reads. Its effect on the repository shows it.
var unseen = []struct {
	name, script string
	rule         rule.Name
	severity     rule.Severity
	says         string // of the finding
	keeps        string // a kind of change that the suggested command leaves; "" for none, "-" if no command is suggested
}{
	{"add", "git add new.txt", rule.GitStaged, rule.Block, `1 file was staged in "./trees/T1-login" since the agent began: "new.txt"`, "-"},
	{"add intent", "git add -N new.txt", rule.GitStaged, rule.Block, `"new.txt"`, "-"},
	{"rm", "git rm -q --cached a.txt", rule.GitStaged, rule.Block, `"a.txt"`, "-"},
	{"commit", "git add -A && git commit -qm 'all done'", rule.GitHistory, rule.Halt, `its reflog: "commit: all done" by "a <a@example.com>" at 20`, "head-returned"},
	{"commit elsewhere", "git -C ../T2-other commit -q --allow-empty -m x", rule.GitHistory, rule.Halt, `T2-other" was "refs/heads/T2 `, "-"},
	{"amend", "git commit -q --amend -m other", rule.GitHistory, rule.Halt, "commit (amend)", "head-returned"},
	{"push", "git commit -q --allow-empty -m x && git push -q origin T1", rule.GitPushed, rule.Halt, `the remote-tracking branch "refs/remotes/origin/T1" moved from`, "head-moved branch-moved"},
	{"push of something new", "git push -q origin HEAD:refs/heads/fresh", rule.GitPushed, rule.Halt, `"refs/remotes/origin/fresh" was created`, ""},
	{"merge", "git merge -q main -m merged", rule.GitHistory, rule.Halt, "merge main", "head-returned"},
	{"merge in progress", "git merge -q --no-ff --no-commit main", rule.GitHistory, rule.Halt, `a merge is in progress in "./trees/T1-login"`, "head-returned"},
	{"pull", "git pull -q --no-rebase origin main", rule.GitHistory, rule.Halt, "pull", "head-returned"},
	{"rebase", "git rebase -q main", rule.GitHistory, rule.Halt, "rebase", "head-returned"},
	{"cherry-pick", "git cherry-pick main", rule.GitHistory, rule.Halt, "cherry-pick", "head-returned"},
	{"revert", "git revert --no-edit HEAD", rule.GitHistory, rule.Halt, "revert", "head-returned"},
	{"am", "git format-patch -q -1 main --stdout > ../../../p.patch && git am -q ../../../p.patch", rule.GitHistory, rule.Halt, "am: main", "head-returned"},
	{"reset to another commit", "git reset -q --soft HEAD~1", rule.GitHistory, rule.Halt, "reset: moving to HEAD~1", "head-returned"},
	{"reset of the worktree", "git reset -q --hard", rule.GitHistory, rule.Note, "was moved and is back at", "-"},
	{"stash", "echo x >> a.txt && git stash -q", rule.GitHistory, rule.Halt, "the stash has grown", "head-returned"},
	{"tag", "git tag v1", rule.GitHistory, rule.Halt, `the tag "refs/tags/v1" was created`, ""},
	{"branch", "git branch fresh", rule.GitHistory, rule.Halt, `the branch "refs/heads/fresh" was created`, ""},
	{"branch moved", "git branch -f idle HEAD", rule.GitHistory, rule.Halt, `the branch "refs/heads/idle" moved`, ""},
	{"branch deleted", "git branch -q -D idle", rule.GitHistory, rule.Halt, `the branch "refs/heads/idle", which was at`, ""},
	{"switch", "git switch -q -c fresh", rule.GitHistory, rule.Halt, `was switched from "T1" to "fresh"`, "branch-created head-returned"},
	{"checkout of a commit", "git checkout -q --detach main", rule.GitHistory, rule.Halt, `was switched from "T1" to no branch`, "head-returned"},
	{"update-ref", "git update-ref refs/heads/idle HEAD", rule.GitHistory, rule.Halt, `"refs/heads/idle" moved`, ""},
	{"notes", "git notes add -m x", rule.GitHistory, rule.Halt, `"refs/notes/commits" was created`, "-"},
	{"configuration", "git config alias.ci commit", rule.GitTampered, rule.Halt, `"alias.ci" was not set and is "commit"`, ""},
	{"hooks path", "git config core.hooksPath /nowhere", rule.GitTampered, rule.Halt, `"core.hookspath" was not set and is "/nowhere"`, ""},
	{"remote", "git remote set-url origin ../other.git", rule.GitTampered, rule.Halt, `and is "../other.git"`, ""},
	{"a hook", "echo '#!/bin/sh' > ../../.git/hooks/pre-commit", rule.GitTampered, rule.Halt, `git's hook "hooks/pre-commit" was not there`, "-"},
	{"ignored in secret", "echo secret >> ../../.git/info/exclude", rule.GitTampered, rule.Halt, `git's file "info/exclude"`, "-"},
	{"hidden from git", "git update-index --assume-unchanged a.txt", rule.GitTampered, rule.Halt, `git was told not to look at "a.txt" (assume-unchanged)`, ""},
	{"worktree removed", "git worktree remove ../T2-other", rule.GitHistory, rule.Note, `T2-other" was removed`, "-"},
}

// TestUnseenByWhom: a change of something that all worktrees share is charged to an agent that bypassed the guard, and to none that only ran an
// ordinary command at that time. A change of an agent's own worktree is its own.
func TestUnseenByWhom(t *testing.T) {
	for script, want := range map[string]string{"git tag v1": "verified", "git config a.b c": "verified", "git commit -q --allow-empty -m x": "violation"} {
		w := newAgentWorld(t)
		w.begin()
		w.write(ownTree+"/new.txt", "new\n")
		w.write("../work.sh", script+"\n")
		w.run("sh ../../../work.sh")
		record, _ := w.stop("new.txt")
		if got := record.Get("data.verdict").String(); got != want {
			t.Errorf("%s: %q, want %q: %s", script, got, want, record.Get("data.findings"))
		}
	}
}

// TestUnseenProhibitions: each is caught at the stop, the stop's severity is right, and the suggested command takes it back.
func TestUnseenProhibitions(t *testing.T) {
	t.Parallel()
	for _, tt := range unseen {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			skipSome(t)
			w := newAgentWorld(t)
			w.begin()
			before := w.marks()
			w.write(ownTree+"/new.txt", "new\n")
			w.write("../work.sh", "set -e\n"+tt.script+"\n")
			w.run("PATH=/usr/local/bin:/usr/bin:/bin sh ../../../work.sh") // around the guard, which is evidence
			record, answer := w.stop("new.txt")
			var found gjson.Result
			for _, f := range record.Get("data.findings").Array() {
				if f.Get("rule").String() == string(tt.rule) && strings.Contains(f.Get("message").String(), tt.says) {
					found = f
				}
			}
			if !found.Exists() {
				t.Fatalf("no %s that says %s in %s", tt.rule, tt.says, record.Get("data.findings"))
			}
			want := map[rule.Severity]string{rule.Block: "rejected", rule.Halt: "violation", rule.Note: "verified"}[tt.severity]
			if got := found.Get("severity").String(); got != string(tt.severity) {
				t.Errorf("the severity is %q, want %q", got, tt.severity)
			}
			if got := record.Get("data.verdict").String(); got != want {
				t.Errorf("the verdict is %q, want %q: %s", got, want, record.Get("data.findings"))
			}
			if blocked := strings.Contains(answer, `"block"`); blocked != (tt.severity == rule.Block) {
				t.Errorf("the agent is answered %q", answer)
			}
			// A reflog has times, and a time names the command that was running.
			message := found.Get("message").String()
			if strings.Contains(message, "its reflog: ") && tt.severity == rule.Halt && !strings.Contains(message, `sh ../../../work.sh" then, which replaces PATH (line 2 of its transcript)`) {
				t.Errorf("the evidence does not name the command: %s", message)
			}
			if tt.keeps == "-" {
				return
			}
			w.undo(message)
			for _, c := range worktree.CompareMarks(before, w.marks()) {
				if !strings.Contains(" "+tt.keeps+" ", " "+string(c.Kind)+" ") {
					t.Errorf("after the suggested command %+v is left", c)
				}
			}
		})
	}
}

// Changes by code that no parser reads are found too: another language, an encoded script.
func TestUnseenRoads(t *testing.T) {
	t.Parallel()
	roads := map[string]string{
		"base64":                 `echo Z2l0IGNvbW1pdCAtcSAtLWFsbG93LWVtcHR5IC1tIHg= | base64 -d | sh`,
		"your own configuration": `echo Z2l0IGNvbmZpZyAtLWdsb2JhbCBjb3JlLmhvb2tzUGF0aCAveAo= | base64 -d | sh`,
	}
	if _, err := exec.LookPath("python3"); err == nil {
		roads["python"] = `python3 -c 'import subprocess; subprocess.check_call(["g" + "it", "comm" + "it", "-q", "--allow-empty", "-m", "x"])'`
	}
	for name, command := range roads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newAgentWorld(t)
			w.begin()
			w.write(ownTree+"/new.txt", "new\n")
			w.run(command)
			record, answer := w.stop("new.txt")
			if got := record.Get("data.verdict").String(); got != "violation" || answer != "" {
				t.Errorf("the verdict is %q, the agent is answered %q: %s", got, answer, record.Get("data.findings"))
			}
		})
	}
}

// Whatever an agent ends with, a commit stops the task at once: it is not sent back for anything then.
func TestCommitWithoutAReport(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{"no report": "Done.", "an exit by protocol": "ERROR: the API specification is missing"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newAgentWorld(t)
			w.begin()
			w.write("../work.sh", "git commit -q --allow-empty -m x\n")
			w.run("sh ../../../work.sh")
			record, answer := w.stopWith(message)
			if got := record.Get("data.verdict").String(); got != "violation" || answer != "" {
				t.Errorf("the verdict is %q, the agent is answered %q", got, answer)
			}
		})
	}
}

// A resumed agent answers for changes since its resumption, not for those that the branch-manager made in between.
func TestResumedAfterACommit(t *testing.T) {
	t.Parallel()
	w := newAgentWorld(t)
	w.begin()
	w.write(ownTree+"/new.txt", "new\n")
	w.run("ls")
	if record, _ := w.stop("new.txt"); record.Get("data.verdict").String() != "verified" {
		t.Fatalf("the first stop: %s", record)
	}
	w.git("-C", ownTree, "add", "new.txt")
	w.git("-C", ownTree, "commit", "-qm", "by the branch-manager")
	w.event("SubagentStart", map[string]any{"agent_id": "a1", "agent_type": "bug-fixer"})
	w.Resumed("The review found something.")
	w.write(ownTree+"/new.txt", "newer\n")
	w.run("ls -l")
	if record, _ := w.stop("new.txt"); record.Get("data.verdict").String() != "verified" || strings.Contains(record.Raw, "git-history") {
		t.Errorf("the second stop: %s", record)
	}
	w.event("SubagentStart", map[string]any{"agent_id": "a1", "agent_type": "bug-fixer"})
	w.Resumed("Once more.")
	w.write("../work.sh", "git commit -qam mine")
	w.run("sh ../../../work.sh")
	if record, _ := w.stop("new.txt"); record.Get("data.verdict").String() != "violation" {
		t.Errorf("the third stop: %s", record)
	}
}

// undo runs the command that a finding suggests.
func (w *agentWorld) undo(message string) {
	w.t.Helper()
	_, line, ok := strings.Cut(message, "; to undo: ")
	if !ok {
		w.t.Fatalf("no command is suggested: %s", message)
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Env = w.environ
	cmd.Dir = w.repo
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Errorf("%s: %v\n%s", line, err, out)
	}
}
