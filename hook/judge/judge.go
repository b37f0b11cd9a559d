// Package judge looks at what an agent handed in and at what git shows, and decides what the report is worth.
// Each file answers one question: what is looked at for it, and what follows.
package judge

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

// File is what was seen of one path.
type File struct {
	// Path is as git spells it, or as the report does where it is not the path of one file.
	Path string `json:"path"`
	// Claimed tells that files_modified lists it.
	Claimed bool            `json:"claimed"`
	Change  worktree.Change `json:"change"`
	Proof   Proof           `json:"proof"`
	// Commit is the commit that proves it; "" for every other proof.
	Commit string `json:"commit,omitempty"`
}

// Proof says what shows that a file was changed.
type Proof string

const (
	// ByGit means git shows the change.
	ByGit Proof = "git"
	// ByTranscript means a tool use of the agent that succeeded; the worktree is not there to be looked at.
	ByTranscript Proof = "transcript"
	// ByCommit means a commit made since holds the change; for a stop of long ago.
	ByCommit Proof = "commit"
	// ByRecord means the gate saw the change when the agent stopped, and recorded it; for a stop of long ago.
	ByRecord Proof = "journal"
	// Unproven means nothing shows it.
	Unproven Proof = "none"
)

// inGit reports whether git shows the change now, in the worktree or in a commit.
func (p Proof) inGit() bool { return p == ByGit || p == ByCommit }

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

// Stop holds what an agent handed in against what was asked of it and against git. It fills in all of the case but who the
// agent is and what the verdict: those depend on more than this stop. witness tells of the session's other agents; nil where there are
// none.
func Stop(ctx context.Context, observe Observer, witness Witness, in Inquiry) Case {
	seen := Inspect(ctx, observe, witness, in)
	return Case{Asked: in.Asked, Submission: in.Submission, Reported: in.Reported, Evidence: seen, Findings: verify(in.Submission, in.Asked, seen)}
}

// Inspect looks at everything that shows what the agent of an inquiry did. witness reads the transcripts of the session's other agents; nil
// where there are none. What cannot be seen is in Unseen.
func Inspect(ctx context.Context, observe Observer, witness Witness, in Inquiry) Evidence {
	if witness == nil {
		witness = noWitness{}
	}
	s, at := in.Submission, findPlaces(in)
	seen := Evidence{Base: cmp.Or(quote.Line(quote.Clip(in.Revision, quote.MaxPath)), baseHead), Unseen: unseenRecords(in)}
	observe = careful(ctx, observe, in, at)
	seen.Moves = compareMarks(ctx, observe, in, at) // first: nothing in the worktree keeps it from git's own files
	if seen.Moves.Incomplete != "" {
		seen.Unseen = append(seen.Unseen, Unseen{LookMarks, "what git's own files say could not all be compared with what they said when the agent began: " + seen.Moves.Incomplete})
	}
	ctx, done := within(ctx, in.Time.Rest)
	defer done()
	if s.Kind == submission.ReportHandedIn && !s.Unreadable() {
		lookAtReport(ctx, observe, witness, in, &seen)
	}
	findMovers(ctx, witness, in, at, &seen.Moves)
	seen.Reconfigured = reconfigured(ctx, witness, in, seen.Moves)
	seen.suites = suite.Whole(in.Agent)
	return seen
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
	seen.rules, seen.prompts, seen.unfinished = in.Rules, trace.Prompts(in.Agent), r.Unfinished
	reported := r.WorktreePath
	if in.Isolated { // it may name the worktree of the prompt, where the agent did not work
		reported = ""
	}
	seen.names = site.WorktreeNames(seen.Site.Place.Root, reported, append(in.Grounds.Bases(), in.Agent.CWD))
	seen.Edits, seen.Transcript = trace.Edits(in.Agent, seen.names), in.Agent.Lines > 0
	found := seen.Site.Problem == site.Found
	if found {
		seen.Worktree = in.Grounds.Name(seen.Site.Place)
	}
	seen.roots = rootNames(r, in.Asked.WorktreePath, seen.Worktree, seen.names)
	seen.Claims = readClaims(r, seen.roots)
	if found {
		lookAround(ctx, observe, witness, in, seen)
	} else if seen.Site.Problem == site.Gone && in.Committed != nil {
		lookInCommits(ctx, in.Committed, seen)
	}
	seen.Files = seen.files()
	if found {
		seen.scope = lookAtScope(in, *seen)
		seen.trespasses = lookAtOwners(ctx, witness, in, *seen)
	}
}

