package scope_test

import (
	"os"
	"path/filepath"
	"testing"

	"stopgate/hook/scope"
)

// TestScopeAtStaysInside: a path of a prompt whose folder the worktree has means that folder alone, and any other is looked for in every
// folder. What a link, ".." or an absolute path leads to outside of the worktree is not there.
func TestScopeAtStaysInside(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	root := filepath.Join(outer, "worktree")
	for _, dir := range []string{"worktree/real/sub", "other/sub"} {
		if err := os.MkdirAll(filepath.Join(outer, dir), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"out": filepath.Join(outer, "other"), "up": "../other", "inner": "real"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Skip(err)
		}
	}
	for _, tt := range []struct {
		name    string
		changed []string
		there   bool
	}{
		{"real/sub", nil, true},
		{"inner/sub", nil, true}, // the link stays inside
		{"gone/sub", nil, false},
		{"gone/sub", []string{"gone/sub/a.js"}, true},
		{"gone/sub", []string{"gone/subway/a.js"}, false},
		{"out/sub", nil, false},
		{"up/sub", nil, false},
	} {
		bounds := scope.Read("SCOPE: "+tt.name+"/**").At(root, []string{root}, tt.changed)
		if name := tt.name + "/a.js"; tt.there && !bounds.Grants(name) {
			t.Errorf("%s is not granted", name)
		}
		if got := bounds.Grants("deep/" + tt.name + "/a.js"); got == tt.there {
			t.Errorf("%s with %q: taken for there: %t", tt.name, tt.changed, !got)
		}
	}
	for _, up := range []string{"../other/sub", "real/../../other/sub", filepath.ToSlash(outer) + "/other/sub"} {
		if bounds := scope.Read("SCOPE: "+up+"/**").At(root, []string{root}, nil); bounds.Grants("other/sub/a.js") {
			t.Errorf("%s leads into the worktree", up)
		}
	}
	if b := scope.Read("SCOPE: real/sub/**").At(filepath.Join(outer, "none"), nil, nil); len(b.Allowed())+len(b.Excluded()) > 0 {
		t.Error("a worktree that is not there limits the agent")
	}
}
