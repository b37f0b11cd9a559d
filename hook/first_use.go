package hook

import (
	"cmp"
	"context"
	"slices"

	"stopgate/hook/actor"
	"stopgate/hook/gates"
	"stopgate/hook/isolation"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/transcript"
)

// firstUse records, before its first command or write, the launch of an agent that a skill or the script of a workflow launched, or that is a teammate.
// The client announces no such launch, or does not say which agent it led to, and when the agent starts, nothing shows its prompt yet (2.1.330). The
// agent has changed nothing by then. An agent that works for another one acts for it, so the launches of those above it are recorded, too.
func firstUse(ctx context.Context, s *scene.Scene) {
	if s.Event.AgentID == "" || s.Event.AgentType == "" { // the session itself, or one of the helpers of the host
		return
	}
	if transcript.RanWorkflow(s.Event.TranscriptPath) { // the host's notes may lag behind
		session.Await(ctx, s, func() bool { return session.TypeOf(s.Event.TranscriptPath, s.Event.AgentID) != "" })
	}
	for _, a := range s.Lineage(s.Event.AgentID) {
		if before := transcript.MovedFrom(session.PathOf(s, a.ID)); before != "" {
			takeOver(ctx, s, gates.Agent{ID: a.ID, Type: cmp.Or(a.Meta.AgentType, s.Event.AgentType)}, before)
		}
		if a.Meta.Unannounced {
			recordFirstUse(ctx, s, gates.Agent{ID: a.ID, Type: cmp.Or(a.Meta.AgentType, s.Event.AgentType)}, session.PathOf(s, a.ID))
		}
	}
}

// takeOver records that the session has an agent that another session launched. When the person clears the conversation or resumes another one while an
// agent is at work, the client goes on with it in the new session, to which its events then belong (2.1.330). before is the transcript that its own one
// continues.
func takeOver(ctx context.Context, s *scene.Scene, agent gates.Agent, before string) {
	if !s.MayConcern(ctx, "", agent.Type, session.PromptIn(ctx, s, before)) || s.History(ctx).Knows(agent.ID) {
		return
	}
	s.Append(ctx, record.TakenOver(agent, transcript.SessionID(before), s.Event.SessionID)...)
	l := s.LaunchOf(ctx, agent.ID)
	if l == nil || l.Role != launch.CodingRole || l.Task() == "" {
		return
	}
	if t := s.Task(ctx, l.Task()); t != nil && slices.Contains(t.State.Running, agent.ID) {
		s.Append(ctx, begun(s, agent, l.Task(), l.Worktree))
	}
}

// lateFirstUse records the launch of such an agent when it stops, if it used no tool that may have changed something.
func lateFirstUse(ctx context.Context, s *scene.Scene) {
	path := s.Event.AgentTranscriptPath
	did, err := transcript.ReadAgent(ctx, path, transcript.Options{})
	if err != nil || did.DroppedToolUses+did.LostToolUses > 0 || slices.ContainsFunc(did.ToolUses, func(u transcript.ToolUse) bool { return u.Acts() || u.Edits() || u.Launches() }) {
		return
	}
	recordFirstUse(ctx, s, gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType}, path)
}

// recordFirstUse records the launch of the agent with the transcript at path, unless it is recorded or the agent may have acted before. An agent that
// took its launch out of the host's notes has acted.
func recordFirstUse(ctx context.Context, s *scene.Scene, agent gates.Agent, path string) {
	prompt := session.PromptIn(ctx, s, path)
	if prompt == "" || !s.MayConcern(ctx, "", agent.Type, prompt) || s.History(ctx).Launch(path) != nil || session.Acted(s, agent.ID) {
		return
	}
	role, _ := actor.LaunchedAs(ctx, s, agent.ID, agent.Type, prompt)
	l := launched{role: role, agentType: agent.Type, prompt: prompt, call: record.Unannounced(agent.ID)}
	if own, isolated := isolation.OfWorkflow(s, transcript.WorkflowOf(path)); isolated {
		l.isolated, l.own = isolation.Yes, own
	}
	if role != launch.CodingRole && role != launch.OpsRole && role != launch.OtherRole {
		return // the work of a gate and of a branch-manager is compared with what their task records
	}
	now := l.snapshot(ctx, s)
	entries := []record.Entry{l.entry(now)}
	if role == launch.CodingRole {
		if !s.History(ctx).Agent(agent.ID).HasRun() { // at the start of a teammate its type is not known
			entries = append(entries, record.Started(agent, nil))
		}
		if task := l.asked().TaskID; task != "" {
			entries = append(entries, begun(s, agent, task, now.Worktree))
		}
	}
	s.Append(ctx, entries...)
}
