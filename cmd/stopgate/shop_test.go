package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// shop is the repository of the examples in the documents. In it a coding agent has tried to commit, has claimed a file that it had not
// changed, has corrected that, and its change has passed the tests. What its test run left was removed. A test run in the main worktree has left the same.
type shop struct {
	t          *testing.T
	home, repo string
	lines      int
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
	s.launch(shopCoder, "stopgate:integration-engineer", "TASK: PROJ-123, DESCRIPTION: Retry failed Stripe payments\nWORKTREE_PATH: ./"+shopTree)
	s.shown["refused"] = s.event("PreToolUse", map[string]any{
		"agent_id": shopCoder, "agent_type": "stopgate:integration-engineer", "tool_name": "Bash", "tool_use_id": "toolu_c",
		"tool_input": map[string]any{"command": "git commit -am done"},
	}).Get("hookSpecificOutput.permissionDecisionReason").String()

	s.edit(shopCoder, "src/payments/stripe-client.js", "export const retries = 3\n")
	s.write(shopTree+"/coverage/lcov-report/index.html", "<title>Code coverage report for All files</title>\n<link rel=\"stylesheet\" href=\"prettify.css\" />\n")
	report := `{"task_id": "PROJ-123", "worktree_path": "./` + shopTree + `", "work_completed": "Failed Stripe payments are retried three times",` +
		` "files_modified": ["src/payments/stripe-client.js", "tests/payments/stripe.test.js"], "unfinished": []}`
	s.write("report.json", report+"\n")
	s.shown["rejected"] = s.stop(shopCoder, "stopgate:integration-engineer", report, false).Get("reason").String()

	s.says(shopCoder, "user", "Stop hook feedback:\nfix it")
	s.edit(shopCoder, "tests/payments/stripe.test.js", "test('retries three times')\n")
	s.stop(shopCoder, "stopgate:integration-engineer", report, true)
	s.shown["step"] = s.back(shopCoder, "stopgate:integration-engineer")
	object := s.shown["step"][strings.LastIndex(s.shown["step"], "\n")+1:]
	s.step = gjson.Get(object, "step_id").String()
	s.shown["step"] = strings.TrimSuffix(s.shown["step"], object) + `{"stopgate":"step/1", …}`

	s.launch(shopTests, "test-runner", gjson.Get(object, "calls.0.prompt").String())
	s.record(shopTests, "assistant", map[string]any{"type": "tool_use", "id": "toolu_run", "name": "Bash", "input": map[string]any{"command": "cd " + shopTree + " && npm test"}})
	s.record(shopTests, "user", map[string]any{"type": "tool_result", "tool_use_id": "toolu_run", "content": "Tests:       12 passed, 12 total\n"})
	s.stop(shopTests, "test-runner", `{"gate_status": "PASS", "commands": ["npm test"], "tests": {"passed": 12, "failed": 0}, "blocking_issues": []}`, false)
	s.shown["step of gate 2"] = s.back(shopTests, "test-runner")
	object = s.shown["step of gate 2"][strings.LastIndex(s.shown["step of gate 2"], "\n")+1:]
	s.shown["step of gate 2"] = strings.TrimSuffix(s.shown["step of gate 2"], object) + `{"stopgate":"step/1", …}`
	s.shown["not due"] = s.event("PreToolUse", map[string]any{
		"tool_name": "Agent", "tool_use_id": "toolu_m", "tool_input": map[string]any{"subagent_type": "branch-manager", "prompt": "Merge ./" + shopTree},
	}).Get("hookSpecificOutput.permissionDecisionReason").String()
	s.write("coverage/lcov-report/index.html", "<title>Code coverage report for All files</title>\n<link rel=\"stylesheet\" href=\"prettify.css\" />\n")
}

// write writes a file below the repository.
func (s *shop) write(name, text string) {
	s.t.Helper()
	s.writeAt(filepath.Join(s.repo, filepath.FromSlash(name)), text)
}

