package delivery

import (
	"context"

	"stopgate/hook/crosscheck"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/step"
)

// AnsweredLate takes in who agreed to the launches of branch-managers that are done already, and returns the steps that follow. The host
// writes that down for an agent in the foreground only when its result is there.
func AnsweredLate(ctx context.Context, s *scene.Scene) []*step.Step {
	batch := step.Batch{Event: s.Event.HookEventName}
	for _, t := range crosscheck.AskedHere(ctx, s, true) {
		fact := crosscheck.Consent(ctx, s, t, crosscheck.SpeechWithin)
		if fact.Kind == "" {
			continue
		}
		next := scene.UpdateTask(ctx, s, t.State.Task, func(t *record.Task) (*step.Step, []record.Entry) {
			if asked := t.State.Asked; asked == nil || asked.Answer != "" {
				return nil, nil // it was taken in meanwhile
			}
			follows := t.Take(s.Event.SessionID, record.Fact{Fact: fact})
			return takeIn(s, &batch, t.OwedStep(rule.Ended, follows), record.Fact{Fact: fact}.Entry())
		})
		if next != nil {
			batch.Add(next)
		}
	}
	return batch.Steps
}
