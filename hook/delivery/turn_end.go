package delivery

import (
	"context"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
)

// OwedAtTurnEnd picks what is owed for the agents that have ended. An agent that still runs in the background has a notification of its own.
func OwedAtTurnEnd(ctx context.Context, s *scene.Scene) Picker {
	running := map[string]bool{}
	for _, task := range s.Event.BackgroundTasks {
		running[task.ID] = true
	}
	unrecorded := unrecorded(ctx, s, running)
	return func(h record.History) []record.OwedStep {
		var list []record.OwedStep
		for _, id := range h.Agents() {
			if running[id] {
				continue
			}
			list = append(list, h.Owed(id)...)
			if a := h.Agent(id); a.AtWork() && s.Event.BackgroundTasks != nil { // it is not at work any more
				asked := launch.AssignmentOf(session.Peer(ctx, s, id))
				list = append(list, h.Unseen(gates.Agent{ID: id, Type: a.Type()}, asked, s.Config(ctx), s.Now()))
			}
		}
		for _, agent := range unrecorded {
			if !h.Knows(agent.ID) { // meanwhile
				list = append(list, h.Unseen(agent, launch.AssignmentOf(session.Peer(ctx, s, agent.ID)), s.Config(ctx), s.Now()))
			}
		}
		return list
	}
}
