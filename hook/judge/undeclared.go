package judge

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// unanswered are the changes that the survey of the worktree shows and that no agent answers for: neither this agent's reports, nor its
// own edits, of which verifyStrays speaks, nor another agent.
func unanswered(in Inquiry, seen Evidence) []worktree.PathState {
	if len(seen.Survey.States) == 0 {
		return nil
	}
	answered := map[string]bool{}
	for _, state := range seen.States {
		answered[state.Name] = true
	}
	for _, stray := range seen.Strays {
		if stray.Where == "" {
			answered[stray.State.Path] = true
		}
	}
	for _, path := range in.Reported {
		answered[path] = true
	}
	for _, rival := range seen.Rivals {
		for _, path := range rival.Files {
			answered[path] = true
		}
	}
	for _, state := range seen.Survey.States { // a file that is claimed by its new name
		if state.Change == worktree.Renamed && answered[state.Name] {
			answered[state.From] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(seen.Survey.States), func(s worktree.PathState) bool {
		return answered[s.Name] || isNested(s) || slices.ContainsFunc(seen.Claims, func(c Claim) bool { return c.covers(s.Name) })
	})
}

// undeclared are the unanswered changes less those that the session itself made.
func undeclared(open []worktree.PathState, edited []string) []worktree.PathState {
	return slices.DeleteFunc(open, func(s worktree.PathState) bool { return slices.Contains(edited, s.Name) })
}

// verifyUndeclared tells of changes that nobody answers for. An agent that was alone in its worktree since its launch made them, or a
// command that it ran did; with others at work, or without a snapshot of the launch, nobody knows who did. A name that JSON cannot
// hold is one that no report can list.
// A report on the work is told of by its own rule: reports are the names of those.
func verifyUndeclared(seen Evidence, reports []string) []rule.Finding {
	var findings []rule.Finding
	if seen.Survey.Incomplete != "" {
		findings = append(findings, rule.Finding{
			Rule: rule.Unverifiable, Severity: rule.Note,
			Message: fmt.Sprintf("the worktree could not be searched whole for changes that files_modified does not list: %s", quote.String(seen.Survey.Incomplete, quote.MaxReason)),
		})
	}
	var unsure, own, left []worktree.PathState
	environments := virtualEnvironments(seen.Undeclared)
	for _, state := range seen.Undeclared {
		if slices.Contains(reports, state.Name) {
			continue
		}
		if seen.Base != BaseLaunch || state.NoBase || len(seen.Rivals) > 0 || leftByEditor(state) || !utf8.ValidString(state.Name) {
			unsure = append(unsure, state)
			continue
		}
		if keyOf(state, environments).byProduct {
			left = append(left, state)
			continue
		}
		own = append(own, state)
	}
	for _, g := range foldersOf(own, seen.Survey.NewDirs) {
		findings = append(findings, g.finding())
	}
	for _, g := range groupChanges(left) {
		findings = append(findings, g.finding())
	}
	if len(unsure) > 0 {
		findings = append(findings, rule.Finding{Rule: rule.ChangeUndeclared, Severity: rule.Note, Message: unsureChanges(unsure, seen)})
	}
	return findings
}

// folder is what changed in one folder: dir is "" where that is not worth a finding for all.
type folder struct {
	dir    string
	whole  bool // git tracks nothing in it
	states []worktree.PathState
}

// folderFrom is from how many changes on one folder is one finding.
const folderFrom = 4

// foldersOf puts the changes together by folder, in order: what lies in one of newDirs by that, and the rest by the folder that it stands
// in. A folder with few of them is one of its own for each.
func foldersOf(states []worktree.PathState, newDirs []string) []folder {
	whole := map[string]bool{}
	for _, dir := range newDirs {
		whole[dir] = true
	}
	var folders []folder
	at := map[string]int{}
	for _, state := range states {
		dir := path.Dir(state.Name)
		for up := dir; up != "."; up = path.Dir(up) {
			if whole[up] {
				dir = up
			}
		}
		i, known := at[dir]
		if !known {
			i = len(folders)
			at[dir] = i
			folders = append(folders, folder{dir: dir, whole: whole[dir]})
		}
		folders[i].states = append(folders[i].states, state)
	}
	var all []folder
	for _, f := range folders {
		if len(f.states) >= folderFrom {
			all = append(all, f)
			continue
		}
		for _, state := range f.states {
			all = append(all, folder{states: []worktree.PathState{state}})
		}
	}
	return all
}

// finding tells of the changes of a folder that nobody answers for.
func (f folder) finding() rule.Finding {
	const alone = "since you were launched, and no other agent was at work in this worktree"
	first := f.states[0]
	if len(f.states) == 1 {
		return rule.Finding{
			Rule: rule.ChangeUndeclared, Severity: rule.Block, Path: first.Name,
			Message: fmt.Sprintf("files_modified does not list %s, but git shows it as %s %s; list it if you or a command that you ran changed it, or take that change back; if it is not yours, leave it and say so in unfinished",
				quote.String(first.Name, quote.MaxPath), first.Change, alone),
		}
	}
	shown, omitted := quote.First(f.states, maxFolderShown)
	names := make([]string, len(shown))
	for i, state := range shown {
		names[i] = state.Name
	}
	back := "take the others back"
	if f.whole {
		back = "delete the others"
	}
	return rule.Finding{
		Rule: rule.ChangeUndeclared, Severity: rule.Block, Path: f.dir + "/",
		Message: fmt.Sprintf("files_modified does not list %s in %s that git shows as changed %s: %s; list each that belongs to the work, and %s; what is not yours leave, and say so in unfinished",
			quote.Plural(len(f.states), "file"), quote.String(f.dir+"/", quote.MaxPath), alone, quote.List(names, omitted), back),
	}
}

// maxFolderShown bounds the names in a finding on a folder.
const maxFolderShown = 5

// leftByEditor tells whether a new file is one that editors and desktops keep beside what a person looks at: an agent uses none.
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

// unsureChanges is a note on changes that may be anybody's.
func unsureChanges(states []worktree.PathState, seen Evidence) string {
	first, omitted := quote.First(states, quote.MaxList)
	names := make([]string, len(first))
	for i, state := range first {
		names[i] = state.Name
	}
	them := map[bool]string{true: "it", false: "them"}[len(states) == 1]
	why := "nothing tells who changed " + them
	if len(seen.Rivals) > 0 {
		candidates := make([]string, len(seen.Rivals))
		for i, rival := range seen.Rivals {
			candidates[i] = fmt.Sprintf("%s (agent %s)", quote.String(rival.AgentType, quote.MaxName), quote.String(rival.AgentID, quote.MaxName))
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
