// Package look reads the worktree of an event within the time that the event has.
package look

import (
	"context"
	"fmt"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/inspect"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/repochange"
	"stopgate/hook/scene"
	"stopgate/hook/worktree"
)

// Time limits for reading a worktree in one event. What is not read by then is unknown. The rest of the event's time is for the journal, since
// every decision must be recorded.
const (
	MarksWithin = 4 * time.Second // git's own files
	Within      = 12 * time.Second
)

// Baseline returns the state of a worktree for the record of a launch or of an agent's next run. It names what could not be read. Git's own files
// are read first, with a time limit of their own.
func Baseline(ctx context.Context, s *scene.Scene, place worktree.Place) record.Launch {
	rules, name := cleanup.Rules(s.Config(ctx)), s.Grounds().Name(place)
	now := record.Launch{Baseline: inspect.Baseline{Worktree: name, At: s.Now().UTC(), Plugin: inspect.PluginPrint(s.Folders.Plugin)}}
	now.Announced = Announced(s)
	observe := Careful(ctx, s, place)
	now.Marked = marks(ctx, s, observe, name, place)
	looking, done := context.WithTimeout(ctx, Within)
	defer done()
	snapshot, candidates, err := observe.Snapshot(looking, place, cleanup.ScanOptions(rules))
	if err == nil {
		now.Snapshot, now.Artifacts = snapshot, cleanup.Present(rules, candidates)
	} else {
		fmt.Fprintf(s.Log, "stopgate: %v; what this agent does cannot be verified\n", err)
		now.Snapshot.Incomplete = reasonOf(err)
	}
	now.Main, now.MainUnseen = mainSnapshot(looking, observe, s, place)
	return now
}

// Announced reports whether the calls of the session are recorded.
func Announced(s *scene.Scene) bool { return s.CallsOf != nil && s.CallsOf(s.Event.SessionID) != nil }

// reasonOf returns an error in the form for a record.
func reasonOf(err error) string { return quote.Reason(err.Error()) }

// mainSnapshot returns the state of the main worktree, and the reason if it could not be read completely. Both are empty if place is the main
// worktree, and if there is none to read: core.worktree may name a folder that has no .git, often a whole home directory.
func mainSnapshot(ctx context.Context, observe inspect.Observer, s *scene.Scene, place worktree.Place) (seen *worktree.Snapshot, unseen string) {
	home, ok := s.Grounds().Main()
	if !ok || home.GitDir == place.GitDir || home.Root != place.MainRoot() {
		return nil, ""
	}
	snapshot, _, err := observe.Snapshot(ctx, home, worktree.ScanOptions{})
	if err != nil {
		fmt.Fprintf(s.Log, "stopgate: %v; what this agent runs cannot be verified\n", err)
		return nil, reasonOf(err)
	}
	return &snapshot, snapshot.Incomplete
}

// marks returns the state of git's own files; nil if they cannot be read.
func marks(ctx context.Context, s *scene.Scene, observe inspect.Observer, name string, place worktree.Place) *repochange.Marked {
	ctx, done := context.WithTimeout(ctx, MarksWithin)
	defer done()
	marks, err := observe.Marks(ctx, place)
	if err != nil {
		fmt.Fprintf(s.Log, "stopgate: %v; what this agent does cannot be verified\n", err)
		return nil
	}
	return &repochange.Marked{Worktree: name, Marks: marks}
}

// Careful returns an observer of a worktree that runs no program because of a change made since the first agent was launched into it.
func Careful(ctx context.Context, s *scene.Scene, place worktree.Place) inspect.Observer {
	if before := s.History(ctx).FirstMarks(s.Grounds().Name(place)); before != nil {
		return s.Observe.Since(ctx, place, *before)
	}
	return s.Observe
}

// Survey returns the differences of the whole worktree from base.
func Survey(ctx context.Context, s *scene.Scene, place worktree.Place, base worktree.Base) worktree.Survey {
	return SurveyBy(ctx, s, place, base, cleanup.Rules(s.Config(ctx)))
}

// SurveyBy is Survey with other rules for what is an artifact.
func SurveyBy(ctx context.Context, s *scene.Scene, place worktree.Place, base worktree.Base, rules artifact.Rules) worktree.Survey {
	looking, done := context.WithTimeout(ctx, Within)
	defer done()
	return Careful(looking, s, place).Survey(looking, place, base, cleanup.ScanOptions(rules))
}
