package hosttest

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Orchestrator is the name of a session's main conversation, wherever a model is named.
const Orchestrator = "orchestrator"

// Script is the story of one session: each model's replies, in order. After its last reply a model answers "Nothing to add.", so a
// script has only the replies that matter.
type Script struct {
	// Prompt is the person's first message. It does not occur in any agent's prompt.
	Prompt string
	// Orchestrator are the replies of the main conversation.
	Orchestrator []Turn
	// Obeys makes the main conversation follow each step after those replies: it makes the step's calls, for agents of this
	// script, with the script's settings.
	Obeys bool
	// Instead are replies that it gives once each before it follows a step with that action.
	Instead map[string][]Turn
	// Agents are the subagents, by their name in this script. The host never sees that name.
	Agents map[string]Agent
}

// Agent is one scripted subagent. Its prompt identifies its conversation, so it must not occur in another agent's prompt.
type Agent struct {
	// Type is the agent's type as the orchestrator names it: "stopgate:integration-engineer". "" is the one that a step names.
	Type string
	// Prompt is its launch prompt.
	Prompt string
	// Background launches it with run_in_background.
	Background bool
	// Isolated launches it with isolation: "worktree", so that the host makes it a worktree of its own.
	Isolated bool
	// Turns are its replies, those after a block or a resumption included.
	Turns []Turn
	// Again are the replies of agents that are launched later with the same prompt, in the order of their launches. They have names
	// of their own: "tester#2" comes after "tester".
	Again [][]Turn
}

// Turn is one reply of a model. The zero Turn is empty.
type Turn struct {
	blocks []block
	status int                   // an HTTP error in place of a reply; 0 for a reply
	after  func(s *standIn) bool // nil for a turn that may be played at once
}

// block makes a content block when the turn is played. Only then are the id of a running agent and the repository's path known.
type block func(s *standIn, model string) (map[string]any, error)

// Say returns a reply that is only text, one content block for each text.
func Say(texts ...string) Turn {
	var t Turn
	for _, text := range texts {
		t = t.Say(text)
	}
	return t
}

// Use returns a reply that calls one tool.
func Use(tool string, input map[string]any) Turn { return Turn{}.Use(tool, input) }

// Bash returns a reply that runs a command in the session's repository.
func Bash(command string) Turn {
	return Use("Bash", map[string]any{"command": command, "description": "Work on the task"})
}

// BashAt returns a reply that runs a command in which %s is the worktree that the host made for that agent of the orchestrator.
func BashAt(agent, command string) Turn {
	return Turn{}.with(func(s *standIn, _ string) (map[string]any, error) {
		id, err := s.agentID(Orchestrator, agent)
		if err != nil {
			return nil, fmt.Errorf("run a command in the worktree of %q: %w", agent, err)
		}
		return toolUse("Bash", map[string]any{"command": strings.ReplaceAll(command, "%s", isolatedTree(id)), "description": "Work on the task"}), nil
	})
}

// isolatedTree returns where the host puts the worktree of an isolated agent (2.1.139 to 2.1.332).
func isolatedTree(agentID string) string { return ".claude/worktrees/agent-" + agentID }

// Write returns a reply that writes a file; name is relative to the session's repository.
func Write(name, content string) Turn {
	return Turn{}.with(func(s *standIn, _ string) (map[string]any, error) {
		return toolUse("Write", map[string]any{"file_path": filepath.Join(s.dir, name), "content": content}), nil
	})
}

// Launch returns a reply that starts agents of the script, all in one message.
func Launch(agents ...string) Turn {
	var t Turn
	for _, name := range agents {
		t = t.with(func(s *standIn, _ string) (map[string]any, error) {
			agent, ok := s.script.Agents[name]
			if !ok {
				return nil, fmt.Errorf("launch %q: the script has no such agent", name)
			}
			input := map[string]any{
				"description": "Scripted agent " + name, "prompt": agent.Prompt,
				"subagent_type": agent.Type, "run_in_background": agent.Background,
			}
			if agent.Isolated {
				input["isolation"] = "worktree"
			}
			return toolUse("Agent", input), nil
		})
	}
	return t
}

