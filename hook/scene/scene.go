// Package scene holds one event with its environment: connections to the world, the repository, its settings, and the journal.
package scene

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"stopgate/hook/calls"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
)

// Scene is one event with its environment. Most events end early, so the repository, the settings and the journal are read only when they are first
// needed. The history and the tasks are read again after something was recorded.
type Scene struct {
	*World
	Event host.Event

	at       *site.Grounds
	log      *record.Log
	settings *site.Settings
	past     *record.History
	known    *record.Tasks
	others   map[string]*record.Task // tasks of other sessions, by key
	pending  *[]*record.Task
	types    *[]string

	// Present is the present configuration if the event is judged by another one, else nil. See HoldTo.
	Present *site.Source
	// Coder is the coding agent whose rules apply to the event; nil if not yet looked for.
	Coder *gates.Agent
	// Unheard has, by task key, the reason why the latest words in the task's favour do not count as the person's.
	Unheard map[string]string
}

// Grounds returns where the event happens.
func (s *Scene) Grounds() site.Grounds {
	if s.at == nil {
		if s.at = s.GivenGrounds; s.at == nil {
			s.at = new(site.GroundsOf(s.ProjectDir, s.Event.Cwd))
		}
	}
	return *s.at
}

// Vantage returns the event's session as the place from which agents at work are looked for.
func (s *Scene) Vantage() record.Vantage {
	return record.Vantage{Session: s.Event.SessionID, Transcript: s.Event.TranscriptPath, Now: s.Now(), ClientGone: s.ClientGone}
}

// Journal returns the journal for the event's repository.
func (s *Scene) Journal() *record.Log {
	if s.log == nil {
		s.log = record.Open(s.OpenJournal, s.Grounds().Key(), s.Event.SessionID, s.Now, s.Log)
		s.log.ClientGone = s.ClientGone
	}
	return s.log
}

// Hold keeps other processes from judging the agent of the event until release is called. Records that they have written by then are read again.
func (s *Scene) Hold(ctx context.Context) (release func()) {
	release = s.Journal().Hold(ctx, s.Event.AgentID)
	s.forget()
	return release
}

// forget makes the next use read the history and the tasks again.
func (s *Scene) forget() { s.past, s.known, s.others, s.pending = nil, nil, nil, nil }

// As returns the scene for an event of another agent of the session.
func (s *Scene) As(agent gates.Agent) *Scene {
	other := *s
	other.Event.AgentID, other.Event.AgentType = agent.ID, agent.Type
	return &other
}

// Config returns the configuration in the main worktree's commit. An agent's change of the file on disk does not affect it.
func (s *Scene) Config(ctx context.Context) config.Config { return s.Settings(ctx).Config }

// Settings returns the configuration with its source.
func (s *Scene) Settings(ctx context.Context) *site.Settings {
	if s.settings == nil {
		s.settings = site.ReadSettings(ctx, s.Observe, s.Grounds(), s.Log)
		s.at = &s.settings.Grounds
	}
	return s.settings
}

// configured reports whether the main worktree's commit has a configuration, or the commit cannot be read.
func (s *Scene) configured(ctx context.Context) bool {
	read := s.Settings(ctx)
	return read.Unread != nil || read.Source != nil && read.Source.Text != ""
}

// Source returns the present configuration for the record of a launch; nil if it could not be read.
func (s *Scene) Source(ctx context.Context) *site.Source {
	return s.Settings(ctx).Source
}

// HoldTo makes the event use the configuration at the agent's launch. A later commit counts only for later launches, because the agent itself could
// have made it.
func (s *Scene) HoldTo(ctx context.Context, launched *record.Launch) {
	now := s.Source(ctx)
	if launched == nil || launched.Config == nil || now != nil && launched.Config.Text == now.Text {
		return
	}
	held := launched.Config.Settings()
	held.Unread, held.Grounds = s.settings.Unread, s.Grounds().WithTrees(held.Worktrees)
	s.settings, s.at, s.Present = held, &held.Grounds, now
}

// MayConcern reports whether an agent can be part of the protocol: by its type or its prompt, by a configuration on disk or committed, or by a
// record of its launch or start in case the configuration is gone. The first check opens nothing. If agentID is "", no record of a launch is looked
// for.
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

// Enforces reports whether the rules are enforced here. Otherwise everything is recorded and nothing is refused.
func (s *Scene) Enforces(ctx context.Context) bool { return s.Config(ctx).Mode != config.Observe }

// EnforcesFor reports whether the rules were enforced when the coding agent with that id was launched, or are enforced now. A commit of the agent
// must not switch the rules off.
func (s *Scene) EnforcesFor(ctx context.Context, agentID string) bool {
	if s.Enforces(ctx) {
		return true
	}
	launched := s.LaunchOf(ctx, agentID)
	return launched != nil && launched.Config != nil && launched.Config.Settings().Mode != config.Observe
}

