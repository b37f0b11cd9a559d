package inspect

import (
	"slices"

	"stopgate/hook/artifact"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Evidence is what was found out about a report's claims.
type Evidence struct {
	// Claims are the entries of files_modified, in order.
	Claims []Claim
	// Unseen lists the looks that failed, so that their result is unknown.
	Unseen []Unseen
	// Site is where the claimed worktree was found.
	Site site.Site
	// Worktree is the worktree as the orchestrator wrote it, "./trees/…"; "" if none was found.
	Worktree string
	// Base is what the states were compared with, in words: baseHead, baseLaunch or a revision.
	Base string
	// NoSnapshot means that the base is HEAD because nothing was recorded at the launch.
	NoSnapshot bool
	// States has the state of each claim, in order; nil if the worktree could not be used.
	States []worktree.PathState
	// Files has the result for each claim, in order, and then for the changes that nobody claims.
	Files []File
	// Proven are the claimed paths that git shows as changed, in the worktree or in a commit. Touched are the files that this agent changed: the
	// proven ones and those that it edited, as git spells them.
	Proven, Touched []string
	// Changed are all files of the worktree that differ from the base, whichever agent changed them, because the whole worktree is merged.
	Changed []string
	// Prompts are the prompts of the agent. suites are the commands by which it ran more tests than it was told to.
	Prompts []string
	Suites  []transcript.ToolUse
	// Scope is the scope in the prompts, and the changes outside it.
	Scope ScopeSeen
	// Trespasses are files that one agent changed although they are assigned to another.
	Trespasses []Trespass
	// Hidden are the changes that git does not show because of an ignore rule that is newer than the launch.
	Hidden []HiddenChange
	// Unfinished is the report's list of unfinished work.
	Unfinished []string
	// moved are the deleted files that were moved to a claimed file.
	moved []string
	// Rules decide what counts as an artifact.
	Rules artifact.Rules
	// names are the absolute paths of the worktree. Roots are all paths by which a report can mean it.
	names, Roots []string
	// Edits are the agent's own edits. Transcript means that there is a complete transcript, which would show them.
	Edits      []trace.Edit
	Transcript bool
	// UnclaimedEdits are the agent's edits that it does not claim.
	UnclaimedEdits []UnclaimedEdit
	// Others are the agents that worked in the same worktree since the launch.
	Others []trace.OtherAgent
	// ByOthers are the changes that the tools of other agents made and that nobody reports.
	ByOthers []Unreported
	// sessionEdits are the files of the worktree that the session itself has edited since the launch, if that was looked up.
	sessionEdits []string
	// SessionChanged are the files among Undeclared that a command of the session names and may have changed since the launch, and none of the agent.
	SessionChanged []string
	// unheard means that another coding agent has begun whose transcript shows nothing yet.
	unheard bool
	// Survey has the other changes in the worktree; zero if nobody looked. Nested are the repositories in it that were added since the base.
	Survey worktree.Survey
	Nested []worktree.PathState
	// Leftovers are the artifacts that were found, and what may be done with them.
	Leftovers Leftovers
	// remaining are the other changes in the worktree without Leftovers.Paths.
	remaining []worktree.PathState
	// Ran are the agent's commands in this run. Main are the changes in the main worktree meanwhile.
	Ran  []trace.Command
	Main []MainChange
	// Plugin is the change of the plugin's own files.
	Plugin PluginChange
	// Moves are the changes of git's own files since the run began.
	Moves repochange.Changes
	// Reconfigured is the change of the configuration since the launch.
	Reconfigured Reconfigured
	// Undeclared are the changes in the worktree since the base that no report lists and no transcript explains.
	Undeclared []worktree.PathState
	// Carried is the earlier work on the task that the worktree still has and this report does not list. Unverified is what no verified report lists,
	// of the agents before this one. Begun is the base of all that work if there is some of theirs, listed or not; "" means Base.
	Carried, Unverified []string
	Begun               string
}

// Wrote reports whether the agent's own tools wrote the file.
func (e Evidence) Wrote(path string) bool {
	return slices.ContainsFunc(e.Edits, func(edit trace.Edit) bool { return edit.Path == path })
}

// File is the result for one path.
type File struct {
	// Path is as git spells it, or as in the report if it is not the path of one file.
	Path string `json:"path"`
	// Claimed means that files_modified lists it.
	Claimed bool            `json:"claimed"`
	Change  worktree.Change `json:"change"`
	Proof   Proof           `json:"proof"`
	// Commit is the commit that proves it; "" for any other proof.
	Commit string `json:"commit,omitempty"`
}

// Proof is what shows that a file was changed.
type Proof string

const (
	// ByGit means git shows the change.
	ByGit Proof = "git"
	// ByTranscript means that a successful tool use of the agent shows the change; the worktree is gone.
	ByTranscript Proof = "transcript"
	// ByCommit means that a later commit contains the change; for a replay of an old stop.
	ByCommit Proof = "commit"
	// ByRecord means that stopgate saw the change when the agent stopped, and recorded it; for a replay of an old stop.
	ByRecord Proof = "journal"
	// Unproven means that nothing shows the change.
	Unproven Proof = "none"
)

// Names for the base of the comparison.
const (
	BaseHead    = "HEAD"
	baseCommits = "the commits made since"
	BaseLaunch  = "the snapshot of its launch"
)

// files returns the result for each claim, and then for the changes that nobody claims.
func (e Evidence) files() []File {
	edited := quote.Set(quote.Each(e.Edits, func(edit trace.Edit) string { return edit.Path }))
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
			case f.Change.Made() && e.States[i].Refused == "":
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
	for i := range e.Undeclared { // there may be very many
		state := &e.Undeclared[i]
		list = append(list, File{Path: state.Name, Change: state.Change, Proof: ByGit})
	}
	return list
}

// follow sets the fields that depend on the files: which are proven, which the agent touched, and which differ from the base. reported are the
// files of the agent's earlier reports.
func (e *Evidence) follow(reported []string) {
	e.Files = e.files()
	for _, f := range e.Files {
		if f.Claimed && (f.Proof == ByGit || f.Proof == ByCommit) {
			e.Proven = append(e.Proven, f.Path)
		}
	}
	e.Touched = slices.Clip(e.Proven)
	for _, s := range e.UnclaimedEdits {
		if s.Where == "" && s.State.Change.Made() {
			e.Touched = append(e.Touched, s.State.Path)
		}
	}
	known := map[string]bool{"": true}
	add := func(name string) {
		if !known[name] {
			known[name], e.Changed = true, append(e.Changed, name)
		}
	}
	for _, name := range e.Proven {
		add(name)
	}
	for _, state := range e.remaining {
		add(state.Name)
		add(state.From)
	}
	for _, name := range slices.Concat(reported, e.Carried) {
		add(name)
	}
}
