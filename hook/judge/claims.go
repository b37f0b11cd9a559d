package judge

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/artifact"
	"stopgate/hook/config"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Evidence is what was seen of a report's claims.
type Evidence struct {
	// Claims are the entries of files_modified, in order.
	Claims []Claim
	// Unseen are the looks that failed: what they would have shown is not known.
	Unseen []Unseen
	// Site is where the claimed worktree was found.
	Site site.Site
	// Worktree is the path by which the orchestrator knows the worktree, "./trees/…"; "" where none was found.
	Worktree string
	// Base names what the states were compared with, for people: baseHead, baseLaunch or a revision.
	Base string
	// NoSnapshot tells that the base is HEAD because nothing was recorded at the launch.
	NoSnapshot bool
	// States has one entry for each claim, in that order; nil where the worktree could not be used.
	States []worktree.PathState
	// Files is what follows for each claim, in that order.
	Files []File
	// prompts are what the agent was asked, suites the commands by which it ran more tests than it was told to.
	prompts []string
	suites  []transcript.ToolUse
	// scope is what the prompts let the agent change, and what it changed besides.
	scope scopeSeen
	// trespasses are files that one agent changed although they are another's.
	trespasses []trespass
	// hidden are the changes that git does not show because of an ignore rule that is newer than the launch.
	hidden []hiddenChange
	// unfinished are the entries of the report's unfinished.
	unfinished []string
	// moved are the deleted files that went where a claimed file is now.
	moved []string
	// rules are what counts as an artifact.
	rules artifact.Rules
	// names are the absolute paths that the worktree goes by, roots all names by which a report can mean it.
	names, roots []string
	// Edits are the agent's own; Transcript tells that there is one which would show them.
	Edits      []trace.Edit
	Transcript bool
	// UnclaimedEdits are the agent's edits that it does not claim.
	UnclaimedEdits []UnclaimedEdit
	// Others are the agents that worked in the same worktree since the launch.
	Others []trace.OtherAgent
	// sessionEdits are the files of the worktree that the session itself has edited since the launch, where that was asked.
	sessionEdits []string
	// Survey is what else was seen in the worktree; zero where nobody looked.
	Survey worktree.Survey
	// Leftovers are the artifacts among what was seen, and what may be done with them.
	Leftovers Leftovers
	// ran are the agent's commands in this run; Main is what has changed in the main worktree meanwhile.
	ran  []trace.Command
	Main []MainChange
	// Plugin is what has become of the plugin's own files.
	Plugin PluginChange
	// Moves is what git's own files say otherwise than when the run began.
	Moves repochange.Changes
	// Reconfigured is what has become of the configuration since the launch.
	Reconfigured Reconfigured
	// Undeclared are the changes in the worktree since the base that no report lists and no transcript explains.
	Undeclared []worktree.PathState
}

// wrote tells whether the agent's own tools wrote the file.
func (e Evidence) wrote(path string) bool {
	return slices.ContainsFunc(e.Edits, func(edit trace.Edit) bool { return edit.Path == path })
}

// Touched are the files that this agent changed: those that it claims and those that it edited, as git spells them.
func (e Evidence) Touched() []string {
	var paths []string
	for _, f := range e.Files {
		if f.Claimed && f.Proof.inGit() {
			paths = append(paths, f.Path)
		}
	}
	for _, s := range e.UnclaimedEdits {
		if s.Where == "" && s.State.Change.Made() {
			paths = append(paths, s.State.Path)
		}
	}
	return paths
}

// verify holds a submission against what was asked and what was seen. It is pure: the same facts give the same findings, in
// the order of the report. No finding means that every claim is proven.
func verify(s submission.Submission, asked launch.Assignment, seen Evidence) []rule.Finding {
	return slices.Concat(verifyReport(s, asked, seen), repochange.Verify(s.Kind == submission.ErrorExit, seen.Moves), verifyReconfigured(seen.Reconfigured), verifyTestScope(seen.suites), verifyUnseen(seen.Unseen))
}

