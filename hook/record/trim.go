package record

import (
	"context"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
)

// trimmer is a journal of which old records can be removed.
type trimmer interface {
	Trim(ctx context.Context, b journal.Bounds, now time.Time, held func() func(journal.Record) bool) (removed int, err error)
}

// recentlyUsed is how long the records of a session are kept whatever their amount: it may go on, and be owed a step.
const recentlyUsed = 14 * 24 * time.Hour

// Trim removes old records beyond the bounds. It keeps what belongs to an open task, and what is recent.
func (l *Log) Trim(ctx context.Context, b journal.Bounds, caps gates.Caps) {
	p, patient := l.journal.(patientJournal)
	if !patient || b == (journal.Bounds{}) {
		return
	}
	j, ok := p.Journal.(trimmer)
	if !ok {
		return
	}
	ctx, done := ownTime(ctx)
	defer done()
	now := l.now()
	_, err := j.Trim(ctx, b, now, func() func(journal.Record) bool {
		open := map[string]bool{}
		for _, t := range l.Pending(ctx, caps) {
			open[launch.TaskKey(t.State.Task)] = t.State.Phase != gates.Done
		}
		return func(r journal.Record) bool {
			return now.Sub(r.At) < recentlyUsed || r.Task != "" && open[launch.TaskKey(r.Task)]
		}
	})
	if err != nil {
		l.fail(err)
	}
}
