package hook

import (
	"cmp"
	"context"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// roleAtLaunch is what an agent is about to be launched as, and the name of its gate for launch.GateRole. The marker of its prompt decides.
// Else a gate that the task in the prompt needs now does, if the agent has its name or is asked for it, and only then the agent's name:
// pipelines have coding agents, ops agents and others review. A gate for work that no coding agent was seen to do is none of the protocol.
func roleAtLaunch(ctx context.Context, s *scene.Scene, agentType, prompt string) (role launch.Role, gate string) {
	role, gate = launch.RoleOf(s.Config(ctx), agentType, prompt)
	asked := launch.ReadAssignment(prompt)
	if _, marked := launch.ReadMarker(prompt); marked || role == launch.MergeRole {
		return role, gate
	}
	if role == launch.GateRole {
		if worksOnNone(ctx, s, asked) {
			return launch.OtherRole, ""
		}
		return role, gate
	}
	if role == launch.NoRole && !launch.AsksForReview(prompt) {
		return role, gate
	}
	known := false
	for _, t := range s.Tasks(ctx).All() {
		if !isFor(s, asked, t) {
			continue
		}
		known = true
		owed := t.State.Owed()
		if owed.Action != gates.Deploy {
			continue
		}
		if gate := launch.OwedGate(owed.Gates, agentType, prompt); gate != "" {
			return launch.GateRole, gate
		}
	}
	if role == launch.CodingRole && launch.AsksForReview(prompt) {
		for _, t := range s.Tasks(ctx).Open() { // it may be early: then it is refused with what is owed first
			if gate := launch.OwedGate(t.State.Unpassed(), agentType, prompt); gate != "" && isFor(s, asked, t) {
				return launch.GateRole, gate
			}
		}
		if known || asked.TaskID == "" {
			return launch.OtherRole, ""
		}
	}
	return role, gate
}

// worksOnNone reports whether a launch with that assignment names a task, and no task that is known can be meant.
func worksOnNone(ctx context.Context, s *scene.Scene, asked launch.Assignment) bool {
	if asked.TaskID == "" {
		return false
	}
	return !slices.ContainsFunc(s.Tasks(ctx).All(), func(t *record.Task) bool {
		return isFor(s, asked, t) || launch.SameFamily(asked.TaskID, t.State.Task) || asked.WorktreePath != "" && sameWorktree(s, asked.WorktreePath, t.Worktree)
	})
}

// isFor reports whether a launch with that assignment is for the task: it names the task or a unit of it, or the task's worktree and no
// other task.
func isFor(s *scene.Scene, asked launch.Assignment, t *record.Task) bool {
	switch {
	case asked.TaskID == "":
		return asked.WorktreePath != "" && sameWorktree(s, asked.WorktreePath, t.Worktree)
	case launch.TaskKey(asked.TaskID) == launch.TaskKey(t.State.Task):
		return true
	}
	return launch.SameFamily(asked.TaskID, t.State.Task) && asked.WorktreePath != "" && sameWorktree(s, asked.WorktreePath, t.Worktree)
}

// sameWorktree reports whether two paths mean one worktree.
func sameWorktree(s *scene.Scene, a, b string) bool {
	if a == b || s.Grounds().Repository == nil || a == "" || b == "" {
		return a == b
	}
	x, _ := s.Grounds().Find(a)
	y, _ := s.Grounds().Find(b)
	return x.Place.GitDir != "" && x.Place.GitDir == y.Place.GitDir
}

// launchedAs is what an agent was launched as: by the marker of its prompt, by the record of its launch, or by its name. A message that resumes it
// changes nothing.
func launchedAs(ctx context.Context, s *scene.Scene, agentID, agentType, prompt string) (role launch.Role, gate string) {
	role, gate = launch.RoleOf(s.Config(ctx), agentType, prompt)
	if _, marked := launch.ReadMarker(prompt); marked {
		return role, gate
	}
	if launched := s.LaunchOf(ctx, agentID); launched != nil && launched.Role != launch.NoRole {
		return launched.Role, cmp.Or(launched.Gate, gate)
	}
	return role, gate
}

// reviewed is an agent that was taken for a coding agent and has reviewed; nil if it has not. Its last message is a gate's result, and neither
// its tools nor git show that it changed anything.
func reviewed(ctx context.Context, s *scene.Scene) *transcript.Agent {
	if !saysReview(s.Event.LastAssistantMessage) { // most have reported work, and their transcripts are read later
		return nil
	}
	agent, _ := session.Stopped(ctx, s, "", transcript.Options{})
	if !onlyReviewed(ctx, s, agent) {
		return nil
	}
	return agent
}

// saysReview reports whether a message is a gate's result and reports no work.
func saysReview(message string) bool {
	found := report.FindGate(message)
	if found.Kind != report.KindReport || report.HasWork(found.Text) {
		return false
	}
	if _, problems := report.ParseGate(found.Text, false); len(problems) > 0 {
		return false
	}
	work := report.Find(message)
	return work.Kind != report.KindReport || !report.HasWork(work.Text)
}

// onlyReviewed reports whether neither the agent's past, nor its tools, nor git show that it worked as a coding agent.
func onlyReviewed(ctx context.Context, s *scene.Scene, agent *transcript.Agent) bool {
	if _, marked := launch.ReadMarker(agent.Prompt); marked || !trace.KnowsEdits(agent) || len(trace.Edits(agent, nil)) > 0 {
		return false
	}
	asked := launch.AssignmentOf(agent)
	if slices.ContainsFunc(s.Tasks(ctx).All(), func(t *record.Task) bool { return isFor(s, asked, t) && t.State.Returned }) {
		return false // the gates have sent work back, and it was launched for that
	}
	recorded := s.History(ctx).Agent(s.Event.AgentID)
	if len(recorded.Reports()) > 0 || len(recorded.SentBack()) > 0 { // it has reported work, or failed to
		return false
	}
	launched := s.LaunchOf(ctx, s.Event.AgentID)
	before := launched.Seen()
	if before == nil {
		return launched != nil && len(commandsOf(agent)) == 0 // a command may have changed anything
	}
	where, _ := s.Grounds().Find(before.Worktree)
	if where.Problem != site.Found {
		return false
	}
	survey := look.Survey(ctx, s, where.Place, worktree.Base{Snapshot: &before.Snapshot})
	return survey.Incomplete == "" && len(changedFiles(s.Config(ctx), survey)) == 0
}

// reviewStop takes the stop of an agent that was taken for a coding agent and has reviewed. If no task needs its review, the start of a coding
// agent is taken back, and only what the task owes then is told.
func reviewStop(ctx context.Context, s *scene.Scene, agent *transcript.Agent) Answer {
	asked := launch.AssignmentOf(agent)
	who, stop := gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType}, record.Identify(s.Event, agent, "")
	ended := record.OtherStop(stop, rule.Ended, asked.WorktreePath, s.Event.LastAssistantMessage)
	id := s.History(ctx).Agent(s.Event.AgentID).StepID(s.Event, stop)
	for _, t := range s.Tasks(ctx).All() {
		if !isFor(s, asked, t) {
			continue
		}
		name := t.State.Task
		gate := scene.UpdateTask(ctx, s, name, func(t *record.Task) (string, []record.Entry) {
			back := factOf(s, gates.NotCoder, name)
			called := t.Take(s.Event.SessionID, back)
			if gate := launch.OwedGate(t.State.Unpassed(), s.Event.AgentType, reviewForm); gate != "" {
				launched := factOf(s, gates.GateLaunched, name)
				launched.Fact.Gate, launched.Fact.Tree = gate, t.State.Tree
				return gate, []record.Entry{back.Entry(), launched.Entry()}
			}
			if called.Action != "" {
				ended.Step = t.Step(id, who, rule.Ended, called)
			}
			return "", []record.Entry{back.Entry()}
		})
		if gate != "" {
			return gateStop(ctx, s, protocolAgent{role: launch.GateRole, gate: gate, prompt: agent.Prompt})
		}
	}
	s.Append(ctx, ended.Entry(who, asked.TaskID))
	return Answer{}
}

