package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// pipeline is a repository in which a pipeline of agents runs, with prompts and results as present pipelines word them. It plays the host:
// it makes the worktrees of isolated agents and removes unchanged ones (2.1.332).
type pipeline struct {
	t         *testing.T
	dir, repo string
	count     int
}

// member is one agent of a pipeline.
type member struct {
	p                    *pipeline
	id, typ, use, prompt string
	cwd                  string // its working directory
	isolated, sentBack   bool
	again                bool   // it was resumed
	last, told           string // its last message, and what it was told at its start
}

// newPipeline makes the repository, with that configuration if it is not "".
func newPipeline(t *testing.T, configuration string) *pipeline {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{t: t, dir: dir, repo: filepath.Join(dir, "repo")}
	p.write(p.repo, "src/app.js", "export const retries = 0\n")
	p.write(p.repo, "src/mail.js", "export const mails = 0\n")
	p.write(p.repo, "docs/notes.md", "# Notes\n")
	p.write(p.repo, ".gitignore", "/trees/\n/.claude/worktrees/\nnode_modules/\n")
	if configuration != "" {
		p.write(p.repo, ".stopgate.yml", configuration)
	}
	p.git(p.repo, "init", "-q", "-b", "main")
	p.git(p.repo, "add", ".")
	p.git(p.repo, "commit", "-qm", "Begin")
	return p
}

func (p *pipeline) write(dir, name, text string) {
	p.t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pipeline) git(dir string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, cleanEnv(p.dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// worktree adds a session worktree, and returns its path below the repository.
func (p *pipeline) worktree(path, branch string) string {
	p.t.Helper()
	p.git(p.repo, "worktree", "add", "-q", path, "-b", branch)
	return path
}

func (p *pipeline) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.repo, filepath.FromSlash(name))
}

// event is what the program answers to an event of the host.
func (p *pipeline) event(name, cwd string, fields map[string]any) gjson.Result {
	p.t.Helper()
	fields["hook_event_name"], fields["session_id"], fields["cwd"], fields["transcript_path"] = name, "s1", cwd, filepath.Join(p.dir, "s1.jsonl")
	input, err := json.Marshal(fields)
	if err != nil {
		p.t.Fatal(err)
	}
	environ := append(testEnviron(p.dir), "CLAUDE_PROJECT_DIR="+p.repo, "STOPGATE_STATE_DIR="+filepath.Join(p.dir, "state"))
	var stdout, stderr bytes.Buffer
	c := command{stdin: bytes.NewReader(input), stdout: &stdout, stderr: &stderr, getenv: lookupIn(environ), environ: environ, dir: cwd, now: time.Now, lag: time.Nanosecond}
	if status := c.run([]string{"hook"}); status != exitOK || stderr.Len() > 0 {
		p.t.Fatalf("%s: status %d, %s", name, status, stderr.Bytes())
	}
	return gjson.ParseBytes(stdout.Bytes())
}

func denied(out gjson.Result) string {
	return out.Get("hookSpecificOutput.permissionDecisionReason").String()
}

// launch launches an agent; refused is why not, "" if it runs. input is what the tool is given beside type and prompt.
func (p *pipeline) launch(typ, prompt string, input ...string) (m *member, refused string) {
	p.t.Helper()
	p.count++
	m = &member{p: p, id: fmt.Sprintf("a%04d", p.count), typ: typ, use: fmt.Sprintf("toolu_%d", p.count), prompt: prompt, cwd: p.repo}
	tool := map[string]any{"subagent_type": typ, "prompt": prompt, "description": "work"}
	for i := 0; i+1 < len(input); i += 2 {
		tool[input[i]] = input[i+1]
	}
	if refused := denied(p.event("PreToolUse", p.repo, map[string]any{"tool_name": "Agent", "tool_use_id": m.use, "tool_input": tool})); refused != "" {
		return nil, refused
	}
	m.isolated = tool["isolation"] == "worktree" || m.defined("isolation: worktree")
	if m.isolated {
		m.cwd = filepath.Join(p.repo, ".claude", "worktrees", "agent-"+m.id)
		p.git(p.repo, "worktree", "add", "-q", "--lock", m.cwd, "-b", "worktree-agent-"+m.id)
	}
	p.write(p.dir, "s1/subagents/agent-"+m.id+".meta.json", fmt.Sprintf(`{"agentType": %q, "toolUseId": %q}`, typ, m.use))
	m.says("user", map[string]any{"type": "text", "text": prompt})
	m.start()
	return m, ""
}

