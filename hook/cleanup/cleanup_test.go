package cleanup_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/worktree"
)

// TestPlan: a tool's leftovers are removed, and paths that git tracks or the configuration protects stay.
func TestPlan(t *testing.T) {
	t.Parallel()
	rules := cleanup.Rules(config.Config{Artifacts: config.Artifacts{Protect: []string{"kept"}}})
	survey := worktree.Survey{Candidates: []worktree.Candidate{
		{Path: "src/__pycache__", Dir: true, Files: 1, Ignored: true}, {Path: "coverage", Dir: true, Files: 1, Marked: true, Tracked: true}, {Path: "kept/htmlcov", Dir: true, Files: 1, Marked: true},
	}, States: []worktree.PathState{{Name: "kept/htmlcov/index.html"}}}
	if got := cleanup.ByProducts(rules, survey); !slices.Equal(got, []string{"src/__pycache__"}) {
		t.Errorf("%q would be removed", got)
	}
	for name, want := range map[string]bool{"kept": true, "kept/a/b": true, "keptnot": false, "a/kept": false} {
		if got := cleanup.Protects(rules, name); got != want {
			t.Errorf("%s is protected: %t", name, got)
		}
	}
	if cleanup.Protects(artifact.Rules{}, "kept") {
		t.Error("without a configuration something is protected")
	}
}

// TestWithoutPaths leaves out a path and everything below it, but no neighbour whose name begins the same.
func TestWithoutPaths(t *testing.T) {
	t.Parallel()
	states := []worktree.PathState{{Name: "out/a.js"}, {Name: "out"}, {Name: "outer.js"}, {Name: "src/out/b.js"}}
	var left []string
	for _, s := range cleanup.WithoutPaths(states, []string{"out"}) {
		left = append(left, s.Name)
	}
	if !slices.Equal(left, []string{"outer.js", "src/out/b.js"}) || len(states) != 4 {
		t.Errorf("%q are left", left)
	}
}

// TestOutcome: the totals count what a short outcome leaves out, and the trash is named only if it holds something.
func TestOutcome(t *testing.T) {
	t.Parallel()
	result := artifact.Result{
		Removed: []artifact.Removal{{Path: "a", Files: 1, Bytes: 2, Ignored: true}, {Path: "b", Files: 3, Bytes: 4, Ignored: true}},
		Failed:  []artifact.Failure{{Path: "c", At: "c/d", Err: errors.New("it is locked"), Left: 2}},
	}
	whole := cleanup.NewOutcome(result, "id1")
	short := whole.First(1)
	if whole.Trash != "" || len(whole.Removed) != 2 || len(short.Removed) != 1 || short.RemovedTotal != 2 || short.FailedTotal != 1 {
		t.Errorf("%+v, short %+v", whole, short)
	}
	if said := short.Sentence(); !strings.Contains(said, "2 removed") || !strings.Contains(said, "and 1 more") || !strings.Contains(said, "it is locked") {
		t.Errorf("%s", said)
	}
	result.Removed[1].Ignored = false
	if trashed := cleanup.NewOutcome(result, "id1"); trashed.Trash != "id1" || !strings.Contains(trashed.Sentence(), "stopgate restore id1") {
		t.Errorf("%+v", trashed)
	}
	if (*cleanup.Outcome)(nil).First(1) != nil {
		t.Error("there is an outcome of nothing")
	}
}

// A file that only shares its name with what a tool leaves is not told of.
func TestOutcomeWithoutNamesakes(t *testing.T) {
	got := cleanup.NewOutcome(artifact.Result{Kept: []artifact.Kept{{Path: "sim.out", Reason: artifact.ReasonNotArtifact}, {Path: "c.out", Reason: artifact.ReasonClaimed}}}, "")
	if got.KeptTotal != 1 || len(got.Kept) != 1 || got.Kept[0].Path != "c.out" {
		t.Errorf("got %+v", got)
	}
}