// FindSendMessage returns a reply that loads the tool that [Resume] calls: the host defers it.
func FindSendMessage() Turn {
	return Use("ToolSearch", map[string]any{"query": "select:SendMessage", "max_results": 1})
}

// Resume returns a reply that sends a message to an agent that the same model has launched before.
func Resume(agent, message string) Turn {
	return Turn{}.with(func(s *standIn, model string) (map[string]any, error) {
		id, err := s.agentID(model, agent)
		if err != nil {
			return nil, fmt.Errorf("resume %q: %w", agent, err)
		}
		return toolUse("SendMessage", map[string]any{"to": id, "message": message, "summary": "Work goes on"}), nil
	})
}

// StopTask returns a reply that stops an agent at its work. The host defers that tool, too.
func StopTask(agent string) Turn {
	return Turn{}.with(func(s *standIn, model string) (map[string]any, error) {
		id, err := s.agentID(model, agent)
		if err != nil {
			return nil, fmt.Errorf("stop %q: %w", agent, err)
		}
		return toolUse("TaskStop", map[string]any{"task_id": id}), nil
	})
}

// Fail returns a turn in which the API answers with an HTTP error instead. The conversation never gets past it.
func Fail(status int) Turn { return Turn{status: status} }

// Say adds a text block to the reply.
func (t Turn) Say(text string) Turn {
	return t.with(func(*standIn, string) (map[string]any, error) {
		return map[string]any{"type": "text", "text": text}, nil
	})
}

// Use adds a tool call to the reply.
func (t Turn) Use(tool string, input map[string]any) Turn {
	return t.with(func(*standIn, string) (map[string]any, error) { return toolUse(tool, input), nil })
}

// After holds the reply back until model was asked for its nth reply, counted from 1. It orders conversations that run side by side. A
// reply that is held for longer than maxHold is given anyway, and the session fails.
func (t Turn) After(model string, n int) Turn {
	t.after = func(s *standIn) bool { return s.asked[model] >= n }
	return t
}

const maxHold = 30 * time.Second

func (t Turn) with(b block) Turn {
	t.blocks = append(t.blocks[:len(t.blocks):len(t.blocks)], b)
	return t
}

func toolUse(tool string, input map[string]any) map[string]any {
	return map[string]any{"type": "tool_use", "name": tool, "input": input}
}

// model names the conversation of a request, without the number of an agent that is launched again. It is "" for a helper of the host,
// which has no tools: titles, summaries.
func (s Script) model(r *request) string {
	if len(r.Tools) == 0 || len(r.Messages) == 0 {
		return ""
	}
	first := flatten(r.Messages[0].Content)
	if strings.Contains(first, "[Workflow harness") { // there the host indents the prompt (2.1.330)
		first = strings.ReplaceAll(first, "\n  ", "\n")
	}
	for name, agent := range s.Agents {
		if strings.Contains(first, agent.Prompt) {
			return name
		}
	}
	if strings.Contains(first, s.Prompt) {
		return Orchestrator
	}
	return ""
}

// turn returns a model's nth reply, counted from 0.
func (s Script) turn(model string, n int) Turn {
	name, number := splitModel(model)
	agent := s.Agents[name]
	turns := agent.Turns
	switch {
	case model == Orchestrator:
		turns = s.Orchestrator
	case number > len(agent.Again)+1:
		turns = nil
	case number > 1:
		turns = agent.Again[number-2]
	}
	if n >= len(turns) {
		return Say("Nothing to add.")
	}
	return turns[n]
}

// numbered returns the name of the model that was the nth to be launched with a prompt, counted from 1.
func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%s#%d", name, n)
}

// splitModel returns the inverse of numbered.
func splitModel(model string) (name string, n int) {
	name, digits, ok := strings.Cut(model, "#")
	if n, err := strconv.Atoi(digits); ok && err == nil {
		return name, n
	}
	return model, 1
}
