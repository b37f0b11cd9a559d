package view

import (
	"context"
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/quote"
)

// Standing returns the recorded state of the open tasks, without reading their worktrees. It takes milliseconds.
func (r Reader) Standing(ctx context.Context) (Status, error) {
	r.Observe = nil
	return r.openTasks(ctx, r.config(ctx))
}

// Bounds on a status line.
const (
	maxTasksInLine = 2
	maxTaskInLine  = 20 // characters
)

// Line returns the status in one short line: the tasks that wait for the person first, then the others. "" if no task is open.
func (s Status) Line() string {
	var yours, others []string
	for _, t := range s.Tasks {
		text := shown(t.Task, maxTaskInLine) + " " + string(t.Phase)
		if t.Owed != nil && t.Owed.By == gates.Person {
			yours = append(yours, text)
		} else {
			others = append(others, text)
		}
	}
	var parts []string
	if len(yours) > 0 {
		first, omitted := quote.First(yours, maxTasksInLine)
		parts = append(parts, "waiting for you: "+strings.Join(first, ", ")+more(omitted))
	}
	if len(others) > 0 {
		first, omitted := quote.First(others, maxTasksInLine)
		parts = append(parts, strings.Join(first, ", ")+more(omitted))
	}
	return strings.Join(parts, " · ")
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" +%d", n)
}
