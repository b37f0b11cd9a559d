package judge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// Integrator reads commits.
type Integrator interface {
	// Held tells how a commit differs from what a worktree was like.
	Held(ctx context.Context, place worktree.Place, commit string, then worktree.Snapshot) (worktree.Held, error)
	// BranchesWith are the full names of the branches that contain a commit.
	BranchesWith(ctx context.Context, place worktree.Place, commit string) ([]string, error)
	// Applied reports whether a branch has the changes of a commit under another name.
	Applied(ctx context.Context, place worktree.Place, branch, commit string) (bool, error)
}

// Integration is what git shows of the work of a branch-manager on one task.
type Integration struct {
	// Worktree is the path by which people know the task's worktree.
	Worktree string
	// Commit has the work that passed; "" if no commit has it, and then Nearest is the one that comes nearest, "" for none, and Held how that
	// one differs.
	Commit, Nearest string
	// Made means that Commit was made since the launch.
	Made bool
	Held worktree.Held
	// Branches are those that contain Commit; Main is the main branch among them, "" for none. Carried is a branch that has its changes under
	// another name, after a rebase; "" for none, and if a branch contains it.
	Branches []string
	Main     string
	Carried  string
	// Uncommitted are files of the worktree that no commit has.
	Uncommitted []string
	// Moved are refs that changed otherwise.
	Moved []worktree.MarkChange
	// Unseen is why it cannot be told; "" if it can.
	Unseen string
}

// IntegrationInquiry is what is known when a branch-manager has stopped.
type IntegrationInquiry struct {
	Worktree string
	// Place is the task's worktree, if Found; otherwise it is gone. Home is the main worktree.
	Place, Home worktree.Place
	Found       bool
	// Before is what the worktree was like when the branch-manager was launched; nil if that was not recorded.
	Before *Baseline
	// Commit is the one that had the work already, of a task that was committed before; "" for none.
	Commit string
	// Target is the branch that the prompt names for the merge; "" for none.
	Target string
	// Options are how the worktree is walked; Ignore are the artifacts of tools in what is found, which are no work.
	Options worktree.ScanOptions
	Ignore  func(worktree.Survey) []string
}

// LookIntegrated looks at what a branch-manager has done.
func LookIntegrated(ctx context.Context, observe Observer, in IntegrationInquiry) Integration {
	i := Integration{Worktree: in.Worktree}
	git, ok := observe.(Integrator)
	switch {
	case !ok:
		i.Unseen = "commits cannot be read here"
	case in.Before == nil || in.Before.Marked == nil:
		i.Unseen = "its launch was not seen, so nothing is known of what was there before"
	}
	if i.Unseen != "" {
		return i
	}
	at := in.Home
	if in.Found {
		at = in.Place
	}
	now, changes, err := observe.Moved(ctx, at, in.Before.Marked.Marks)
	if err == nil {
		err = i.findCommit(ctx, git, at, in, tips(now, changes, in))
	}
	if err == nil && i.Commit != "" {
		err = i.findBranches(ctx, git, at, in, now)
	}
	if err != nil {
		i.Unseen = err.Error()
		return i
	}
	if in.Found {
		survey := observe.Survey(ctx, in.Place, worktree.Base{}, in.Options)
		for _, state := range cleanup.WithoutPaths(survey.States, in.Ignore(survey)) {
			i.Uncommitted = append(i.Uncommitted, state.Name)
		}
		i.Unseen = survey.Incomplete
	}
	i.Moved = i.otherwise(changes, in)
	return i
}

// tips are the commits that may have the work: HEAD of the worktree, and what branches moved to, the likeliest first, each once.
func tips(now worktree.Marks, changes []worktree.MarkChange, in IntegrationInquiry) []string {
	var list []string
	add := func(commit string) {
		if commit != "" && commit != in.Before.Snapshot.Head && !slices.Contains(list, commit) && len(list) < maxTips {
			list = append(list, commit)
		}
	}
	if in.Found {
		add(now.Head.Commit)
	}
	for _, c := range changes {
		switch c.Kind {
		case worktree.HeadMoved, worktree.BranchMoved, worktree.BranchCreated:
			add(c.To)
		case worktree.WorktreeHeadMoved:
			add(c.To[strings.LastIndexByte(c.To, ' ')+1:])
		}
	}
	return list
}

// maxTips bounds the commits that are compared.
const maxTips = 12

