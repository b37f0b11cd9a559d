package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"stopgate/scripts/client"
)

// shop is the repository of the examples in the documents. In it a coding agent has tried to commit, has claimed a file that it had not changed, has
// corrected that, and its change has passed the tests. What its test run left was removed. A test run in the main worktree has left the same.
type shop struct {
	*client.Session
	t          *testing.T
	home, repo string
	// shown are the texts that agents and the orchestrator have read, by the names that the documents use.
	shown map[string]string
	// step is the id of the step that followed the verified stop.
	step string
}

const (
	shopTree  = "trees/PROJ-123-stripe"
	shopCoder = "a57ef777"
	shopTests = "t4c01d29"
	// shopStep stands in the documents for the id of the step, which is another one in each run.
	shopStep = "6e74e0df1dd278afc8b405ad"
)

func newShop(t *testing.T) *shop {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, home: home, repo: filepath.Join(home, "shop"), shown: map[string]string{}}
	s.Session = playedSession(t, s.repo, filepath.Join(home, ".claude", "projects", "-home-you-shop", "s1.jsonl"))
	for _, kv := range append(cleanEnv(home), "NO_COLOR=1", "CLAUDE_PROJECT_DIR=", "STOPGATE_STATE_DIR=") {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	s.write(".gitignore", "/trees/\n/report.json\n")
	s.write("src/payments/stripe-client.js", "export const retries = 0\n")
	s.write("tests/payments/stripe.test.js", "test('retries')\n")
	s.write("docs/payments.md", "# Payments\n")
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"commit", "-qm", "Begin"}, {"worktree", "add", "-q", shopTree, "-b", "PROJ-123"}} {
		if err := git(s.repo, cleanEnv(home), args...); err != nil {
			t.Fatal(err)
		}
	}
	s.play()
	return s
}

// play is the story, event by event.
func (s *shop) play() {
	coder := s.launch(shopCoder, "stopgate:integration-engineer", "TASK: PROJ-123, DESCRIPTION: Retry failed Stripe payments\nWORKTREE_PATH: ./"+shopTree)
	s.shown["refused"] = s.event("PreToolUse", coder.Calls("toolu_c", "Bash", client.Fields{"command": "git commit -am done"})).Get("hookSpecificOutput.permissionDecisionReason").String()

	s.edit(coder, "src/payments/stripe-client.js", "export const retries = 3\n")
	s.write(shopTree+"/coverage/lcov-report/index.html", "<!doctype html>\n<title>Code coverage report for All files</title>\n<link rel=\"stylesheet\" href=\"prettify.css\" />\n")
	report := `{"task_id": "PROJ-123", "worktree_path": "./` + shopTree + `", "work_completed": "Failed Stripe payments are retried three times",` +
		` "files_modified": ["src/payments/stripe-client.js", "tests/payments/stripe.test.js"], "unfinished": []}`
	s.write("report.json", report+"\n")
	s.shown["rejected"] = s.stop(coder, report, false).Get("reason").String()

	coder.SentBack("fix it")
	s.edit(coder, "tests/payments/stripe.test.js", "test('retries three times')\n")
	s.stop(coder, report, true)
	s.shown["step"] = s.back(coder)
	object := s.shown["step"][strings.LastIndex(s.shown["step"], "\n")+1:]
	s.step = gjson.Get(object, "step_id").String()
	s.shown["step"] = strings.TrimSuffix(s.shown["step"], object) + `{"stopgate":"step/1", …}`

	tester := s.launch(shopTests, "test-runner", gjson.Get(object, "calls.0.prompt").String())
	tester.Adds("assistant", client.Use("toolu_run", "Bash", client.Fields{"command": "cd " + shopTree + " && npm test"}))
	tester.Adds("user", client.Result("toolu_run", "Tests:       12 passed, 12 total\n", false))
	s.stop(tester, `{"gate_status": "PASS", "commands": ["npm test"], "tests": {"passed": 12, "failed": 0}, "blocking_issues": []}`, false)
	s.shown["step of gate 2"] = s.back(tester)
	object = s.shown["step of gate 2"][strings.LastIndex(s.shown["step of gate 2"], "\n")+1:]
	s.shown["step of gate 2"] = strings.TrimSuffix(s.shown["step of gate 2"], object) + `{"stopgate":"step/1", …}`
	merge := client.Fields{"subagent_type": "branch-manager", "prompt": "Merge ./" + shopTree}
	s.shown["not due"] = s.event("PreToolUse", client.Call("toolu_m", "Agent", merge)).Get("hookSpecificOutput.permissionDecisionReason").String()
	s.write("coverage/lcov-report/index.html", "<!doctype html>\n<title>Code coverage report for All files</title>\n<link rel=\"stylesheet\" href=\"prettify.css\" />\n")
}

