package transcript

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// script builds a transcript line by line, with the keys in the order in which the host writes them.
type script struct {
	t     *testing.T
	lines []string
	agent string // agentId of the records; empty: none
	side  bool   // isSidechain
	n     int    // records so far, for ids and times
}

func newScript(t *testing.T) *script {
	return &script{t: t, agent: "a1", side: true}
}

func (s *script) String() string { return strings.Join(s.lines, "\n") + "\n" }

func (s *script) raw(line string) *script {
	s.lines = append(s.lines, line)
	return s
}

func (s *script) head() string {
	s.n++
	head := fmt.Sprintf(`"parentUuid":"u%d","isSidechain":%t`, s.n-1, s.side)
	if s.agent != "" {
		head += fmt.Sprintf(`,"agentId":%q`, s.agent)
	}
	return head
}

func (s *script) tail() string {
	return fmt.Sprintf(`"uuid":"u%d","timestamp":"2026-01-02T03:04:%02d.000Z","cwd":"/repo","sessionId":"s1","version":"2.1.330"`, s.n, s.n%60)
}

func (s *script) user(content any, extra string) *script {
	return s.raw(fmt.Sprintf(`{%s,"type":"user","message":{"role":"user","content":%s},%s%s}`, s.head(), s.json(content), s.tail(), extra))
}

func (s *script) prompt(text string) *script { return s.user(text, "") }

func (s *script) resume(text string) *script {
	return s.user("The coordinator sent a message while you were working:\n"+text, `,"isMeta":true,"origin":{"kind":"coordinator"}`)
}

func (s *script) feedback(text string) *script {
	return s.user("Stop hook feedback:\n"+text, `,"isMeta":true`)
}

func (s *script) attachment(typ, event string) *script {
	return s.raw(fmt.Sprintf(`{%s,"attachment":{"type":%q,"hookEvent":%q},"type":"attachment",%s}`, s.head(), typ, event, s.tail()))
}

func (s *script) result(id, content string, failed bool) *script {
	return s.user([]any{map[string]any{"type": "tool_result", "tool_use_id": id, "content": content, "is_error": failed}}, "")
}

func (s *script) assistant(id, stopReason, extra string, blocks ...any) *script {
	return s.raw(fmt.Sprintf(`{%s,"message":{"content":%s,"id":%q,"role":"assistant","stop_reason":%s},"type":"assistant",%s%s}`,
		s.head(), s.json(blocks), id, s.json(stopReason), s.tail(), extra))
}

func (s *script) says(id, text string) *script {
	return s.assistant(id, "end_turn", "", textBlock(text))
}

func (s *script) uses(id, useID, name string, input map[string]any) *script {
	return s.assistant(id, "tool_use", "", useBlock(useID, name, input))
}

func textBlock(text string) any { return map[string]any{"type": "text", "text": text} }

func useBlock(id, name string, input map[string]any) any {
	return map[string]any{"type": "tool_use", "id": id, "name": name, "input": input}
}

func (s *script) json(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}
