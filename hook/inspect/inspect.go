// Package inspect collects the evidence of what an agent did: from its worktree, the main one, git's own files, and transcripts. Package judge
// decides what the evidence means.
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

// Inquiry is everything that is known before a stop is inspected.
type Inquiry struct {
	Grounds    site.Grounds
	Submission submission.Submission
	Asked      launch.Assignment
	// Isolated means that Asked names the worktree that the host made for the agent, instead of the one in its prompt.
	Isolated bool
	// Agent is the agent's transcript; never nil, empty if there is none.
	Agent *transcript.Agent
	// Launch is the snapshot from the agent's launch; nil if there is none, and then Revision is the base.
	Launch *Baseline
	// Before is what the agents before it did for the same task; nil if the worktree was clean at the launch, or if there were none.
	Before *Predecessors
	// Run is the snapshot from when a message resumed the agent; nil in its first run. Claims are still compared with the launch, because the
	// agent's earlier runs are its own work too.
	Run *Baseline
	// Marked is the state of git's own files when the current run began; nil if it was not recorded.
	Marked *repochange.Marked
	// Denied are the agent's tool uses that were refused.
	Denied map[string]bool
	// Revision is the base of the comparison if there is no Launch, in the form of gitrevisions(7); "" means HEAD.
	Revision string
	// Coders are the other coding agents of the session, from the journal.
	Coders []OtherCoder
	// Plugin is the plugin's folder; "" if unknown.
	Plugin string
	// Rules decide what counts as an artifact.
	Rules artifact.Rules
	// Scope is the configured consequence of changes outside the scope in the prompt.
	Scope config.Scope
	// Reported are the files in this agent's earlier reports that were accepted.
	Reported []string
	// Earlier are this agent's earlier reports, accepted or not, as far as they are kept.
	Earlier []report.Report
	// Records are the records that were found of an agent that has just stopped. It is nil if there cannot be any: for a report that a person
	// checks, and for a replay.
	Records *Records
	// Held is the configuration at the launch, by which the stop is judged. Present is the present configuration; nil if it is the same.
	Held, Present *site.Source
	// Time limits how long the looks may take.
	Time Budget
	// Committed looks for claims in later commits, for a replay of a stop whose worktree is gone; nil for any other stop.
	Committed ClaimObserver
}

// before returns the snapshot from when the current run began, which for the first run is the launch; nil if there is none.
func (in Inquiry) before() *Baseline {
	if in.Run != nil {
		return in.Run
	}
	return in.Launch
}

