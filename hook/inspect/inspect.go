// Package inspect looks at everything that shows what an agent did: its worktree, the main one, git's own files, and transcripts. What it
// finds is evidence. What follows from that is for package judge.
package inspect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/report"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/suite"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Inquiry is what is known when a stop is to be judged.
type Inquiry struct {
	Grounds    site.Grounds
	Submission submission.Submission
	Asked      launch.Assignment
	// Isolated means that Asked names a worktree that the host made for the agent, in place of what its prompt names.
	Isolated bool
	// Agent is what the transcript says; never nil, empty where there is none.
	Agent *transcript.Agent
	// Launch is what was recorded when the agent was launched; nil where nothing was, and then Revision is the base.
	Launch *Baseline
	// Run is what was recorded when a message let the agent go on; nil in its first run. Claims are compared with the launch all the same:
	// what the agent did in an earlier run is its own.
	Run *Baseline
	// Marked is what git's own files said when the current run began; nil where nothing was taken down.
	Marked *repochange.Marked
	// Denied are the agent's tool uses that were refused.
	Denied map[string]bool
	// Revision is what claims are compared with where there is no Launch, as gitrevisions(7) spells it; "" stands for HEAD.
	Revision string
	// Coders are the other coding agents of the session, as the journal tells of them.
	Coders []OtherCoder
	// Plugin is the plugin's folder; "" where none is known.
	Plugin string
	// Rules are what counts as an artifact.
	Rules artifact.Rules
	// Scope is what follows if the agent changed files outside of what its prompt lets it change.
	Scope config.Scope
	// Reported are the files that stood in reports of this agent before, which were let pass.
	Reported []string
	// Earlier are the reports that this agent handed in before, accepted or not, as far as they are kept.
	Earlier []report.Report
	// Records are what could be found of an agent that has just stopped; nil where nothing was recorded by the nature of the thing: for a
	// report that is checked by hand, and for a stop of long ago.
	Records *Records
	// Held is what was configured at the launch, by which the stop is judged, and Present what is configured now; Present is nil where that is
	// the same.
	Held, Present *site.Source
	// Time is how long the looks may take.
	Time Budget
	// Committed looks for claims in what was committed since, for a stop of long ago whose worktree is gone; nil for every other stop.
	Committed ClaimObserver
}

// before is what was recorded when the current run began: of the launch, in the first run; nil where nothing was.
func (in Inquiry) before() *Baseline {
	if in.Run != nil {
		return in.Run
	}
	return in.Launch
}

// Stop looks at everything that shows what the agent of an inquiry did. witness reads the transcripts of the session's other agents; nil
// where there are none. What cannot be seen is in Unseen.
func Stop(ctx context.Context, observe Observer, witness Witness, in Inquiry) Evidence {
	if witness == nil {
		witness = noWitness{}
	}
	s, at := in.Submission, findPlaces(in)
	seen := Evidence{Prompts: prompts(in.Agent), Base: cmp.Or(quote.Line(quote.Clip(in.Revision, quote.MaxPath)), BaseHead), Unseen: unseenRecords(in)}
	observe = careful(ctx, observe, in, at)
	seen.Moves = compareMarks(ctx, observe, in, at) // first: nothing in the worktree keeps it from git's own files
	if seen.Moves.Incomplete != "" {
		seen.Unseen = append(seen.Unseen, Unseen{LookMarks, "what git's own files say could not all be compared with what they said when the agent began: " + seen.Moves.Incomplete})
	}
	ctx, done := within(ctx, in.Time.Rest)
	defer done()
	if s.Kind == submission.ReportHandedIn && !s.Unreadable {
		lookAtReport(ctx, observe, witness, in, &seen)
	}
	findMovers(ctx, witness, in, at, &seen.Moves)
	seen.Reconfigured = reconfigured(ctx, witness, in, seen.Moves)
	seen.Suites = suite.Whole(in.Agent, seen.Prompts)
	return seen
}

// prompts are those of the agent's launch and of the message that began its current run, each cut to launch.MaxPromptRead.
func prompts(agent *transcript.Agent) []string {
	return []string{quote.ClipBytes(agent.Prompt, launch.MaxPromptRead), quote.ClipBytes(agent.Run.Prompt, launch.MaxPromptRead)}
}

// lookAtReport sees what the report claims, and what else there is in its worktree.
func lookAtReport(ctx context.Context, observe Observer, witness Witness, in Inquiry, seen *Evidence) {
	r := in.Submission.Report
	seen.Site = in.Grounds.FindSite(r.WorktreePath, in.Asked.WorktreePath)
	if seen.Site.Problem != site.Found {
		if lost := lost(ctx, observe, in); lost != "" {
			seen.Site = site.Site{Problem: site.Gone, Detail: lost}
		}
	}
	reported := r.WorktreePath
	if in.Isolated { // it may name the worktree of the prompt, where the agent did not work
		reported = ""
	}
	seen.names = in.Grounds.NamesOf(seen.Site.Place.Root, reported, in.Agent.CWD)
	found := seen.Site.Problem == site.Found
	if found {
		seen.Worktree = in.Grounds.Name(seen.Site.Place)
	}
	seen.Edits, seen.Transcript = trace.Edits(in.Agent, seen.names), in.Agent.Lines > 0
	seen.Ran = trace.Commands(in.Agent, in.Agent.Run.Time, in.Denied)
	seen.Rules, seen.Unfinished = in.Rules, r.Unfinished
	seen.Roots = rootNames(r, in.Asked.WorktreePath, seen.Worktree, seen.names)
	seen.Claims = ReadClaims(r, seen.Roots)
	if found {
		lookAround(ctx, observe, witness, in, seen)
	} else if seen.Site.Problem == site.Gone && in.Committed != nil {
		lookInCommits(ctx, in.Committed, seen)
	}
	seen.follow(in.Reported)
	if found {
		seen.Scope = LookAtScope(in, *seen)
		seen.Trespasses = lookAtOwners(ctx, witness, in, *seen)
	}
}

