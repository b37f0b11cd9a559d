package worktree

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plainRepo returns a linked worktree with one change of every kind, and the expected change of every claim about it.
func plainRepo(t testing.TB) (*repo, map[string]Change) {
	r := newRepo(t)
	for _, name := range []string{"same", "edited", "gone", "moved", "script", "link", "staged", "sub/same", "sub/edited"} {
		r.write(name, "content of "+name+"\n")
	}
	r.write(".gitignore", "*.log\n")
	r.commit()
	w := r.linked()
	w.write("edited", "other\n")
	w.write("sub/edited", "content of SUB/EDITED\n")
	w.remove("gone")
	if err := os.Rename(filepath.Join(w.dir, "moved"), filepath.Join(w.dir, "sub/there")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(w.dir, "script"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.remove("link")
	if err := os.Symlink("same", filepath.Join(w.dir, "link")); err != nil {
		t.Fatal(err)
	}
	w.write("staged", "staged\n")
	w.run("add", "staged")
	w.write("new/file", "new\n")
	w.write("x.log", "log\n")
	return w, map[string]Change{
		"same": Unchanged, "edited": Modified, "gone": Deleted, "moved": Deleted, "sub/there": Renamed, "script": Mode,
		"link": Type, "staged": Modified, "sub/same": Unchanged, "sub/edited": Modified, "new/file": Added,
		"x.log": Ignored, "nowhere": Missing, "sub": Missing, "new": Missing, "./edited": Modified, "sub/../gone": Deleted,
		"../edited": Outside, "/etc/passwd": Outside, "": Outside, "a\x00b": Outside, ".git": Outside, "sub/.git/x": Outside,
		"same/below": Missing, "link/x": Outside, "edited/": Modified, ".": Outside,
	}
}

// TestClaimsRenamedWithOtherLineEndings: if git converts line endings, a renamed file has other bytes on disk than in its blob. It is Renamed all the
// same.
func TestClaimsRenamedWithOtherLineEndings(t *testing.T) {
	main, w := base(t)
	main.run("config", "core.autocrlf", "true")
	w.remove("dir/a.txt")
	w.write("moved/a.txt", "one\r\ntwo dir/a.txt\r\n")
	w.write("moved/other.txt", "one\r\ntwo other\r\n")
	for _, s := range w.tree().Claims(context.Background(), []string{"dir/a.txt", "moved/a.txt", "moved/other.txt"}, Base{}) {
		want, from := map[string]Change{"dir/a.txt": Deleted, "moved/a.txt": Renamed, "moved/other.txt": Added}[s.Path], map[string]string{"moved/a.txt": "dir/a.txt"}[s.Path]
		if s.Change != want || s.From != from {
			t.Errorf("%q is %s from %q, want %s from %q", s.Path, s.Change, s.From, want, from)
		}
	}
}

func TestClaims(t *testing.T) {
	w, want := plainRepo(t)
	var paths []string
	for path := range want {
		paths = append(paths, path)
	}
	states := w.tree().Claims(context.Background(), paths, Base{})
	if len(states) != len(paths) {
		t.Fatalf("%d states for %d paths", len(states), len(paths))
	}
	for i, s := range states {
		if s.Path != paths[i] {
			t.Errorf("state %d is of %q, want %q", i, s.Path, paths[i])
		}
		if s.Change != want[s.Path] {
			t.Errorf("%q is %s (%q, %s), want %s", s.Path, s.Change, s.Status, s.Reason, want[s.Path])
		}
		if s.Change == Renamed && s.From != "moved" {
			t.Errorf("%q is renamed from %q", s.Path, s.From)
		}
		if (s.Change == Outside || s.Change == Unknown) != (s.Reason != "") && s.Change != Missing {
			t.Errorf("%q is %s with the reason %q", s.Path, s.Change, s.Reason)
		}
	}
}

// TestClaimsOverlooked: if git was told not to look at a file, the claim is Unchanged, with that as the reason.
func TestClaimsOverlooked(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"assume-unchanged", "skip-worktree"} {
		_, r := base(t)
		name := strings.Split(r.run("ls-files"), "\n")[0]
		r.run("update-index", "--"+flag, name)
		r.write(name, "edited\n")
		got := r.tree().Claims(t.Context(), []string{name}, Base{})[0]
		if got.Change != Unchanged || !strings.Contains(got.Reason, flag) {
			t.Errorf("%s: %+v", flag, got)
		}
	}
}

// TestClaimsInAnotherCase: if core.ignoreCase is true, as git sets it on macOS and Windows, a name in another case is the tracked file. A name that
// git does not track in any case is Missing, and not taken for one in another repository.
func TestClaimsInAnotherCase(t *testing.T) {
	t.Parallel()
	_, w := base(t)
	w.run("config", "core.ignoreCase", "true")
	w.write("a.txt", "edited\n")
	w.rename("keep.txt", "Keep.txt") // a file system that ignores case finds the file by either name
	w.write("new.txt", "new\n")
	for path, want := range map[string]PathState{
		"A.TXT": {Name: "a.txt", Change: Modified}, "Dir/Sub/C.txt": {Name: "dir/sub/c.txt", Change: Unchanged}, "a.txt": {Name: "a.txt", Change: Modified},
		"Keep.txt": {Name: "keep.txt", Change: Deleted}, "new.txt": {Name: "new.txt", Change: Added}, "NEW.txt": {Name: "NEW.txt", Change: Missing},
	} {
		if got := w.tree().Claims(t.Context(), []string{path}, Base{})[0]; got.Name != want.Name || got.Change != want.Change || got.Path != path {
			t.Errorf("%s is %q, %s (%s), want %q, %s", path, got.Name, got.Change, got.Reason, want.Name, want.Change)
		}
	}
	w.run("config", "core.ignoreCase", "false")
	if got := w.tree().Claims(t.Context(), []string{"A.TXT"}, Base{})[0]; got.Change != Missing {
		t.Errorf("where case counts, another name is %s", got.Change)
	}
}
