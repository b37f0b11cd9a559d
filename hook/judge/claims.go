package judge

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/artifact"
	"stopgate/hook/inspect"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

func verifyClaims(seen inspect.Evidence) []rule.Finding {
	var findings []rule.Finding
	for i, c := range seen.Claims {
		if slices.ContainsFunc(seen.Nested, func(s worktree.PathState) bool { return c.SpeaksOf(s.Name) }) {
			continue // verifyNested reports it
		}
		var state worktree.PathState
		if i < len(seen.States) {
			state = seen.States[i]
		}
		if f, ok := verifyClaim(c, state, seen); ok {
			findings = append(findings, f)
		} else if state.NoBase {
			findings = append(findings, rule.New(rule.NoBaseline, rule.Note, c.Listed,
				"files_modified lists %s, but the snapshot of the launch does not have it; it was compared with %s", quote.String(c.Listed, quote.MaxPath), inspect.BaseHead))
		}
	}
	return findings
}

// artifactClaimed returns the pattern of the artifact that contains a claimed path. The artifact has its name, and git ignores it or its content is
// the tool's own.
func artifactClaimed(seen inspect.Evidence, name string, change worktree.Change) (pattern string, ok bool) {
	if change != worktree.Added && change != worktree.Ignored {
		return "", false
	}
	if protects(seen, worktree.PathState{Name: name}) {
		return "", false
	}
	rules := artifact.Rules{}
	if change == worktree.Ignored {
		rules.Add = seen.Rules.Add
	}
	around, pattern, ok := rules.Around(name)
	if !ok {
		return "", false
	}
	marked := slices.ContainsFunc(seen.Survey.Candidates, func(c worktree.Candidate) bool { return c.Path == around.Path && c.Marked })
	return pattern, marked || change == worktree.Ignored
}

// verifyClaim returns the finding about one claim. If the worktree could not be used, the finding about the worktree replaces it.
func verifyClaim(c inspect.Claim, state worktree.PathState, seen inspect.Evidence) (rule.Finding, bool) {
	name := named(c)
	finding := func(code rule.Name, severity rule.Severity, format string, args ...any) (rule.Finding, bool) {
		return rule.Finding{Rule: code, Severity: severity, Path: c.Listed, Message: fmt.Sprintf(format, args...)}, true
	}
	base := seen.Base
	if base == inspect.BaseLaunch && !state.DirtyBefore {
		base = inspect.BaseHead // a file that was clean at the launch was as in HEAD
	}
	if c.Invalid != "" {
		return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s, but %s%s", name, c.Invalid, insteadOfDir(c, seen.Survey.States))
	}
	if seen.States == nil {
		return rule.Finding{}, false
	}
	if pattern, ok := artifactClaimed(seen, c.Path, state.Change); ok && !seen.Wrote(c.Path) {
		severity := rule.Block
		if !seen.Transcript { // a source file may be in a folder of that name; the transcript would show who wrote it
			severity = rule.Note
		}
		return finding(rule.ClaimIsArtifact, severity, "files_modified lists %s, but %s is left by a tool and is cleaned up, not committed; take it off the list, or, if it is your work, move it to a path with another name", name, quote.String(pattern, quote.MaxPath))
	}
	if slices.Contains(seen.Survey.Links, c.Path) {
		return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s, but that is a link to the dependencies of another worktree, which must not be committed; take it off the list and leave it where it is", name)
	}
	switch state.Change {
	case worktree.Unchanged:
		if state.DirtyBefore {
			return finding(rule.ClaimNotYours, rule.Block, "files_modified lists %s, but that change was there before you were launched and you have not touched the file since; take it off the list", name)
		}
		if state.Commit != "" {
			return finding(rule.ClaimUnchanged, rule.Block, "files_modified lists %s, but the agent did not edit it, and commit %s, which holds other files of this report, does not change it", name, state.Commit)
		}
		if state.Reason != "" {
			return finding(rule.ClaimUnchanged, rule.Block, "files_modified lists %s, but %s, so no commit will include a change of it; take it off the list, and say so in unfinished if the task needs the change", name, state.Reason)
		}
		return finding(rule.ClaimUnchanged, rule.Block, "files_modified lists %s, but it is the same as in %s; make the change or take it off the list", name, base)
	case worktree.Missing:
		if strings.ContainsAny(c.Path, "*?[") {
			return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s, but no file has that name and patterns are not expanded; list each file%s", name, matching(c.Also))
		}
		if c.Means != "" {
			return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s, but no file has that path; write %s", name, quote.String(c.Means, quote.MaxPath))
		}
		return finding(rule.ClaimMissing, rule.Block, "files_modified lists %s, but it is neither on disk nor in %s; write the file, correct the path or take it off the list", name, base)
	case worktree.Ignored:
		return finding(rule.ClaimIgnored, rule.Block, "files_modified lists %s, but git ignores it, so that it will never be committed; take it off the list, or move the work to a file that git tracks", name)
	case worktree.Outside:
		if c.Means != "" {
			return finding(rule.ClaimOutside, rule.Block, "files_modified lists %s, which is in a submodule; git shows changes there under the path of the submodule; write %s", name, quote.String(c.Means, quote.MaxPath))
		}
		return finding(rule.ClaimOutside, rule.Block, "files_modified lists %s, but it is outside the worktree (%s); list only files inside it", name, quote.String(state.Reason, quote.MaxReason))
	case worktree.Unknown, "":
		return finding(rule.Unverifiable, rule.Halt, "files_modified lists %s, but it could not be checked: %s", name, quote.String(state.Reason, quote.MaxReason))
	}
	if state.Refused != "" {
		return finding(rule.Unverifiable, rule.Halt, "files_modified lists %s, which git shows as changed, but git may be unable to commit it: %s", name, quote.String(state.Refused, quote.MaxReason))
	}
	if len(c.Also) > 0 {
		names := append([]string{c.Mend}, c.Also...)
		return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s; write %s, each path as an entry of its own", quote.String(c.Listed, quote.MaxPath), quote.List(quote.First(names, quote.MaxList)))
	}
	if c.Mend != "" {
		return finding(rule.ClaimInvalid, rule.Block, "files_modified lists %s; write %s, the path alone", quote.String(c.Listed, quote.MaxPath), quote.String(c.Mend, quote.MaxPath))
	}
	return rule.Finding{}, false
}

// named returns the entry for a finding, with the path as which it was read if that differs.
func named(c inspect.Claim) string {
	name := quote.String(c.Listed, quote.MaxPath)
	if c.Mend != "" {
		name += " (read as " + quote.String(c.Mend, quote.MaxPath) + ")"
	}
	return name
}

// matching returns the changed files that a pattern matches, as the end of a sentence; "" if there are none.
func matching(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; git shows: " + quote.List(quote.First(names, quote.MaxList))
}

// insteadOfDir returns what to list instead of a directory, as the end of a sentence; "" if the claim is not a directory.
func insteadOfDir(c inspect.Claim, changes []worktree.PathState) string {
	if !strings.HasSuffix(c.Means, "/") {
		return ""
	}
	var names []string
	for _, change := range changes {
		if c.Covers(change.Name) {
			names = append(names, change.Name)
		}
	}
	if len(names) == 0 {
		return "; list each file"
	}
	return "; list each file that you changed there, git shows: " + quote.List(quote.First(names, quote.MaxList))
}
