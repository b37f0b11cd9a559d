package inspect

import (
	"context"
	"slices"
	"testing"

	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// TestLeftoversInDoubt: if the earlier state or the agent's writes are unknown, nothing may be removed.
func TestLeftoversInDoubt(t *testing.T) {
	agent := &transcript.Agent{Lines: 1}
	looked := &Baseline{Artifacts: []worktree.Name{}}
	seen := Evidence{Base: BaseLaunch, Survey: worktree.Survey{Candidates: []worktree.Candidate{{Path: "coverage", Dir: true, Ignored: true}}}}
	sure := Inquiry{Launch: looked, Agent: agent}
	if l := leftovers(sure, seen); l.Skipped != "" || len(l.Plan.Remove) != 1 {
		t.Fatalf("without doubt: %+v, want coverage to be removed", l)
	}
	for what, doubt := range map[string]func(in *Inquiry, seen *Evidence){
		"no snapshot": func(_ *Inquiry, seen *Evidence) { seen.Base = BaseHead },
		"a snapshot that is incomplete": func(in *Inquiry, _ *Evidence) {
			in.Launch = &Baseline{Artifacts: []worktree.Name{}, Snapshot: worktree.Snapshot{Incomplete: "x"}}
		},
		"a record without artifacts":    func(in *Inquiry, _ *Evidence) { in.Launch = &Baseline{} },
		"a survey that is incomplete":   func(_ *Inquiry, seen *Evidence) { seen.Survey.Incomplete = "x" },
		"no transcript":                 func(in *Inquiry, _ *Evidence) { in.Agent = &transcript.Agent{} },
		"a transcript that is too long": func(in *Inquiry, _ *Evidence) { in.Agent = &transcript.Agent{Lines: 1, DroppedToolUses: 1} },
		"a helper that cannot be read":  func(in *Inquiry, _ *Evidence) { in.Agent = &transcript.Agent{Lines: 1, LostHelpers: 1} },
		"a line that is too deep": func(in *Inquiry, _ *Evidence) {
			in.Agent = &transcript.Agent{Lines: 2, Skipped: transcript.Skipped{TooDeep: 1}}
		},
		"a line that is too long": func(in *Inquiry, _ *Evidence) {
			in.Agent = &transcript.Agent{Lines: 2, Skipped: transcript.Skipped{TooLong: 1}}
		},
		"a line that cannot be read": func(in *Inquiry, _ *Evidence) {
			in.Agent = &transcript.Agent{Lines: 2, Skipped: transcript.Skipped{Malformed: 1}}
		},
		"another agent still at work":       func(_ *Inquiry, seen *Evidence) { seen.Others = []trace.OtherAgent{{AgentID: "a2", Running: true}} },
		"another agent that has only begun": func(_ *Inquiry, seen *Evidence) { seen.unheard = true },
	} {
		in, seen := sure, seen
		doubt(&in, &seen)
		if l := leftovers(in, seen); l.Skipped == "" || len(l.Plan.Remove) != 0 {
			t.Errorf("%s: %+v, want nothing to be removed, and a reason", what, l)
		}
	}
}

// TestLeftoversThatStay: a leftover that is too large for the trash will stay, so it is a change like any other.
func TestLeftoversThatStay(t *testing.T) {
	seen := Evidence{Base: BaseLaunch, Survey: worktree.Survey{Candidates: []worktree.Candidate{
		{Path: "coverage", Dir: true, Marked: true, Size: 40 << 20},
		{Path: "pkg/coverage", Dir: true, Marked: true, Size: 40 << 20},
		{Path: "pkg/htmlcov", Dir: true, Marked: true, Size: 1},
		{Path: "z/coverage", Dir: true, Ignored: true, Size: 400 << 20},
		{Path: "zz/coverage", Dir: true, Marked: true, Files: 60_000},
	}}}
	in := Inquiry{Launch: &Baseline{Artifacts: []worktree.Name{}}, Agent: &transcript.Agent{Lines: 1}}
	if l := leftovers(in, seen); !slices.Equal(l.Paths, []string{"coverage", "pkg/htmlcov", "z/coverage"}) {
		t.Errorf("%q do not count as changes", l.Paths)
	}
}

// TestUnheard: an agent that runs may work anywhere until its transcript tells.
func TestUnheard(t *testing.T) {
	heard := coders{agents: map[string]*transcript.Agent{"a2": {Lines: 1}, "a3": {}}}
	for id, want := range map[string]bool{"a2": false, "a3": true} {
		for _, running := range []bool{true, false} {
			in := Inquiry{Coders: []OtherCoder{{AgentID: id, Running: running}}}
			if got := unheard(t.Context(), heard, in); got != (want && running) {
				t.Errorf("%s, running %t: %t", id, running, got)
			}
		}
	}
}

// coders is a witness of transcripts alone.
type coders struct {
	Witness
	agents map[string]*transcript.Agent
}

func (c coders) Agent(_ context.Context, id string) *transcript.Agent { return c.agents[id] }
