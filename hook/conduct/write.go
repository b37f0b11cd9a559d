package conduct

import (
	"fmt"
	"path/filepath"
	"slices"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
)

// Target is a file that a tool of an agent is about to write, looked up on disk.
type Target struct {
	// Name is the absolute path, with symbolic links resolved as far as it exists.
	Name string
	// Protected is the rule that forbids every agent to write it, rule.GitTampered or rule.GateTampered; "" for none.
	Protected rule.Name
	// Assigned are the roots of the worktrees that the agent was given; nil if unknown.
	Assigned []string
	// Repository means that the file is in a worktree of the session's repository. Root is the top of that worktree.
	Repository bool
	Root       string
	// Owner is another coding agent at work in that worktree, whose prompt assigns the file to it alone, in the form for messages; "" for none.
	Owner string
	// Shared means that it is in a folder that every program may write to.
	Shared bool
}

// Write checks a write of an agent; name is the path in the tool's input. If the agent's worktree is unknown, only writes of protected files are
// refused.
func Write(name string, t Target) []rule.Finding {
	shown := quote.String(name, quote.MaxPath)
	finding := func(code rule.Name, format string, args ...any) []rule.Finding {
		return []rule.Finding{{Rule: code, Severity: rule.Block, Path: quote.Line(quote.Clip(name, quote.MaxPath)), Message: fmt.Sprintf(format, args...)}}
	}
	switch {
	case t.Protected == rule.GitTampered:
		return finding(rule.GitTampered, "%s belongs to git, and no agent may write it. Leave it as it is; if it must change, say so in unfinished.", shown)
	case t.Protected == rule.GateTampered:
		return finding(rule.GateTampered, "%s controls stopgate, and no agent may write it. Leave it as it is; if it must change, say so in unfinished.", shown)
	case t.Owner != "":
		return finding(rule.FileConflict, "the prompt of %s assigns %s to that agent alone, and it is at work in this worktree. Leave the file to it; if your work needs a change there, say so in unfinished.", t.Owner, shown)
	case len(t.Assigned) == 0 || t.Shared && !t.Repository:
		return nil
	case slices.ContainsFunc(t.Assigned, func(root string) bool { return site.Within(root, t.Name) }):
		return nil
	}
	instead := "write below " + quote.String(t.Assigned[0], quote.MaxPath)
	if rel, err := filepath.Rel(t.Root, t.Name); t.Repository && err == nil {
		instead = "your copy of it is " + quote.String(filepath.Join(t.Assigned[0], rel), quote.MaxPath)
	}
	return finding(rule.WriteOutside, "%s is not in your worktree, %s; %s. If something must change elsewhere, say so in unfinished.", shown, quote.String(t.Assigned[0], quote.MaxPath), instead)
}
