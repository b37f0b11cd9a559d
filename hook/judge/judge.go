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
	Submission Submission
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
	if witness == nil {
		witness = noWitness{}
	}
	s := in.Submission
	c := Case{Asked: in.Asked, Submission: s, Reported: in.Reported, Evidence: Evidence{Base: cmp.Or(quote.Line(quote.Clip(in.Revision, quote.MaxPath)), baseHead)}}
	c.Unseen = in.unseen()
	observe = in.careful(ctx, observe)
	c.Moves = in.compareMarks(ctx, observe) // first: nothing in the worktree keeps it from git's own files
	if c.Moves.Incomplete != "" {
		c.Unseen = append(c.Unseen, Unseen{LookMarks, "what git's own files say could not all be compared with what they said when the agent began: " + c.Moves.Incomplete})
	}
	ctx, done := within(ctx, in.Time.Rest)
	defer done()
	if s.Kind == ReportHandedIn && !s.Unreadable() {
		c.lookAtReport(ctx, observe, witness, in)
	}
	in.whose(ctx, witness, &c.Moves)
	c.Reconfigured = in.reconfigured(ctx, witness, c.Moves)
	c.suites = suite.Whole(in.Agent)
	c.Findings = Verify(s, in.Asked, c.Evidence)
	return c
}

// lookAtReport sees what the report claims, and what else there is in its worktree.
func (c *Case) lookAtReport(ctx context.Context, observe Observer, witness Witness, in Inquiry) {
	r := c.Submission.Report
	c.Site = in.Grounds.FindSite(r.WorktreePath, in.Asked.WorktreePath)
	if lost := in.lost(ctx, observe); lost != "" && c.Site.Problem != site.Found {
		c.Site = site.Site{Problem: site.Gone, Detail: lost}
	}
	c.rules, c.prompts, c.unfinished = in.Rules, trace.Prompts(in.Agent), r.Unfinished
	reported := r.WorktreePath
	if in.Isolated { // it may name the worktree of the prompt, where the agent did not work
		reported = ""
	}
	c.names = site.WorktreeNames(c.Site.Place.Root, reported, append(in.Grounds.Bases(), in.Agent.CWD))
	c.Edits, c.Transcript = trace.Edits(in.Agent, c.names), in.Agent.Lines > 0
	found := c.Site.Problem == site.Found
	if found {
		c.Worktree = in.Grounds.Name(c.Site.Place)
	}
	c.roots = rootNames(r, in.Asked.WorktreePath, c.Worktree, c.names)
	c.Claims = readClaims(r, c.roots)
	if found {
		c.lookAround(ctx, observe, witness, in, c.base(in))
	} else if c.Site.Problem == site.Gone && in.Committed != nil {
		c.lookInCommits(ctx, in.Committed)
	}
	c.Files = c.files()
	if found {
		c.lookAtScope(in)
		c.lookAtOwners(ctx, witness, in)
	}
}

// base is what claims are compared with: the snapshot of the launch, or else a revision.
func (c *Case) base(in Inquiry) worktree.Base {
	if in.Launch != nil && in.Launch.Worktree == c.Worktree {
		c.Base = BaseLaunch
		return worktree.Base{Snapshot: &in.Launch.Snapshot}
	}
	c.NoSnapshot = in.Records != nil
	if c.NoSnapshot && in.Launch != nil {
		c.Unseen = append(c.Unseen, Unseen{LookSnapshot, fmt.Sprintf("the agent was launched for %s, so that nothing was taken down in %s before it began",
			quote.String(in.Launch.Worktree, quote.MaxPath), quote.String(c.Worktree, quote.MaxPath))})
	}
	return worktree.Base{Revision: in.Revision}
}

// lookAround sees the claimed files, and what else there is: all that has changed in the worktree, and in the main one, and what tools have
// left.
func (c *Case) lookAround(ctx context.Context, observe Observer, witness Witness, in Inquiry, base worktree.Base) {
	c.Claims, c.States = observeClaims(ctx, observe, c.Site.Place, c.Claims, c.roots, base)
	c.Survey = observe.Survey(ctx, c.Site.Place, c.surveyBase(in, base), cleanup.ScanOptions(in.Rules))
	if c.Survey.Incomplete != "" && in.Records != nil {
		c.Unseen = append(c.Unseen, Unseen{LookWorktree, "the worktree could not be searched whole for changes that files_modified does not list: " + c.Survey.Incomplete})
	}
	if c.Survey.HiddenUnseen != "" && in.Records != nil {
		c.Unseen = append(c.Unseen, Unseen{LookWorktree, "git's ignore rules outside of the worktree have changed since the launch, and what they hide could not be told: " + c.Survey.HiddenUnseen})
	}
	c.Claims = meant(c.Claims, c.States, c.Survey.States)
	c.ran = trace.Commands(in.Agent, in.Agent.Run.Time, in.Denied)
	c.UnclaimedEdits = unclaimedEdits(ctx, observe, in, c.Evidence, base)
	if c.moved = movedAway(ctx, observe, c.Evidence); len(c.moved) > 0 {
		c.UnclaimedEdits = slices.DeleteFunc(c.UnclaimedEdits, func(e UnclaimedEdit) bool { return e.Where == "" && slices.Contains(c.moved, e.State.Path) })
	}
	c.Others = in.others(ctx, witness, c.Worktree, c.Site.Place)
	open := unanswered(in, c.Evidence)
	if len(open) > 0 || len(c.Survey.Candidates)+len(c.Survey.Hidden) > 0 { // the session's transcript may be long
		c.sessionEdits = trace.EditsSince(witness.Session(ctx), c.Site.Place, trace.SinceLaunch(in.Agent))
	}
	c.Leftovers = leftovers(in, c.Evidence)
	c.Undeclared = in.withoutBase(undeclared(cleanup.WithoutPaths(open, c.goes()), c.sessionEdits), c.Site.Place.Root)
	c.hidden = hiddenChanges(in, c.Evidence)
	c.Plugin = in.pluginChange(c.ran)
	var unseen string
	if c.Main, unseen = mainChanges(ctx, observe, witness, in, c.Evidence); unseen != "" {
		c.Unseen = append(c.Unseen, Unseen{LookMain, "the main worktree could not be searched whole for changes of this agent: " + unseen})
	}
}

// lookInCommits sees the claimed files in what was committed since. If no claim is there, that shows nothing: it may have been thrown away.
func (c *Case) lookInCommits(ctx context.Context, committed ClaimObserver) {
	claims, states := observeClaims(ctx, committed, worktree.Place{}, c.Claims, c.roots, worktree.Base{})
	if slices.ContainsFunc(states, func(s worktree.PathState) bool { return s.Change.Made() }) {
		c.Claims, c.States, c.Base = claims, states, baseCommits
	}
}

// surveyBase is what the whole worktree is compared with: what happened between two runs belongs to neither.
func (c *Case) surveyBase(in Inquiry, base worktree.Base) worktree.Base {
	if in.Run != nil && in.Run.Worktree == c.Worktree && c.Base == BaseLaunch {
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
func (c Case) Proven() []string {
	var paths []string
	for _, f := range c.Files {
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
