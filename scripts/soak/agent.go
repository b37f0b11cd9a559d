//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// agent is one run of an agent, or of several if it is resumed.
type agent struct {
	s                    *session
	task                 *task
	id, typ, use, prompt string
	tree                 string // the absolute path of its worktree
	inBackground         bool
	resumed              string // the message that it is resumed with; "" for a launch
	sentBack             bool
	last                 string // its last message
	returned             bool
}

const coderType = "stopgate:integration-engineer"

// coder is a coding agent for a task.
func (s *session) coder(t *task) *agent {
	a := s.agent(t, coderType)
	a.prompt = "TASK: " + t.name + ", DESCRIPTION: let the shop try again when a payment fails, three times at most\nWORKTREE_PATH: ./" + t.tree + "\n"
	return a
}

func (s *session) agent(t *task, typ string) *agent {
	a := &agent{s: s, task: t, id: s.newID("a"), typ: typ, use: s.newID("toolu_"), tree: filepath.Join(s.round.repo, t.tree), inBackground: s.chance(40)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents = append(s.agents, a)
	return a
}

// called is the agent that a call of a step launches or resumes.
func (s *session) called(t *task, call gjson.Result) *agent {
	if call.Get("tool").String() == "SendMessage" {
		s.mu.Lock()
		var known *agent
		for _, a := range s.agents {
			if a.id == call.Get("to").String() {
				known = a
			}
		}
		s.mu.Unlock()
		if known == nil {
			return s.coder(t)
		}
		again := *known
		again.resumed, again.inBackground, again.sentBack, again.use = call.Get("message").String(), true, false, s.newID("toolu_")
		s.mu.Lock()
		s.agents = append(s.agents, &again)
		s.mu.Unlock()
		return &again
	}
	a := s.agent(t, call.Get("subagent_type").String())
	a.prompt = call.Get("prompt").String()
	return a
}

// launch starts the agent by a tool of the orchestrator, and has it work: in the foreground, so that working waits for its return, or in the
// background.
func (a *agent) launch(working *sync.WaitGroup) {
	s := a.s
	tool, input := "Agent", map[string]any{"subagent_type": a.typ, "prompt": a.prompt, "description": "work", "run_in_background": a.inBackground}
	if a.resumed != "" {
		tool, input = "SendMessage", map[string]any{"to": a.id, "summary": "more", "message": a.resumed}
	}
	s.uses(a.use, tool, input)
	if why := refusal(s.hook("PreToolUse", s.round.repo, map[string]any{"tool_name": tool, "tool_use_id": a.use, "tool_input": input})); why != "" {
		s.trace("refused: %s: %s", a.typ, why)
		s.returned(a.use, why, nil)
		s.forget(a)
		if a.typ == coderType {
			a.task.refused()
		}
		return
	}
	s.round.agents.Add(1)
	if a.inBackground {
		s.mu.Lock()
		s.background[a.id] = a
		s.mu.Unlock()
	}
	if a.resumed == "" {
		a.begins()
	} else {
		s.note(a.transcript(), map[string]any{
			"type": "user", "isSidechain": true, "isMeta": true, "agentId": a.id, "cwd": s.round.repo, "origin": map[string]any{"kind": "coordinator"},
			"message": map[string]any{"role": "user", "content": a.resumed},
		})
	}
	if a.inBackground {
		response := map[string]any{"status": "async_launched", "agentId": a.id}
		if a.resumed != "" {
			response = map[string]any{"success": true, "resumedAgentId": a.id}
		}
		s.returned(a.use, "launched", response)
		if a.resumed == "" {
			s.hook("PostToolUse", s.round.repo, map[string]any{"tool_name": tool, "tool_use_id": a.use, "tool_input": input, "tool_response": response})
		}
		go func() {
			a.work()
			s.ended <- a
		}()
		return
	}
	working.Go(func() {
		a.work()
		response := map[string]any{"status": "completed", "agentId": a.id, "agentType": a.typ, "content": []any{map[string]any{"type": "text", "text": a.last}}}
		out := s.hook("PostToolUse", s.round.repo, map[string]any{"tool_name": "Agent", "tool_use_id": a.use, "tool_input": input, "tool_response": response})
		s.returned(a.use, a.last, response)
		s.hears("PostToolUse", "PostToolUse:Agent", a.use, out)
	})
}

// forget removes an agent whose launch was refused: it never was.
func (s *session) forget(a *agent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, known := range s.agents {
		if known == a {
			s.agents = append(s.agents[:i], s.agents[i+1:]...)
			return
		}
	}
}

func (a *agent) transcript() string {
	return filepath.Join(strings.TrimSuffix(a.s.transcript(), ".jsonl"), "subagents", "agent-"+a.id+".jsonl")
}

// begins is what the host writes of a new agent.
func (a *agent) begins() {
	meta := strings.TrimSuffix(a.transcript(), ".jsonl") + ".meta.json"
	check(os.MkdirAll(filepath.Dir(meta), 0o700))
	check(os.WriteFile(meta, fmt.Appendf(nil, `{"agentType":%q,"toolUseId":%q,"description":"work"}`, a.typ, a.use), 0o600))
	a.s.note(a.transcript(), map[string]any{
		"type": "user", "isSidechain": true, "agentId": a.id, "cwd": a.s.round.repo, "message": map[string]any{"role": "user", "content": a.prompt},
	})
}

// work is one run of the agent from its start to its stop.
func (a *agent) work() {
	r := a.s.round
	r.slots <- struct{}{}
	defer func() { <-r.slots }()
	a.s.hook("SubagentStart", r.repo, map[string]any{"agent_id": a.id, "agent_type": a.typ})
	kind := a.typ[strings.LastIndexByte(a.typ, ':')+1:]
	var message string
	switch kind {
	case "integration-engineer":
		message = a.codes()
	case "test-runner":
		message = a.tests()
	case "branch-manager":
		r.merging.Lock()
		defer r.merging.Unlock()
		message = a.merges()
	default:
		message = a.reviews()
	}
	for range 8 { // the host's own bound
		if !a.stop(message) {
			break
		}
	}
	a.returned = true
}

// codes does the work of the task, leaves what tools leave, and reports.
func (a *agent) codes() string {
	t := a.task
	t.runs++
	code, page := "src/"+t.name+".js", fmt.Sprintf("docs/%s-%d.md", t.name, t.runs)
	before, err := os.ReadFile(filepath.Join(a.tree, code))
	check(err)
	a.writes(code, string(before)+"// "+a.s.newID("line ")+"\n")
	a.writes(page, "# "+a.s.newID("page ")+"\n")
	a.bash("ls src", func() string {
		leftover := filepath.Join(a.tree, "src", "__pycache__", "m.pyc")
		check(os.MkdirAll(filepath.Dir(leftover), 0o755))
		check(os.WriteFile(leftover, []byte("x"), 0o644))
		return "m"
	})
	text, err := json.Marshal(map[string]any{
		"task_id": t.name, "worktree_path": "./" + t.tree, "work_completed": "Failed payments are tried again.", "files_modified": []string{code, page}, "unfinished": []string{},
	})
	check(err)
	return string(text)
}

// tests runs the tests, which fail now and then.
func (a *agent) tests() string {
	if a.s.chance(8) {
		a.bash("cd "+a.tree+" && npm test", func() string { return "Tests:       1 failed, 2 passed, 3 total\n" })
		return `{"gate_status": "FAIL", "commands": ["npm test"], "tests": {"passed": 2, "failed": 1}, "blocking_issues": ["retries: expected 3, got 0"]}`
	}
	a.bash("cd "+a.tree+" && npm test", func() string { return "Tests:       3 passed, 3 total\n" })
	return `{"gate_status": "PASS", "commands": ["npm test"], "tests": {"passed": 3, "failed": 0}, "blocking_issues": []}`
}

// reviews reads the work.
func (a *agent) reviews() string {
	path := filepath.Join(a.tree, "src", a.task.name+".js")
	a.tool("Read", map[string]any{"file_path": path}, func() string {
		text, err := os.ReadFile(path)
		check(err)
		return string(text)
	})
	a.bash("git -C "+a.tree+" diff", func() string { return "+// a line" })
	return `{"gate_status": "PASS", "blocking_issues": [], "files_reviewed": ["src/` + a.task.name + `.js"], "summary": "It is right."}`
}

// merges commits the work and merges it.
func (a *agent) merges() string {
	r := a.s.round
	command := "cd " + a.tree + " && git add -A && git commit -qm done && cd " + r.repo + " && git merge -q " + a.task.name
	out := ""
	refused := a.tool("Bash", map[string]any{"command": command}, func() string {
		text, err := r.sh(r.repo, command)
		if err != nil {
			out = err.Error()
		}
		return text
	})
	if refused != "" || out != "" {
		return "ERROR: " + refused + out
	}
	return "All is committed and merged."
}

func (a *agent) writes(name, text string) {
	path := filepath.Join(a.tree, name)
	a.tool("Write", map[string]any{"file_path": path, "content": text}, func() string {
		a.s.round.keep(path, text)
		return "File created successfully at: " + path
	})
}

func (a *agent) bash(command string, do func() string) {
	a.tool("Bash", map[string]any{"command": command}, do)
}

// tool has the agent use a tool; refused is why it may not.
func (a *agent) tool(name string, input map[string]any, do func() string) (refused string) {
	id := a.s.newID("toolu_")
	a.says("assistant", map[string]any{"type": "tool_use", "id": id, "name": name, "input": input})
	if name != "Read" {
		refused = refusal(a.s.hook("PreToolUse", a.s.round.repo, map[string]any{
			"agent_id": a.id, "agent_type": a.typ, "tool_name": name, "tool_use_id": id, "tool_input": input,
		}))
	}
	result := map[string]any{"type": "tool_result", "tool_use_id": id}
	if refused != "" {
		a.s.trace("refused: %s of %s: %s", name, a.typ, refused)
		result["content"], result["is_error"] = refused, true
	} else {
		result["content"] = do()
	}
	a.says("user", result)
	return refused
}

// says adds a message with one block to the agent's transcript.
func (a *agent) says(role string, block map[string]any) {
	message := map[string]any{"role": role, "content": []any{block}}
	if role == "assistant" {
		message["id"], message["stop_reason"] = a.s.newID("msg"), "end_turn"
		if block["type"] == "tool_use" {
			message["stop_reason"] = "tool_use"
		}
	}
	a.s.note(a.transcript(), map[string]any{"type": role, "isSidechain": true, "agentId": a.id, "cwd": a.s.round.repo, "message": message})
}

// stop ends the agent with a message, and reports whether it is sent back.
func (a *agent) stop(message string) bool {
	a.says("assistant", map[string]any{"type": "text", "text": message})
	a.last = message
	out := a.s.hook("SubagentStop", a.s.round.repo, map[string]any{
		"agent_id": a.id, "agent_type": a.typ, "agent_transcript_path": a.transcript(), "last_assistant_message": message, "stop_hook_active": a.sentBack,
		"background_tasks": a.s.running(), "session_crons": []any{},
	})
	if a.sentBack = out.Get("decision").String() == "block"; !a.sentBack {
		return false
	}
	reason := out.Get("reason").String()
	a.s.trace("sent back: %s: %s", a.typ, reason)
	a.s.note(a.transcript(), map[string]any{
		"type": "user", "isSidechain": true, "isMeta": true, "agentId": a.id, "cwd": a.s.round.repo,
		"message": map[string]any{"role": "user", "content": "Stop hook feedback:\n" + reason},
	})
	return true
}
