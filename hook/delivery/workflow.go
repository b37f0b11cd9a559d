package delivery

import (
	"context"
	"slices"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/transcript"
)

// stopWithin is how long the stop of an agent may take to be recorded that the host does not wait for.
const stopWithin = 2 * time.Second

// OwedForWorkflows selects the steps owed for agents that scripts of workflows launched. The host does not wait for the hook at the stop of an agent that
// handed in its result with a schema (2.1.330), so the stops of such agents are awaited first. Call it before the history is read.
func OwedForWorkflows(ctx context.Context, s *scene.Scene) Picker {
	ofWorkflow := func(id string) bool { return transcript.WorkflowOf(session.PathOf(s, id)) != "" }
	ids, _ := transcript.AgentIDs(s.Event.TranscriptPath) // what cannot be listed is told at the end of the turn
	ids = slices.DeleteFunc(ids, func(id string) bool {
		if !ofWorkflow(id) {
			return true
		}
		agent := session.Peer(ctx, s, id)
		role, _ := launch.RoleOf(s.Config(ctx), session.TypeOf(s.Event.TranscriptPath, id), agent.Prompt)
		return !actor.HasPart(role) || !agent.HandedIn()
	})
	if len(ids) > 0 {
		session.AwaitFor(ctx, s, stopWithin, func() bool {
			h := s.Journal().History(ctx)
			return !slices.ContainsFunc(ids, func(id string) bool { return !h.Agent(id).HasEnded() })
		})
	}
	return func(h record.History) []record.OwedStep {
		var list []record.OwedStep
		for _, id := range h.Agents() {
			if ofWorkflow(id) {
				list = append(list, h.Owed(id)...)
			}
		}
		return list
	}
}
