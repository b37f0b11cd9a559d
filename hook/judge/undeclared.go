package judge

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"stopgate/hook/cleanup"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// unanswered returns the changes in the worktree that neither a report of this agent nor another agent accounts for. The agent's own edits are
// left to verifyUnclaimedEdits.
func unanswered(in Inquiry, seen Evidence) []worktree.PathState {
	return openAmong(seen.Survey.States, in, seen)
}

// openAmong returns those of the changes that neither a report of this agent nor another agent accounts for.
func openAmong(changes []worktree.PathState, in Inquiry, seen Evidence) []worktree.PathState {
	if len(changes) == 0 {
		return nil
	}
	answered := map[string]bool{}
	for _, state := range seen.States {
		answered[state.Name] = true
	}
	for _, edit := range seen.UnclaimedEdits {
		if edit.Where == "" {
			answered[edit.State.Path] = true
		}
	}
	for _, path := range slices.Concat(in.Reported, seen.moved) {
		answered[path] = true
	}
	for _, other := range seen.Others {
		for _, path := range other.Files {
			answered[path] = true
		}
	}
	for _, state := range changes { // a file that is claimed by its new name
		if state.Change == worktree.Renamed && answered[state.Name] {
			answered[state.From] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(changes), func(s worktree.PathState) bool {
		return answered[s.Name] || isNested(s) || IsAgentMemory(s.Name) || slices.ContainsFunc(seen.Claims, func(c Claim) bool { return c.covers(s.Name) })
	})
}

// undeclared returns the unanswered changes without those that the session itself made.
func undeclared(open []worktree.PathState, edited []string) []worktree.PathState {
	return slices.DeleteFunc(open, func(s worktree.PathState) bool { return slices.Contains(edited, s.Name) })
}

// withoutBase marks the new files that stood there before the run began. Git ignored them then, and shows them since an ignore file changed,
// so that no snapshot tells what they were.
func (in Inquiry) withoutBase(states []worktree.PathState, root string) []worktree.PathState {
	before := in.before()
	if before == nil || before.At.IsZero() {
		return states
	}
	for i, state := range states {
		if state.Change == worktree.Added && worktree.UntouchedSince(root, state.Name, before.At.Add(-fileTime)) {
			states[i].NoBase = true
		}
	}
	return states
}

// fileTime is how far the time of a file may lie behind the clock: a few ticks of the kernel.
const fileTime = 50 * time.Millisecond

// verifyUndeclared finds changes that no report lists. An agent that was alone in its worktree since its launch made them, or a command that
// it ran did. If others worked there, or without a snapshot of the launch, it is not known who made them. No report can list a name that
// JSON cannot hold. reports are the summary files, which have a rule of their own.
func verifyUndeclared(seen Evidence, reports []string) []rule.Finding {
	var findings []rule.Finding
	if seen.Survey.Incomplete != "" && !seen.failedLook(LookWorktree) {
		findings = append(findings, rule.Finding{
			Rule: rule.Unverifiable, Severity: rule.Note,
			Message: fmt.Sprintf("the worktree could not be searched whole for changes that files_modified does not list: %s", quote.String(seen.Survey.Incomplete, quote.MaxReason)),
		})
	}
	var unsure, own, left, disowned []worktree.PathState
	environments := virtualEnvironments(seen.Undeclared)
	for _, state := range seen.Undeclared {
		if slices.Contains(reports, state.Name) {
			continue
		}
		if seen.Base != BaseLaunch || state.NoBase || len(seen.Others) > 0 || leftByEditor(state) || !utf8.ValidString(state.Name) {
			unsure = append(unsure, state)
			continue
		}
		if seen.disowns(state) {
			disowned = append(disowned, state)
			continue
		}
		if _, ok := byProductDir(state, environments); ok && !seen.protects(state) {
			left = append(left, state)
		} else {
			own = append(own, state)
		}
	}
	for _, g := range byFolder(own, seen.Survey.NewDirs) {
		findings = append(findings, g.finding())
	}
	for _, g := range byProducts(left, environments) {
		findings = append(findings, g.finding())
	}
	findings = append(findings, verifyDisowned(disowned)...)
	if len(unsure) > 0 {
		findings = append(findings, rule.Finding{Rule: rule.ChangeUndeclared, Severity: rule.Note, Message: unsureChanges(unsure, seen)})
	}
	return findings
}

// protects reports whether the configuration protects the file, or a folder that it is in. The project then keeps files of that name, so it is
// work like any other.
func (e Evidence) protects(state worktree.PathState) bool {
	return len(cleanup.ProtectedChanges(e.rules, []worktree.PathState{state})) > 0
}

// leftByEditor reports whether a new file is one that an editor or a desktop keeps beside a file that a person opened. Agents use neither.
// Sources: "Swap files" and "Backup files" in Vim's recover.txt and editing.txt, "Backup Files", "Auto Save Files" and "Interlocking"
// in the manual of GNU Emacs, LibreOffice's and Finder's and Explorer's own names.
func leftByEditor(state worktree.PathState) bool {
	if state.Change != worktree.Added {
		return false
	}
	name := path.Base(state.Name)
	for _, pattern := range []string{".*.sw[a-p]", "*~", "#*#", ".#*", ".~lock.*#", ".DS_Store", "._*", "Thumbs.db", "desktop.ini"} {
		if fits, _ := path.Match(pattern, name); fits { // the patterns are well-formed
			return true
		}
	}
	return false
}

// unsureChanges is the message on changes that more than one agent may have made.
func unsureChanges(states []worktree.PathState, seen Evidence) string {
	first, omitted := quote.First(states, quote.MaxList)
	names := make([]string, len(first))
	for i, state := range first {
		names[i] = state.Name
	}
	them := map[bool]string{true: "it", false: "them"}[len(states) == 1]
	why := "it is not known who changed " + them
	if len(seen.Others) > 0 {
		candidates := make([]string, len(seen.Others))
		for i, other := range seen.Others {
			candidates[i] = other.String()
		}
		why = fmt.Sprintf("either this agent changed %s, or %s did", them, strings.Join(candidates, " or "))
	}
	return fmt.Sprintf("%s in the worktree since %s, and no report lists %s: %s; %s", changed(len(states)), seen.Base, them, quote.List(names, omitted), why)
}

// changed is "1 file has changed" and "2 files have changed".
func changed(n int) string {
	if n == 1 {
		return "1 file has changed"
	}
	return quote.Plural(n, "file") + " have changed"
}
