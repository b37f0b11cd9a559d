package worktree

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/worktree/marks"
	"stopgate/hook/worktree/refs"
)

// marked returns a repository with a remote, some branches, a tag and two linked worktrees. w is one of the worktrees.
func marked(t testing.TB) (main, w *repo) {
	t.Helper()
	return fromTemplate(t, "marked", func(main *repo) {
		main.write("a.txt", "one\n")
		main.write("b.txt", "two\n")
		main.write("dir/c.txt", "three\n")
		main.commit()
		main.run("tag", "v1")
		main.run("branch", "spare")
		main.run("init", "-q", "--bare", "-b", "main", filepath.Join(main.home, "remote.git"))
		main.run("remote", "add", "origin", filepath.Join(main.home, "remote.git"))
		main.run("switch", "-q", "-c", "clash")
		main.write("a.txt", "clash\n")
		main.commit()
		main.run("switch", "-q", "-c", "topic", "main")
		main.write("topic.txt", "topic\n")
		main.commit()
		main.run("switch", "-q", "main")
		main.run("push", "-q", "origin", "main", "spare")
		main.run("remote", "set-head", "origin", "main") // as git clone sets it
		main.run("worktree", "add", "-q", "-b", "TASK-2", filepath.Join("trees", "TASK-2"))
		w := main.linked()
		w.write("mine.txt", "mine\n")
		w.commit()
	})
}

// upstream adds a commit to main in the remote.
func (r *repo) upstream() {
	r.t.Helper()
	r.run("clone", "-q", filepath.Join(r.home, "remote.git"), filepath.Join(r.home, "theirs"))
	theirs := r.at(filepath.Join(r.home, "theirs"))
	theirs.write("theirs.txt", "theirs\n")
	theirs.commit()
	theirs.run("push", "-q", "origin", "main")
}

