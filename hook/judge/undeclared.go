package judge

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// openAmong returns those of the changes that neither a report of this agent nor another agent accounts for. Edits of the agent's own tools
// are in UnclaimedEdits.
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
func withoutBase(in Inquiry, states []worktree.PathState, root string) []worktree.PathState {
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
	if seen.Survey.Incomplete != "" && !failedLook(seen, LookWorktree) {
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
		if disowns(seen, state) {
			disowned = append(disowned, state)
			continue
		}
		if _, ok := byProductDir(state, environments); ok && !protects(seen, state) {
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
func protects(seen Evidence, state worktree.PathState) bool {
	return len(cleanup.ProtectedChanges(seen.rules, []worktree.PathState{state})) > 0
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

// Bounds of grouping.
const (
	groupFrom    = 4  // changes in one folder share a finding
	maxByProduct = 20 // findings on by-products; with more, those below one top folder share a finding
	maxExamples  = 5  // files that one finding names
)

// changeGroup is undeclared changes that share a finding.
type changeGroup struct {
	// dir is their folder; "." is the top of the worktree.
	dir    string
	states []worktree.PathState
	// advice tells the agent what to do about one change, adviceAll about several.
	advice, adviceAll string
}

// The advice leads to a report that is accepted when it is followed to the letter.
const (
	adviceOwn       = "list it if you or a command that you ran changed it, or take that change back; if it is not yours, leave it and say so in unfinished"
	adviceOwnAll    = "list each that belongs to the work, and take the others back; what is not yours leave, and say so in unfinished"
	adviceNewAll    = "list each that belongs to the work, and delete the others; what is not yours leave, and say so in unfinished"
	adviceByProduct = "left by a build or test? Delete it. If the task asked for it, name it in files_modified"
)

// byFolder groups changes of an agent by folder. A folder in which git tracks nothing, one of newDirs, takes in all below it. Few changes
// in a folder stand alone.
func byFolder(states []worktree.PathState, newDirs []string) []changeGroup {
	isNew := map[string]bool{}
	for _, dir := range newDirs {
		isNew[dir] = true
	}
	groups := groupBy(states, func(s worktree.PathState) string {
		dir := path.Dir(s.Name)
		for up := dir; up != "."; up = path.Dir(up) {
			if isNew[up] {
				dir = up
			}
		}
		return dir
	})
	groups = spread(groups, func(g changeGroup) bool { return len(g.states) >= groupFrom })
	for i := range groups {
		groups[i].advice, groups[i].adviceAll = adviceOwn, adviceOwnAll
		if isNew[groups[i].dir] {
			groups[i].adviceAll = adviceNewAll
		}
	}
	return groups
}

// byProducts groups what builds and tests left by the folder that is left with it, such as a cache.
func byProducts(states []worktree.PathState, environments map[string]bool) []changeGroup {
	groups := groupBy(states, func(s worktree.PathState) string {
		dir, _ := byProductDir(s, environments)
		return dir
	})
	groups = spread(groups, func(g changeGroup) bool {
		return len(g.states) >= groupFrom || len(g.states) > 1 && path.Dir(g.states[0].Name) != g.dir
	})
	if len(groups) > maxByProduct {
		groups = groupBy(states, func(s worktree.PathState) string {
			top, _, below := strings.Cut(s.Name, "/")
			if !below {
				return "."
			}
			return top
		})
	}
	for i := range groups {
		groups[i].advice, groups[i].adviceAll = adviceByProduct, adviceByProduct
	}
	return groups
}

// groupBy groups changes by folder, in the order of the first change of each.
func groupBy(states []worktree.PathState, dirOf func(worktree.PathState) string) []changeGroup {
	var groups []changeGroup
	at := map[string]int{}
	for _, s := range states {
		dir := dirOf(s)
		i, ok := at[dir]
		if !ok {
			i, at[dir] = len(groups), len(groups)
			groups = append(groups, changeGroup{dir: dir})
		}
		groups[i].states = append(groups[i].states, s)
	}
	return groups
}

// spread makes a group of its own for each change of the groups that need not stay together.
func spread(groups []changeGroup, together func(changeGroup) bool) []changeGroup {
	var all []changeGroup
	for _, g := range groups {
		if together(g) {
			all = append(all, g)
			continue
		}
		for _, s := range g.states {
			all = append(all, changeGroup{dir: path.Dir(s.Name), states: []worktree.PathState{s}})
		}
	}
	return all
}

// byProductDir returns the folder that a build or a test leaves with a file in it, or the folder of such a file; false where the file is
// no by-product. Only a new file can have been left.
func byProductDir(state worktree.PathState, environments map[string]bool) (dir string, ok bool) {
	if state.Change != worktree.Added {
		return "", false
	}
	for dir := path.Dir(state.Name); dir != "."; dir = path.Dir(dir) {
		if environments[dir] {
			return dir, true
		}
	}
	root, ok := artifact.ByProduct(state.Name)
	if root == state.Name {
		root = path.Dir(root)
	}
	return root, ok
}

// virtualEnvironments returns the folders that a new pyvenv.cfg makes a Python environment, whatever their names
// (https://docs.python.org/3/library/venv.html).
func virtualEnvironments(states []worktree.PathState) map[string]bool {
	found := map[string]bool{}
	for _, state := range states {
		if dir, name := path.Split(state.Name); name == "pyvenv.cfg" && dir != "" && state.Change == worktree.Added {
			found[path.Clean(dir)] = true
		}
	}
	return found
}

// finding is the finding on the group.
func (g changeGroup) finding() rule.Finding {
	const alone = "since you were launched, and no other agent was at work in this worktree"
	first := g.states[0]
	if len(g.states) == 1 {
		return rule.Finding{
			Rule: rule.ChangeUndeclared, Severity: rule.Block, Path: first.Name,
			Message: fmt.Sprintf("files_modified does not list %s, but git shows it as %s %s; %s", quote.String(first.Name, quote.MaxPath), first.Change.Words(), alone, g.advice),
		}
	}
	shown, omitted := quote.First(g.states, maxExamples)
	names := make([]string, len(shown))
	for i, state := range shown {
		names[i] = state.Name
	}
	return rule.Finding{
		Rule: rule.ChangeUndeclared, Severity: rule.Block, Path: g.dir + "/",
		Message: fmt.Sprintf("files_modified does not list %s in %s that git shows as changed %s: %s; %s",
			quote.Plural(len(g.states), "file"), quote.String(g.dir+"/", quote.MaxPath), alone, quote.List(names, omitted), g.adviceAll),
	}
}

// disowns reports whether unfinished says about a change that it is not the agent's: an entry names the file, and nothing shows that the
// agent made the change.
func disowns(seen Evidence, state worktree.PathState) bool {
	named := slices.ContainsFunc(seen.unfinished, func(entry string) bool { return trace.NamesFile(entry, state.Name) })
	return named && !seen.wrote(state.Name) && !slices.ContainsFunc(seen.ran, func(c trace.Command) bool { return trace.MayChange(c.Text, state.Name) })
}

// verifyDisowned notes the changes of which unfinished says that they are not the agent's. Nothing shows who made them.
func verifyDisowned(states []worktree.PathState) []rule.Finding {
	if len(states) == 0 {
		return nil
	}
	first, omitted := quote.First(states, quote.MaxList)
	names := make([]string, len(first))
	for i, state := range first {
		names[i] = state.Name
	}
	return []rule.Finding{{
		Rule: rule.ChangeUndeclared, Severity: rule.Note,
		Message: fmt.Sprintf("%s in the worktree since the launch, and unfinished names %s as not this agent's: %s; nothing shows who made the change",
			changed(len(states)), map[bool]string{true: "it", false: "them"}[len(states) == 1], quote.List(names, omitted)),
	}}
}
