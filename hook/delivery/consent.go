package delivery

import (
	"context"

	"stopgate/hook/crosscheck"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/step"
)

// AnsweredLate records who agreed to the launches of branch-managers that have already ended, and returns the steps that follow. For an agent in
// the foreground, the host writes that down only with its result.
func AnsweredLate(ctx context.Context, s *scene.Scene) []*step.Step {
	batch := step.Batch{Event: s.Event.HookEventName}
	for _, t := range crosscheck.AskedHere(ctx, s, true) {
		fact := crosscheck.Consent(ctx, s, t, crosscheck.SpeechWithin)
		if fact.Kind == "" {
			continue
		}
		next, recorded := scene.UpdateTask(ctx, s, t.State.Task, func(t *record.Task) (*step.Step, []record.Entry) {
			if asked := t.State.Asked; asked == nil || asked.Answer != "" {
				return nil, nil // another process has recorded it meanwhile
			}
			follows := t.Take(s.Event.SessionID, record.Fact{Fact: fact})
			return takeIn(s, &batch, t.OwedStep(rule.Ended, follows), record.Fact{Fact: fact}.Entry())
		})
		if next != nil && recorded { // otherwise it is found again
			batch.Add(next)
		}
	}
	return batch.Steps
}