// reviewForm stands for the prompt of an agent that has reviewed, whatever its prompt asked for.
const reviewForm = "files_reviewed"

// factOf is a fact about the agent of the event.
func factOf(s *scene.Scene, kind gates.Kind, task string) record.Fact {
	return record.Fact{Fact: gates.Fact{Kind: kind, Task: task, At: s.Now().UTC(), Agent: s.Event.AgentID, AgentType: s.Event.AgentType}}
}

// mayBeCoder reports, before anything but the host's notes is opened, whether the agent whose tool call this is can be a coding agent or
// work for one.
func mayBeCoder(ctx context.Context, s *scene.Scene) bool {
	if s.MayConcern(ctx, s.Event.AgentID, s.Event.AgentType, "") {
		return true
	}
	for _, relative := range transcript.Lineage(s.Event.TranscriptPath, s.Event.AgentID)[1:] {
		if s.MayConcern(ctx, relative.ID, relative.Meta.AgentType, "") {
			return true
		}
	}
	return false
}

// coderOf is the coding agent whose rules the tool call has to keep: the agent whose call it is, or the nearest that it works for. Coding agents
// are known by their names, or by their launches. The zero Agent means that there is none.
func coderOf(ctx context.Context, s *scene.Scene) gates.Agent {
	if s.Coder != nil {
		return *s.Coder
	}
	s.Coder = &gates.Agent{}
	for _, relative := range transcript.Lineage(s.Event.TranscriptPath, s.Event.AgentID) {
		agent := gates.Agent{ID: relative.ID, Type: relative.Meta.AgentType}
		if relative.ID == s.Event.AgentID {
			agent.Type = s.Event.AgentType
		}
		launched := s.LaunchOf(ctx, relative.ID)
		if s.Config(ctx).IsCoding(agent.Type) || launched != nil && launched.Role == launch.CodingRole {
			s.Coder = &agent
			s.HoldTo(ctx, launched)
			break
		}
	}
	return *s.Coder
}

// isCoder reports whether the tool call has to keep the rules of coding agents.
func isCoder(ctx context.Context, s *scene.Scene) bool { return coderOf(ctx, s).ID != "" }

// orchestrates reports whether the agent may launch agents of the protocol and receive their steps: the session itself may, and an agent that
// the configuration names.
func orchestrates(ctx context.Context, s *scene.Scene, agentID, agentType string) bool {
	return agentID == "" || s.Config(ctx).IsOrchestrator(agentType)
}

// launchedByOther reports whether the agent whose transcript stands at path was launched by an agent that is no orchestrator.
func launchedByOther(ctx context.Context, s *scene.Scene, path string) bool {
	meta, err := transcript.ReadMeta(path)
	if err != nil || meta.ParentAgentID == "" {
		return false
	}
	parent, _ := transcript.ReadMeta(transcript.AgentPath(s.Event.TranscriptPath, meta.ParentAgentID))
	return !orchestrates(ctx, s, meta.ParentAgentID, parent.AgentType)
}
