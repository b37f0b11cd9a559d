package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"stopgate/hook/shell"
)

// findings returns the findings under a rule of a recorded stop.
func findings(record gjson.Result, rule string) []gjson.Result {
	var found []gjson.Result
	for _, f := range record.Get("data.findings").Array() {
		if f.Get("rule").String() == rule {
			found = append(found, f)
		}
	}
	return found
}

// sh runs a command in the agent's worktree. Its transcript does not tell of it.
func (w *agentWorld) sh(command string) {
	w.t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = filepath.Join(w.repo, ownTree), cleanEnv(w.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// asks returns the answer to a command that the agent is about to run.
func (w *agentWorld) asks(command string) string {
	w.t.Helper()
	return w.event("PreToolUse", map[string]any{
		"agent_id": "a1", "agent_type": "bug-fixer", "tool_name": "Bash", "tool_use_id": "toolu_b", "tool_input": map[string]any{"command": command},
	})
}

// TestNestedRepositoryIsFound: a repository that the agent made is found by its .git, however the report lists it. An agent that follows the advice
// passes.
func TestNestedRepositoryIsFound(t *testing.T) {
	t.Parallel()
	for _, listed := range [][]string{{}, {"front end/"}, {"front end"}, {"front end/a.js", "front end/src/b.js"}, {"./front end/a.js"}} {
		t.Run(strings.Join(listed, " "), func(t *testing.T) {
			t.Parallel()
			skipSome(t)
			w := newAgentWorld(t)
			w.begin()
			w.write(ownTree+"/new.txt", "new\n")
			w.write(ownTree+"/front end/a.js", "a\n")
			w.write(ownTree+"/front end/src/b.js", "b\n")
			w.run("npx() { cp a.txt a2.txt; rm a2.txt; }; npx create-app") // the real one would ask the network
			w.sh("git init -q 'front end'")
			record, answer := w.stop(append([]string{"new.txt"}, listed...)...)
			found := findings(record, "repository-nested")
			if len(found) != 1 || len(record.Get("data.findings").Array()) != 1 || !strings.Contains(answer, `"block"`) {
				t.Fatalf("%s, answered %s", record.Get("data.findings"), answer)
			}
			message := found[0].Get("message").String()
			_, rest, _ := strings.Cut(message, "run ")
			command, _, ok := strings.Cut(rest, " in the worktree")
			if !ok || !strings.Contains(message, `"front end/.git"`) {
				t.Fatalf("no command in %s", message)
			}
			if out := w.asks("cd " + ownTree + " && " + command); out != "" {
				t.Errorf("the advice is refused: %s", out)
			}
			w.sh(command)
			if record, _ = w.stop("new.txt", "front end/a.js", "front end/src/b.js"); record.Get("data.verdict").String() != "verified" {
				t.Errorf("after what was advised: %s", record.Get("data.findings"))
			}
		})
	}
}

// TestNestedRepositoryOfAnyName: the advice on a repository in a folder whose name means something to a shell or to rm can be followed, too.
func TestNestedRepositoryOfAnyName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"[id]", "a*b", "-x", "what?", "it's", "a$b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newAgentWorld(t)
			w.begin()
			w.write(ownTree+"/"+name+"/a.js", "a\n")
			w.sh("git init -q " + shell.Quote("./"+name))
			record, _ := w.stop(name + "/a.js")
			found := findings(record, "repository-nested")
			if len(found) != 1 {
				t.Fatalf("%s", record.Get("data.findings"))
			}
			_, rest, _ := strings.Cut(found[0].Get("message").String(), "run ")
			command, _, _ := strings.Cut(rest, " in the worktree")
			if out := w.asks("cd " + ownTree + " && " + command); out != "" {
				t.Errorf("the advice is refused: %s", out)
			}
			w.sh(command)
			if record, _ = w.stop(name + "/a.js"); record.Get("data.verdict").String() != "verified" {
				t.Errorf("after %s: %s", command, record.Get("data.findings"))
			}
		})
	}
}

