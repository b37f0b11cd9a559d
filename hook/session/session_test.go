package session_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/transcript"
)

// newScene returns the scene of an event of agent a1, which launched a2, in a session with a third agent, a3.
func newScene(t *testing.T) *scene.Scene {
	t.Helper()
	own := filepath.Join(t.TempDir(), "s1.jsonl")
	for id, meta := range map[string]string{"a1": `{"agentType":"bug-fixer"}`, "a2": `{"agentType":"helper","parentAgentId":"a1","spawnDepth":2}`, "a3": `{"agentType":"feature-developer"}`} {
		path := transcript.AgentPath(own, id)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		line := `{"type":"user","uuid":"u1","agentId":"` + id + `","sessionId":"s1","isSidechain":true,"timestamp":"2026-03-01T10:00:00Z","message":{"role":"user","content":"Do it, ` + id + `."}}` + "\n"
		for name, text := range map[string]string{path: line, transcript.MetaPath(path): meta} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	w := &scene.World{Now: time.Now, Log: io.Discard, Lag: time.Nanosecond}
	return w.Scene(host.Event{SessionID: "s1", TranscriptPath: own, AgentID: "a1", AgentTranscriptPath: transcript.AgentPath(own, "a1")})
}

// TestFiles reads the session's other transcripts, and nothing of agents that are not there.
func TestFiles(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if got := session.TypeOf(s.Event.TranscriptPath, "a3"); got != "feature-developer" || session.TypeOf(s.Event.TranscriptPath, "a9") != "" {
		t.Errorf("the type is %q", got)
	}
	if session.Peer(t.Context(), s, "a3").Prompt != "Do it, a3." || session.Peer(t.Context(), s, "a9").Lines != 0 {
		t.Error("another agent is not read")
	}
	if got := session.Prompt(t.Context(), s); got != "Do it, a1." {
		t.Errorf("the prompt is %q", got)
	}
	if session.PathOf(s, "") != s.Event.TranscriptPath || session.PathOf(s, "a1") != s.Event.AgentTranscriptPath {
		t.Error("a transcript has another path")
	}
	s.Event.AgentTranscriptPath = ""
	if agent, err := session.Stopped(t.Context(), s, "", transcript.Options{}); err == nil || agent == nil {
		t.Errorf("an agent without a transcript is %v, %v", agent, err)
	}
}

// TestHands: whom an agent launched works for it, and is no rival.
func TestHands(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if agent := session.WithHelpers(t.Context(), s, &transcript.Agent{}, transcript.Options{}); len(agent.Helpers) != 1 || agent.Helpers[0] != "a2" {
		t.Errorf("%v", agent.Helpers)
	}
	rivals := session.Rivals(s, []inspect.OtherCoder{{AgentID: "a2"}, {AgentID: "a3"}})
	if len(rivals) != 1 || rivals[0].AgentID != "a3" {
		t.Errorf("%v", rivals)
	}
	if active := session.Witness(s).Active(time.Time{}); len(active) != 1 || active[0].ID != "a3" {
		t.Errorf("active are %v", active)
	}
}

// TestAwaitFor looks once at least, and no longer than it may.
func TestAwaitFor(t *testing.T) {
	t.Parallel()
	s, looks := newScene(t), 0
	if session.AwaitFor(t.Context(), s, 0, func() bool { looks++; return false }) || looks != 1 {
		t.Errorf("%d looks", looks)
	}
	if !session.AwaitFor(t.Context(), s, time.Hour, func() bool { looks++; return looks == 3 }) {
		t.Error("what comes is not awaited")
	}
}

// TestMoved: the client goes on with an agent in another session. What it did before, and who works for it, is part of its work, and the calls that were
// announced before are known.
func TestMoved(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	before := s.Event
	later := filepath.Join(filepath.Dir(before.TranscriptPath), "s2.jsonl")
	s.Event.SessionID, s.Event.TranscriptPath, s.Event.AgentTranscriptPath = "s2", later, transcript.AgentPath(later, "a1")
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	record := func(parent, id, content string) string {
		kind := "user"
		if strings.Contains(content, "tool_use\"") {
			kind = "assistant"
		}
		return `{"parentUuid":` + parent + `,"type":"` + kind + `","uuid":"` + id + `","agentId":"a1","isSidechain":true,"timestamp":"2026-03-01T10:00:01Z","message":{"id":"m` + id + `","role":"` + kind + `","content":` + content + "}}\n"
	}
	use := func(id string) string {
		return `[{"type":"tool_use","id":"` + id + `","name":"Bash","input":{"command":"make"}}]`
	}
	result := func(id string) string { return `[{"type":"tool_result","tool_use_id":"` + id + `","content":"done"}]` }
	first, err := os.ReadFile(before.AgentTranscriptPath)
	if err != nil {
		t.Fatal(err)
	}
	write(before.AgentTranscriptPath, string(first)+record(`"u1"`, "u2", use("b1"))+record(`"u2"`, "u3", result("b1"))+record(`"u3"`, "u4", use("b2"))+record(`"u4"`, "u5", result("b2"))+
		strings.TrimSuffix(record(`"u5"`, "u6", use("b3")), "\n"))
	write(s.Event.AgentTranscriptPath, record(`"u6"`, "u7", result("b3")))
	write(transcript.MetaPath(s.Event.AgentTranscriptPath), `{"agentType":"bug-fixer"}`)
	s.CallsOf = func(session string) []calls.Call {
		return map[string][]calls.Call{"s1": {{Agent: "a1", Use: "b1", Text: "make"}}, "s2": {{Agent: "a1", Use: "b3", Text: "make"}}}[session]
	}

	agent, err := session.Stopped(t.Context(), s, "", transcript.Options{})
	if err != nil || agent.Prompt != "Do it, a1." || len(agent.ToolUses) != 3 || agent.LostToolUses != 0 {
		t.Fatalf("the agent is %+v (%v)", agent, err)
	}
	if written, missing, _ := session.Announced(s, agent, nil); len(written) != 1 || written[0].ID != "b2" || missing != 0 {
		t.Errorf("written %+v, missing %d", written, missing)
	}
	if whole := session.WithHelpers(t.Context(), s, agent, transcript.Options{}); len(whole.Helpers) != 1 || whole.Helpers[0] != "a2" {
		t.Errorf("its helpers are %q", whole.Helpers)
	}
	write(s.Event.AgentTranscriptPath, record(`"u9"`, "u7", result("b3")))
	if agent, _ := session.Stopped(t.Context(), s, "", transcript.Options{}); agent.Prompt != "" || len(agent.Earlier) > 0 {
		t.Errorf("a transcript that continues no other one is read as %+v", agent)
	}
}
