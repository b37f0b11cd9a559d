package judge_test

import (
	"strings"
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
)

// TestConflicts: two agents changed one file at the same time, or one of them changed what the prompt of the other assigns to it.
func TestConflicts(t *testing.T) {
	other := func(earlier bool, files ...string) []trace.OtherAgent {
		return []trace.OtherAgent{{AgentID: "o1", AgentType: "bug-fixer", Earlier: earlier, Files: files}}
	}
	for name, test := range map[string]struct {
		seen inspect.Evidence
		want string // part of the message; "" for no finding
	}{
		"changed by both":           {inspect.Evidence{Touched: []string{"a.js"}, Others: other(false, "a.js")}, `"a.js" was changed by this agent and by "bug-fixer"`},
		"changed by an earlier one": {inspect.Evidence{Touched: []string{"a.js"}, Others: other(true, "a.js")}, ""},
		"two files":                 {inspect.Evidence{Touched: []string{"a.js"}, Others: other(false, "b.js")}, ""},
		"the other's by its prompt": {inspect.Evidence{Trespasses: []inspect.Trespass{{Path: "b.js", Other: other(false)[0]}}}, `"b.js" was changed by this agent while`},
		"its own by its prompt":     {inspect.Evidence{Trespasses: []inspect.Trespass{{Path: "a.js", Other: other(false)[0], ByOther: true}}}, `"a.js" was changed by "bug-fixer"`},
	} {
		found := broken(rule.FileConflict, test.seen)
		if test.want == "" && len(found) > 0 || test.want != "" && (len(found) != 1 || found[0].Severity != rule.Halt || !strings.HasPrefix(found[0].Message, test.want)) {
			t.Errorf("%s: %+v, want %q", name, found, test.want)
		}
	}
}
