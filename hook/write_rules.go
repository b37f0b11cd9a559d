package hook

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/conduct"
	"stopgate/hook/config"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

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
	findings := conduct.Write(name, r.target(ctx, ev, ledger, name))
	return ledger.refuse(ctx, ev, "", "this file is not written", "Go on in your worktree.", findings)
}

// target looks at where a write would go.
func (r *Runner) target(ctx context.Context, ev host.Event, ledger *ledger, name string) conduct.Target {
	name = filepath.FromSlash(name)
	if !filepath.IsAbs(name) {
		name = filepath.Join(ev.Cwd, name)
	}
	t := conduct.Target{Name: site.Physical(name)}
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
	case t.Repository && t.Name == filepath.Join(t.Root, config.FileName), site.WithinAny([]string{f.Journal}, t.Name), site.IsClientSetting(f.Client, t.Name):
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
	if launch := ledger.History(ctx).Launch(transcript.AgentPath(ev.TranscriptPath, ev.AgentID)); launch != nil {
		add(launch.Worktree)
	}
	if !site.WithinAny(roots, name) {
		agent := r.peer(ctx, ev, ev.AgentID)
		add(launch.ReadAssignment(agent.Prompt).WorktreePath)
		add(launch.ReadAssignment(agent.Run.Prompt).WorktreePath)
	}
	return roots
}
