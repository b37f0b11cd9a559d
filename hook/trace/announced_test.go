package trace_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// TestUnannounced: a command that was written into the transcript is told from one that the client ran.
func TestUnannounced(t *testing.T) {
	t.Parallel()
	use := func(id, name string, outcome transcript.Outcome) transcript.ToolUse {
		return transcript.ToolUse{ID: id, Name: name, Command: "npm test", Outcome: outcome, Line: 7}
	}
	ok, failed, open := transcript.Succeeded, transcript.Failed, transcript.Unanswered
	disputed := use("a", "Bash", ok)
	disputed.Disputed = true
	edit, relative := use("x", "Edit", ok), use("x", "Write", ok)
	edit.Path, relative.Path = filepath.Join(t.TempDir(), "a.js"), "a.js"
	helper := use("x", "Bash", ok)
	helper.Helper = "h1"
	none, began := time.Time{}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	before, after := use("x", "Bash", ok), use("x", "Bash", ok)
	before.Time, after.Time = began.Add(-time.Second), began.Add(time.Second)
	for _, tt := range []struct {
		name  string
		uses  []transcript.ToolUse
		want  string // ids
		began time.Time
	}{
		{"all announced", []transcript.ToolUse{use("a", "Bash", ok), use("b", "Bash", ok)}, "", none},
		{"one was written in", []transcript.ToolUse{use("a", "Bash", ok), use("x", "Bash", ok), use("b", "Bash", ok)}, "x", none},
		{"before the first that is known", []transcript.ToolUse{use("x", "Bash", ok), use("a", "Bash", ok)}, "", none},
		{"nothing was announced at all", []transcript.ToolUse{use("x", "Bash", ok)}, "", none},
		{"refused, or still running", []transcript.ToolUse{use("a", "Bash", ok), use("x", "Bash", failed), use("y", "Bash", open)}, "", none},
		{"a tool that is not announced", []transcript.ToolUse{use("a", "Bash", ok), use("x", "Read", ok)}, "", none},
		{"an edit", []transcript.ToolUse{use("a", "Bash", ok), edit}, "x", none},
		{"of a path that no event has", []transcript.ToolUse{use("a", "Bash", ok), relative}, "", none},
		{"of a helper", []transcript.ToolUse{use("a", "Bash", ok), helper}, "", none},
		{"with two results", []transcript.ToolUse{disputed}, "a", none},
		{"the agent was announced", []transcript.ToolUse{after, use("a", "Bash", ok)}, "x", began},
		{"only the agent was announced", []transcript.ToolUse{after}, "x", began},
		{"before the agent was announced", []transcript.ToolUse{before, use("a", "Bash", ok)}, "", began},
	} {
		var got []string
		list := trace.Unannounced(&transcript.Agent{ToolUses: tt.uses}, map[string]bool{"a": true, "b": true}, tt.began)
		for _, u := range list {
			got = append(got, u.ID)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if text := trace.UnannouncedText(list); (text == "") != (tt.want == "") {
			t.Errorf("%s: %q", tt.name, text)
		}
	}
}
