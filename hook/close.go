package hook

import (
	"context"
	"fmt"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
)

// Close ends an open task of the repository at dir because a person says so, whatever it waits for. It returns the task's own name.
func (r *Runner) Close(ctx context.Context, dir, task, reason string) (name string, err error) {
	grounds := site.GroundsOf("", dir)
	r.GivenGrounds = &grounds
	s := r.Scene(host.Event{})
	known := s.Journal().Task(ctx, task, record.CapsOf(s.Config(ctx)))
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("reading the journal: %w", err)
	}
	switch {
	case known == nil || known.State.Phase == "":
		return "", fmt.Errorf("no task is called %s", quote.String(task, quote.MaxTask))
	case known.State.Phase == gates.Done:
		return "", fmt.Errorf("task %s is done already", quote.String(known.State.Task, quote.MaxTask))
	}
	name = known.State.Task
	scene.UpdateTask(ctx, s, name, func(t *record.Task) (struct{}, []record.Entry) {
		fact := record.Fact{Fact: gates.Fact{Kind: gates.Closed, Task: name, At: r.Now().UTC(), Why: quote.Reason(reason)}}
		return struct{}{}, []record.Entry{fact.Entry()}
	})
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("recording that task %s is closed: %w", quote.String(name, quote.MaxTask), err)
	}
	return name, nil
}
