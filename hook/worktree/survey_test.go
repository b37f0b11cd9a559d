package worktree

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// standing returns the type, the executable bit and the content of each file in the worktree that git does not ignore.
func (r *repo) standing() map[string]string {
	r.t.Helper()
	files := map[string]string{}
	for name := range strings.SplitSeq(strings.TrimSuffix(r.run("ls-files", "-co", "-z", "--exclude-standard"), "\x00"), "\x00") {
		path := filepath.Join(r.dir, name)
		info, err := os.Lstat(path)
		if err != nil || info.IsDir() {
			continue
		}
		content, err := os.Readlink(path)
		if err != nil {
			raw, err := os.ReadFile(path)
			if err != nil {
				r.t.Fatal(err)
			}
			content = string(raw)
		}
		files[name] = fmt.Sprintf("%v %v %q", info.Mode().Type(), info.Mode()&0o100 != 0, content)
	}
	return files
}

// TestSurveySinceSnapshot edits, stages and commits at random after a snapshot. The survey must report exactly the files that differ now, whatever
// git status shows compared with HEAD.
func TestSurveySinceSnapshot(t *testing.T) {
	cases := numberFrom(t, "STOPGATE_FUZZ_CASES", fuzzCases())
	seed := numberFrom(t, "STOPGATE_FUZZ_SEED", uint64(time.Now().UnixNano()))
	t.Logf("STOPGATE_FUZZ_SEED=%d STOPGATE_FUZZ_CASES=%d", seed, cases)
	changes, incomplete := 0, uint64(0)
	for i := range cases {
		random := rand.New(rand.NewPCG(seed, i))
		r := newRepo(t)
		var done []string
		edit := func() {
			name := []string{"a", "b", "d/a", "d/b", "d/e/c", "f\n", "é", "g\xff"}[random.IntN(8)]
			path := filepath.Join(r.dir, name)
			what := random.IntN(10)
			switch what {
			case 0, 1, 2, 3:
				if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
					_ = os.Remove(path)
				}
				r.write(name, fmt.Sprintf("text %d\n", random.IntN(3)))
			case 4:
				_ = os.Remove(path)
			case 5:
				_ = os.Remove(path)
				_ = os.Symlink([]string{"a", "b"}[random.IntN(2)], path)
			case 6:
				if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
					r.chmod(name, info.Mode().Perm()^0o111)
				}
			case 7:
				_, _ = r.try("add", "-A")
			case 8:
				_, _ = r.try("add", "-A")
				_, _ = r.try("commit", "-qm", "c")
			case 9:
				_, _ = r.try("rm", "-q", "--cached", "--", name)
			}
			done = append(done, fmt.Sprintf("%d on %q", what, name))
		}
		for range random.IntN(12) {
			edit()
		}
		tree := r.tree()
		snapshot, _, err := tree.Snapshot(context.Background(), ScanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		before := r.standing()
		done = append(done, "snapshot")
		for range random.IntN(12) {
			edit()
		}
		after := r.standing()
		var want []string
		for name := range maps.Keys(before) {
			if after[name] != before[name] {
				want = append(want, name)
			}
		}
		for name := range after {
			if _, both := before[name]; !both {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		tree = r.tree()
		asked := random.IntN(4) == 0
		if asked {
			tree.Refusal = fmt.Errorf("the test wants git to be asked")
		}
		survey := tree.Survey(context.Background(), Base{Snapshot: &snapshot}, ScanOptions{})
		var got []string
		for _, s := range survey.States {
			got = append(got, s.Name)
			if s.NoBase {
				t.Errorf("%q has no base", s.Name)
			}
		}
		if asked && survey.Incomplete != "" { // git status prints no blob of a file that differs from the index
			incomplete++
			continue
		}
		if !slices.Equal(got, want) || survey.Incomplete != "" {
			t.Fatalf("seed %d, case %d: %q differ (incomplete: %q), want %q, after\n%s", seed, i, got, survey.Incomplete, want, strings.Join(done, "\n"))
		}
		changes += len(want)
	}
	t.Logf("%d surveys agree with the files on %d changes; %d more left it to git, could not tell of all, and said so", cases-incomplete, changes, incomplete)
	if cases > 10 && changes == 0 {
		t.Error("nothing ever changed")
	}
}

// TestSurveyShows compares a survey with git status -uall. Candidates, excluded directories and nested repositories are changes. Ignored files are no
// changes, and neither is a task's worktree inside the main worktree. Inside a task's worktree, any other worktree is a change.
func TestSurveyShows(t *testing.T) {
	for _, viaGit := range []bool{false, true} {
		r := withExclusions(t)
		r.write("coverage/index.html", "<html>")
		r.write("junit.xml", "<xml/>")
		r.write("fixtures/coverage/tracked.txt", "t\n")
		r.run("add", "fixtures")
		r.run("commit", "-qm", "fixtures")
		r.write("fixtures/coverage/more.txt", "written as source\n")
		r.nested("frontend")
		r.run("worktree", "add", "-q", "trees/T-2", "-b", "T-2")
		if viaGit {
			r.run("config", "core.symlinks", "false")
		}
		survey := r.tree().Survey(context.Background(), Base{}, ScanOptions{Exclude: seedExcludes, Candidates: leftover})
		var names []string
		for _, s := range survey.States {
			names = append(names, s.Name)
		}
		var want []string
		for line := range strings.Lines(r.run("--no-optional-locks", "status", "--porcelain", "-uall")) {
			if name := strings.TrimSuffix(strings.TrimSpace(line[3:]), "/"); name != "trees/T-2" {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		wantList(t, "changes", names, want...)
		if len(want) != 13 || len(survey.Candidates) != 3 || survey.Incomplete != "" {
			t.Errorf("%d changes, candidates %v, incomplete %q", len(want), survey.Candidates, survey.Incomplete)
		}
		task := r.at(filepath.Join(r.dir, "trees/T-2"))
		task.run("worktree", "add", "-q", "inner", "-b", "inner")
		inner := task.tree().Survey(context.Background(), Base{}, ScanOptions{})
		if len(inner.States) != 1 || inner.States[0].Name != "inner" || !inner.States[0].Now.IsRepository() {
			t.Errorf("in the worktree of a task another one is %+v, incomplete %q", inner.States, inner.Incomplete)
		}
	}
}

// TestSurveyOfRevision compares with a commit that is named by a revision.
func TestSurveyOfRevision(t *testing.T) {
	r := newRepo(t)
	r.write("same", "1\n")
	r.write("committed", "1\n")
	r.write("back", "1\n")
	r.commit()
	r.write("committed", "2\n")
	r.write("back", "2\n")
	r.commit()
	r.write("back", "1\n")
	r.write("new", "1\n")
	for revision, want := range map[string][]string{"HEAD~1": {"committed", "new"}, "HEAD": {"back", "new"}} {
		survey := r.tree().Survey(context.Background(), Base{Revision: revision}, ScanOptions{})
		var names []string
		for _, s := range survey.States {
			names = append(names, s.Name)
		}
		wantList(t, "changes since "+revision, names, want...)
	}
	if survey := r.tree().Survey(context.Background(), Base{Revision: "nobody"}, ScanOptions{}); survey.Incomplete == "" {
		t.Error("a base that is not there leaves nothing out")
	}
}

// TestBorrowedDependencies links to directories in other worktrees, as pipelines do instead of installing dependencies again. Git shows the links,
// because a rule like node_modules/ matches only directories. Links in place of directories that are never committed are no changes, and the
// fingerprint leaves them out.
func TestBorrowedDependencies(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write(".gitignore", "/.claude/worktrees/\nnode_modules/\ntarget/\n")
	r.write("src/app.js", "a\n")
	r.commit()
	session, agent := filepath.Join(r.dir, ".claude/worktrees/session"), filepath.Join(r.dir, ".claude/worktrees/agent")
	r.run("worktree", "add", "-q", session, "-b", "session")
	r.run("worktree", "add", "-q", agent, "-b", "agent")
	w := r.at(agent)
	before := w.tree().Survey(t.Context(), Base{}, ScanOptions{})

	for link, target := range map[string]string{
		"node_modules":     session + "/node_modules",
		"target":           session + "/target",                    // ignored by name
		"vendor":           r.dir + "/vendor",                      // a dependency folder, in the main worktree
		"src/node_modules": "../../session/src/node_modules",       // a relative target
		"lib":              session + "/lib",                       // not the name of a dependency folder
		"venv":             r.home + "/venv",                       // in no worktree
		"deps":             session + "/other",                     // a target of another name
		"Pods":             filepath.Join(agent, "src", "..", "x"), // in the same worktree
	} {
		if err := os.Symlink(target, filepath.Join(agent, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := w.tree().Survey(t.Context(), Base{}, ScanOptions{})
	if got, want := strings.Join(s.Links, " "), "node_modules src/node_modules target vendor"; got != want {
		t.Errorf("borrowed are %s, want %s", got, want)
	}
	var changed []string
	for _, state := range s.States {
		changed = append(changed, state.Name)
	}
	if got, want := strings.Join(changed, " "), "Pods deps lib venv"; got != want {
		t.Errorf("changed are %s, want %s", got, want)
	}
	for _, name := range changed {
		w.remove(name)
	}
	if s := w.tree().Survey(t.Context(), Base{}, ScanOptions{}); s.Fingerprint != before.Fingerprint || len(s.Links) != 4 {
		t.Errorf("links change the fingerprint: %q, %q, links %q", before.Fingerprint, s.Fingerprint, s.Links)
	}
	r.run("-C", agent, "add", "vendor", "src/node_modules")
	s = w.tree().Survey(t.Context(), Base{}, ScanOptions{})
	if got, want := strings.Join(s.StagedLinks, " "), "src/node_modules vendor"; got != want || s.Fingerprint != before.Fingerprint || len(s.States) > 0 || len(s.Links) != 4 {
		t.Errorf("staged are %s, want %s; fingerprints %q, %q, changes %v, links %q", got, want, before.Fingerprint, s.Fingerprint, s.States, s.Links)
	}
}
