package judge_test

import (
	"strings"
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/object"
)

// TestNestedDisowned: an agent is not made to delete the repository of somebody else. It cannot disown one that a command of it made, or that it
// lists.
func TestNestedDisowned(t *testing.T) {
	for _, test := range []struct {
		unfinished, ran, listed string
		want                    rule.Severity
	}{
		{"", "", "", rule.Block},
		{"inner/ is not mine", "", "", rule.Note},
		{"the rest is to be done", "", "", rule.Block},
		{"inner is not mine", "git clone ../lib inner", "", rule.Block},
		{"inner is not mine", "", "inner", rule.Block},
	} {
		seen := inspect.Evidence{Base: inspect.BaseLaunch, Nested: []worktree.PathState{{Name: "inner", Change: worktree.Added, Now: object.File{Mode: object.ModeSubmodule}}}}
		if test.unfinished != "" {
			seen.Unfinished = []string{test.unfinished}
		}
		if test.ran != "" {
			seen.Ran = []trace.Command{{Text: test.ran}}
		}
		if test.listed != "" {
			seen.Claims = []inspect.Claim{{Listed: test.listed, Path: test.listed}}
		}
		found := broken(rule.RepositoryNested, seen)
		if len(found) != 1 || found[0].Severity != test.want || test.want == rule.Block && !strings.Contains(found[0].Message, "if it is not yours, leave it and say so in unfinished") {
			t.Errorf("%+v: %+v", test, found)
		}
	}
}
