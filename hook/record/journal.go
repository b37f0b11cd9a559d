package record

import (
	"context"
	"slices"
	"time"

	"stopgate/hook/journal"
)

// Journal stores records between events. The methods are those of journal.Journal.
type Journal interface {
	Read(ctx context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error)
	Append(ctx context.Context, records ...journal.Record) error
	Update(ctx context.Context, f journal.Filter, decide func(past []journal.Record) ([]journal.Record, error)) error
	Hold(ctx context.Context, name string) (release func(), err error)
}

// patientJournal gives each journal call its own deadline, so that a slow worktree scan cannot keep a decision from being recorded.
type patientJournal struct{ Journal }

// recordWithin limits one use of the journal. It is less than the time that the host leaves an event after the program's own deadline.
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

// Unwritten returns a journal that can be read but not written.
func Unwritten(j Journal) Journal { return unwritten{j} }

type unwritten struct{ Journal }

// Append records nothing.
func (unwritten) Append(context.Context, ...journal.Record) error { return nil }

// Update calls decide with the records, and records nothing.
func (u unwritten) Update(ctx context.Context, f journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
	past, _, err := u.Read(ctx, f)
	if err != nil {
		return err
	}
	_, err = decide(past)
	return err
}

// Memory is a Journal in memory, for recordings. It keeps only the records that the next stop can need, so that a session of any length is judged
// in bounded memory. The zero Memory is empty.
type Memory struct{ records []journal.Record }

// After maxAttempts rejected stops an agent may stop, so no earlier record of it is needed. No session has so many agents at work at once that
// their records exceed maxRemembered.
const (
	maxAttempts          = 20 // schema/config.schema.json, caps.attempts
	maxRememberedOfAgent = maxAttempts + 2
	maxRemembered        = 256
)

// Read returns all records; it ignores the filter.
func (m *Memory) Read(context.Context, journal.Filter) ([]journal.Record, journal.Skipped, error) {
	return slices.Clone(m.records), journal.Skipped{}, nil
}

// Append adds records, and removes those that they make superfluous.
func (m *Memory) Append(_ context.Context, records ...journal.Record) error {
	for _, rec := range records {
		m.forget(rec)
		m.records = append(m.records, rec)
	}
	if over := len(m.records) - maxRemembered; over > 0 {
		m.records = slices.Delete(m.records, 0, over)
	}
	return nil
}

// forget removes records to make room for the next record of an agent: of its stops, and of the facts that follow from them, only the last are needed.
// The beginning of a run makes all earlier records superfluous.
func (m *Memory) forget(next journal.Record) {
	if next.Kind == KindStart {
		m.records = slices.DeleteFunc(m.records, func(rec journal.Record) bool { return rec.Agent == next.Agent })
		return
	}
	var alike []int
	for i, rec := range m.records {
		if rec.Agent == next.Agent && rec.Kind == next.Kind {
			alike = append(alike, i)
		}
	}
	if len(alike) >= maxRememberedOfAgent && (next.Kind == KindStop || next.Kind == KindFact) {
		m.records = slices.Delete(m.records, alike[0], alike[0]+1)
	}
}

// Update appends what decide returns for all records.
func (m *Memory) Update(ctx context.Context, f journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
	past, _, err := m.Read(ctx, f)
	if err != nil {
		return err
	}
	records, err := decide(past)
	if err != nil {
		return err
	}
	return m.Append(ctx, records...)
}

// Hold does nothing, because a recording is judged by one process.
func (m *Memory) Hold(context.Context, string) (func(), error) { return func() {}, nil }
