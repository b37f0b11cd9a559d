// Package host defines the host's protocol: the events that it sends, the notifications that it writes into prompts, and the answers that it reads.
package host

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"stopgate/hook/quote"
	"stopgate/hook/transcript"
)

// Names of the host events that stopgate is registered for, as the host spells them (hook_event_name).
const (
	SubagentStart = "SubagentStart"
	SubagentStop  = "SubagentStop"
	PreToolUse    = "PreToolUse"
	PostToolUse   = "PostToolUse"
	// PostToolUseFailure comes instead of PostToolUse if a tool failed.
	PostToolUseFailure = "PostToolUseFailure"
	UserPromptSubmit   = "UserPromptSubmit"
	Stop               = "Stop"
	ConfigChange       = "ConfigChange"
	SessionEnd         = "SessionEnd"
)

// Bounds on one event. The host escapes a message into JSON, so a 20 MiB message of line feeds is 40 MiB here.
const (
	// MaxEventBytes is the largest stdin that is parsed.
	MaxEventBytes = 64 << 20
	// MaxEventDepth is the deepest nesting that is parsed; the host's own events stay below ten.
	MaxEventDepth = 512
	// MaxEventKeys is the number of keys that an event has at most; the host's own have about twenty.
	MaxEventKeys = 1000
	// maxEntries bounds what is read of a list in an event.
	maxEntries = 1000
)

// Errors of ParseEvent. Both mean that nothing was judged.
var (
	// ErrNotJSON is returned for input that is not one complete JSON object within the bounds.
	ErrNotJSON = errors.New("not one complete JSON object")
	// ErrNotEvent is returned for a JSON object without a hook_event_name. It may be a bare report.
	ErrNotEvent = errors.New("not a host event: hook_event_name is missing")
)

// Event is one host event. Fields carry the host's names; an absent, null or wrongly typed field is its zero value.
type Event struct {
	HookEventName  string // hook_event_name
	SessionID      string // session_id; the parent's in a subagent's events
	TranscriptPath string // transcript_path; the parent's in a subagent's events
	Cwd            string // cwd; the parent's in a subagent's events

	AgentID             string // agent_id
	AgentType           string // agent_type, "plugin:agent" for a plugin's
	AgentTranscriptPath string // agent_transcript_path
	// StopHookActive means that this stop follows a block. Absent and null mean false.
	StopHookActive bool // stop_hook_active
	// LastAssistantMessage is the last text block of the last reply; "" if the host sent none.
	LastAssistantMessage string           // last_assistant_message
	BackgroundTasks      []BackgroundTask // background_tasks; nil if the host sends none

	ToolName     string       // tool_name
	ToolUseID    string       // tool_use_id
	ToolInput    ToolInput    // tool_input
	ToolResponse ToolResponse // tool_response
	// Error is why the tool failed, in the words of the host.
	Error string // error, of PostToolUseFailure

	Prompt   string // prompt, of UserPromptSubmit
	PromptID string // prompt_id: of the turn that the event belongs to; "" in older clients
	// Source is who sent the prompt: "user", "sdk" or one of the host's own words. Absent so far (2.1.330).
	// At SessionStart it is why the session starts: startup, resume, clear, compact or fork.
	// At ConfigChange it is whose settings have changed: user_settings, project_settings or local_settings.
	Source string // source, of UserPromptSubmit, SessionStart and ConfigChange
	Reason string // reason, of SessionEnd: "clear" and "resume" if the client goes on with another session
	// FilePath is the settings file that has changed.
	FilePath string // file_path, of ConfigChange
}

// WorkflowTask is the type of a background task that runs the script of a workflow, which launches agents. Those are not listed themselves (2.1.330).
const WorkflowTask = "workflow"

// TeammateTask is the type of a background task for a teammate, which is listed by another id, and as running also while it waits (2.1.330).
const TeammateTask = "teammate"

// BackgroundTask is one entry of background_tasks. A background agent lists itself in its own SubagentStop.
type BackgroundTask struct {
	ID   string // id; the agent_id of a background agent
	Type string // type: "subagent", "shell", "monitor" …
}

