package hook

import (
	"context"
	"slices"

	"stopgate/hook/crosscheck"
	"stopgate/hook/delivery"
	"stopgate/hook/host"
	"stopgate/hook/merging"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
)

// turnEnd handles Stop: the orchestrator ends its turn. It receives every step that no other event delivers: for agents that have ended, for agents
// that vanished, and for tasks whose step it has not done.
func turnEnd(ctx context.Context, s *scene.Scene) Answer {
	crosscheck.TakeRefusals(ctx, s)
	crosscheck.SettleWords(ctx, s, 0)
	crosscheck.RecoverTold(ctx, s, func(record.Told) bool { return true })
	takeGone(ctx, s, true, func(id string) bool { return interrupted(ctx, s, id) })
	if carried := delivery.Deliver(ctx, s, delivery.OwedAtTurnEnd(ctx, s)); !carried.Output.Silent() || s.Event.SessionID == "" {
		return delivered(carried)
	}
	if steps := delivery.AnsweredLate(ctx, s); len(steps) > 0 {
		return Answer{Output: delivery.Carry(ctx, s, steps)}
	}
	if told := delivery.Alarms(ctx, s); !told.Silent() {
		return Answer{Output: told}
	}
	if steps := merging.Ended(ctx, s); len(steps) > 0 {
		return Answer{Output: delivery.Carry(ctx, s, steps)}
	}
	if steps := delivery.Vanished(ctx, s, merging.Gone); len(steps) > 0 {
		return Answer{Output: delivery.Carry(ctx, s, steps)}
	}
	delivery.Release(ctx, s)
	return Answer{Output: delivery.Remind(ctx, s)}
}

// interrupted reports whether the person interrupted an agent that is not at work any more. They know that it has not reported.
func interrupted(ctx context.Context, s *scene.Scene, agentID string) bool {
	running := func(b host.BackgroundTask) bool { return b.ID == agentID }
	return s.Event.BackgroundTasks != nil && !slices.ContainsFunc(s.Event.BackgroundTasks, running) && session.Peer(ctx, s, agentID).Interrupted()
}
