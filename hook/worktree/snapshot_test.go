package worktree

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/status"
)

// formats returns functions that make repositories which this package can read completely, in part, or not at all.
func formats() map[string]func(r *repo) {
	from := func(args ...string) func(r *repo) {
		return func(r *repo) { r.run(append([]string{"init", "-q", "-b", "main"}, args...)...) }
	}
	return map[string]func(r *repo){
		"sha1":   from(),
		"sha256": from("--object-format=sha256"),
		"reftable": func(r *repo) {
			if out, err := r.try("init", "-q", "-b", "main", "--ref-format=reftable"); err != nil {
				if !strings.Contains(out, "unknown option") {
					r.t.Fatal(out)
				}
				r.t.Log("this git cannot make reftables: one of files stands in")
				from()(r)
			}
		},
		"split index": func(r *repo) {
			from()(r)
			r.run("config", "core.splitIndex", "true")
		},
		"replaced commit": replaced("HEAD^{commit}"),
		"replaced tree":   replaced("HEAD^{tree}"),
	}
}

// replaced makes a repository in which another object replaces one of HEAD's (git-replace(1)).
func replaced(object string) func(r *repo) {
	return func(r *repo) {
		r.run("init", "-q", "-b", "main")
		r.write("a", "replaced\n")
		r.write("only/there", "replaced\n")
		r.commit()
		other := strings.TrimSpace(r.run("rev-parse", object))
		r.write("a", "other\n")
		r.remove("only")
		r.commit()
		r.run("replace", object, other)
	}
}

// what returns the state of a path that matters: its type, whether it is executable, and its content; "" if there is no file.
func (r *repo) what(name string) string {
	path := filepath.Join(r.dir, name)
	info, err := os.Lstat(path)
	switch {
	case err != nil || info.IsDir():
		return ""
	case info.Mode()&os.ModeSymlink != 0:
		target, _ := os.Readlink(path)
		return "link " + target
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	return fmt.Sprintf("file %t %s", info.Mode()&0o100 != 0, content)
}

// TestSnapshotRandomEdits takes a snapshot between random edits. It compares the claims since the snapshot with the files on disk at both times, byte
// for byte.
func TestSnapshotRandomEdits(t *testing.T) {
	seed := numberFrom(t, "STOPGATE_FUZZ_SEED", uint64(time.Now().UnixNano()))
	rounds := numberFrom(t, "STOPGATE_FUZZ_CASES", fuzzCases()) / 3
	t.Logf("STOPGATE_FUZZ_SEED=%d", seed)
	names := []string{"a", "b", "c", "d/e", "d/f", "only/there", "nowhere"}
	for format, initialise := range formats() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			claims, changed, unknown := 0, 0, 0
			for round := uint64(0); round < rounds || changed == 0 && round < 100; round++ { // if there are only a few rounds, it can be that none changes anything
				r := bareHome(t)
				r.dir = filepath.Join(r.home, "repo")
				mkdir(t, r.dir)
				initialise(r)
				e := &editor{repo: r, random: rand.New(rand.NewPCG(seed, round))}
				for range e.random.IntN(12) {
					e.plainEdit(names)
				}
				snapshot, _, err := r.tree().Snapshot(context.Background(), ScanOptions{})
				if err != nil || snapshot.Incomplete != "" {
					t.Fatalf("%v, incomplete %q", err, snapshot.Incomplete)
				}
				if out, err := r.try("rev-parse", "--verify", "-q", "HEAD^{tree}"); err == nil && snapshot.Tree != strings.TrimSpace(out) {
					t.Errorf("HEAD's tree is %s, the snapshot has %s", out, snapshot.Tree)
				}
				before := map[string]string{}
				for _, name := range names {
					before[name] = r.what(name)
				}
				e.note("snapshot")
				for range e.random.IntN(8) {
					e.plainEdit(names)
				}
				for _, s := range r.tree().Claims(context.Background(), names, Base{Snapshot: &snapshot}) {
					claims++
					was, is := before[s.Name], r.what(s.Name)
					switch {
					case s.Change == Unknown && s.Reason != "":
						unknown++
					case s.NoBase:
						t.Errorf("%q has no base", s.Name)
					case s.Change.Made() != (was != is), s.Change == Missing && was+is != "", s.Change == Added && was != "", s.Change == Deleted && is != "":
						t.Errorf("round %d: %q is %s (%q, %s): it was %q and is %q, after\n%s", round, s.Name, s.Change, s.Status, s.Reason, was, is, strings.Join(e.done, "\n"))
					}
					if was != is {
						changed++
					}
				}
			}
			t.Logf("%d claims, of which %d changed; %d are unknown", claims, changed, unknown)
			if unknown*10 > claims || changed == 0 {
				t.Errorf("too little is known")
			}
		})
	}
}

