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

// How much is kept of a session or a task that has grown large. Ordinary ones stay below these bounds and are kept completely.
const (
	maxKeptRecords = 4000    // the newest records
	maxKeptBytes   = 2 << 20 // of those records; launches have their own bounds
	maxKeptOpen    = 2000    // older records of agents that are at work or whose step is not delivered
	maxKeptFacts   = 500     // the first facts of a task; and older facts of a session, one for each task
	maxLaunches    = 500     // launches, which are long
	maxLaunchBytes = 8 << 20
)

// Keep returns the records that events still need of one session or one task. It keeps the newest records. Of a session it also keeps the launches,
// the records of agents that are at work or whose step is not delivered, and one fact for each task. Of a task it also keeps the first facts. It is
// a journal.Keep. The journal itself keeps every record.
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

// newest returns the index from which the launches, or all other records, fit into the bounds; 0 if all fit.
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

// keepOpen keeps older records, newest first, of agents that are at work, were sent back, or whose step is not delivered.
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

// openAgents returns the agents from which something is still expected, by the last record of their runs and stops, and the deliveries after it.
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
			// The data need not be decoded: inside a JSON string the quotes around a key would be escaped.
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

// trimmer is a journal from which old records can be removed.
type trimmer interface {
	Trim(ctx context.Context, b journal.Bounds, now time.Time, held func() func(journal.Record) bool) (removed int, err error)
}

// recentlyUsed is how long the records of a session are kept regardless of their size: the session may continue, and may be owed a step.
const recentlyUsed = 14 * 24 * time.Hour

// Trim removes old records beyond the bounds, except recent ones and those of open tasks.
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
