package hook

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/actor"
	"stopgate/hook/calls"
	"stopgate/hook/conduct"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/merging"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/target"
	"stopgate/hook/transcript"
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
		return serverUse(ctx, s)
	}
	return Answer{}
}

// serverUse refuses an agent's use of a server's tool on a file that controls the checks. What its other input does is found at the stop.
func serverUse(ctx context.Context, s *scene.Scene) Answer {
	if conduct.Reads(s.Event.ToolName) {
		return Answer{}
	}
	return controlUse(ctx, s, "this tool is not used", s.Event.ToolInput.Paths)
}

// controlUse refuses an agent of the protocol, and those that work for it, the first of the paths that leads to what agents are checked with. what
// is what does not happen then.
func controlUse(ctx context.Context, s *scene.Scene, what string, paths []string) Answer {
	guarded := target.Guarded(s)
	i := slices.IndexFunc(paths, func(path string) bool { return guarded.Guards(site.Physical(target.Absolute(s, path))) != "" })
	if i < 0 || actor.RoleOf(ctx, s, s.Event.AgentID, s.Event.AgentType) == launch.NoRole {
		return Answer{}
	}
	return refuse(ctx, s, refusal{
		agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType},
		what:  what, advice: "Report what you found.", findings: conduct.Write(paths[i], conduct.Target{Protected: rule.GateTampered}),
	})
}

// commandUse refuses a coding agent's command that would do what is prohibited.
func commandUse(ctx context.Context, s *scene.Scene) Answer {
	uses, tampers := shell.Prohibited(s.Event.ToolInput.Command), target.Guarded(s).Tampering(s.Event.ToolInput.Command, s.Event.Cwd)
	if len(uses) == 0 && len(tampers) == 0 {
		return Answer{}
	}
	if !actor.IsCoder(ctx, s) {
		if len(tampers) == 0 || actor.RoleOf(ctx, s, s.Event.AgentID, s.Event.AgentType) == launch.NoRole {
			if refused := merging.Refusal(ctx, s, uses); refused != "" {
				return Answer{Output: host.Deny(refused)}
			}
			return Answer{}
		}
		return refuse(ctx, s, refusal{
			agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType},
			what:  "this command is not run", advice: "You may run the rest of the command without that.", findings: tampers,
		})
	}
	uses = slices.DeleteFunc(uses, func(use shell.Use) bool { return !target.IsHere(s, use) || target.RemovesNested(ctx, s, use) })
	return refuse(ctx, s, refusal{
		agent: actor.Coder(ctx, s),
		what:  "this command is not run", advice: "You may run the rest of the command without that.", findings: append(conduct.Command(uses), tampers...),
	})
}

// fileWrite refuses a coding agent's write outside of its worktree, or into a file that controls the checks.
func fileWrite(ctx context.Context, s *scene.Scene) Answer {
	name := s.Event.ToolInput.FilePath
	if s.Event.ToolName == "NotebookEdit" {
		name = s.Event.ToolInput.NotebookPath
	}
	if name == "" || strings.ContainsRune(name, 0) {
		return Answer{}
	}
	if !actor.IsCoder(ctx, s) {
		return controlUse(ctx, s, "this file is not written", []string{name})
	}
	return refuse(ctx, s, refusal{
		agent: actor.Coder(ctx, s),
		what:  "this file is not written", advice: "Continue in your worktree.", findings: conduct.Write(name, target.OfWrite(ctx, s, name)),
	})
}

// announce notes the command that the host is about to run, or the file that it is about to write, and for which agent. The guard leads git
// commands back to agents by that, and a stop knows by it what other sessions did in the agent's worktree.
func announce(s *scene.Scene) {
	file := cmp.Or(s.Event.ToolInput.FilePath, s.Event.ToolInput.NotebookPath)
	if transcript.OnlyReads(s.Event.ToolName) || !filepath.IsAbs(file) {
		file = ""
	}
	if s.Announce == nil || s.Event.ToolInput.Command == "" && file == "" {
		return
	}
	s.Announce(calls.Call{
		At: s.Now().UTC(), Session: quote.Clip(s.Event.SessionID, quote.MaxPath), Transcript: s.Event.TranscriptPath, Agent: s.Event.AgentID, AgentType: s.Event.AgentType,
		Cwd: s.Event.Cwd, Project: s.ProjectDir, File: file, Use: quote.Clip(s.Event.ToolUseID, quote.MaxName),
	}, s.Event.ToolInput.Command)
}
