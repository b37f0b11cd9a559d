// Package gitcommand decides on the git commands of the host's shells, and records those that write to the session's repository.
package gitcommand

import (
	"cmp"
	"context"
	"slices"

	"stopgate/hook/actor"
	"stopgate/hook/calls"
	"stopgate/hook/gates"
	"stopgate/hook/guard"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/merging"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/target"
	"stopgate/hook/worktree"
)

// Command is a git command that may write and has not run yet.
type Command struct {
	guard.Resolved
	// Programs are programs that git would start because of an option or the environment.
	Programs []guard.Program
	// Git asks the git binary that would run the command.
	Git guard.Git
	// Calls are the calls that the command may belong to, newest first.
	Calls []calls.Call
	// Dir is the working directory, Home the person's home folder.
	Dir, Home string
	Getenv    func(string) string
}

// Answer is the answer to a git command.
type Answer struct {
	// Refusal is the reason why the command must not run; "" if it may.
	Refusal string
	// Notice is a text to show although the command runs; "" for none.
	Notice string
}

// Guard decides on a git command of one of the host's shells, and records it if it writes to the session's repository.
func Guard(ctx context.Context, w *scene.World, c Command) Answer {
	if refused := startsPrograms(ctx, w, c); refused.Refusal != "" {
		return refused
	}
	if c.Kind == "" && c.Name != "init" {
		return elsewhere(ctx, w, c)
	}
	s := guardScene(w, calls.Call{Cwd: c.Dir})
	if len(c.Calls) > 0 {
		s = guardScene(w, c.Calls[0])
	}
	if s.Grounds().Repository == nil {
		return Answer{}
	}
	effect := guard.Look(ctx, c.Git, c.Resolved, guard.Surroundings{Common: s.Grounds().Repository.CommonDir, Dir: c.Dir, Getenv: c.Getenv, Home: c.Home})
	if !effect.Ours {
		return elsewhere(ctx, w, c)
	}
	call, known := callOf(ctx, w, c.Calls, effect)
	if known {
		s = guardScene(w, call)
	}
	agent := guard.Agent{Known: known, Session: known && call.Agent == ""}
	if known && !agent.Session {
		agent.Role = actor.RoleOf(ctx, s, call.Agent, call.AgentType)
	}
	if agent.Role == launch.MergeRole {
		agent.Held = merging.HeldBack(ctx, s, c.Git, c.Resolved, effect)
	}
	answer := Answer{Refusal: guard.Refusal(agent, c.Resolved, effect)}
	if c.Kind == gitop.Populate && agent.Role != launch.MergeRole && (inOwn(ctx, s, call, effect) || target.Populates(ctx, s, c.Kind, effect.Root)) {
		answer.Refusal = ""
	}
	if answer.Refusal == "" && (agent.Role == launch.MergeRole || agent.Session) {
		answer.Refusal = merging.CommitsLinks(ctx, s, c.Resolved, effect)
	}
	done := record.Git{Command: c.String(), Kind: c.Kind, Dir: effect.Dir, Worktree: nameOf(s, effect.Root), Outcome: record.Passed}
	switch {
	case !known:
		done.Outcome = record.Unknown
	case answer.Refusal != "" && s.Enforces(ctx):
		done.Outcome = record.Refused
	case answer.Refusal != "":
		answer.Refusal, done.Note = "", "would be refused outside the mode observe"
	case effect.HooksInside && !agent.Session:
		answer.Notice = "stopgate: noted: git now runs the hooks in a folder of this worktree."
		done.Note = "hooks in a folder of the worktree, as hook managers set them"
	}
	s.Append(ctx, done.Entry(gates.Agent{ID: call.Agent, Type: call.AgentType}))
	return answer
}

func guardScene(w *scene.World, c calls.Call) *scene.Scene {
	in := *w
	in.ProjectDir = cmp.Or(c.Project, w.ProjectDir)
	return in.Scene(host.Event{SessionID: c.Session, TranscriptPath: c.Transcript, Cwd: c.Cwd, AgentID: c.Agent, AgentType: c.AgentType})
}

