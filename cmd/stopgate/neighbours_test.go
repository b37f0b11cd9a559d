package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// Tasks that share a worktree and no ticket, as the tasks of a plan do that are implemented one after the other.
const planned = ".worktrees/plan"

// plans has two tasks of a plan done in one worktree, and returns the step after the second.
func (p *pipeline) plans() (step gjson.Result) {
	p.t.Helper()
	p.worktree(planned, "feature/plan")
	for _, work := range [][2]string{{"T012", "src/app.js"}, {"T013", "src/mail.js"}} {
		task, file := work[0], work[1]
		coder := p.run("bug-fixer", "TASK: "+task+"\nWORKTREE: "+planned+"\nBRIEF: Try failed deliveries of "+task+" again\nFILES: "+file+"\n")
		coder.edits(planned, file, "export const retries = 3\n")
		_, step = coder.ends(reportOn(task, planned, file))
	}
	return step
}

// gatesOf runs the gates that a step orders, and those after them, until none is left. prompted changes their prompts.
func (p *pipeline) gatesOf(step gjson.Result, prompted func(string) string) gjson.Result {
	p.t.Helper()
	for calls := step.Get("calls").Array(); len(calls) > 0; calls = step.Get("calls").Array() {
		for _, call := range calls {
			gate := p.run(call.Get("subagent_type").String(), prompted(call.Get("prompt").String()))
			result := reviewPass
			if gate.Type == "test-runner" {
				gate.bash("cd " + planned + " && sh run-tests.sh")
				result = testsPass
			}
			_, step = gate.ends(result)
		}
	}
	return step
}

func asOrdered(prompt string) string { return prompt }

// command returns the output of a command for people.
func (p *pipeline) command(args ...string) string {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	environ := append(testEnviron(p.dir), "STOPGATE_STATE_DIR="+filepath.Join(p.dir, "state"))
	c := command{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: lookupIn(environ), environ: environ, dir: p.repo, now: time.Now}
	if status := c.run(args); status != exitOK {
		p.t.Fatalf("%v: status %d, %s", args, status, stderr.Bytes())
	}
	return stdout.String()
}

// phase returns where a task stands.
func (p *pipeline) phase(task string) string {
	p.t.Helper()
	for _, t := range gjson.Get(p.command("status", "--all", "--format", "json"), "tasks").Array() {
		if t.Get("task").String() == task {
			return t.Get("phase").String()
		}
	}
	return ""
}

// The gates of one task check the work of the other as well, and one merge takes both.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	step := p.plans()
	prompt := step.Get("calls.0.prompt").String()
	if !strings.Contains(prompt, "\nALSO_FOR: \"T012\"\n") || !strings.Contains(prompt, "src/app.js") || !strings.Contains(prompt, "src/mail.js") || !strings.Contains(prompt, "deliveries of T012") {
		t.Errorf("the prompt of the tests: %s", prompt)
	}
	if step = p.gatesOf(step, asOrdered); !strings.Contains(step.Get("instead").String(), "The worktree has the work of \"T012\" as well") {
		t.Errorf("the person is asked: %s", step.Raw)
	}
	text := p.event("UserPromptSubmit", p.repo, map[string]any{"prompt": "Merge it."}).Get("hookSpecificOutput.additionalContext").String()
	merger := p.run("branch-manager", stepIn(text).Get("calls.0.prompt").String())
	for _, command := range []string{"cd " + planned + " && git add -A && git commit -qm retries", "git merge -q feature/plan"} {
		if refused := merger.bash(command); refused != "" {
			t.Errorf("%s: %s", command, refused)
		}
	}
	merger.ends(managed)
	for _, task := range []string{"T012", "T013"} {
		if phase := p.phase(task); phase != "done" {
			t.Errorf("%s is %s after the merge", task, phase)
		}
	}
}