// lookAround sees the claimed files, and what else there is: all that has changed in the worktree, and in the main one, and what tools have
// left.
func lookAround(ctx context.Context, observe Observer, witness Witness, in Inquiry, seen *Evidence) {
	place, base := seen.Site.Place, chooseBase(in, seen)
	seen.Claims, seen.States = observeClaims(ctx, observe, place, seen.Claims, seen.roots, base)
	seen.Survey = observe.Survey(ctx, place, surveyBase(in, *seen, base), cleanup.ScanOptions(in.Rules))
	if in.Records != nil {
		seen.Unseen = append(seen.Unseen, unsearched(seen.Survey)...)
	}
	seen.Claims = meant(seen.Claims, seen.States, seen.Survey.States)
	seen.ran = trace.Commands(in.Agent, in.Agent.Run.Time, in.Denied)
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
	seen.Undeclared = withoutBase(in, undeclared(cleanup.WithoutPaths(open, seen.goes()), seen.sessionEdits), place.Root)
	seen.hidden = hiddenChanges(in, *seen)
	seen.Plugin = pluginChange(in, seen.ran)
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

// unsearched is what a survey of the agent's worktree could not see.
func unsearched(survey worktree.Survey) (failed []Unseen) {
	if survey.Incomplete != "" {
		failed = append(failed, Unseen{LookWorktree, "the worktree could not be searched whole for changes that files_modified does not list: " + survey.Incomplete})
	}
	if survey.HiddenUnseen != "" {
		failed = append(failed, Unseen{LookWorktree, "git's ignore rules outside of the worktree have changed since the launch, and what they hide could not be told: " + survey.HiddenUnseen})
	}
	return failed
}

// lookInCommits sees the claimed files in what was committed since. If no claim is there, that shows nothing: it may have been thrown away.
func lookInCommits(ctx context.Context, committed ClaimObserver, seen *Evidence) {
	claims, states := observeClaims(ctx, committed, worktree.Place{}, seen.Claims, seen.roots, worktree.Base{})
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

// Names of what claims are compared with.
const (
	baseHead    = "HEAD"
	baseCommits = "the commits made since"
	BaseLaunch  = "the snapshot of its launch"
)

// observeClaims looks at every path that a claim can mean, and returns the claims with the file that each names, and the state of each. The
// states are never nil; a claim that is no path has the zero state. Entries that name no file as they stand are looked at once more.
func observeClaims(ctx context.Context, observe ClaimObserver, place worktree.Place, claims []Claim, roots []string, base worktree.Base) ([]Claim, []worktree.PathState) {
	known := map[string]worktree.PathState{}
	lookAll := func() {
		var paths []string
		for _, c := range claims {
			for _, r := range c.readings {
				if _, again := known[r.Path]; !again {
					known[r.Path] = worktree.PathState{}
					paths = append(paths, r.Path)
				}
			}
		}
		for i, state := range look(ctx, observe, place, paths, base) {
			known[paths[i]] = state
		}
	}
	lookAll()
	claims = withMends(withLinked(claims, known, place.Root), known, roots)
	lookAll()
	return settle(claims, known)
}

// look tells how each path differs from base, as the judge sees it: what is only staged and taken back in the worktree, or only taken
// out of the index, is no change of the file, whatever git status shows.
func look(ctx context.Context, observe ClaimObserver, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	if len(paths) == 0 {
		return nil
	}
	states := observe.Claims(ctx, place, paths, base)
	for i, state := range states {
		if state.BaseEqual && state.Change.Made() {
			states[i].Change = worktree.Unchanged
		}
	}
	return states
}

// files is what the evidence says of each claim, and then of the changes that nobody claims.
func (e Evidence) files() []File {
	edited := map[string]bool{}
	for _, edit := range e.Edits {
		edited[edit.Path] = true
	}
	list := make([]File, 0, len(e.Claims)+len(e.Undeclared))
	for i, c := range e.Claims {
		f := File{Path: c.Path, Claimed: true, Change: worktree.Unknown, Proof: Unproven}
		switch {
		case c.Invalid != "":
			f.Path = c.Listed
		case i < len(e.States):
			f.Change = e.States[i].Change
			switch commit := e.States[i].Commit; {
			case f.Change.Made() && commit != "":
				f.Proof, f.Commit = ByCommit, commit
			case f.Change.Made():
				f.Proof = ByGit
			case f.Change == worktree.Unknown && e.Site.Problem == site.Gone && edited[c.Path]:
				f.Proof = ByTranscript
			}
		case e.Site.Problem == site.Gone && edited[c.Path]:
			f.Proof = ByTranscript
		}
		list = append(list, f)
	}
	for _, s := range e.UnclaimedEdits {
		if s.Where == "" && s.State.Change.Made() {
			list = append(list, File{Path: s.State.Path, Change: s.State.Change, Proof: ByGit})
		}
	}
	for _, state := range e.Undeclared {
		list = append(list, File{Path: state.Name, Change: state.Change, Proof: ByGit})
	}
	return list
}

// Proven are the claimed paths that git shows as changed.
func (e Evidence) Proven() []string {
	var paths []string
	for _, f := range e.Files {
		if f.Claimed && f.Proof.inGit() {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// ClaimObserver looks at claimed files.
type ClaimObserver interface {
	// Claims tells how each path differs from base, in order. What cannot be seen is unknown.
	Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState
}

// Observer looks at worktrees.
type Observer interface {
	ClaimObserver
	// Survey tells what in the whole worktree differs from base.
	Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey
	site.FileReader
	// Marks is what git's own files say in the worktree now.
	Marks(ctx context.Context, place worktree.Place) (worktree.Marks, error)
	// Moved is what they say now, and otherwise than before.
	Moved(ctx context.Context, place worktree.Place, before worktree.Marks) (worktree.Marks, []worktree.MarkChange, error)
	// Since is an observer for the time after an agent was launched, when git's files in place said launched. It runs no program that a
	// change made since then has git run: where there is one, what only git can tell is unknown, with the reason.
	Since(ctx context.Context, place worktree.Place, launched worktree.Marks) Observer
	// Snapshot is what the worktree is like now, and which candidates are there.
	Snapshot(ctx context.Context, place worktree.Place, o worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error)
}