// findCommit finds the commit that has the work.
func (i *Integration) findCommit(ctx context.Context, git Integrator, at worktree.Place, in IntegrationInquiry, tips []string) error {
	then := in.Before.Snapshot
	switch {
	case in.Commit != "":
		i.Commit = in.Commit
		return nil
	case len(then.Dirty) == 0 && then.Incomplete == "":
		i.Commit = then.Head
		return nil
	}
	content := ""
	for _, tip := range tips {
		held, err := git.Held(ctx, at, tip, then)
		switch {
		case err != nil:
			return err
		case held.Whole():
			i.Commit, i.Nearest, i.Made = tip, "", true
			return nil
		case len(held.Missing) == 0 && content == "":
			content, i.Nearest, i.Held = tip, tip, held
		case i.Nearest == "":
			i.Nearest, i.Held = tip, held
		}
	}
	return nil
}

// mainBranches are names of branches that merges go to, beside the one of the main worktree.
var mainBranches = []string{"main", "master", "develop", "trunk"}

// IsMainBranch reports whether a merge into a branch needs the person, by its short name; home is the branch of the main worktree.
func IsMainBranch(name, home string) bool {
	return name != "" && name == home || slices.Contains(mainBranches, name)
}

// findBranches finds the branches that contain the commit.
func (i *Integration) findBranches(ctx context.Context, git Integrator, at worktree.Place, in IntegrationInquiry, now worktree.Marks) error {
	branches, err := git.BranchesWith(ctx, at, i.Commit)
	if err != nil {
		return err
	}
	i.Branches = branches
	home := homeBranch(now, in)
	isTarget := func(ref string) bool {
		name := strings.TrimPrefix(ref, "refs/heads/")
		if rest, remote := strings.CutPrefix(ref, "refs/remotes/"); remote {
			_, name, _ = strings.Cut(rest, "/")
		}
		return IsMainBranch(name, home) || in.Target != "" && name == in.Target
	}
	if at := slices.IndexFunc(branches, isTarget); at >= 0 {
		i.Main = branches[at]
		return nil
	}
	looked := 0
	for _, item := range now.Branches.Items { // a rebase gives the commits other names
		ref := "refs/heads/" + string(item.Name)
		before, known := valueOf(in.Before.Marked.Marks.Branches, string(item.Name))
		if before == item.Value || isTarget(ref) && !known || !isTarget(ref) && (len(branches) > 0 || looked >= maxTips) {
			continue
		}
		looked++
		applied, err := git.Applied(ctx, at, ref, i.Commit)
		switch {
		case err != nil:
			return err
		case applied && isTarget(ref):
			i.Main = ref
		case applied:
			i.Carried = ref
		}
	}
	return nil
}

func valueOf(r worktree.Register, name string) (string, bool) {
	for _, item := range r.Items {
		if string(item.Name) == name {
			return item.Value, true
		}
	}
	return "", false
}

// homeBranch is the short name of the branch of the main worktree; "" if its HEAD is detached or unknown.
func homeBranch(now worktree.Marks, in IntegrationInquiry) string {
	ref := now.Head.Branch
	if in.Found && in.Place.GitDir != in.Home.GitDir {
		value, _ := valueOf(now.Worktrees, in.Home.Root)
		ref, _, _ = strings.Cut(value, " ")
	}
	return strings.TrimPrefix(ref, "refs/heads/")
}

// otherwise are the changes of refs that the integration does not explain.
func (i *Integration) otherwise(changes []worktree.MarkChange, in IntegrationInquiry) []worktree.MarkChange {
	own := in.Before.Marked.Marks.Head
	var rest []worktree.MarkChange
	for _, c := range changes {
		switch c.Kind {
		case worktree.BranchMoved, worktree.BranchCreated:
			name := string(c.Name)
			if slices.Contains(i.Branches, name) || name == i.Main || name == i.Carried || c.To == i.Commit || c.To == i.Nearest || name == own.Branch {
				continue
			}
		case worktree.RemoteMoved, worktree.RemoteCreated:
			if slices.Contains(i.Branches, string(c.Name)) || c.By == "fetch" {
				continue
			}
		case worktree.BranchDeleted:
			if string(c.Name) == own.Branch || c.From == i.Commit || c.From == own.Commit {
				continue
			}
		case worktree.TagCreated, worktree.TagMoved, worktree.TagDeleted, worktree.StashGrown, worktree.StashShrunk, worktree.StashReplaced:
		default:
			continue
		}
		rest = append(rest, c)
	}
	return rest
}

