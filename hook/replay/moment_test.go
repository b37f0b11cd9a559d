package replay

import (
	"testing"

	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// The states of now become those at a stop at line 10.
func TestAsOf(t *testing.T) {
	use := func(line int, tool, path string, outcome transcript.Outcome) transcript.ToolUse {
		return transcript.ToolUse{Name: tool, Path: path, Line: line, Outcome: outcome}
	}
	edit := func(line int) transcript.ToolUse { return use(line, "Edit", "/w/a.txt", transcript.Succeeded) }
	bash := func(line int) transcript.ToolUse { return use(line, "Bash", "", transcript.Succeeded) }
	for name, test := range map[string]struct {
		uses []transcript.ToolUse
		now  worktree.Change
		want worktree.Change
	}{
		"edited before":                 {[]transcript.ToolUse{edit(5)}, worktree.Modified, worktree.Modified},
		"edited before and later":       {[]transcript.ToolUse{edit(5), edit(15)}, worktree.Modified, worktree.Modified},
		"edited later":                  {[]transcript.ToolUse{edit(15)}, worktree.Modified, worktree.Unchanged},
		"written later":                 {[]transcript.ToolUse{edit(15)}, worktree.Added, worktree.Missing},
		"failed before, edited later":   {[]transcript.ToolUse{use(5, "Edit", "/w/a.txt", transcript.Failed), edit(15)}, worktree.Modified, worktree.Unchanged},
		"another file before":           {[]transcript.ToolUse{use(5, "Edit", "/w/b.txt", transcript.Succeeded), edit(15)}, worktree.Modified, worktree.Unchanged},
		"only read before":              {[]transcript.ToolUse{use(5, "Read", "", transcript.Succeeded), edit(15)}, worktree.Modified, worktree.Unchanged},
		"a command before, edit later":  {[]transcript.ToolUse{bash(5), edit(15)}, worktree.Modified, worktree.Unknown},
		"a command later":               {[]transcript.ToolUse{bash(15)}, worktree.Deleted, worktree.Unchanged},
		"a failed command later":        {[]transcript.ToolUse{use(15, "Bash", "", transcript.Failed)}, worktree.Modified, worktree.Unchanged},
		"commands before and later":     {[]transcript.ToolUse{bash(5), bash(15)}, worktree.Modified, worktree.Modified},
		"nothing of the agent's own":    {nil, worktree.Modified, worktree.Modified},
		"not changed now, edited later": {[]transcript.ToolUse{edit(15)}, worktree.Unchanged, worktree.Unchanged},
		"ignored":                       {[]transcript.ToolUse{edit(15)}, worktree.Ignored, worktree.Ignored},
	} {
		t.Run(name, func(t *testing.T) {
			agent := &transcript.Agent{Replies: []transcript.Reply{{LastLine: 10}}}
			end := &transcript.Agent{ToolUses: test.uses}
			states := []worktree.PathState{{Path: "a.txt", Change: test.now}}
			asOf(newMoment(agent, end, []string{"/w"}), states)
			if states[0].Change != test.want {
				t.Errorf("%s, want %s", states[0].Change, test.want)
			}
		})
	}
}
