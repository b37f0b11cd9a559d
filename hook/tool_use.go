package hook

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"stopgate/hook/actor"
	"stopgate/hook/conduct"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/isolation"
	"stopgate/hook/launch"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/worktree"
)

// toolUse is PreToolUse of any other tool. It comes with every command and every write of every agent, so nothing is opened before the
// command is found to be prohibited, or the agent to be one that may code. What cannot be seen here is found at the stop, from what the
// repository shows.
func toolUse(ctx context.Context, s *scene.Scene) Answer {
	announce(s)
	if s.Event.AgentID == "" { // the orchestrator's own
		if s.Event.ToolName == "Bash" {
			return commandUse(ctx, s)
		}
		if s.Event.ToolName == host.SendMessageTool {
			return agentResume(ctx, s)
		}
		return Answer{}
	}
	if launch.IsMerge(s.Event.AgentType) {
		if refused := crosscheck.MergeUse(ctx, s); refused != "" && s.Enforces(ctx) {
			return Answer{Output: host.Deny(step.NotAgreed(refused))}
		}
	}
	switch s.Event.ToolName {
	case "Bash", "Monitor", "PowerShell":
		return commandUse(ctx, s)
	case "Write", "Edit", "MultiEdit", "NotebookEdit":
		if actor.MayBeCoder(ctx, s) {
			return fileWrite(ctx, s)
		}
	case host.SendMessageTool:
		return agentResume(ctx, s)
	default: // of a server that the client is connected to, or of a client that is newer than this program
		if s.Event.ToolInput.Command != "" {
			return commandUse(ctx, s)
		}
	}
	return Answer{}
}

// commandUse refuses a coding agent's command that would do what is prohibited.
func commandUse(ctx context.Context, s *scene.Scene) Answer {
	uses, tampers := shell.Prohibited(s.Event.ToolInput.Command), guarded(s).Tampering(s.Event.ToolInput.Command, s.Event.Cwd)
	if len(uses) == 0 && len(tampers) == 0 {
		return Answer{}
	}
	if !actor.IsCoder(ctx, s) {
		if len(tampers) == 0 || actor.RoleOf(ctx, s, s.Event.AgentID, s.Event.AgentType) == launch.NoRole {
			return integrates(ctx, s, uses)
		}
		return refuse(ctx, s, refusal{
			agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType},
			what:  "this command is not run", advice: "You may run the rest of the command without that.", findings: tampers,
		})
	}
	uses = slices.DeleteFunc(uses, func(use shell.Use) bool { return !isHere(s, use) || removesNested(ctx, s, use) })
	return refuse(ctx, s, refusal{
		agent: actor.Coder(ctx, s),
		what:  "this command is not run", advice: "You may run the rest of the command without that.", findings: append(conduct.Command(uses), tampers...),
	})
}

// guarded are the folders that agents are checked with. An agent may work on a plugin that stands in the session's own repository.
func guarded(s *scene.Scene) conduct.Folders {
	f := s.Folders
	f.Develops = s.ProjectDir != "" && site.Within(site.Physical(s.ProjectDir), site.Physical(f.Plugin))
	return f
}

// isHere reports whether the text of a command shows that it would write to the session's repository. What it does not show, the guard
// decides when git runs.
func isHere(s *scene.Scene, use shell.Use) bool {
	if !use.Sure || s.Grounds().Repository == nil {
		return use.Sure
	}
	dir := absolute(s, use.Dir)
	if use.Kind == shell.Tamper && isOurs(s, filepath.Dir(dir)) { // the .git of a submodule, or of a repository inside of a worktree
		return true
	}
	return isOurs(s, dir)
}

// isOurs reports whether a folder is in a worktree of the session's repository.
func isOurs(s *scene.Scene, dir string) bool {
	place, err := worktree.Locate(dir)
	return err == nil && site.Within(s.Grounds().Repository.CommonDir, place.CommonDir)
}

// absolute is a path that a tool was given.
func absolute(s *scene.Scene, name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.Event.Cwd, name)
}

// assigned are the worktrees that the agent was given: by its launch, and by the message that resumed it. The message is read only if the
// launch's worktree does not contain name.
func assigned(ctx context.Context, s *scene.Scene, name string) []string {
	if s.Grounds().Repository == nil {
		return nil
	}
	var roots []string
	launched := s.LaunchOf(ctx, actor.Coder(ctx, s).ID)
	if launched != nil && launched.Isolated {
		if own, ok := isolation.At(s, launched); ok {
			return []string{own.Root}
		}
	}
	if own, ok := isolation.Own(s, false); ok {
		return []string{own.Root}
	}
	if launched != nil {
		roots = appendRoot(s, roots, launched.Worktree)
	}
	if !site.WithinAny(roots, name) {
		agent := session.Peer(ctx, s, actor.Coder(ctx, s).ID)
		roots = appendRoot(s, roots, launch.ReadAssignment(agent.Prompt).WorktreePath)
		roots = appendRoot(s, roots, launch.AssignmentOf(agent).WorktreePath)
	}
	return roots
}

// appendRoot adds the root of the worktree that path names, if it is found and new.
func appendRoot(s *scene.Scene, roots []string, path string) []string {
	if path == "" {
		return roots
	}
	where, _ := s.Grounds().Find(path)
	if where.Problem != site.Found || slices.Contains(roots, where.Place.Root) {
		return roots
	}
	return append(roots, where.Place.Root)
}

// removesNested reports whether the command only deletes the .git folder of a repository that was created in the agent's own worktree since
// its launch (rule.RepositoryNested). It belongs to no other agent, and the report cannot be corrected without deleting it.
func removesNested(ctx context.Context, s *scene.Scene, use shell.Use) bool {
	repository := s.Grounds().Repository
	if use.Removes == "" || repository == nil {
		return false
	}
	gitDir := absolute(s, use.Removes)
	if info, err := os.Lstat(gitDir); err != nil || !info.IsDir() { // the .git file of a submodule or of another worktree
		return false
	}
	dir := site.Physical(filepath.Dir(gitDir))
	inner, err := worktree.Locate(dir)
	if err != nil || inner.Root != dir || inner.CommonDir == repository.CommonDir {
		return false
	}
	outer, err := worktree.Locate(filepath.Dir(dir))
	if err != nil || outer.CommonDir != repository.CommonDir || !slices.Contains(assigned(ctx, s, dir), outer.Root) {
		return false
	}
	path, launched := site.RelativeTo([]string{outer.Root}, dir), s.LaunchOf(ctx, actor.Coder(ctx, s).ID)
	return path != "" && launched != nil && launched.Worktree == s.Grounds().Name(outer) && launched.Snapshot.Lacked(path)
}
