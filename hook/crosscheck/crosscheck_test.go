package crosscheck_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
)

// newScene returns the scene of an event in a session whose transcript is not there, with a task that test-runner has passed.
func newScene(t *testing.T) *scene.Scene {
	t.Helper()
	memory := &record.Memory{}
	w := &scene.World{GivenGrounds: &site.Grounds{}, Now: time.Now, Log: io.Discard, OpenJournal: func(string) (record.Journal, error) { return memory, nil }}
	s := w.Scene(host.Event{SessionID: "s1", HookEventName: host.Stop, TranscriptPath: filepath.Join(t.TempDir(), "s1.jsonl")})
	for _, f := range []gates.Fact{
		{Kind: gates.CoderStopped, Agent: "c1", Stop: "1", Verdict: gates.Verified, Tree: "t", Needs: []gates.Gate{{Name: "test-runner", Blocking: true}}},
		{Kind: gates.GateLaunched, Gate: "test-runner", Agent: "g1", Call: "u1", Tree: "t"},
		{Kind: gates.GateResult, Gate: "test-runner", Agent: "g1", Call: "u1", Stop: "2", Outcome: gates.Pass, Tree: "t"},
	} {
		f.Task = "T-1"
		s.Append(t.Context(), record.Fact{Fact: f}.Entry())
	}
	return s
}

// TestRefutePasses takes back a pass of an agent that no transcript shows as launched, if the client gives the events. Both are recorded, and told.
func TestRefutePasses(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if crosscheck.RefutePasses(t.Context(), s, s.Tasks(t.Context()).All()) {
		t.Error("a pass is taken back of a session without a client")
	}
	if passed := s.Tasks(t.Context()).All()[0].State.PassedGates(); len(passed) != 1 {
		t.Fatalf("%q have passed", passed)
	}
	s.FromClient = true
	if !crosscheck.RefutePasses(t.Context(), s, s.Tasks(t.Context()).All()) {
		t.Error("a pass counts that nothing shows")
	}
	if passed := s.Tasks(t.Context()).All()[0].State.PassedGates(); len(passed) > 0 || len(s.History(t.Context()).Alarms()) != 1 {
		t.Errorf("%q have passed, alarms %v", passed, s.History(t.Context()).Alarms())
	}
}

// TestSettleWords: words whose speaker cannot be found out stay open, and count as nobody's.
func TestSettleWords(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Append(t.Context(), record.Fact{Fact: gates.Fact{Kind: gates.PromptCame, Task: "T-1", Words: "p1", Session: "s1", Said: crosscheck.Said(" Merge it.\n"), At: time.Now()}}.Entry())
	crosscheck.SettleWords(t.Context(), s, 0)
	if state := s.Tasks(t.Context()).All()[0].State; len(state.Heard) != 1 || state.Word != "" || s.Unheard["t-1"] == "" {
		t.Errorf("heard %v, word %q, unheard %v", state.Heard, state.Word, s.Unheard)
	}
	if crosscheck.Said("Merge it.") != crosscheck.Said(" Merge it.\n") || crosscheck.Said("Merge it.") == crosscheck.Said("Merge") {
		t.Error("texts are not told apart")
	}
}

// TestSettleAnswers: an answer to a question counts unless a hook gave it, also if another record says afterwards that the person did.
func TestSettleAnswers(t *testing.T) {
	t.Parallel()
	const person = `{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"q1"}]},"permissionDecision":{"decision":"accept","source":"user_temporary"}}` + "\n"
	hook := strings.Replace(person, "user_temporary", "hook", 1)
	for _, tt := range []struct {
		name, lines string
		counts      bool
	}{
		{"the person", person, true},
		{"a client that does not write who answered", `{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"q1"}]}}` + "\n", true},
		{"a hook", hook, false},
		{"a hook, and a record was added", hook + person, false},
		{"a record was there before", person + hook, false},
	} {
		s := newScene(t)
		if err := os.WriteFile(s.Event.TranscriptPath, []byte(tt.lines), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Append(t.Context(), record.Fact{Fact: gates.Fact{Kind: gates.PromptCame, Task: "T-1", Words: "q1", Session: "s1", Asking: true, At: time.Now()}}.Entry())
		crosscheck.SettleWords(t.Context(), s, 0)
		if state := s.Tasks(t.Context()).All()[0].State; (state.Word != "") != tt.counts || len(state.Heard) > 0 {
			t.Errorf("%s: word %q, heard %v", tt.name, state.Word, state.Heard)
		}
	}
}

// TestAskedHere are the launches before the person, apart by whether their agent has ended.
func TestAskedHere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Append(t.Context(), record.Fact{Fact: gates.Fact{Kind: gates.MergeAsked, Task: "T-1", Call: "u2", Tree: "t"}}.Entry())
	if open, ended := crosscheck.AskedHere(t.Context(), s, false), crosscheck.AskedHere(t.Context(), s, true); len(open) != 1 || len(ended) != 0 {
		t.Errorf("%d open, %d ended", len(open), len(ended))
	}
	if why := crosscheck.Answered(t.Context(), s, "m1", "u2", 0); why != "" {
		t.Errorf("nobody has answered: %s", why)
	}
}

// TestAskedInAnotherSession: the answer to a launch is read in the transcript of who made it, in the session of that time: the client goes on with the
// branch-manager in another one if the person clears the conversation.
func TestAskedInAnotherSession(t *testing.T) {
	t.Parallel()
	for by, name := range map[string]string{"": "s0.jsonl", "lead1": "s0/subagents/agent-lead1.jsonl"} {
		s := newScene(t)
		s.Append(t.Context(), record.Fact{Fact: gates.Fact{Kind: gates.MergeAsked, Task: "T-1", Call: "u2", By: by, Session: "s0", Tree: "t"}}.Entry())
		dir := filepath.Dir(s.Event.TranscriptPath)
		answer := `{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"u2"}]},"permissionDecision":{"decision":"accept","source":"hook"}}` + "\n"
		for path, text := range map[string]string{"s0.jsonl": "{}\n", name: answer} {
			path = filepath.Join(dir, filepath.FromSlash(path))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if name == "s0.jsonl" {
				text = answer
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if why := crosscheck.Answered(t.Context(), s, "m1", "u2", 0); !strings.Contains(why, "no person agreed") {
			t.Errorf("launched by %q: %q", by, why)
		}
	}
}

// TestAlreadyShownLate: a step was told beside a prompt, and nothing could be recorded. The client writes its transcript a moment after the event, so
// the end of the same turn waits for it. No other event waits.
func TestAlreadyShownLate(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]int{host.Stop: 1, host.PostToolUse: 0} {
		s := newScene(t)
		s.Event.HookEventName, s.Lag = event, time.Hour
		if err := os.WriteFile(s.Event.TranscriptPath, []byte("{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		asked := 0
		s.World.Now = func() time.Time {
			if asked++; asked == 2 { // it has looked once, and goes on
				if err := os.WriteFile(s.Event.TranscriptPath, []byte("{}\n"+`{"type":"attachment","attachment":{"type":"hook_additional_context","content":["\"step_id\":\"5eaf\""]}}`+"\n"), 0o600); err != nil {
					t.Error(err)
				}
			}
			return time.Now()
		}
		shown := crosscheck.AlreadyShown(t.Context(), s, []record.OwedStep{{AgentID: "c1", Step: &step.Step{StepID: "5eaf"}, From: 3}})
		if len(shown) != want {
			t.Errorf("%s: %q are known as shown, want %d", event, shown, want)
		}
	}
}
