package record

import (
	"bytes"
	"context"
	"slices"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
)

// How much is kept of a session or of a task that has grown large. Those of ordinary work stay below it, and then everything is kept.
const (
	maxKeptRecords = 4000    // the newest
	maxKeptBytes   = 2 << 20 // of those; launches have bounds of their own
	maxKeptOpen    = 2000    // older records of agents that are at work or whose step has not been delivered
	maxKeptFacts   = 500     // the first facts of a task, and older facts of a session, one for each task
	maxLaunches    = 500     // launches, which are long
	maxLaunchBytes = 8 << 20
)

// Keep returns the records that events still need of one session or one task: the newest; beside them of a session the launches, what
// belongs to agents that are at work or whose step is undelivered, and one fact for each task; of a task the facts that it began with.
// It is a journal.Keep. Nothing is lost by it: the journal keeps every record.
func Keep(f journal.Filter, past []journal.Record) []journal.Record {
	from, launchesFrom := newest(past, false, maxKeptRecords, maxKeptBytes), newest(past, true, maxLaunches, maxLaunchBytes)
	if from == 0 && launchesFrom == 0 {
		return past
	}
	keep := make([]bool, len(past))
	for i, rec := range past {
		if rec.Kind == KindLaunch {
			keep[i] = i >= launchesFrom
		} else {
			keep[i] = i >= from
		}
	}
	if f.Task != "" {
		for i := 0; i < min(maxKeptFacts, len(past)); i++ {
			keep[i] = true
		}
	} else {
		keepOpen(past, keep, from)
		keepTasks(past, keep)
	}
	var kept []journal.Record
	for i, rec := range past {
		if keep[i] {
			kept = append(kept, rec)
		}
	}
	return kept
}

// newest is where the newest launches, or the newest of all other records, begin of which the bounds have room; 0 if they have room for all.
func newest(past []journal.Record, launches bool, most, mostBytes int) int {
	size, n := 0, 0
	for i, rec := range slices.Backward(past) {
		if (rec.Kind == KindLaunch) != launches {
			continue
		}
		n++
		if size += len(rec.Data); n > most || size > mostBytes {
			return i + 1
		}
	}
	return 0
}

// keepOpen keeps the older records of agents that are at work, were sent back, or are owed the delivery of their step: the newest first.
func keepOpen(past []journal.Record, keep []bool, from int) {
	open := openAgents(past)
	n := 0
	for i := from - 1; i >= 0 && n < maxKeptOpen; i-- {
		switch rec := past[i]; rec.Kind {
		case KindLaunch, KindFact, KindDenial, KindReminder:
		default:
			if open[rec.Agent] {
				keep[i] = true
				n++
			}
		}
	}
}

// openAgents are those of which something is still to come: by the last record of their runs and stops, and the deliveries after it.
func openAgents(past []journal.Record) map[string]bool {
	open, known, delivered := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, rec := range slices.Backward(past) {
		if known[rec.Agent] {
			continue
		}
		switch rec.Kind {
		case KindLaunch, KindFact, KindDenial, KindReminder:
		case KindDelivery:
			delivered[rec.Agent] = true
		case KindStop:
			known[rec.Agent] = true
			// The data need not be decoded: within a JSON string the quotes of a key would be escaped.
			steps := bytes.Contains(rec.Data, []byte(`"step":`))
			rejected := bytes.Contains(rec.Data, []byte(`"verdict":"`+string(rule.Rejected)+`"`))
			open[rec.Agent] = rejected || steps && !delivered[rec.Agent]
		default:
			known[rec.Agent], open[rec.Agent] = true, true
		}
	}
	return open
}

// keepTasks keeps the newest fact of each task.
func keepTasks(past []journal.Record, keep []bool) {
	var seen []string
	for i := len(past) - 1; i >= 0 && len(seen) < maxKeptFacts; i-- {
		if rec := past[i]; rec.Kind == KindFact && !slices.Contains(seen, rec.Task) {
			seen = append(seen, rec.Task)
			keep[i] = true
		}
	}
}

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
