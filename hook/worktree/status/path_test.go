package status

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRefusedFile: if the system refuses a file to this program, it refuses the file to git as well. So the claim is Unknown, and git is not asked.
func TestRefusedFile(t *testing.T) {
	l := &look{name: "a.txt"}
	l.setError(fmt.Errorf("opening: %w", os.ErrPermission))
	if s := l.judge(); s.Change != Unknown || s.Reason == "" {
		t.Errorf("it is %s (%s)", s.Change, s.Reason)
	}
}

// TestPaths: the name that git has for a claimed path; "" if the path is not one of the worktree.
func TestPaths(t *testing.T) {
	for claimed, want := range map[string]string{
		"a": "a", "./a": "a", "a//b": "a/b", "a/./b/": "a/b", "a/../b": "b", "..a": "..a", "a/..b": "a/..b", ".gitx/a": ".gitx/a",
		"": "", ".": "", "..": "", "../a": "", "a/../../b": "", "/a": "", "a/.git/b": "", ".git": "", "a\x00": "", strings.Repeat("a", maxPath+1): "",
	} {
		name, outside := gitName(claimed)
		if name != want || (outside == "") != (want != "") {
			t.Errorf("%.20q is %q, %q, want %q", claimed, name, outside, want)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"a/b", "../a", "a/../..", "./.git/x", "//", "a\x00", "é/\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, claimed string) {
		name, outside := gitName(claimed)
		if (name == "") != (outside != "") {
			t.Errorf("%q is both %q and outside %q", claimed, name, outside)
		}
		if name != "" && (!filepath.IsLocal(name) || strings.HasSuffix(name, "/") || strings.HasPrefix(name, ".git/")) {
			t.Errorf("%q became %q", claimed, name)
		}
	})
}
