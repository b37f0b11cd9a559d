package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"stopgate/scripts/client"
)

// pipeline is a repository in which a pipeline of agents runs, with prompts and results as present pipelines word them. It plays the host:
// it makes the worktrees of isolated agents and removes unchanged ones (2.1.332).
type pipeline struct {
	*client.Session
	t         *testing.T
	dir, repo string
}

// member is one agent of a pipeline.
type member struct {
	client.Agent
	p                  *pipeline
	prompt             string
	isolated, sentBack bool
	again              bool   // it was resumed
	last, told         string // its last message, and what it was told at its start
}

// newPipeline makes the repository, with that configuration if it is not "".
func newPipeline(t *testing.T, configuration string) *pipeline {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{t: t, dir: dir, repo: filepath.Join(dir, "repo")}
	p.Session = playedSession(t, p.repo, filepath.Join(dir, "s1.jsonl"))
	copyTemplate(t, dir, "pipeline "+configuration, func(dir string) error {
		repo := filepath.Join(dir, "repo")
		files := map[string]string{
			"src/app.js": "export const retries = 0\n", "src/mail.js": "export const mails = 0\n", "docs/notes.md": "# Notes\n",
			".gitignore": "/trees/\n/.claude/worktrees/\nnode_modules/\n", "run-tests.sh": "echo 'Tests:       4 passed, 4 total'\n",
		}
		if configuration != "" {
			files[".stopgate.yml"] = configuration
		}
		return makeRepository(repo, cleanEnv(dir), files)
	})
	return p
}

