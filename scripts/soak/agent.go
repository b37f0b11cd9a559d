//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/gjson"

	"stopgate/scripts/client"
)

// agent is one run of an agent, or of several if it is resumed.
type agent struct {
	client.Agent
	s            *session
	task         *task
	prompt       string
	tree         string // the absolute path of its worktree
	inBackground bool
	resumed      string // the message that it is resumed with; "" for a launch
	sentBack     bool
	last         string // its last message
	returned     bool
	interrupted  bool // at its work: it has no stop, and no return either
	stopped      bool // by the orchestrator, at its work
	client       int  // in which of its session's clients it works, counted from 0
}

const coderType = "stopgate:integration-engineer"

// coder returns a coding agent for a task.
func (s *session) coder(t *task) *agent {
	a := s.agent(t, coderType)
	a.prompt = "TASK: " + t.name + ", DESCRIPTION: let the shop try again when a payment fails, three times at most\nWORKTREE_PATH: ./" + t.tree + "\n"
	return a
}

func (s *session) agent(t *task, typ string) *agent {
	a := &agent{
		Agent: client.Agent{Session: s.Session, ID: s.newID("a"), Type: typ, Launch: s.newID("toolu_"), Cwd: s.round.repo},
		s:     s, client: s.clients, task: t, tree: filepath.Join(s.round.repo, t.tree), inBackground: s.chance(40),
	}
	s.add(a)
	return a
}

func (s *session) add(a *agent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents = append(s.agents, a)
}

func (s *session) all() []*agent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.agents)
}

// called returns the agent that a call of a step launches or resumes.
func (s *session) called(t *task, call gjson.Result) *agent {
	if call.Get("tool").String() == "SendMessage" {
		for _, known := range slices.Backward(s.all()) {
			if known.ID == call.Get("to").String() {
				again := *known
				again.resumed, again.inBackground, again.sentBack, again.Launch = call.Get("message").String(), true, false, s.newID("toolu_")
				again.interrupted, again.stopped, again.client = false, false, s.clients
				s.add(&again)
				return &again
			}
		}
		return s.coder(t)
	}
	a := s.agent(t, call.Get("subagent_type").String())
	a.prompt = call.Get("prompt").String()
	return a
}

// launch starts the agent by a tool of the orchestrator, and has it work: in the foreground, so that working waits for its return, or in the
// background.
func (a *agent) launch(working *sync.WaitGroup) {
	s := a.s
	tool, input := "Agent", client.Fields{"subagent_type": a.Type, "prompt": a.prompt, "description": "work", "run_in_background": a.inBackground}
	if a.resumed != "" {
		tool, input = "SendMessage", client.Fields{"to": a.ID, "summary": "more", "message": a.resumed}
	}
	s.Uses(a.Launch, tool, input)
	if why := refusal(s.hook("PreToolUse", client.Call(a.Launch, tool, input))); why != "" {
		s.trace("refused: %s: %s", a.Type, why)
		s.Returned(a.Launch, why, nil)
		s.forget(a)
		if a.Type == coderType {
			a.task.refused()
		}
		return
	}
	s.round.agents.Add(1)
	if a.inBackground {
		s.mu.Lock()
		s.background[a.ID] = a
		s.mu.Unlock()
	}
	if a.resumed == "" {
		a.begins()
	} else {
		a.Resumed(a.resumed)
	}
	if a.inBackground {
		response := client.Fields{"status": "async_launched", "agentId": a.ID}
		if a.resumed != "" {
			response = client.Fields{"success": true, "resumedAgentId": a.ID}
		}
		s.Returned(a.Launch, "launched", response)
		if a.resumed == "" {
			s.hook("PostToolUse", a.Returns(input, response))
		}
		go func() {
			a.work()
			s.ended <- a
		}()
		return
	}
	working.Go(func() {
		a.work()
		if a.interrupted {
			s.Returned(a.Launch, client.Interrupted, nil)
			return
		}
		response := a.Completed(a.last)
		out := s.hook("PostToolUse", a.Returns(input, response))
		s.Returned(a.Launch, a.last, response)
		s.hears("PostToolUse", "PostToolUse:Agent", a.Launch, out)
	})
}

// forget removes an agent whose launch was refused.
func (s *session) forget(a *agent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents = slices.DeleteFunc(s.agents, func(known *agent) bool { return known == a })
}

// begins writes what the client writes about a new agent.
func (a *agent) begins() {
	file, text := a.Meta(nil)
	check(os.MkdirAll(filepath.Dir(file), 0o700))
	check(os.WriteFile(file, text, 0o600))
	a.Prompted(a.prompt)
}

// work plays one run of the agent from its start to its stop.
func (a *agent) work() {
	r := a.s.round
	r.slots <- struct{}{}
	defer func() { <-r.slots }()
	a.hook("SubagentStart", a.Starts())
	if a.interrupted = r.trouble.happens("interrupt"); a.interrupted {
		a.bash("npm run build", func() string { return "" })
		a.Interrupts()
		return
	}
	kind := a.Type[strings.LastIndexByte(a.Type, ':')+1:]
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

// hook is session.hook for an event of the agent. The agent ends there if its client was killed, or if it was stopped.
func (a *agent) hook(name string, fields client.Fields) gjson.Result {
	a.goesOn()
	out := a.s.hook(name, fields)
	a.goesOn()
	return out
}

// goesOn ends the agent's goroutine if its client was killed, or if it was stopped.
func (a *agent) goesOn() {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.client != a.s.clients || a.stopped {
		runtime.Goexit()
	}
}

// codes does the work of the task, leaves the leftovers of tools, and reports.
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

// tests runs the tests, which fail sometimes.
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

// tool has the agent use a tool; refused is the reason if it may not.
func (a *agent) tool(name string, input map[string]any, do func() string) (refused string) {
	id := a.s.newID("toolu_")
	a.Adds("assistant", client.Use(id, name, input))
	if name != "Read" {
		refused = refusal(a.hook("PreToolUse", a.Calls(id, name, input)))
	}
	if refused != "" {
		a.s.trace("refused: %s of %s: %s", name, a.Type, refused)
		a.Adds("user", client.Result(id, refused, true))
	} else {
		a.Adds("user", client.Result(id, do(), false))
	}
	return refused
}

// stop ends the agent with a message, and reports whether it is sent back.
func (a *agent) stop(message string) bool {
	a.Adds("assistant", client.Text(message))
	a.last = message
	out := a.hook("SubagentStop", a.Stops(message, a.sentBack, a.s.running()))
	if a.sentBack = out.Get("decision").String() == "block"; !a.sentBack {
		return false
	}
	reason := out.Get("reason").String()
	a.s.trace("sent back: %s: %s", a.Type, reason)
	a.SentBack(reason)
	return true
}
