package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func (r *repo) fingerprint() string {
	r.t.Helper()
	return r.tree().Survey(context.Background(), Base{}, ScanOptions{Exclude: seedExcludes, Candidates: leftover}).Fingerprint
}

// TestFingerprint: the fingerprint differs after every change that git shows, and is the same again when the change is undone. Nothing else changes
// it.
func TestFingerprint(t *testing.T) {
	r := newRepo(t)
	r.write(".gitignore", "*.log\n")
	r.write("a", "1\n")
	r.write("b", "1\n")
	r.commit()
	r.write("dirty", "1\n")
	first := r.fingerprint()
	if first == "" {
		t.Fatal("no fingerprint")
	}
	seen := map[string]string{first: "at first"}
	for _, change := range []struct {
		name     string
		do, undo func()
	}{
		{"edited", func() { r.write("a", "2\n") }, func() { r.write("a", "1\n") }},
		{"dirty file edited", func() { r.write("dirty", "2\n") }, func() { r.write("dirty", "1\n") }},
		{"new file", func() { r.write("new", "1\n") }, func() { r.remove("new") }},
		{"another new file", func() { r.write("new2", "1\n") }, func() { r.remove("new2") }},
		{"removed", func() { r.remove("b") }, func() { r.write("b", "1\n") }},
		{"mode", func() { r.chmod("a", 0o755) }, func() { r.chmod("a", 0o644) }},
		{"link", func() { r.symlink("a", "l") }, func() { r.remove("l") }},
		{"candidate", func() { r.write("coverage/x", "1\n") }, func() { r.remove("coverage") }},
		{"edited candidate", func() { r.write("coverage/x", "2\n") }, func() { r.remove("coverage") }},
		{"excluded", func() { r.write("src/vendor/x.js", "1\n") }, func() { r.remove("src") }},
		{"nested repository", func() { r.nested("frontend") }, nil},
		{"commit in it", func() { r.run("-C", "frontend", "commit", "-q", "--allow-empty", "-m", "c") }, func() { r.remove("frontend") }},
	} {
		change.do()
		got := r.fingerprint()
		if before, known := seen[got]; known || got == "" {
			t.Errorf("%s: %q, as %s", change.name, got, before)
		}
		seen[got] = change.name
		if change.undo == nil {
			continue
		}
		change.undo()
		if back := r.fingerprint(); back != first {
			t.Errorf("%s and taken back: %q, want %q", change.name, back, first)
		}
	}
	for name, do := range map[string]func(){
		"staged":    func() { r.run("add", "dirty") },
		"ignored":   func() { r.write("x.log", "1\n") },
		"looked at": func() { r.run("status") },
		"touched": func() {
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(filepath.Join(r.dir, "a"), later, later); err != nil {
				t.Fatal(err)
			}
		},
	} {
		do()
		if got := r.fingerprint(); got != first {
			t.Errorf("%s: another fingerprint", name)
		}
	}
	r.write("coverage/x", "1\n")
	r.write("junit.xml", "1\n")
	survey := r.tree().Survey(context.Background(), Base{}, ScanOptions{})
	if survey.FingerprintWithout(nil) != survey.Fingerprint || survey.Fingerprint == first {
		t.Error("without nothing it is not the fingerprint itself")
	}
	if got := survey.FingerprintWithout([]string{"junit.xml", "coverage", "elsewhere"}); got != first {
		t.Error("what is going to be removed is part of the fingerprint")
	}
	r.remove("coverage")
	if got := r.fingerprint(); got != survey.FingerprintWithout([]string{"coverage"}) || got == first {
		t.Error("removed as announced, and the fingerprint is another one")
	}
	r.remove("junit.xml")
	r.run("commit", "-qm", "more")
	if r.fingerprint() == first {
		t.Error("a commit leaves the fingerprint")
	}
	if s := r.tree().Survey(context.Background(), Base{}, ScanOptions{Limit: 1}); s.Incomplete != "" && s.Fingerprint != "" {
		t.Error("what was not seen whole has a fingerprint")
	}
}