// Stop collects the evidence of what the agent of an inquiry did. witness reads the transcripts of the session's other agents; nil if there are
// none. Looks that fail are listed in Unseen.
func Stop(ctx context.Context, observe Observer, witness Witness, in Inquiry) Evidence {
	if witness == nil {
		witness = noWitness{}
	}
	s, at := in.Submission, findPlaces(in)
	seen := Evidence{Prompts: prompts(in.Agent), Base: cmp.Or(quote.Line(quote.Clip(in.Revision, quote.MaxPath)), BaseHead), Unseen: unseenRecords(in)}
	observe = careful(ctx, observe, in, at)
	seen.Moves = compareMarks(ctx, observe, in, at) // first, so that slow files in the worktree cannot prevent it
	if seen.Moves.Incomplete != "" {
		seen.Unseen = append(seen.Unseen, Unseen{LookMarks, "git's own files could not be compared completely with their state when the agent began: " + seen.Moves.Incomplete})
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

// prompts returns the prompts of the agent's launch and of the message that began its current run, each cut to launch.MaxPromptRead.
func prompts(agent *transcript.Agent) []string {
	return []string{quote.ClipBytes(agent.Prompt, launch.MaxPromptRead), quote.ClipBytes(agent.Run.Prompt, launch.MaxPromptRead)}
}

// lookAtReport looks up the report's claims, and the other changes in its worktree.
func lookAtReport(ctx context.Context, observe Observer, witness Witness, in Inquiry, seen *Evidence) {
	r := in.Submission.Report
	seen.Site = in.Grounds.FindSite(r.WorktreePath, in.Asked.WorktreePath)
	if seen.Site.Problem != site.Found {
		if lost := lost(ctx, observe, in); lost != "" {
			seen.Site = site.Site{Problem: site.Gone, Detail: lost}
		}
	}
	reported := r.WorktreePath
	if in.Isolated { // the report may name the worktree of the prompt, in which the agent did not work
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
	seen.Claims = readClaims(r, seen.Roots)
	if found {
		lookAround(ctx, observe, witness, in, seen)
	} else if seen.Site.Problem == site.Gone && in.Committed != nil {
		lookInCommits(ctx, in.Committed, seen)
	}
	seen.follow(in.Reported)
	if found {
		seen.Scope = lookAtScope(in, *seen)
		seen.Trespasses = lookAtOwners(ctx, witness, in, *seen)
	}
}

// lookAround looks up the claimed files, all other changes in the worktree and in the main one, and the leftovers of tools.
func lookAround(ctx context.Context, observe Observer, witness Witness, in Inquiry, seen *Evidence) {
	place, base := seen.Site.Place, chooseBase(in, seen)
	seen.Claims, seen.States = observeClaims(ctx, observe, place, seen.Claims, seen.Roots, base)
	seen.Survey = observe.Survey(ctx, place, surveyBase(in, *seen, base), cleanup.ScanOptions(in.Rules))
	carry(ctx, observe, in, seen, base)
	seen.Nested = nested(seen.Survey.States)
	if in.Records != nil {
		seen.Unseen = append(seen.Unseen, unsearched(seen.Survey)...)
	}
	seen.Claims = meant(seen.Claims, seen.States, seen.Survey.States)
	var unseen string
	if seen.UnclaimedEdits, unseen = unclaimedEdits(ctx, observe, in, *seen, base); unseen != "" && in.Records != nil {
		seen.Unseen = append(seen.Unseen, Unseen{LookOthers, "the other worktrees that the agent's commands name could not be searched completely for its changes: " + unseen})
	}
	if seen.moved = movedAway(ctx, observe, *seen); len(seen.moved) > 0 {
		seen.UnclaimedEdits = slices.DeleteFunc(seen.UnclaimedEdits, func(e UnclaimedEdit) bool { return e.Where == "" && slices.Contains(seen.moved, e.State.Path) })
	}
	seen.Others = othersAtWork(ctx, witness, in, seen.Worktree, place)
	open := openAmong(seen.Survey.States, in, *seen)
	if len(open) > 0 || len(seen.Survey.Candidates)+len(seen.Survey.Hidden) > 0 { // the session's transcript may be long
		seen.sessionEdits = trace.EditsSince(witness.Session(ctx), place, trace.SinceLaunch(in.Agent))
	}
	seen.unheard = unheard(ctx, witness, in)
	seen.Leftovers = leftovers(in, *seen)
	seen.remaining = cleanup.WithoutPaths(seen.Survey.States, seen.Leftovers.Paths)
	seen.Undeclared = withoutBase(in, undeclared(cleanup.WithoutPaths(open, seen.Leftovers.Paths), seen.sessionEdits), place.Root)
	seen.ByOthers = changedByOthers(in, *seen)
	if len(seen.Undeclared) > 0 {
		seen.SessionChanged = sessionChanged(ctx, witness, in, *seen, place, seen.Undeclared)
	}
	seen.Hidden = hiddenChanges(in, *seen)
	seen.Plugin = pluginChange(in, seen.Ran)
	if seen.Main, unseen = mainChanges(ctx, observe, witness, in, *seen); unseen != "" {
		seen.Unseen = append(seen.Unseen, Unseen{LookMain, "the main worktree could not be searched completely for changes of this agent: " + unseen})
	}
}

// chooseBase returns the base of the comparison, and notes it in seen: the snapshot of the launch, or else a revision.
func chooseBase(in Inquiry, seen *Evidence) worktree.Base {
	if in.Launch != nil && in.Launch.Worktree == seen.Worktree {
		seen.Base = BaseLaunch
		return worktree.Base{Snapshot: &in.Launch.Snapshot}
	}
	seen.NoSnapshot = in.Records != nil
	if seen.NoSnapshot && in.Launch != nil {
		seen.Unseen = append(seen.Unseen, Unseen{LookSnapshot, fmt.Sprintf("the agent was launched for %s, so no snapshot of %s was taken before it began",
			quote.String(in.Launch.Worktree, quote.MaxPath), quote.String(seen.Worktree, quote.MaxPath))})
	}
	return worktree.Base{Revision: in.Revision}
}

// lookInCommits looks for the claimed files in later commits. If a claim is not there, that proves nothing: the change may have been discarded.
func lookInCommits(ctx context.Context, committed ClaimObserver, seen *Evidence) {
	claims, states := observeClaims(ctx, committed, worktree.Place{}, seen.Claims, seen.Roots, worktree.Base{})
	if slices.ContainsFunc(states, func(s worktree.PathState) bool { return s.Change.Made() }) {
		seen.Claims, seen.States, seen.Base = claims, states, baseCommits
	}
}

// surveyBase returns the base for the whole worktree. Changes between two runs of the agent belong to neither.
func surveyBase(in Inquiry, seen Evidence, base worktree.Base) worktree.Base {
	if in.Run != nil && in.Run.Worktree == seen.Worktree && seen.Base == BaseLaunch {
		base.Snapshot = &in.Run.Snapshot
	}
	return base
}

// within sets a time limit; zero means none.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// Budget limits how long the looks at a worktree may take. Git's own files are read first, with a time limit of their own, so that no file in the
// worktree uses it up. Zero means no limit.
type Budget struct{ Marks, Rest time.Duration }

// Witness reads the transcripts of a session and its other agents.
type Witness interface {
	// Agent returns the transcript of another agent of the session so far; never nil, empty if it cannot be read.
	Agent(ctx context.Context, id string) *transcript.Agent
	// Session returns the transcript of the orchestrator; never nil, empty if it cannot be read.
	Session(ctx context.Context) *transcript.Agent
	// Active returns the session's other agents whose transcripts have grown since then.
	Active(since time.Time) []transcript.AgentFile
	// OtherSessions reports whether agents of another session started or stopped in this repository since then.
	OtherSessions(ctx context.Context, since time.Time) bool
	// SessionsIn returns the other sessions that may have changed something since then in the worktree at root, by the calls that the host
	// announced for them. name is the worktree's name for people.
	SessionsIn(root, name string, since time.Time) []trace.OtherAgent
	// GitCommands returns the git commands that the guard let through since then, of all sessions, in order.
	GitCommands(ctx context.Context, since time.Time) []trace.GitCommand
}

// noWitness is the Witness if there are no other transcripts.
type noWitness struct{}

func (noWitness) Agent(context.Context, string) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Session(context.Context) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Active(time.Time) []transcript.AgentFile { return nil }

func (noWitness) OtherSessions(context.Context, time.Time) bool { return false }

func (noWitness) SessionsIn(string, string, time.Time) []trace.OtherAgent { return nil }

func (noWitness) GitCommands(context.Context, time.Time) []trace.GitCommand { return nil }

// ClaimObserver compares claimed files with git.
type ClaimObserver interface {
	// Claims returns how each path differs from base, in order. A path that cannot be read is unknown.
	Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState
}

// Observer reads worktrees.
type Observer interface {
	ClaimObserver
	// Survey returns the differences of the whole worktree from base.
	Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey
	site.FileReader
	// Marks returns the present state of git's own files in the worktree.
	Marks(ctx context.Context, place worktree.Place) (worktree.Marks, error)
	// Moved returns the present state, and its differences from before.
	Moved(ctx context.Context, place worktree.Place, before worktree.Marks) (worktree.Marks, []worktree.MarkChange, error)
	// Since returns an observer for the time after an agent was launched. launched is the state of git's own files in place at the launch. The
	// observer runs no program that git would run because of a later change. If there is such a change, answers that need git are unknown, with the
	// reason.
	Since(ctx context.Context, place worktree.Place, launched worktree.Marks) Observer
	// Snapshot returns the present state of the worktree, and the candidates in it.
	Snapshot(ctx context.Context, place worktree.Place, o worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error)
}

// Baseline is the state of an agent's worktree when a run of the agent began, before its first tool use.
type Baseline struct {
	// Worktree is the worktree as the orchestrator wrote it.
	Worktree string `json:"worktree"`
	// At is when the snapshot was begun; zero in older records.
	At       time.Time         `json:"at"`
	Snapshot worktree.Snapshot `json:"snapshot"`
	// Main is the state of the main worktree then; nil if that is the agent's own, or could not be read.
	Main *worktree.Snapshot `json:"main,omitempty"`
	// MainUnseen is the reason if the main worktree could not be read completely; "" otherwise.
	MainUnseen string `json:"main_unseen,omitempty"`
	// Artifacts are the artifacts that existed then; nil if nobody has looked.
	Artifacts []worktree.Name `json:"artifacts"`
	// Marked is the state of git's own files then; nil if it could not be recorded.
	Marked *repochange.Marked `json:"marked,omitempty"`
	// Plugin is a fingerprint of the plugin's own files then; "" if no plugin is known.
	Plugin string `json:"plugin,omitempty"`
}
