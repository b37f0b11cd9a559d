package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"stopgate/hook/transcript"
)

// writeTranscript is `transcript FILE STORY`: it writes a transcript as the host does, a record a second from 2026-02-01T10:00:00Z
// on, of the agent that the file's name tells. Each line of STORY is one turn:
//
//	prompt TEXT       the agent is launched
//	resumed TEXT      it is sent a message
//	say TEXT          it ends its turn
//	feedback TEXT     a hook sends it back
//	edit TOOL PATH    it uses a tool on a file: two records
//	failed TOOL PATH  the same, and the tool fails
//	bash COMMAND      it runs a command: two records
//	main TEXT         the person speaks to the session itself
func writeTranscript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: transcript file story")
	}
	path := ts.MkAbs(args[0])
	t := &story{cwd: ts.MkAbs("repo"), agent: transcript.AgentID(path)}
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		turn, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !t.turn(turn, rest) {
			ts.Fatalf("transcript: no turn %q", turn)
		}
	}
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o750))
	ts.Check(os.WriteFile(path, []byte(t.text.String()), 0o600))
}

// story writes a transcript turn by turn.
type story struct {
	cwd, agent string
	text       strings.Builder
	records    int
}

// turn adds one turn; false for a word that is none.
func (s *story) turn(word, rest string) bool {
	id := fmt.Sprintf("%s-%d", s.agent, s.records)
	switch word {
	case "prompt":
		s.record("user", map[string]any{"content": rest}, nil)
	case "main":
		s.record("user", map[string]any{"content": rest}, map[string]any{"isSidechain": false, "agentId": nil})
	case "resumed":
		s.record("user", map[string]any{"content": rest}, map[string]any{"isMeta": true, "origin": map[string]any{"kind": "coordinator"}})
	case "feedback":
		s.record("user", map[string]any{"content": rest}, map[string]any{"isMeta": true})
	case "say":
		s.record("assistant", map[string]any{"id": "msg-" + id, "stop_reason": "end_turn", "content": []any{map[string]any{"type": "text", "text": rest}}}, nil)
	case "edit", "failed":
		tool, path, _ := strings.Cut(rest, " ")
		s.tool(id, tool, map[string]any{"file_path": path}, word == "failed")
	case "bash":
		s.tool(id, "Bash", map[string]any{"command": rest}, false)
	default:
		return false
	}
	return true
}

func (s *story) tool(id, name string, input map[string]any, fails bool) {
	s.record("assistant", map[string]any{"id": "msg-" + id, "stop_reason": "tool_use", "content": []any{map[string]any{"type": "tool_use", "id": id, "name": name, "input": input}}}, nil)
	s.record("user", map[string]any{"content": []any{map[string]any{"type": "tool_result", "tool_use_id": id, "is_error": fails}}}, nil)
}

// record adds one record with its own fields.
func (s *story) record(role string, message, fields map[string]any) {
	message["role"] = role
	record := map[string]any{
		"type": role, "uuid": fmt.Sprint("u", s.records), "isSidechain": true, "agentId": s.agent, "sessionId": "s1", "cwd": s.cwd, "version": "2.1.330",
		"timestamp": time.Date(2026, 2, 1, 10, 0, s.records, 0, time.UTC).Format(time.RFC3339), "message": message,
	}
	for name, value := range fields {
		record[name] = value
	}
	line, err := json.Marshal(record)
	if err != nil {
		panic(err) // maps of strings
	}
	s.text.Write(append(line, '\n'))
	s.records++
}
