package judge

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"stopgate/hook/cleanup"
	"stopgate/hook/inspect"
	"stopgate/hook/quote"
	"stopgate/hook/reportname"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// verifyUndeclared finds changes that the report does not list. They are charged to the agent if it was alone in its worktree since its launch, or
// if one of its commands made them. If others worked there, the session itself too, or without a snapshot of the launch, it is unknown who made them.
// reports are the summary files, which have a rule of their own.
func verifyUndeclared(seen inspect.Evidence, reports []string) []rule.Finding {
	var findings []rule.Finding
	if seen.Survey.Incomplete != "" && !failedLook(seen, inspect.LookWorktree) {
		findings = append(findings, rule.New(rule.Unverifiable, rule.Note, "",
			"the worktree could not be searched completely for changes that files_modified does not list: %s", quote.String(seen.Survey.Incomplete, quote.MaxReason)))
	}
	var unsure, own, left, disowned, unnamable []*worktree.PathState // there may be very many
	byProduct := byProductDirs(seen.Undeclared, seen.Survey)
	for i := range seen.Undeclared {
		state := &seen.Undeclared[i]
		if slices.Contains(reports, state.Name) {
			continue
		}
		if seen.Base != inspect.BaseLaunch || state.NoBase || len(seen.Others) > 0 || leftByEditor(seen, state) || slices.Contains(seen.SessionChanged, state.Name) {
			unsure = append(unsure, state)
			continue
		}
		if !utf8.ValidString(state.Name) {
			unnamable = append(unnamable, state)
			continue
		}
		if disowns(seen, state) {
			disowned = append(disowned, state)
			continue
		}
		if _, ok := byProduct(state); ok && !protects(seen, *state) {
			left = append(left, state)
		} else {
			own = append(own, state)
		}
	}
	for _, g := range byFolder(own, seen.Survey.NewDirs) {
		findings = append(findings, g.finding())
	}
	for _, g := range byProducts(left, byProduct) {
		findings = append(findings, g.finding())
	}
	findings = append(findings, verifyDisowned(disowned)...)
	findings = append(findings, verifyUnnamable(unnamable)...)
	if len(unsure) > 0 {
		findings = append(findings, rule.Finding{Rule: rule.ChangeUndeclared, Severity: rule.Note, Message: unsureChanges(unsure, seen)})
	}
	return findings
}

// protects reports whether the configuration protects the file, or a folder that contains it. Then the project keeps files of that name, so they
// are work like any other file.
func protects(seen inspect.Evidence, state worktree.PathState) bool {
	return cleanup.Protects(seen.Rules, state.Name)
}

// leftByEditor reports whether a new file is one that an editor or a desktop keeps beside a file that a person opened. Agents use neither, so the
// name is enough, unless the agent's own tools wrote the file or one of its commands names it.
// Sources: "Swap files" and "Backup files" in Vim's recover.txt and editing.txt, "Backup Files", "Auto Save Files" and "Interlocking"
// in the manual of GNU Emacs, LibreOffice's and Finder's and Explorer's own names.
func leftByEditor(seen inspect.Evidence, state *worktree.PathState) bool {
	name := path.Base(state.Name)
	if state.Change != worktree.Added || seen.Wrote(state.Name) ||
		slices.ContainsFunc(seen.Ran, func(c trace.Command) bool { return trace.MayChangeWhole(c.Text, name) }) {
		return false
	}
	for _, pattern := range []string{".*.sw[a-p]", "*~", "#*#", ".#*", ".~lock.*#", ".DS_Store", "._*", "Thumbs.db", "desktop.ini"} {
		if fits, _ := path.Match(pattern, name); fits { // the patterns are well-formed
			return true
		}
	}
	return false
}

// verifyCarried notes the work of earlier agents of the task that no verified report lists. The gates check it together with the report's files.
func verifyCarried(seen inspect.Evidence) []rule.Finding {
	if len(seen.Unverified) == 0 {
		return nil
	}
	return []rule.Finding{rule.New(rule.ChangeUndeclared, rule.Note, "",
		"%s between the first launch for this task and the launch of this agent, and no verified report lists %s: %s; the gates check %[2]s, too",
		changed(len(seen.Unverified)), them(len(seen.Unverified)), quote.List(quote.First(seen.Unverified, quote.MaxList)))}
}

// verifyByOthers notes the changes of other agents that nobody reports. The gates check them together with the report's files.
func verifyByOthers(changes []inspect.Unreported) []rule.Finding {
	if len(changes) == 0 {
		return nil
	}
	var agents []trace.OtherAgent
	for _, c := range changes {
		if !slices.ContainsFunc(agents, func(o trace.OtherAgent) bool { return o.String() == c.By.String() }) {
			agents = append(agents, c.By)
		}
	}
	paths := quote.Each(changes, func(c inspect.Unreported) string { return c.Path })
	return []rule.Finding{rule.New(rule.ChangeUndeclared, rule.Note, "",
		"%s in the worktree since the launch by the tools of %s, and no report lists %s: %s; the gates check %[3]s, too",
		changed(len(changes)), strings.Join(trace.Names(agents), " and "), them(len(changes)), quote.List(quote.First(paths, quote.MaxList)))}
}

