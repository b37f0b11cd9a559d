package hook

import (
	"context"
	"io"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
)

// scene is one event with what is known of its surroundings: the repository, its settings, and what the journal says. Settings, history and
// tasks are read when they are first needed, since most events end before. The history and the tasks are read again after something was
// recorded.
type scene struct {
	ev      host.Event
	grounds site.Grounds
	journal *record.Log
	reader  site.FileReader // of the settings; nil if no worktree can be looked at
	log     io.Writer

	settings *site.Settings
	past     *record.History
	known    *record.Tasks
	present  *site.Source      // what is configured now, where the event is held to something else; see holdTo
	actor    *gates.Agent      // see coder
	unheard  map[string]string // see settleWords
	types    *[]string         // see agentTypes
}

// scene opens the journal that an event belongs to.
func (r *Runner) scene(ev host.Event) *scene {
	s := &scene{ev: ev, reader: r.Observe, log: r.Log}
	if r.Grounds != nil {
		s.grounds = *r.Grounds
	} else {
		s.grounds = site.GroundsOf(r.ProjectDir, ev.Cwd)
	}
	s.journal = record.Open(r.OpenJournal, s.grounds.Key(), ev.SessionID, r.Now, r.Log)
	return s
}

// config is the configuration in the main worktree's commit. What an agent writes to the file does not change it.
func (s *scene) config(ctx context.Context) config.Config {
	if s.settings == nil {
		s.settings = site.ReadSettings(ctx, s.reader, s.grounds, s.log)
		s.grounds = s.grounds.WithTrees(s.settings.Worktrees)
	}
	return s.settings.Config
}

// configured reports whether something is configured in the main worktree's commit, or that cannot be read.
func (s *scene) configured(ctx context.Context) bool {
	s.config(ctx)
	return s.settings.Unread != nil || s.settings.Source != nil && s.settings.Source.Text != ""
}

// source is what is configured now, for the record of a launch; nil if it could not be read.
func (s *scene) source(ctx context.Context) *site.Source {
	s.config(ctx)
	return s.settings.Source
}

// holdTo holds the agent of the event to what was configured at its launch. What was committed since counts for later launches only: an agent
// could have done that itself.
func (s *scene) holdTo(ctx context.Context, launched *record.Launch) {
	now := s.source(ctx)
	if launched == nil || launched.Config == nil || now != nil && launched.Config.Same(*now) {
		return
	}
	if now == nil {
		now = &site.Source{}
	}
	unread := s.settings.Unread
	s.settings, s.present = launched.Config.Settings(), now
	s.settings.Unread = unread
	s.grounds = s.grounds.WithTrees(s.settings.Worktrees)
}

// enforces reports whether agents are held to the rules here. Otherwise everything is recorded and nothing is refused.
func (s *scene) enforces(ctx context.Context) bool { return s.config(ctx).Mode != config.Observe }

// enforcesFor reports whether the coding agent with that id was held to the rules at its launch, or agents are now: it must not be able to end
// that by what it commits.
func (s *scene) enforcesFor(ctx context.Context, agentID string) bool {
	if s.enforces(ctx) {
		return true
	}
	launched := s.launchOf(ctx, agentID)
	return launched != nil && launched.Config != nil && launched.Config.Settings().Mode != config.Observe
}

// history is what the journal says of the event's session.
func (s *scene) history(ctx context.Context) record.History {
	if s.past == nil {
		h := s.journal.History(ctx)
		s.past = &h
	}
	return *s.past
}

// tasks are those to which something happened in the event's session.
func (s *scene) tasks(ctx context.Context) record.Tasks {
	if s.known == nil {
		tasks := s.journal.Tasks(ctx, record.CapsOf(s.config(ctx)))
		for _, t := range tasks.All() {
			t.Types = s.agentTypes
		}
		s.known = &tasks
	}
	return *s.known
}

// append records entries.
func (s *scene) append(ctx context.Context, entries ...record.Entry) {
	s.journal.Append(ctx, entries...)
	s.past, s.known = nil, nil
}

// update decides by the history under the journal's lock, so that only one of several processes decides. It records the entries.
func update[T any](ctx context.Context, s *scene, decide func(record.History) (T, []record.Entry)) T {
	var decided T
	s.journal.Update(ctx, func(h record.History) (entries []record.Entry) {
		decided, entries = decide(h)
		return entries
	})
	s.past, s.known = nil, nil
	return decided
}

// updateTask decides by one task, as update does. The task has the facts of every session.
func updateTask[T any](ctx context.Context, s *scene, name string, decide func(*record.Task) (T, []record.Entry)) T {
	var decided T
	s.journal.UpdateTask(ctx, name, record.CapsOf(s.config(ctx)), func(t *record.Task) (entries []record.Entry) {
		t.Types = s.agentTypes
		decided, entries = decide(t)
		return entries
	})
	s.past, s.known = nil, nil
	return decided
}

// agentTypes are the types of agents that the host has listed for the event's session; nil if it listed none.
func (s *scene) agentTypes() []string {
	if s.types == nil {
		types := host.AgentTypes(transcript.AgentTypes(s.ev.TranscriptPath))
		s.types = &types
	}
	return *s.types
}