// TestWhichGitMayGo: an agent removes the .git of a repository that it made in its own worktree, and no other.
func TestWhichGitMayGo(t *testing.T) {
	t.Parallel()
	w := newAgentWorld(t)
	w.sh("git init -q there-before && mkdir -p ignored && echo '*' > ignored/.gitignore && git init -q ignored/before && sleep 0.1") // a file may be 50 ms older than the clock says
	w.begin()
	w.sh("git init -q app && git init -q pkg/lib && git init -q app/inner && git init -q ../T2-other/app && git init -q ../../app && git init -q ignored/app && git init -q 'web/[id]' && git init -q ./-x")
	w.sh("mkdir -p plain && ln -s ../../../.git plain/.git && ln -s ../T2-other linked && git worktree add -q inside -b inside")
	own := filepath.Join(w.repo, ownTree)
	for command, refused := range map[string]bool{
		"rm -rf " + ownTree + "/app/.git":                         false,
		"rm -rf " + own + "/pkg/lib/.git":                         false,
		"cd " + ownTree + " && rm -rf app/.git pkg/lib/.git":      false,
		"(cd " + own + "/app; rm -r -f ./.git/)":                  false,
		"cd " + ownTree + "; cd app && rm -rf .git":               false,
		"rm -rf " + ownTree + "/.git":                             true,
		"cd " + ownTree + "; rm -rf .git":                         true,
		"cd " + ownTree + "; rm -rf app/.git .git":                true,
		"cd " + ownTree + "; rm -rf app/.git; git add -A":         true,
		"cd " + ownTree + "; rm -rf */.git":                       true,
		"cd " + ownTree + "; rm -rf pkg/*/.git":                   false,
		"cd " + ownTree + "; rm -rf 'web/[id]/.git'":              false,
		"cd " + ownTree + "; rm -rf ./-x/.git":                    false,
		"cd " + ownTree + "; rm -rf there-*/.git":                 true,
		"cd " + ownTree + "; rm -rf none*/.git":                   true,
		"cd " + ownTree + "; rm -rf $X/.git":                      false, // it may be a temporary one; the text does not show it
		"cd $X; rm -rf app/.git":                                  false,
		"cd " + ownTree + "; rm -rf app/.git/config":              true,
		"cd " + ownTree + "; rm -rf there-before/.git":            true,
		"cd " + ownTree + "; rm -rf ignored/before/.git":          true,
		"cd " + ownTree + "; rm -rf ignored/app/.git":             false,
		"cd " + ownTree + "; rm -rf plain/.git":                   true,
		"cd " + ownTree + "; rm -rf linked/app/.git":              true,
		"cd " + ownTree + "; rm -rf linked/.git":                  true,
		"cd " + ownTree + "; rm -rf inside/.git":                  false,
		"cd " + ownTree + "; rm -rf nothing/.git":                 true,
		"cd " + ownTree + "; mv app/.git ../x.git":                true,
		"cd " + ownTree + "; rm -rf ../T2-other/app/.git":         true,
		"rm -rf app/.git":                                         true,
		"rm -rf .git":                                             true,
		fmt.Sprintf("cd %s/app && echo x > .git/config", ownTree): true,
	} {
		if out := w.asks(command); strings.Contains(out, `"deny"`) != refused {
			t.Errorf("%s: refused is %t, want %t: %s", command, !refused, refused, out)
		}
	}
}

// TestNestedBeforeIsNotTheAgents: a repository that existed at the launch is not charged, whatever happens in it.
func TestNestedBeforeIsNotTheAgents(t *testing.T) {
	t.Parallel()
	w := newAgentWorld(t)
	w.sh("git init -q older && git init -q empty && cd older && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m x")
	w.begin()
	w.write(ownTree+"/new.txt", "new\n")
	w.run("ls")
	w.sh("cd older && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m y")
	if record, _ := w.stop("new.txt"); record.Get("data.verdict").String() != "verified" || len(record.Get("data.findings").Array()) > 0 {
		t.Errorf("%s", record.Get("data.findings"))
	}
}

// TestShownIsUndeclared: no name keeps a new file from being found.
func TestShownIsUndeclared(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"coverage/x.js", "junit.xml", "lib/lcov.info", "test-results.json", "src/coverage/calc.js", "lib/__pycache__/x.py", "target/debug/x.rs",
		"src/vendor/x.js", "src/build/x", "dist/x", "node_modules/x/index.js", "target/x", "env/x", "old-backup/x", "venv/x", "Build/x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipSome(t)
			w := newAgentWorld(t)
			w.begin()
			w.write(ownTree+"/new.txt", "new\n")
			w.write(ownTree+"/"+name, "x\n")
			w.run("ls")
			record, _ := w.stop("new.txt")
			if found := findings(record, "change-undeclared"); len(found) != 1 || found[0].Get("severity").String() != "block" || !strings.Contains(found[0].Get("message").String(), name) {
				t.Errorf("%s", record.Get("data.findings"))
			}
			if record, _ = w.stop("new.txt", name); record.Get("data.verdict").String() != "verified" {
				t.Errorf("when it is listed: %s", record.Get("data.findings"))
			}
		})
	}
}

// TestBorrowedDependencies: a link to another worktree's dependencies is no change, stays, and is not to be listed. Any other link is a change.
func TestBorrowedDependencies(t *testing.T) {
	t.Parallel()
	w := newAgentWorld(t)
	w.sh("mkdir -p ../../node_modules ../../web/vendor ../T2-other/vendor ../../lib")
	w.begin()
	w.write(ownTree+"/new.txt", "new\n")
	w.sh("mkdir web api && ln -s ../../node_modules . && ln -s ../../../web/vendor web/vendor && ln -s \"$(cd ../.. && pwd)/.venv\" .venv && ln -s ../../../node_modules api && ln -s ../T2-other/vendor .")
	w.run("ls")
	record, _ := w.stop("new.txt")
	if record.Get("data.verdict").String() != "verified" || len(record.Get("data.findings").Array()) > 0 {
		t.Errorf("%s", record.Get("data.findings"))
	}
	if record, _ = w.stop("new.txt", "web/vendor"); len(findings(record, "claim-invalid")) != 1 {
		t.Errorf("when it is listed: %s", record.Get("data.findings"))
	}
	w.sh("ls -d node_modules/. web/vendor/. vendor/. && test -L .venv")
	others := []string{"other/deps", "other/lib", "other/venv", "other/node_modules"}
	w.sh("mkdir other && ln -s ../../../web/vendor other/deps && ln -s ../../../lib other/lib && ln -s /nowhere/venv other/venv && ln -s ../node_modules other/")
	record, _ = w.stop("new.txt")
	for _, name := range others {
		if !strings.Contains(record.Get("data.findings").String(), name) {
			t.Errorf("%s is not found: %s", name, record.Get("data.findings"))
		}
	}
}
