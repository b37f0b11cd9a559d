package index

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGitlinks finds the submodules in an index of each form that git writes.
func TestGitlinks(t *testing.T) {
	for name, tt := range map[string]struct {
		init []string
		form [][]string
	}{
		"version 2": {nil, nil},
		"version 4": {nil, [][]string{{"update-index", "--index-version", "4"}}},
		"split":     {nil, [][]string{{"update-index", "--split-index"}}},
		"split, and changed since": {nil, [][]string{
			{"update-index", "--split-index"},
			{"update-index", "--add", "--cacheinfo", "160000," + strings.Repeat("c", 40) + ",mods/third"},
		}},
		"sparse":    {nil, [][]string{{"commit", "-q", "-m", "a"}, {"sparse-checkout", "set", "--cone", "--sparse-index", "z"}}},
		"sha256":    {[]string{"--object-format=sha256"}, nil},
		"none left": {nil, [][]string{{"read-tree", "--empty"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			git := func(args ...string) string {
				cmd := exec.Command("git", args...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("git %q: %v\n%s", args, err, out)
				}
				return string(out)
			}
			git(append([]string{"init", "-q"}, tt.init...)...)
			for _, file := range []string{"a/b/c.txt", "d.txt", "z/e.txt"} {
				path := filepath.Join(dir, filepath.FromSlash(file))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(file), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			git("add", "-A")
			id := strings.Repeat("b", 40)
			if tt.init != nil {
				id = strings.Repeat("b", 64)
			}
			for _, link := range []string{"mods/first", "second"} {
				git("update-index", "--add", "--cacheinfo", "160000,"+id+","+link)
			}
			for _, args := range tt.form {
				git(args...)
			}
			var want []string
			for line := range strings.Lines(git("ls-files", "--stage")) {
				if link, found := strings.CutPrefix(line, "160000 "); found {
					_, link, _ = strings.Cut(strings.TrimSpace(link), "\t")
					want = append(want, link)
				}
			}
			if len(want) == 0 && name != "none left" {
				t.Fatal("git shows no submodule")
			}
			got, err := Gitlinks(filepath.Join(dir, ".git", "index"), 100)
			slices.Sort(got)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%q, want %q: %v", got, want, err)
			}
		})
	}
	if _, err := Gitlinks(filepath.Join(t.TempDir(), "none"), 1); err != nil {
		t.Errorf("where there is no index: %v", err)
	}
}