// A task whose agent declined has no work, so the merge of the others does not wait for it. Alone in its worktree it is not merged.
func TestDeclinedNeighbour(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	step := p.plans()
	declining := p.run("bug-fixer", "TASK: T014\nWORKTREE: "+planned+"\nBRIEF: Tell support after the third failed delivery\n")
	if _, step := declining.ends("ERROR: the address of support is missing"); step.Get("verdict").String() != "declined" {
		t.Fatal(step.Raw)
	}
	p.gatesOf(step, asOrdered)
	p.person("Merge it.")
	if _, refused := p.launch("branch-manager", "TASK: T014\nWORKTREE: "+planned+"\nMerge into main\n"); refused == "" {
		t.Error("the task that was declined may be merged")
	}
	merger := p.run("branch-manager", "TASK: T013\nWORKTREE: "+planned+"\nMerge into main\n")
	for _, command := range []string{"cd " + planned + " && git add -A && git commit -qm retries", "git merge -q feature/plan"} {
		own := p.event("PreToolUse", p.repo, map[string]any{"tool_name": "Bash", "tool_use_id": "own", "tool_input": map[string]any{"command": command}}).Get("hookSpecificOutput.permissionDecisionReason").String()
		if refused := merger.bash(command); refused != "" || own != "" {
			t.Errorf("%s: %s, and by the session itself: %s", command, refused, own)
		}
	}
	merger.ends(managed)
	if phase := p.phase("T013"); phase != "done" {
		t.Errorf("the task is %s after the merge", phase)
	}
}

// A gate that was not told of the other task says nothing of it, and a merge would take that work unchecked.
func TestNeighbourUnchecked(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	p.gatesOf(p.plans(), func(prompt string) string { return strings.Replace(prompt, "ALSO_FOR: ", "Beside it is ", 1) })
	if own, other := p.phase("T013"), p.phase("T012"); own != "authorise" || other != "gate-1" {
		t.Errorf("the tasks are %s and %s", own, other)
	}
	p.person("Merge it.")
	if _, refused := p.launch("branch-manager", "TASK: T012\nWORKTREE: "+planned+"\nMerge into main\n"); !strings.Contains(refused, "test-runner") {
		t.Errorf("the merge of the other: %q", refused)
	}
	_, refused := p.launch("branch-manager", "TASK: T013\nWORKTREE: "+planned+"\nMerge into main\n")
	if !strings.Contains(refused, "not launched for task \"T012\"") || !strings.Contains(refused, "takes the work of both") || !strings.Contains(refused, "stopgate close T012") {
		t.Errorf("the merge: %q", refused)
	}
	if phase := p.phase("T013"); phase != "authorise" {
		t.Errorf("the task is %s after two launches that were refused", phase)
	}
}

// A failure is not the other task's, and a pass that does not count for the task itself is none for the other.
func TestNeighbourFails(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]string{
		"fails":        `{"gate_status": "FAIL", "commands": ["sh run-tests.sh"], "tests": {"passed": 3, "failed": 1}, "blocking_issues": ["src/mail.js: no limit"]}`,
		"is no result": "All is well.",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, "")
			tester := p.run("test-runner", p.plans().Get("calls.0.prompt").String())
			tester.bash("cd " + planned + " && sh run-tests.sh")
			if tester.stop(result) != "" {
				tester.stop(result)
			}
			tester.back()
			if said := p.command("explain", "--task", "T012"); !strings.Contains(said, "test-runner: not run") {
				t.Errorf("of the other task: %s", said)
			}
		})
	}
}

// Pipelines that name no task launch the next agent with the same words. It answers for what the one before left without a report.
func TestSuccessorWithoutTask(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, "")
	p.worktree(planned, "feature/plan")
	const prompt = "Implement retries of failed deliveries: three tries, then tell support.\n\nWork from: " + planned + "\n"
	first := p.run("bug-fixer", prompt)
	first.edits(planned, "src/mail.js", "export const half = true\n")
	for range 4 {
		if first.stop("It is done.") == "" {
			break
		}
	}
	first.back()
	second := p.run("bug-fixer", prompt+"The one before you left no report.\n")
	second.edits(planned, "src/app.js", "export const retries = 3\n")
	if text, step := second.ends(reportOn("retries", planned, "src/app.js", "src/mail.js")); step.Get("verdict").String() != "verified" || len(step.Get("files").Array()) != 2 {
		t.Errorf("the successor: %s", text)
	}
}
