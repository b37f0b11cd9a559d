package transcript

import "time"

// Launch is one use of the Agent tool, which hosts before 2.1 called Task.
type Launch struct {
	ToolUseID   string
	Launcher    string // id of the agent that launched it; empty for the session itself
	AgentType   string // subagent_type; empty means the host's default
	Description string
	Prompt      string
	Background  bool // run_in_background as asked; Status says what became of it
	Line        int
	Time        time.Time

	Outcome    Outcome // of the tool use: a launch in the background has succeeded once the agent runs
	Status     string  // "completed" or "async_launched"; empty without a result or in older hosts
	AgentID    string  // as the result tells it; empty in older hosts
	ResultLine int
	ResultTime time.Time
}

// launches gathers the launches in a stream.
type launches struct {
	max     int // bytes
	all     []Launch
	claimed []bool // along all: an agent was found that was given this prompt
	bytes   int
	dropped int
	number  map[string]int // tool use id -> how many launches came before it
}

func (l *launches) take(r *record, line int, launcher string) {
	for _, b := range r.blocks {
		switch string(plain(b.typ)) {
		case "tool_use":
			switch string(plain(b.name)) {
			case "Agent", "Task":
				l.add(r, b, line, launcher)
			}
		case "tool_result":
			l.result(r, b, line)
		}
	}
}

func (l *launches) add(r *record, b block, line int, launcher string) {
	launch := Launch{
		Launcher:    launcher,
		AgentType:   inputText(b.input, "subagent_type"),
		Description: inputText(b.input, "description"),
		Prompt:      inputText(b.input, "prompt"),
		Background:  isTrue(nested(b.input, "run_in_background")),
		Line:        line,
		Time:        r.time(),
	}
	launch.ToolUseID, _ = text(b.id)
	if _, known := l.number[launch.ToolUseID]; known || launch.ToolUseID == "" {
		return
	}
	l.number[launch.ToolUseID] = l.dropped + len(l.all)
	l.all = append(l.all, launch)
	l.claimed = append(l.claimed, false)
	l.bytes += launch.size()
	for l.bytes > l.max && len(l.all) > 1 {
		l.bytes -= l.all[0].size()
		delete(l.number, l.all[0].ToolUseID)
		l.all, l.claimed = l.all[1:], l.claimed[1:]
		l.dropped++
	}
}

func (l *launches) result(r *record, b block, line int) {
	id, _ := text(b.toolUseID)
	number, known := l.number[id]
	if !known {
		return
	}
	launch := &l.all[number-l.dropped]
	if launch.Outcome != Unanswered {
		return
	}
	launch.Outcome, launch.ResultLine, launch.ResultTime = outcome(b), line, r.time()
	launch.Status, _ = text(nested(r.toolUseResult, "status"))
	launch.AgentID, _ = text(nested(r.toolUseResult, "agentId"))
}

// claim returns the tool use id of the first launch with that prompt that no agent has claimed, and marks it.
func (l *launches) claim(prompt string) string {
	for i := range l.all {
		if !l.claimed[i] && l.all[i].Prompt == prompt {
			l.claimed[i] = true
			return l.all[i].ToolUseID
		}
	}
	return ""
}

func (l *Launch) size() int {
	return 384 + len(l.ToolUseID) + len(l.AgentType) + len(l.Description) + len(l.Prompt) + len(l.Launcher)
}
