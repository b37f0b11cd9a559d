package integration

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/trace"
)

// Account is what is known of a branch-manager's run besides what git shows.
type Account struct {
	// Said is its own report, which counts only against it.
	Said report.Branch
	// Merging means that it was to commit or merge the task's work. Decided means that the person had decided about the work although a gate had not
	// passed it.
	Merging, Decided bool
	// Ran are its commands, which show whether other changes are its own. Asked is its prompt, which may ask for these.
	Ran   []string
	Asked string
}

// admits returns the reasons for a failure that the report has; nil if it reports none.
func (a Account) admits() []string {
	if !a.Said.Failed() {
		return nil
	}
	issues := slices.Clone(a.Said.Issues)
	if a.Said.Conflicts {
		issues = append(issues, "the merge met conflicts")
	}
	if len(issues) == 0 {
		issues = []string{cmp.Or(a.Said.Message, "it reports an error")}
	}
	return issues
}

// Outcome judges the branch-manager's work. issues are the reasons for a failure, for people; notes are further findings.
func (e Evidence) Outcome(a Account) (outcome gates.Outcome, issues []string, notes []rule.Finding) {
	issues = append(a.admits(), wrong(e, a.Merging)...)
	var mine, wanted, others []string
	for _, c := range e.Moved {
		name := strings.TrimPrefix(strings.TrimPrefix(string(c.Name), "refs/heads/"), "refs/tags/")
		text := fmt.Sprintf("%s %s", strings.ReplaceAll(string(c.Kind), "-", " "), quote.String(string(c.Name), quote.MaxPath))
		switch own := name != "" && slices.ContainsFunc(a.Ran, func(command string) bool { return strings.Contains(command, name) }); {
		case own && trace.NamesWhole(a.Asked, name):
			wanted = append(wanted, text)
		case own:
			mine = append(mine, text)
		default:
			others = append(others, text)
		}
	}
	note := func(text string, list []string) {
		if len(list) > 0 {
			notes = append(notes, rule.Finding{Rule: rule.MergeChecked, Severity: rule.Note, Message: text + listOf(list)})
		}
	}
	if len(mine) > 0 {
		issues = append(issues, "git shows that it changed something else, too: "+listOf(mine))
	}
	note("as its prompt asks, it changed something else, too: ", wanted)
	note("other refs changed meanwhile, and nothing shows that the branch-manager did it: ", others)
	if e.Commit != "" {
		note(quote.String(e.Worktree, quote.MaxPath)+" has changes that are in no commit, and that no gate has passed; ask the person before it is removed: ",
			quote.Each(e.Uncommitted, func(name string) string { return quote.String(name, quote.MaxPath) }))
	}
	note("files of the main worktree that were in no commit at the launch are gone; ask the person whether they are missed: ",
		quote.Each(e.Deleted, func(name string) string { return deletion(name, a.Ran) }))
	where := "the work's commit"
	if e.Main != "" {
		where = quote.String(strings.TrimPrefix(e.Main, "refs/heads/"), quote.MaxPath)
	}
	note(where+" also has changes that no gate has passed, made since the launch; show them to the person: ",
		quote.Each(e.Beyond, func(name string) string { return quote.String(name, quote.MaxPath) }))
	if !e.All {
		note(where+" has the commit and not its changes of these files, which are as before; show them to the person: ",
			quote.Each(e.Lost, func(name string) string { return quote.String(name, quote.MaxPath) }))
	}
	switch {
	case len(issues) > 0:
		return gates.Fail, issues, notes
	case e.Commit == "":
		return gates.Nothing, nil, notes
	case !a.Merging && !e.Made:
		return gates.Nothing, nil, notes
	}
	notes = append([]rule.Finding{{Rule: rule.MergeChecked, Severity: rule.Note, Message: proof(e, a.Decided)}}, notes...)
	if e.Main == "" {
		return gates.Committed, nil, notes
	}
	return gates.Pass, nil, notes
}

// deletion names a deleted file, with the command that names it, if there is one.
func deletion(name string, ran []string) string {
	text := quote.String(name, quote.MaxPath)
	for _, command := range slices.Backward(ran) {
		if trace.NamesWhole(command, name) {
			return text + " (it ran " + quote.String(command, quote.MaxPath) + ")"
		}
	}
	return text
}