// lookAround sees the claimed files, and what else there is: all that has changed in the worktree, and in the main one, and what tools have
// left.
func lookAround(ctx context.Context, observe Observer, witness Witness, in Inquiry, seen *Evidence) {
	place, base := seen.Site.Place, chooseBase(in, seen)
	seen.Claims, seen.States = observeClaims(ctx, observe, place, seen.Claims, seen.Roots, base)
	seen.Survey = observe.Survey(ctx, place, surveyBase(in, *seen, base), cleanup.ScanOptions(in.Rules))
	seen.Nested = nested(seen.Survey.States)
	if in.Records != nil {
		seen.Unseen = append(seen.Unseen, unsearched(seen.Survey)...)
	}
	seen.Claims = meant(seen.Claims, seen.States, seen.Survey.States)
	seen.UnclaimedEdits = unclaimedEdits(ctx, observe, in, *seen, base)
	if seen.moved = movedAway(ctx, observe, *seen); len(seen.moved) > 0 {
		seen.UnclaimedEdits = slices.DeleteFunc(seen.UnclaimedEdits, func(e UnclaimedEdit) bool { return e.Where == "" && slices.Contains(seen.moved, e.State.Path) })
	}
	seen.Others = othersAtWork(ctx, witness, in, seen.Worktree, place)
	open := openAmong(seen.Survey.States, in, *seen)
	if len(open) > 0 || len(seen.Survey.Candidates)+len(seen.Survey.Hidden) > 0 { // the session's transcript may be long
		seen.sessionEdits = trace.EditsSince(witness.Session(ctx), place, trace.SinceLaunch(in.Agent))
	}
	seen.Leftovers = leftovers(in, *seen)
	seen.remaining = cleanup.WithoutPaths(seen.Survey.States, seen.Leftovers.Paths)
	seen.Undeclared = withoutBase(in, undeclared(cleanup.WithoutPaths(open, seen.Leftovers.Paths), seen.sessionEdits), place.Root)
	seen.Hidden = hiddenChanges(in, *seen)
	seen.Plugin = pluginChange(in, seen.Ran)
	var unseen string
	if seen.Main, unseen = mainChanges(ctx, observe, witness, in, *seen); unseen != "" {
		seen.Unseen = append(seen.Unseen, Unseen{LookMain, "the main worktree could not be searched whole for changes of this agent: " + unseen})
	}
}

// chooseBase is what claims are compared with, and notes it in seen: the snapshot of the launch, or else a revision.
func chooseBase(in Inquiry, seen *Evidence) worktree.Base {
	if in.Launch != nil && in.Launch.Worktree == seen.Worktree {
		seen.Base = BaseLaunch
		return worktree.Base{Snapshot: &in.Launch.Snapshot}
	}
	seen.NoSnapshot = in.Records != nil
	if seen.NoSnapshot && in.Launch != nil {
		seen.Unseen = append(seen.Unseen, Unseen{LookSnapshot, fmt.Sprintf("the agent was launched for %s, so that nothing was taken down in %s before it began",
			quote.String(in.Launch.Worktree, quote.MaxPath), quote.String(seen.Worktree, quote.MaxPath))})
	}
	return worktree.Base{Revision: in.Revision}
}

// lookInCommits sees the claimed files in what was committed since. If no claim is there, that shows nothing: it may have been thrown away.
func lookInCommits(ctx context.Context, committed ClaimObserver, seen *Evidence) {
	claims, states := observeClaims(ctx, committed, worktree.Place{}, seen.Claims, seen.Roots, worktree.Base{})
	if slices.ContainsFunc(states, func(s worktree.PathState) bool { return s.Change.Made() }) {
		seen.Claims, seen.States, seen.Base = claims, states, baseCommits
	}
}

// surveyBase is what the whole worktree is compared with: what happened between two runs belongs to neither.
func surveyBase(in Inquiry, seen Evidence, base worktree.Base) worktree.Base {
	if in.Run != nil && in.Run.Worktree == seen.Worktree && seen.Base == BaseLaunch {
		base.Snapshot = &in.Run.Snapshot
	}
	return base
}

// within bounds a look; zero is without a bound.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// Budget is how long the looks at a worktree may take. Git's own files come first and have time of their own, so that no file in the
// worktree uses it up. Zero is without a bound.
type Budget struct{ Marks, Rest time.Duration }
