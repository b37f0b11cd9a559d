package delivery_test

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/delivery"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
)

// newScene returns the scene of an event in a session in which agent a1 has stopped, and whose step is not delivered yet.
func newScene(t *testing.T, event string) *scene.Scene {
	t.Helper()
	memory := &record.Memory{}
	w := &scene.World{GivenGrounds: &site.Grounds{}, Now: time.Now, Log: io.Discard, OpenJournal: func(string) (record.Journal, error) { return memory, nil }}
	s := w.Scene(host.Event{SessionID: "s1", HookEventName: event, TranscriptPath: filepath.Join(t.TempDir(), "s1.jsonl")})
	stop := record.OtherStop(record.StopID{Said: "x"}, rule.Verified, "./trees/T-1", "Done.")
	stop.Step = &step.Step{StepID: "step1", TaskID: "T-1", AgentID: "a1", Action: gates.Escalate, Verdict: rule.Capped, Instead: "Ask the person."}
	s.Append(t.Context(), stop.Entry(gates.Agent{ID: "a1", Type: "bug-fixer"}, "T-1"))
	return s
}

// TestDeliver: a step goes out once, and again if the answer could not be written.
func TestDeliver(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.PostToolUse)
	if out := delivery.Deliver(t.Context(), s, delivery.OwedFor("a2")); !out.Output.Silent() {
		t.Errorf("another agent's return brings %+v", out.Output)
	}
	first := delivery.Deliver(t.Context(), s, delivery.OwedFor("a1"))
	if first.Output.Specific == nil || !strings.Contains(first.Output.Specific.AdditionalContext, "Ask the person.") || first.Output.SystemMessage == "" {
		t.Fatalf("%+v", first.Output)
	}
	if second := delivery.Deliver(t.Context(), s, delivery.OwedFor("a1")); !second.Output.Silent() {
		t.Errorf("it is delivered again: %+v", second.Output)
	}
	first.Undo(t.Context())
	if again := delivery.Deliver(t.Context(), s, delivery.OwedFor("a1")); again.Output.Silent() {
		t.Error("it is lost, although it was not written")
	}
}

// TestDeliverWithoutSession: an event that names no session delivers nothing.
func TestDeliverWithoutSession(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.PostToolUse)
	s.Event.SessionID = ""
	if out := delivery.Deliver(t.Context(), s, delivery.OwedFor("a1")); !out.Output.Silent() {
		t.Errorf("%+v", out.Output)
	}
}

// TestAlarms: a change is told once, to the person and to the orchestrator.
func TestAlarms(t *testing.T) {
	t.Parallel()
	s := newScene(t, host.Stop)
	if out := delivery.Alarms(t.Context(), s); !out.Silent() {
		t.Errorf("%+v", out)
	}
	s.Append(t.Context(), record.NewAlarm("the plugin has changed", "1").Entry())
	if out := delivery.Alarms(t.Context(), s); !strings.Contains(out.SystemMessage, "the plugin has changed") || out.Specific == nil {
		t.Errorf("%+v", out)
	}
	if out := delivery.Alarms(t.Context(), s); !out.Silent() {
		t.Errorf("it is told again: %+v", out)
	}
}
