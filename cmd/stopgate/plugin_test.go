package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stopgate/hook"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
	"stopgate/schema"
)

const root = "../.."

func readRoot(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestManifests holds the two copies of the manifest equal: the host reads the one below .claude-plugin, people the other.
func TestManifests(t *testing.T) {
	info, err := os.Lstat(filepath.Join(root, ".claude-plugin/plugin.json"))
	if err != nil || !info.Mode().IsRegular() {
		t.Fatalf(".claude-plugin/plugin.json is no regular file: %v, %v", info, err)
	}
	manifest := readRoot(t, ".claude-plugin/plugin.json")
	if !bytes.Equal(manifest, readRoot(t, "plugin.json")) {
		t.Error("plugin.json differs from .claude-plugin/plugin.json")
	}
	var m struct{ Name, Hooks string }
	if err := json.Unmarshal(manifest, &m); err != nil || m.Name != "stopgate" || m.Hooks != "./hook/hooks.json" {
		t.Errorf("the manifest says %+v, %v", m, err)
	}
}

// TestNotice holds the modules of which the program holds parts against those whose authors NOTICE names.
func TestNotice(t *testing.T) {
	linked := map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "stopgate/cmd/stopgate")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for _, path := range strings.Fields(string(out)) {
			linked[path] = path != "stopgate"
		}
	}
	named := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^([a-z.]+/\S+) \((?:MIT|Apache-2\.0|BSD-3-Clause)\)`).FindAllStringSubmatch(string(readRoot(t, "NOTICE")), -1) {
		named[match[1]] = true
		if !linked[match[1]] {
			t.Errorf("NOTICE names %s, which the program does without", match[1])
		}
	}
	for path, foreign := range linked {
		if foreign && !named[path] {
			t.Errorf("NOTICE does not name %s", path)
		}
	}
}

// TestHooks holds what is registered against what the program answers: every event that it knows, in exec form, and of every agent,
// since any may be a gate by the marker of its launch.
func TestHooks(t *testing.T) {
	var file struct {
		Hooks map[string][]struct {
			Matcher string
			Hooks   []struct {
				Type, Command string
				Args          []string
				Timeout       float64
			}
		}
	}
	if err := json.Unmarshal(readRoot(t, "hook/hooks.json"), &file); err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{host.SubagentStart, host.SubagentStop, host.PreToolUse, host.PostToolUse, host.UserPromptSubmit, host.Stop} {
		if len(file.Hooks[event]) == 0 {
			t.Errorf("%s is not registered", event)
		}
		for _, group := range file.Hooks[event] {
			for _, h := range group.Hooks {
				if h.Type != "command" || h.Command != "${CLAUDE_PLUGIN_ROOT}/bin/stopgate" || len(h.Args) != 1 || h.Args[0] != "hook" {
					t.Errorf("%s runs %+v", event, h)
				}
				if limit := hookDeadline.Seconds(); h.Timeout <= limit {
					t.Errorf("%s is killed after %v s, before the program's own deadline of %v s", event, h.Timeout, limit)
				}
			}
			if strings.HasPrefix(event, "Subagent") && group.Matcher != "" {
				t.Errorf("%s is registered for %q alone", event, group.Matcher)
			}
		}
	}
	if len(file.Hooks["SessionStart"]) == 0 {
		t.Error("nothing looks after the binary at SessionStart")
	}
}

// quotedStep is the step of the README.
func quotedStep() *hook.Step {
	c := hook.Case{
		AgentID: "a57ef777", AgentType: "stopgate:integration-engineer", Worktree: "./trees/PROJ-123-stripe", Verdict: rule.Verified,
		Asked:   launch.Assignment{TaskID: "PROJ-123"},
		Ordered: gates.Step{Action: gates.Deploy, Gates: []string{"test-runner"}},
	}
	for _, path := range []string{"src/payments/stripe-client.js", "tests/payments/stripe.test.js"} {
		c.Files = append(c.Files, hook.File{Path: path, Claimed: true, Change: worktree.Modified, Proof: hook.ByGit})
	}
	return hook.NextStep(c)
}

// Marks in the README around what is written by a machine.
const (
	rulesBegin = "<!-- rules: go test ./cmd/stopgate -run TestReadme -update -->\n"
	rulesEnd   = "<!-- end of rules -->"
)

func between(text, begin, end string) string {
	_, rest, _ := strings.Cut(text, begin)
	inner, _, _ := strings.Cut(rest, end)
	return inner
}

// TestReadme holds the texts that the README quotes against what the program says.
func TestReadme(t *testing.T) {
	readme := string(readRoot(t, "README.md"))
	finding := rule.Finding{
		Rule: rule.ClaimUnchanged, Severity: rule.Block,
		Message: `files_modified lists "tests/payments/stripe.test.js", but it is the same as in HEAD; make the change or take it off the list`,
	}
	if reason := hook.BlockReason([]rule.Finding{finding}, 1, hook.MaxAttempts); !strings.Contains(readme, reason) {
		t.Errorf("the README does not quote\n%s", reason)
	}
	_, rest, _ := strings.Cut(readme, "```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	if c, problems := config.Parse(config.FileName, []byte(text)); !found || len(problems) > 0 || c.Caps.Attempts != 2 {
		t.Errorf("the README's configuration is read as %+v, %v", c.Caps, problems)
	}
	for _, line := range strings.SplitAfter(quotedStep().Text(), "\n") {
		if !strings.HasPrefix(line, "{") && !strings.Contains(readme, line) {
			t.Errorf("the README does not quote %s", line)
		}
	}
	for _, name := range schema.Names() {
		if !strings.Contains(readme, name) {
			t.Errorf("the README does not name the schema %s", name)
		}
	}
	table := between(readme, rulesBegin, rulesEnd)
	if *update && table != rule.Table() {
		if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(strings.Replace(readme, table, rule.Table(), 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if table != rule.Table() {
		t.Error("the README's table of rules is not that of stopgate explain; go test ./cmd/stopgate -run TestReadme -update writes it")
	}
	for _, sub := range subcommands() {
		if !strings.Contains(readme, "stopgate "+sub.name) {
			t.Errorf("the README does not name stopgate %s", sub.name)
		}
	}
}
