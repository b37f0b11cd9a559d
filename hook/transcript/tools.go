package transcript

import "strings"

// OnlyReads reports whether a tool of the host changes no file and runs no command, whatever it is given. A tool that is not known may do
// both. Names are those of 2.1.332 and of older clients.
func OnlyReads(tool string) bool {
	switch tool {
	case "Read", "Glob", "Grep", "LS", "NotebookRead", "TodoWrite", "ToolSearch", "WebFetch", "WebSearch", "SubagentHandback", // look and note
		"TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "TaskOutput", "TaskStop", "AgentOutputTool", "BashOutput", "KillShell", "KillBash",
		"Agent", "Task", "SendMessage", "AskUserQuestion", "Skill", "EnterPlanMode", "ExitPlanMode", // others act, and are seen themselves
		"ScheduleWakeup", "CronCreate", "CronDelete", "CronList", "ListMcpResourcesTool", "ReadMcpResourceTool":
		return true
	}
	return false
}

// IsShell reports whether the text that the tool is given is a command of a shell in the syntax of sh.
func IsShell(tool string) bool { return tool == "Bash" || tool == "Monitor" }

// Acts reports whether the tool use may have run a command or changed a file that it does not name as Edits do.
func (u ToolUse) Acts() bool { return !u.Edits() && !OnlyReads(u.Name) }

// maxInput bounds what is kept of the input of a tool that is not known, in bytes.
const maxInput = 16 << 10

// inputTexts are the strings in the input of a tool that is not known, however deep, each on a line of its own.
func inputTexts(input []byte) string {
	var b strings.Builder
	var walk func(c *cursor, depth int)
	walk = func(c *cursor, depth int) {
		switch first := c.peek(); {
		case first == '"':
			if s, ok := text(c.value()); ok && b.Len()+len(s) < maxInput {
				if b.Len() > 0 {
					b.WriteByte('\n')
				}
				b.WriteString(s)
			}
		case first == '{' && depth > 0:
			c.object(func([]byte) bool { walk(c, depth-1); return c.err == nil })
		case first == '[' && depth > 0:
			c.array(func() { walk(c, depth-1) })
		default:
			c.value()
		}
	}
	c := cursor{b: input}
	if len(input) > 0 {
		walk(&c, 8)
	}
	return b.String()
}