// write writes a file below the repository.
func (s *shop) write(name, text string) {
	s.t.Helper()
	writeFile(s.t, filepath.Join(s.repo, filepath.FromSlash(name)), text)
}

// event returns the program's answer to an event of the host.
func (s *shop) event(name string, fields client.Fields) gjson.Result {
	s.t.Helper()
	return gjson.Parse(hookAnswer(s.t, os.Environ(), s.repo, s.Event(name, s.repo, fields)))
}

// edit has an agent write a file of its worktree with a tool.
func (s *shop) edit(a *client.Agent, name, text string) {
	s.t.Helper()
	id := s.NewID("toolu_")
	a.Adds("assistant", client.Use(id, "Write", client.Fields{
		"file_path": filepath.Join(s.repo, filepath.FromSlash(shopTree), filepath.FromSlash(name)), "content": text,
	}))
	s.write(shopTree+"/"+name, text)
	a.Adds("user", client.Result(id, "done", false))
}

// launch launches an agent, which must be let through.
func (s *shop) launch(id, kind, prompt string) *client.Agent {
	s.t.Helper()
	a := &client.Agent{Session: s.Session, ID: id, Type: kind, Launch: "toolu_" + id, Cwd: s.repo}
	if out := s.event("PreToolUse", client.Call(a.Launch, "Agent", client.Fields{"subagent_type": kind, "prompt": prompt})); out.Raw != "" {
		s.t.Fatalf("the launch of %s: %s", kind, out.Raw)
	}
	launchedAs(s.t, a, prompt)
	s.event("SubagentStart", a.Starts())
	return a
}

// stop ends an agent with a message; again tells that the host calls it a continued stop.
func (s *shop) stop(a *client.Agent, message string, again bool) gjson.Result {
	s.t.Helper()
	a.Adds("assistant", client.Text(message))
	return s.event("SubagentStop", a.Stops(message, again, []any{}))
}

// back returns an agent's result to the orchestrator, and returns the text that the orchestrator reads with it.
func (s *shop) back(a *client.Agent) string {
	s.t.Helper()
	return s.event("PostToolUse", a.Returns(client.Fields{"subagent_type": a.Type}, a.Completed(""))).Get("hookSpecificOutput.additionalContext").String()
}

// asShown returns a text of this run as the documents show it.
func (s *shop) asShown(text string) string {
	return strings.NewReplacer(s.home, "/home/you", s.step, shopStep, s.step[:8], shopStep[:8]).Replace(text)
}

// run runs a line of a document in the repository. It returns the output, as it would be in /home/you, and the exit status.
func (s *shop) run(line string) (output string, status int) {
	s.t.Helper()
	line = strings.ReplaceAll(line, shopStep, s.step)
	if args, ok := strings.CutPrefix(line, "stopgate "); ok && !strings.ContainsAny(line, `|<>;&~$'"`) { // without a shell, which is faster
		var out bytes.Buffer
		c := command{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: os.Getenv, dir: s.repo, now: time.Now}
		status = c.run(strings.Fields(args))
		return s.asShown(out.String()), status
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir = s.repo
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("%s: %v", line, err)
	}
	return s.asShown(string(out)), cmd.ProcessState.ExitCode()
}

// follow runs a line that goes on until it is interrupted, and interrupts it when it has printed something.
func (s *shop) follow(line string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", "exec "+line)
	cmd.Dir = s.repo
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 1)); err != nil {
		s.t.Errorf("%s prints nothing: %v", line, err)
	}
	if err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
		s.t.Errorf("%s: %v", line, err)
	}
}
