package hook

import (
	"context"
	"io"
	"slices"

	"stopgate/hook/journal"
	"stopgate/hook/transcript"
)

// Replayer judges recorded stops by the code that judges live ones, with every effect taken away: nothing is deleted, and what
// one stop leaves for the next is kept in memory. The zero Replayer looks at no worktree; it is for one goroutine.
type Replayer struct {
	// Grounds fixes the worktree that every report is judged in; nil finds it from each agent's own working directory.
	Grounds *Grounds
	// Observe looks at a worktree, as it stands now.
	Observe Observer

	memory memoryJournal
}

// Judge judges one stop of an agent of that type by what the transcript held at that moment; what git shows is the worktree's
// state now. The stops of an agent are to be judged in order. false: the same stop was judged before.
func (p *Replayer) Judge(ctx context.Context, agentType string, stop transcript.Stop) (Case, bool) {
	runner := &Runner{
		Grounds:     p.Grounds,
		OpenJournal: func(string) (Journal, error) { return &p.memory, nil },
		Transcript:  func(context.Context, Event, string) *transcript.Agent { return &stop.Agent },
		Observe:     p.Observe,
		Now:         stop.Time.UTC,
		Log:         io.Discard,
		recorded:    true,
	}
	ev := Event{
		SessionID: stop.Agent.SessionID, Cwd: stop.Agent.CWD, AgentID: stop.Agent.ID, AgentType: agentType,
		StopHookActive: stop.Active, LastAssistantMessage: stop.Agent.LastMessage(),
	}
	if !stop.Active {
		runner.start(ctx, ev)
	}
	judged := runner.stop(ctx, ev).Case
	if judged == nil {
		return Case{}, false
	}
	return *judged, true
}

// memoryJournal is a journal that nothing outlasts, of one agent after the other.
type memoryJournal struct{ records []journal.Record }

func (m *memoryJournal) Read(_ context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error) {
	var found []journal.Record
	for _, rec := range m.records {
		if f.Session == "" || f.Session == rec.Session {
			found = append(found, rec)
		}
	}
	return found, journal.Skipped{}, nil
}

func (m *memoryJournal) Append(_ context.Context, records ...journal.Record) error {
	m.records = append(m.records, slices.Clone(records)...)
	return nil
}

func (m *memoryJournal) Update(ctx context.Context, f journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
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

func (m *memoryJournal) Hold(context.Context, string) (func(), error) { return func() {}, nil }