func (p *pipeline) write(dir, name, text string) {
	p.t.Helper()
	writeFile(p.t, filepath.Join(dir, filepath.FromSlash(name)), text)
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

// event returns the program's answer to an event of the host.
func (p *pipeline) event(name, cwd string, fields map[string]any) gjson.Result {
	p.t.Helper()
	environ := append(testEnviron(p.dir), "CLAUDE_PROJECT_DIR="+p.repo, "STOPGATE_STATE_DIR="+filepath.Join(p.dir, "state"))
	return gjson.Parse(hookAnswer(p.t, environ, cwd, p.Event(name, cwd, fields)))
}

func denied(out gjson.Result) string {
	return out.Get("hookSpecificOutput.permissionDecisionReason").String()
}

// launch launches an agent. refused is the reason why not, "" if it runs. input holds further fields of the tool's input.
func (p *pipeline) launch(typ, prompt string, input ...string) (m *member, refused string) {
	p.t.Helper()
	m = &member{Agent: client.Agent{Session: p.Session, ID: p.NewID("a"), Type: typ, Launch: p.NewID("toolu_"), Cwd: p.repo}, p: p, prompt: prompt}
	tool := map[string]any{"subagent_type": typ, "prompt": prompt, "description": "work"}
	for i := 0; i+1 < len(input); i += 2 {
		tool[input[i]] = input[i+1]
	}
	if refused := denied(p.event("PreToolUse", p.repo, client.Call(m.Launch, "Agent", tool))); refused != "" {
		return nil, refused
	}
	m.isolated = tool["isolation"] == "worktree" || m.defined("isolation: worktree")
	if m.isolated {
		m.Cwd = filepath.Join(p.repo, ".claude", "worktrees", "agent-"+m.ID)
		p.git(p.repo, "worktree", "add", "-q", "--lock", m.Cwd, "-b", "worktree-agent-"+m.ID)
	}
	launchedAs(p.t, &m.Agent, prompt)
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
	text, err := os.ReadFile(filepath.Join(m.p.repo, ".claude", "agents", m.Type+".md"))
	return err == nil && strings.Contains(string(text), line)
}

func (m *member) start() {
	m.p.t.Helper()
	m.told = m.p.event("SubagentStart", m.Cwd, m.Starts()).Get("hookSpecificOutput.additionalContext").String()
}

// uses lets the agent use a tool: do is the tool's effect if it is allowed. refused is the reason why not.
func (m *member) uses(tool string, input map[string]any, do func()) (refused string) {
	m.p.t.Helper()
	id := m.NewID("toolu_")
	m.Adds("assistant", client.Use(id, tool, input))
	if refused = denied(m.p.event("PreToolUse", m.Cwd, m.Calls(id, tool, input))); refused != "" {
		m.Adds("user", client.Result(id, refused, true))
		return refused
	}
	do()
	m.Adds("user", client.Result(id, "done", false))
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
	return m.uses("Bash", map[string]any{"command": command}, func() { m.p.sh(m.Cwd, command) })
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
	return denied(p.event("PreToolUse", p.path(cwd), client.Call(p.NewID("toolu_"), "Bash", client.Fields{"command": command})))
}

// stop ends the agent with a message; back is why it is sent back, "" if it may stop.
func (m *member) stop(message string) (back string) {
	m.p.t.Helper()
	m.Adds("assistant", client.Text(message))
	m.last = message
	out := m.p.event("SubagentStop", m.Cwd, m.Stops(message, m.sentBack, []any{}))
	back = out.Get("reason").String()
	if m.sentBack = back != ""; m.sentBack {
		m.SentBack(back)
	} else if m.isolated && m.p.git(m.Cwd, "status", "--porcelain") == "" && m.p.git(m.Cwd, "rev-parse", "HEAD") == m.p.git(m.p.repo, "rev-parse", "HEAD") {
		m.p.git(m.p.repo, "worktree", "unlock", m.Cwd)
		m.p.git(m.p.repo, "worktree", "remove", m.Cwd)
		m.p.git(m.p.repo, "branch", "-q", "-D", "worktree-agent-"+m.ID)
	}
	return back
}

// back returns the agent to the orchestrator, and returns the text and the step that the orchestrator gets.
func (m *member) back() (text string, step gjson.Result) {
	m.p.t.Helper()
	event, fields := "PostToolUse", m.Returns(client.Fields{"subagent_type": m.Type, "prompt": m.prompt}, m.Completed(m.last))
	if m.again {
		event, fields = "UserPromptSubmit", client.Fields{"prompt": client.Notification(m.ID, m.last)}
	}
	text = m.p.event(event, m.p.repo, fields).Get("hookSpecificOutput.additionalContext").String()
	return text, stepIn(text)
}

// ends stops the agent, which must be let go, and returns what the orchestrator gets.
func (m *member) ends(message string) (text string, step gjson.Result) {
	m.p.t.Helper()
	if back := m.stop(message); back != "" {
		m.p.t.Fatalf("%s is sent back: %s", m.Type, back)
	}
	return m.back()
}

// stepIn returns the last step in a text for the orchestrator.
func stepIn(text string) gjson.Result {
	steps := client.Steps(text)
	if len(steps) == 0 {
		return gjson.Result{}
	}
	return steps[len(steps)-1]
}

// resume sends the agent a message; refused is why not.
func (m *member) resume(message string) (refused string) {
	m.p.t.Helper()
	input := client.Fields{"to": m.ID, "summary": "more work", "message": message, "recipient": m.ID, "recipient_kind": "agent"}
	if refused = denied(m.p.event("PreToolUse", m.p.repo, client.Call(m.NewID("toolu_"), "SendMessage", input))); refused != "" {
		return refused
	}
	m.Resumed(message)
	m.sentBack, m.again = false, true
	m.start()
	return ""
}

// person is a prompt of the person.
func (p *pipeline) person(text string) {
	p.t.Helper()
	p.event("UserPromptSubmit", p.repo, map[string]any{"prompt": text})
}

// endTurn ends the orchestrator's turn while no agent is at work.
func (p *pipeline) endTurn() string {
	p.t.Helper()
	return p.event("Stop", p.repo, map[string]any{"background_tasks": []any{}}).Get("hookSpecificOutput.additionalContext").String()
}

// reportOn returns the report of a coding agent.
func reportOn(task, worktree string, files ...string) string {
	text, err := json.Marshal(map[string]any{
		"task_id": task, "worktree_path": worktree, "work_completed": "It is done.", "files_modified": append([]string{}, files...), "unfinished": []string{},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Results of gates in a present pipeline.
const (
	testsPass  = `{"test_exit_code": 0, "coverage_percentage": 91, "lint_exit_code": 0, "test_metrics": {"tests_total": 4, "tests_passed": 4, "tests_failed": 0, "tests_skipped": 0}, "commands_executed": [{"command": "sh run-tests.sh", "exit_code": 0}], "all_checks_passed": true, "blocking_issues": []}`
	reviewPass = `{"blocking_issues": [], "non_blocking_notes": [], "plan_coverage": "full", "scope_violations": [], "files_reviewed": ["src/app.js"], "summary": "It is right."}`
	reviewFail = `{"blocking_issues": ["src/app.js: a retry without a limit"], "non_blocking_notes": [], "plan_coverage": "full", "scope_violations": [], "files_reviewed": ["src/app.js"], "summary": "It is not."}`
	auditPass  = `{"all_checks_passed": true, "blocking_issues": [], "summary": "No secrets, no injection."}`
)
