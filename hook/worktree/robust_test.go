package worktree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// claim returns the state of one path compared with HEAD.
func claim(ctx context.Context, t *Tree, name string) PathState {
	return t.Claims(ctx, []string{name}, Base{})[0]
}

func TestDeadline(t *testing.T) {
	_, w := edited(t)
	cause := errors.New("the hook has no time left")
	ctx, cancel := context.WithCancelCause(context.Background())
	native, asking := w.tree(), w.tree()
	asking.Refusal = fmt.Errorf("the test wants git to be asked")
	cancel(cause)
	for _, tree := range []*Tree{native, asking} {
		for _, s := range tree.Claims(ctx, []string{"a.txt", "new.txt", "dir/b.txt", "nowhere"}, Base{}) {
			if s.Change != Unknown || !strings.Contains(s.Reason, cause.Error()) {
				t.Errorf("%q is %s (%s)", s.Path, s.Change, s.Reason)
			}
		}
	}
	place, err := Locate(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, place, Options{}); !errors.Is(err, cause) {
		t.Errorf("Open says %v", err)
	}
}

// TestSlowFilter: a filter that does not end makes a claim Unknown when the time is up.
func TestSlowFilter(t *testing.T) {
	_, w := base(t)
	w.write(".gitattributes", "*.slow filter=slow\n")
	w.write("a.slow", "one\n")
	w.commit()
	w.settle()
	w.run("config", "filter.slow.clean", "sleep 60")
	w.write("a.slow", "two\n")
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	done := make(chan PathState, 1)
	tree := w.tree()
	go func() { done <- claim(ctx, tree, "a.slow") }()
	select {
	case s := <-done:
		if s.Change != Unknown || !strings.Contains(s.Reason, "in time") {
			t.Errorf("it is %s (%s)", s.Change, s.Reason)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it waits for the filter")
	}
}

func TestNoGit(t *testing.T) {
	w := sha256Repo(t)
	for _, s := range w.withoutGit().Claims(context.Background(), []string{"a.txt", "keep.txt", "nowhere"}, Base{}) {
		if s.Change != Unknown || !strings.Contains(s.Reason, "objectformat") || !strings.Contains(s.Reason, "no git") {
			t.Errorf("%q is %s (%s)", s.Path, s.Change, s.Reason)
		}
	}
}

// TestGitRefuses uses a git that always fails, and others that print something that is not valid.
func TestGitRefuses(t *testing.T) {
	_, w := edited(t)
	for _, script := range []string{"echo 'fatal: detected dubious ownership' >&2; exit 128", "echo nonsense", "printf '1 .M N... 100644'"} {
		fake := filepath.Join(w.home, "fake-git")
		if err := os.WriteFile(fake, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		tree := w.tree()
		tree.Git.Path, tree.Refusal = fake, fmt.Errorf("the test wants git to be asked")
		if s := claim(context.Background(), tree, "a.txt"); s.Change != Unknown || s.Reason == "" {
			t.Errorf("after %q it is %s (%s)", script, s.Change, s.Reason)
		}
	}
}

// TestOwnership claims a path in a repository that belongs to another user.
func TestOwnership(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatal("only root can give files away")
		}
		t.Skip("only root can give files away")
	}
	_, w := edited(t)
	if err := os.Lchown(w.dir, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	o := w.oracle()
	tree := w.tree()
	if tree.Refusal == nil {
		t.Fatal("the repository is read although it belongs to somebody else")
	}
	s := claim(context.Background(), tree, "a.txt")
	if o.failed != "" && (s.Change != Unknown || !strings.Contains(s.Reason, "ownership") || !strings.Contains(s.Reason, "to trust it: git config --global --add safe.directory "+w.dir)) {
		t.Errorf("it is %s (%s), git says %s", s.Change, s.Reason, o.failed)
	}
	w.run("config", "--global", "safe.directory", "*")
	if s := claim(context.Background(), w.tree(), "a.txt"); s.Change != Modified || !s.ViaGit {
		t.Errorf("with safe.directory it is %s (%s)", s.Change, s.Reason)
	}
}

// TestVanishes removes the worktree after it was opened.
func TestVanishes(t *testing.T) {
	_, w := edited(t)
	tree := w.tree()
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	for _, s := range tree.Claims(context.Background(), []string{"a.txt", "nowhere"}, Base{}) {
		if s.Path == "a.txt" && s.Change != Deleted && s.Change != Unknown {
			t.Errorf("%q is %s", s.Path, s.Change)
		}
	}
	place := Place{Root: w.dir, GitDir: w.dir, CommonDir: w.dir}
	if _, err := Open(context.Background(), place, Options{}); err == nil {
		t.Error("a work tree that is not there can be opened")
	}
}

// TestHugeFiles claims sparse files of more than 4 GiB. A file whose size proves the change is not read. Reading another one stops when the time is
// up.
func TestHugeFiles(t *testing.T) {
	_, w := base(t)
	for name, size := range map[string]int64{"keep.txt": 5 << 30, "huge.bin": 6 << 30} {
		w.append(filepath.Join(w.dir, name), "x")
		if err := os.Truncate(filepath.Join(w.dir, name), size); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	tree := w.tree()
	states := tree.Claims(ctx, []string{"huge.bin", "keep.txt"}, Base{})
	if states[0].Change != Added {
		t.Errorf("a huge new file is %s (%s)", states[0].Change, states[0].Reason)
	}
	if states[1].Change != Modified && states[1].Change != Unknown {
		t.Errorf("a file that became huge is %s (%s)", states[1].Change, states[1].Reason)
	}
}

// TestMoving claims a file that changes all the time.
func TestMoving(t *testing.T) {
	_, w := base(t)
	path := filepath.Join(w.dir, "keep.txt")
	w.write("keep.txt", strings.Repeat("x", 4<<20))
	w.run("add", "keep.txt")
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if _, err := f.WriteAt([]byte(fmt.Sprint(i)), 0); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	tree := w.tree()
	for range 20 {
		s := claim(context.Background(), tree, "keep.txt")
		if s.Change == Unchanged {
			t.Errorf("a file that is being written is %s", s.Change)
		}
		if s.Change == Unknown && !strings.Contains(s.Reason, "while it is read") {
			t.Errorf("it is unknown: %s", s.Reason)
		}
	}
	close(stop)
	writer.Wait()
}

// TestReplacedParent replaces a directory by a link to another directory outside, again and again. No file outside may be read.
func TestReplacedParent(t *testing.T) {
	_, w := edited(t)
	secret := filepath.Join(w.home, "secret")
	mkdir(t, secret)
	if err := os.WriteFile(secret+"/a.txt", []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	h := newBlob(7)
	_, _ = h.Write([]byte("secret\n"))
	blob := fmt.Sprintf("%x", h.Sum(nil))
	stop := make(chan struct{})
	var swapper sync.WaitGroup
	dir := filepath.Join(w.dir, "dir")
	swapper.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = os.Rename(dir, dir+".away")
				_ = os.Symlink(secret, dir)
				_ = os.Remove(dir)
				_ = os.Rename(dir+".away", dir)
			}
		}
	})
	tree := w.tree()
	for range 300 {
		if s := claim(context.Background(), tree, "dir/a.txt"); s.Now.Blob == blob {
			t.Fatal("a file outside was read")
		}
	}
	close(stop)
	swapper.Wait()
}

