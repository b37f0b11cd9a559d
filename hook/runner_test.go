package hook

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// readLines returns the agent whose transcript has these lines.
func readLines(t *testing.T, lines ...string) *transcript.Agent {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	agent, err := transcript.ReadAgent(context.Background(), path, transcript.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return agent
}

const (
	promptLine   = `{"type":"user","uuid":"u1","agentId":"a1","timestamp":"2026-01-01T00:00:00Z","message":{"role":"user","content":"log in"}}`
	firstLineOf  = `{"type":"assistant","uuid":"u2","agentId":"a1","timestamp":"2026-01-01T00:00:01Z","message":{"id":"m1","role":"assistant","stop_reason":"end_turn","content":[{"type":"text","text":"Done."}]}}`
	feedbackLine = `{"type":"user","uuid":"u3","isMeta":true,"agentId":"a1","timestamp":"2026-01-01T00:00:02Z","message":{"role":"user","content":"Stop hook feedback:\nmend it"}}`
	secondLineOf = `{"type":"assistant","uuid":"u4","agentId":"a1","timestamp":"2026-01-01T00:00:03Z","message":{"id":"m2","role":"assistant","stop_reason":"end_turn","content":[{"type":"text","text":"{\"task_id\": 1, \"files_modified\": []}"}]}}`
)

// TestStuckTranscript: the transcript stands still after the second reply while the agent answers the same a third time. That is no
// second report of the second stop: it is judged, and the agent is not held.
func TestStuckTranscript(t *testing.T) {
	first, second := readLines(t, promptLine, firstLineOf), readLines(t, promptLine, firstLineOf, feedbackLine, secondLineOf)
	journal := &record.Memory{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	stop := func(agent *transcript.Agent, active bool) Answer {
		now = now.Add(time.Minute)
		runner := &Runner{World: scene.World{
			GivenGrounds: &site.Grounds{},
			OpenJournal:  func(string) (record.Journal, error) { return journal, nil },
			Transcript:   func(context.Context, host.Event, string) *transcript.Agent { return agent },
			Observe:      newHost(t),
			Now:          func() time.Time { return now },
			Log:          io.Discard,
		}}
		return runner.Run(context.Background(), host.Event{
			HookEventName: host.SubagentStop, SessionID: "s", AgentID: "a1", AgentType: "bug-fixer",
			StopHookActive: active, LastAssistantMessage: agent.LastMessage(),
		})
	}
	if got := stop(first, false); got.Output.Decision != "block" {
		t.Fatalf("the first stop: %+v", got.Output)
	}
	if got := stop(second, true); got.Output.Decision != "block" {
		t.Fatalf("the second stop: %+v", got.Output)
	}
	got := stop(second, true)
	if !got.Output.Silent() || got.Case == nil || got.Case.Verdict != rule.Capped {
		t.Errorf("the third stop: %+v, %+v", got.Output, got.Case)
	}
}

// A coding agent that no list of plugins knows and whose prompt names no worktree may be one that the client isolates. If it is not, it is told
// at its start to end at once; an isolated one and one with a worktree are not.
func TestWithoutWorktree(t *testing.T) {
	h := newHost(t)
	place := h.addWorktree("T-1-login")
	for prompt, want := range map[string]string{
		"TASK: T-1, DESCRIPTION: let people log in with a name and a key":                          step.NoWorktree,
		"TASK: T-2, DESCRIPTION: let people log in with a name and a key\nWORKTREE_PATH: " + place: step.Contract,
	} {
		a, refused := h.launch("s", "unknown:bug-fixer", prompt)
		if refused != "" {
			t.Fatalf("%s: %s", prompt, refused)
		}
		if got := a.start(); got.Output.Specific == nil || got.Output.Specific.AdditionalContext != want {
			t.Errorf("%s: the agent reads %+v", prompt, got.Output.Specific)
		}
	}
	if _, refused := h.launch("s", "stopgate:bug-fixer", "TASK: T-3, DESCRIPTION: let people log in with a name and a key"); !strings.Contains(refused, "Worktree path required") {
		t.Errorf("an agent whose definition is known is refused with %q", refused)
	}
}
