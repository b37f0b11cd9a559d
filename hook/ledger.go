package hook

import (
	"context"

	"stopgate/hook/config"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/record"
	"stopgate/hook/site"
)

// ledger is where one event happens: the repository, what it configures, and what is recorded of it.
type ledger struct {
	*record.Log
	grounds  site.Grounds
	observe  judge.Observer
	settings *site.Settings // nil before they are asked for: most events end before
}

// ledger opens the journal that an event belongs to.
func (r *Runner) ledger(ev host.Event) *ledger {
	l := &ledger{observe: r.Observe}
	if r.Grounds != nil {
		l.grounds = *r.Grounds
	} else {
		l.grounds = site.GroundsOf(r.ProjectDir, ev.Cwd)
	}
	l.Log = record.Open(r.OpenJournal, l.grounds.Key(), ev.SessionID, r.Now, r.Log)
	return l
}

// config is the configuration that the main worktree's commit holds: no agent writes that, whatever it does to the file.
func (l *ledger) config(ctx context.Context) config.Config {
	if l.settings == nil {
		l.settings = site.ReadSettings(ctx, l.observe, l.grounds, l.Out)
		l.grounds = l.grounds.WithTrees(l.settings.WorktreeRoot)
	}
	return l.settings.Config
}

// enforces tells whether anybody is held to the rules.
func (l *ledger) enforces(ctx context.Context) bool { return l.config(ctx).Mode != config.Observe }

// tasks are those to which something happened in this session, with the facts of every session.
func (l *ledger) tasks(ctx context.Context) record.Tasks {
	return l.Log.Tasks(ctx, record.CapsOf(l.config(ctx)))
}

// updateTask appends what decide makes of a task, under the journal's lock.
func (l *ledger) updateTask(ctx context.Context, name string, decide func(*record.Task) []record.Entry) {
	l.Log.UpdateTask(ctx, name, record.CapsOf(l.config(ctx)), decide)
}
