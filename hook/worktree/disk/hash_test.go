package disk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestReadAbsent: a file that git has just shown may be gone, with the folder above it, when it is looked up here. Reading it is an error, not a panic.
func TestReadAbsent(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Skipf("no right to make symbolic links: %v", err)
	}
	tree, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tree.Close() }() // only read
	for _, name := range []string{"absent", "absent/x", "file/x", "link/x"} {
		e, err := tree.Entry(name)
		if err != nil || e.Info != nil {
			t.Fatalf("%s: entry %+v, %v", name, e, err)
		}
		if _, err := e.Read(t.Context()); !errors.Is(err, ErrMoving) {
			t.Errorf("%s: Read: %v", name, err)
		}
		if _, err := e.ReadLines(t.Context()); !errors.Is(err, ErrMoving) {
			t.Errorf("%s: ReadLines: %v", name, err)
		}
	}
}
