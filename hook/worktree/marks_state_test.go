package worktree

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/marks"
)

// marksTally counts the repositories whose marks were compared with git.
type marksTally struct {
	held, missed atomic.Int64
	stores       sync.Map // the stores of refs that git was asked about, by refStore
}

// refStore returns the content of all files that determine the refs of a worktree, except for the configuration. Most scenarios have the same store
// as the repository that they are made from, so git is asked only once about them.
func refStore(r *repo, tree *Tree) string {
	r.t.Helper()
	var b strings.Builder
	for _, path := range []string{filepath.Join(tree.Place.GitDir, "HEAD"), filepath.Join(tree.Place.CommonDir, "HEAD"), filepath.Join(tree.Place.CommonDir, "packed-refs"), filepath.Join(tree.Place.CommonDir, "reftable", "tables.list")} {
		content, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %q %t\n", filepath.Base(path), content, err == nil)
	}
	_ = filepath.WalkDir(filepath.Join(tree.Place.CommonDir, "refs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			content, err := os.ReadFile(path)
			fmt.Fprintf(&b, "%s %q %t\n", strings.TrimPrefix(path, tree.Place.CommonDir), content, err == nil)
		}
		return nil // files that cannot be read do not count
	})
	return b.String()
}

func (a *marksTally) report(t *testing.T) {
	t.Helper()
	held, missed := a.held.Load(), a.missed.Load()
	t.Logf("the marks of %d repositories were held against git, those of %d could not be read", held, missed)
	if least := int64(len(some(make([]struct{}, 60)))); held < least || missed > max(held/10, 2) {
		t.Error("the marks of too few were held against git")
	}
}