// pipe runs git with a file as its input.
func (r *repo) pipe(file string, args ...string) {
	r.t.Helper()
	in, err := os.Open(file)
	if err != nil {
		r.t.Fatal(err)
	}
	defer in.Close()
	cmd := exec.Command(r.git, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = r.dir, r.env, in
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// marks returns the marks as another process reads them from a record.
func (r *repo) marks(tree *Tree) Marks {
	r.t.Helper()
	m, err := tree.Marks(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	if len(m.Incomplete) > 0 {
		r.t.Errorf("incomplete: %q", m.Incomplete)
	}
	text, err := json.Marshal(m)
	if err != nil {
		r.t.Fatal(err)
	}
	var back Marks
	if err := json.Unmarshal(text, &back); err != nil {
		r.t.Fatal(err)
	}
	if again, err := json.Marshal(back); err != nil || string(again) != string(text) {
		r.t.Errorf("marks do not survive JSON: %v\n%s\n%s", err, text, again)
	}
	return back
}

// since returns the changes since before, sorted. Each has its kind, its name, and the command that the reflog names.
func (r *repo) since(before Marks) []string {
	r.t.Helper()
	tree := r.tree()
	changes := CompareMarks(before, r.marks(tree))
	short := strings.NewReplacer(r.home, "~", cmp.Or(before.Head.Commit, "unborn"), "$HEAD")
	tree.Explain(context.Background(), before, changes)
	var lines []string
	for _, c := range changes {
		line := strings.TrimSpace(fmt.Sprintf("%s %s", c.Kind, short.Replace(string(c.Name))))
		if c.By != "" {
			line += " by " + c.By
		}
		lines = append(lines, line)
		if c.From == c.To && !slices.Contains([]marks.Kind{marks.StashShrunk, marks.HeadReturned, marks.OperationStarted, marks.OperationEnded}, c.Kind) {
			r.t.Errorf("%s: from %q to %q", line, c.From, c.To)
		}
		if c.By != "" && (len(c.Log) == 0 || c.Log[0].Who != "C <c@example.org>" || c.Log[0].When.Year() != 2020) {
			r.t.Errorf("%s: the log is %+v", line, c.Log)
		}
	}
	slices.Sort(lines)
	return lines
}

// A deed is something that can be done to a repository.
type deed struct {
	name   string
	before func(main, w *repo) // makes the state in which the marks are taken
	do     func(main, w *repo)
	want   []string // sorted
}

// gits runs git commands in the linked worktree. A command that starts with "!" is expected to fail.
func gits(commands ...string) func(main, w *repo) {
	return func(_, w *repo) {
		w.t.Helper()
		for _, command := range commands {
			line, fails := strings.CutPrefix(command, "!")
			out, err := w.try(strings.Split(line, " ")...)
			if fails != (err != nil) {
				w.t.Fatalf("git %s: %v\n%s", line, err, out)
			}
		}
	}
}

func edits(names ...string) func(main, w *repo) {
	return func(_, w *repo) {
		for _, name := range names {
			w.write(name, "edited "+name+"\n")
		}
	}
}

func all(steps ...func(main, w *repo)) func(main, w *repo) {
	return func(main, w *repo) {
		for _, step := range steps {
			step(main, w)
		}
	}
}

var (
	aCommit  = []string{"branch-moved refs/heads/TASK-1 by commit", "head-moved by commit"}
	upstream = func(_, w *repo) { w.upstream() }
)

// atMain does a step in the main worktree.
func atMain(step func(main, w *repo)) func(main, w *repo) {
	return func(main, _ *repo) { step(main, main) }
}

// prohibited are changes that an agent must not make, with git or without it.
var prohibited = []deed{
	{name: "commit", do: all(edits("a.txt"), gits("commit -qam x")), want: aCommit},
	{name: "commit --amend", do: gits("commit -q --amend -m x"), want: aCommit},
	{name: "commit by an alias", do: all(edits("a.txt"), gits("-c alias.x=commit x -qam x")), want: aCommit},
	{name: "commit without porcelain", do: func(_, w *repo) {
		id := strings.TrimSpace(w.run("commit-tree", "-p", "HEAD", "-m", "x", "HEAD^{tree}"))
		w.run("update-ref", "refs/heads/TASK-1", id)
	}, want: []string{"branch-moved refs/heads/TASK-1", "head-moved"}},
	{name: "commit by writing the ref", do: func(main, w *repo) {
		id := strings.TrimSpace(w.run("commit-tree", "-p", "HEAD", "-m", "x", "HEAD^{tree}"))
		main.write(".git/refs/heads/TASK-1", id+"\n")
	}, want: []string{"branch-moved refs/heads/TASK-1", "head-moved"}},
	{name: "push", do: gits("push -q origin TASK-1"), want: []string{"remote-created refs/remotes/origin/TASK-1 by push"}},
	{name: "push to another branch", do: gits("push -q origin HEAD:main"), want: []string{"remote-moved refs/remotes/origin/main by push"}},
	{name: "push without reflogs", before: gits("config core.logAllRefUpdates false"), do: gits("push -q origin TASK-1"), want: []string{
		"remote-created refs/remotes/origin/TASK-1",
	}},
	// The next two change only the remote, and nothing in this repository.
	{name: "push to the URL of a remote", do: func(main, w *repo) {
		w.run("push", "-q", filepath.Join(main.home, "remote.git"), "HEAD:main")
	}},
	{name: "push of a tag", do: gits("push -q origin v1")},
	{name: "push --force", before: gits("push -q origin topic:x"), do: gits("push -q --force origin TASK-1:x"), want: []string{"remote-moved refs/remotes/origin/x by push"}},
	{name: "push --delete", do: gits("push -q --delete origin spare"), want: []string{"remote-deleted refs/remotes/origin/spare"}},
	{name: "push --set-upstream", do: gits("push -q -u origin TASK-1"), want: []string{
		"config-changed branch.TASK-1.merge", "config-changed branch.TASK-1.remote", "remote-created refs/remotes/origin/TASK-1 by push",
	}},
	{name: "merge", do: gits("merge -q -m x topic"), want: []string{"branch-moved refs/heads/TASK-1 by merge", "head-moved by merge"}},
	{name: "merge that conflicts", before: all(edits("a.txt"), gits("commit -qam x")), do: gits("!merge -q clash"), want: []string{
		"operation-started merge", "staged a.txt",
	}},
	{name: "merge --no-commit", do: gits("merge -q --no-commit --no-ff topic"), want: []string{"operation-started merge", "staged topic.txt"}},
	{name: "merge --squash", do: gits("merge -q --squash topic"), want: []string{"staged topic.txt"}},
	{name: "rebase", do: gits("rebase -q topic"), want: []string{"branch-moved refs/heads/TASK-1 by rebase", "head-moved by rebase"}},
	{name: "rebase that conflicts", before: all(edits("a.txt"), gits("commit -qam x")), do: gits("!rebase -q clash"), want: []string{
		"head-moved by rebase", "head-switched by rebase", "operation-started rebase", "staged a.txt",
	}},
	{name: "rebase --apply that conflicts", before: all(edits("a.txt"), gits("commit -qam x")), do: gits("!rebase -q --apply clash"), want: []string{
		"head-moved by rebase", "head-switched by rebase", "operation-started rebase", "staged a.txt",
	}},
	{name: "cherry-pick", do: gits("cherry-pick topic"), want: []string{"branch-moved refs/heads/TASK-1 by cherry-pick", "head-moved by cherry-pick"}},
	{name: "cherry-pick that conflicts", before: all(edits("a.txt"), gits("commit -qam x")), do: gits("!cherry-pick clash"), want: []string{
		"operation-started cherry-pick", "staged a.txt",
	}},
	{name: "revert", do: gits("revert --no-edit HEAD"), want: []string{"branch-moved refs/heads/TASK-1 by revert", "head-moved by revert"}},
	{name: "revert that waits", do: gits("revert --no-commit HEAD"), want: []string{"operation-started revert", "staged mine.txt"}},
	{name: "am", before: gits("format-patch -q -1 -o ../.. topic"), do: gits("am -q ../../0001-c.patch"), want: []string{
		"branch-moved refs/heads/TASK-1 by am", "head-moved by am",
	}},
	{name: "am that conflicts", before: all(edits("a.txt"), gits("commit -qam x", "format-patch -q -1 -o ../.. clash")), do: gits("!am -q ../../0001-c.patch"), want: []string{
		"operation-started am",
	}},
	{name: "pull", before: upstream, do: gits("pull -q --no-rebase origin main"), want: []string{
		"branch-moved refs/heads/TASK-1 by pull", "head-moved by pull", "remote-moved refs/remotes/origin/main by pull",
	}},
	{name: "pull --rebase", before: upstream, do: gits("pull -q --rebase origin main"), want: []string{
		"branch-moved refs/heads/TASK-1 by pull", "head-moved by pull", "remote-moved refs/remotes/origin/main by pull",
	}},
	{name: "reset --hard", do: gits("reset -q --hard HEAD~"), want: []string{"branch-moved refs/heads/TASK-1 by reset", "head-moved by reset"}},
	{name: "reset --hard that discards edits", before: edits("a.txt"), do: gits("reset -q --hard"), want: []string{"head-returned by reset"}},
	{name: "reset --soft", do: gits("reset -q --soft HEAD~"), want: []string{
		"branch-moved refs/heads/TASK-1 by reset", "head-moved by reset", "staged mine.txt",
	}},
	{name: "reset of what the user staged", before: all(edits("a.txt"), gits("add a.txt")), do: gits("reset -q"), want: []string{"head-returned by reset", "unstaged a.txt"}},
	{name: "commit and take it back", do: gits("commit -q --allow-empty -m x", "reset -q --soft HEAD~"), want: []string{"head-returned by reset"}},
	{name: "stash", before: edits("a.txt"), do: gits("stash -q"), want: []string{"head-returned by reset", "stash-grown"}},
	{name: "stash again", before: all(edits("a.txt"), gits("stash -q"), edits("b.txt")), do: gits("stash -q"), want: []string{"head-returned by reset", "stash-grown"}},
	{name: "stash pop", before: all(edits("a.txt"), gits("stash -q")), do: gits("stash pop -q"), want: []string{"stash-shrunk"}},
	{name: "stash drop of an older one", before: all(edits("a.txt"), gits("stash -q"), edits("b.txt"), gits("stash -q")), do: gits("stash drop -q stash@{1}"), want: []string{"stash-shrunk"}},
	{name: "stash in the main work tree", before: func(main, _ *repo) { edits("a.txt")(main, main) }, do: atMain(gits("stash -q")), want: []string{"stash-grown"}},
	{name: "tag", do: gits("tag v2"), want: []string{"tag-created refs/tags/v2"}},
	{name: "tag -f", do: gits("tag -f v1"), want: []string{"tag-moved refs/tags/v1"}},
	{name: "tag -d", do: gits("tag -d v1"), want: []string{"tag-deleted refs/tags/v1"}},
	{name: "branch", do: gits("branch new"), want: []string{"branch-created refs/heads/new by branch"}},
	{name: "branch -f", do: gits("branch -f spare HEAD"), want: []string{"branch-moved refs/heads/spare by branch"}},
	{name: "branch -D", do: gits("branch -q -D spare"), want: []string{"branch-deleted refs/heads/spare"}},
	{name: "branch -m", do: gits("branch -m other"), want: []string{
		"branch-created refs/heads/other by branch", "branch-deleted refs/heads/TASK-1", "head-switched by branch",
	}},
	{name: "checkout of a branch", do: gits("checkout -q spare"), want: []string{"head-moved by checkout", "head-switched by checkout"}},
	{name: "switch to a new branch", do: gits("switch -q -c new"), want: []string{"branch-created refs/heads/new by branch", "head-switched by checkout"}},
	{name: "switch --detach", do: gits("switch -q --detach"), want: []string{"head-switched by checkout"}},
	{name: "there and back", do: gits("switch -q spare", "switch -q TASK-1"), want: []string{"head-returned by checkout"}},
	{name: "symbolic-ref", do: gits("symbolic-ref HEAD refs/heads/nowhere"), want: []string{
		"head-moved", "head-switched", "staged a.txt", "staged b.txt", "staged dir/c.txt", "staged mine.txt",
	}},
	{name: "update-ref", do: gits("update-ref refs/heads/spare HEAD"), want: []string{"branch-moved refs/heads/spare"}},
	{name: "update-ref of anything", do: gits("update-ref -m why:not refs/odd/one HEAD"), want: []string{"ref-created refs/odd/one"}},
	{name: "update-ref -d", do: gits("update-ref -d refs/heads/spare"), want: []string{"branch-deleted refs/heads/spare"}},
	{name: "notes", do: gits("notes add -m x"), want: []string{"ref-created refs/notes/commits by notes"}},
	{name: "replace", do: gits("replace HEAD main"), want: []string{"ref-created refs/replace/$HEAD", "staged mine.txt"}},
	{name: "config core.hooksPath", do: gits("config core.hooksPath /tmp/hooks"), want: []string{"config-changed core.hookspath"}},
	{name: "config --global core.hooksPath", before: func(main, _ *repo) { main.write("../own/pre-commit", "#!/bin/sh\n") }, do: func(main, w *repo) {
		w.run("config", "--global", "core.hooksPath", filepath.Join(main.home, "own"))
	}, want: []string{"global-config-changed core.hookspath", "hook-changed core.hooksPath/pre-commit"}},
	{name: "config alias", do: gits("config alias.st commit"), want: []string{"config-changed alias.st"}},
	{name: "config --unset", do: gits("config --unset remote.origin.fetch"), want: []string{"config-changed remote.origin.fetch"}},
	{name: "config --worktree", before: gits("config extensions.worktreeConfig true"), do: gits("config --worktree core.sshCommand x"), want: []string{"config-changed core.sshcommand"}},
	{name: "remote set-url", do: gits("remote set-url origin ../../elsewhere"), want: []string{"config-changed remote.origin.url"}},
	{name: "remote remove", do: gits("remote remove origin"), want: []string{
		"config-changed remote.origin.fetch", "config-changed remote.origin.url",
		"remote-deleted refs/remotes/origin/HEAD", "remote-deleted refs/remotes/origin/main", "remote-deleted refs/remotes/origin/spare",
	}},
	{name: "worktree add", do: gits("worktree add -q ../TASK-3"), want: []string{
		"branch-created refs/heads/TASK-3 by branch", "worktree-added ~/repo/trees/TASK-3",
	}},
	{name: "worktree remove", do: gits("worktree remove ../TASK-2"), want: []string{"worktree-removed ~/repo/trees/TASK-2"}},
	{name: "worktree move", do: gits("worktree move ../TASK-2 ../TASK-4"), want: []string{"worktree-added ~/repo/trees/TASK-4", "worktree-removed ~/repo/trees/TASK-2"}},
	{name: "add", do: all(edits("a.txt", "new.txt"), gits("add a.txt new.txt")), want: []string{"staged a.txt", "staged new.txt"}},
	{name: "add of a deletion", do: func(_, w *repo) { w.remove("dir"); w.run("add", "-A") }, want: []string{"staged dir/c.txt"}},
	{name: "add --intent-to-add", do: all(edits("new.txt"), gits("add -N new.txt")), want: []string{"intent-to-add new.txt"}},
	{name: "add beside what the user staged", before: all(edits("a.txt"), gits("add a.txt")), do: all(edits("b.txt"), gits("add b.txt")), want: []string{"staged b.txt"}},
	{name: "add of more of what the user staged", before: all(edits("a.txt"), gits("add a.txt")), do: func(_, w *repo) {
		w.write("a.txt", "again\n")
		w.run("add", "a.txt")
	}, want: []string{"staged a.txt"}},
	{name: "commit of what the user staged", before: all(edits("a.txt"), gits("add a.txt")), do: gits("commit -q -m x"), want: append([]string{"unstaged a.txt"}, aCommit...)},
	{name: "rm --cached", do: gits("rm -q --cached a.txt"), want: []string{"staged a.txt"}},
	{name: "rm --cached, and intend to add", do: gits("rm -q --cached a.txt", "add -N a.txt"), want: []string{"intent-to-add a.txt", "staged a.txt"}},
	{name: "mv", do: gits("mv a.txt z.txt"), want: []string{"staged a.txt", "staged z.txt"}},
	{name: "restore --staged --source", do: gits("restore --staged --source=clash a.txt"), want: []string{"staged a.txt"}},
	{name: "update-index --assume-unchanged", do: gits("update-index --assume-unchanged a.txt"), want: []string{"file-hidden a.txt"}},
	{name: "update-index --skip-worktree", do: gits("update-index --skip-worktree a.txt"), want: []string{"file-hidden a.txt"}},
	{name: "update-index --no-assume-unchanged", before: gits("update-index --assume-unchanged a.txt"), do: gits("update-index --no-assume-unchanged a.txt"), want: []string{"file-unhidden a.txt"}},
	{name: "write a hook", do: func(main, _ *repo) { main.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n") }, want: []string{"hook-changed hooks/pre-commit"}},
	{
		name: "edit a hook", before: func(main, _ *repo) { main.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n") },
		do: func(main, _ *repo) { main.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n") }, want: []string{"hook-changed hooks/pre-commit"},
	},
	{name: "disarm a hook", before: func(main, _ *repo) {
		main.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n")
		main.chmod(".git/hooks/pre-commit", 0o755)
	}, do: func(main, _ *repo) { main.chmod(".git/hooks/pre-commit", 0o644) }, want: []string{"hook-changed hooks/pre-commit"}},
	{name: "link a hook", do: func(main, _ *repo) { main.symlink("/bin/true", ".git/hooks/pre-push") }, want: []string{"hook-changed hooks/pre-push"}},
	{name: "write info/exclude", do: func(main, _ *repo) { main.append(main.gitDir("info/exclude"), "*.txt\n") }, want: []string{"info-changed info/exclude"}},
	{name: "write info/attributes", do: func(main, _ *repo) { main.write(".git/info/attributes", "* -diff\n") }, want: []string{"info-changed info/attributes"}},
	{name: "filter-branch", do: func(_, w *repo) {
		w.env = append(slices.Clone(w.env), "FILTER_BRANCH_SQUELCH_WARNING=1")
		w.run("filter-branch", "-f", "--msg-filter", "cat; echo x", "HEAD~..HEAD")
	}, want: []string{"branch-moved refs/heads/TASK-1 by filter-branch", "head-moved by filter-branch", "ref-created refs/original/refs/heads/TASK-1"}},
	{name: "bisect start", do: gits("bisect start"), want: []string{"operation-started bisect"}},
	{name: "merge --abort of the user's merge", before: gits("merge -q --no-commit --no-ff topic"), do: gits("merge --abort"), want: []string{
		"head-returned by reset", "operation-ended merge", "unstaged topic.txt",
	}},
	{name: "rebase --continue of the user's rebase", before: gits("-c sequence.editor=sed\t-i\t1s/pick/edit/ rebase -q -i HEAD~"), do: gits("rebase --continue"), want: []string{
		"head-switched by rebase", "operation-ended rebase",
	}},

	// Changes that are made elsewhere are reported with their place.
	{name: "commit in another work tree", do: func(main, _ *repo) {
		other := main.at(filepath.Join(main.dir, "trees", "TASK-2"))
		other.write("a.txt", "theirs\n")
		other.run("commit", "-qam", "x")
	}, want: []string{"branch-moved refs/heads/TASK-2 by commit", "worktree-head-moved ~/repo/trees/TASK-2 by commit"}},
	{name: "commit in the main work tree", do: atMain(all(edits("a.txt"), gits("commit -qam x"))), want: []string{
		"branch-moved refs/heads/main by commit", "worktree-head-moved ~/repo by commit",
	}},
	{name: "switch in the main work tree", do: atMain(gits("switch -q spare")), want: []string{"worktree-head-moved ~/repo by checkout"}},
	{name: "add in the main work tree", do: atMain(all(edits("a.txt"), gits("add a.txt"))), want: []string{"worktree-index-changed ~/repo"}},
	{name: "ruin the index of the main work tree", do: atMain(func(_, w *repo) {
		if err := os.WriteFile(w.gitDir("index"), []byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x09"), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}), want: []string{"worktree-index-changed ~/repo"}},
	{name: "hide a file in the main work tree", do: atMain(gits("update-index --assume-unchanged a.txt")), want: []string{"worktree-index-changed ~/repo"}},
	{name: "merge without commit in the main work tree", do: atMain(gits("merge -q --no-commit --no-ff topic")), want: []string{
		"worktree-index-changed ~/repo", "worktree-operation ~/repo",
	}},
	{name: "config --worktree in another work tree", before: gits("config extensions.worktreeConfig true"), do: func(main, _ *repo) {
		main.at(filepath.Join(main.dir, "trees", "TASK-2")).run("config", "--worktree", "core.sshCommand", "x")
	}, want: []string{"worktree-config-changed ~/repo/trees/TASK-2"}},
	{name: "fetch", before: upstream, do: gits("fetch -q"), want: []string{"remote-moved refs/remotes/origin/main by fetch"}},
	{name: "fetch --prune", before: func(main, _ *repo) {
		main.at(filepath.Join(main.home, "remote.git")).run("branch", "-D", "spare")
	}, do: gits("fetch -q --prune"), want: []string{"remote-deleted refs/remotes/origin/spare"}},
	{name: "remote set-head", before: gits("remote set-head -d origin"), do: gits("remote set-head origin main"), want: []string{
		"remote-created refs/remotes/origin/HEAD",
	}},
}

// harmless are changes that must not be reported as prohibited ones.
var harmless = []deed{
	{name: "nothing", do: gits()},
	{name: "look", do: gits("status", "diff", "log -p", "show", "branch -av", "tag -l", "stash list", "remote -v", "worktree list", "config -l", "reflog", "blame a.txt", "grep one", "ls-files", "rev-parse HEAD", "for-each-ref", "fsck", "describe --all")},
	{name: "look at diffs of edits", do: all(edits("a.txt", "new.txt"), gits("status", "diff", "diff HEAD", "stash list"))},
	{name: "edits", do: func(_, w *repo) {
		edits("a.txt", "new.txt", "dir/new.txt")(nil, w)
		w.remove("b.txt")
		w.chmod("mine.txt", 0o755)
		w.symlink("a.txt", "link")
		w.write(".gitignore", "*.log\n")
		w.write(".gitattributes", "* text\n")
	}},
	{name: "edits of what is staged", before: all(edits("a.txt"), gits("add a.txt")), do: func(_, w *repo) { w.write("a.txt", "again\n") }},
	{name: "restore of a file", before: edits("a.txt"), do: gits("restore a.txt", "checkout -- b.txt")},
	{name: "touch and refresh", do: all(touch("a.txt"), gits("update-index --refresh"))},
	{name: "touch and refresh in the main work tree", do: atMain(all(touch("a.txt"), edits("b.txt"), gits("status")))},
	{name: "new index format in the main work tree", do: atMain(gits("update-index --index-version 4"))},
	{name: "new index format", do: gits("update-index --index-version 4")},
	{name: "gc --prune=now", before: edits("a.txt"), do: gits("gc -q --prune=now"), want: logCut},
	{name: "pack-refs --all", do: gits("pack-refs --all")},
	{name: "pack-refs --all, twice", before: gits("pack-refs --all", "update-ref refs/heads/spare topic"), do: gits("pack-refs --all --prune")},
	{name: "repack", do: gits("repack -q -a -d", "prune-packed", "commit-graph write", "multi-pack-index write")},
	{name: "maintenance", before: all(upstream, gits("repack -q -d")), do: gits("maintenance run --quiet --task=gc --task=commit-graph --task=loose-objects --task=incremental-repack --task=prefetch"), want: logCut},
	{name: "reflog expire", do: gits("reflog expire --expire=now --all"), want: logCut},
	{name: "fetch of nothing new", do: gits("fetch -q")},
	{name: "failed commit", do: gits("!commit -q -m x")},
	{name: "dry run", do: gits("push -q --dry-run origin TASK-1", "!commit --dry-run", "add --dry-run .", "clean -n")},
	{name: "hook sample", do: func(main, _ *repo) { main.write(".git/hooks/x.sample", "#!/bin/sh\n") }},
	{name: "lock files", do: func(main, _ *repo) { main.write(".git/refs/heads/x.lock", "") }},
	{name: "worktree lock", do: gits("worktree lock ../TASK-2")},
	{name: "objects", do: gits("hash-object -w a.txt", "write-tree", "commit-tree -m x HEAD^{tree}", "stash create")},
}

// logCut is reported when git has shortened the reflog of HEAD. That is not prohibited, but it may hide a prohibited change.
var logCut = []string{"head-log-cut"}

// TestMarksTellDeeds makes prohibited and harmless changes with the real git, and expects exactly the changes that each deed wants.
func TestMarksTellDeeds(t *testing.T) {
	template, tree := marked(t)
	for _, d := range some(append(slices.Clone(prohibited), harmless...)) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			main := template.copied(t)
			w := main.at(main.home + strings.TrimPrefix(tree.dir, tree.home))
			main.run("update-index", "-q", "--refresh")
			w.run("update-index", "-q", "--refresh")
			if d.before != nil {
				d.before(main, w)
			}
			before := w.marks(w.tree())
			d.do(main, w)
			want := slices.Clone(d.want)
			slices.Sort(want)
			if got := w.since(before); !slices.Equal(got, want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
			w.compareReaders()
		})
	}
}

// TestMarksTellFetchThatNotesHead: since git 2.48, git fetch also creates refs/remotes/origin/HEAD if it does not exist. That is reported like any
// other change of a fetch.
func TestMarksTellFetchThatNotesHead(t *testing.T) {
	t.Parallel()
	_, w := marked(t)
	w.run("remote", "set-head", "-d", "origin")
	before := w.marks(w.tree())
	w.run("fetch", "-q")
	var want []string
	if _, err := w.try("symbolic-ref", "-q", "refs/remotes/origin/HEAD"); err == nil {
		want = []string{"remote-created refs/remotes/origin/HEAD"}
	}
	if got := w.since(before); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	w.compareReaders()
}

// crowdOfWorktrees registers n more worktrees in the way git does. They have no files.
func (r *repo) crowdOfWorktrees(n int) {
	r.t.Helper()
	index, err := os.ReadFile(filepath.Join(r.dir, ".git", "index"))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range n {
		admin := fmt.Sprintf(".git/worktrees/W-%03d/", i)
		for name, content := range map[string]string{
			"HEAD": "ref: refs/heads/main\n", "commondir": "../..\n", "gitdir": filepath.Join(r.home, fmt.Sprintf("far/W-%03d/.git", i)) + "\n", "index": string(index),
		} {
			r.write(admin+name, content)
		}
	}
}

// TestMarksOfManyWorktrees: a change in the last of very many other worktrees is found. If more of them change than can be listed, the marks report
// that.
func TestMarksOfManyWorktrees(t *testing.T) {
	t.Parallel()
	for _, n := range []int{120, 400} {
		main, w := marked(t)
		main.crowdOfWorktrees(n)
		before := w.marks(w.tree())
		if got := w.since(before); len(got) > 0 {
			t.Errorf("%d: nothing was done: %q", n, got)
		}
		last := fmt.Sprintf(".git/worktrees/W-%03d/", n-1)
		main.run("update-index", "--assume-unchanged", "a.txt")
		hiding, err := os.ReadFile(filepath.Join(main.dir, ".git", "index"))
		if err != nil {
			t.Fatal(err)
		}
		main.run("update-index", "--no-assume-unchanged", "a.txt")
		main.write(last+"index", string(hiding))
		main.write(last+"MERGE_HEAD", before.Head.Commit+"\n")
		root := fmt.Sprintf("~/far/W-%03d", n-1)
		if got, want := w.since(before), []string{"worktree-index-changed " + root, "worktree-operation " + root}; !slices.Equal(got, want) {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
		for i := range n {
			main.write(fmt.Sprintf(".git/worktrees/W-%03d/MERGE_HEAD", i), before.Head.Commit+"\n")
		}
		changes := CompareMarks(before, w.marks(w.tree()))
		many := slices.ContainsFunc(changes, func(c MarkChange) bool { return c.Many && c.Kind == marks.WorktreeIndexChanged })
		if len(changes) <= n && !many {
			t.Errorf("%d: all of them changed, and that is told of %d: %+v", n, len(changes), changes)
		}
	}
}

// TestMarksOfLargeIndexesElsewhere: the index of another worktree that is too large to be read is compared by its stat data.
func TestMarksOfLargeIndexesElsewhere(t *testing.T) {
	t.Parallel()
	main, w := marked(t)
	main.crowdOfWorktrees(3)
	for i := range 2 {
		if err := os.Truncate(filepath.Join(main.dir, fmt.Sprintf(".git/worktrees/W-%03d/index", i)), 40<<20); err != nil {
			t.Fatal(err)
		}
	}
	before := w.marks(w.tree())
	if got := w.since(before); len(got) > 0 {
		t.Errorf("nothing was done: %q", got)
	}
	for i := range 3 {
		if err := os.Truncate(filepath.Join(main.dir, fmt.Sprintf(".git/worktrees/W-%03d/index", i)), 40<<20+1); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := w.since(before), []string{"worktree-index-changed ~/far/W-000", "worktree-index-changed ~/far/W-001", "worktree-index-changed ~/far/W-002"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// compareReaders compares what this package reads from files with git's answers.
func (r *repo) compareReaders() {
	r.t.Helper()
	ctx := context.Background()
	tree := r.tree()
	list, own, others, err := marks.Reader{Repository: tree.Repository}.RefsFromFiles(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	gitRefs, gitOwn, gitOthers, err := marks.Reader{Repository: tree.Repository}.RefsFromGit(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	gitOwn.Log = own.Log
	if !slices.Equal(list, gitRefs) || own != gitOwn {
		r.t.Errorf("refs read: %v\n%v\nby git: %v\n%v", own, list, gitOwn, gitRefs)
	}
	byName := func(a, b marks.Item) int { return strings.Compare(string(a.Name), string(b.Name)) }
	slices.SortFunc(others, byName)
	slices.SortFunc(gitOthers, byName)
	if !slices.Equal(others, gitOthers) {
		r.t.Errorf("work trees read: %v\nby git: %v", others, gitOthers)
	}
	s, err := marks.Reader{Repository: tree.Repository}.ReadStaged(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	gitStaged, err := marks.Reader{Repository: tree.Repository}.AskStaged(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	if !slices.Equal(s.Changes, gitStaged.Changes) || !slices.Equal(s.Intent, gitStaged.Intent) || !slices.Equal(s.Hidden, gitStaged.Hidden) {
		r.t.Errorf("index read: %+v\nby git: %+v", s, gitStaged)
	}
	for _, name := range []string{"HEAD", "refs/heads/TASK-1", "refs/remotes/origin/main"} {
		source := refs.LogQuery{Ref: name, Dir: refs.Dir(tree.Place, name)}
		read, asked := refs.ReadLog(source), marks.Reader{Repository: tree.Repository}.AskLog(ctx, source)
		if _, err := r.try("rev-parse", "--quiet", "--verify", name); err != nil || len(read) > 0 && strings.HasPrefix(read[0].Message, "Branch: renamed") {
			continue // git prints nothing for a ref that does not exist, and two entries for a rename
		}
		if len(asked) > 0 && len(read) == len(asked) {
			asked[len(asked)-1].From = read[len(read)-1].From // git prints it only with the next older entry
		}
		if !slices.Equal(read, asked) {
			r.t.Errorf("reflog of %s read: %+v\nby git: %+v", name, read, asked)
		}
	}
}

// TestReturnedWithoutLogFiles: that HEAD was moved and is back shows in the number of entries that git tells, too, where refs are not in files.
func TestReturnedWithoutLogFiles(t *testing.T) {
	r := bareHome(t)
	r.dir = r.home + "/repo"
	mkdir(t, r.dir)
	if out, err := r.try("init", "-q", "-b", "main", "--ref-format=reftable"); err != nil {
		if !strings.Contains(out, "unknown option") {
			t.Fatal(out)
		}
		t.Log("this git cannot make reftables: one stands in that only says so, which this git reads as files")
		r.run("init", "-q", "-b", "main")
		r.run("config", "extensions.refStorage", "reftable")
	}
	ctx := context.Background()
	tree := r.tree()
	if unborn := r.marks(tree); unborn.Head.Log != 0 {
		t.Errorf("before the first commit the reflog has the size %d", unborn.Head.Log)
	}
	r.write("a", "1\n")
	r.commit()
	before := r.marks(tree)
	if same := r.marks(tree); before.Head.Log != 1 || same.Head.Log != 1 {
		t.Errorf("after one commit the reflog has %d and %d entries", before.Head.Log, same.Head.Log)
	}
	r.run("commit", "-q", "--allow-empty", "-m", "hidden")
	r.run("reset", "-q", "--hard", "HEAD~1")
	changes := CompareMarks(before, r.marks(tree))
	tree.Explain(ctx, before, changes)
	if len(changes) != 1 || changes[0].Kind != marks.HeadReturned {
		t.Fatalf("a commit and its reset: %+v", changes)
	}
	var messages []string
	for _, e := range changes[0].Log {
		messages = append(messages, e.Message)
	}
	if want := []string{"reset: moving to HEAD~1", "commit: hidden"}; !slices.Equal(messages, want) {
		t.Errorf("the reflog since then: %q, want %q", messages, want)
	}

	broken := filepath.Join(r.home, "broken")
	mkdir(t, broken)
	script := "#!/bin/sh\ncase \" $* \" in *' log '*) echo broken >&2; exit 128 ;; esac\nexec " + r.git + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(broken, "git"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	unseen, err := Open(ctx, tree.Place, Options{Env: append(slices.Clone(r.env), "PATH="+broken+string(os.PathListSeparator)+os.Getenv("PATH"))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unseen.Close() }()
	if m, err := unseen.Marks(ctx); err != nil || !strings.Contains(m.Incomplete["refs"], "broken") {
		t.Errorf("a reflog that git cannot tell: %v, %q", err, m.Incomplete)
	}
}
