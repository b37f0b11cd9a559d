package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/tidwall/gjson"

	"stopgate/scripts/client"
)

// agent is one agent of the session.
type agent struct {
	client.Agent
	w               *world
	task, prompt    string
	tree            string // the absolute path of its worktree
	isolated        bool
	depth           int // how many agents are above it
	sentBack, again bool
	last            string
	use             string // its latest tool use
	// refused are the refusals that it met.
	refused []string
	// noTranscript means that the host writes no transcript.
	noTranscript bool
}

// report is what a coding agent hands in.
type report struct {
	Task      string   `json:"task_id"`
	Worktree  string   `json:"worktree_path"`
	Done      string   `json:"work_completed"`
	Files     []string `json:"files_modified"`
	Open      []string `json:"unfinished"`
	Narrative string   `json:"narrative_report,omitempty"`
}

func (r report) String() string {
	r.Files, r.Open = append([]string{}, r.Files...), append([]string{}, r.Open...)
	text, err := json.Marshal(r)
	check(err)
	return string(text)
}

const words = "let the shop try again when a payment fails, three times at most"

// coders are names of coding agents.
var coders = []string{"stopgate:integration-engineer", "integration-engineer", "bug-fixer", "reaper:feature-developer"}

// coder launches a coding agent in the first worktree, or where isolated in one that the host makes.
func (w *world) coder(isolated bool) *agent {
	if isolated {
		return w.launch(pick(w, coders...), "T-1", "", "")
	}
	return w.launch(pick(w, coders...), "T-1", taskTree, "")
}

// launch launches an agent for a task, in a worktree below the main one; "" has the host make one. more is added to the prompt.
func (w *world) launch(typ, task, tree, more string) *agent {
	a := w.prepare(typ, task, tree, more)
	if why := a.begin(); why != "" {
		failf("the launch of %s is refused: %s", typ, why)
	}
	return a
}

// agent returns an agent of the session that works in a worktree.
func (w *world) agent(typ, task, tree string) *agent {
	return &agent{Agent: client.Agent{Session: w.Session, ID: w.id("a"), Type: typ, Launch: w.id("toolu_"), Cwd: w.repo}, w: w, task: task, tree: tree}
}

// prepare returns an agent before its launch.
func (w *world) prepare(typ, task, tree, more string) *agent {
	a := w.agent(typ, task, w.repo)
	a.isolated = tree == ""
	a.prompt = "TASK: " + task + ", DESCRIPTION: " + words + "\n"
	if a.isolated {
		a.tree = filepath.Join(w.repo, ".claude", "worktrees", "agent-"+a.ID)
	} else {
		a.tree = filepath.Join(w.repo, tree)
		a.prompt += "WORKTREE_PATH: " + pick(w, "./"+tree, tree, a.tree) + "\n"
	}
	a.prompt += more
	return a
}

// begin launches the agent; refused is the reason if it may not be launched.
func (a *agent) begin() (refused string) {
	w := a.w
	input := client.Fields{"subagent_type": a.Type, "prompt": a.prompt, "description": "work"}
	if a.isolated {
		input["isolation"] = "worktree"
	}
	w.Uses(a.Launch, "Agent", input)
	if refused := refusal(w.event("PreToolUse", w.repo, client.Call(a.Launch, "Agent", input))); refused != "" {
		return refused
	}
	if a.isolated {
		run(w.repo, w.env, "git", "worktree", "add", "-q", "--lock", a.tree, "-b", "worktree-agent-"+a.ID)
		a.Cwd = a.tree
	}
	a.meta(map[string]any{})
	if !a.noTranscript {
		a.Prompted(a.prompt)
	}
	w.event("SubagentStart", a.Cwd, a.Starts())
	return ""
}

// meta writes the host's notes on the agent.
func (a *agent) meta(more map[string]any) {
	if a.isolated {
		more["worktreePath"], more["spawnedWithWorktree"], more["worktreeBranch"] = a.tree, true, "worktree-agent-"+a.ID
	}
	file, text := a.Meta(more)
	put(file, string(text))
}

