package gitconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/gitdir"
)

// TestLoadLeavesToGit: Load fails for settings that not all versions of git treat alike, so the caller asks the installed git. Git reads attributes
// from attr.tree since version 2.43.
func TestLoadLeavesToGit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	place := gitdir.Place{Root: dir, GitDir: filepath.Join(dir, ".git"), CommonDir: filepath.Join(dir, ".git")}
	if err := os.Mkdir(place.GitDir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		config string
		vars   []string
		want   string // a part of the error; "" for no error
	}{
		{"", nil, ""},
		{"[attr]\n\ttree = HEAD\n", nil, `attr.tree is "HEAD"`},
		{"[Attr]\n\tTREE =\n", nil, `attr.tree is ""`},
		{"[attr \"sub\"]\n\ttree = HEAD\n", nil, ""},
		{"", []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=Attr.Tree", "GIT_CONFIG_VALUE_0=refs/heads/main"}, `attr.tree is "refs/heads/main"`},
		{"", []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.autocrlf", "GIT_CONFIG_VALUE_0=true"}, ""},
		{"", []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.autocrlf"}, "lacks variable 0 of 1"},
		{"", []string{"GIT_CONFIG_COUNT=1000"}, "lacks variable 0 of 1000"},
		{"", []string{"GIT_CONFIG_COUNT=1001"}, `GIT_CONFIG_COUNT is "1001"`},
		{"", []string{"GIT_CONFIG_COUNT=2147483647"}, `GIT_CONFIG_COUNT is "2147483647"`},
		{"", []string{"GIT_CONFIG_COUNT=-1"}, `GIT_CONFIG_COUNT is "-1"`},
		{"", []string{"GIT_CONFIG_COUNT=0x1"}, `GIT_CONFIG_COUNT is "0x1"`},
		{"[core]\n\tsymlinks = false\n", nil, "core.symlinks is false"},
	} {
		if err := os.WriteFile(filepath.Join(place.GitDir, "config"), []byte(tt.config), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load(place, gitcmd.New(dir, filepath.Join(dir, "no-git"), append(tt.vars, "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1")))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q with %q: %v, want %q", tt.config, tt.vars, err, tt.want)
		}
	}
}
