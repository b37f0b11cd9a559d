//go:build unix

package journal

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPrivate lets other users prepare the folder of the journals, or its content.
func TestPrivate(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(t *testing.T, shared, dir string)
		refused string // part of the error; "" for none
	}{
		"nothing is there":    {func(*testing.T, string, string) {}, ""},
		"a folder of its own": {func(t *testing.T, _, dir string) { makeDir(t, dir, 0o700) }, ""},
		"readable by others":  {func(t *testing.T, _, dir string) { makeDir(t, dir, 0o755) }, ""},
		"writable by others":  {func(t *testing.T, _, dir string) { makeDir(t, dir, 0o777) }, "may be written to by others"},
		"writable by a group": {func(t *testing.T, _, dir string) { makeDir(t, dir, 0o770) }, "may be written to by others"},
		"a link":              {func(t *testing.T, shared, dir string) { link(t, shared, dir) }, "symbolic link"},
		"a link on the way":   {func(t *testing.T, shared, dir string) { link(t, shared, filepath.Dir(dir)) }, "symbolic link"},
	} {
		t.Run(name, func(t *testing.T) {
			shared := filepath.Join(t.TempDir(), "shared")
			makeDir(t, shared, 0o777)
			dir := filepath.Join(shared, "state", "stopgate")
			if name != "a link on the way" {
				dir = filepath.Dir(dir)
			}
			test.prepare(t, shared, dir)
			j, err := Open(dir, "/repo/.git")
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			failed := j.Append(ctx, Record{Kind: "a", At: at})
			_, _, unread := j.Read(ctx, Filter{})
			_, _, _, unfollowed := j.After(ctx, Cursor{})
			release, unheld := j.Hold(ctx, "a1")
			if unheld == nil {
				release()
			}
			for what, err := range map[string]error{"Append": failed, "Read": unread, "After": unfollowed, "Hold": unheld, "Private": j.Private()} {
				if (err != nil) != (test.refused != "") || err != nil && !strings.Contains(err.Error(), test.refused) {
					t.Errorf("%s says %v, want %q", what, err, test.refused)
				}
			}
		})
	}
}

// TestForeignFolder gives the folder to somebody else.
func TestForeignFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can give files away: TestPrivate shows the rest")
		return
	}
	shared := filepath.Join(t.TempDir(), "shared")
	dir := filepath.Join(shared, "state")
	makeDir(t, shared, 0o777)
	makeDir(t, dir, 0o700)
	if err := os.Chown(dir, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	j, err := Open(dir, "/repo/.git")
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(context.Background(), Record{Kind: "a", At: at}); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("Append says %v", err)
	}
}

// makeDir makes a folder with exactly that mode.
func makeDir(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, shared, path string) {
	t.Helper()
	target := filepath.Join(filepath.Dir(shared), "elsewhere")
	makeDir(t, target, 0o700)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}
