package guard_test

import (
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/guard"
	"stopgate/hook/worktree"
)

// TestConcerns: a command concerns a worktree if it would integrate or discard the work there, by whatever name it has.
func TestConcerns(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	git := realGit{filepath.Join(top, "repo"), top}
	run := func(command string) string {
		t.Helper()
		out, ok := git.AskAt(t.Context(), filepath.Join(top, "repo"), strings.Fields("-c user.name=a -c user.email=a@example.com "+command)...)
		if !ok {
			t.Fatalf("git %s", command)
		}
		return out
	}
	if _, ok := git.AskAt(t.Context(), top, "init", "-q", "-b", "main", "repo"); !ok {
		t.Fatal("git init")
	}
	for _, command := range []string{
		"commit -q --allow-empty -m first", "branch idle", "worktree add -q trees/T1 -b T1", "worktree add -q trees/T2 -b T2", "-C trees/T1 commit -q --allow-empty -m own",
		"tag own T1", "branch copy T1",
	} {
		run(command)
	}
	locate := func(dir string) worktree.Place {
		t.Helper()
		place, err := worktree.Locate(dir)
		if err != nil {
			t.Fatal(err)
		}
		return place
	}
	home, place := locate(git.dir), locate(filepath.Join(git.dir, "trees", "T1"))
	for command, want := range map[string]bool{
		"merge T1": true, "merge --no-ff -m x T1": true, "merge OWN": true, "merge own": true, "merge copy^0": true, "merge heads/T1": true, "merge @{0} copy": true,
		"pull . T1": true, "pull trees/T1 HEAD": true, "pull ./trees/T1/ HEAD": true, "cherry-pick main..copy": true, "cherry-pick OWN": true, "rebase T1": true,
		"cherry-pick -x own": true, "cherry-pick -s own": true, "revert -m 1 own": true, "rebase -x make T1": true, "merge -s ours T1": true,
		"rebase --onto=T1 HEAD": true, "rebase --onto T1 HEAD": true, "subtree merge --prefix=x T1": true,
		"push origin T1": true, "push origin own:main": true, "push origin +OWN:refs/heads/main": true, "push --all": true, "push --mirror x": true,
		"push --branches origin": true, "push origin refs/heads/*:refs/heads/*": true, "push origin :": true,
		"reset --hard T1": true, "reset --keep own": true, "checkout T1 -- a": true, "restore --source=own .": true,
		"switch -C main own": true, "checkout -B main T1": true, "switch --force-create=main T1": true,
		"branch -f main T1": true, "branch --force main own": true, "branch -D T1": true, "branch -M T1 other": true, "branch -m main T1": true, "branch -m T1 other": true, "restore -s own .": true,
		"update-ref refs/heads/main OWN": true, "update-ref -d refs/heads/T1": true, "update-ref --stdin": true, "fast-import": true, "symbolic-ref HEAD refs/heads/T1": true,
		"fetch . T1:main": true, "fetch -u trees/T1 HEAD:main": true,
		"-C trees/T1 commit -m x": true, "-C trees/T1 reset --hard": true, "-C trees/T1 checkout .": true, "-C trees/T1 restore .": true, "-C trees/T1 clean -fd": true,
		"-C trees/T1 stash": true, "-C trees/T1 switch --detach main": true, "-C trees/T1 merge main": true, "-C trees/T1 filter-branch": true,
		"worktree remove --force trees/T1": true, "worktree remove -f T1": true, "worktree remove -f trees/T1/": true, "worktree move trees/T1 x": true,
		"-C trees/T2 worktree remove -f ../T1": true,

		"merge idle": false, "merge -m T1 idle": false, "merge -qm T1 idle": false, "merge --message=T1 idle": false, "stash push -m T1": false, "merge main": false, "commit -m T1": false, "commit --amend": false, "push origin main": false, "push": false,
		"-C trees/T2 commit -m x": false, "-C trees/T2 reset --hard": false, "rebase main": false, "cherry-pick main": false,
		"switch main": false, "switch -c new T1": false, "checkout -b new T1": false, "branch new T1": false, "branch -D idle": false, "branch -d idle": false,
		"worktree add trees/T3 -b T3": false, "worktree add --detach trees/T4 T1": false, "worktree remove --force trees/T2": false, "worktree remove trees/T1": false,
		"worktree prune": false, "worktree move trees/T2 trees/T1/x": false, "tag v1 T1": false, "fetch origin": false, "config user.name T1": false,
		"update-ref refs/heads/new main": false, "add -A": false, "-C trees/T1 add -A": false, "-C trees/T1 branch new": false,
	} {
		words := strings.Fields(strings.ReplaceAll(command, "OWN", run("rev-parse own")))
		c := guard.Read(words)
		at := realGit{guard.Directory(c, git.dir), top}
		r := guard.Resolve(t.Context(), at, c, "", nil)
		root, _ := at.Ask(t.Context(), "rev-parse", "--show-toplevel")
		if got := guard.ReachOf(t.Context(), at, r, guard.Effect{Ours: true, Root: root, Dir: at.dir}, home).Concerns(t.Context(), place); got != want {
			t.Errorf("git %s (%s) concerns T1: %t", command, r.Kind, got)
		}
	}
}
