// Package scene is one event with what surrounds it: the connections to the world, the repository, its settings, and the journal.
package scene

import (
	"context"
	"os"
	"path/filepath"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
)

// Scene is one event with what is known of its surroundings: the repository, its settings, and what the journal says. All of it is found and
// read when it is first needed, since most events end before. The history and the tasks are read again after something was recorded.
type Scene struct {
	*World
	Event host.Event

	at       *site.Grounds
	log      *record.Log
	settings *site.Settings
	past     *record.History
	known    *record.Tasks
	types    *[]string

	// Present is what is configured now, where the event is held to something else; nil where it is not. See HoldTo.
	Present *site.Source
	// Coder is the coding agent whose rules the event has to keep; nil before that was looked for.
	Coder *gates.Agent
	// Unheard says of tasks, by their keys, why their last words do not count as the person's.
	Unheard map[string]string
}

// Grounds are where the event happens.
func (s *Scene) Grounds() site.Grounds {
	if s.at == nil {
		grounds := s.GivenGrounds
		if grounds == nil {
			found := site.GroundsOf(s.ProjectDir, s.Event.Cwd)
			grounds = &found
		}
		s.at = grounds
	}
	return *s.at
}

// Journal is the journal that the event belongs to.
func (s *Scene) Journal() *record.Log {
	if s.log == nil {
		s.log = record.Open(s.OpenJournal, s.Grounds().Key(), s.Event.SessionID, s.Now, s.Log)
	}
	return s.log
}

// Hold keeps other processes from judging the agent of the event until release is called. What they have recorded by then is read anew.
func (s *Scene) Hold(ctx context.Context) (release func()) {
	release = s.Journal().Hold(ctx, s.Event.AgentID)
	s.forget()
	return release
}

// forget has the history and the tasks read again.
func (s *Scene) forget() { s.past, s.known = nil, nil }

// As is the scene as it would be for an event of another agent of the session.
func (s *Scene) As(agent gates.Agent) *Scene {
	other := *s
	other.Event.AgentID, other.Event.AgentType = agent.ID, agent.Type
	return &other
}

// Config is the configuration in the main worktree's commit. What an agent writes to the file does not change it.
func (s *Scene) Config(ctx context.Context) config.Config { return s.Settings(ctx).Config }

// Settings are the configuration and where it comes from.
func (s *Scene) Settings(ctx context.Context) *site.Settings {
	if s.settings == nil {
		s.settings = site.ReadSettings(ctx, s.Observe, s.Grounds(), s.Log)
		s.at = &s.settings.Grounds
	}
	return s.settings
}

// configured reports whether something is configured in the main worktree's commit, or that cannot be read.
func (s *Scene) configured(ctx context.Context) bool {
	read := s.Settings(ctx)
	return read.Unread != nil || read.Source != nil && read.Source.Text != ""
}

// Source is what is configured now, for the record of a launch; nil if it could not be read.
func (s *Scene) Source(ctx context.Context) *site.Source {
	return s.Settings(ctx).Source
}

// HoldTo holds the agent of the event to what was configured at its launch. What was committed since counts for later launches only: an agent
// could have done that itself.
func (s *Scene) HoldTo(ctx context.Context, launched *record.Launch) {
	now := s.Source(ctx)
	if launched == nil || launched.Config == nil || now != nil && launched.Config.Text == now.Text {
		return
	}
	held := launched.Config.Settings()
	held.Unread, held.Grounds = s.settings.Unread, s.Grounds().WithTrees(held.Worktrees)
	s.settings, s.at, s.Present = held, &held.Grounds, now
}

// MayConcern reports whether an agent can have a place in the protocol: by its name or what its launch asks for; because a configuration can
// give it one, on the disk or committed; or because its launch or its start was recorded, and the configuration is gone since. Nothing is
// opened for the first of these. agentID is "" where the launch is not to be looked for.
func (s *Scene) MayConcern(ctx context.Context, agentID, agentType, prompt string) bool {
	if role, _ := launch.RoleOf(launch.Defaults(), agentType, prompt); role != launch.NoRole || launch.AsksForReview(prompt) {
		return true
	}
	if s.ProjectDir != "" {
		if _, err := os.Lstat(filepath.Join(s.ProjectDir, config.FileName)); err == nil {
			return true
		}
	}
	return s.configured(ctx) || agentID != "" && (s.History(ctx).Knows(agentID) || s.LaunchOf(ctx, agentID) != nil)
}

// Enforces reports whether agents are held to the rules here. Otherwise everything is recorded and nothing is refused.
func (s *Scene) Enforces(ctx context.Context) bool { return s.Config(ctx).Mode != config.Observe }

// EnforcesFor reports whether the coding agent with that id was held to the rules at its launch, or agents are now: it must not be able to end
// that by what it commits.
func (s *Scene) EnforcesFor(ctx context.Context, agentID string) bool {
	if s.Enforces(ctx) {
		return true
	}
	launched := s.LaunchOf(ctx, agentID)
	return launched != nil && launched.Config != nil && launched.Config.Settings().Mode != config.Observe
}

// History is what the journal says of the event's session.
func (s *Scene) History(ctx context.Context) record.History {
	if s.past == nil {
		h := s.Journal().History(ctx)
		s.past = &h
	}
	return *s.past
}

// LaunchOf is the launch of an agent of the session; nil if none was recorded.
func (s *Scene) LaunchOf(ctx context.Context, agentID string) *record.Launch {
	return s.History(ctx).Launch(transcript.AgentPath(s.Event.TranscriptPath, agentID))
}

// Tasks are those to which something happened in the event's session.
func (s *Scene) Tasks(ctx context.Context) record.Tasks {
	if s.known == nil {
		tasks := s.Journal().Tasks(ctx, record.CapsOf(s.Config(ctx)))
		for _, t := range tasks.All() {
			t.Types = s.agentTypes
		}
		s.known = &tasks
	}
	return *s.known
}

// Append records entries.
func (s *Scene) Append(ctx context.Context, entries ...record.Entry) {
	s.Journal().Append(ctx, entries...)
	s.forget()
}

// Update decides by the history under the journal's lock, so that only one of several processes decides. It records the entries.
func Update[T any](ctx context.Context, s *Scene, decide func(record.History) (T, []record.Entry)) T {
	var decided T
	s.Journal().Update(ctx, func(h record.History) (entries []record.Entry) {
		decided, entries = decide(h)
		return entries
	})
	s.forget()
	return decided
}

// UpdateTask decides by one task, as update does. The task has the facts of every session.
func UpdateTask[T any](ctx context.Context, s *Scene, name string, decide func(*record.Task) (T, []record.Entry)) T {
	var decided T
	s.Journal().UpdateTask(ctx, name, record.CapsOf(s.Config(ctx)), func(t *record.Task) (entries []record.Entry) {
		t.Types = s.agentTypes
		decided, entries = decide(t)
		return entries
	})
	s.forget()
	return decided
}

// agentTypes are the types of agents that the host has listed for the event's session; nil if it listed none.
func (s *Scene) agentTypes() []string {
	if s.types == nil {
		types := host.AgentTypes(transcript.AgentTypes(s.Event.TranscriptPath))
		s.types = &types
	}
	return *s.types
}