// helper launches an agent of this agent, which works in the same worktree.
func (a *agent) helper() *agent {
	w := a.w
	h := w.agent("general-purpose", a.task, a.tree)
	h.Cwd, h.depth = a.Cwd, a.depth+1
	h.prompt = "Help with the files of " + a.tree + ": write what I need.\n"
	input := client.Fields{"subagent_type": h.Type, "prompt": h.prompt, "description": "help"}
	a.Adds("assistant", client.Use(h.Launch, "Agent", input))
	if why := refusal(w.event("PreToolUse", a.Cwd, a.Calls(h.Launch, "Agent", input))); why != "" {
		failf("the launch of a helper is refused: %s", why)
	}
	h.meta(client.Fields{"parentAgentId": a.ID, "spawnDepth": h.depth + 1})
	h.Prompted(h.prompt)
	w.event("SubagentStart", h.Cwd, h.Starts())
	return h
}

// helped ends a helper.
func (a *agent) helped(h *agent) {
	h.Adds("assistant", client.Text("Done."))
	h.w.event("SubagentStop", h.Cwd, h.Stops("Done.", false, []any{}))
	a.Adds("user", client.Result(h.Launch, "Done.", false))
}

// isHelpedDeeply has a helper of a helper change a file.
func (a *agent) isHelpedDeeply(name string) {
	h := a.helper()
	deeper := h.helper()
	deeper.changes(name)
	h.helped(deeper)
	a.helped(h)
}

// says adds a message with one block to the agent's transcript, if it has one.
func (a *agent) says(role string, block client.Fields) {
	if !a.noTranscript {
		a.Adds(role, block)
	}
}

// tool has the agent use a tool. do performs the tool's effect if it is allowed, and returns its result, or an error. refused is the reason if it
// is not allowed.
func (a *agent) tool(name string, input map[string]any, do func() (string, error)) (refused string) {
	a.w.passes()
	id := a.w.id("toolu_")
	a.use = id
	a.says("assistant", client.Use(id, name, input))
	if asksHook(name) {
		refused = refusal(a.w.event("PreToolUse", a.Cwd, a.Calls(id, name, input)))
	}
	if refused != "" {
		a.refused = append(a.refused, refused)
		a.says("user", client.Result(id, refused, true))
	} else if text, err := do(); err != nil {
		a.says("user", client.Result(id, err.Error(), true))
	} else {
		a.says("user", client.Result(id, text, false))
	}
	return refused
}

// asksHook reports whether hook/hooks.json has a hook for the tool.
func asksHook(tool string) bool {
	switch tool {
	case "Bash", "Monitor", "PowerShell", "Write", "Edit", "MultiEdit", "NotebookEdit", "SendMessage":
		return true
	}
	return strings.HasPrefix(tool, "mcp__")
}

func (a *agent) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.tree, name)
}

func (a *agent) writes(name, text string) {
	path := a.path(name)
	a.tool("Write", map[string]any{"file_path": path, "content": text}, func() (string, error) {
		a.w.keep(path, text)
		return "File created successfully at: " + path, nil
	})
}

