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
	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/target"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// toolUse handles PreToolUse of every other tool. It runs before every command and every write of every agent. So it opens nothing until it knows
// that the command is prohibited, or that the agent may be a coding agent. A violation that the call does not show is found at the stop.
func toolUse(ctx context.Context, s *scene.Scene) Answer {
	firstUse(ctx, s)
	answer := judgeUse(ctx, s)
	if answer.Output.Silent() { // a command that is refused does not run: later somebody else may run the same
		announce(s)
	}
	return answer
}

// judgeUse refuses a call, or is silent.
func judgeUse(ctx context.Context, s *scene.Scene) Answer {
	if s.Event.AgentID == "" { // the orchestrator's own call
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
	default: // a tool of an MCP server, or of a client newer than this program
		if refused := serverUse(ctx, s); !refused.Output.Silent() || s.Event.ToolInput.Command == "" {
			return refused
		}
		return commandUse(ctx, s)
	}
	return Answer{}
}

// serverUse refuses an agent's use of an MCP tool that publishes or changes the repository, as the same by a command is refused, and one on a file
// that controls the checks. Effects of its other input are found at the stop.
func serverUse(ctx context.Context, s *scene.Scene) Answer {
	if transcript.OnlyReads(s.Event.ToolName) {
		return Answer{}
	}
	if kind, local := gitop.ServerTool(s.Event.ToolName); kind != "" {
		use := screen.Use{Kind: kind, Command: s.Event.ToolName, Sure: true}
		if local && len(s.Event.ToolInput.Paths) > 0 {
			use.Dir = s.Event.ToolInput.Paths[0]
		}
		if refused := repositoryUse(ctx, s, use); !refused.Output.Silent() {
			return refused
		}
	}
	if refused := controlUse(ctx, s, "this tool is not used", s.Event.ToolInput.Paths); !refused.Output.Silent() {
		return refused
	}
	return gitFileUse(ctx, s, s.Event.ToolInput.Paths)
}

// gitFileUse refuses the call if one of the paths is a file in the repository's git directory, which a coding agent or a gate may not write by another
// tool either. The directory itself may only name the repository.
func gitFileUse(ctx context.Context, s *scene.Scene, paths []string) Answer {
	if s.Grounds().Repository == nil {
		return Answer{}
	}
	i := slices.IndexFunc(paths, func(path string) bool {
		return !strings.EqualFold(filepath.Base(path), ".git") && site.Within(s.Grounds().Repository.CommonDir, site.Physical(target.Absolute(s, path)))
	})
	if i < 0 {
		return Answer{}
	}
	switch actor.RoleOf(ctx, s, s.Event.AgentID, s.Event.AgentType) {
	case launch.CodingRole, launch.GateRole:
		return refuse(ctx, s, refusal{
			agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType},
			what:  "this tool is not used", advice: "Continue without it.", findings: conduct.Write(paths[i], conduct.Target{Protected: rule.GitTampered}),
		})
	case launch.MergeRole, launch.OpsRole, launch.OtherRole, launch.NoRole:
	}
	return Answer{}
}

// repositoryUse refuses a tool's use of the repository, or of its code host, by an agent that may not change it, or not yet.
func repositoryUse(ctx context.Context, s *scene.Scene, use screen.Use) Answer {
	if !target.IsHere(s, use) {
		return Answer{}
	}
	switch actor.RoleOf(ctx, s, s.Event.AgentID, s.Event.AgentType) {
	case launch.CodingRole, launch.GateRole:
		return refuse(ctx, s, refusal{
			agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType},
			what:  "this tool is not used", advice: "Continue without it.", findings: conduct.Command([]screen.Use{use}),
		})
	case launch.MergeRole:
		if refused := merging.Refusal(ctx, s, []screen.Use{use}); refused != "" {
			return Answer{Output: host.Deny(refused)}
		}
	case launch.OpsRole, launch.OtherRole, launch.NoRole:
	}
	return Answer{}
}

