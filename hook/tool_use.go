package hook

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"stopgate/hook/conduct"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/worktree"
)

// toolUse is PreToolUse of any other tool. It comes with every command and every write of every agent, so nothing is opened before the
// command is found to be prohibited, or the agent to be one that may code. What cannot be seen here is found at the stop, from what the
// repository shows.
func (r *Runner) toolUse(ctx context.Context, ev host.Event) Answer {
	r.announce(ev)
	if ev.AgentID == "" { // the orchestrator's own
		if ev.ToolName == "Bash" {
			return r.commandUse(ctx, ev)
		}
		if ev.ToolName == host.SendMessageTool {
			return r.agentResume(ctx, ev)
		}
		return Answer{}
	}
	if launch.IsMerge(ev.AgentType) {
		s := r.scene(ev)
		if refused := r.mergeUse(ctx, s); refused != "" && s.enforces(ctx) {
			return Answer{Output: host.Deny(step.NotAgreed(refused))}
		}
	}
	switch ev.ToolName {
	case "Bash", "Monitor", "PowerShell":
		return r.commandUse(ctx, ev)
	case "Write", "Edit", "MultiEdit", "NotebookEdit":
		if r.mayBeCoder(ctx, ev) {
			return r.fileWrite(ctx, ev)
		}
	case host.SendMessageTool:
		return r.agentResume(ctx, ev)
	default: // of a server that the client is connected to, or of a client that is newer than this program
		if ev.ToolInput.Command != "" {
			return r.commandUse(ctx, ev)
		}
	}
	return Answer{}
}

// commandUse refuses a coding agent's command that would do what is prohibited.
func (r *Runner) commandUse(ctx context.Context, ev host.Event) Answer {
	uses, tampers := shell.Prohibited(ev.ToolInput.Command), r.guarded().Tampering(ev.ToolInput.Command, ev.Cwd)
	if len(uses) == 0 && len(tampers) == 0 {
		return Answer{}
	}
	s := r.scene(ev)
	if !s.isCoder(ctx) {
		if len(tampers) == 0 || s.roleOf(ctx, ev.AgentID, ev.AgentType) == launch.NoRole {
			return r.integrates(ctx, s, uses)
		}
		return s.refuse(ctx, refusal{
			agent: gates.Agent{ID: ev.AgentID, Type: ev.AgentType},
			what:  "this command is not run", advice: "You may run the rest of the command without that.", findings: tampers,
		})
	}
	uses = slices.DeleteFunc(uses, func(use shell.Use) bool { return !s.isHere(use) || r.removesNested(ctx, s, use) })
	return s.refuse(ctx, refusal{
		agent: s.coder(ctx),
		what:  "this command is not run", advice: "You may run the rest of the command without that.", findings: append(conduct.Command(uses), tampers...),
	})
}

// guarded are the folders that agents are checked with. An agent may work on a plugin that stands in the session's own repository.
func (r *Runner) guarded() conduct.Folders {
	f := r.Folders
	f.Develops = r.ProjectDir != "" && site.Within(site.Physical(r.ProjectDir), site.Physical(f.Plugin))
	return f
}

// isHere reports whether the text of a command shows that it would write to the session's repository. What it does not show, the guard
// decides when git runs.
func (s *scene) isHere(use shell.Use) bool {
	if !use.Sure || s.grounds.Repository == nil {
		return use.Sure
	}
	dir := s.absolute(use.Dir)
	if use.Kind == shell.Tamper && s.isOurs(filepath.Dir(dir)) { // the .git of a submodule, or of a repository inside of a worktree
		return true
	}
	return s.isOurs(dir)
}

// isOurs reports whether a folder is in a worktree of the session's repository.
func (s *scene) isOurs(dir string) bool {
	place, err := worktree.Locate(dir)
	return err == nil && site.Within(s.grounds.Repository.CommonDir, place.CommonDir)
}

// absolute is a path that a tool was given.
func (s *scene) absolute(name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.ev.Cwd, name)
}

// assigned are the worktrees that the agent was given: by its launch, and by the message that resumed it. The message is read only if the
// launch's worktree does not contain name.
func (r *Runner) assigned(ctx context.Context, s *scene, name string) []string {
	if s.grounds.Repository == nil {
		return nil
	}
	var roots []string
	launched := s.launchOf(ctx, s.coder(ctx).ID)
	if launched != nil && launched.Isolated {
		if own, ok := s.isolatedAt(launched); ok {
			return []string{own.Root}
		}
	}
	if own, ok := s.isolation(false); ok {
		return []string{own.Root}
	}
	if launched != nil {
		roots = s.appendRoot(roots, launched.Worktree)
	}
	if !site.WithinAny(roots, name) {
		agent := r.peer(ctx, s.ev, s.coder(ctx).ID)
		roots = s.appendRoot(roots, launch.ReadAssignment(agent.Prompt).WorktreePath)
		roots = s.appendRoot(roots, launch.AssignmentOf(agent).WorktreePath)
	}
	return roots
}

// appendRoot adds the root of the worktree that path names, if it is found and new.
func (s *scene) appendRoot(roots []string, path string) []string {
	if path == "" {
		return roots
	}
	where, _ := s.grounds.Find(path)
	if where.Problem != site.Found || slices.Contains(roots, where.Place.Root) {
		return roots
	}
	return append(roots, where.Place.Root)
}

// removesNested reports whether the command only deletes the .git folder of a repository that was created in the agent's own worktree since
// its launch (rule.RepositoryNested). It belongs to no other agent, and the report cannot be corrected without deleting it.
func (r *Runner) removesNested(ctx context.Context, s *scene, use shell.Use) bool {
	repository := s.grounds.Repository
	if use.Removes == "" || repository == nil {
		return false
	}
	gitDir := s.absolute(use.Removes)
	if info, err := os.Lstat(gitDir); err != nil || !info.IsDir() { // the .git file of a submodule or of another worktree
		return false
	}
	dir := site.Physical(filepath.Dir(gitDir))
	inner, err := worktree.Locate(dir)
	if err != nil || inner.Root != dir || inner.CommonDir == repository.CommonDir {
		return false
	}
	outer, err := worktree.Locate(filepath.Dir(dir))
	if err != nil || outer.CommonDir != repository.CommonDir || !slices.Contains(r.assigned(ctx, s, dir), outer.Root) {
		return false
	}
	path, launched := site.RelativeTo([]string{outer.Root}, dir), s.launchOf(ctx, s.coder(ctx).ID)
	return path != "" && launched != nil && launched.Worktree == s.grounds.Name(outer) && launched.Snapshot.Lacked(path)
}
