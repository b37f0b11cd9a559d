package conduct

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/rule"
	"stopgate/hook/site"
)

func TestVerifyWrite(t *testing.T) {
	const own, other = "/r/trees/T-1-x", "/r/trees/T-2-y"
	tests := []struct {
		name   string
		target Target
		rule   rule.Name
		says   string
	}{
		{"in the worktree", Target{Name: own + "/src/a.js", Assigned: []string{own}, Repository: true, Root: own}, "", ""},
		{"in the worktree of the message that resumed it", Target{Name: other + "/a", Assigned: []string{own, other}, Repository: true, Root: other}, "", ""},
		{"in the main worktree", Target{Name: "/r/src/a.js", Assigned: []string{own}, Repository: true, Root: "/r"}, rule.WriteOutside, `your copy of it is "/r/trees/T-1-x/src/a.js"`},
		{"in another worktree", Target{Name: other + "/a", Assigned: []string{own}, Repository: true, Root: other}, rule.WriteOutside, `is not in your worktree, "/r/trees/T-1-x"`},
		{"beside it, with its name in front", Target{Name: own + "-2/a", Assigned: []string{own}, Repository: true, Root: "/r"}, rule.WriteOutside, ""},
		{"in no repository", Target{Name: "/home/me/notes.md", Assigned: []string{own}}, rule.WriteOutside, `write below "/r/trees/T-1-x"`},
		{"in the system's temporary folder", Target{Name: "/tmp/x.js", Assigned: []string{own}, Shared: true}, "", ""},
		{"in the repository, which stands in the temporary folder", Target{Name: "/tmp/r/a", Assigned: []string{"/tmp/r/trees/x"}, Shared: true, Repository: true, Root: "/tmp/r"}, rule.WriteOutside, ""},
		{"nobody knows where it belongs", Target{Name: "/r/src/a.js", Repository: true, Root: "/r"}, "", ""},
		{"git's", Target{Name: own + "/.git", Assigned: []string{own}, Repository: true, Root: own, Protected: rule.GitTampered}, rule.GitTampered, "belongs to git"},
		{"the gate's, of an agent without a known worktree", Target{Name: "/r/.stopgate.yml", Protected: rule.GateTampered}, rule.GateTampered, "decides what the gate does"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			findings := Write(tt.target.Name, tt.target)
			if rules(findings) != string(tt.rule) {
				t.Fatalf("%+v, want %q", findings, tt.rule)
			}
			if tt.rule != "" && (findings[0].Severity != rule.Block || !strings.Contains(findings[0].Message, tt.says)) {
				t.Errorf("%+v, want %q", findings[0], tt.says)
			}
		})
	}
}

// A write goes where the system takes it, whatever the name says.
func TestPhysical(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	if err := os.Mkdir(in("real"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"link": "real", "gone": "real/gone.txt", "loop": "loop", "up": "../up-there"} {
		if err := os.Symlink(target, in(name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	for name, want := range map[string]string{
		"real/new.txt":       "real/new.txt",
		"link/new.txt":       "real/new.txt",
		"link/a/b/c.txt":     "real/a/b/c.txt",
		"gone":               "real/gone.txt",
		"loop/a":             "loop/a",
		"up":                 "../up-there",
		"real/../link/x.txt": "real/x.txt",
	} {
		if got := site.Physical(in(name)); got != in(want) {
			t.Errorf("%s: %s, want %s", name, got, in(want))
		}
	}
}

func TestWithin(t *testing.T) {
	for name, want := range map[string]bool{"/r": true, "/r/a": true, "/rr": false, "/": false, "/r/..": false, "/r/..a": true} {
		if got := site.Within(filepath.FromSlash("/r"), filepath.Clean(filepath.FromSlash(name))); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
