package conduct

import (
	"fmt"
	"path/filepath"
	"slices"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
)

// Folders are those that others than the repository have on this machine. "" and nil stand for none known.
type Folders struct {
	// Plugin is where the program and its registration stand, Journal where its records do.
	Plugin, Journal string
	// Temp are the system's for what is not kept, Client are the client's own.
	Temp, Client []string
}

// Target is where a tool of an agent would write.
type Target struct {
	// Name is the absolute path, free of symbolic links as far as it exists.
	Name string
	// Protected says whose file it is, where no agent may write it: git's or the gate's. The rule is "" for none.
	Protected rule.Name
	// Assigned are the roots of the worktrees that the agent was given; nil where nobody knows.
	Assigned []string
	// Repository tells that the file stands in a worktree of the session's repository; Root is the top of that.
	Repository bool
	Root       string
	// Shared tells that it stands in a folder that every program may write in.
	Shared bool
}

// Write holds a write against where the agent may write. It is pure. Where nobody knows which worktree the agent was given, it may
// write wherever nothing is protected.
func Write(name string, t Target) []rule.Finding {
	shown := quote.String(name, quote.MaxPath)
	finding := func(code rule.Name, format string, args ...any) []rule.Finding {
		return []rule.Finding{{Rule: code, Severity: rule.Block, Path: quote.Line(quote.Clip(name, quote.MaxPath)), Message: fmt.Sprintf(format, args...)}}
	}
	switch {
	case t.Protected == rule.GitTampered:
		return finding(rule.GitTampered, "%s belongs to git, and no agent writes there. Leave it as it is; if it must change, say so in unfinished.", shown)
	case t.Protected == rule.GateTampered:
		return finding(rule.GateTampered, "%s decides what the gate does, and no agent writes it. Leave it as it is; if it must change, say so in unfinished.", shown)
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

// IsClientSetting tells whether a file is one in which the client keeps which hooks it runs.
func IsClientSetting(folders []string, name string) bool {
	return slices.Contains([]string{"settings.json", "settings.local.json"}, filepath.Base(name)) &&
		slices.ContainsFunc(folders, func(folder string) bool { return folder != "" && filepath.Dir(name) == site.Physical(folder) })
}
