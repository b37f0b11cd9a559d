package hook

import (
	"context"
	"io"
	"slices"
	"sync"

	"stopgate/hook/journal"
	"stopgate/hook/transcript"
)

// Replayer judges recorded stops by the code that judges live ones, with every effect taken away: nothing is deleted, and what
// one stop leaves for the next is kept in memory.
type Replayer struct {
	// Grounds fixes the worktree that every report is judged in; nil finds it from each agent's own working directory.
	Grounds *Grounds
	// Observe looks at a worktree as it stands now.
	Observe Observer
}

// Replay judges the stops of one agent in order and hands each case to each. A stop is judged by what its transcript held at that
// moment; what git shows is the worktree's state now.
func (p Replayer) Replay(ctx context.Context, agentType string, stops []transcript.Stop, each func(transcript.Stop, Case)) {
	memory := &memoryJournal{}
	for _, stop := range stops {
		runner := &Runner{
			Grounds:     p.Grounds,
			OpenJournal: func(string) (Journal, error) { return memory, nil },
			Transcript:  func(context.Context, Event, string) *transcript.Agent { return &stop.Agent },
			Observe:     p.Observe,
			Now:         stop.Time.UTC,
			Log:         io.Discard,
		}
		if !stop.Active {
			runner.Run(ctx, Event{HookEventName: SubagentStart, AgentID: stop.Agent.ID, AgentType: agentType, Cwd: stop.Agent.CWD})
		}
		answer := runner.Run(ctx, Event{
			HookEventName: SubagentStop, SessionID: stop.Agent.SessionID, Cwd: stop.Agent.CWD, AgentID: stop.Agent.ID, AgentType: agentType,
			StopHookActive: stop.Active, LastAssistantMessage: stop.Agent.LastMessage(),
		})
		if answer.Case != nil {
			each(stop, *answer.Case)
		}
	}
}

// memoryJournal is a journal that nothing outlasts.
type memoryJournal struct {
	mu      sync.Mutex
	records []journal.Record
}

func (m *memoryJournal) Read(context.Context, journal.Filter) ([]journal.Record, journal.Skipped, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.records), journal.Skipped{}, nil
}

func (m *memoryJournal) Append(_ context.Context, records ...journal.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = append(m.records, records...)
	return nil
}

func (m *memoryJournal) Update(ctx context.Context, f journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
	past, _, _ := m.Read(ctx, f)
	records, err := decide(past)
	if err != nil {
		return err
	}
	return m.Append(ctx, records...)
}

func (m *memoryJournal) Hold(context.Context, string) (func(), error) { return func() {}, nil }