// ToolInput is what stopgate reads of tool_input.
type ToolInput struct {
	SubagentType string // subagent_type, of Agent
	Prompt       string // prompt, of Agent
	Name         string // name, of Agent: the agent joins the session's team under it, if the client has teams
	Command      string // command, of Bash and other shells; the command of a server's tool that runs one
	FilePath     string // file_path, of Write, Edit and MultiEdit
	NotebookPath string // notebook_path, of NotebookEdit
	Isolation    string // isolation, of Agent: "worktree" for a worktree that the host makes for this agent alone
	Answers      string // answers, of AskUserQuestion: each answered question with its answer, one on each line; "" for none
	To           string // to, of SendMessage: the id of the agent
	Message      string // message, of SendMessage
	// Paths has the strings and keys in the input of an MCP tool (mcp__…), at any depth, that may be paths: they have a slash and no line break. At
	// most 32.
	Paths []string
}

// ToolResponse is what stopgate reads of tool_response.
type ToolResponse struct {
	Status    string // status: "completed" (foreground), "async_launched" (background), or SkillForked
	AgentID   string // agentId
	AgentType string // agentType
	TaskID    string // task_id: the agent, or another background task, that TaskStop stopped
}

// ParseEvent reads one host event. Size and depth are bounded before anything is parsed; unknown fields are ignored.
// The errors wrap ErrNotJSON or ErrNotEvent.
func ParseEvent(data []byte) (Event, error) {
	if err := checkObject(data); err != nil {
		return Event{}, err
	}
	var ev Event
	seen := map[string]bool{}
	var wrong error
	gjson.ParseBytes(data).ForEach(func(key, value gjson.Result) bool {
		if seen[key.Str] || len(seen) == MaxEventKeys {
			wrong = fmt.Errorf("%w: the key %s stands twice, or behind %d others", ErrNotJSON, quote.String(key.Str, 60), MaxEventKeys)
			return false
		}
		seen[key.Str] = true
		ev.set(key.Str, value)
		return true
	})
	if strings.HasPrefix(ev.ToolName, "mcp__") { // of an MCP server that the client is connected to
		input := gjson.GetBytes(data, "tool_input")
		ev.ToolInput.Paths = pathsIn(nil, input)
		ev.ToolInput.Command = transcript.ServerCommand([]byte(input.Raw))
	}
	if wrong != nil {
		return Event{}, wrong
	}
	if ev.HookEventName == "" {
		return Event{}, ErrNotEvent
	}
	return ev, nil
}

func (ev *Event) set(name string, value gjson.Result) {
	switch name {
	case "hook_event_name":
		ev.HookEventName = text(value)
	case "session_id":
		ev.SessionID = text(value)
	case "transcript_path":
		ev.TranscriptPath = text(value)
	case "cwd":
		ev.Cwd = text(value)
	case "agent_id":
		ev.AgentID = text(value)
	case "agent_type":
		ev.AgentType = text(value)
	case "agent_transcript_path":
		ev.AgentTranscriptPath = text(value)
	case "stop_hook_active":
		ev.StopHookActive = value.Type == gjson.True
	case "last_assistant_message":
		ev.LastAssistantMessage = text(value)
	case "background_tasks":
		if !value.IsArray() {
			return
		}
		ev.BackgroundTasks = []BackgroundTask{}
		value.ForEach(func(_, task gjson.Result) bool {
			ev.BackgroundTasks = append(ev.BackgroundTasks, BackgroundTask{ID: text(task.Get("id")), Type: text(task.Get("type"))})
			return len(ev.BackgroundTasks) < maxEntries
		})
	case "tool_name":
		ev.ToolName = text(value)
	case "tool_use_id":
		ev.ToolUseID = text(value)
	case "tool_input":
		ev.ToolInput = toolInput(value)
	case "tool_response":
		ev.ToolResponse = ToolResponse{
			Status:    text(value.Get("status")),
			AgentID:   text(value.Get("agentId")),
			AgentType: text(value.Get("agentType")),
			TaskID:    text(value.Get("task_id")),
		}
	case "error":
		ev.Error = text(value)
	case "prompt":
		ev.Prompt = text(value)
	case "file_path":
		ev.FilePath = text(value)
	case "prompt_id":
		ev.PromptID = text(value)
	case "source":
		ev.Source = text(value)
	case "reason":
		ev.Reason = text(value)
	}
}

