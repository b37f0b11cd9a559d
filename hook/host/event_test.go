package host

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseEvent(t *testing.T) {
	tests := []struct {
		name, input string
		want        Event
	}{
		{
			"subagent stop",
			`{"session_id":"s","transcript_path":"/t.jsonl","cwd":"/r","permission_mode":"default","prompt_id":"p","hook_event_name":"SubagentStop",
			"agent_id":"a","agent_type":"x:bug-fixer","agent_transcript_path":"/a.jsonl","stop_hook_active":true,"last_assistant_message":"done\n",
			"background_tasks":[{"id":"a","type":"subagent","status":"running","description":"d"}],"session_crons":[]}`,
			Event{
				HookEventName: "SubagentStop", SessionID: "s", TranscriptPath: "/t.jsonl", Cwd: "/r",
				AgentID: "a", AgentType: "x:bug-fixer", AgentTranscriptPath: "/a.jsonl", StopHookActive: true, LastAssistantMessage: "done\n",
				BackgroundTasks: []BackgroundTask{{ID: "a", Type: "subagent"}}, PromptID: "p",
			},
		},
		{
			"tool",
			`{"hook_event_name":"PostToolUse","tool_name":"Agent","tool_use_id":"u","tool_input":{"subagent_type":"b","prompt":"p","description":"d","run_in_background":true,"to":"a"},
			"tool_response":{"status":"completed","agentId":"a","agentType":"b","resumedAgentId":"c","content":[]}}`,
			Event{
				HookEventName: "PostToolUse", ToolName: "Agent", ToolUseID: "u",
				ToolInput:    ToolInput{SubagentType: "b", Prompt: "p", To: "a"},
				ToolResponse: ToolResponse{Status: "completed", AgentID: "a", AgentType: "b"},
			},
		},
		{
			"null, wrong type and unknown are absent",
			` {"hook_event_name":"Stop","stop_hook_active":null,"last_assistant_message":null,"agent_id":7,"background_tasks":"none","tool_response":"text","new":{"a":[1]}} `,
			Event{HookEventName: "Stop"},
		},
		{"true as a word is not true", `{"hook_event_name":"Stop","stop_hook_active":"true"}`, Event{HookEventName: "Stop"}},
		{"escapes", `{"hook_event_name":"UserPromptSubmit","prompt":"\u003ctask\u003e \ud83d\ude00"}`, Event{HookEventName: "UserPromptSubmit", Prompt: "<task> 😀"}},
		{"invalid UTF-8", "{\"hook_event_name\":\"UserPromptSubmit\",\"prompt\":\"a\xffb\"}", Event{HookEventName: "UserPromptSubmit", Prompt: "a\uFFFDb"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseEvent([]byte(tt.input))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestParseEventRefuses(t *testing.T) {
	tests := []struct {
		name, input, says string
		is                error
	}{
		{"nothing", "", "empty", ErrNotJSON},
		{"blanks", " \r\n\t", "empty", ErrNotJSON},
		{"array", `["hook_event_name"]`, "begins with", ErrNotJSON},
		{"null", "null", "begins with", ErrNotJSON},
		{"torn", `{"hook_event_name":"Stop"`, "torn", ErrNotJSON},
		{"two", `{"hook_event_name":"Stop"}{}`, "torn or malformed", ErrNotJSON},
		{"trailing comma", `{"hook_event_name":"Stop",}`, "malformed", ErrNotJSON},
		{"key twice", `{"hook_event_name":"Stop","a":1,"a":2}`, `"a" stands twice`, ErrNotJSON},
		{"deep", `{"a":` + strings.Repeat("[", MaxEventDepth) + strings.Repeat("]", MaxEventDepth) + "}", "deeper", ErrNotJSON},
		{"more keys than an event has", `{"hook_event_name":"Stop"` + manyKeys(2*MaxEventKeys) + "}", "behind 1000 others", ErrNotJSON},
		{"no name", `{"task_id":"T1"}`, "hook_event_name", ErrNotEvent},
		{"name is no string", `{"hook_event_name":1}`, "hook_event_name", ErrNotEvent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseEvent([]byte(tt.input))
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error that is %q and says %q", err, tt.is, tt.says)
			}
		})
	}
}

// manyKeys returns n keys with values, each after a comma.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":"yes"`, i)
	}
	return b.String()
}

// Of a list in an event no more is read than any client sends.
func TestParseEventLists(t *testing.T) {
	ev, err := ParseEvent([]byte(`{"hook_event_name":"SubagentStop","background_tasks":[{"id":"a"}` + strings.Repeat(",{}", 10*maxEntries) + `]}`))
	if err != nil || len(ev.BackgroundTasks) != maxEntries || ev.BackgroundTasks[0].ID != "a" {
		t.Errorf("%d background tasks: %v", len(ev.BackgroundTasks), err)
	}
	ev, err = ParseEvent([]byte(`{"hook_event_name":"PostToolUse","tool_name":"AskUserQuestion","tool_input":{"answers":{"q":"no"` + manyKeys(10*maxEntries) + `}}}`))
	if n := strings.Count(ev.ToolInput.Answers, "\n"); err != nil || n != maxEntries {
		t.Errorf("%d answers: %v", n, err)
	}
}

// TestServerCommand: servers that run commands name them in different ways.
func TestServerCommand(t *testing.T) {
	for input, want := range map[string]string{
		`{"command":"git push"}`:                                   "git push",
		`{"cmd":"git push","cwd":"/r"}`:                            "git push",
		`{"mode":"shell","command_line":"git push"}`:               "git push",
		`{"command":["git","commit","-m","a b"],"directory":"/r"}`: "git commit -m 'a b'",
		`{"command":"git","args":["commit","-m","it's"]}`:          `git commit -m 'it'\''s'`,
		`{"argv":["git","push"]}`:                                  "git push",
		`{"commands":["cd /r","git push"]}`:                        "cd /r\ngit push",
		`{"path":"/r/a","content":"git push"}`:                     "",
		`{"command":7}`:                                            "",
	} {
		ev, err := ParseEvent([]byte(`{"hook_event_name":"PreToolUse","tool_name":"mcp__shell__run","tool_input":` + input + `}`))
		if err != nil || ev.ToolInput.Command != want {
			t.Errorf("%s: %q, %v, want %q", input, ev.ToolInput.Command, err, want)
		}
	}
}

func TestParseEventBracketsInStrings(t *testing.T) {
	input := `{"hook_event_name":"UserPromptSubmit","prompt":"` + strings.Repeat(`[\"{`, MaxEventDepth) + `"}`
	ev, err := ParseEvent([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat(`["{`, MaxEventDepth); ev.Prompt != want {
		t.Errorf("the prompt has %d bytes, want %d", len(ev.Prompt), len(want))
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, seed := range []string{`{"hook_event_name":"Stop"}`, `{"hook_event_name":"SubagentStop","background_tasks":[{"id":"a"}]}`, `{"a":[[{"b":"\"["}]]}`, `{`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ev, err := ParseEvent(data)
		if (err == nil) != (ev.HookEventName != "") {
			t.Errorf("event %q with error %v", ev.HookEventName, err)
		}
	})
}
