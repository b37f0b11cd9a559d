package worktree

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNothingToCommit changes files in such a way that git status shows them, and asks git what a commit would contain. A file that the commit would
// not contain is unchanged.
func TestNothingToCommit(t *testing.T) {
	r := newRepo(t)
	r.write(".gitattributes", "*.txt text\n*.auto text=auto\n*.crlf text eol=crlf\n*.c ident\n*.rot filter=rot\n*.bin -text\n")
	r.run("config", "filter.rot.clean", "tr a-z n-za-m")
	for _, ext := range []string{"txt", "auto", "crlf", "c", "rot", "bin", "none"} {
		for _, name := range []string{"endings.", "both.", "mixed.", "mode.", "ident.", "staged."} {
			r.write(name+ext, "one $Id$\ntwo\n")
		}
	}
	r.commit()
	for _, ext := range []string{"txt", "auto", "crlf", "c", "rot", "bin", "none"} {
		r.write("endings."+ext, "one $Id$\r\ntwo\r\n")
		r.write("both."+ext, "one $Id$\r\nthree\r\n")
		r.write("mixed."+ext, "one $Id$\r\nthree\nfour\r\n")
		r.write("mode."+ext, "one $Id$\r\ntwo\r\n")
		r.chmod("mode."+ext, 0o755)
		r.write("ident."+ext, "one $Id: 0123456789 $\ntwo\n")
		r.write("staged."+ext, "one $Id$\nthree\n")
		r.run("add", "staged."+ext)
		r.write("staged."+ext, "one $Id$\r\ntwo\r\n")
	}
	ctx := context.Background()
	names := strings.Split(strings.TrimSuffix(r.run("ls-files", "-z"), "\x00"), "\x00")
	claimed := r.tree().Claims(ctx, names, Base{})
	snapshot, _, err := r.tree().Snapshot(ctx, ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	survey := r.tree().Survey(ctx, Base{Revision: "HEAD"}, ScanOptions{})
	surveyed := map[string]bool{}
	for _, s := range survey.States {
		surveyed[s.Name] = true
	}
	if survey.Incomplete != "" || snapshot.Incomplete != "" {
		t.Errorf("incomplete: %q, %q", survey.Incomplete, snapshot.Incomplete)
	}
	// The files that git would commit are those that `git add -A` stages. The index may be changed now, because the claims have been judged.
	r.run("add", "-A")
	differs := map[string]bool{}
	for _, name := range strings.Split(strings.TrimSuffix(r.run("diff", "--cached", "--name-only", "-z", "HEAD"), "\x00"), "\x00") {
		differs[name] = true
	}
	equal := 0
	for i, s := range claimed {
		made := s.Change.Made() && !s.BaseEqual
		if s.Change == Unknown || made != differs[names[i]] || surveyed[names[i]] != differs[names[i]] {
			t.Errorf("%s is %s (%s), equal to its base %t, in the survey %t; a commit would hold it: %t", names[i], s.Change, s.Reason, s.BaseEqual, surveyed[names[i]], differs[names[i]])
		}
		if !differs[names[i]] {
			equal++
		}
	}
	if equal < 6 {
		t.Errorf("a commit would hold all but %d: the test proves little", equal)
	}
	r.run("commit", "-qm", "all")
	held, err := r.tree().Held(ctx, strings.TrimSpace(r.run("rev-parse", "HEAD")), snapshot)
	if err != nil || !held.Whole() {
		t.Errorf("the commit of all that stands there lacks %q, adds %q: %v", held.Missing, held.Added, err)
	}
	r.write("mixed.txt", "one\r\nfive\n")
	r.run("add", "mixed.txt")
	r.run("commit", "-qm", "more")
	held, err = r.tree().Held(ctx, strings.TrimSpace(r.run("rev-parse", "HEAD")), snapshot)
	if err != nil || strings.Join(held.Missing, " ") != "mixed.txt" || len(held.Added) > 0 {
		t.Errorf("the commit of another content lacks %q, adds %q: %v", held.Missing, held.Added, err)
	}
}

// TestHeldAfterRebase: a rebase rewrites a file with mixed line endings. From the file on disk nobody can then compute what git stored of its earlier
// content.
func TestHeldAfterRebase(t *testing.T) {
	r := newRepo(t)
	r.run("config", "core.autocrlf", "true")
	r.write("a.txt", "one\r\ntwo\r\n")
	r.write("b.txt", "one\r\n")
	r.commit()
	r.run("checkout", "-qb", "work")
	r.write("a.txt", "one\r\ntwo\r\nthree\n")
	ctx := context.Background()
	snapshot, _, err := r.tree().Snapshot(ctx, ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.commit()
	r.run("checkout", "-q", "-")
	r.write("b.txt", "one\r\nmore\r\n")
	r.commit()
	snapshot.Tree = strings.TrimSpace(r.run("rev-parse", "HEAD"))
	r.run("checkout", "-q", "work")
	r.run("rebase", "-q", "-")
	held, err := r.tree().Held(ctx, strings.TrimSpace(r.run("rev-parse", "HEAD")), snapshot)
	if err != nil || !held.Whole() {
		t.Errorf("the rebased commit lacks %q, adds %q: %v", held.Missing, held.Added, err)
	}
	r.write("a.txt", "one\r\ntwo\r\nfour\n")
	r.commit()
	held, err = r.tree().Held(ctx, strings.TrimSpace(r.run("rev-parse", "HEAD")), snapshot)
	if err != nil || strings.Join(held.Missing, " ") != "a.txt" {
		t.Errorf("the commit of another content lacks %q, adds %q: %v", held.Missing, held.Added, err)
	}
}

// TestNothingToCommitOfMany changes many files that git converts. A commit would contain all of them except for the last of each kind.
func TestNothingToCommitOfMany(t *testing.T) {
	r := newRepo(t)
	r.write(".gitattributes", "*.txt text=auto\n*.rot filter=rot\n*.c ident\n")
	r.run("config", "filter.rot.clean", "tr -d X")
	var names []string
	for i := range 101 {
		names = append(names, fmt.Sprintf("%03d.c", i), fmt.Sprintf("%03d.txt", i))
	}
	names = append(names, "a.rot", "b.rot")
	for _, name := range names {
		r.write(name, "one $Id$\ntwo\n")
	}
	r.commit()
	for _, name := range names {
		r.write(name, "one $Id: 1234 $\r\nthree\r\n")
	}
	nothing := map[string]string{"100.c": "one $Id: 1234 $\ntwo\n", "100.txt": "one $Id$\r\ntwo\r\n", "b.rot": "one $Id$X\ntwo\n"}
	for name, content := range nothing {
		r.write(name, content)
	}
	ctx := context.Background()
	for _, s := range r.tree().Claims(ctx, names, Base{}) {
		if _, none := nothing[s.Name]; s.Change == Unknown || (s.Change.Made() && !s.BaseEqual) == none {
			t.Errorf("%s is %s (%s), equal to its base %t; a commit would hold it: %t", s.Name, s.Change, s.Reason, s.BaseEqual, !none)
		}
	}
	if s := r.tree().Survey(ctx, Base{Revision: "HEAD"}, ScanOptions{}); len(s.States) != len(names)-len(nothing) || s.Incomplete != "" {
		t.Errorf("a survey shows %d of the %d files that a commit would hold: %s", len(s.States), len(names)-len(nothing), s.Incomplete)
	}
}

// TestStoredTogether: many files with a filter need few git processes, whatever their names are. A file that the filter refuses hides no other file.
func TestStoredTogether(t *testing.T) {
	r := newRepo(t)
	r.write(".gitattributes", "*.rot filter=rot\n")
	r.run("config", "filter.rot.clean", "sed -e /bad/q7 -e s/X//")
	r.run("config", "filter.rot.required", "true")
	names := []string{"a \"b\".rot", "sub/ü c.rot"}
	for i := range 60 {
		names = append(names, fmt.Sprintf("%02d.rot", i))
	}
	for _, name := range names {
		r.write(name, "one\n")
	}
	r.commit()
	for _, name := range names {
		r.write(name, "two two\n")
	}
	r.write("07.rot", "oneX\n")
	git, log := filepath.Join(r.home, "counted"), filepath.Join(r.home, "asked")
	if err := os.WriteFile(git, []byte("#!/bin/sh\necho \"$*\" >>'"+log+"'\nexec git \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	claims := func() []PathState {
		place, err := Locate(r.dir)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := Open(t.Context(), place, Options{Env: r.env, Git: git})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tree.Close() }()
		return tree.Claims(t.Context(), names, Base{})
	}
	for _, s := range claims() {
		if want := s.Name != "07.rot"; s.BaseEqual == want || s.Change == Unknown {
			t.Errorf("%s is %s (%s), as in HEAD: %t", s.Name, s.Change, s.Reason, s.BaseEqual)
		}
	}
	asked, err := os.ReadFile(log)
	if n := strings.Count(string(asked), "hash-object"); err != nil || n > 3 {
		t.Errorf("git was asked %d times what it would store: %v", n, err)
	}
	r.write("08.rot", "bad, bad\n")
	for _, s := range claims() {
		if want := s.Name == "08.rot"; (s.Change == Unknown) != want {
			t.Errorf("beside a file that is refused, %s is %s (%s)", s.Name, s.Change, s.Reason)
		}
	}
}

// TestAttributesNotCheckedOut leaves a .gitattributes out of the worktree, so git status reads it from the index. git hash-object does not.
func TestAttributesNotCheckedOut(t *testing.T) {
	r := newRepo(t)
	r.write("src/.gitattributes", "*.txt text\n")
	want := map[string]Change{"src/a.txt": Unknown, "src/b.txt": Modified, "src/c.txt": Modified, "d.txt": Modified}
	names := slices.Sorted(maps.Keys(want))
	for _, name := range names {
		r.write(name, "one\ntwo\n")
	}
	r.commit()
	r.run("update-index", "--skip-worktree", "src/.gitattributes")
	removeFile(r, filepath.Join(r.dir, "src", ".gitattributes"))
	r.write("src/a.txt", "one\r\ntwo\r\n")
	r.write("src/b.txt", "one\r\nthree\r\n")
	r.write("src/c.txt", "one\nthree\n")
	r.write("d.txt", "one\r\ntwo\r\n")
	for _, index := range []string{"--no-split-index", "--split-index"} {
		r.run("update-index", index)
		for _, s := range r.tree().Claims(context.Background(), names, Base{}) {
			if s.Change != want[s.Name] {
				t.Errorf("%s: %s is %s (%s), not %s", index, s.Name, s.Change, s.Reason, want[s.Name])
			}
		}
	}
}
