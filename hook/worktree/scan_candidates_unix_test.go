//go:build unix

package worktree

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestCandidateOldest: a candidate is as old as the oldest file in it. Neither its name, nor an mtime that a program sets, changes that.
func TestCandidateOldest(t *testing.T) {
	r := newRepo(t)
	r.write("src/a.js", "x\n")
	r.commit()
	oldest := func() time.Time {
		t.Helper()
		scan := r.scan(ScanOptions{Candidates: leftover})
		if len(scan.Candidates) != 1 || scan.Candidates[0].Oldest.IsZero() {
			t.Fatalf("candidates are %+v, want one with its age", scan.Candidates)
		}
		return scan.Candidates[0].Oldest
	}
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(filepath.Join(r.dir, from), filepath.Join(r.dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	r.write("old/coverage/deep/a.html", "x\n")
	first := oldest()
	time.Sleep(50 * time.Millisecond) // file systems have coarse clocks
	r.write("old/coverage/b.html", "x\n")
	if now := oldest(); !now.Equal(first) {
		t.Errorf("with a newer file it is of %v, was of %v", now, first)
	}
	rename("old", "new")
	if now := oldest(); !now.Equal(first) {
		t.Errorf("under another name it is of %v, was of %v", now, first)
	}
	r.write("new/coverage/deep/a.html", "y\n")
	if err := os.Chtimes(filepath.Join(r.dir, "new/coverage/deep/a.html"), time.Unix(0, 0), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if now := oldest(); !now.After(first) {
		t.Errorf("with all files written anew it is of %v, was of %v", now, first)
	}
}
