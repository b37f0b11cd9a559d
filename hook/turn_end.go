package hook

import (
	"context"
	"fmt"

	"stopgate/hook/config"
	"stopgate/hook/crosscheck"
	"stopgate/hook/delivery"
	"stopgate/hook/gates"
	"stopgate/hook/merging"
	"stopgate/hook/quote"
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
	noteObserving(ctx, s)
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

// noteObserving records an alarm if the configuration observes only since an open task was begun. Nothing is refused then, so a session that may not
// merge could commit that configuration.
func noteObserving(ctx context.Context, s *scene.Scene) {
	if s.Enforces(ctx) {
		return
	}
	for _, t := range s.Tasks(ctx).All() {
		l := s.LaunchOf(ctx, t.State.Coder.ID)
		if t.State.Phase == gates.Done || l == nil || l.Config == nil || l.Config.Settings().Config.Mode == config.Observe {
			continue
		}
		alarm := record.NewAlarm(fmt.Sprintf("the configuration has the mode observe now, and had not when task %s was begun: nothing is refused any more, and it can be merged without gates",
			quote.String(t.State.Task, quote.MaxTaskShort)), "observe")
		if !s.History(ctx).HasAlarm(alarm.ID) {
			s.Append(ctx, alarm.Entry())
		}
	}
}

// interrupted reports whether the person interrupted an agent that is not at work any more. They know that it has not reported.
func interrupted(ctx context.Context, s *scene.Scene, agentID string) bool {
	return s.Event.BackgroundTasks != nil && !session.Running(s)(agentID) && session.Peer(ctx, s, agentID).Interrupted()
}
