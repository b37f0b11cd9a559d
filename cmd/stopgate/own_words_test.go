package main

import (
	"strings"
	"testing"
)

// A prompt that names a worktree in its own words is refused with the line that it lacks, and passes with that.
func TestWorktreeInOwnWords(t *testing.T) {
	t.Parallel()
	const asks = "Implement retries of failed deliveries: three tries, then tell support. "
	for name, c := range map[string]struct{ configuration, prompt, session, says string }{
		"beside the repository":      {"worktrees: {anywhere: true}\n", asks + "You work in the epic's worktree at ../epic-retries/.", "", "write WORKTREE_PATH: "},
		"beside, and not allowed":    {"", asks + "You work in the epic's worktree at ../epic-retries/.", "", "worktrees.anywhere"},
		"in no word of the prompt":   {"worktrees: {anywhere: true}\n", asks, "", "names none"},
		"the bare name of a folder":  {"worktrees: {anywhere: true}\n", asks + "It is for epic-retries.", "", "names none"},
		"that of the session itself": {"", asks + "Work from: .", ".claude/worktrees/retries", "write WORKTREE_PATH: ./.claude/worktrees/retries"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, c.configuration)
			p.worktree("../epic-retries", "epic/retries")
			if c.session != "" {
				p.repo = p.path(p.worktree(c.session, "retries"))
			}
			_, refused := p.launch("bug-fixer", c.prompt)
			if !strings.Contains(refused, c.says) {
				t.Fatalf("refused: %q", refused)
			}
			if _, line, ok := strings.Cut(refused, "write WORKTREE_PATH: "); ok && c.says != "names none" {
				line, _, _ = strings.Cut(line, "\n")
				if _, refused := p.launch("bug-fixer", c.prompt+"\nWORKTREE_PATH: "+line+"\n"); refused != "" {
					t.Errorf("with the line: %s", refused)
				}
			}
		})
	}
}
