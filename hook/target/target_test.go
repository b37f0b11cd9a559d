package target_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stopgate/hook/conduct"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/shell/screen"
	"stopgate/hook/site"
	"stopgate/hook/target"
)

func newScene(t *testing.T) (s *scene.Scene, dir string) {
	t.Helper()
	dir = site.Physical(t.TempDir())
	for _, name := range []string{"journal", "tmp", "plugin", "work/.git"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	memory := &record.Memory{}
	w := &scene.World{
		GivenGrounds: &site.Grounds{}, Now: time.Now, Log: io.Discard, OpenJournal: func(string) (record.Journal, error) { return memory, nil },
		Folders: conduct.Folders{Journal: filepath.Join(dir, "journal"), Temp: []string{filepath.Join(dir, "tmp")}, Plugin: filepath.Join(dir, "plugin")},
	}
	return w.Scene(host.Event{SessionID: "s1", Cwd: filepath.Join(dir, "work")}), dir
}

// TestOfWrite: git's own files, the journal and the plugin are protected, and folders for temporary files are everybody's.
func TestOfWrite(t *testing.T) {
	t.Parallel()
	s, dir := newScene(t)
	for name, want := range map[string]struct {
		protected rule.Name
		shared    bool
	}{
		"a.js":                              {"", false},
		".git/config":                       {rule.GitTampered, false},
		filepath.Join(dir, "journal/x"):     {rule.GateTampered, false},
		filepath.Join(dir, "plugin/bin/x"):  {rule.GateTampered, false},
		filepath.Join(dir, "tmp/x"):         {"", true},
		filepath.Join(dir, "tmp/.git/hook"): {"", true},
	} {
		got := target.OfWrite(t.Context(), s, name)
		if got.Protected != want.protected || got.Shared != want.shared || !filepath.IsAbs(got.Name) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestIsHere: outside a repository only the certain effects of a command count. A relative path begins at the agent's working directory.
func TestIsHere(t *testing.T) {
	t.Parallel()
	s, dir := newScene(t)
	if !target.IsHere(s, screen.Use{Sure: true}) || target.IsHere(s, screen.Use{}) {
		t.Error("a command is held to what it may do")
	}
	if got := target.Absolute(s, "src/a.js"); got != filepath.Join(dir, "work", "src", "a.js") {
		t.Errorf("the path is %s", got)
	}
	if target.RemovesNested(t.Context(), s, screen.Use{Removes: ".git"}) {
		t.Error("a repository that is not in the agent's worktree may be removed")
	}
}