// run launches an agent, which must be let through.
func (p *pipeline) run(typ, prompt string, input ...string) *member {
	p.t.Helper()
	m, refused := p.launch(typ, prompt, input...)
	if refused != "" {
		p.t.Fatalf("the launch of %s is refused: %s", typ, refused)
	}
	return m
}

// defined reports whether the project's definition of the agent has that line.
func (m *member) defined(line string) bool {
	text, err := os.ReadFile(filepath.Join(m.p.repo, ".claude", "agents", m.typ+".md"))
	return err == nil && strings.Contains(string(text), line)
}

func (m *member) start() {
	m.p.t.Helper()
	m.told = m.p.event("SubagentStart", m.cwd, map[string]any{"agent_id": m.id, "agent_type": m.typ}).Get("hookSpecificOutput.additionalContext").String()
}

func (m *member) transcript() string {
	return filepath.Join(m.p.dir, "s1", "subagents", "agent-"+m.id+".jsonl")
}

func (m *member) says(role string, content map[string]any) {
	m.p.t.Helper()
	m.p.count++
	reason := "end_turn"
	if content["type"] == "tool_use" {
		reason = "tool_use"
	}
	line, err := json.Marshal(map[string]any{
		"type": role, "uuid": fmt.Sprint("u", m.p.count), "isSidechain": true, "agentId": m.id, "sessionId": "s1", "cwd": m.cwd, "version": "2.1.332",
		"timestamp": time.Now().UTC().Format(time.RFC3339Nano),
		"message":   map[string]any{"role": role, "id": fmt.Sprint("msg", m.p.count), "stop_reason": reason, "content": []any{content}},
	})
	if err != nil {
		m.p.t.Fatal(err)
	}
	file, err := os.OpenFile(m.transcript(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.p.t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		m.p.t.Fatal(err)
	}
}

// use has the agent use a tool: do is what the tool does if it is let through. refused is why not.
func (m *member) uses(tool string, input map[string]any, do func()) (refused string) {
	m.p.t.Helper()
	m.p.count++
	id := fmt.Sprint("toolu_u", m.p.count)
	m.says("assistant", map[string]any{"type": "tool_use", "id": id, "name": tool, "input": input})
	refused = denied(m.p.event("PreToolUse", m.cwd, map[string]any{
		"agent_id": m.id, "agent_type": m.typ, "tool_name": tool, "tool_use_id": id, "tool_input": input,
	}))
	if refused != "" {
		m.says("user", map[string]any{"type": "tool_result", "tool_use_id": id, "content": refused, "is_error": true})
		return refused
	}
	do()
	m.says("user", map[string]any{"type": "tool_result", "tool_use_id": id, "content": "done"})
	return ""
}

// edits writes a file with a tool. dir is the worktree.
func (m *member) edits(dir, name, text string) (refused string) {
	m.p.t.Helper()
	path := filepath.Join(m.p.path(dir), filepath.FromSlash(name))
	return m.uses("Write", map[string]any{"file_path": path, "content": text}, func() { m.p.write(filepath.Dir(path), filepath.Base(path), text) })
}

// bash runs a command.
func (m *member) bash(command string) (refused string) {
	m.p.t.Helper()
	return m.uses("Bash", map[string]any{"command": command}, func() { m.p.sh(m.cwd, command) })
}

func (p *pipeline) sh(dir, command string) {
	p.t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = dir, cleanEnv(p.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// orchestrator has the main session run a command.
func (p *pipeline) orchestrator(cwd, command string) (refused string) {
	p.t.Helper()
	p.count++
	return denied(p.event("PreToolUse", p.path(cwd), map[string]any{
		"tool_name": "Bash", "tool_use_id": fmt.Sprint("toolu_o", p.count), "tool_input": map[string]any{"command": command},
	}))
}

// stop ends the agent with a message; back is why it is sent back, "" if it may stop.
func (m *member) stop(message string) (back string) {
	m.p.t.Helper()
	m.says("assistant", map[string]any{"type": "text", "text": message})
	m.last = message
	out := m.p.event("SubagentStop", m.cwd, map[string]any{
		"agent_id": m.id, "agent_type": m.typ, "agent_transcript_path": m.transcript(), "last_assistant_message": message, "stop_hook_active": m.sentBack,
	})
	back = out.Get("reason").String()
	if m.sentBack = back != ""; m.sentBack {
		m.says("user", map[string]any{"type": "text", "text": "Stop hook feedback:\n" + back})
	} else if m.isolated && m.p.git(m.cwd, "status", "--porcelain") == "" && m.p.git(m.cwd, "rev-parse", "HEAD") == m.p.git(m.p.repo, "rev-parse", "HEAD") {
		m.p.git(m.p.repo, "worktree", "unlock", m.cwd)
		m.p.git(m.p.repo, "worktree", "remove", m.cwd)
		m.p.git(m.p.repo, "branch", "-q", "-D", "worktree-agent-"+m.id)
	}
	return back
}

// back is the return of the agent to the orchestrator: the text and the step that it gets.
func (m *member) back() (text string, step gjson.Result) {
	m.p.t.Helper()
	event, fields := "PostToolUse", map[string]any{
		"tool_name": "Agent", "tool_use_id": m.use, "tool_input": map[string]any{"subagent_type": m.typ, "prompt": m.prompt},
		"tool_response": map[string]any{"status": "completed", "agentId": m.id, "agentType": m.typ},
	}
	if m.again {
		event, fields = "UserPromptSubmit", map[string]any{
			"prompt": "<task-notification>\n<task-id>" + m.id + "</task-id>\n<status>completed</status>\n<result>" + m.last + "</result>\n</task-notification>",
		}
	}
	text = m.p.event(event, m.p.repo, fields).Get("hookSpecificOutput.additionalContext").String()
	return text, stepIn(text)
}

// ends stops the agent, which must be let go, and returns what the orchestrator gets.
func (m *member) ends(message string) (text string, step gjson.Result) {
	m.p.t.Helper()
	if back := m.stop(message); back != "" {
		m.p.t.Fatalf("%s is sent back: %s", m.typ, back)
	}
	return m.back()
}

// stepIn is the step at the end of a text for the orchestrator.
func stepIn(text string) gjson.Result {
	at := strings.LastIndex(text, `{"stopgate":"step/1"`)
	if at < 0 {
		return gjson.Result{}
	}
	return gjson.Parse(text[at:])
}

// resume sends the agent a message; refused is why not.
func (m *member) resume(message string) (refused string) {
	m.p.t.Helper()
	m.p.count++
	refused = denied(m.p.event("PreToolUse", m.p.repo, map[string]any{
		"tool_name": "SendMessage", "tool_use_id": fmt.Sprint("toolu_s", m.p.count),
		"tool_input": map[string]any{"to": m.id, "summary": "more work", "message": message, "recipient": m.id, "recipient_kind": "agent"},
	}))
	if refused != "" {
		return refused
	}
	m.says("user", map[string]any{"type": "text", "text": message})
	m.sentBack, m.again = false, true
	m.start()
	return ""
}

// person is a prompt of the person.
func (p *pipeline) person(text string) {
	p.t.Helper()
	p.event("UserPromptSubmit", p.repo, map[string]any{"prompt": text})
}

// endTurn is the end of the orchestrator's turn, with nobody at work.
func (p *pipeline) endTurn() string {
	p.t.Helper()
	return p.event("Stop", p.repo, map[string]any{"background_tasks": []any{}}).Get("hookSpecificOutput.additionalContext").String()
}

// reportOn is the report of a coding agent.
func reportOn(task, worktree string, files ...string) string {
	text, err := json.Marshal(map[string]any{
		"task_id": task, "worktree_path": worktree, "work_completed": "It is done.", "files_modified": append([]string{}, files...), "unfinished": []string{},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// What gates say in a present pipeline.
const (
	testsPass  = `{"test_exit_code": 0, "coverage_percentage": 91, "lint_exit_code": 0, "test_metrics": {"tests_total": 4, "tests_passed": 4, "tests_failed": 0, "tests_skipped": 0}, "commands_executed": [{"command": "npm test", "exit_code": 0}], "all_checks_passed": true, "blocking_issues": []}`
	reviewPass = `{"blocking_issues": [], "non_blocking_notes": [], "plan_coverage": "full", "scope_violations": [], "files_reviewed": ["src/app.js"], "summary": "It is right."}`
	reviewFail = `{"blocking_issues": ["src/app.js: a retry without a limit"], "non_blocking_notes": [], "plan_coverage": "full", "scope_violations": [], "files_reviewed": ["src/app.js"], "summary": "It is not."}`
	auditPass  = `{"all_checks_passed": true, "blocking_issues": [], "summary": "No secrets, no injection."}`
)
