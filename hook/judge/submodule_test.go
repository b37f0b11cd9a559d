package judge_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// onDisk observes a real worktree.
type onDisk struct {
	inspect.Observer
	t *testing.T
}

func (o onDisk) tree(place worktree.Place) *worktree.Tree {
	tree, err := worktree.Open(o.t.Context(), place, worktree.Options{Env: os.Environ()})
	if err != nil {
		o.t.Fatal(err)
	}
	return tree
}

func (o onDisk) Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	tree := o.tree(place)
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Claims(ctx, paths, base)
}

func (o onDisk) Survey(ctx context.Context, place worktree.Place, base worktree.Base, options worktree.ScanOptions) worktree.Survey {
	tree := o.tree(place)
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Survey(ctx, base, options)
}

// A report may list a file in a submodule by its own path. It counts as changed if the submodule's repository shows that.
func TestFilesInSubmodules(t *testing.T) {
	t.Parallel()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sh := func(script string) {
		t.Helper()
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir = top
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_DEFAULT_REF_FORMAT=files", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	sh(`git init -q -b main lib; cd lib; echo 1 > l.txt; echo 1 > kept.txt; echo 1 > committed.txt; echo '*.log' > .gitignore; git add .; git commit -qm lib; cd ..
git init -q -b main repo; cd repo; git -c protocol.file.allow=always submodule --quiet add "$PWD/../lib" vendor/lib; echo 1 > a.txt; git add a.txt; git commit -qm all`)
	place, err := worktree.Locate(filepath.Join(top, "repo"))
	if err != nil {
		t.Fatal(err)
	}
	judged := func(launch *inspect.Baseline, files ...string) (rules []rule.Name, text string) {
		t.Helper()
		in := inspect.Inquiry{Submission: handedIn(reportOf(files...)), Grounds: site.Grounds{Fixed: &place}, Agent: &transcript.Agent{}}
		if in.Launch = launch; launch != nil {
			launch.Worktree = in.Grounds.Name(place)
		}
		for _, f := range judge.Stop(in, inspect.Stop(t.Context(), onDisk{t: t}, nil, in)).Findings {
			if f.Severity == rule.Block {
				rules, text = append(rules, f.Rule), text+f.Message+"\n"
			}
		}
		return rules, text
	}
	snapshot := func() *inspect.Baseline {
		t.Helper()
		tree := onDisk{t: t}.tree(place)
		defer func() { _ = tree.Close() }() // nothing was written
		s, _, err := tree.Snapshot(t.Context(), worktree.ScanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return &inspect.Baseline{Snapshot: s}
	}
	clean := snapshot()
	sh(`cd repo/vendor/lib; echo 2 > committed.txt; git commit -qam more; echo 2 > l.txt; echo 2 > new.txt; echo 2 > x.log; git init -q inner; echo 2 > inner/f.txt`)
	for _, c := range []struct {
		files []string
		want  []rule.Name
		says  string
	}{
		{[]string{"vendor/lib"}, nil, ""},
		{[]string{"vendor/lib/l.txt"}, nil, ""},
		{[]string{"./vendor/lib/new.txt", "vendor/lib/l.txt"}, nil, ""},
		{[]string{filepath.Join(place.Root, "vendor", "lib", "committed.txt")}, nil, ""},
		{[]string{"vendor/lib/kept.txt", "vendor/lib"}, []rule.Name{rule.ClaimUnchanged}, "vendor/lib/kept.txt"},
		{[]string{"vendor/lib/none.txt", "vendor/lib"}, []rule.Name{rule.ClaimMissing}, "vendor/lib/none.txt"},
		{[]string{"vendor/lib/x.log", "vendor/lib"}, []rule.Name{rule.ClaimIgnored}, "vendor/lib/x.log"},
		{[]string{"vendor/lib/inner/f.txt"}, []rule.Name{rule.ClaimOutside}, `is in a submodule; git shows changes there under the path of the submodule; write "vendor/lib"`},
		{[]string{"vendor/lib/kept.txt"}, []rule.Name{rule.ClaimUnchanged, rule.ChangeUndeclared}, "vendor/lib"},
	} {
		if rules, text := judged(clean, c.files...); !slices.Equal(rules, c.want) || !strings.Contains(text, c.says) {
			t.Errorf("%q: %q, want %q that says %q:\n%s", c.files, rules, c.want, c.says, text)
		}
	}
	dirty := snapshot()
	if rules, text := judged(dirty, "vendor/lib/l.txt"); !slices.Equal(rules, []rule.Name{rule.ClaimNotYours}) {
		t.Errorf("changed before the launch: %q\n%s", rules, text)
	}
	sh(`cd repo/vendor/lib; git commit -qam again`)
	if rules, text := judged(dirty, "vendor/lib/l.txt"); rules != nil {
		t.Errorf("changed before the launch and since: %q\n%s", rules, text)
	}
}