func (s *shop) writeAt(path, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// event is what the program answers to an event of the host.
func (s *shop) event(name string, fields map[string]any) gjson.Result {
	s.t.Helper()
	fields["hook_event_name"], fields["session_id"], fields["cwd"], fields["transcript_path"] = name, "s1", s.repo, s.session()+".jsonl"
	input, err := json.Marshal(fields)
	if err != nil {
		s.t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c := command{stdin: bytes.NewReader(input), stdout: &stdout, stderr: &stderr, getenv: os.Getenv, dir: s.repo, now: time.Now, lag: time.Nanosecond}
	if status := c.run([]string{"hook"}); status != exitOK || stderr.Len() > 0 {
		s.t.Fatalf("%s: status %d, %s", name, status, stderr.Bytes())
	}
	return gjson.ParseBytes(stdout.Bytes())
}

// session is where the host keeps the session, without the ending.
func (s *shop) session() string {
	return filepath.Join(s.home, ".claude", "projects", "-home-you-shop", "s1")
}

func (s *shop) transcript(agent string) string {
	return filepath.Join(s.session(), "subagents", "agent-"+agent+".jsonl")
}

// says adds a message to the transcript of an agent.
func (s *shop) says(agent, role, text string) {
	s.t.Helper()
	s.record(agent, role, map[string]any{"type": "text", "text": text})
}

// edit has an agent write a file of its worktree with a tool.
func (s *shop) edit(agent, name, text string) {
	s.t.Helper()
	id := fmt.Sprint("toolu_e", s.lines)
	s.record(agent, "assistant", map[string]any{"type": "tool_use", "id": id, "name": "Write", "input": map[string]any{
		"file_path": filepath.Join(s.repo, filepath.FromSlash(shopTree), filepath.FromSlash(name)), "content": text,
	}})
	s.write(shopTree+"/"+name, text)
	s.record(agent, "user", map[string]any{"type": "tool_result", "tool_use_id": id, "content": "done"})
}

// record adds a message with one block of content to the transcript of an agent.
func (s *shop) record(agent, role string, content map[string]any) {
	s.t.Helper()
	s.lines++
	reason := "end_turn"
	if content["type"] == "tool_use" {
		reason = "tool_use"
	}
	line, err := json.Marshal(map[string]any{
		"type": role, "uuid": fmt.Sprint("u", s.lines), "isSidechain": true, "agentId": agent, "sessionId": "s1", "cwd": s.repo, "version": "2.1.330",
		"timestamp": time.Now().UTC().Format(time.RFC3339Nano),
		"message":   map[string]any{"role": role, "id": fmt.Sprint("msg", s.lines), "stop_reason": reason, "content": []any{content}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	before, err := os.ReadFile(s.transcript(agent))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	s.writeAt(s.transcript(agent), string(before)+string(line)+"\n")
}

// launch launches an agent, which must be let through.
func (s *shop) launch(agent, kind, prompt string) {
	s.t.Helper()
	if out := s.event("PreToolUse", map[string]any{
		"tool_name": "Agent", "tool_use_id": "toolu_" + agent, "tool_input": map[string]any{"subagent_type": kind, "prompt": prompt},
	}); out.Raw != "" {
		s.t.Fatalf("the launch of %s: %s", kind, out.Raw)
	}
	s.writeAt(strings.TrimSuffix(s.transcript(agent), ".jsonl")+".meta.json", fmt.Sprintf(`{"agentType": %q, "toolUseId": "toolu_%s"}`, kind, agent))
	s.says(agent, "user", prompt)
	s.event("SubagentStart", map[string]any{"agent_id": agent, "agent_type": kind})
}

// stop ends an agent with a message; again tells that the host calls it a continued stop.
func (s *shop) stop(agent, kind, message string, again bool) gjson.Result {
	s.t.Helper()
	s.says(agent, "assistant", message)
	return s.event("SubagentStop", map[string]any{
		"agent_id": agent, "agent_type": kind, "agent_transcript_path": s.transcript(agent), "last_assistant_message": message, "stop_hook_active": again,
	})
}

// back hands an agent's result to the orchestrator, and returns what it reads beside it.
func (s *shop) back(agent, kind string) string {
	s.t.Helper()
	return s.event("PostToolUse", map[string]any{
		"tool_name": "Agent", "tool_response": map[string]any{"status": "completed", "agentId": agent, "agentType": kind},
	}).Get("hookSpecificOutput.additionalContext").String()
}

// asShown is a text of this run as the documents show it.
func (s *shop) asShown(text string) string {
	return strings.NewReplacer(s.home, "/home/you", s.step, shopStep, s.step[:8], shopStep[:8]).Replace(text)
}

// run runs a line of a document in the repository, and returns what it prints, as it would be in /home/you, and its exit status.
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
