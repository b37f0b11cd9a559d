package trace

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/transcript"
)

// TestMayChange: a command does not change the files that it reads or copies from.
func TestMayChange(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]bool{
		"echo x >> src/util.js":                                             true,
		"cat a > src/util.js":                                               true,
		"sed -i s/a/b/ src/util.js":                                         true,
		"rm ../../src/util.js":                                              true,
		"tee src/util.js < x":                                               true,
		"cp other.js src/util.js":                                           true,
		"cp other/util.js src/":                                             true,
		"mv src/util.js src/other.js":                                       true,
		"npm test; echo x > src/util.js":                                    true,
		"cat src/util.js":                                                   false,
		"cat src/util.js 2>/dev/null":                                       false,
		"cat src/util.js > copy.js":                                         false,
		"diff src/util.js ../../src/util.js 2>&1":                           false,
		"diff src/util.js b.js &>/dev/null | head":                          false,
		"cp src/util.js /elsewhere/":                                        false,
		"git diff HEAD -- src/util.js >/tmp/x.patch":                        false,
		"git ls-tree HEAD src/util.js":                                      false,
		"git rev-list -1 HEAD -- src/util.js":                               false,
		"git merge-file src/util.js base.js other.js":                       true,
		"sed -n 1,3p src/util.js":                                           false,
		"echo x >> src/util.jsx":                                            false,
		"sort -o src/util.js x":                                             true,
		"git diff --output=src/util.js HEAD~1":                              true,
		"sort src/util.js | uniq > x":                                       false,
		"find src/util.js -delete":                                          true,
		"time awk '/x/' src/util.js":                                        false,
		"grep -n 'begin\\|end' src/util.js | head -20":                      false,
		`grep -nE "begin|src/util.js; end" src/*.js`:                        false,
		"awk '/a/ {print; n++} END {print n}' src/util.js":                  false,
		"sed -n '/begin/,/end/p;$p' src/util.js":                            false,
		"grep -n '=>' src/util.js":                                          false,
		"grep -n '=>' x > src/util.js":                                      true,
		`python3 -c "import json; json.dump({}, open('src/util.js', 'w'))"`: true,
		`echo "x \" y"; rm src/util.js "z"`:                                 true,
		"sed -n 's/a/b/w src/util.js' x":                                    true,
		"ls # it isn't here\nrm src/util.js":                                true,
		"ls # isn't\nrm src/util.js # or can't":                             true,
		"echo it\\'s; rm src/util.js; echo 'x'":                             true,
		"cat <<EOF > x\ncat isn't here\nEOF\nrm src/util.js\necho 'x'":      true,
		"grep 'a' x; rm src/util.js; grep 'b' x":                            true,
	} {
		if got := MayChange(command, "src/util.js"); got != want {
			t.Errorf("%s: %t", command, got)
		}
	}
}

// TestChangesNothing: an agent that only looks at a worktree did not change what is there.
func TestChangesNothing(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]bool{
		"cd trees/T1 && ls -la src | head; git status --short":                               true,
		"git -C trees/T1 diff HEAD 2>/dev/null | wc -l":                                      true,
		"find trees/T1 -name '*.js' | sort":                                                  true,
		"find trees/T1 -name '*.js' | xargs -n 1 grep -l \"x\\|y\" | head":                   true,
		"find trees/T1 -name '*.js' -exec grep -l \"x y\" {} \\;":                            true,
		"find trees/T1 -name '*.js' | xargs sed -i s/a/b/":                                   false,
		"find trees/T1 -name '*.js' | xargs":                                                 false,
		"find trees/T1 -name '*.js' | xargs sort -o trees/T1/a.js":                           false,
		"find trees/T1 -name '*.js' | xargs -I{} cp {} trees/T1/b/":                          false,
		"find trees/T1 -name '*.js' -exec rm {} \\;":                                         false,
		"sed -n '1,80p' trees/T1/a.js":                                                       true,
		"cd trees/T1; sed -n '1,20p;40q' a.js; echo '=== b'; grep -n 'x\\|y' b.js | tail -5": true,
		"cd trees/T1 && git branch --show-current && git stash list":                         true,
		"gh api repos/x/y/pulls/1/comments --paginate --jq '.[] | .id'":                      true,
		"gh api -X POST repos/x/y/pulls/1/merge":                                             false,
		"gh repo clone x/y":                                                                  false,
		"gh pr view 12 --json title,body 2>/dev/null | jq '.title | length'":                 true,
		"git -C trees/T1 --no-pager diff | head":                                             true,
		"cd trees/T1 && git branch -D old":                                                   false,
		"cd trees/T1 && gh pr checkout 12":                                                   false,
		"sed '1d' trees/T1/a.js > trees/T1/b.js":                                             false,
		"sed -n '1e touch trees/T1/x' trees/T1/a.js":                                         false,
		"cat trees/T1/a.js > trees/T1/b.js":                                                  false,
		"cd trees/T1 && npm test":                                                            false,
		"ls trees/T1; rm -rf trees/T1/x":                                                     false,
		"echo $(node trees/T1/gen.js)":                                                       false,
		"find trees/T1 -name '*.bak' -delete":                                                false,
	} {
		if got := ChangesNothing(command); got != want {
			t.Errorf("%s: %t", command, got)
		}
	}
}

