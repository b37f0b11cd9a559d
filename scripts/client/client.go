// Package client has the formats in which the real client, release 2.1.332, sends events to hooks and writes transcripts. Programs that simulate
// sessions use it, so that each format is defined once.
package client

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Fields are those of a JSON object.
type Fields = map[string]any

// Session is one session of the client.
type Session struct {
	// ID is the session's own, Repository its working directory, Transcript the file of its transcript, which ends in .jsonl.
	ID, Repository, Transcript string
	// NewID returns an identifier that begins with prefix and that it has not returned before.
	NewID func(prefix string) string
	// Keep appends a line, with its line feed, to a transcript.
	Keep func(file string, line []byte)
}

// Event returns an event for a hook: fields, and the fields that all events have.
func (s *Session) Event(name, cwd string, fields Fields) []byte {
	fields["hook_event_name"], fields["session_id"], fields["cwd"] = name, s.ID, cwd
	fields["transcript_path"], fields["permission_mode"] = s.Transcript, "default"
	return encode(fields)
}

// note adds a record to a transcript.
func (s *Session) note(file string, fields Fields) {
	fields["uuid"], fields["sessionId"], fields["version"] = s.NewID("u"), s.ID, "2.1.332"
	fields["timestamp"] = time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	s.Keep(file, append(encode(fields), '\n'))
}

// own adds a record to the session's own transcript.
func (s *Session) own(fields Fields) {
	fields["isSidechain"], fields["cwd"] = false, s.Repository
	s.note(s.Transcript, fields)
}

// Says adds a text of the orchestrator, which ends its turn.
func (s *Session) Says(text string) {
	s.own(Fields{"type": "assistant", "message": s.message("assistant", Fields{"type": "text", "text": text})})
}

// Uses adds a tool use of the orchestrator.
func (s *Session) Uses(id, tool string, input Fields) {
	s.own(Fields{"type": "assistant", "message": s.message("assistant", Use(id, tool, input))})
}

// Returned adds the result of a tool of the orchestrator. response is the tool's own answer; nil if the tool was refused.
func (s *Session) Returned(id, text string, response Fields) {
	record := Fields{"type": "user", "message": s.message("user", Result(id, text, response == nil))}
	if response != nil {
		record["toolUseResult"] = response
	}
	s.own(record)
}

// Typed returns a prompt that a person typed. The client keeps it after the event.
func (s *Session) Typed(id, text string) { s.prompt(id, text, "typed", "human", "human") }

// Notified adds the prompt by which the client tells the orchestrator that an agent in the background has ended.
func (s *Session) Notified(id, text string) {
	s.prompt(id, text, "system", "task_notification", "task-notification")
}

func (s *Session) prompt(id, text, source, turn, origin string) {
	s.own(Fields{
		"type": "user", "promptId": id, "entrypoint": "cli", "promptSource": source, "turnOrigin": turn,
		"origin": Fields{"kind": origin}, "message": Fields{"role": "user", "content": text},
	})
}

// Notification returns the text of Notified.
func Notification(agent, result string) string {
	return "<task-notification>\n<task-id>" + agent + "</task-id>\n<status>completed</status>\n<result>" + result + "</result>\n</task-notification>"
}

// Killed returns the text of Notified for an agent that was stopped at its work.
func Killed(agent string) string {
	return "<task-notification>\n<task-id>" + agent + "</task-id>\n<status>killed</status>\n</task-notification>"
}

// Heard adds the text that a hook added to an event, as the orchestrator reads it. use is the tool use of the event; "" for none.
func (s *Session) Heard(event, hook, use, text string) {
	s.own(Fields{"type": "attachment", "attachment": Fields{
		"type": "hook_additional_context", "content": []any{text}, "hookName": hook, "toolUseID": use, "hookEvent": event,
	}})
}

func (s *Session) message(role string, block Fields) Fields {
	message := Fields{"role": role, "content": []any{block}}
	if role == "assistant" {
		message["id"], message["stop_reason"] = s.NewID("msg"), "end_turn"
		if block["type"] == "tool_use" {
			message["stop_reason"] = "tool_use"
		}
	}
	return message
}

// Use returns a block in which a model calls a tool.
func Use(id, tool string, input Fields) Fields {
	return Fields{"type": "tool_use", "id": id, "name": tool, "input": input}
}

// Result returns a block with the result of a tool, or with the reason why there is none.
func Result(id, text string, failed bool) Fields {
	result := Fields{"type": "tool_result", "tool_use_id": id, "content": text}
	if failed {
		result["is_error"] = true
	}
	return result
}

// Agent is an agent of a session.
type Agent struct {
	*Session
	// ID is the agent's own, Type its name, Launch the tool use that launched it, Cwd its working directory.
	ID, Type, Launch, Cwd string
}

// File returns the agent's transcript.
func (a *Agent) File() string {
	return filepath.Join(strings.TrimSuffix(a.Transcript, ".jsonl"), "subagents", "agent-"+a.ID+".jsonl")
}

