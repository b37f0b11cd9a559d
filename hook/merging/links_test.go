package merging

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// git itself is asked what a git add includes.
func TestStages(t *testing.T) {
	t.Parallel()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run := func(dir, command string) string {
		t.Helper()
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.CombinedOutput()
		if err != nil && !strings.Contains(string(out), "pathspec") {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
		return string(out)
	}
	run(root, "git init -q; mkdir -p web/src; ln -s ../x/node_modules web/node_modules; ln -s x/vendor vendor; touch web/src/a.js main.go")
	for _, c := range []struct{ inside, add string }{
		{".", "."},
		{".", "-A"},
		{".", "--all"},
		{".", "-A ."},
		{".", "-v ."},
		{".", ":/"},
		{"web", "."},
		{"web", "-A"},
		{"web", ":/"},
		{"web/src", "."},
		{"web", "src"},
		{".", "web"},
		{".", "web/"},
		{".", "web/src main.go"},
		{".", "vendor"},
		{".", "vendor/"},
		{".", "./vendor main.go"},
		{".", "-u"},
		{".", "-A -- . ':!vendor'"},
		{".", "-A -- . ':!vendor' ':!web/node_modules'"},
		{".", "-A -- . ':(exclude)vendor' ':^web'"},
		{".", "':!vendor'"},
		{".", "-A -- ':(top)' ':(top,exclude,literal)vendor' ':(top,exclude,literal)web/node_modules'"},
		{"web", "-A -- . ':!node_modules'"},
		{"web", "-A -- ':(top)' ':(top,exclude,literal)vendor' ':(top,exclude,literal)web/node_modules'"},
		{".", ". ':!vendor/' ':!web/node_modules/'"},
		{".", "'*.js'"},
		{".", "'web/*'"},
		{".", root},
		{".", root + "/web/src"},
		{".", "-A -- . ':!*node_modules' ':!vendor'"},
	} {
		taken := run(filepath.Join(root, c.inside), "git add --dry-run "+c.add)
		for _, link := range []string{"web/node_modules", "vendor"} {
			if got, want := stages("git add "+c.add, root, c.inside, link), strings.Contains(taken, "'"+link+"'"); got != want {
				t.Errorf("in %s, git add %s takes %s: %v, git says %v", c.inside, c.add, link, got, want)
			}
		}
	}
}