// wrong returns what git shows against a branch-manager that was to commit or merge.
func wrong(e Evidence, merging bool) []string {
	var wrong []string
	switch {
	case e.Unseen != "":
		if merging {
			wrong = append(wrong, "it is unknown what was committed: "+quote.Reason(e.Unseen))
		}
		return wrong
	case e.Commit == "" && e.Nearest != "":
		var parts []string
		if len(e.Held.Missing) > 0 {
			parts = append(parts, "different from what passed: "+quote.List(quote.First(e.Held.Missing, quote.MaxList)))
		}
		if len(e.Held.Added) > 0 {
			parts = append(parts, "committed, but not part of what passed: "+quote.List(quote.First(e.Held.Added, quote.MaxList)))
		}
		if len(e.Held.Added)+len(e.Uncommitted) == 0 {
			parts = append(parts, "as a commit hook does that changes files")
		}
		wrong = append(wrong, fmt.Sprintf("commit %s is not what passed the gates: %s", short(e.Nearest), strings.Join(parts, "; ")))
		if e.Mendable() {
			wrong = append(wrong, "to mend it, run: "+mend(e))
		}
		return wrong
	case e.Commit == "" && merging:
		wrong = append(wrong, "git shows no commit of the work that passed")
	}
	if e.All && merging {
		wrong = append(wrong, fmt.Sprintf("%s has commit %s and none of its changes: they were left out of the merge, or taken back", quote.String(strings.TrimPrefix(e.Main, "refs/heads/"), quote.MaxPath), short(e.Commit)))
	}
	if len(e.Uncommitted) > 0 && e.Commit == "" && merging {
		wrong = append(wrong, fmt.Sprintf("%s still has uncommitted changes: %s", quote.String(e.Worktree, quote.MaxPath), quote.List(quote.First(e.Uncommitted, quote.MaxList))))
	}
	return wrong
}

// Mendable reports whether one more commit corrects the work: the commit has all of what passed, and more.
func (e Evidence) Mendable() bool {
	return e.Unseen == "" && e.Commit == "" && e.Nearest != "" && len(e.Held.Missing) == 0 && len(e.Held.Added) <= quote.MaxList && e.At != "" && e.Before != ""
}

// mend returns the command that removes what was not part of what passed. The previous commit keeps it.
func mend(e Evidence) string {
	in := "git -C " + shell.Quote(e.At)
	paths := quote.Each(e.Held.Added, func(name string) string { return shell.Quote(":(top,literal)" + name) })
	return fmt.Sprintf("%s restore --staged --worktree --source=%s -- %s && %s commit -m %s", in, short(e.Before), strings.Join(paths, " "), in, shell.Quote("Leave out what is no part of the work"))
}

// proof returns the evidence in git for it.
func proof(e Evidence, decided bool) string {
	has := "has what passed the gates"
	if decided {
		has = "has the work that the person decided about"
	}
	where := "no branch"
	if names := shortNames(e.Branches); len(names) > 0 {
		where = quote.List(quote.First(names, quote.MaxList))
	}
	if e.Main == "" && e.Carried != "" {
		return fmt.Sprintf("commit %s %s, and %s has the same changes in another commit; no main branch has them", short(e.Commit), has, quote.String(strings.TrimPrefix(e.Carried, "refs/heads/"), quote.MaxPath))
	}
	if e.Main == "" && len(e.Branches) == 0 {
		return fmt.Sprintf("commit %s %s, and is on no branch; give it one before its worktree is removed: git branch NAME %[1]s", short(e.Commit), has)
	}
	if e.Main == "" {
		return fmt.Sprintf("commit %s %s; it is on %s, and on no main branch", short(e.Commit), has, where)
	}
	if !slices.Contains(e.Branches, e.Main) {
		return fmt.Sprintf("commit %s %s, and %s has the same changes in another commit", short(e.Commit), has, quote.String(strings.TrimPrefix(e.Main, "refs/heads/"), quote.MaxPath))
	}
	return fmt.Sprintf("commit %s %s; it can be reached from %s", short(e.Commit), has, where)
}

func shortNames(refs []string) []string {
	return quote.Each(refs, func(ref string) string {
		return strings.TrimPrefix(strings.TrimPrefix(ref, "refs/heads/"), "refs/remotes/")
	})
}

func short(commit string) string { return commit[:min(len(commit), 10)] }

func listOf(texts []string) string {
	return quote.Some(texts, quote.MaxList, "; ")
}