// Outcome is what the branch-manager's work is worth: what it says of itself counts only against it. merging means that it was to commit or
// merge the task's work. ran are its commands, by which it is known which of the other changes are its own. issues say why it failed, for
// people; notes are findings beside that.
func (i Integration) Outcome(said report.Branch, merging bool, ran []string) (outcome gates.Outcome, issues []string, notes []rule.Finding) {
	if said.Failed() {
		issues = slices.Clone(said.Issues)
		if said.Conflicts {
			issues = append(issues, "the merge met conflicts")
		}
		if len(issues) == 0 {
			issues = []string{cmp.Or(said.Message, "it reports an error")}
		}
	}
	issues = append(issues, i.wrong(merging)...)
	var mine, others []string
	for _, c := range i.Moved {
		name := strings.TrimPrefix(strings.TrimPrefix(string(c.Name), "refs/heads/"), "refs/tags/")
		text := fmt.Sprintf("%s %s", strings.ReplaceAll(string(c.Kind), "-", " "), quote.String(string(c.Name), quote.MaxPath))
		if name != "" && slices.ContainsFunc(ran, func(command string) bool { return strings.Contains(command, name) }) {
			mine = append(mine, text)
		} else {
			others = append(others, text)
		}
	}
	if len(mine) > 0 {
		issues = append(issues, "git shows that it changed something else, too: "+listOf(mine))
	}
	if len(others) > 0 {
		notes = append(notes, rule.Finding{Rule: rule.MergeChecked, Severity: rule.Note, Message: "other refs changed meanwhile, and nothing shows that the branch-manager did it: " + listOf(others)})
	}
	switch {
	case len(issues) > 0:
		return gates.Fail, issues, notes
	case i.Commit == "":
		return gates.Nothing, nil, notes
	case !merging && !i.Made:
		return gates.Nothing, nil, notes
	}
	notes = append([]rule.Finding{{Rule: rule.MergeChecked, Severity: rule.Note, Message: i.proof()}}, notes...)
	if i.Main == "" {
		return gates.Committed, nil, notes
	}
	return gates.Pass, nil, notes
}

// wrong is what git shows against a branch-manager that was to commit or merge.
func (i Integration) wrong(merging bool) []string {
	var wrong []string
	switch {
	case i.Unseen != "":
		if merging {
			wrong = append(wrong, "it is unknown what was committed: "+quote.Line(quote.Clip(i.Unseen, quote.MaxReason)))
		}
		return wrong
	case i.Commit == "" && i.Nearest != "":
		var parts []string
		if len(i.Held.Missing) > 0 {
			parts = append(parts, "not as they passed: "+quote.List(quote.First(i.Held.Missing, quote.MaxList)))
		}
		if len(i.Held.Added) > 0 {
			parts = append(parts, "committed, and not part of what passed: "+quote.List(quote.First(i.Held.Added, quote.MaxList)))
		}
		return append(wrong, fmt.Sprintf("commit %s is not what passed the gates: %s", short(i.Nearest), strings.Join(parts, "; ")))
	case i.Commit == "" && merging:
		wrong = append(wrong, "git shows no commit of the work that passed")
	}
	if len(i.Uncommitted) > 0 && merging {
		wrong = append(wrong, fmt.Sprintf("%s still has uncommitted changes: %s", quote.String(i.Worktree, quote.MaxPath), quote.List(quote.First(i.Uncommitted, quote.MaxList))))
	}
	return wrong
}

// proof is what git shows for it.
func (i Integration) proof() string {
	where := "no branch"
	if names := shortNames(i.Branches); len(names) > 0 {
		where = quote.List(quote.First(names, quote.MaxList))
	}
	if i.Main == "" && i.Carried != "" {
		return fmt.Sprintf("commit %s has what passed the gates, and %s has its changes under another name; no main branch has them", short(i.Commit), quote.String(strings.TrimPrefix(i.Carried, "refs/heads/"), quote.MaxPath))
	}
	if i.Main == "" {
		return fmt.Sprintf("commit %s has what passed the gates; it is on %s, and on no main branch", short(i.Commit), where)
	}
	if !slices.Contains(i.Branches, i.Main) {
		return fmt.Sprintf("commit %s has what passed the gates, and %s has its changes under another name", short(i.Commit), quote.String(strings.TrimPrefix(i.Main, "refs/heads/"), quote.MaxPath))
	}
	return fmt.Sprintf("commit %s has what passed the gates; it can be reached from %s", short(i.Commit), where)
}

func shortNames(refs []string) []string {
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = strings.TrimPrefix(strings.TrimPrefix(ref, "refs/heads/"), "refs/remotes/")
	}
	return names
}

func short(commit string) string { return commit[:min(len(commit), 10)] }

func listOf(texts []string) string {
	first, omitted := quote.First(texts, quote.MaxList)
	return strings.Join(first, "; ") + quote.AndMore(omitted)
}
