package afterstop_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/afterstop"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// claims is an observer that shows each claimed file as it is told, and a worktree with these changed files.
type claims struct {
	inspect.Observer
	change  worktree.Change
	changed []string
	dirty   bool // the claimed files had changed before the launch
}

func (c claims) Survey(context.Context, worktree.Place, worktree.Base, worktree.ScanOptions) worktree.Survey {
	var found worktree.Survey
	for _, name := range c.changed {
		found.States = append(found.States, worktree.PathState{Path: name, Name: name, Change: worktree.Added})
	}
	return found
}

func (claims) FileAt(context.Context, worktree.Place, string, string, int) ([]byte, error) {
	return nil, nil
}

func (c claims) Claims(_ context.Context, _ worktree.Place, paths []string, _ worktree.Base) []worktree.PathState {
	states := make([]worktree.PathState, len(paths))
	for i, path := range paths {
		states[i] = worktree.PathState{Path: path, Change: c.change, DirtyBefore: c.dirty}
	}
	return states
}

// newScene returns the scene of the launch of a gate after agent c1 has changed a.js in the tree "t".
func newScene(t *testing.T, change worktree.Change) *scene.Scene {
	t.Helper()
	memory, own := &record.Memory{}, filepath.Join(t.TempDir(), "s1.jsonl")
	meta := transcript.MetaPath(transcript.AgentPath(own, "c1"))
	if err := os.MkdirAll(filepath.Dir(meta), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(meta, []byte(`{"agentType":"bug-fixer","toolUseId":"u1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &scene.World{
		GivenGrounds: &site.Grounds{}, Observe: claims{change: change}, Now: time.Now, Log: io.Discard,
		OpenJournal: func(string) (record.Journal, error) { return memory, nil },
	}
	s := w.Scene(host.Event{SessionID: "s1", TranscriptPath: own})
	launched := record.Launch{ToolUseID: "u1", Role: launch.CodingRole, Baseline: inspect.Baseline{Worktree: "./trees/T-1"}}
	stopped := record.Fact{Files: []string{"a.js"}, FilesTotal: 1, Worktree: "./trees/T-1", Fact: gates.Fact{
		Kind: gates.CoderStopped, Task: "T-1", Agent: "c1", AgentType: "bug-fixer", Stop: "1", Verdict: gates.Verified, Tree: "t", Needs: []gates.Gate{},
	}}
	s.Append(t.Context(), launched.Entry("bug-fixer", "T-1"), stopped.Entry())
	return s
}

// TestUndone: work that was verified and is gone keeps a gate from its launch. A tree that is the same, or not known, shows nothing.
func TestUndone(t *testing.T) {
	t.Parallel()
	gate := actor.Agent{Role: launch.GateRole, Task: "T-1", Found: true, Worktree: "./trees/T-1"}
	for _, test := range []struct {
		tree   string
		change worktree.Change
		want   int
	}{{"other", worktree.Unchanged, 1}, {"other", worktree.Missing, 1}, {"other", worktree.Modified, 0}, {"t", worktree.Unchanged, 0}, {"", worktree.Unchanged, 0}} {
		found := afterstop.Undone(t.Context(), newScene(t, test.change), gate, test.tree)
		if len(found) != test.want || test.want > 0 && (found[0].Path != "a.js" || found[0].Severity != rule.Block) {
			t.Errorf("tree %q, %s: %v", test.tree, test.change, found)
		}
	}
	s := newScene(t, worktree.Unchanged)
	s.Append(t.Context(), record.Fact{Fact: gates.Fact{Kind: gates.GateResult, Task: "T-1", Gate: "g", Agent: "g1", Outcome: gates.Pass, Tree: "other", Stop: "g"}}.Entry())
	if found := afterstop.Undone(t.Context(), s, gate, "other"); len(found) != 1 {
		t.Errorf("undone while a gate ran: %v", found)
	}
	s = newScene(t, worktree.Unchanged)
	s.Observe = claims{change: worktree.Unchanged, dirty: true}
	if found := afterstop.Undone(t.Context(), s, gate, "other"); len(found) > 0 {
		t.Errorf("the work of an earlier agent: %v", found)
	}
	manager := gate
	manager.Role = launch.MergeRole
	if found := afterstop.Undone(t.Context(), newScene(t, worktree.Unchanged), manager, "other"); len(found) > 0 {
		t.Errorf("of a branch-manager: %v", found)
	}
}

// TestLook compares nothing if nothing was recorded when the agent stopped.
func TestLook(t *testing.T) {
	t.Parallel()
	gate := actor.Agent{Role: launch.GateRole, Task: "T-1", Found: true, Worktree: "./trees/T-1"}
	after := afterstop.Look(t.Context(), newScene(t, worktree.Modified), gate)
	if after.Now != nil || len(after.Findings)+len(after.Notes) > 0 || !after.Since.IsZero() {
		t.Errorf("%+v", after)
	}
	if name := (afterstop.Changes{Coder: gates.Agent{ID: "c1", Type: "bug-fixer"}}).Name(); name != `"bug-fixer" (agent "c1")` {
		t.Errorf("the agent is %s", name)
	}
}

// TestFindUnreported: files that nobody judged are found if the worktree is not as it was when the coding agent's stop was verified.
func TestFindUnreported(t *testing.T) {
	t.Parallel()
	gate := actor.Agent{Role: launch.GateRole, Task: "T-1", Found: true, Worktree: "./trees/T-1"}
	fact := func(task string, kind gates.Kind, f record.Fact) record.Entry {
		f.Fact.Kind, f.Fact.Task, f.Worktree = kind, task, "./trees/T-1"
		return f.Entry()
	}
	verified := func(tree string, total int, files ...string) record.Fact {
		return record.Fact{Files: files, FilesTotal: total, Fact: gates.Fact{
			Agent: "c1", AgentType: "bug-fixer", Verdict: gates.Verified, Tree: tree, Stop: tree, Needs: []gates.Gate{},
		}}
	}
	rejected := verified("v", 0)
	rejected.Fact.Verdict = gates.Incomplete
	var listed []string
	for i := range 300 {
		listed = append(listed, fmt.Sprintf("%d.js", i))
	}
	c := judge.Case{Verdict: rule.Verified, AgentID: "c1", StepID: "u", Evidence: inspect.Evidence{Proven: listed, Survey: worktree.Survey{Fingerprint: "u"}}}
	long := record.CoderFact(c, launch.Defaults(), time.Time{})
	passed := record.Fact{Fact: gates.Fact{Gate: "g", Agent: "g1", Outcome: gates.Pass, Tree: "other", Stop: "g"}}
	for _, test := range []struct {
		name    string
		tree    string
		changed string
		more    []record.Entry
		want    string
	}{
		{"a new file", "other", "a.js b.js", nil, "b.js"},
		{"only what is reported", "other", "a.js", nil, ""},
		{"the same tree", "t", "a.js b.js", nil, ""},
		{"an unknown tree", "", "a.js b.js", nil, ""},
		{"seen by a gate meanwhile", "other", "a.js b.js", []record.Entry{fact("T-1", gates.GateResult, passed)}, "b.js"},
		{"reported at an earlier stop", "other", "a.js b.js c.js", []record.Entry{fact("T-1", gates.CoderStopped, verified("u", 1, "b.js"))}, "c.js"},
		{"more files than an older version kept", "other", "a.js b.js", []record.Entry{fact("T-1", gates.CoderStopped, verified("u", 9, "c.js"))}, ""},
		{"a long report", "other", "a.js 150.js 299.js 300.js", []record.Entry{fact("T-1", gates.CoderStopped, long)}, "300.js"},
		{"a stop after a long report", "other", "a.js b.js 299.js 300.js", []record.Entry{fact("T-1", gates.CoderStopped, long), fact("T-1", gates.CoderStopped, verified("u", 1, "b.js"))}, "300.js"},
		{"reported by another unit there", "other", "a.js b.js", []record.Entry{fact("T-2", gates.CoderStopped, verified("u", 1, "b.js"))}, ""},
		{"another unit is at work there", "other", "a.js b.js", []record.Entry{fact("T-2", gates.CoderStarted, record.Fact{Fact: gates.Fact{Agent: "c2"}})}, ""},
		{"the last stop was not verified", "other", "a.js b.js", []record.Entry{fact("T-1", gates.CoderStopped, rejected)}, ""},
	} {
		s := newScene(t, worktree.Modified)
		s.Observe = claims{changed: strings.Fields(test.changed)}
		s.Append(t.Context(), test.more...)
		found := afterstop.FindUnreported(t.Context(), s, gate, test.tree)
		if got := strings.Join(found.Files, " "); got != test.want || found.Total != len(found.Files) || (found.Total > 0) != (len(found.Needs) > 0) {
			t.Errorf("%s: %+v, want %q", test.name, found, test.want)
		}
	}
}
