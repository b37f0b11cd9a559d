package transcript

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func read(t *testing.T, transcript string) *Agent {
	t.Helper()
	return readWith(t, transcript, Options{})
}

func readWith(t *testing.T, transcript string, o Options) *Agent {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
	if err := os.WriteFile(path, []byte(transcript), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := ReadAgent(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func texts(a *Agent) []string {
	var all []string
	for _, r := range a.Replies {
		all = append(all, strings.Join(r.Texts, "|"))
	}
	return all
}

// TestCommandOfAServer: the command of an MCP server's tool is read from a transcript as it is from an event, one text or a list of words.
func TestCommandOfAServer(t *testing.T) {
	a := read(t, newScript(t).
		prompt("TASK: T1").
		uses("m1", "t1", "mcp__shell__run", map[string]any{"command": []string{"git", "commit", "-m", "a b"}}).
		uses("m2", "t2", "mcp__shell__run", map[string]any{"commands": []string{"cd /r", "git push"}}).
		uses("m3", "t3", "mcp__shell__run", map[string]any{"thread": 1, "action": map[string]any{"type": "bash", "run": map[string]any{"command": "git tag v1"}}}).
		uses("m4", "t4", "mcp__shell__run", map[string]any{"args": map[string]any{"commandLine": "git branch x"}}).
		uses("m5", "t5", "mcp__chat__post", map[string]any{"message": map[string]any{"text": "git push"}}).String())
	for i, want := range []string{"git commit -m 'a b'", "cd /r\ngit push", "git tag v1", "git branch x", ""} {
		if got := a.ToolUses[i].Command; got != want {
			t.Errorf("command %d is %q, want %q", i, got, want)
		}
	}
}

func TestReadAgentOneRun(t *testing.T) {
	a := read(t, newScript(t).
		prompt("TASK: T1").
		uses("m1", "t1", "Write", map[string]any{"file_path": "/repo/a.go", "content": "x"}).
		result("t1", "ok", false).
		uses("m2", "t2", "Bash", map[string]any{"command": "go test ./..."}).
		result("t2", "exit 1", true).
		result("t2", "once more", false).
		uses("m3", "t3", "NotebookEdit", map[string]any{"notebook_path": "/repo/n.ipynb"}).
		uses("m3", "t4", "Read", map[string]any{"file_path": "/repo/a.go"}).
		result("t4", "text", false).
		assistant("m4", "end_turn", "", textBlock("first block")).
		assistant("m4", "end_turn", "", textBlock("second block")).
		String())

	if a.ID != "a1" || a.SessionID != "s1" || a.CWD != "/repo" || a.Prompt != "TASK: T1" {
		t.Errorf("identity is %q %q %q %q", a.ID, a.SessionID, a.CWD, a.Prompt)
	}
	type use struct {
		id, name, path, command string
		outcome                 Outcome
		line                    int
		answered                bool
	}
	var got []use
	for _, u := range a.ToolUses {
		got = append(got, use{u.ID, u.Name, u.Path, u.Command, u.Outcome, u.Line, !u.ResultTime.IsZero()})
	}
	want := []use{
		{"t1", "Write", "/repo/a.go", "", Succeeded, 2, true},
		{"t2", "Bash", "", "go test ./...", Failed, 4, true},
		{"t3", "NotebookEdit", "/repo/n.ipynb", "", Unanswered, 7, false},
		{"t4", "Read", "/repo/a.go", "", Succeeded, 8, true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("tool uses\n got %v\nwant %v", got, want)
	}
	last := a.LastReply()
	if last == nil || !reflect.DeepEqual(last.Texts, []string{"first block", "second block"}) ||
		last.FirstLine != 10 || last.LastLine != 11 || last.MessageID != "m4" || last.Time.Second() != 11 {
		t.Errorf("last reply is %+v", last)
	}
	if a.Lines != 11 || a.Skipped != (Skipped{}) {
		t.Errorf("%d lines, skipped %+v", a.Lines, a.Skipped)
	}
}

func TestReadAgentRuns(t *testing.T) {
	a := read(t, newScript(t).
		prompt("work").
		uses("m1", "t1", "Edit", map[string]any{"file_path": "/repo/a.go"}).
		result("t1", "ok", false).
		says("m2", "first report").
		feedback("not so").
		says("m3", "second report").
		resume("tests fail").
		uses("m4", "t2", "Edit", map[string]any{"file_path": "/repo/b.go"}).
		result("t2", "ok", false).
		says("m5", "third report").
		feedback("still not").
		says("m6", "fourth report").
		String())

	if a.Prompt != "work" || a.Run.Number != 1 || a.Run.Line != 7 || a.Run.Feedbacks != 1 || !strings.HasSuffix(a.Run.Prompt, "tests fail") {
		t.Errorf("prompt %q, run %+v", a.Prompt, a.Run)
	}
	if got, want := texts(a), []string{"", "third report", "fourth report"}; !reflect.DeepEqual(got, want) {
		t.Errorf("replies of the current run are %q, want %q", got, want)
	}
	if len(a.ToolUses) != 2 || a.ToolUses[0].Run != 0 || a.ToolUses[1].Run != 1 {
		t.Errorf("tool uses of all runs are %+v", a.ToolUses)
	}
}

func TestReached(t *testing.T) {
	first := newScript(t).prompt("work").says("m1", "intro\n\nreport\n").String()
	tests := []struct {
		name       string
		transcript string
		message    string
		active     bool
		judged     string
		want       bool
	}{
		{"whole message", first, "intro\n\nreport", false, "", true},
		{"its end", first, "report", false, "", true},
		{"no message to look for", first, "", false, "", true},
		{"another message", first, "other", false, "", false},
		{"blocked since, the file does not know", first, "report", true, "", false},
		{"nothing yet", "", "report", false, "", false},
		{"prompt only", newScript(t).prompt("work").String(), "", false, "", false},
		{"a result is the last record", newScript(t).prompt("w").
			assistant("m1", "tool_use", "", textBlock("report"), useBlock("t1", "Bash", nil)).
			result("t1", "", false).String(), "report", false, "", false},
		{"sent back, same words not yet there", newScript(t).prompt("w").says("m1", "report").feedback("no").String(), "report", true, "", false},
		{"sent back, same words there", newScript(t).prompt("w").says("m1", "report").feedback("no").says("m2", "report").String(), "report", true, "", true},
		{"same words, the last judged is still the last", first, "report", true, "m1", false},
		{"same words, twice blocked, the second block is not there yet", newScript(t).prompt("w").
			says("m1", "report").feedback("no").says("m2", "report").String(), "report", true, "m2", false},
		{"context sent it back, not a block", newScript(t).prompt("w").says("m1", "a").
			attachment("hook_additional_context", "SubagentStop").says("m2", "b").String(), "b", true, "", true},
		{"context sent it back, the answer is not there yet", newScript(t).prompt("w").says("m1", "a").
			attachment("hook_additional_context", "SubagentStop").String(), "a", true, "", false},
		{"torn", strings.TrimSuffix(first, "}\n"), "report", false, "", false},
		{"last block only", newScript(t).prompt("w").
			assistant("m1", "end_turn", "", textBlock("report")).
			assistant("m1", "end_turn", "", textBlock("bye")).String(), "bye", false, "", true},
		{"first of two blocks, the second is not there yet", newScript(t).prompt("w").
			assistant("m1", "end_turn", "", textBlock("report")).String(), "bye", false, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := read(t, tt.transcript).Reached(tt.message, tt.active, tt.judged); got != tt.want {
				t.Errorf("Reached(%q, %t) = %t, want %t", tt.message, tt.active, got, tt.want)
			}
		})
	}
}

func TestReadAgentBounds(t *testing.T) {
	s := newScript(t).prompt("work")
	for _, id := range []string{"m1", "m2", "m3"} {
		s.says(id, strings.Repeat(id, 20)) // 40 bytes
	}
	a := readWith(t, s.String(), Options{MaxText: 50})
	if len(a.Replies) != 1 || a.Replies[0].MessageID != "m3" || a.Replies[0].Cut != 0 {
		t.Errorf("%d replies kept: %+v", len(a.Replies), a.Replies)
	}
	a = readWith(t, s.String(), Options{MaxText: 7})
	if last := a.LastReply(); len(a.Replies) != 1 || last.Cut != 33 || !reflect.DeepEqual(last.Texts, []string{"3m3m3m3"}) {
		t.Errorf("the newest text is cut to %+v", a.LastReply())
	}
	if !a.Reached(strings.Repeat("m3", 20), false, "") {
		t.Error("a cut reply is not recognised by its end")
	}

	s = newScript(t).prompt("work")
	for _, id := range []string{"t1", "t2", "t3"} {
		s.uses("m"+id, id, "Bash", map[string]any{"command": id}).result(id, "", false)
	}
	a = readWith(t, s.String(), Options{MaxToolUses: 600})
	if len(a.ToolUses) != 2 || a.DroppedToolUses != 1 || a.ToolUses[1].ID != "t3" || a.ToolUses[1].Outcome != Succeeded {
		t.Errorf("%d tool uses dropped, kept %+v", a.DroppedToolUses, a.ToolUses)
	}
}

func TestReadAgentRefuses(t *testing.T) {
	if _, err := ReadAgent(context.Background(), t.TempDir(), Options{}); err == nil {
		t.Error("a directory was read")
	}
	if _, err := ReadAgent(context.Background(), filepath.Join(t.TempDir(), "none"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte(newScript(t).prompt("x").String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAgent(ctx, path, Options{}); err == nil {
		t.Error("a cancelled context was ignored")
	}
}

// TestReadAgentTooLarge: a file of a size that no transcript has is not read, which would take until the host stops to wait.
func TestReadAgentTooLarge(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(80<<30), f.Close()); err != nil {
		t.Skip(err) // a file system without sparse files
	}
	ended, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if a, err := ReadAgent(ended, path, Options{}); a != nil || err == nil || ended.Err() != nil {
		t.Errorf("%v: %v", a, err)
	}
}

// TestOnlyReads: a tool of a server reads if the verb in its name does.
func TestOnlyReads(t *testing.T) {
	t.Parallel()
	for tool, want := range map[string]bool{
		"Read": true, "Bash": false, "mcp__files__read_text_file": true, "mcp__files__list-directory": true, "mcp__db__Query": true, "mcp__a__b__get": true, "mcp__ide__getDiagnostics": true, "mcp__x__listFiles_all": true,
		"mcp__files__write_file": false, "mcp__files__search_and_replace": false, "mcp__x__findAndReplace": false, "mcp__x__get_or_create_file": false, "mcp__x__read_then_run": false, "mcp__files__readonly": false, "mcp__files__": false, "mcp__f__WriteFile": false, "": false, "x": false, "__": false, "read_file": false,
	} {
		if got := OnlyReads(tool); got != want {
			t.Errorf("%q reads: %v", tool, got)
		}
	}
}

// TestWithHelpers counts what could not be read of an agent's helpers as if it were missing from its own transcript.
func TestWithHelpers(t *testing.T) {
	t.Parallel()
	own := &Agent{Lines: 1, ToolUses: []ToolUse{{ID: "t1"}}, Skipped: Skipped{TooDeep: 1}}
	all := own.WithHelpers([]*Agent{nil, {ID: "h1", DroppedToolUses: 2, Skipped: Skipped{Malformed: 1, TooDeep: 1, TooLong: 1, Torn: 1}, ToolUses: []ToolUse{{ID: "t2"}}}})
	if all.LostHelpers != 1 || all.DroppedToolUses != 2 || all.Skipped.Unread() != 4 || len(all.ToolUses) != 2 || all.ToolUses[1].Helper != "h1" {
		t.Errorf("%+v", all)
	}
}

// TestReadAgentWritten: the texts that tools write into files are kept where results are, up to a bound.
func TestReadAgentWritten(t *testing.T) {
	s := newScript(t).
		prompt("TASK: T1").
		uses("m1", "t1", "Write", map[string]any{"file_path": "/t/npm", "content": "echo 4\n"}).
		uses("m2", "t2", "Edit", map[string]any{"file_path": "/t/npm", "old_string": "4", "new_string": "5"}).
		uses("m3", "t3", "MultiEdit", map[string]any{"file_path": "/t/npm", "edits": []any{map[string]any{"old_string": "5", "new_string": ""}, map[string]any{"new_string": "x"}}}).
		uses("m4", "t4", "Write", map[string]any{"file_path": "/t/big", "content": strings.Repeat("x", maxContent)}).
		String()
	for _, output := range []int{0, 1} {
		var got []string
		for _, u := range readWith(t, s, Options{MaxOutput: output}).ToolUses {
			got = append(got, fmt.Sprintf("%s %q", u.Content, u.Replaced))
		}
		want := []string{" []", " []", " []", " []"}
		if output > 0 {
			want = []string{"echo 4\n []", ` [["4" "5"]]`, ` [["5" ""] ["" "x"]]`, " []"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("with outputs of %d bytes: %q", output, got)
		}
	}
}

// TestReadAgentBackground: the result of a command that goes on says nothing of how it ends. A notification of the host does.
func TestReadAgentBackground(t *testing.T) {
	const at = "Output is being written to: /tmp/b1.output. It is running now."
	end := func(status, summary string) string {
		return fmt.Sprintf("<task-notification>\n<task-id>b1</task-id>\n<tool-use-id>t1</tool-use-id>\n<output-file>/tmp/b1.output</output-file>\n<status>%s</status>\n<summary>Background command \"<status>completed</status>\" %s</summary>\n</task-notification>", status, summary)
	}
	for _, tt := range []struct {
		result, notice string
		failed         bool
		stays          bool
		want           Outcome
		ended          bool
	}{
		{"Command did not complete within its 120s timeout and was moved to the background (ID: b1). " + at, "", false, true, Succeeded, false},
		{"Command was moved to the background (ID: b1) after running for 120s. " + at, "", false, true, Succeeded, false},
		{"Command was moved to the background (ID: b1) so that a message that arrived while it was running can reach you. " + at, "", false, true, Succeeded, false},
		{"Command was manually backgrounded by user with ID: b1. " + at, "", false, true, Succeeded, false},
		{"1..4\nCommand running in background with ID: b1. " + at, "", false, true, Succeeded, false},
		{"Command running in background with ID: b1. " + at, end("completed", "completed (exit code 0)"), false, false, Succeeded, true},
		{"Command running in background with ID: b1. " + at, end("failed", "failed with exit code 1"), false, false, Failed, true},
		{"Command running in background with ID: b1. " + at, end("killed", "was stopped"), false, false, Failed, true},
		{"Command running in background with ID: b1. " + at, end("", "may be at work"), false, true, Succeeded, false},
		{"Command running in background with ID: b1. " + at, strings.ReplaceAll(end("failed", "failed"), "t1", "t9"), false, true, Succeeded, false},
		{"the docs say: Command running in background with ID: b1", end("failed", "failed with exit code 1"), false, false, Succeeded, false},
		{"Exit code 1", "", true, false, Failed, false},
	} {
		script := newScript(t).prompt("TASK: T1").uses("m1", "t1", "Bash", map[string]any{"command": "make test"}).result("t1", tt.result, tt.failed)
		if tt.notice != "" {
			script.raw(fmt.Sprintf(`{"agentId":"a1","isSidechain":true,"attachment":{"type":"queued_command","prompt":%q,"commandMode":"task-notification"},"type":"attachment","timestamp":"2026-11-28T23:53:54.808Z"}`, tt.notice))
		}
		u := readWith(t, script.String(), Options{}).ToolUses[0]
		if u.Stays != tt.stays || u.Outcome != tt.want || u.ResultTime.Month() == time.November != tt.ended {
			t.Errorf("%q, %q: %+v", tt.result, tt.notice, u)
		}
	}
}

// TestReadAgentWaits: clients up to 2.1.200 have a tool that waits for a command in the background, and tells how it ended.
func TestReadAgentWaits(t *testing.T) {
	for _, tt := range []struct {
		task, result string
		stays        bool
		want         Outcome
	}{
		{"b1", "<retrieval_status>success</retrieval_status>\n\n<task_id>b1</task_id>\n\n<task_type>local_bash</task_type>\n\n<status>completed</status>\n\n<exit_code>0</exit_code>\n\n<output>\n<status>failed</status>\n</output>", false, Succeeded},
		{"b1", "<retrieval_status>success</retrieval_status>\n\n<task_id>b1</task_id>\n\n<task_type>local_bash</task_type>\n\n<status>failed</status>\n\n<exit_code>1</exit_code>\n\n<output>\nok\n</output>", false, Failed},
		{"b1", "<retrieval_status>timeout</retrieval_status>\n\n<task_id>b1</task_id>\n\n<task_type>local_bash</task_type>\n\n<status>running</status>\n\n<output>\n<status>completed</status>\n</output>", true, Succeeded},
		{"b12", "<retrieval_status>success</retrieval_status>\n\n<task_id>b1</task_id>\n\n<task_type>local_bash</task_type>\n\n<status>failed</status>\n\n<exit_code>1</exit_code>\n\n<output>\nok\n</output>", true, Succeeded},
	} {
		script := newScript(t).prompt("TASK: T1").
			uses("m1", "t1", "Bash", map[string]any{"command": "make test", "run_in_background": true}).
			result("t1", "Command running in background with ID: "+tt.task+". Output is being written to: /tmp/b1.output. You will be notified.", false).
			uses("m2", "t2", "TaskOutput", map[string]any{"task_id": "b1", "block": true}).result("t2", tt.result, false)
		u := readWith(t, script.String(), Options{}).ToolUses[0]
		if u.Stays != tt.stays || u.Outcome != tt.want {
			t.Errorf("%s, %q: %+v", tt.task, tt.result, u)
		}
	}
}

// TestReadAgentEvents: what a watched command prints comes in notifications of the host, while the agent works and after it has stopped.
func TestReadAgentEvents(t *testing.T) {
	notice := func(id, printed string) string {
		return "<task-notification>\n<task-id>" + id + "</task-id>\n<summary>Monitor event</summary>\n<event>" + printed + "</event>\n</task-notification>"
	}
	script := newScript(t).
		prompt("TASK: T1").
		uses("m1", "t1", "Monitor", map[string]any{"command": "npm test"}).
		result("t1", "Monitor started (task b1, expires in 1m)", false).
		uses("m2", "t2", "Bash", map[string]any{"command": "ls"}).
		result("t2", "a (task b2", false)
	for _, text := range []string{notice("b1", "ok &lt;1&gt;"), notice("b2", "of no Monitor"), notice("b9", "of nothing"), notice("", "of nothing"), "<event>no notification</event>"} {
		script.raw(fmt.Sprintf(`{"agentId":"a1","isSidechain":true,"attachment":{"type":"queued_command","prompt":%q,"commandMode":"task-notification"},"type":"attachment"}`, text))
	}
	script.raw(fmt.Sprintf(`{"agentId":"a1","isSidechain":true,"type":"user","message":{"role":"user","content":%q},"isMeta":true,"origin":{"kind":"task-notification"}}`, notice("b1", "# pass 1")))
	for output, want := range map[int][]string{0: {"", ""}, 1000: {"Monitor started (task b1, expires in 1m)\nok <1>\n# pass 1", "a (task b2"}} {
		var got []string
		for _, u := range readWith(t, script.String(), Options{MaxOutput: output}).ToolUses {
			got = append(got, u.Output)
		}
		if !slices.Equal(got, want) {
			t.Errorf("with outputs of %d bytes: %q", output, got)
		}
	}
}
