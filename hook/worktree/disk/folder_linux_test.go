//go:build linux && (amd64 || arm64)

package disk

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOpenByStep opens directories as where openat2 is missing or forbidden. Symbolic links are not followed there either.
func TestOpenByStep(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/b/c"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b", filepath.Join(dir, "a/link")); err != nil {
		t.Fatal(err)
	}
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for path, want := range map[string]bool{".": true, "a": true, "a/b/c": true, "a/link": false, "a/link/c": false, "a/no/c": false} {
		fd, err := root.openByStep(path)
		if err == nil {
			Folder{fd}.Close()
		}
		if (err == nil) != want || err != nil && !IsGone(err) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// TestMount compares two mounts that every Linux system has.
func TestMount(t *testing.T) {
	look := func(path string) Mount {
		root, err := OpenRoot(path)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		f, err := root.Open("")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m, err := f.Mount()
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
