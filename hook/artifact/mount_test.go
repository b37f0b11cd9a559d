//go:build linux

package artifact

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestMounts mounts file systems in its own mount namespace, which needs root or user namespaces.
func TestMounts(t *testing.T) {
	base := os.Getenv(child)
	if base == "" {
		attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		if uid := os.Getuid(); uid != 0 {
			attr.Cloneflags |= syscall.CLONE_NEWUSER
			attr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
			attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
		}
		again(t, os.Getuid(), attr)
		return
	}
	// Later mounts are visible only in this namespace.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	w := worldAt(t, base)
	bind := func(from, to string) {
		t.Helper()
		w.do(syscall.Mount(from, w.path(to), "", syscall.MS_BIND, ""))
	}
	w.mkdir("tmpfs/coverage")
	w.do(syscall.Mount("none", w.path("tmpfs/coverage"), "tmpfs", 0, ""))
	w.write("tmpfs/coverage/x", "")
	w.mkdir("itself/coverage")
	bind(filepath.Join(w.outside, "home"), "itself/coverage")
	w.mkdir("within/coverage/a/b")
	w.write("within/coverage/0", "")
	bind(filepath.Join(w.outside, "home"), "within/coverage/a/b")
	w.mkdir("way/to")
	bind(filepath.Join(w.base, "tree-2"), "way/to")
	w.write("file/coverage/busy", "")
	w.write("file/coverage/x", "")
	bind(filepath.Join(w.outside, "home", "precious.txt"), "file/coverage/busy")
	w.write("plain/coverage/x", "")

	plan := MakePlan(w.look(false), Protected{})
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	before := w.snapshot()
	w.same(before, Sweep(context.Background(), root, Plan{}, Options{}))
	result := Sweep(context.Background(), root, plan, Options{})
	w.same(before, result)
	w.expect(result, []string{"plain/coverage"},
		[]string{"itself/coverage mount", "tmpfs/coverage mount", "way/to/coverage mount", "within/coverage mount"},
		[]string{"file/coverage at file/coverage/busy"})
	if !errors.Is(result.Failed[0].Err, syscall.EBUSY) || result.Failed[0].Left != 2 {
		t.Errorf("%+v", result.Failed[0])
	}
	if _, err := os.Lstat(w.path("file/coverage/x")); err == nil {
		t.Error("the rest of file/coverage is still there")
	}
}