// checkMarks compares refs, HEADs and the index with git.
func (s scenario) checkMarks(r *repo, total *marksTally) {
	r.t.Helper()
	ctx := context.Background()
	tree := r.tree()
	m, err := tree.Marks(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, known := total.stores.LoadOrStore(refStore(r, tree)+m.Head.Commit, true); !known && m.Incomplete["refs"] == "" {
		if _, asked, _, err := (marks.Reader{Repository: tree.Repository}).RefsFromGit(ctx); err == nil && m.Head.Commit != asked.Commit {
			r.t.Errorf("HEAD is %v, by git %v", m.Head, asked)
		}
	}
	index, err := r.try("diff", "--cached", "--name-only", "-z", "--no-renames", "--ignore-submodules=none")
	names, nameErr := stagedNames(ctx, tree)
	if (nameErr != nil) != (m.Incomplete["staged"] != "") {
		r.t.Errorf("stagedNames: %v, Marks: %q", nameErr, m.Incomplete)
	}
	switch {
	case err != nil || nameErr != nil:
		total.missed.Add(1)
		if err == nil && s.then == nil {
			r.t.Errorf("not read, though git does: %v", nameErr)
		}
	default:
		total.held.Add(1)
		want := strings.Split(strings.TrimSuffix(index, "\x00"), "\x00")
		slices.Sort(want)
		want = slices.Compact(want) // git lists an unmerged name twice
		var got []string
		for _, name := range names {
			got = append(got, string(name))
		}
		if !slices.Equal(got, slices.DeleteFunc(want, func(s string) bool { return s == "" })) {
			r.t.Errorf("staged: %q, by git %q", got, want)
		}
	}
	if again := r.partialMarks(tree); len(CompareMarks(m, again)) > 0 {
		r.t.Errorf("two looks differ: %+v", CompareMarks(m, again))
	}
}

// partialMarks returns the marks of a repository that may not be completely readable.
func (r *repo) partialMarks(tree *Tree) Marks {
	r.t.Helper()
	m, err := tree.Marks(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// TestMarksTellMovesAmongMany moves, creates and deletes refs in a repository with too many refs to list them.
func TestMarksTellMovesAmongMany(t *testing.T) {
	main, w := marked(t)
	main.manyRefs50k(100)
	before := w.marks(w.tree())
	if before.Branches.Sketch == nil || before.Branches.Count < 16_000 {
		t.Fatalf("%d branches are listed", before.Branches.Count)
	}
	old := strings.TrimSpace(w.run("rev-parse", "refs/heads/team-3/topic-3"))
	id := strings.TrimSpace(w.run("rev-parse", "HEAD"))
	w.run("branch", "-f", "team-3/topic-3", "HEAD")
	w.run("tag", "-d", "team-2/topic-2")
	w.run("update-ref", "-d", "refs/remotes/origin/team-1/topic-1")
	w.run("branch", "brand/new")
	w.run("pack-refs", "--all")
	changes := CompareMarks(before, w.marks(w.tree()))
	want := []MarkChange{
		{Kind: marks.BranchCreated, Name: "refs/heads/brand/new", To: id},
		{Kind: marks.BranchMoved, Name: "refs/heads/team-3/topic-3", From: old, To: id},
		{Kind: marks.TagDeleted, Name: "refs/tags/team-2/topic-2", From: old},
		{Kind: marks.RemoteDeleted, Name: "refs/remotes/origin/team-1/topic-1", From: old},
	}
	if !slices.EqualFunc(changes, want, func(a, b MarkChange) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		t.Errorf("got  %+v\nwant %+v", changes, want)
	}
	w.compareReaders()
}

// TestMarksTellWhenAFileWasWritten: where no reflog has the time of a change, the change has the time at which the file was written.
func TestMarksTellWhenAFileWasWritten(t *testing.T) {
	main, w := marked(t)
	before := w.marks(w.tree())
	w.run("tag", "v9")
	w.run("branch", "-D", "spare")
	w.run("config", "push.default", "simple")
	at := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	for i, name := range []string{"refs/tags/v9", "refs/heads", "config"} {
		if err := os.Chtimes(filepath.Join(main.dir, ".git", filepath.FromSlash(name)), at, at.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	changes := CompareMarks(before, w.marks(w.tree()))
	w.tree().Explain(context.Background(), before, changes)
	want := map[marks.Kind]time.Time{marks.TagCreated: at, marks.BranchDeleted: at.Add(time.Minute), marks.ConfigChanged: at.Add(2 * time.Minute)}
	found := 0
	for _, c := range changes {
		if found++; !slices.ContainsFunc(c.Written, want[c.Kind].Equal) {
			t.Errorf("%s: %s", c.Kind, c.Written)
		}
	}
	if found < len(want) {
		t.Errorf("%+v", changes)
	}
}

func TestMarksTellThatManyMoved(t *testing.T) {
	_, w := marked(t)
	before := w.marks(w.tree())
	for i := range 700 {
		w.write(fmt.Sprintf("many/%d.txt", i), "x\n")
	}
	w.run("add", "many")
	changes := CompareMarks(before, w.marks(w.tree()))
	want := MarkChange{Kind: marks.Staged, From: "0", To: "700", Many: true}
	if len(changes) != 1 || fmt.Sprint(changes[0]) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", changes, want)
	}
	w.tree().Explain(context.Background(), before, changes) // there is nothing to explain
	names, err := stagedNames(context.Background(), w.tree())
	if err != nil || len(names) != 700 || names[0] != "many/0.txt" {
		t.Errorf("%d names are staged: %v", len(names), err)
	}
}

func TestMarksTellTheWorktreeOfABranch(t *testing.T) {
	main, w := marked(t)
	before := w.marks(w.tree())
	main.at(filepath.Join(main.dir, "trees", "TASK-2")).run("commit", "-q", "--allow-empty", "-m", "x")
	w.run("branch", "-f", "spare", "HEAD")
	for _, c := range CompareMarks(before, w.marks(w.tree())) {
		want := Name("")
		if c.Name == "refs/heads/TASK-2" {
			want = Name(filepath.Join(main.dir, "trees", "TASK-2"))
		}
		if c.Worktree != want {
			t.Errorf("%s has the work tree %q, want %q", c.Name, c.Worktree, want)
		}
	}
}

// TestMarksKeepNoSecrets: marks are recorded, so they must not contain passwords and tokens.
func TestMarksKeepNoSecrets(t *testing.T) {
	_, w := marked(t)
	before := w.marks(w.tree())
	w.run("config", "remote.origin.url", "https://user:hunter2@example.org/x.git")
	w.run("config", "http.extraHeader", "Authorization: hunter2")
	w.run("config", "url.https://hunter2@example.org/.insteadOf", "x:")
	w.run("config", "alias.x", strings.Repeat("y", 5000))
	after := w.marks(w.tree())
	changes := CompareMarks(before, after)
	if text := fmt.Sprintf("%+v", after); strings.Contains(text, "hunter2") || len(text) > 6000 {
		t.Errorf("the marks are %s", text)
	}
	var names []string
	for _, c := range changes {
		name, _, _ := strings.Cut(string(c.Name), " ")
		names = append(names, name)
		if c.Kind != marks.ConfigChanged || c.From == c.To || len(c.To) > 300 {
			t.Errorf("%+v", c)
		}
		if name == "remote.origin.url" && !strings.HasPrefix(c.To, "https://***@example.org/x.git (digest ") {
			t.Errorf("the URL is %q", c.To)
		}
	}
	if want := []string{"alias.x", "http.extraheader", "remote.origin.url", "url.https://***@example.org/.insteadof"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	w.run("config", "remote.origin.url", "https://user:other@example.org/x.git")
	if changes := CompareMarks(after, w.marks(w.tree())); len(changes) != 1 || changes[0].Name != "remote.origin.url" {
		t.Errorf("another password is %+v", changes)
	}
}

// TestMarksOfOddRepositories takes the marks of repositories that lack something, or that only git can read.
func TestMarksOfOddRepositories(t *testing.T) {
	t.Run("unborn", func(t *testing.T) {
		r := newRepo(t)
		before := r.marks(r.tree())
		if before.Head != (marks.Head{Branch: "refs/heads/main"}) {
			t.Errorf("HEAD is %+v", before.Head)
		}
		r.write("a.txt", "a\n")
		r.run("add", "a.txt")
		if got := r.since(before); !slices.Equal(got, []string{"staged a.txt"}) {
			t.Errorf("got %q", got)
		}
		r.run("commit", "-qm", "x")
		if got := r.since(before); !slices.Equal(got, []string{"branch-created refs/heads/main by commit", "head-moved by commit"}) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("bare with a work tree", func(t *testing.T) {
		main, _ := marked(t)
		bare := main.at(filepath.Join(main.home, "remote.git"))
		bare.run("worktree", "add", "-q", "-b", "x", filepath.Join(main.home, "x"))
		x := main.at(filepath.Join(main.home, "x"))
		before := x.marks(x.tree())
		x.run("commit", "-q", "--allow-empty", "-m", "x")
		main.run("push", "-q", "-f", "origin", "topic:main")
		want := []string{"branch-moved refs/heads/main", "branch-moved refs/heads/x by commit", "head-moved by commit", "worktree-head-moved ~/remote.git"}
		if got := x.since(before); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		x.compareRefs()
	})
	t.Run("SHA-256", func(t *testing.T) {
		w := sha256Repo(t)
		before := w.marks(w.tree())
		w.run("add", "new.txt")
		if got := w.since(before); !slices.Equal(got, []string{"staged new.txt"}) {
			t.Errorf("got %q", got)
		}
		w.run("commit", "-qm", "x")
		if got := w.since(before); !slices.Equal(got, aCommit) {
			t.Errorf("got %q", got)
		}
		w.compareRefs()
	})
	t.Run("reftable", func(t *testing.T) {
		w := reftableRepo(t)
		before := w.partialMarks(w.tree())
		if _, err := w.try("rev-parse", "HEAD"); err != nil {
			if before.Incomplete["refs"] == "" || before.Incomplete["staged"] == "" || before.Incomplete["worktrees"] == "" {
				t.Errorf("git refuses, and incomplete is %q", before.Incomplete)
			}
			return
		}
		w.run("commit", "-qam", "x")
		if got := w.since(before); !slices.Equal(got, aCommit) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("without git", func(t *testing.T) {
		_, w := marked(t)
		m := w.partialMarks(w.withoutGit())
		if len(m.Incomplete) > 0 {
			t.Errorf("incomplete: %q", m.Incomplete)
		}
		if m := sha256Repo(t).tree(); m != nil {
			m.Git.Path = ""
			if seen := w.partialMarks(m); seen.Incomplete["staged"] == "" || seen.Head.Commit == "" {
				t.Errorf("%+v", seen)
			}
		}
	})
}

// compareRefs is compareReaders without the index, for repositories whose index only git can read.
func (r *repo) compareRefs() {
	r.t.Helper()
	refs, own, _, err := marks.Reader{Repository: r.tree().Repository}.RefsFromFiles(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	gitRefs, gitOwn, _, err := marks.Reader{Repository: r.tree().Repository}.RefsFromGit(context.Background())
	if own.Log = 0; err != nil || !slices.Equal(refs, gitRefs) || own != gitOwn {
		r.t.Errorf("refs read: %v %v\nby git: %v %v, %v", own, refs, gitOwn, gitRefs, err)
	}
}

// TestMarksBearHostileFiles puts unexpected files where refs, hooks and reflogs are read.
func TestMarksBearHostileFiles(t *testing.T) {
	for name, deed := range map[string]struct {
		do         func(main, w *repo)
		incomplete string
		want       []string
	}{
		"a directory that leads to itself": {func(main, _ *repo) { main.symlink(".", ".git/refs/heads/loop") }, "refs", nil},
		"a link out of the repository":     {func(main, _ *repo) { main.symlink("/etc/hostname", ".git/refs/heads/out") }, "", []string{"branch-created refs/heads/out"}},
		"an old symbolic ref":              {func(main, _ *repo) { main.symlink("refs/heads/main", ".git/refs/heads/old") }, "", []string{"branch-created refs/heads/old"}},
		"a pipe for a ref":                 {func(main, _ *repo) { main.fifo(".git/refs/heads/pipe") }, "refs", nil},
		"a pipe for packed-refs": {func(main, _ *repo) {
			main.run("pack-refs", "--all")
			main.remove(".git/packed-refs")
			main.fifo(".git/packed-refs")
		}, "refs", nil},
		"an empty ref":          {func(main, _ *repo) { main.write(".git/refs/heads/empty", "") }, "", []string{"branch-created refs/heads/empty"}},
		"a huge ref":            {func(main, _ *repo) { main.write(".git/refs/heads/huge", strings.Repeat("x", 1<<20)) }, "refs", nil},
		"a damaged packed-refs": {func(main, _ *repo) { main.append(main.gitDir("packed-refs"), "what\n") }, "refs", nil},
		"a pipe for a hook":     {func(main, _ *repo) { main.fifo(".git/hooks/pre-push") }, "", []string{"hook-changed hooks/pre-push"}},
		"a folder for a hook":   {func(main, _ *repo) { main.write(".git/hooks/pre-push/x", "") }, "", []string{"hook-changed hooks/pre-push"}},
		"a huge hook":           {func(main, _ *repo) { main.write(".git/hooks/pre-push", strings.Repeat("x", 1<<20+1)) }, "", []string{"hook-changed hooks/pre-push"}},
		"too many hooks": {func(main, _ *repo) {
			for i := range 1001 {
				main.write(fmt.Sprintf(".git/hooks/h%d", i), "")
			}
		}, "hooks", nil},
		"a file for the hooks":    {func(main, _ *repo) { main.remove(".git/hooks"); main.write(".git/hooks", "") }, "", nil},
		"a huge info/exclude":     {func(main, _ *repo) { main.write(".git/info/exclude", strings.Repeat("x\n", gitdir.MaxConfig)) }, "info", nil},
		"a damaged configuration": {func(main, _ *repo) { main.append(main.gitDir("config"), "[[\n") }, "config", nil},
		"a work tree without a HEAD": {func(main, _ *repo) { main.remove(".git/worktrees/TASK-2/HEAD") }, "", []string{
			"worktree-head-moved ~/repo/trees/TASK-2",
		}},
		"a log that is a pipe": {func(main, w *repo) {
			path := ".git/logs/refs/heads/spare"
			w.run("branch", "-f", "spare", "HEAD")
			main.remove(path)
			main.fifo(path)
		}, "", []string{"branch-moved refs/heads/spare"}},
		"no logs at all": {func(main, w *repo) { w.run("branch", "-f", "spare", "HEAD"); main.remove(".git/logs") }, "", []string{"branch-moved refs/heads/spare"}},
		"odd names": {func(main, w *repo) {
			w.run("branch", "100%\xff\xfe")
			w.run("branch", "ünï/çode")
			w.write("\xff%41\n", "x")
			w.run("add", "--", "\xff%41\n")
		}, "", []string{"branch-created refs/heads/100%\xff\xfe by branch", "branch-created refs/heads/ünï/çode by branch", "staged \xff%41"}},
	} {
		t.Run(name, func(t *testing.T) {
			main, w := marked(t)
			before := w.marks(w.tree())
			deed.do(main, w)
			tree := w.tree()
			after := w.partialMarks(tree)
			if deed.incomplete != "" {
				if after.Incomplete[deed.incomplete] == "" {
					t.Errorf("incomplete is %q, want %s", after.Incomplete, deed.incomplete)
				}
				return
			}
			if got := w.since(before); !slices.Equal(got, deed.want) {
				t.Errorf("got %q, want %q", got, deed.want)
			}
		})
	}
}

func TestMarksEndWithTheirContext(t *testing.T) {
	_, w := marked(t)
	ctx, cancel := context.WithCancel(context.Background())
	tree := w.tree()
	cancel()
	if m, err := tree.Marks(ctx); err == nil || len(m.Branches.Items) > 0 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestMarksFollowHooksPath: a changed hook is found in the directory of core.hooksPath. Other files there are no hooks.
func TestMarksFollowHooksPath(t *testing.T) {
	_, w := marked(t)
	w.write(".husky/pre-commit", "#!/bin/sh\n")
	w.run("config", "core.hooksPath", ".husky")
	before := w.marks(w.tree())
	w.write(".husky/README.md", "x\n")
	w.write(".husky/pre-commit", "#!/bin/sh\nexit\n")
	if err := os.Symlink("pre-commit", filepath.Join(w.dir, ".husky", "pre-push")); err != nil {
		t.Fatal(err)
	}
	want := []string{"hook-changed core.hooksPath/pre-commit", "hook-changed core.hooksPath/pre-push"}
	if got := w.since(before); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMarksReadHooksPathOnly: an include with a condition that only git can evaluate makes the marks incomplete only if the file sets core.hooksPath.
func TestMarksReadHooksPathOnly(t *testing.T) {
	for setting, unread := range map[string]bool{"autocrlf = false": false, "excludesFile = /nonexistent": false, "hooksPath = .husky": true} {
		_, w := marked(t)
		w.write(".husky/pre-commit", "#!/bin/sh\n")
		included := filepath.Join(t.TempDir(), "work")
		if err := os.WriteFile(included, []byte("[user]\n\tname = w\n[core]\n\t"+setting+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.run("config", "includeIf.hasconfig:remote.*.url:https://example.com/**.path", included)
		if got, err := w.tree().Marks(t.Context()); err != nil || (len(got.Incomplete) > 0) != unread {
			t.Errorf("%s: %v, incomplete %q", setting, err, got.Incomplete)
		}
	}
}

// stagedNames returns the names whose index entry differs from HEAD, sorted, as `git diff --cached --name-only` lists them.
func stagedNames(ctx context.Context, t *Tree) ([]Name, error) {
	s, err := marks.Reader{Repository: t.Repository}.ReadStaged(ctx)
	var names []Name
	for _, item := range s.Changes {
		names = append(names, item.Name)
	}
	return names, err
}
