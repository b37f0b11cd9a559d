package replay

import (
	"context"
	"path/filepath"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// Events replays the transcripts of those names. It returns the stops that no journal has as events that figures count, and the problems with
// transcripts and journals. With reports, events have the words of agents.
func (p Replayer) Events(ctx context.Context, names []string, reports bool) (list []figures.Event, problems []error) {
	sessions, problems := findSessions(names)
	events := events{reports: reports, readers: map[string]*figures.Reader{}}
	for outcome := range p.sessions(ctx, sessions) {
		problems = append(problems, outcome.Problems...)
		for _, result := range outcome.Results {
			if e, ok := events.of(result); ok {
				list = append(list, e)
			}
		}
	}
	return list, append(problems, p.Verdicts.unread()...)
}

// events turns the results of replayed sessions into events.
type events struct {
	reports bool
	readers map[string]*figures.Reader // by repository
}

// of returns the event of a replayed stop; false if the gate judged the stop when it happened, because the journal has the event then. Nobody was
// sent back by a replay, so a rejected stop is one that would have been.
func (e *events) of(r Result) (figures.Event, bool) {
	if r.Origin.Checked == AgainstJournal {
		return figures.Event{}, false
	}
	repository := repositoryOf(r.Origin.Project)
	reader := e.readers[repository]
	if reader == nil {
		reader = figures.NewReader(repository, gates.Caps{}, e.reports)
		e.readers[repository] = reader
	}
	stop := record.Stop{
		Verdict: r.Verdict, Fingerprint: "replay", Worktree: r.Worktree, Findings: r.Findings, FindingsTotal: len(r.Findings), Report: r.Report, Step: r.Step,
	}
	if r.Verdict == rule.Rejected {
		stop.Step = &step.Step{}
	}
	event := reader.Event(journal.Record{
		Kind: record.KindStop, At: r.Origin.Time, Session: r.Origin.SessionID, Agent: r.Origin.AgentID, AgentType: r.Origin.AgentType, Task: r.Task,
		Data: []byte(quote.JSON(stop)),
	})
	event.First = r.Origin.Attempt == 1
	return event, true
}

// repositoryOf returns the name that the journal of a project's repository has in figures.
func repositoryOf(project string) string {
	book, err := journal.Open(string(filepath.Separator), filepath.Join(project, ".git"))
	if project == "" || err != nil {
		return figures.Unnamed
	}
	return filepath.Base(book.Folder())
}
