package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sparse makes a file of that size without any data blocks.
func (r *repo) sparse(name string, size int64) {
	r.t.Helper()
	r.write(name, "")
	if err := os.Truncate(filepath.Join(r.dir, name), size); err != nil {
		r.t.Fatal(err)
	}
}

// snapshot takes a snapshot, which must be complete.
func (r *repo) snapshot() Snapshot {
	r.t.Helper()
	s, _, err := r.tree().Snapshot(context.Background(), ScanOptions{})
	if err != nil || s.Incomplete != "" {
		r.t.Fatalf("the snapshot: %v, incomplete %q", err, s.Incomplete)
	}
	return s
}

func (r *repo) surveySince(s Snapshot) Survey {
	r.t.Helper()
	return r.tree().Survey(context.Background(), Base{Snapshot: &s}, ScanOptions{})
}

// names returns the paths, each with its change.
func names(states []PathState) []string {
	var list []string
	for _, s := range states {
		list = append(list, fmt.Sprintf("%s %s", s.Change, s.Name))
	}
	return list
}

// TestHugeUntracked: a file that is too large to be read is compared by its stat data.
func TestHugeUntracked(t *testing.T) {
	const terabyte = 1 << 40
	r := newRepo(t)
	r.write("tracked", "1\n")
	r.write("small", "1\n")
	r.commit()
	r.sparse("huge", terabyte)
	before := r.snapshot()
	if s := r.surveySince(before); len(s.States) > 0 || s.Incomplete != "" || s.Fingerprint == "" {
		t.Errorf("untouched: %q, incomplete %q, fingerprint %q", names(s.States), s.Incomplete, s.Fingerprint)
	}
	first := r.surveySince(before).Fingerprint
	if again := r.surveySince(before).Fingerprint; again != first {
		t.Errorf("two looks have the fingerprints %q and %q", first, again)
	}
	r.sparse("huge", terabyte+1)
	r.sparse("huge2", terabyte)
	r.sparse("tracked", 80<<30) // the lower 32 bits of this size are 0, and the index has no others
	r.write("zz", "last\n")
	s := r.surveySince(before)
	if got, want := names(s.States), []string{"modified huge", "added huge2", "modified tracked", "added zz"}; !slices.Equal(got, want) || s.Incomplete != "" {
		t.Errorf("it shows %q (incomplete %q), want %q", got, s.Incomplete, want)
	}
	if s.Fingerprint == first || s.Fingerprint == "" {
		t.Errorf("changed, it has the fingerprint %q, first %q", s.Fingerprint, first)
	}
	for _, c := range r.tree().Claims(context.Background(), []string{"huge", "huge2", "tracked", "small"}, Base{Snapshot: &before}) {
		if want := map[string]Change{"huge": Modified, "huge2": Added, "tracked": Modified, "small": Unchanged}[c.Name]; c.Change != want {
			t.Errorf("the claim %s is %s (%s), want %s", c.Name, c.Change, c.Reason, want)
		}
	}
}

// TestHugeFileTouched: it is unknown whether a huge file was written to if its size is the same.
func TestHugeFileTouched(t *testing.T) {
	r := newRepo(t)
	r.commit()
	r.sparse("huge", 1<<40)
	before := r.snapshot()
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(filepath.Join(r.dir, "huge"), later, later); err != nil {
		t.Fatal(err)
	}
	s := r.surveySince(before)
	if len(s.States) > 0 || !strings.Contains(s.Incomplete, "huge") {
		t.Errorf("it shows %q, incomplete %q", names(s.States), s.Incomplete)
	}
	if c := r.tree().Claims(context.Background(), []string{"huge"}, Base{Snapshot: &before})[0]; c.Change != Unknown {
		t.Errorf("the claim is %s, want unknown", c.Change)
	}
}