// verifyReport compares what was handed in with what was seen, in the order of the report.
func verifyReport(s submission.Submission, asked launch.Assignment, seen Evidence) []rule.Finding {
	if s.Kind != submission.ReportHandedIn {
		return missing(s)
	}
	findings := slices.Concat(problems(s.Problems), verifySource(s.Source))
	if s.Unreadable() {
		return findings
	}
	reports := reportFiles(seen)
	return slices.Concat(
		findings,
		verifyIgnored(s.Report.Ignored),
		verifyTask(s.Report, asked),
		verifySite(s.Report, asked, seen),
		verifyBaseline(seen),
		verifyClaims(seen),
		withoutUndeclared(verifyUnclaimedEdits(seen.UnclaimedEdits), reports),
		verifyMain(seen.Main),
		verifyUndeclared(seen, reports),
		verifyHidden(seen.hidden),
		verifyNested(seen),
		verifyReportFiles(reports),
		verifyCleaned(s.Report, seen),
		verifyConfig(seen),
		verifyPlugin(seen.Plugin),
		verifyScope(seen),
		verifyConflicts(seen),
		verifyListed(s, seen),
	)
}

// verifySource notes that a later message replaced the report.
func verifySource(source submission.Source) []rule.Finding {
	if source != submission.EarlierReply {
		return nil
	}
	return []rule.Finding{{
		Rule: rule.ReportReplaced, Severity: rule.Note,
		Message: "the report stands in an earlier message and the last message replaced it: the orchestrator receives only the last one; end with the report",
	}}
}

// verifyBaseline notes that the claims could only be compared with HEAD.
func verifyBaseline(seen Evidence) []rule.Finding {
	if !seen.NoSnapshot {
		return nil
	}
	return []rule.Finding{{
		Rule: rule.NoBaseline, Severity: rule.Note,
		Message: "no snapshot of the worktree was taken at the launch (the prompt named no worktree that could be found, or taking it failed): changes that were there before count as this agent's",
	}}
}

func missing(s submission.Submission) []rule.Finding {
	if s.Kind == submission.ErrorExit {
		return nil
	}
	return []rule.Finding{{
		Rule: rule.ReportMissing, Severity: rule.Block,
		Message: "the last message holds no JSON report; answer with the report object of the contract (task_id, worktree_path, work_completed, files_modified, unfinished)",
	}}
}

// verifyIgnored notes the fields that only repeat where the work is.
func verifyIgnored(fields []string) []rule.Finding {
	if len(fields) == 0 {
		return nil
	}
	first, omitted := quote.First(fields, quote.MaxList)
	return []rule.Finding{{
		Rule: rule.ReportExtraField, Severity: rule.Note,
		Message: fmt.Sprintf("the report has fields that are not in the contract and only name the worktree or the branch, and they were ignored: %s", quote.List(first, omitted)),
	}}
}

func problems(found []report.Problem) []rule.Finding {
	findings := make([]rule.Finding, 0, len(found))
	for _, p := range found {
		findings = append(findings, rule.Finding{Rule: rule.Name(p.Rule), Severity: rule.Block, Message: quote.Line(quote.Clip(p.Message, 2*quote.MaxReason))})
	}
	return findings
}

func verifyTask(r report.Report, asked launch.Assignment) []rule.Finding {
	if asked.TaskID == "" || r.TaskID == "" || launch.SameTask(asked.TaskID, r.TaskID) {
		return nil
	}
	return []rule.Finding{{
		Rule: rule.TaskMismatch, Severity: rule.Block,
		Message: fmt.Sprintf("task_id is %s, but the task you were given is %s; report under that identifier", quote.String(r.TaskID, 80), quote.String(asked.TaskID, 80)),
	}}
}

