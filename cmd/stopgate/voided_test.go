package main

import (
	"fmt"
	"strings"
	"testing"

	"stopgate/scripts/client"
)

// gate lets a gate's agent be launched, pass and come back.
func (w *agentWorld) gate(name string) {
	w.t.Helper()
	prompt := fmt.Sprintf("stopgate: task=\"T1\" gate=%s\nTASK: T1\nWORKTREE_PATH: ./%s\n", name, ownTree)
	g := client.Agent{Session: w.Session, ID: "g" + strings.ReplaceAll(name, "-", ""), Type: name, Launch: w.NewID("toolu_"), Cwd: w.repo}
	input := client.Fields{"subagent_type": name, "prompt": prompt}
	if out := w.event("PreToolUse", client.Call(g.Launch, "Agent", input)); out != "" {
		w.t.Fatalf("the launch of %s: %s", name, out)
	}
	launchedAs(w.t, &g, prompt)
	w.event("SubagentStart", g.Starts())
	if name == "test-runner" {
		g.Adds("assistant", client.Use("tu1", "Bash", client.Fields{"command": "cd " + ownTree + " && npm test"}))
		g.Adds("user", client.Result("tu1", "fine", false))
	}
	message := `{"gate_status":"PASS","tests_total":3,"tests_passed":3,"tests_failed":0,"tests_skipped":0,"blocking_issues":[]}`
	if out := w.event("SubagentStop", g.Stops(message, false, []any{})); out != "" {
		w.t.Fatalf("the stop of %s: %s", name, out)
	}
	w.event("PostToolUse", g.Returns(input, g.Completed(message)))
}

// merge returns the answer to the launch of the branch-manager.
func (w *agentWorld) merge() string {
	w.t.Helper()
	return w.event("PreToolUse", client.Call("toolu_merge", "Agent", client.Fields{
		"subagent_type": "branch-manager", "prompt": "TASK: T1\nWORKTREE_PATH: ./" + ownTree + "\nCommit and merge it.\n",
	}))
}

// TestWhatGitShowsVoidsAPass: whatever git add -A would commit makes the passes void, by whatever name it goes.
func TestWhatGitShowsVoidsAPass(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"vendor":            "mkdir -p src/vendor && echo x > src/vendor/x.js",
		"build":             "mkdir -p src/build && echo x > src/build/x",
		"dist":              "mkdir dist && echo x > dist/x",
		"coverage":          "mkdir coverage && echo x > coverage/x.js",
		"node_modules":      "mkdir -p node_modules/x && echo x > node_modules/x/index.js",
		"a report's name":   "echo x > junit.xml",
		"backup":            "mkdir my-backup && echo x > my-backup/x",
		"cache":             "mkdir -p lib/__pycache__ && echo x > lib/__pycache__/x.py",
		"nested repository": "mkdir inner && git init -q inner && echo x > inner/x",
		"a file's mode":     "chmod +x app/login.js",
		"a deleted file":    "rm second.txt",
		"a link":            "ln -s a.txt vendor",
		"nothing":           "true",
		"what git ignores":  "echo x > x.log && mkdir -p out && echo x > out/x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipSome(t)
			w := newAgentWorld(t)
			w.write(".git/info/exclude", "*.log\n/out/\n")
			w.begin()
			w.write(ownTree+"/app/login.js", "export const login = () => true\n")
			w.run("ls")
			if record, _ := w.stop("app/login.js"); record.Get("data.verdict").String() != "verified" {
				t.Fatalf("%s", record.Get("data.findings"))
			}
			w.event("PostToolUse", map[string]any{
				"tool_name": "Agent", "tool_response": map[string]any{"status": "completed", "agentId": "a1", "agentType": "bug-fixer"},
			})
			for _, gate := range []string{"test-runner", "code-reviewer", "security-auditor"} {
				w.gate(gate)
			}
			w.event("UserPromptSubmit", map[string]any{"prompt": "Merge it."})
			w.sh(change)
			answer := w.merge()
			if allowed := name == "nothing" || name == "what git ignores"; allowed != (answer == "") {
				t.Errorf("the branch-manager is answered %q", answer)
			}
			if answer != "" && !strings.Contains(answer, "has changed") {
				t.Errorf("refused for another reason: %s", answer)
			}
		})
	}
}
