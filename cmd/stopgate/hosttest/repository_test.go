package hosttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// passingTests is the test suite of every repository, run-tests.sh.
const passingTests = "echo 'Tests:       4 passed, 4 total'\n"

// makeRepository makes a git repository at dir with one commit of files and a test suite, and a linked worktree for each of worktrees, which are
// paths under it. No configuration of the machine's takes part.
func makeRepository(dir string, files map[string]string, worktrees []string) error {
	for _, files := range []map[string]string{{"run-tests.sh": passingTests}, files} {
		if err := writeFiles(dir, files); err != nil {
			return err
		}
	}
	commands := [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "--allow-empty", "-m", "Begin"}}
	for _, w := range worktrees {
		commands = append(commands, []string{"worktree", "add", "-q", "-b", filepath.Base(w), w})
	}
	for _, args := range commands {
		git := exec.Command("git", args...)
		git.Dir = dir
		git.Env = append(gitEnv(),
			"GIT_AUTHOR_NAME=Author", "GIT_AUTHOR_EMAIL=author@example.org", "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z",
			"GIT_COMMITTER_NAME=Author", "GIT_COMMITTER_EMAIL=author@example.org", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z")
		if out, err := git.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}

// gitEnv keeps the machine's git configuration out.
func gitEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull}
}

// writeFiles writes files, named relative to dir with slashes.
func writeFiles(dir string, files map[string]string) error {
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