func verifySite(r report.Report, asked launch.Assignment, seen Evidence) []rule.Finding {
	if r.WorktreePath == "" {
		return nil // the schema's finding says so
	}
	claimed := quote.String(r.WorktreePath, quote.MaxPath)
	finding := func(severity rule.Severity, message string) []rule.Finding {
		code := rule.WorktreeInvalid
		if severity == rule.Halt {
			code = rule.Unverifiable
		}
		return []rule.Finding{{Rule: code, Severity: severity, Message: message}}
	}
	expected := "name the worktree you were given, of the form ./trees/TASK-description"
	if asked.WorktreePath != "" {
		expected = "name the worktree you were given, " + quote.String(asked.WorktreePath, quote.MaxPath)
	}
	switch seen.Site.Problem {
	case site.NoRepository:
		return finding(rule.Halt, "this session runs in no git repository, so that nothing can be checked against git")
	case site.Absent:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but no such directory exists; %s", claimed, expected))
	case site.NotTop:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but that is no git worktree of its own; %s", claimed, expected))
	case site.OtherRepository:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but that belongs to another repository; %s", claimed, expected))
	case site.Main:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but that is the main worktree, where no coding agent works; %s", claimed, expected))
	case site.OutsideTrees:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but worktrees stand under %s; %s", claimed, quote.Line(quote.Clip(seen.Site.Detail, quote.MaxPath)), expected))
	case site.OtherThanAsked:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but you were given %s; report where the work was asked for", claimed, quote.String(asked.WorktreePath, quote.MaxPath)))
	case site.Gone:
		if seen.States != nil {
			return nil // the commits made since speak for the claims
		}
		if seen.Site.Detail != "" {
			return finding(rule.Halt, fmt.Sprintf("worktree_path is %s, and %s, so that nothing of the report can be checked there; bring it back, or launch an agent anew", claimed, seen.Site.Detail))
		}
		return finding(rule.Halt, fmt.Sprintf("worktree_path is %s, and no such worktree is there now; the transcript alone shows %s changed", claimed, shownByTranscript(seen.Files)))
	case site.Unreadable:
		return finding(rule.Halt, fmt.Sprintf("worktree_path is %s, and git's files there cannot be read: %s", claimed, quote.String(seen.Site.Detail, quote.MaxReason)))
	case site.Found:
	}
	return nil
}

// shownByTranscript is "1 of 3 claimed files".
func shownByTranscript(files []File) string {
	n := 0
	for _, f := range files {
		if f.Proof == ByTranscript {
			n++
		}
	}
	return fmt.Sprintf("%d of %s", n, quote.Plural(len(files), "claimed file"))
}

// verifyConfig finds a change of the configuration in the agent's worktree. It takes effect only when it is committed in the main
// worktree, but no agent is to write the rules that it is held to.
func verifyConfig(seen Evidence) []rule.Finding {
	for _, f := range seen.Files {
		if f.Path == config.FileName && f.Proof == ByGit && (f.Claimed || seen.Base == BaseLaunch && len(seen.Others) == 0 || seen.wrote(f.Path)) {
			return []rule.Finding{{
				Rule: rule.GateTampered, Severity: rule.Halt, Path: f.Path,
				Message: fmt.Sprintf("git shows %s as %s in the agent's worktree: that file says what agents are held to, and only the person may change it; to take it back: git checkout -- %s", quote.String(f.Path, quote.MaxPath), f.Change.Words(), config.FileName),
			}}
		}
	}
	return nil
}

func verifyClaims(seen Evidence) []rule.Finding {
	var findings []rule.Finding
	nested := nested(seen)
	for i, c := range seen.Claims {
		if slices.ContainsFunc(nested, func(s worktree.PathState) bool { return c.speaksOf(s.Name) }) {
			continue // verifyNested speaks of it
		}
		var state worktree.PathState
		if i < len(seen.States) {
			state = seen.States[i]
		}
		if f, ok := verifyClaim(c, state, seen); ok {
			findings = append(findings, f)
		} else if state.NoBase {
			findings = append(findings, rule.Finding{
				Rule: rule.NoBaseline, Severity: rule.Note, Path: c.Listed,
				Message: fmt.Sprintf("files_modified lists %s, and the snapshot of the launch does not tell what it was then; it was compared with %s", quote.String(c.Listed, quote.MaxPath), baseHead),
			})
		}
	}
	return findings
}

