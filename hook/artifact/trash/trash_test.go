package trash_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stopgate/hook/artifact/safedir"
	"stopgate/hook/artifact/trash"
)

// TestCopiedAndRestored copies a folder into a trash entry by entry, as on another file system, and restores it.
func TestCopiedAndRestored(t *testing.T) {
	tree, bin := t.TempDir(), filepath.Join(t.TempDir(), "trash")
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fail(os.MkdirAll(filepath.Join(tree, "coverage", "empty"), 0o755))
	fail(os.WriteFile(filepath.Join(tree, "coverage", "lcov.info"), []byte("TN:\n"), 0o640))
	root, err := os.OpenRoot(tree)
	fail(err)
	dir, err := safedir.New(root)
	fail(err)
	defer dir.Close()

	into := &trash.Folder{Path: bin, ID: "step", Worktree: tree, Now: time.Now()}
	if planned, err := into.Bin("coverage", 4, true); planned != nil || err != nil {
		t.Errorf("a dry run gives %v, %v", planned, err)
	}
	var full trash.Error
	if _, err := into.Bin("coverage", trash.Size+1, false); !errors.As(err, &full) {
		t.Errorf("something too large gives %v", err)
	}
	b, err := into.Bin("coverage", 4, false)
	fail(err)
	defer b.Release()
	inner, err := dir.Open("coverage", nil)
	fail(err)
	defer inner.Close()
	for _, e := range []struct {
		in        safedir.Dir
		name, rel string
	}{{dir, "coverage", "."}, {inner, "empty", "empty"}, {inner, "lcov.info", "lcov.info"}} {
		info, err := e.in.Root.Lstat(e.name)
		fail(err)
		fail(b.Put(e.in, e.name, e.rel, info))
		fail(b.Holds(e.rel, info))
	}
	fail(b.Finish(nil))
	now := time.Now().Add(time.Hour)
	fail(os.Chtimes(filepath.Join(tree, "coverage", "lcov.info"), now, now))
	if info, err := inner.Root.Lstat("lcov.info"); err != nil || !errors.Is(b.Holds("lcov.info", info), safedir.ErrChanged) {
		t.Errorf("a file that changed after the copy is still the same: %v", err)
	}

	held, err := trash.List(bin)
	if err != nil || len(held) != 1 || held[0].Path != "coverage" || held[0].Bytes != 4 || len(held[0].Entries) != 3 {
		t.Fatalf("the trash holds %+v, %v", held, err)
	}
	for _, tt := range []struct {
		only string
		want int
	}{{"coverage/none", 0}, {"coverage/lcov.info", 1}} {
		other, err := os.OpenRoot(t.TempDir())
		fail(err)
		defer other.Close()
		back, err := trash.Restore(bin, held[0], tt.only, other)
		if err != nil || len(back) != tt.want {
			t.Errorf("restoring only %q: %+v, %v", tt.only, back, err)
		}
		if text, err := other.ReadFile("coverage/lcov.info"); tt.want == 1 && string(text) != "TN:\n" {
			t.Errorf("the restored file has %q, %v", text, err)
		}
	}
	back, err := b.Restore(dir.Root)
	if err != nil || len(back) != 1 || !errors.Is(back[0].Err, trash.ErrExists) {
		t.Errorf("restoring over what is there: %+v, %v", back, err)
	}
}

// TestLinkInTheTrash: a link in the trash leads nowhere.
func TestLinkInTheTrash(t *testing.T) {
	bin, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "1.json"), []byte(`{"path": "a", "entries": [{"path": "."}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(bin, "step")); err != nil {
		t.Skip(err) // Windows without the right to make links
	}
	held, err := trash.List(bin)
	if err != nil || len(held) != 0 {
		t.Errorf("listed %+v, %v", held, err)
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if back, err := trash.Restore(bin, trash.Kept{ID: "step", Path: "a"}, "", root); err == nil {
		t.Errorf("restored %+v", back)
	}
	if b, err := (&trash.Folder{Path: bin, ID: "step", Now: time.Now()}).Bin("a", 1, false); err == nil {
		t.Errorf("put something behind the link: %+v", b)
	}
}
