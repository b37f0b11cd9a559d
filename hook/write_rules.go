package hook

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
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

// checkWrite refuses a write of a coding agent that leads out of its worktree, or into what decides over it.
func (r *Runner) checkWrite(ctx context.Context, ev host.Event) Answer {
	name := ev.ToolInput.FilePath
	if ev.ToolName == "NotebookEdit" {
		name = ev.ToolInput.NotebookPath
	}
	if name == "" || strings.ContainsRune(name, 0) {
		return Answer{}
	}
	ledger := r.ledger(ev)
	if !ledger.codes(ctx, ev) {
		return Answer{}
	}
	findings := verifyWrite(name, r.target(ctx, ev, ledger, name))
	return ledger.refuse(ctx, ev, "", "this file is not written", "Go on in your worktree.", findings)
}

// verifyWrite holds a write against where the agent may write. It is pure. Where nobody knows which worktree the agent was given, it may
// write wherever nothing is protected.
func verifyWrite(name string, t Target) []rule.Finding {
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

// target looks at where a write would go.
func (r *Runner) target(ctx context.Context, ev host.Event, ledger *ledger, name string) Target {
	name = filepath.FromSlash(name)
	if !filepath.IsAbs(name) {
		name = filepath.Join(ev.Cwd, name)
	}
	t := Target{Name: site.Physical(name)}
	place, err := worktree.Locate(site.Existing(filepath.Dir(t.Name)))
	repository := ledger.grounds.Repository
	if t.Repository = err == nil && repository != nil && place.CommonDir == repository.CommonDir; t.Repository {
		t.Root = place.Root
	}
	f := r.Folders
	t.Shared = site.WithinAny(f.Temp, t.Name) || site.WithinAny(f.Client, t.Name)
	if t.Repository && judge.IsAgentMemory(site.RelativeTo([]string{t.Root}, t.Name)) {
		t.Shared, t.Repository = true, false
	}
	inGit := slices.ContainsFunc(strings.Split(filepath.ToSlash(t.Name), "/"), func(part string) bool { return strings.EqualFold(part, ".git") })
	switch {
	case repository != nil && (site.Within(repository.CommonDir, t.Name) || site.Within(repository.GitDir, t.Name)), inGit && (t.Repository || !t.Shared):
		t.Protected = rule.GitTampered
		return t
	case t.Repository && t.Name == filepath.Join(t.Root, config.FileName), site.WithinAny([]string{f.Journal}, t.Name), isClientSetting(f.Client, t.Name):
		t.Protected = rule.GateTampered
		return t
	}
	t.Assigned = r.assigned(ctx, ev, ledger, t.Name)
	if site.WithinAny([]string{f.Plugin}, t.Name) && !site.WithinAny(t.Assigned, t.Name) {
		t.Protected = rule.GateTampered
	}
	return t
}

// assigned are the worktrees that an agent was given: at its launch, as the journal has it, and by the message that resumed it. The
// second is looked for only where the first does not hold name.
func (r *Runner) assigned(ctx context.Context, ev host.Event, ledger *ledger, name string) []string {
	var roots []string
	add := func(path string) {
		if path == "" || ledger.grounds.Repository == nil {
			return
		}
		if where, _ := ledger.grounds.Find(path); where.Problem == site.Found && !slices.Contains(roots, where.Place.Root) {
			roots = append(roots, where.Place.Root)
		}
	}
	if launch := ledger.history(ctx).launch(transcript.AgentPath(ev.TranscriptPath, ev.AgentID)); launch != nil {
		add(launch.Worktree)
	}
	if !site.WithinAny(roots, name) {
		agent := r.peer(ctx, ev, ev.AgentID)
		add(launch.ReadAssignment(agent.Prompt).WorktreePath)
		add(launch.ReadAssignment(agent.Run.Prompt).WorktreePath)
	}
	return roots
}

// isClientSetting tells whether a file is one in which the client keeps which hooks it runs.
func isClientSetting(folders []string, name string) bool {
	return slices.Contains([]string{"settings.json", "settings.local.json"}, filepath.Base(name)) &&
		slices.ContainsFunc(folders, func(folder string) bool { return folder != "" && filepath.Dir(name) == site.Physical(folder) })
}
