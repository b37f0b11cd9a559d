package guard_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/guard"
	"stopgate/hook/shell/gitop"
)

// realGit asks git in a folder.
type realGit struct{ dir, home string }

func (g realGit) Ask(ctx context.Context, arguments ...string) (string, bool) {
	return g.AskAt(ctx, g.dir, arguments...)
}

func (g realGit) AskAt(ctx context.Context, dir string, arguments ...string) (string, bool) {
	cmd := exec.CommandContext(ctx, "git", arguments...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.home, "GIT_CONFIG_NOSYSTEM=1"}
	out, err := cmd.Output()
	return strings.TrimSuffix(string(out), "\n"), err == nil
}

// TestConfigured: of another repository's hooks and programs those are known that lead back to the session's.
func TestConfigured(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	git := realGit{filepath.Join(top, "demo"), top}
	for _, dir := range []string{"repo", "demo"} {
		if _, ok := git.AskAt(t.Context(), top, "init", "-q", "--template=", dir); !ok {
			t.Fatal("git init")
		}
	}
	ours := filepath.Join(top, "repo")
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(git.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	const evil = "#!/bin/sh\nunset GIT_DIR\ngit -C "
	write(".git/hooks/pre-commit", evil+ours+" tag v1\n", 0o755)
	write(".git/hooks/pre-push.sample", evil+ours+" tag v1\n", 0o755)
	write(".git/hooks/commit-msg", evil+ours+" tag v1\n", 0o644)
	write(".git/hooks/post-commit", "#!/bin/sh\nnpx commitlint\n", 0o755)
	write("pager.sh", evil+filepath.Join(ours, "trees/T1")+" commit -qm x\n", 0o755)
	for name, value := range map[string]string{
		"core.pager": "./pager.sh", "filter.x.clean": "git -C " + ours + " tag v2", "credential.helper": "!f() { cd " + ours + " && git tag v3; }; f",
		"gpg.program": "gpg2", "core.editor": "vim", "diff.external": "./gone.sh", "user.name": ours,
	} {
		if _, ok := git.Ask(t.Context(), "config", name, value); !ok {
			t.Fatal(name)
		}
	}
	write(".git/hooks/pre-rebase", "#!/bin/sh\nexec "+ours+"/check.sh\n", 0o755)
	found := map[string]gitop.Kind{}
	for _, p := range guard.Configured(t.Context(), git, git.dir, filepath.Join(ours, ".git")) {
		found[p.By] = p.Kind
	}
	want := map[string]gitop.Kind{"the hook pre-commit": gitop.Tag, "the hook pre-rebase": "", "core.pager": "", "filter.x.clean": gitop.Tag, "credential.helper": gitop.Tag}
	for by, kind := range want {
		if got, ok := found[by]; !ok || got != kind {
			t.Errorf("%s is found: %t, and writes %q, want %q", by, ok, got, kind)
		}
	}
	if len(found) != len(want) {
		t.Errorf("%v, want %q", found, want)
	}
	git.dir = ours
	if list := guard.Configured(t.Context(), git, ours, filepath.Join(ours, ".git")); list != nil {
		t.Errorf("of the session's own repository: %v", list)
	}
}

// TestOtherConfiguration: an agent's own HOME may make git start programs. The person's own HOME counts as before.
func TestOtherConfiguration(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	git := realGit{home, home}
	changed := func(name string) string { return map[string]string{"HOME": home}[name] }
	if list := guard.OtherConfiguration(t.Context(), git, changed); list != nil {
		t.Errorf("of an empty home: %v", list)
	}
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[user]\n\tname = x\n[core]\n\tfsmonitor = ./evil.sh\n\tpager = less\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	list := guard.OtherConfiguration(t.Context(), git, changed)
	if len(list) != 1 || list[0].By != "HOME, which leads to core.fsmonitor" || list[0].Text != "./evil.sh" {
		t.Errorf("%v", list)
	}
	if list := guard.OtherConfiguration(t.Context(), git, func(string) string { return "" }); list != nil {
		t.Errorf("of the person's own home: %v", list)
	}
}

// TestHooksInside: a folder for hooks is inside the worktree only where its symbolic links lead.
func TestHooksInside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, common := filepath.Join(dir, "tree"), filepath.Join(dir, "repo", ".git")
	for _, folder := range []string{filepath.Join(root, "tools"), common, filepath.Join(dir, "outside")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"out": filepath.Join(dir, "outside"), "in": "tools"} {
		if err := os.Symlink(to, filepath.Join(root, name)); err != nil {
			t.Skipf("links are needed: %v", err)
		}
	}
	for value, want := range map[string]bool{
		".husky/_": true, "./.githooks/": true, "in/hooks": true, filepath.Join(root, "tools"): true, filepath.Join(common, "hooks"): true, ".git/hooks": true,
		"out": false, "out/hooks": false, "": false, ".": false, "~/hooks": false, "%(prefix)/hooks": false, "..": false, "tools/../../x": false, common: false,
	} {
		if guard.HooksInside(root, common, value) != want {
			t.Errorf("%q is inside: %t", value, !want)
		}
	}
}