// TestHugeTracked: a huge tracked file is read if its stat data do not prove whether it changed. Git reads it then, too.
func TestHugeTracked(t *testing.T) {
	r := newRepo(t)
	r.sparse("huge", 64<<20+1)
	r.commit()
	later := time.Now().Add(time.Minute)
	touch := func() {
		later = later.Add(time.Minute)
		if err := os.Chtimes(filepath.Join(r.dir, "huge"), later, later); err != nil {
			t.Fatal(err)
		}
	}
	touch()
	before := r.snapshot()
	if s := r.surveySince(before); len(s.States) > 0 || s.Incomplete != "" {
		t.Errorf("touched: %q, incomplete %q", names(s.States), s.Incomplete)
	}
	f, err := os.OpenFile(filepath.Join(r.dir, "huge"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("x"), 5); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	touch()
	for _, base := range []Base{{}, {Snapshot: &before}} {
		if c := r.tree().Claims(context.Background(), []string{"huge"}, base)[0]; c.Change != Modified {
			t.Errorf("written to: the claim is %s (%s)", c.Change, c.Reason)
		}
	}
}

// lfs returns a repository with files that have a filter, as git-lfs sets it up. The program of the filter is no longer installed.
func lfs(t *testing.T, initialise func(r *repo)) *repo {
	r := bareHome(t)
	r.dir = filepath.Join(r.home, "repo")
	mkdir(t, r.dir)
	initialise(r)
	r.run("config", "filter.lfs.clean", "tr a-z A-Z")
	r.write(".gitattributes", "*.bin filter=lfs\n")
	r.write("a.bin", "large\n")
	r.write("b.bin", "large\n")
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(r.dir, "b.bin"), past, past); err != nil { // the entry is not racy, so nobody has to read the file
		t.Fatal(err)
	}
	r.write("a.txt", "1\n")
	r.commit()
	r.run("config", "filter.lfs.clean", "no-such-program clean %f")
	r.run("config", "filter.lfs.process", "no-such-program filter-process")
	r.run("config", "filter.lfs.required", "true")
	return r
}

// TestBrokenFilter: a filter that fails hides no file other than its own.
func TestBrokenFilter(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r := lfs(t, formats()[format])
			later := time.Now().Add(time.Minute)
			if err := os.Chtimes(filepath.Join(r.dir, "a.bin"), later, later); err != nil { // with another mtime, git would read the file
				t.Fatal(err)
			}
			r.write("dirty.txt", "1\n")
			before := r.snapshot()
			s := r.surveySince(before)
			if len(s.States) > 0 || s.Incomplete != "" || s.Fingerprint == "" {
				t.Errorf("untouched: %q, incomplete %q, fingerprint %q", names(s.States), s.Incomplete, s.Fingerprint)
			}
			if again := r.surveySince(before).Fingerprint; again != s.Fingerprint {
				t.Errorf("two looks have the fingerprints %q and %q", s.Fingerprint, again)
			}
			r.write("a.txt", "2\n")
			r.write("new.txt", "1\n")
			now := r.surveySince(before)
			if got, want := names(now.States), []string{"modified a.txt", "added new.txt"}; !slices.Equal(got, want) || now.Incomplete != "" {
				t.Errorf("it shows %q (incomplete %q), want %q", got, now.Incomplete, want)
			}
			if now.Fingerprint == s.Fingerprint || now.Fingerprint == "" {
				t.Errorf("changed, it has the fingerprint %q", now.Fingerprint)
			}
			// A file of the same size that was not dirty in the snapshot is unknown.
			r.write("b.bin", "other\n")
			if err := os.Chtimes(filepath.Join(r.dir, "b.bin"), later, later); err != nil {
				t.Fatal(err)
			}
			for _, c := range r.tree().Claims(context.Background(), []string{"a.bin", "b.bin", "a.txt"}, Base{Snapshot: &before}) {
				if want := map[string]Change{"a.bin": Unchanged, "b.bin": Unknown, "a.txt": Modified}[c.Name]; c.Change != want {
					t.Errorf("the claim %s is %s (%s), want %s", c.Name, c.Change, c.Reason, want)
				}
			}
			if last := r.surveySince(before); !strings.Contains(last.Incomplete, "b.bin") {
				t.Errorf("b.bin may have changed, and incomplete is %q", last.Incomplete)
			}
			// A file of another size than in its stand-in has changed, and nobody can commit it.
			r.write("a.bin", "a longer content\n")
			if c := r.tree().Claims(context.Background(), []string{"a.bin"}, Base{Snapshot: &before})[0]; c.Change != Modified || c.Refused == "" {
				t.Errorf("the claim a.bin is %s (%s), refused %q", c.Change, c.Reason, c.Refused)
			}
			if m, err := r.tree().Marks(context.Background()); err != nil || len(m.Incomplete) > 0 {
				t.Errorf("the marks: %v, incomplete %q", err, m.Incomplete)
			}
		})
	}
}