// controlUse refuses the call if one of the paths leads to a file that controls the checks, for agents of the protocol and those that work for
// them. what names what does not happen then.
func controlUse(ctx context.Context, s *scene.Scene, what string, paths []string) Answer {
	guarded := target.Guarded(s)
	i := slices.IndexFunc(paths, func(path string) bool {
		name := site.Physical(target.Absolute(s, path))
		return guarded.Guards(name) != "" || site.IsClientInstruction(guarded.Client, name)
	})
	if i < 0 || actor.RoleOf(ctx, s, s.Event.AgentID, s.Event.AgentType) == launch.NoRole {
		return Answer{}
	}
	return refuse(ctx, s, refusal{
		agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType},
		what:  what, advice: "Report what you found.", findings: conduct.Write(paths[i], conduct.Target{Protected: rule.GateTampered}),
	})
}

// commandUse refuses a prohibited command of a coding agent.
func commandUse(ctx context.Context, s *scene.Scene) Answer {
	uses, tampers := screen.Prohibited(s.Event.ToolInput.Command), target.Guarded(s).Tampering(s.Event.ToolInput.Command, s.Event.Cwd)
	if len(uses) == 0 && len(tampers) == 0 {
		return Answer{}
	}
	if !actor.IsCoder(ctx, s) {
		if len(tampers) == 0 || actor.RoleOf(ctx, s, s.Event.AgentID, s.Event.AgentType) == launch.NoRole {
			if refused := merging.Refusal(ctx, s, uses); refused != "" {
				return Answer{Output: host.Deny(refused)}
			}
			if conduct.AsksPerson(tampers) && s.Enforces(ctx) {
				return Answer{Output: host.Ask("stopgate: this ends a task by hand, or changes what is recorded of every task. Work can be merged then, whatever the " +
					"gates found. The person decides that. If nobody can answer here, ask them to run the command in a terminal.")}
			}
			return Answer{}
		}
		return refuse(ctx, s, refusal{
			agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType},
			what:  "this command is not run", advice: "You may run the rest of the command without that.", findings: tampers,
		})
	}
	uses = slices.DeleteFunc(uses, func(use screen.Use) bool {
		return !target.IsHere(s, use) || target.RemovesNested(ctx, s, use) || target.Populates(ctx, s, use.Kind, target.Absolute(s, use.Dir))
	})
	return refuse(ctx, s, refusal{
		agent: actor.Coder(ctx, s),
		what:  "this command is not run", advice: "You may run the rest of the command without that.", findings: append(conduct.Command(uses), tampers...),
	})
}

// fileWrite refuses a coding agent's write outside its worktree, or into a file that controls the checks.
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

// announce records, with its agent, the command that the host is about to run or the file that it is about to write. The guard uses this to find
// the agent of a git command. A stop uses it to see what other sessions did in the agent's worktree.
func announce(s *scene.Scene) {
	file := cmp.Or(s.Event.ToolInput.FilePath, s.Event.ToolInput.NotebookPath)
	if transcript.OnlyReads(s.Event.ToolName) || !filepath.IsAbs(file) {
		file = ""
	}
	if s.Announce == nil || s.Event.ToolInput.Command == "" && file == "" {
		return
	}
	call := agentCall(s)
	call.Cwd, call.Project, call.File, call.Use = s.Event.Cwd, s.ProjectDir, file, quote.Clip(s.Event.ToolUseID, quote.MaxName)
	call.Reads = trace.ChangesNothing(s.Event.ToolInput.Command)
	s.Announce(call, s.Event.ToolInput.Command)
}

// announceAgent records for whom the agent that begins works, while the host's notes tell it: an agent can remove those before this one has run any
// command. An agent that has no role and works for nobody is left out.
func announceAgent(s *scene.Scene, concerns bool) {
	if s.Announce == nil || s.Event.AgentID == "" {
		return
	}
	if call := agentCall(s); concerns || len(call.Above) > 0 {
		s.Announce(call, "")
	}
}

// agentCall returns a call of the agent of the event, without what it is about to do.
func agentCall(s *scene.Scene) calls.Call {
	return calls.Call{
		At: s.Now().UTC(), Session: quote.Clip(s.Event.SessionID, quote.MaxPath), Transcript: s.Event.TranscriptPath,
		Agent: s.Event.AgentID, AgentType: s.Event.AgentType, Above: above(s),
	}
}

// above returns the agents that the agent of the event works for.
func above(s *scene.Scene) []calls.Above {
	var list []calls.Above
	for i, a := range transcript.Lineage(s.Event.TranscriptPath, s.Event.AgentID) {
		if i > 0 { // not the agent itself
			list = append(list, calls.Above{Agent: a.ID, AgentType: a.Meta.AgentType})
		}
	}
	return list
}
