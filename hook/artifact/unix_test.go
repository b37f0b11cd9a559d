//go:build unix

package artifact

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"stopgate/hook/artifact/trash"
)

// child names the folder in which a test that runs itself again, as somebody else, does its work.
const child = "STOPGATE_TEST_CHILD"

// again runs the calling test once more in a separate process, in its own folder that belongs to uid.
func again(t *testing.T, uid int, attr *syscall.SysProcAttr) {
	t.Helper()
	base, err := os.MkdirTemp(openToAll(t), "stopgate-artifact-*") //nolint:usetesting // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(base); err != nil {
			t.Error(err)
		}
	})
	self := filepath.Join(base, "test")
	work := filepath.Join(base, "work")
	for _, err := range []error{os.Chmod(base, 0o755), copyFile(self, os.Args[0]), os.Mkdir(work, 0o755), os.Chown(work, uid, -1)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.SysProcAttr = work, attr
	cmd.Env = append(os.Environ(), child+"="+work)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as another process: %v", err)
	}
}

// openToAll returns a folder for temporary files that everybody can come to.
func openToAll(t *testing.T) string {
	t.Helper()
	folders := []string{os.TempDir(), "/tmp", "/var/tmp", "/dev/shm"}
	closed := func(folder string) bool {
		for ; ; folder = filepath.Dir(folder) {
			if info, err := os.Stat(folder); err != nil || info.Mode()&0o001 == 0 {
				return true
			} else if folder == filepath.Dir(folder) {
				return false
			}
		}
	}
	i := slices.IndexFunc(folders, func(folder string) bool { return !closed(folder) })
	if i < 0 {
		t.Fatalf("another user can come to none of %q: point TMPDIR to a folder that is open to all", folders)
	}
	return folders[i]
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// TestPermissions needs a user whom file modes restrict: root becomes nobody.
func TestPermissions(t *testing.T) {
	base := os.Getenv(child)
	if base == "" && os.Getuid() == 0 {
		const nobody = 65534
		again(t, nobody, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}})
		return
	}
	if base == "" {
		base = t.TempDir()
	}
	w := worldAt(t, base)
	w.write("coverage/read-only/x", "")
	w.write("coverage/read-only/sub/y", "")
	w.mkdir("coverage/read-only/empty")
	w.write("coverage/writable/z", "")
	w.write("coverage/no-file-mode", "")
	w.write("htmlcov/closed/x", "")
	w.write("htmlcov/open/x", "")
	w.write("locked/.coverage", "")
	w.write("locked/__pycache__/x", "")
	w.write(".tox/no-search/x", "")
	w.write("junit.xml", "")
	for name, mode := range map[string]fs.FileMode{
		"coverage/read-only": 0o555, "coverage/no-file-mode": 0, "htmlcov/closed": 0, "locked": 0o555, ".tox/no-search": 0o644,
	} {
		w.do(os.Chmod(w.path(name), mode))
		defer func() { _ = os.Chmod(w.path(name), 0o755) }()
	}

	// What may be somebody's work stays whole if a part of it cannot be moved.
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	before := w.snapshot()
	strange := Plan{Remove: []Removal{{Path: "coverage", Dir: true, Ignored: true}, {Path: "htmlcov", Dir: true, Ignored: true}}}
	whole := Sweep(t.Context(), root, strange, Options{Trash: &trash.Folder{Path: filepath.Join(base, "trash"), ID: "step", Worktree: w.tree, Now: time.Now()}})
	w.same(before, Result{})
	w.expect(whole, nil, nil, []string{"coverage at coverage/read-only/empty", "htmlcov at htmlcov/closed"})

	result := w.carryOut(MakePlan(w.look(true), Protected{}))
	w.expect(result, []string{"junit.xml"}, nil, []string{
		".tox at .tox/no-search", "coverage at coverage/read-only/empty", "htmlcov at htmlcov/closed",
		"locked/.coverage at locked/.coverage", "locked/__pycache__ at locked/__pycache__",
	})
	for i, left := range []int{3, 5, 3, 1, 1} {
		if f := result.Failed[i]; !errors.Is(f.Err, fs.ErrPermission) || f.Left != left {
			t.Errorf("%+v, want %d left", f, left)
		}
	}
	for name, there := range map[string]bool{
		"coverage/read-only/x": true, "coverage/read-only/sub/y": false, "coverage/read-only/empty": true, "coverage/writable": false,
		"coverage/no-file-mode": false, "htmlcov/open": false, "locked/__pycache__/x": false, "locked/.coverage": true,
	} {
		if _, err := os.Lstat(w.path(name)); (err == nil) != there {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNamedPipes(t *testing.T) {
	w := newWorld(t)
	pipe := func(name string) {
		w.mkdir(filepath.Dir(name))
		w.do(syscall.Mkfifo(w.path(name), 0o644))
	}
	pipe(".coverage")
	pipe("htmlcov/pipe")
	w.expect(w.sweep(), []string{"htmlcov"}, []string{".coverage changed"}, nil)

	// One that takes a directory's place holds nobody up.
	w.write("coverage/sub/x", "")
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	result := Sweep(context.Background(), root, MakePlan(w.look(true), Protected{}), Options{onOpen: func(p string) {
		if p == "coverage/sub" {
			w.do(os.RemoveAll(w.path(p)))
			pipe(p)
		}
	}})
	w.expect(result, nil, []string{".coverage changed", "coverage changed"}, nil)
}
