package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// TestNoPermission reads a folder that it may not write, and fails on one that it may not even read.
func TestNoPermission(t *testing.T) {
	j := open(t, t.TempDir())
	appendAll(t, j, Record{Kind: "k", Session: "s"})
	chmod := func(dirs, files fs.FileMode) {
		t.Helper()
		err := filepath.WalkDir(j.Folder(), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				return os.Chmod(path, dirs|0o700)
			}
			return os.Chmod(path, files)
		})
		for _, path := range []string{filepath.Join(j.Folder(), "locks"), j.Folder()} {
			if err == nil {
				err = os.Chmod(path, dirs)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	type result struct {
		read      int
		readErr   error
		appendErr error
	}
	try := func() (r result) {
		done := make(chan bool)
		go func() {
			defer close(done)
			// For root no mode forbids anything, except to a thread that gives that up; it ends with this function.
			runtime.LockOSThread()
			if os.Geteuid() == 0 {
				if err := syscall.Setfsuid(65534); err != nil {
					t.Error(err)
					return
				}
			}
			recs, _, err := j.Read(context.Background(), Filter{})
			r = result{len(recs), err, j.Append(context.Background(), Record{Kind: "k"})}
		}()
		<-done
		return r
	}
	if os.Geteuid() == 0 {
		for dir := j.Folder(); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil { // the way there
				t.Fatal(err)
			}
		}
	}
	t.Cleanup(func() { chmod(0o700, 0o600) })
	chmod(0o555, 0o444)
	if r := try(); r.read != 1 || r.readErr != nil || !errors.Is(r.appendErr, fs.ErrPermission) {
		t.Errorf("a read-only journal: %+v", r)
	}
	chmod(0o555, 0o000)
	if r := try(); r.read != 0 || !errors.Is(r.readErr, fs.ErrPermission) || !errors.Is(r.appendErr, fs.ErrPermission) {
		t.Errorf("a journal that cannot be read: %+v", r)
	}
}
