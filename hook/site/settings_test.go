package site_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"stopgate/hook/config"
	"stopgate/hook/launch"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// commit holds the files of a repository's HEAD commit.
type commit map[string]string

func (c commit) FileAt(_ context.Context, _ worktree.Place, _, name string, _ int) ([]byte, error) {
	if c[name] == "unreadable" {
		return nil, errors.New("a bad object")
	}
	if text, ok := c[name]; ok {
		return []byte(text), nil
	}
	return nil, nil
}

// TestGateCommands checks where the commands of gates come from: the configuration, or else the manifest in the commit, but never one that is only
// in the worktree.
func TestGateCommands(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"scripts": {"test": "true"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	const npm = `{"scripts": {"test": "node --test", "lint": "eslint ."}}`
	for _, tt := range []struct {
		name   string
		set    config.Commands
		commit commit
		want   config.Commands
	}{
		{"the manifest", config.Commands{}, commit{"package.json": npm}, config.Commands{Test: "npm test", Lint: "npm run lint", From: "package.json"}},
		{"the configuration", config.Commands{Test: "make check"}, commit{"package.json": npm}, config.Commands{Test: "make check"}},
		{"its linter alone", config.Commands{Lint: "biome ci"}, commit{"package.json": npm}, config.Commands{Test: "npm test", Lint: "biome ci", From: "package.json"}},
		{"not committed", config.Commands{}, commit{}, config.Commands{}},
		{"cannot be read", config.Commands{}, commit{"package.json": "unreadable"}, config.Commands{}},
	} {
		s := &site.Settings{Config: launch.Defaults()}
		s.Commands = tt.set
		if got := s.GateCommands(t.Context(), tt.commit, site.GroundsOf(dir, dir)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
