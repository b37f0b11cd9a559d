package status

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"stopgate/hook/worktree/disk"
)

// TestUntouchedSince: a changed file does not count as untouched because a program set back its mtime, or because it was moved together with its
// directory.
func TestUntouchedSince(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	file, dir := filepath.Join(root, "out", "a.js"), filepath.Join(root, "out")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" { // Windows does not report ctime
		if UntouchedSince(root, time.Now().Add(time.Hour))("out/a.js") {
			t.Error("a file is old although nothing tells that")
		}
		return
	}
	changed := func(name string) time.Time {
		t.Helper()
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		st := disk.StatOf(info)
		return st.Changed()
	}
	at := changed(file).Add(time.Nanosecond)
	if later := changed(dir); !later.Before(at) {
		at = later.Add(time.Nanosecond)
	}
	if !UntouchedSince(root, at)("out/a.js") || UntouchedSince(root, changed(file))("out/a.js") || UntouchedSince(root, at)("out/none.js") {
		t.Error("a file that was there, one that was made then, or one that is not there")
	}
	if err := os.Chtimes(file, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	for range 10_000 { // the clock of the file system is coarse
		if !changed(file).Before(at) {
			break
		}
		if err := os.Chtimes(file, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if UntouchedSince(root, at)("out/a.js") {
		t.Error("a time that was set back hides a change")
	}
	moved, at := filepath.Join(root, "moved"), changed(file).Add(time.Nanosecond)
	if later := changed(dir); !later.Before(at) {
		at = later.Add(time.Nanosecond)
	}
	for range 10_000 {
		if err := os.Rename(dir, moved); err != nil {
			t.Fatal(err)
		}
		if dir, moved = moved, dir; filepath.Base(dir) == "moved" && !changed(dir).Before(at) {
			break
		}
	}
	if UntouchedSince(root, at)("moved/a.js") {
		t.Error("a file that came with its directory was not there")
	}
}
