package record

import (
	"context"
	"time"

	"stopgate/hook/journal"
)

// Journal is what lasts between events. The methods are those of journal.Journal.
type Journal interface {
	Read(ctx context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error)
	Append(ctx context.Context, records ...journal.Record) error
	Update(ctx context.Context, f journal.Filter, decide func(past []journal.Record) ([]journal.Record, error)) error
	Hold(ctx context.Context, name string) (release func(), err error)
}

// patientJournal gives each journal call its own deadline, so that a slow worktree scan cannot keep a decision from being recorded.
type patientJournal struct{ Journal }

// recordWithin bounds one use of the journal. It is less than what the host grants an event beyond the program's own deadline.
const recordWithin = 8 * time.Second

func ownTime(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
}

func (p patientJournal) Read(ctx context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error) {
	ctx, done := ownTime(ctx)
	defer done()
	return p.Journal.Read(ctx, f)
}

func (p patientJournal) Append(ctx context.Context, records ...journal.Record) error {
	ctx, done := ownTime(ctx)
	defer done()
	return p.Journal.Append(ctx, records...)
}

func (p patientJournal) Update(ctx context.Context, f journal.Filter, decide func(past []journal.Record) ([]journal.Record, error)) error {
	ctx, done := ownTime(ctx)
	defer done()
	return p.Journal.Update(ctx, f, decide)
}
