package record

import (
	"context"
	"slices"

	"stopgate/hook/journal"
)

// Memory is a journal that nothing outlasts. It keeps what judging the next stop may need and forgets the rest, so that a
// session of any length is judged in bounded memory.
type Memory struct{ Records []journal.Record }

// An agent is let go after maxAttempts rejected stops at the latest, so that what stands before that many records of it is past.
// Nor do agents work side by side in such numbers as maxRemembered records would tell of.
const (
	MaxAttempts          = 20 // schema/config.schema.json, caps.attempts
	MaxRememberedOfAgent = MaxAttempts + 2
	MaxRemembered        = 256
)

func (m *Memory) Read(context.Context, journal.Filter) ([]journal.Record, journal.Skipped, error) {
	return slices.Clone(m.Records), journal.Skipped{}, nil
}

func (m *Memory) Append(_ context.Context, records ...journal.Record) error {
	for _, rec := range records {
		m.forget(rec)
		m.Records = append(m.Records, rec)
	}
	if over := len(m.Records) - MaxRemembered; over > 0 {
		m.Records = slices.Delete(m.Records, 0, over)
	}
	return nil
}

// forget makes room for the next record of an agent: a run that begins ends all that was before it.
func (m *Memory) forget(next journal.Record) {
	var stops []int
	for i, rec := range m.Records {
		if rec.Agent == next.Agent && rec.Kind == KindStop {
			stops = append(stops, i)
		}
	}
	switch {
	case next.Kind == KindStart:
		m.Records = slices.DeleteFunc(m.Records, func(rec journal.Record) bool { return rec.Agent == next.Agent })
	case len(stops) >= MaxRememberedOfAgent:
		m.Records = slices.Delete(m.Records, stops[0], stops[0]+1)
	}
}

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

func (m *Memory) Hold(context.Context, string) (func(), error) { return func() {}, nil }
