package conduct_test

import (
	"strings"
	"testing"

	"stopgate/hook/conduct"
	"stopgate/hook/rule"
)

func TestVerifyWrite(t *testing.T) {
	const own, other = "/r/trees/T-1-x", "/r/trees/T-2-y"
	tests := []struct {
		name   string
		target conduct.Target
		rule   rule.Name
		says   string
	}{
		{"in the worktree", conduct.Target{Name: own + "/src/a.js", Assigned: []string{own}, Repository: true, Root: own}, "", ""},
		{"in the worktree of the message that resumed it", conduct.Target{Name: other + "/a", Assigned: []string{own, other}, Repository: true, Root: other}, "", ""},
		{"another agent's", conduct.Target{Name: own + "/src/b.js", Assigned: []string{own}, Repository: true, Root: own, Owner: `"bug-fixer" (agent "a2")`}, rule.FileConflict, `the prompt of "bug-fixer" (agent "a2") assigns "/r/trees/T-1-x/src/b.js" to that agent alone`},
		{"in the main worktree", conduct.Target{Name: "/r/src/a.js", Assigned: []string{own}, Repository: true, Root: "/r"}, rule.WriteOutside, `your copy of it is "/r/trees/T-1-x/src/a.js"`},
		{"in another worktree", conduct.Target{Name: other + "/a", Assigned: []string{own}, Repository: true, Root: other}, rule.WriteOutside, `is not in your worktree, "/r/trees/T-1-x"`},
		{"beside it, with its name in front", conduct.Target{Name: own + "-2/a", Assigned: []string{own}, Repository: true, Root: "/r"}, rule.WriteOutside, ""},
		{"in no repository", conduct.Target{Name: "/home/me/notes.md", Assigned: []string{own}}, rule.WriteOutside, `write below "/r/trees/T-1-x"`},
		{"in the system's temporary folder", conduct.Target{Name: "/tmp/x.js", Assigned: []string{own}, Shared: true}, "", ""},
		{"in the repository, which stands in the temporary folder", conduct.Target{Name: "/tmp/r/a", Assigned: []string{"/tmp/r/trees/x"}, Shared: true, Repository: true, Root: "/tmp/r"}, rule.WriteOutside, ""},
		{"nobody knows where it belongs", conduct.Target{Name: "/r/src/a.js", Repository: true, Root: "/r"}, "", ""},
		{"git's", conduct.Target{Name: own + "/.git", Assigned: []string{own}, Repository: true, Root: own, Protected: rule.GitTampered}, rule.GitTampered, "belongs to git"},
		{"the gate's, of an agent without a known worktree", conduct.Target{Name: "/r/.stopgate.yml", Protected: rule.GateTampered}, rule.GateTampered, "controls stopgate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			findings := conduct.Write(tt.target.Name, tt.target)
			if rules(findings) != string(tt.rule) {
				t.Fatalf("%+v, want %q", findings, tt.rule)
			}
			if tt.rule != "" && (findings[0].Severity != rule.Block || !strings.Contains(strings.ReplaceAll(findings[0].Message, `\\`, "/"), tt.says)) {
				t.Errorf("%+v, want %q", findings[0], tt.says)
			}
		})
	}
}