// changes changes a file, by a tool or by a command, as agents do. It adds a line.
func (a *agent) changes(name string) {
	line := "// " + a.w.word() + "\n"
	before, err := os.ReadFile(a.path(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		check(err)
	}
	text := string(before) + line
	switch {
	case err == nil && a.w.chance(50):
		old := string(before)
		a.tool("Edit", map[string]any{"file_path": a.path(name), "old_string": old, "new_string": text}, func() (string, error) {
			a.w.keep(a.path(name), text)
			return "The file has been updated.", nil
		})
	case a.w.chance(40):
		a.bash("mkdir -p "+quote(filepath.Dir(a.path(name)))+" && cat >> "+quote(a.path(name))+" <<'EOF'\n"+line+"EOF", name)
	default:
		a.writes(name, text)
	}
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'" }

// bash runs a command in the agent's worktree, in the shell of the host. made lists the files that it writes or deletes as work.
func (a *agent) bash(command string, made ...string) (out string, status int) {
	if !a.isolated {
		command = "cd " + quote(a.tree) + " && " + command
	}
	return a.bashIn(command, made...)
}

// bashBehind runs a command in the working directory of the agent and in the background. waits means that the agent goes on when it has ended, and
// reads means that it then reads what the command printed.
func (a *agent) bashBehind(command string, waits, reads bool) {
	task := a.w.id("b")
	output := filepath.Join(filepath.Dir(a.w.repo), task+".output")
	status := 0
	a.tool("Bash", map[string]any{"command": command, "run_in_background": true}, func() (string, error) {
		cmd := exec.Command("bash", "-c", command)
		cmd.Dir, cmd.Env = a.Cwd, a.w.env
		text, _ := cmd.CombinedOutput()
		status = cmd.ProcessState.ExitCode()
		put(output, string(text))
		return client.Behind(task, output), nil
	})
	if waits {
		a.Ended(a.use, task, output, status)
	}
	if reads && a.w.chance(50) {
		a.bashIn("tail -n 20 " + quote(output))
	} else if reads {
		a.tool("Read", map[string]any{"file_path": output}, func() (string, error) {
			text, err := os.ReadFile(output)
			return string(text), err
		})
	}
}

// bashIn runs a command in the working directory of the agent.
func (a *agent) bashIn(command string, made ...string) (out string, status int) {
	refused := a.tool("Bash", map[string]any{"command": command}, func() (string, error) {
		cmd := exec.Command("bash", "-c", "true && "+a.w.shells+"eval "+quote(command)+" < /dev/null")
		cmd.Dir, cmd.Env = a.Cwd, a.w.env
		text, err := cmd.CombinedOutput()
		out = string(text)
		if strings.HasPrefix(out, "stopgate: ") || strings.Contains(out, "\nstopgate: ") {
			a.refused = append(a.refused, out)
		}
		if err != nil {
			status = cmd.ProcessState.ExitCode()
			return "", fmt.Errorf("Exit code %d\n%s", status, out) //nolint:staticcheck // as the host words it
		}
		return out, nil
	})
	if refused != "" {
		return refused, 1
	}
	for _, name := range made {
		text, err := os.ReadFile(a.path(name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			check(err)
		}
		a.w.made[a.path(name)] = string(text)
	}
	return out, status
}

// reads looks at the program's file.
func (a *agent) reads() {
	name := a.path("src/app.js")
	a.tool("Read", map[string]any{"file_path": name}, func() (string, error) {
		text, err := os.ReadFile(name)
		return string(text), err
	})
}

// report returns an honest report on files, with the worktree as the agent was told.
func (a *agent) report(files ...string) report {
	rel, err := filepath.Rel(a.w.repo, a.tree)
	check(err)
	return report{Task: a.task, Worktree: "./" + rel, Done: "Failed payments are tried again, three times at most.", Files: files}
}

// message returns a report as agents word it.
func (a *agent) message(r report) string {
	text := r.String()
	switch a.w.rng.IntN(4) {
	case 0:
		return "All done.\n\n```json\n" + text + "\n```"
	case 1:
		return "I have run the tests:\n\n```bash\nnpm test\n```\n\n```json\n" + text + "\n```\n"
	}
	return text
}

// stopEvent ends the agent with a message. reason is the reason if it is sent back; "" if it may stop.
func (a *agent) stopEvent(message string) (reason string) {
	for len(a.w.during) > 0 {
		a.w.passes()
	}
	a.says("assistant", client.Text(message))
	a.last = message
	out := a.w.event("SubagentStop", a.Cwd, a.Stops(message, a.sentBack, []any{}))
	if out.Get("decision").String() == "block" {
		reason = out.Get("reason").String()
	}
	if a.sentBack = reason != ""; a.sentBack && !a.noTranscript {
		a.SentBack(reason)
	}
	return reason
}

// back returns the agent's result to the orchestrator, and the text that the orchestrator reads with it.
func (a *agent) back() string {
	w := a.w
	completed := a.Completed(a.last)
	w.Returned(a.Launch, a.last, completed)
	name, fields := "PostToolUse", a.Returns(client.Fields{"subagent_type": a.Type, "prompt": a.prompt}, completed)
	if a.again {
		name, fields = "UserPromptSubmit", client.Fields{"prompt": client.Notification(a.ID, a.last)}
	}
	return w.event(name, w.repo, fields).Get("hookSpecificOutput.additionalContext").String()
}

// resume sends the agent a message, after it has ended.
func (a *agent) resume(message string) {
	w := a.w
	use := w.id("toolu_")
	input := client.Fields{"to": a.ID, "summary": "more", "message": message}
	w.Uses(use, "SendMessage", input)
	input = maps.Clone(input)
	input["type"], input["recipient"], input["recipient_kind"], input["content"] = "message", a.ID, "agent", message
	if why := refusal(w.event("PreToolUse", w.repo, client.Call(use, "SendMessage", input))); why != "" {
		failf("the message is refused: %s", why)
	}
	a.Resumed(message)
	a.sentBack, a.again = false, true
	w.event("SubagentStart", a.Cwd, a.Starts())
}

// stepIn returns the last step in a text for the orchestrator.
func stepIn(text string) gjson.Result {
	steps := client.Steps(text)
	if len(steps) == 0 {
		return gjson.Result{}
	}
	return steps[len(steps)-1]
}
