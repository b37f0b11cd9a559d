package worktree

import (
	"context"
	"fmt"
	"testing"
)

func TestTracks(t *testing.T) {
	for _, how := range []string{"native", "git", "split index"} {
		t.Run(how, func(t *testing.T) {
			r := newRepo(t)
			r.write("a/Coverage/x", "1")
			r.write("a/coverage-2/x", "1")
			r.write("junit.xml", "1")
			r.write("d\u00e9/htmlcov/x", "1")
			r.commit()
			if how == "split index" {
				r.run("update-index", "--split-index")
			}
			tree := r.tree()
			if how == "git" {
				tree.Refusal = fmt.Errorf("the test wants git to be asked")
			}
			paths := []string{"a/coverage", "junit.xml", "de\u0301/htmlcov", "b/coverage", "a", "coverage", "late/coverage"}
			tracks := tree.Tracks(context.Background(), paths)
			for path, want := range map[string]bool{
				"a/coverage": true, "A/COVERAGE": true, "junit.xml": true, "de\u0301/htmlcov": true, "a": true,
				"b/coverage": false, "coverage": false, "late/coverage": false,
				"never/asked": true,
			} {
				if got := tracks(path); got != want {
					t.Errorf("%q is tracked: %t, want %t", path, got, want)
				}
			}
			r.write("late/coverage/x", "1")
			r.run("add", "-f", "late")
			if !tracks("late/coverage") || tracks("b/coverage") {
				t.Error("an index that was replaced is not read again")
			}
			ctx, cancel := context.WithCancel(context.Background())
			tracks = tree.Tracks(ctx, paths)
			cancel()
			if !tracks("b/coverage") {
				t.Error("without time to look it claims to know")
			}
			r.write(".git/index", "no index")
			if tree.Git.Path = ""; !tree.Tracks(context.Background(), paths)("b/coverage") {
				t.Error("with an index that cannot be read it claims to know")
			}
		})
	}
}

// TestCandidateStaged: a candidate at or below which paths were added to or removed from the index is Staged.
func TestCandidateStaged(t *testing.T) {
	for _, viaGit := range []bool{false, true} {
		r := newRepo(t)
		r.write("out/coverage/x", "1")
		r.write("junit.xml", "1")
		r.commit()
		r.run("rm", "-q", "--cached", "-r", "out", "junit.xml")
		r.write("in/coverage/x", "1")
		r.run("add", "in")
		r.write("coverage/x", "1")
		r.write("coverage-2", "1")
		r.run("add", "coverage-2")
		if viaGit {
			r.run("config", "core.symlinks", "false")
		}
		scan := r.scan(ScanOptions{Candidates: leftover})
		got := map[string]bool{}
		for _, c := range scan.Candidates {
			got[c.Path] = c.Staged
		}
		if len(got) != 4 || !got["out/coverage"] || !got["junit.xml"] || !got["in/coverage"] || got["coverage"] {
			t.Errorf("via git %t: staged %v, changes %q", scan.ViaGit, got, namesOf(&scan))
		}
	}
}
