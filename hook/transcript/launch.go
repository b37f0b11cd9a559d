package transcript

// launches pairs each use of the Agent tool with its result, which names the agent that was launched.
type launches struct {
	asked map[string]string // tool use id -> subagent_type; entries go once the result is seen
	types map[string]string // agent id -> subagent_type
}

// maxLaunches bounds how many launches are remembered, so that no stream fills the memory.
const maxLaunches = 100_000

func (l *launches) take(r *record) {
	for _, b := range r.blocks {
		switch string(plain(b.typ)) {
		case "tool_use":
			id, _ := text(b.id)
			if string(plain(b.name)) == "Agent" && id != "" && len(l.asked) < maxLaunches {
				l.asked[id] = inputText(b.input, "subagent_type")
			}
		case "tool_result":
			id, _ := text(b.toolUseID)
			agentType, known := l.asked[id]
			delete(l.asked, id)
			agent, _ := text(nested(r.toolUseResult, "agentId"))
			if _, again := l.types[agent]; known && agent != "" && !again && len(l.types) < maxLaunches {
				l.types[agent] = agentType
			}
		}
	}
}