// callOf returns the call that a command belongs to. If several agents ran the same command, it is the call of the agent that was given the
// worktree, else the newest.
func callOf(ctx context.Context, w *scene.World, found []calls.Call, effect guard.Effect) (call calls.Call, known bool) {
	if len(found) == 0 {
		return calls.Call{}, false
	}
	for _, c := range found {
		if c.Agent == found[0].Agent {
			continue
		}
		for _, each := range found {
			if inOwn(ctx, guardScene(w, each), each, effect) {
				return each, true
			}
		}
		break
	}
	return found[0], true
}

// inOwn reports whether a command runs in the worktree that its agent was launched for.
func inOwn(ctx context.Context, s *scene.Scene, c calls.Call, effect guard.Effect) bool {
	l := s.LaunchOf(ctx, c.Agent)
	return c.Agent != "" && l != nil && l.Worktree != "" && l.Worktree == nameOf(s, effect.Root)
}

// nameOf returns the name for people of the worktree at root; "" if it is not in this repository.
func nameOf(s *scene.Scene, root string) string {
	place, err := worktree.Locate(root)
	if root == "" || err != nil || place.CommonDir != s.Grounds().Repository.CommonDir {
		return ""
	}
	return s.Grounds().Name(place)
}

// heldToGit returns the scene and the call of a command of an agent that may not write to the repository; nil for any other command.
func heldToGit(ctx context.Context, w *scene.World, c Command) (*scene.Scene, calls.Call) {
	if len(c.Calls) == 0 {
		return nil, calls.Call{}
	}
	call, known := callOf(ctx, w, c.Calls, guard.Effect{})
	if !known || call.Agent == "" {
		return nil, calls.Call{}
	}
	s := guardScene(w, call)
	if s.Grounds().Repository == nil {
		return nil, calls.Call{}
	}
	if role := actor.RoleOf(ctx, s, call.Agent, call.AgentType); role != launch.CodingRole && role != launch.GateRole {
		return nil, calls.Call{}
	}
	return s, call
}

// elsewhere decides on a command in another repository, if git may start a program that leads back to this one. The guard does not see what such a
// program does. So the command is refused if the text of the program plainly writes here. Otherwise it is recorded, as evidence in case a change is
// found.
func elsewhere(ctx context.Context, w *scene.World, c Command) Answer {
	if c.Name == "config" || c.Name == "init" { // they start none, and the agent must be able to restore its settings
		return Answer{}
	}
	s, call := heldToGit(ctx, w, c)
	if s == nil {
		return Answer{}
	}
	programs := guard.Configured(ctx, c.Git, guard.Directory(c.Command, c.Dir), s.Grounds().Repository.CommonDir)
	if len(programs) == 0 {
		return Answer{}
	}
	worst := programs[0]
	if at := slices.IndexFunc(programs, func(p guard.Program) bool { return p.Kind != "" }); at >= 0 {
		worst = programs[at]
	}
	return decide(ctx, s, call, c, worst, worst.Text+" ("+worst.By+")")
}

// decide refuses a command by which git starts a program that plainly writes, and records it.
func decide(ctx context.Context, s *scene.Scene, call calls.Call, c Command, p guard.Program, starts string) Answer {
	done := record.Git{Command: c.String(), Dir: c.Dir, Kind: p.Kind, Outcome: record.Passed, Starts: starts}
	answer := Answer{}
	if p.Kind != "" && s.Enforces(ctx) {
		answer.Refusal, done.Outcome = guard.ProgramRefusal(c.Resolved, p), record.Refused
	}
	s.Append(ctx, done.Entry(gates.Agent{ID: call.Agent, Type: call.AgentType}))
	return answer
}

// startsPrograms decides on a git command of a coding agent or a gate by which git starts a program, whatever the subcommand. The guard does not
// see a git that this program calls. So the command is refused if the text of the program shows that it would write. Otherwise it is recorded, as
// evidence in case a change is found.
func startsPrograms(ctx context.Context, w *scene.World, c Command) Answer {
	if len(c.Programs) == 0 {
		return Answer{}
	}
	s, call := heldToGit(ctx, w, c)
	if s == nil {
		return Answer{}
	}
	first := c.Programs[0]
	first.Kind = guard.Writes(c.Programs)
	return decide(ctx, s, call, c, first, first.Text+" (by "+first.By+")")
}
