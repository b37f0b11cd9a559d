package trace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/transcript"
)

// TestWritesUnnamed: a file that a command writes by a pattern, a loop or a search is its change. One that it only reads, that has another name, or that is
// in a folder which the text does not show, is not.
func TestWritesUnnamed(t *testing.T) {
	t.Parallel()
	const repo = "/home/u/repo"
	for command, writes := range map[string]bool{
		"sed -i s/a/b/ src/*.js":                                            true,
		"cd /home/u/repo && sed -i s/a/b/ src/*.js":                         true,
		"rm -f src/app.*":                                                   true,
		"cd trees && for d in ../sr*; do echo x >> $d/app.js; done":         true,
		"find src -name '*.js' -exec sed -i s/a/b/ {} +":                    true,
		"find . -type f -name 'app.js' | xargs sed -i s/a/b/":               true,
		"grep -rl foo src | xargs -r perl -pi -e s/a/b/":                    true,
		"grep -rl foo --include '*.js' . | xargs sed -i s/a/b/":             true,
		"find . -name '*.js' -delete":                                       true,
		"sed -n s/a/b/p src/*.js":                                           false,
		"cat src/*.js > /tmp/all.js":                                        false,
		"cd trees/T-1 && sed -i s/a/b/ src/*.js":                            false,
		"cd $WT && sed -i s/a/b/ src/*.js":                                  false,
		"cd \"$(git rev-parse --show-toplevel)\" && sed -i s/a/b/ src/*.js": false,
		"sed -i s/a/b/ trees/T-1/src/*.js":                                  false,
		"sed -i s/a/b/ src/*.ts":                                            false,
		"sed -i s/a/b/ *.js":                                                false,
		"find trees/T-1 -name '*.js' | xargs sed -i s/a/b/":                 false,
		"find . -name '*.pyc' -delete":                                      false,
		"find . -path './trees/T-1/*' -name '*.js' | xargs sed -i s/a/b/":   false,
		"find src -name '*.js' | xargs grep -l foo":                         false,
		"grep -rl foo src | xargs cat":                                      false,
		"grep -rn foo src | xargs sed -i s/a/b/":                            false,
		"grep -rl foo --include '*.py' . | xargs sed -i s/a/b/":             false,
		"find src -name '*.js' -exec grep foo {} +":                         false,
	} {
		agent := &transcript.Agent{ToolUses: []transcript.ToolUse{{Name: "Bash", Command: command, CWD: repo, Outcome: transcript.Succeeded}}}
		if got := LastChanging(Commands(agent, time.Time{}, nil), repo, "src/app.js").Text != ""; got != writes {
			t.Errorf("%s: %t", command, got)
		}
	}
}

// TestMatching: a pattern is expanded as filepath.Glob expands it, and not beyond its bounds.
func TestMatching(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"trees/T-1/src/a.js", "trees/T-1/src/b.ts", "trees/T-2/src/a.js", "trees/T-2/x", "src/a.js"} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, pattern := range []string{"trees/*/src/*.js", "trees/T-?/x", "*/a.js", "src/a.js", "none/*", "trees/[T]*", "trees/[", "*"} {
		want, _ := filepath.Glob(filepath.Join(dir, pattern)) // none for a wrong pattern
		got := matching(filepath.Join(dir, pattern))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	for i := range 3 * maxMatching {
		if err := os.Mkdir(filepath.Join(dir, fmt.Sprint("d", i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(matching(filepath.Join(dir, "*"))); n != maxMatching {
		t.Errorf("%d paths of many match", n)
	}
	if got := matching("/" + strings.Repeat("*/", 1000) + "*"); len(got) > maxMatching {
		t.Errorf("%d paths of the whole disk match", len(got))
	}
}