// TestWritesIn: the sources of a copy and the target of a link are not written.
func TestWritesIn(t *testing.T) {
	t.Parallel()
	const main, tree = "/r/repo", "/r/repo/.claude/worktrees/agent-1"
	for command, want := range map[string]bool{
		"ln -sfn ../src/util.js links/app.js && ln -s ../docs links/docs": false,
		"ln -s a.js ../../../src/link.js":                                 true,
		"cp ../../../src/a.js src/":                                       false,
		"cp src/a.js ../../../src/":                                       true,
		"mv ../../../src/a.js src/":                                       true,
		"rm -rf ../../../src":                                             true,
		"touch src/a.js":                                                  false,
		"sed -i s/a/b/ ../../../src/a.js":                                 true,
		"sed s/a/b/ ../../../src/a.js":                                    false,
		"echo x > ../../../a.txt":                                         true,
		"curl -so ../../../a.txt https://example.org/a":                   true,
		"mkdir -p src && cat ../../../README.md | tee src/README.md":      false,
	} {
		if got := (Command{Text: command, Dir: tree}).WritesIn(main, tree); got != want {
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
		if got := reaches(c, main, "src/a.js"); got != tt.main {
			t.Errorf("%s in %q reaches the main worktree: %t", tt.command, tt.dir, got)
		}
		if got := reaches(c, tree, "src/a.js"); got != tt.tree {
			t.Errorf("%s in %q reaches the tree: %t", tt.command, tt.dir, got)
		}
	}
}

// TestToolNamesFile: the input of an MCP tool can name a file of another worktree in any key and form. A tool that reads by its name changes none.
func TestToolNamesFile(t *testing.T) {
	t.Parallel()
	const tree, file = "/r/repo/trees/T 2", "/r/repo/trees/T 2/src/ä.js"
	for _, tt := range []struct {
		tool, input string
		want        bool
	}{
		{"mcp__f__write", `{"path":"` + file + `","content":"x"}`, true},
		{"mcp__f__write", `{"target":{"uri":"file:///r/repo/trees/T%202/src/%C3%A4.js"}}`, true},
		{"mcp__f__write", `{"args":"{\"path\":\"/r/repo/trees/T 2/src/ä.js\"}"}`, true},
		{"mcp__f__write", `{"files":{"` + file + `":"x"}}`, true},
		{"mcp__f__write", `{"path":"trees/T 2/src/ä.js"}`, true},
		{"mcp__f__write", `{"path":"./trees/T 2/src/ä.js"}`, true},
		{"mcp__f__write", `{"dir":"/r/repo/trees/T 2/src","name":"ä.js"}`, true},
		{"mcp__f__write", `{"path":"src/ä.js","cwd":"/r/repo/trees/T 2"}`, true},
		{"mcp__f__patch", `{"root":"/r/repo/trees/T 2","patch":"--- a/src/ä.js\n+++ b/src/ä.js\n@@ -1 +1 @@\n-a\n+x\n"}`, true},
		{"mcp__f__patch", `{"root":"/r/repo/trees/T 2","patch":"*** Begin Patch\n*** Update File: src/ä.js\n"}`, true},
		{"mcp__sh__exec", `{"line":"cd '/r/repo/trees/T 2' && echo x > src/ä.js"}`, true},
		{"mcp__sh__exec", `{"argv":["cp","/tmp/x","` + file + `"]}`, true},
		{"mcp__f__write", `{"path":"src/ä.js"}`, false},
		{"mcp__f__write", `{"dir":"/r/repo/trees/T 2/lib","name":"ä.js"}`, false},
		{"mcp__f__write", `{"path":"/r/repo/trees/T1/doc.md","content":"see\nsrc/ä.js\nthere"}`, false},
		{"mcp__f__read_file", `{"path":"` + file + `"}`, false},
		{"mcp__ide__getDiagnostics", `{"uri":"file:///r/repo/trees/T%202/src/%C3%A4.js"}`, false},
	} {
		path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
		lines := `{"type":"user","agentId":"a1","isSidechain":true,"cwd":"/r/repo","timestamp":"2026-01-02T03:04:05Z","message":{"role":"user","content":"TASK: T-1"}}
{"type":"assistant","agentId":"a1","isSidechain":true,"cwd":"/r/repo","timestamp":"2026-01-02T03:04:06Z","message":{"id":"m","content":[{"type":"tool_use","id":"u","name":"` + tt.tool + `","input":` + tt.input + `}]}}
`
		if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		agent, err := transcript.ReadAgent(t.Context(), path, transcript.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ran := Commands(agent, time.Time{}, nil)
		got := LastChanging(ran, tree, "src/ä.js")
		if (got.Text != "") != tt.want || tt.want && got.Tool != tt.tool {
			t.Errorf("%s %s changes the file: %+v", tt.tool, tt.input, got)
		}
		if tt.want && !slices.ContainsFunc(ran[0].Paths(), func(name string) bool { return strings.HasPrefix(name, tree) }) {
			t.Errorf("%s %s names no path of the worktree: %q", tt.tool, tt.input, ran[0].Paths())
		}
	}
}

func TestChangingPaths(t *testing.T) {
	for text, want := range map[string][]string{
		"cat /w/b/x":                        nil,
		"cd /w/b && ls && cat x":            nil,
		"cp /w/b/x /tmp/x; cd /w/b && ls":   {"/w/a", "/tmp/x"},
		"cd /w/b && touch x":                {"/w/b", "/w/b"},
		"ls /w/c && echo text > /w/b/x":     {"/w/a", "/w/b/x"},
		"echo '/w/b/x' && touch ../b/y":     {"/w/a", "/w/b/y"},
		"(cd /w/b && make) && cat /w/b/out": {"/w/b"},
		"echo x >> trees/T2/b.txt":          {"/w/a", "/T2/b.txt", "/w/a/trees/T2/b.txt"},
		"cd x; tee -a ./trees/b.txt <<< y":  {"/w/a/x", "/trees/b.txt", "/w/a/x/trees/b.txt"},
		"python3 -c 'f(\"trees/b\", 1)'":    {"/w/a", "/w/a/f(\"trees/b\", 1)", "/w/a/trees/b"},
		"cat trees/T2/b.txt":                nil,
	} {
		if got := (Command{Text: text, Dir: "/w/a"}).ChangingPaths(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestManyPaths(t *testing.T) {
	text := "touch" + strings.Repeat(" /tmp/a", 100) + " /w/b/x"
	if paths := (Command{Text: text, Dir: "/w/a"}).ChangingPaths(); !slices.Contains(paths, "/w/b/x") {
		t.Errorf("the last of %d paths is not found", len(paths))
	}
}

// TestLastWriting: a command that names a file of another agent's may only have read it, so it must have been running when the file was written. One that
// visibly writes the file need not: somebody may have written it again since.
func TestLastWriting(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	tree := filepath.Join(root, "trees", "T2")
	written := time.Now().Add(-time.Hour)
	for _, name := range []string{"b.txt", "sub/c.txt"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(tree, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(tree, name), []byte("b\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now() // the times of change, which nobody can set
	for command, tt := range map[string]struct{ then, before bool }{
		"npx prettier --write trees/T2/b.txt":                  {true, false},
		"node trees/T2/b.txt":                                  {true, false},
		"python3 -c \"open('trees/T2/b.txt','a').write('x')\"": {true, false},
		"python3 -c \"os.remove('trees/T2/sub/gone.txt')\"":    {true, false},
		"echo x >> trees/T2/b.txt":                             {true, true},
		"tee -a trees/T2/b.txt <<< x":                          {true, true},
		"rm trees/T2/sub/gone.txt":                             {true, true},
		"cd trees && cp x T2/b.txt":                            {true, true},
		"patch -d trees/T1 < trees/T2/b.txt":                   {true, false},
		"cat trees/T2/b.txt > x":                               {false, false},
		"npx prettier --write trees/T1/b.txt":                  {false, false},
	} {
		name := "b.txt"
		if strings.Contains(command, "gone") {
			name = "sub/gone.txt"
		}
		for at, want := range map[time.Time]bool{now.Add(-time.Second): tt.then, written.Add(-time.Minute): tt.before} {
			use := transcript.ToolUse{Name: "Bash", Command: command, CWD: root, Time: at, ResultTime: at.Add(2 * time.Second)}
			ran := Commands(&transcript.Agent{ToolUses: []transcript.ToolUse{use}}, time.Time{}, nil)
			if got := LastWriting(ran, tree, name).Text != ""; got != want {
				t.Errorf("%s, at %s: %t", command, now.Sub(at), got)
			}
		}
	}
}
