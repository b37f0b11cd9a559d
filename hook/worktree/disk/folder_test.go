package disk

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWalkRoot(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"a/b/file": "content", "a/other": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"out": outside, "in": "a", "a/up": "../..", "a/b/link": "file"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skipf("no right to make symbolic links: %v", err)
		}
	}
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, path := range []string{"out", "in", "in/b", "a/up", "missing", "a/other", "a/other/x"} {
		f, err := root.Open(path)
		if err == nil {
			f.Close()
		}
		if err == nil || !IsGone(err) {
			t.Errorf("opening %q: %v, want an error that no directory is there", path, err)
		}
	}
	f, err := root.Open("a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var l Listing
	if err := f.List(&l); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]Kind{}
	for _, it := range l.Items {
		kinds[it.Name] = it.Kind
		if st, err := f.Stat(it); err != nil || st.Kind != it.Kind {
			t.Errorf("%q: stat says %d, the listing %d, %v", it.Name, st.Kind, it.Kind, err)
		}
	}
	if len(kinds) != 2 || kinds["file"] != File || kinds["link"] != Link {
		t.Errorf("listing: %v", kinds)
	}
	if content, err := f.ReadSmall("file", 4); string(content) != "cont" || err != nil {
		t.Errorf("read %q, %v", content, err)
	}
	if content, err := f.ReadSmall("link", 4); err == nil || len(content) > 0 {
		t.Errorf("a symbolic link was followed: %q", content)
	}
}