// artifactClaimed is the pattern of the artifact that a claimed path is or lies in: by its name, and because git ignores it or its
// content is the tool's own.
func artifactClaimed(seen Evidence, name string, change worktree.Change) (pattern string, ok bool) {
	if change != worktree.Added && change != worktree.Ignored {
		return "", false
	}
	if protects(seen, worktree.PathState{Name: name}) {
		return "", false
	}
	rules := artifact.Rules{}
	if change == worktree.Ignored {
		rules.Add = seen.rules.Add
	}
	around, pattern, ok := rules.Around(name)
	if !ok {
		return "", false
	}
	marked := slices.ContainsFunc(seen.Survey.Candidates, func(c worktree.Candidate) bool { return c.Path == around.Path && c.Marked })
	return pattern, marked || change == worktree.Ignored
}

// verifyClaim tells what is wrong with one claim. A claim whose worktree could not be used is not judged: the finding on the
// worktree stands for it.
func verifyClaim(c Claim, state worktree.PathState, seen Evidence) (rule.Finding, bool) {
	name := c.named()
	finding := func(code rule.Name, severity rule.Severity, format string, args ...any) (rule.Finding, bool) {
		return rule.Finding{Rule: code, Severity: severity, Path: c.Listed, Message: fmt.Sprintf(format, args...)}, true
	}
	base := seen.Base
	if base == BaseLaunch && !state.DirtyBefore {
		base = baseHead // what was clean at the launch was as HEAD has it
	}
	if c.Invalid != "" {
		return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s, but %s%s", name, c.Invalid, c.insteadOfDir(seen.Survey.States))
	}
	if seen.States == nil {
		return rule.Finding{}, false
	}
	if pattern, ok := artifactClaimed(seen, c.Path, state.Change); ok && !seen.wrote(c.Path) {
		severity := rule.Block
		if !seen.Transcript { // a source file may stand in a folder of that name; who wrote it would tell
			severity = rule.Note
		}
		return finding(rule.ClaimIsArtifact, severity, "files_modified lists %s, but %s is what a tool leaves behind and is cleaned up, not committed; take it off the list, or, if it is your work, move it to a path of another name", name, quote.String(pattern, quote.MaxPath))
	}
	if slices.Contains(seen.Survey.Links, c.Path) {
		return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s, but that is a link to the dependencies of another worktree, which no commit is to hold; take it off the list and leave it where it is", name)
	}
	switch state.Change {
	case worktree.Unchanged:
		if state.DirtyBefore {
			return finding(rule.ClaimNotYours, rule.Block, "files_modified lists %s, but that change was there before you were launched and you have not touched the file since; take it off the list", name)
		}
		if state.Commit != "" {
			return finding(rule.ClaimUnchanged, rule.Block, "files_modified lists %s, but the agent did not edit it, and commit %s, which holds other files of this report, does not change it", name, state.Commit)
		}
		return finding(rule.ClaimUnchanged, rule.Block, "files_modified lists %s, but it is the same as in %s; make the change or take it off the list", name, base)
	case worktree.Missing:
		if strings.ContainsAny(c.Path, "*?[") {
			return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s, but no file has that name and patterns are not expanded; list each file", name)
		}
		if c.Means != "" {
			return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s, but no file has that path; write %s", name, quote.String(c.Means, quote.MaxPath))
		}
		return finding(rule.ClaimMissing, rule.Block, "files_modified lists %s, but it is neither on disk nor in %s; write the file, correct the path or take it off the list", name, base)
	case worktree.Ignored:
		return finding(rule.ClaimIgnored, rule.Block, "files_modified lists %s, but git ignores it, so that it will never be committed; take it off the list, or move the work to a file that git tracks", name)
	case worktree.Outside:
		return finding(rule.ClaimOutside, rule.Block, "files_modified lists %s, but it lies outside the worktree (%s); list only files inside it", name, quote.String(state.Reason, quote.MaxReason))
	case worktree.Unknown, "":
		return finding(rule.Unverifiable, rule.Halt, "files_modified lists %s, but it could not be checked: %s", name, quote.String(state.Reason, quote.MaxReason))
	}
	if c.Mend != "" {
		return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s; write %s, the path alone", quote.String(c.Listed, quote.MaxPath), quote.String(c.Mend, quote.MaxPath))
	}
	return rule.Finding{}, false
}