// Meta returns the path and the content of the client's notes on the agent; more are notes besides the common ones.
func (a *Agent) Meta(more Fields) (file string, text []byte) {
	notes := Fields{"agentType": a.Type, "toolUseId": a.Launch, "description": "work"}
	maps.Copy(notes, more)
	return strings.TrimSuffix(a.File(), ".jsonl") + ".meta.json", encode(notes)
}

// user adds what a model reads as the user's to the agent's transcript.
func (a *Agent) user(content string, more Fields) {
	more["type"], more["isSidechain"], more["agentId"], more["cwd"] = "user", true, a.ID, a.Cwd
	more["message"] = Fields{"role": "user", "content": content}
	a.note(a.File(), more)
}

// Prompted returns the prompt that the agent was launched with, the first record of its transcript.
func (a *Agent) Prompted(prompt string) { a.user(prompt, Fields{}) }

// Resumed adds a message that resumes the agent.
func (a *Agent) Resumed(message string) {
	a.user(message, Fields{"isMeta": true, "origin": Fields{"kind": "coordinator"}})
}

// Interrupted is what the client writes where a person or a model stopped an agent.
const Interrupted = "[Request interrupted by user for tool use]"

// Interrupts adds that someone stopped the agent.
func (a *Agent) Interrupts() { a.user(Interrupted, Fields{}) }

// Behind returns the result of a tool use that runs a command in the background, whose output goes to a file.
func Behind(task, output string) string {
	return "Command running in background with ID: " + task + ". Output is being written to: " + output + "."
}

// Ended adds that a command in the background, which a tool use began, has ended with an exit status.
func (a *Agent) Ended(use, task, output string, status int) {
	word, how := "completed", fmt.Sprintf("completed (exit code %d)", status)
	if status != 0 {
		word, how = "failed", fmt.Sprintf("failed with exit code %d", status)
	}
	a.note(a.File(), Fields{"type": "attachment", "isSidechain": true, "agentId": a.ID, "cwd": a.Cwd, "attachment": Fields{
		"type": "queued_command", "commandMode": "task-notification",
		"prompt": "<task-notification>\n<task-id>" + task + "</task-id>\n<tool-use-id>" + use + "</tool-use-id>\n<output-file>" + output + "</output-file>\n<status>" + word +
			"</status>\n<summary>Background command \"run it\" " + how + "</summary>\n</task-notification>",
	}})
}

// SentBack adds the reason why the agent may not stop.
func (a *Agent) SentBack(reason string) {
	a.user("Stop hook feedback:\n"+reason, Fields{"isMeta": true})
}

// Adds adds a message with one block to the agent's transcript.
func (a *Agent) Adds(role string, block Fields) {
	a.note(a.File(), Fields{"type": role, "isSidechain": true, "agentId": a.ID, "cwd": a.Cwd, "message": a.message(role, block)})
}

// Text returns a block of text.
func Text(text string) Fields { return Fields{"type": "text", "text": text} }

// Starts returns the fields of SubagentStart.
func (a *Agent) Starts() Fields { return Fields{"agent_id": a.ID, "agent_type": a.Type} }

// Stops returns the fields of SubagentStop. again means that a hook has sent the agent back; running are the agents in the background.
func (a *Agent) Stops(message string, again bool, running []any) Fields {
	return Fields{
		"agent_id": a.ID, "agent_type": a.Type, "agent_transcript_path": a.File(), "last_assistant_message": message, "stop_hook_active": again,
		"background_tasks": running, "session_crons": []any{},
	}
}

// Calls returns the fields of PreToolUse for a tool use of the agent.
func (a *Agent) Calls(id, tool string, input Fields) Fields {
	fields := Call(id, tool, input)
	fields["agent_id"], fields["agent_type"] = a.ID, a.Type
	return fields
}

// Call returns the fields of PreToolUse for a tool use of the orchestrator.
func Call(id, tool string, input Fields) Fields {
	return Fields{"tool_name": tool, "tool_use_id": id, "tool_input": input}
}

// Returns returns the fields of PostToolUse for the tool that launched the agent with that input.
func (a *Agent) Returns(input, response Fields) Fields {
	fields := Call(a.Launch, "Agent", input)
	fields["tool_response"] = response
	return fields
}

// Completed returns the answer of the tool that launched the agent when the agent has ended in the foreground.
func (a *Agent) Completed(last string) Fields {
	return Fields{"status": "completed", "agentId": a.ID, "agentType": a.Type, "content": []any{Text(last)}}
}

// Steps returns the steps in a text for the orchestrator.
func Steps(text string) (steps []gjson.Result) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, `{"stopgate":"step/1"`) {
			steps = append(steps, gjson.Parse(strings.TrimSpace(line)))
		}
	}
	return steps
}

func encode(fields Fields) []byte {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(fmt.Sprintf("a form of the client cannot be encoded: %v", err)) // the caller's values are not JSON
	}
	return text
}
