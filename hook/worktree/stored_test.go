package worktree

import (
	"context"
	"strings"
	"testing"
)

// TestNothingToCommit changes files so that git status shows them, and asks git what a commit would contain. A file that it would not contain is
// unchanged.
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
	// The files that git would commit: -A, compared with HEAD. The index is restored, because the claims were judged by it.
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
