package site_test

import (
	"os"
	"path/filepath"
	"testing"

	"stopgate/hook/site"
)

// A write goes where the system resolves its path to, whatever the name looks like.
func TestPhysical(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	if err := os.Mkdir(in("real"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"link": "real", "gone": "real/gone.txt", "loop": "loop", "up": "../up-there"} {
		if err := os.Symlink(target, in(name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	for name, want := range map[string]string{
		"real/new.txt":       "real/new.txt",
		"link/new.txt":       "real/new.txt",
		"link/a/b/c.txt":     "real/a/b/c.txt",
		"gone":               "real/gone.txt",
		"loop/a":             "loop/a",
		"up":                 "../up-there",
		"real/../link/x.txt": "real/x.txt",
	} {
		if got := site.Physical(in(name)); got != in(want) {
			t.Errorf("%s: %s, want %s", name, got, in(want))
		}
	}
}

func TestWithin(t *testing.T) {
	for name, want := range map[string]bool{"/r": true, "/r/a": true, "/rr": false, "/": false, "/r/..": false, "/r/..a": true} {
		if got := site.Within(filepath.FromSlash("/r"), filepath.Clean(filepath.FromSlash(name))); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
