package hosttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// order holds the fields of a step that an obedient orchestrator reads.
type order struct {
	StepID string `json:"step_id"`
	TaskID string `json:"task_id"`
	Action string
	Calls  []call
}

type call struct {
	Tool, Description, Prompt, To, Message string
	SubagentType                           string `json:"subagent_type"`
}

// obey returns the turn of an orchestrator that follows the last step of each task unless it has done so already.
func (s *standIn) obey(req *request) Turn {
	var turn Turn
	told := map[string]bool{}
	for _, object := range slices.Backward(objects(req.told(), "step_id")) {
		var o order
		if err := json.Unmarshal(mustJSON(object), &o); err != nil {
			s.errs = append(s.errs, fmt.Errorf("obey a step: %w", err))
			break
		}
		if told[o.TaskID] || s.obeyed[o.StepID] {
			told[o.TaskID] = true
			continue
		}
		told[o.TaskID] = true
		if n := s.replaced[o.Action]; n < len(s.script.Instead[o.Action]) {
			s.replaced[o.Action]++
			return s.script.Instead[o.Action][n]
		}
		if slices.ContainsFunc(o.Calls, func(c call) bool { return c.Tool == "SendMessage" }) && !req.called("ToolSearch") {
			return FindSendMessage()
		}
		s.obeyed[o.StepID] = true
		for _, call := range o.Calls {
			if call.Tool == "SendMessage" {
				turn = turn.Use(call.Tool, map[string]any{"to": call.To, "message": call.Message, "summary": "Work goes on"})
				continue
			}
			for _, agent := range s.script.Agents {
				if strings.Contains(call.Prompt, agent.Prompt) {
					turn = turn.Use(call.Tool, map[string]any{
						"description": call.Description, "prompt": call.Prompt, "subagent_type": cmp.Or(agent.Type, call.SubagentType), "run_in_background": agent.Background,
					})
				}
			}
		}
	}
	if len(turn.blocks) > 0 {
		return turn
	}
	if commands := wholeStep.FindAllStringSubmatch(req.told(), -1); len(commands) > s.reminded {
		s.reminded = len(commands)
		return Bash(commands[len(commands)-1][1])
	}
	return Say("Understood.")
}

// wholeStep matches the command for the whole step in a reminder.
var wholeStep = regexp.MustCompile(`(?:With its prompt|The whole step): (stopgate step [\w./:-]+)`)

// called reports whether the model has called a tool in this conversation.
func (r *request) called(tool string) bool {
	for _, m := range r.Messages {
		if slices.ContainsFunc(m.blocks(), func(b contentBlock) bool { return b.Type == "tool_use" && b.Name == tool }) {
			return true
		}
	}
	return false
}