// plainEdit makes an edit for which attributes and ignore rules do not matter.
func (e *editor) plainEdit(names []string) {
	name := pick(e, names[:len(names)-1]...)
	path := e.path(name)
	switch e.random.IntN(14) {
	case 0, 1, 2, 3:
		e.write(name, pick(e, "one\n", "two\n", "replaced\n", "three\nlines\nhere\n"))
	case 4, 5:
		e.note("remove %q: %v", name, os.RemoveAll(path))
	case 6:
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
			e.note("chmod %q: %v", name, os.Chmod(path, info.Mode()^0o111))
		}
	case 7:
		err := os.RemoveAll(path)
		if err == nil {
			err = os.Symlink(pick(e, "one\n", "nowhere"), path) // a later edit that follows the link stays in the worktree
		}
		e.note("link %q: %v", name, err)
	case 8:
		other := pick(e, names[:len(names)-1]...)
		e.note("rename %q %q: %v", name, other, os.Rename(path, e.path(other)))
	case 9, 10:
		e.run("add", "-A")
	case 11:
		e.run("commit", "-qam", "c")
	case 12:
		e.run("rm", "-q", "--cached", "--", name)
	case 13:
		e.run(pick(e, "reset", "checkout"), "-q", "--", name)
	}
}

// TestSnapshotMoves commits, stages or switches the branch while the worktree is being scanned.
func TestSnapshotMoves(t *testing.T) {
	for name, move := range map[string]func(w *repo){
		"commit": func(w *repo) { w.run("commit", "-q", "--allow-empty", "-m", "meanwhile") },
		"stage":  func(w *repo) { w.write("a.txt", fmt.Sprint(time.Now().UnixNano())); w.run("add", "a.txt") },
		"switch": func(w *repo) { w.run("checkout", "-q", "-b", fmt.Sprint("b", time.Now().UnixNano())) },
	} {
		t.Run(name, func(t *testing.T) {
			for moves, incomplete := range []bool{false, false, true} {
				_, w := base(t)
				tree := w.tree()
				scans := 0
				snapshot, _, err := tree.SnapshotBy(context.Background(), func() status.Scan {
					if scans++; scans <= moves {
						move(w)
					}
					return tree.Scan(context.Background(), ScanOptions{})
				})
				if err != nil {
					t.Fatal(err)
				}
				if (snapshot.Incomplete != "") != incomplete || scans != min(moves+1, 2) {
					t.Errorf("after %d moves and %d scans it is incomplete: %q", moves, scans, snapshot.Incomplete)
				}
				if head := strings.TrimSpace(w.run("rev-parse", "HEAD")); !incomplete && snapshot.Head != head {
					t.Errorf("it has HEAD at %s, which is at %s", snapshot.Head, head)
				}
			}
		})
	}
}

// TestSnapshotWithoutGit: if only git can read HEAD and there is no git, the error says why.
func TestSnapshotWithoutGit(t *testing.T) {
	w := sha256Repo(t)
	_, _, err := w.withoutGit().Snapshot(context.Background(), ScanOptions{})
	if err == nil || !strings.Contains(err.Error(), "objectformat") || !strings.Contains(err.Error(), gitcmd.ErrNoGit.Error()) {
		t.Errorf("the error is %v", err)
	}
	w.run("checkout", "-q", "--detach")
	snapshot, _, err := w.tree().Snapshot(context.Background(), ScanOptions{})
	if err != nil || len(snapshot.Head) != 64 || len(snapshot.Dirty) != 3 {
		t.Errorf("detached: %+v, %v", snapshot, err)
	}
}