func TestFileAt(t *testing.T) {
	for _, asksGit := range []bool{false, true} {
		r := newRepo(t)
		r.write("sub/a", "one\n")
		unborn := r.tree()
		if asksGit {
			unborn.Refusal = fmt.Errorf("the test wants git to be asked")
		}
		if content, err := unborn.FileAt(context.Background(), "HEAD", "sub/a", 100); content != nil || err != nil {
			t.Errorf("before the first commit there is %q, %v", content, err)
		}
		r.write("empty", "")
		r.symlink("a", "link")
		r.commit()
		r.write("sub/a", "two\n")
		tree := r.tree()
		if asksGit {
			tree.Refusal = fmt.Errorf("the test wants git to be asked")
		}
		at := func(revision, name string, limit int) (string, bool, error) {
			content, err := tree.FileAt(context.Background(), revision, name, limit)
			return string(content), content != nil, err
		}
		if got, there, err := at("HEAD", "sub/a", 100); got != "one\n" || !there || err != nil {
			t.Errorf("sub/a is %q, %t, %v", got, there, err)
		}
		if got, there, err := at("HEAD", "empty", 0); got != "" || !there || err != nil {
			t.Errorf("empty is %q, %t, %v", got, there, err)
		}
		if _, there, err := at("HEAD", "nowhere", 100); there || err != nil {
			t.Errorf("nowhere: %t, %v", there, err)
		}
		for _, wrong := range []struct {
			revision, name string
			limit          int
		}{{"HEAD", "sub/a", 3}, {"HEAD", "link", 100}, {"nobody", "sub/a", 100}} {
			if _, _, err := at(wrong.revision, wrong.name, wrong.limit); err == nil {
				t.Errorf("%+v passes", wrong)
			}
		}
	}
}

// TestFingerprintOnBase: work that is committed has on the commit before it the fingerprint that it had there before.
func TestFingerprintOnBase(t *testing.T) {
	survey := func(r *repo, base Base) Survey {
		return r.tree().Survey(context.Background(), base, ScanOptions{Exclude: seedExcludes, Candidates: leftover})
	}
	r := newRepo(t)
	r.write(".gitignore", "*.log\n")
	r.write(".gitattributes", "*.txt text eol=crlf\n*.id ident\n")
	for _, name := range []string{"a", "b", "c", "d/x", "d/y", "t.txt", "i.id", "same"} {
		r.write(name, name+" $Id$\r\n")
	}
	r.commit()
	base := survey(r, Base{})
	r.write("a", "changed\n")
	r.remove("b")
	r.chmod("c", 0o755)
	r.remove("d/x")
	r.write("d/x/z", "a file where a file was\n")
	r.write("t.txt", "one\r\ntwo\r\n")
	r.write("i.id", "$Id$ changed\n")
	r.symlink("a", "l")
	r.write("new/deep/file", "new\n")
	r.write("x.log", "ignored\n")
	work := survey(r, Base{})
	if work.Fingerprint == "" || work.Clean() {
		t.Fatalf("before the commit: %q, clean %t", work.Fingerprint, work.Clean())
	}
	if on := survey(r, Base{Revision: base.Head}); on.OnBase != work.Fingerprint {
		t.Errorf("not committed yet: %q, want %q", on.OnBase, work.Fingerprint)
	}
	r.run("add", "a", "d")
	r.run("commit", "-q", "-m", "a part")
	if on := survey(r, Base{Revision: base.Head}); on.OnBase != work.Fingerprint || on.Clean() || on.Fingerprint == work.Fingerprint {
		t.Errorf("committed in part: %q, want %q; clean %t", on.OnBase, work.Fingerprint, on.Clean())
	}
	r.run("add", "-A")
	r.run("commit", "-q", "-m", "the rest")
	on := survey(r, Base{Revision: base.Head})
	if on.OnBase != work.Fingerprint || !on.Clean() || on.Head == base.Head {
		t.Errorf("committed: %q, want %q; clean %t", on.OnBase, work.Fingerprint, on.Clean())
	}
	r.write("a", "changed again\n")
	if on := survey(r, Base{Revision: base.Head}); on.OnBase == work.Fingerprint || on.OnBase == "" || on.Clean() {
		t.Errorf("changed afterwards: %q; clean %t", on.OnBase, on.Clean())
	}
	r.write("a", "changed\n")
	r.write("new2", "one more\n")
	r.run("add", "-A")
	r.run("commit", "-q", "-m", "more")
	if on := survey(r, Base{Revision: base.Head}); on.OnBase == work.Fingerprint || !on.Clean() {
		t.Errorf("more committed: %q; clean %t", on.OnBase, on.Clean())
	}
	if on := survey(r, Base{Revision: "HEAD~1"}); on.OnBase != "" {
		t.Errorf("a base that is no object name: %q", on.OnBase)
	}
}
