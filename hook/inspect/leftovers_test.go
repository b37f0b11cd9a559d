package inspect

import (
	"testing"

	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// TestLeftoversInDoubt: where it is not known what was there or what the agent wrote, nothing may be removed.
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
		"a line that is too long": func(in *Inquiry, _ *Evidence) {
			in.Agent = &transcript.Agent{Lines: 2, Skipped: transcript.Skipped{TooLong: 1}}
		},
		"a line that cannot be read": func(in *Inquiry, _ *Evidence) {
			in.Agent = &transcript.Agent{Lines: 2, Skipped: transcript.Skipped{Malformed: 1}}
		},
		"another agent still at work": func(_ *Inquiry, seen *Evidence) { seen.Others = []trace.OtherAgent{{AgentID: "a2", Running: true}} },
	} {
		in, seen := sure, seen
		doubt(&in, &seen)
		if l := leftovers(in, seen); l.Skipped == "" || len(l.Plan.Remove) != 0 {
			t.Errorf("%s: %+v, want nothing to be removed, and a reason", what, l)
		}
	}
}