// toolInput reads an object in one pass, because the input of a tool may be long.
func toolInput(value gjson.Result) (in ToolInput) {
	value.ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "subagent_type":
			in.SubagentType = text(value)
		case "prompt":
			in.Prompt = text(value)
		case "name":
			in.Name = text(value)
		case "command":
			in.Command = text(value)
		case "answers":
			n := 0
			value.ForEach(func(question, answer gjson.Result) bool {
				n++
				if said := strings.TrimSpace(strings.ToValidUTF8(answer.String(), "\uFFFD")); said != "" && said != "[]" {
					in.Answers += text(question) + " " + said + "\n"
				}
				return n < maxEntries && len(in.Answers) < MaxEventBytes/maxEntries
			})
		case "to":
			in.To = text(value)
		case "file_path":
			in.FilePath = text(value)
		case "notebook_path":
			in.NotebookPath = text(value)
		case "isolation":
			in.Isolation = text(value)
		case "message":
			in.Message = text(value)
		}
		return true
	})
	return in
}

// Bounds on the paths read from the input of an unknown tool.
const (
	maxPaths = 32
	maxPath  = 4096 // bytes, as on Linux
)

// pathsIn adds the strings and keys in value that may be paths.
func pathsIn(paths []string, value gjson.Result) []string {
	switch {
	case len(paths) >= maxPaths:
	case value.IsObject(), value.IsArray():
		value.ForEach(func(key, value gjson.Result) bool {
			paths = pathsIn(pathsIn(paths, key), value)
			return len(paths) < maxPaths
		})
	case value.Type == gjson.String && len(value.Raw) <= maxPath:
		path := text(value)
		if rest, ok := strings.CutPrefix(path, "file://"); ok {
			path = rest
			if name, err := url.PathUnescape(rest); err == nil {
				path = name
			}
		}
		if strings.ContainsAny(path, `/\`) && !strings.ContainsAny(path, "\x00\n") {
			paths = append(paths, path)
		}
	}
	return paths
}

// text returns the string in value; "" if value is not a string.
func text(value gjson.Result) string {
	if value.Type != gjson.String {
		return ""
	}
	// gjson returns substrings of the input. The copy lets the input be freed.
	return strings.ToValidUTF8(strings.Clone(value.Str), "\uFFFD")
}

// checkObject returns an error unless data is one complete JSON object within the bounds. gjson recurses once per level, so the depth is counted
// first.
func checkObject(data []byte) error {
	if len(data) > MaxEventBytes {
		return fmt.Errorf("%w: more than %d bytes", ErrNotJSON, MaxEventBytes)
	}
	first := -1
	for i, c := range data {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			first = i
			break
		}
	}
	switch {
	case first < 0:
		return fmt.Errorf("%w: stdin is empty", ErrNotJSON)
	case data[first] != '{':
		return fmt.Errorf("%w: it begins with %s", ErrNotJSON, quote.String(string(data[first:min(first+20, len(data))]), 20))
	case deeperThan(data, MaxEventDepth):
		return fmt.Errorf("%w: nested deeper than %d levels", ErrNotJSON, MaxEventDepth)
	case !gjson.ValidBytes(data):
		return fmt.Errorf("%w: torn or malformed after %d bytes read", ErrNotJSON, len(data))
	}
	return nil
}

// deeperThan reports whether brackets outside strings nest deeper than limit.
func deeperThan(data []byte, limit int) bool {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// IsolationWorktree is the value of ToolInput.Isolation, and of isolation in an agent's definition, for which the host makes a worktree.
const IsolationWorktree = "worktree"

// The tools with which a session launches an agent, and sends an agent a message, which resumes it if it has ended.
const (
	AgentTool       = "Agent"
	SendMessageTool = "SendMessage"
)

// SkillTool is the tool that runs a skill, which may run in an agent of its own. Then the result has the status SkillForked (2.1.330).
const (
	SkillTool   = "Skill"
	SkillForked = "forked"
)

// IsAgentTool reports whether the tool of that name launches an agent. Older clients call AgentTool Task.
func IsAgentTool(name string) bool { return name == AgentTool || name == "Task" }
