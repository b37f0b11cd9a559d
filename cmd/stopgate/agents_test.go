package main

import (
	"regexp"
	"strings"
	"testing"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/report"
)

// The example at the end of each gate's agent is a result that counts, and none of these agents has a tool that edits files.
func TestAgentsOfThePlugin(t *testing.T) {
	example := regexp.MustCompile("(?s)```json\n(.*?)\n```")
	for _, name := range []string{"test-runner", "code-reviewer", "security-auditor", gates.BranchManagerAgent} {
		text := string(readRoot(t, "agents/"+name+".md"))
		head, _, ok := strings.Cut(strings.TrimPrefix(text, "---\n"), "\n---\n")
		if !ok || !strings.Contains(head, "name: "+name+"\n") || !strings.Contains(head, "\ntools: Bash, Read, Grep, Glob\n") {
			t.Errorf("%s begins with %s", name, head)
		}
		found := example.FindAllStringSubmatch(text, -1)
		if len(found) != 1 {
			t.Fatalf("%s has %d examples", name, len(found))
		}
		role, gate := launch.RoleOf(config.Default(), "stopgate:"+name, "")
		if name == gates.BranchManagerAgent {
			if b := report.FindBranch(found[0][1]); role != launch.MergeRole || b.Status != "success" || b.Failed() {
				t.Errorf("%s is a %s that reports %+v", name, role, b)
			}
			continue
		}
		result, problems := report.ParseGate(found[0][1], config.RoleOf(name) == config.RoleTests)
		if role != launch.GateRole || gate != name || len(problems) > 0 || !result.Passed || len(result.Contradictions) > 0 {
			t.Errorf("%s is a %s %s that reports %+v, %v", name, role, gate, result, problems)
		}
		// A stop because an input is missing is recognized as that.
		for _, line := range regexp.MustCompile("`ERROR: [^`]*required`").FindAllString(text, -1) {
			if report.MissingInput(strings.Trim(line, "`")) == "" {
				t.Errorf("%s stops with %s, which counts as something else", name, line)
			}
		}
	}
}