// TestManyClaims makes 20,000 claims. Each has its own state, in the order of the claims.
func TestManyClaims(t *testing.T) {
	_, w := edited(t)
	paths := make([]string, 20_000)
	for i := range paths {
		paths[i] = fmt.Sprintf("dir/%d/%d", i%100, i)
	}
	paths[7], paths[19_999] = "a.txt", "a.txt"
	states := w.tree().Claims(context.Background(), paths, Base{})
	for i, s := range states {
		want := Missing
		if paths[i] == "a.txt" {
			want = Modified
		}
		if s.Path != paths[i] || s.Change != want {
			t.Fatalf("claim %d, %q, is %+v", i, paths[i], s)
		}
	}
}

func TestDeepDirectories(t *testing.T) {
	_, w := base(t)
	name := strings.Repeat("d/", 300) + "x"
	w.write(name, "deep\n")
	o := w.oracle()
	w.compare(o, w.tree(), []string{name, strings.Repeat("d/", 1500) + "x"})
}

// TestPermission needs a user other than root, because root may read everything.
func TestPermission(t *testing.T) {
	_, w := base(t)
	if os.Geteuid() == 0 {
		t.Log("root may read everything: what becomes of an error is tested in package status")
		return
	}
	w.write("keep.txt", "one\nTWO keep.txt\n")
	w.chmod("keep.txt", 0)
	w.chmod("dir", 0)
	defer w.chmod("dir", 0o755)
	for _, name := range []string{"keep.txt", "dir/a.txt"} {
		if s := claim(context.Background(), w.tree(), name); s.Change != Unknown || !strings.Contains(s.Reason, "permission") {
			t.Errorf("%q is %s (%s)", name, s.Change, s.Reason)
		}
	}
}
