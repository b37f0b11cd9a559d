package delivery

import (
	"context"
	"os"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/transcript"
)

// OwedAtTurnEnd selects the steps owed for agents that have ended. An agent that still runs in the background has a notification of its own. While a
// workflow runs, its script goes on by itself, and the steps for its agents wait for its end.
func OwedAtTurnEnd(ctx context.Context, s *scene.Scene) Picker {
	running := session.Running(s)
	unrecorded := unrecorded(ctx, s, running)
	return func(h record.History) []record.OwedStep {
		var list []record.OwedStep
		for _, id := range h.Agents() {
			if running(id) {
				continue
			}
			list = append(list, h.Owed(id)...)
			if a := h.Agent(id); a.InRun() && !a.Stopped() && s.Event.BackgroundTasks != nil && !session.Waits(s, id) { // the host no longer lists it
				list = append(list, unseen(ctx, s, h, gates.Agent{ID: id, Type: a.Type()}))
			}
		}
		for _, agent := range unrecorded {
			if !h.Knows(agent.ID) { // another process has recorded it meanwhile
				list = append(list, unseen(ctx, s, h, agent))
			}
		}
		return list
	}
}

// unseen returns the step for a coding agent that has ended without a judged stop.
func unseen(ctx context.Context, s *scene.Scene, h record.History, agent gates.Agent) record.OwedStep {
	asked := launch.AssignmentOf(session.Peer(ctx, s, agent.ID))
	owed := h.Unseen(agent, asked, s.Config(ctx), s.Now())
	if superseded(ctx, s, agent.ID, owed.Step.TaskID) {
		return owed.Superseded()
	}
	return owed
}

// superseded reports whether another coding agent began to work on the task after the agent had ended. It uses the times of the host's files,
// because times in the journal may be from another clock.
func superseded(ctx context.Context, s *scene.Scene, agentID, task string) bool {
	t := s.Tasks(ctx).Find(task)
	if t == nil || t.State.Coder.ID == "" || t.State.Coder.ID == agentID {
		return false
	}
	ended, err := os.Stat(transcript.AgentPath(s.Event.TranscriptPath, agentID))
	return err == nil && notedAt(s.Event.TranscriptPath, t.State.Coder.ID).After(ended.ModTime())
}
