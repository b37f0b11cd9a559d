//go:build linux && (amd64 || arm64)

package worktree

import (
	"os"
	"path/filepath"
	"testing"
)

// Where openat2 is missing or forbidden, directories are opened step by step, and
// no symbolic link is followed either.
func TestOpenByStep(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/b/c"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b", filepath.Join(dir, "a/link")); err != nil {
		t.Fatal(err)
	}
	root, err := openWalkRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.close()
	for path, want := range map[string]bool{".": true, "a": true, "a/b/c": true, "a/link": false, "a/link/c": false, "a/no/c": false} {
		fd, err := root.openByStep(path)
		if err == nil {
			folder{fd}.close()
		}
		if (err == nil) != want || err != nil && !isGone(err) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// Two mounts that every Linux has.
func TestMount(t *testing.T) {
	look := func(path string) mount {
		root, err := openWalkRoot(path)
		if err != nil {
			t.Fatal(err)
		}
		defer root.close()
		f, err := root.open("")
		if err != nil {
			t.Fatal(err)
		}
		defer f.close()
		m, err := f.mount()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if look("/") == look("/proc") {
		t.Error("/proc is on the mount of /")
	}
	if look("/proc") != look("/proc/self") {
		t.Error("/proc/self is on another mount than /proc")
	}
}