// unsureChanges returns the message about changes that more than one agent may have made.
func unsureChanges(states []*worktree.PathState, seen inspect.Evidence) string {
	first, omitted := quote.First(states, quote.MaxList)
	names := quote.Each(first, func(state *worktree.PathState) string { return state.Name })
	them := them(len(states))
	why := "it is unknown who changed " + them
	if len(seen.Others) > 0 {
		candidates := quote.Each(seen.Others, trace.OtherAgent.String)
		why = fmt.Sprintf("either this agent changed %s, or %s did", them, strings.Join(candidates, " or "))
	}
	return fmt.Sprintf("%s in the worktree since %s, and no report lists %s: %s; %s", changed(len(states)), seen.Base, them, quote.List(names, omitted), why)
}

// changed returns "1 file has changed" or "2 files have changed".
func changed(n int) string { return quote.Number(n, "file has changed", "files have changed") }

// them returns "it" for one thing, and "them" for any other number.
func them(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// disowns reports whether unfinished declares that a change is not the agent's: an entry names the file, and there is no evidence that the agent
// made the change.
func disowns(seen inspect.Evidence, state *worktree.PathState) bool {
	named := slices.ContainsFunc(seen.Unfinished, func(entry string) bool {
		return trace.NamesFile(entry, state.Name) || state.Now.IsRepository() && trace.NamesFile(entry, state.Name+"/.git")
	})
	return named && !seen.Wrote(state.Name) && !slices.ContainsFunc(seen.Ran, func(c trace.Command) bool { return trace.MayChange(c.Text, state.Name) })
}

// verifyUnnamable finds changes of files whose names cannot be written in JSON, so that no report can list them. The agent can rename a new file. A
// change of an older one is a note.
func verifyUnnamable(states []*worktree.PathState) []rule.Finding {
	var findings []rule.Finding
	for _, added := range []bool{true, false} {
		var names []string
		for _, state := range states {
			if (state.Change == worktree.Added) == added {
				names = append(names, state.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		shown := quote.List(quote.First(names, quote.MaxList))
		f := rule.New(rule.ChangeUndeclared, rule.Note, "",
			"%s whose name is not UTF-8, so no report can list it: %s", changed(len(names)), shown)
		if added {
			f.Severity = rule.Block
			f.Message = fmt.Sprintf("git shows as added since you were launched, with a name that is not UTF-8, so no report can list it: %s; delete it if it is not part of the work; otherwise rename it, and list the new name", shown)
		}
		findings = append(findings, f)
	}
	return findings
}

// verifyDisowned notes the changes that unfinished declares not to be the agent's. There is no evidence who made them.
func verifyDisowned(states []*worktree.PathState) []rule.Finding {
	if len(states) == 0 {
		return nil
	}
	first, omitted := quote.First(states, quote.MaxList)
	names := quote.Each(first, func(state *worktree.PathState) string { return state.Name })
	return []rule.Finding{rule.New(rule.ChangeUndeclared, rule.Note, "",
		"%s in the worktree since the launch, and unfinished names %s as not this agent's: %s; nothing shows who made the change",
		changed(len(states)), them(len(states)), quote.List(names, omitted))}
}

// verifyHidden reports hidden changes. The agent can undo an ignore rule that it wrote. It is unknown who wrote any other.
func verifyHidden(changes []inspect.HiddenChange) []rule.Finding {
	var findings []rule.Finding
	type place struct{ source, by string }
	var order []place
	groups := map[place][]inspect.HiddenChange{}
	for _, c := range changes {
		at := place{c.Source, c.By}
		if groups[at] == nil {
			order = append(order, at)
		}
		groups[at] = append(groups[at], c)
	}
	for _, at := range order {
		group := groups[at]
		names := quote.Each(group, func(c inspect.HiddenChange) string { return c.Name })
		is, it, patterns := "are", "them", []string{}
		if len(group) == 1 {
			is, it = "is", "it"
		}
		for _, c := range group {
			if p := fmt.Sprintf("line %d, %s", c.Line, quote.String(c.Pattern, quote.MaxName)); !slices.Contains(patterns, p) && len(patterns) < quote.MaxList {
				patterns = append(patterns, p)
			}
		}
		f := rule.Finding{Rule: rule.ChangeUndeclared, Severity: rule.Note, Message: fmt.Sprintf(
			"%s %s new or changed in the worktree, but git does not show %s because of an ignore rule that was not there when the agent began: %s (%s)",
			quote.List(quote.First(names, quote.MaxList)), is, it, quote.String(at.source, quote.MaxPath), strings.Join(patterns, "; "))}
		if len(group) == 1 {
			f.Path = group[0].Name
		}
		if at.by == "" {
			f.Message += "; it is unknown who wrote the rule"
		} else {
			f.Severity = rule.Block
			f.Message += fmt.Sprintf("; %s; undo the rule, then list %s if the work needs %s, or delete %s", at.by, it, it, it)
		}
		findings = append(findings, f)
	}
	return findings
}

// verifyUnclaimedEdits finds edits that the report should list, or that are in another worktree. If git does not show an edit, it was undone, or
// the file is ignored.
func verifyUnclaimedEdits(edits []inspect.UnclaimedEdit) []rule.Finding {
	var findings []rule.Finding
	for _, s := range edits {
		if !s.State.Change.Made() {
			continue
		}
		name := quote.String(s.State.Path, quote.MaxPath)
		if s.Where == "" {
			findings = append(findings, rule.New(rule.ChangeUndeclared, rule.Block, s.State.Path,
				"files_modified does not list %s, but you changed it (%s at %s) and git shows it as %s; list it, or undo the change", name, s.Edit.Tool, trace.Where(s.Edit.Line, "your", s.Edit.Helper), s.State.Change.Words()))
			continue
		}
		findings = append(findings, rule.New(rule.WriteOutside, rule.Block, s.State.Path,
			"you changed %s in %s (%s at %s), which is not your worktree, and git shows it as %s there; undo your own change there, and make it in your worktree if the task asks for it",
			name, quote.String(s.Where, quote.MaxPath), s.Edit.Tool, trace.Where(s.Edit.Line, "your", s.Edit.Helper), s.State.Change.Words()))
	}
	return findings
}

// verifyMain reports changes in the main worktree. If one of the agent's commands names the file there, the agent did it; otherwise somebody else
// may have.
func verifyMain(changes []inspect.MainChange) []rule.Finding {
	var findings []rule.Finding
	var unsure []string
	for _, c := range changes {
		if c.Command == "" {
			unsure = append(unsure, c.State.Name)
			continue
		}
		findings = append(findings, rule.New(rule.WriteOutside, rule.Block, c.State.Name,
			"git shows %s as %s in the main worktree, and you ran %s (%s); that is not your worktree: take your own change back there, and make it in your worktree if the task asks for it",
			quote.String(c.State.Name, quote.MaxPath), c.State.Change.Words(), quote.String(c.Command, quote.MaxPath), trace.Where(c.Line, "your", c.Helper)))
	}
	if len(unsure) > 0 {
		findings = append(findings, rule.New(rule.WriteOutside, rule.Note, "",
			"%s in the main worktree while this agent was at work, and it is unknown who did it: %s", changed(len(unsure)), quote.List(quote.First(unsure, quote.MaxList))))
	}
	return findings
}

// reportFiles returns the agent's new files, listed or not, whose names are those of reports. A file that the task asks for is work.
func reportFiles(seen inspect.Evidence) []string {
	var names []string
	add := func(state *worktree.PathState) {
		if state.Change == worktree.Added && reportname.IsReport(state.Name) && !reportname.AskedFor(seen.Prompts, state.Name) && !slices.Contains(names, state.Name) {
			names = append(names, state.Name)
		}
	}
	for i := range seen.States {
		add(&seen.States[i])
	}
	for i := range seen.UnclaimedEdits {
		if s := &seen.UnclaimedEdits[i]; s.Where == "" {
			add(&s.State)
		}
	}
	for i := range seen.Undeclared {
		state := &seen.Undeclared[i]
		if seen.Base == inspect.BaseLaunch && !state.NoBase && len(seen.Others) == 0 {
			add(state)
		}
	}
	return names
}

// verifyReportFiles sends an agent back if it wrote reports into files.
func verifyReportFiles(names []string) []rule.Finding {
	var findings []rule.Finding
	for _, name := range names {
		findings = append(findings, rule.New(rule.ReportFileWritten, rule.Block, name,
			"%s is new, and by its name a summary file; put its text into narrative_report of the JSON report, delete the file, and do not list it", quote.String(name, quote.MaxPath)))
	}
	return findings
}

// withoutUndeclared removes the findings that ask to list files of these names, because the files are to be deleted.
func withoutUndeclared(findings []rule.Finding, names []string) []rule.Finding {
	return slices.DeleteFunc(findings, func(f rule.Finding) bool {
		return f.Rule == rule.ChangeUndeclared && f.Path != "" && slices.Contains(names, f.Path)
	})
}
