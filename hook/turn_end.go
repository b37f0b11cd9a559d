package hook

import (
	"context"

	"stopgate/hook/crosscheck"
	"stopgate/hook/delivery"
	"stopgate/hook/merging"
	"stopgate/hook/record"
	"stopgate/hook/scene"
)

// turnEnd handles Stop: the orchestrator ends its turn. It receives every step that no other event delivers: for agents that have ended, for agents
// that vanished, and for tasks whose step it has not done.
func turnEnd(ctx context.Context, s *scene.Scene) Answer {
	crosscheck.TakeRefusals(ctx, s)
	crosscheck.SettleWords(ctx, s, 0)
	crosscheck.RecoverTold(ctx, s, func(record.Told) bool { return true })
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
