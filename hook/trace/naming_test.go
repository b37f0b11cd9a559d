package trace

import "testing"

// TestMayChange: a command does not change the files that it reads or copies from.
func TestMayChange(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]bool{
		"echo x >> src/util.js":                      true,
		"cat a > src/util.js":                        true,
		"sed -i s/a/b/ src/util.js":                  true,
		"rm ../../src/util.js":                       true,
		"tee src/util.js < x":                        true,
		"cp other.js src/util.js":                    true,
		"cp other/util.js src/":                      true,
		"mv src/util.js src/other.js":                true,
		"npm test; echo x > src/util.js":             true,
		"cat src/util.js":                            false,
		"cat src/util.js 2>/dev/null":                false,
		"cat src/util.js > copy.js":                  false,
		"diff src/util.js ../../src/util.js 2>&1":    false,
		"diff src/util.js b.js &>/dev/null | head":   false,
		"cp src/util.js /elsewhere/":                 false,
		"git diff HEAD -- src/util.js >/tmp/x.patch": false,
		"sed -n 1,3p src/util.js":                    false,
		"echo x >> src/util.jsx":                     false,
	} {
		if got := MayChange(command, "src/util.js"); got != want {
			t.Errorf("%s: %t", command, got)
		}
	}
}

// TestReaches: a command names a file of a folder for certain, or perhaps another of the same name.
func TestReaches(t *testing.T) {
	t.Parallel()
	const main, tree = "/r/repo", "/r/repo/trees/T1"
	for _, tt := range []struct {
		dir, command string
		main, tree   bool
	}{
		{main, "echo x >> src/a.js", true, false},
		{main, "echo x >> ./src/a.js", true, false},
		{tree, "echo x >> src/a.js", false, true},
		{tree, "echo x >> ../../src/a.js", true, false},
		{main, "cd trees/T1 && echo x >> src/a.js", false, true},
		{main, "cd /r/repo/trees/T1; echo x >> src/a.js", false, true},
		{tree, "cd '/r/repo' && echo x >> src/a.js", true, false},
		{tree, "cd ../.. && cd src && echo x >> a.js", true, false},
		{main, "cd src && echo x >> a.js", true, false},
		{main, "echo x >> /r/repo/trees/T1/src/a.js", false, true},
		{"", "echo x >> /r/repo/src/a.js", true, false},
		{"", "echo x >> src/a.js", false, false},
		{"", "cd /r/repo && echo x >> src/a.js", true, false},
		{"", "cd repo && echo x >> src/a.js", false, false},
		{main, "cd $X && echo x >> src/a.js", false, false},
		{main, "(cd trees/T1 && echo x >> src/a.js)", false, false},
		{main, "echo x >> src/a.jsx", false, false},
		{main, "echo x >> lib/src/a.js", false, false},
	} {
		c := Command{Text: tt.command, Dir: tt.dir}
		if got := c.Reaches(main, "src/a.js"); got != tt.main {
			t.Errorf("%s in %q reaches the main worktree: %t", tt.command, tt.dir, got)
		}
		if got := c.Reaches(tree, "src/a.js"); got != tt.tree {
			t.Errorf("%s in %q reaches the tree: %t", tt.command, tt.dir, got)
		}
	}
}
