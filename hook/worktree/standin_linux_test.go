package worktree

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// unprivileged reports whether permissions restrict the user who runs the test. If that is root, it runs the test once more as another user, and
// returns false.
func unprivileged(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return true
	}
	dir, err := os.MkdirTemp("/tmp", "unprivileged") //nolint:usetesting // another user must reach it, and the test's own folder is private
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program := filepath.Join(dir, "test")
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	const nobody = 65534
	for _, path := range []string{dir, program} {
		if err == nil {
			err = os.Chown(path, nobody, nobody)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return false
}

// TestForbidden: an unreadable file or directory has a stand-in, and hides no other change.
func TestForbidden(t *testing.T) {
	if !unprivileged(t) {
		return
	}
	for name, tt := range map[string]struct {
		hide, change func(r *repo)
		unknown      string // the path that is unknown after the change; "" for none
	}{
		"an untracked file": {
			func(r *repo) { r.write("secret", "1\n"); r.chmod("secret", 0) },
			func(r *repo) { r.chmod("secret", 0o600); r.write("secret", "22\n"); r.chmod("secret", 0) }, "",
		},
		"an untracked file of the same size": {
			func(r *repo) { r.write("secret", "1\n"); r.chmod("secret", 0) },
			func(r *repo) { r.chmod("secret", 0o600); r.write("secret", "2\n"); r.chmod("secret", 0) }, "secret",
		},
		"an untracked folder": {
			func(r *repo) { r.write("dir/secret", "1\n"); r.chmod("dir", 0) },
			func(r *repo) { r.chmod("dir", 0o700); r.write("dir/secret", "2\n"); r.chmod("dir", 0) }, "dir",
		},
		"a folder whose names alone may be read": {
			func(r *repo) { r.write("dir/secret", "1\n"); r.chmod("dir", 0o400) },
			func(r *repo) { r.chmod("dir", 0o700); r.write("dir/secret", "2\n"); r.chmod("dir", 0o400) }, "dir/secret",
		},
		"a folder in one whose names alone may be read": {
			func(r *repo) { r.write("dir/sub/secret", "1\n"); r.chmod("dir", 0o400) },
			func(r *repo) { r.chmod("dir", 0o700); r.write("dir/sub/secret", "2\n"); r.chmod("dir", 0o400) }, "dir/sub",
		},
		"a tracked folder": {
			func(r *repo) { r.chmod("tracked", 0) },
			func(r *repo) { r.chmod("tracked", 0o700); r.write("tracked/a", "2\n"); r.chmod("tracked", 0) }, "tracked",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			r.write("tracked/a", "1\n")
			r.write("b", "1\n")
			r.commit()
			tt.hide(r)
			t.Cleanup(func() { // otherwise the directory of the test cannot be removed
				for _, dir := range []string{"dir", "tracked"} {
					_ = os.Chmod(filepath.Join(r.dir, dir), 0o700)
				}
			})
			before := r.snapshot()
			first := r.surveySince(before)
			if len(first.States) > 0 || first.Incomplete != "" || first.Fingerprint == "" {
				t.Fatalf("untouched: %q, incomplete %q, fingerprint %q", names(first.States), first.Incomplete, first.Fingerprint)
			}
			if again := r.surveySince(before).Fingerprint; again != first.Fingerprint {
				t.Errorf("two looks have the fingerprints %q and %q", first.Fingerprint, again)
			}
			r.write("b", "2\n")
			second := r.surveySince(before)
			if len(second.States) != 1 || second.Incomplete != "" || second.Fingerprint == first.Fingerprint || second.Fingerprint == "" {
				t.Errorf("b is edited: %q, incomplete %q, fingerprint %q", names(second.States), second.Incomplete, second.Fingerprint)
			}
			tt.change(r)
			third := r.surveySince(before)
			if third.Fingerprint == second.Fingerprint || third.Fingerprint == "" {
				t.Errorf("what cannot be read has changed, and the fingerprint is %q, as before", third.Fingerprint)
			}
			if !strings.Contains(third.Incomplete, tt.unknown) || (tt.unknown == "") != (third.Incomplete == "") {
				t.Errorf("incomplete is %q, want it to name %q", third.Incomplete, tt.unknown)
			}
			if s := r.tree().Survey(context.Background(), Base{Snapshot: &Snapshot{Head: before.Head, Tree: before.Tree}}, ScanOptions{}); name != "an untracked file" && name != "an untracked file of the same size" && name != "a folder whose names alone may be read" && s.Incomplete == "" {
				t.Error("hidden since a snapshot that saw nothing hidden, and nothing is incomplete")
			}
		})
	}
}

// TestClaimsThatNobodyCanAdd: a file that git may not open cannot be committed, however clear its change is.
func TestClaimsThatNobodyCanAdd(t *testing.T) {
	if !unprivileged(t) {
		return
	}
	for mode, readable := range map[os.FileMode]bool{0: false, 0o200: false, 0o244: false, 0o400: true, 0o600: true, 0o644: true} {
		_, w := base(t)
		w.write("new.txt", "1\n")
		w.write("keep.txt", "of another size\n")
		for _, name := range []string{"new.txt", "keep.txt"} {
			w.chmod(name, mode)
			got := claim(t.Context(), w.tree(), name)
			if readable != (got.Change.Made() && got.Refused == "") {
				t.Errorf("%s of mode %o is %s (%s), refused: %q", name, mode, got.Change, got.Reason, got.Refused)
			}
			if out, err := w.try("add", "--", name); readable != (err == nil) {
				t.Errorf("git add %s of mode %o: %v: %s", name, mode, err, out)
			}
		}
	}
}