// History returns the records of the event's session.
func (s *Scene) History(ctx context.Context) record.History {
	if s.past == nil {
		s.past = new(s.Journal().History(ctx))
	}
	return *s.past
}

// LaunchOf returns the launch of an agent of the session; nil if none was recorded.
func (s *Scene) LaunchOf(ctx context.Context, agentID string) *record.Launch {
	return s.History(ctx).Launch(transcript.AgentPath(s.Event.TranscriptPath, agentID))
}

// Lineage returns an agent of the session and those above it, as transcript.Lineage does. Where the host's notes on an agent are gone, because an
// agent removed them, the calls that were announced earlier tell its type and the agents above it.
func (s *Scene) Lineage(agentID string) []transcript.Relative {
	line := transcript.Lineage(s.Event.TranscriptPath, agentID)
	if len(line) == 0 {
		return nil
	}
	last := &line[len(line)-1]
	if last.Meta.AgentType != "" || s.CallsOf == nil || s.Event.SessionID == "" {
		return line
	}
	var above []calls.Above
	for _, call := range s.CallsOf(s.Event.SessionID) {
		all := append([]calls.Above{{Agent: call.Agent, AgentType: call.AgentType}}, call.Above...)
		at := slices.IndexFunc(all, func(a calls.Above) bool { return a.Agent == last.ID })
		if at < 0 || all[at].AgentType == "" || last.Meta.AgentType != "" && len(all)-at-1 <= len(above) {
			continue // the first of equals was announced while more of the notes were there
		}
		last.Meta.AgentType, above = all[at].AgentType, all[at+1:]
	}
	for _, a := range above {
		line[len(line)-1].Meta.ParentAgentID = a.Agent
		line = append(line, transcript.Relative{ID: a.Agent, Meta: transcript.Meta{AgentType: a.AgentType}})
	}
	return line
}

// Tasks returns the tasks that have records in the event's session.
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

// Task returns the task of that name, whichever session began it; nil if none is known.
func (s *Scene) Task(ctx context.Context, name string) *record.Task {
	if t := s.Tasks(ctx).Find(name); t != nil || name == "" {
		return t
	}
	key := launch.TaskKey(name)
	t, read := s.others[key]
	if !read {
		if t = s.Journal().Task(ctx, name, record.CapsOf(s.Config(ctx))); t != nil {
			t.Types = s.agentTypes
		}
		if s.others == nil {
			s.others = map[string]*record.Task{}
		}
		s.others[key] = t
	}
	return t
}

// Pending returns the tasks of every session that are not done, and those with words that nobody has yet attributed to a speaker.
func (s *Scene) Pending(ctx context.Context) []*record.Task {
	if s.pending == nil {
		s.pending = new(s.Journal().Pending(ctx, record.CapsOf(s.Config(ctx))))
	}
	return *s.pending
}

// In returns the scene with the records and transcripts of another session of the repository. "" is the session of the event.
func (s *Scene) In(session string) *Scene {
	if session == "" || session == s.Event.SessionID {
		return s
	}
	other := *s
	other.Event.SessionID, other.Event.TranscriptPath = session, record.TranscriptOf(session, s.Event.TranscriptPath)
	other.log = nil
	other.forget()
	return &other
}

// Append records entries.
func (s *Scene) Append(ctx context.Context, entries ...record.Entry) {
	s.Journal().Append(ctx, entries...)
	s.forget()
}

// Update calls decide with the history under the journal's lock, so that only one of several processes decides. It appends the returned entries, and
// reports whether they were recorded.
func Update[T any](ctx context.Context, s *Scene, decide func(record.History) (T, []record.Entry)) (decided T, recorded bool) {
	recorded = s.Journal().Update(ctx, func(h record.History) (entries []record.Entry) {
		decided, entries = decide(h)
		return entries
	})
	s.forget()
	return decided, recorded
}

// UpdateTask is like Update, but for one task with the facts of every session.
func UpdateTask[T any](ctx context.Context, s *Scene, name string, decide func(*record.Task) (T, []record.Entry)) (decided T, recorded bool) {
	recorded = s.Journal().UpdateTask(ctx, name, record.CapsOf(s.Config(ctx)), func(t *record.Task) (entries []record.Entry) {
		t.Types = s.agentTypes
		decided, entries = decide(t)
		return entries
	})
	s.forget()
	return decided, recorded
}

// agentTypes returns the types of agents that the host has listed for the event's session; nil if it listed none.
func (s *Scene) agentTypes() []string {
	if s.types == nil {
		s.types = new(host.AgentTypes(transcript.AgentTypes(s.Event.TranscriptPath)))
	}
	return *s.types
}
