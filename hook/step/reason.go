package step

import (
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
)

// Reasons returns the text for a rejected agent. It asks for the complete report, because the orchestrator receives only the last message. attempt
// counts from 1, up to attempts. The text has at most host.MaxReason characters and says how much was left out.
func Reasons(findings []rule.Finding, attempt, attempts int) string {
	blocking := rule.Of(findings, rule.Block)
	head := fmt.Sprintf("stopgate: your report is not accepted: %s to fix (sent back %d of at most %d times).\n",
		quote.Plural(len(blocking), "finding"), attempt, attempts)
	const tail = "Fix the files or the report, whichever is wrong. Then answer with the complete corrected JSON report as your whole last message: " +
		"it replaces the one before, and nothing else of what you write reaches the orchestrator."
	const omitted = "(%d more findings are left out here. All are checked again.)\n"
	room := host.MaxReason - quote.Length(head) - quote.Length(tail) - quote.Length(omitted) - 20
	noted := scopeNotes(findings)
	room -= quote.Length(noted)
	var b strings.Builder
	b.WriteString(head)
	for i, f := range blocking {
		line := fmt.Sprintf("%d. %s\n", i+1, f.Line())
		if room -= quote.Length(line); room < 0 {
			fmt.Fprintf(&b, omitted, len(blocking)-i)
			break
		}
		b.WriteString(line)
	}
	b.WriteString(noted + tail)
	return b.String()
}

// scopeNotes returns the notes on changes outside the scope in the prompt, which the agent may also undo now; "" for none.
func scopeNotes(findings []rule.Finding) string {
	var b strings.Builder
	for _, f := range rule.Of(findings, rule.Note) {
		if f.Rule == rule.ScopeExceeded {
			b.WriteString("Noted for the reviewer: " + f.Line() + "\n")
		}
	}
	return b.String()
}

// DenyReason tells the orchestrator why a launch is refused, and what has to happen first. launch is the name of the agent. unheard is the reason
// why a prompt does not count as the person's word; "" if none was in doubt.
func DenyReason(task, launch string, g gates.Step, unheard string) string {
	why := denied(g)
	if unheard != "" && (g.Why == gates.WordOwed || g.Person) {
		why = strings.ToUpper(unheard[:1]) + unheard[1:] + ". " + strings.ToUpper(why[:1]) + why[1:]
	}
	return fmt.Sprintf("%s %s is not launched for task %s: %s stopgate status shows where each task stands.",
		banner, quote.String(launch, quote.MaxName), quote.String(task, quote.MaxTask), why)
}

// TakesBoth says why the merge of one task has to wait for another one.
func TakesBoth(task, other string) string {
	return fmt.Sprintf(" It is in the same worktree as task %s, and a commit there takes the work of both. If its work is not wanted any more, take it out of the worktree and ask the person to end it: stopgate close %s --reason TEXT.",
		quote.String(task, quote.MaxTask), quote.Line(shell.Quote(other)))
}

// CheckedOut says which branch is checked out where work is merged: in the session's worktree, if it has one of its own, or in the main one.
func CheckedOut(branch string, own bool) string {
	where := "the main worktree"
	if own {
		where = "the session's worktree"
	}
	return where + " has " + quote.String(branch, quote.MaxPath) + " checked out"
}

// AskReason returns the question to the person in the client's dialogue before the branch-manager is launched: the task, its worktree, the target
// from CheckedOut, the gates that have passed, and what is still open.
func AskReason(task, worktree, target string, passed, open []string) string {
	text := fmt.Sprintf("stopgate: merge task %s", quote.String(task, quote.MaxTask))
	if worktree != "" {
		text += " from " + quote.String(worktree, quote.MaxPath)
	}
	if target != "" {
		text += " (" + target + ")"
	}
	text += "? "
	if len(passed) > 0 {
		text += "Passed: " + quote.Line(strings.Join(ClippedNames(passed), ", ")) + ". "
	}
	if len(open) == 0 {
		return text + "Every gate that the change needs has passed on the worktree as it is now."
	}
	return text + "OPEN: " + strings.Join(OpenWords(open), "; ") + ". If you say yes, it is merged all the same, and that is recorded as your decision."
}

// NameTask tells the orchestrator that a launch of the branch-manager has to name its task, so that the person can be asked about it.
func NameTask(task string) string {
	return fmt.Sprintf("%s branch-manager is not launched: the prompt names no task, so the person cannot be asked about it. Name it on a line of its own, for example TASK: %s, and launch again.",
		banner, quote.String(task, quote.MaxTask))
}

// NotAgreed tells a branch-manager that no person agreed to its launch.
func NotAgreed(why string) string {
	return "stopgate: this tool call is refused: " + why + ". Change nothing, and report that."
}

// Destroys tells a branch-manager why a git command is refused that would destroy changes of these files in the main worktree or in the session's.
func Destroys(names []string) string {
	return fmt.Sprintf("%s it would destroy what no commit holds in a worktree where somebody else works: %s. Leave these files as they are. If they keep git from merging, "+
		"git stash push -u puts them away and git stash pop brings them back; or report that.", banner, quote.List(quote.First(names, quote.MaxList)))
}

// Overwrites tells a branch-manager why a push is refused that would overwrite a main branch on a server, or all branches if the name is empty.
func Overwrites(branch string) string {
	what := "every branch"
	if branch != "" {
		what = quote.String(branch, quote.MaxPath)
	}
	return fmt.Sprintf("%s it would overwrite %s on the server, with what others have pushed there. Fetch, merge or rebase onto it, and push without force; or report that.", banner, what)
}

// WorkHeld tells a branch-manager why a git command that would integrate or discard a task's work is refused.
func WorkHeld(task string, discards bool, g gates.Step) string {
	name := quote.String(task, quote.MaxTask)
	if discards {
		return fmt.Sprintf("%s it would discard or move the work of task %s, whose gates are not done. If the task is given up, ask the person to end it: "+
			"stopgate close TASK --reason TEXT. Otherwise: %s stopgate status shows where each task stands.", banner, name, denied(g))
	}
	return fmt.Sprintf("%s it would commit, merge or push the work of task %s, and that has to wait: %s stopgate status shows where each task stands.", banner, name, denied(g))
}

// CommandDenied tells an agent, or the orchestrator, why a git command that would put a task's work into history is refused.
func CommandDenied(task, command string, g gates.Step) string {
	return fmt.Sprintf("%s %s is not run: it would commit, merge or push the work of task %s, and that has to wait: %s stopgate status shows where each task stands.",
		banner, quote.String(command, quote.MaxPath), quote.String(task, quote.MaxTask), denied(g))
}

// denied says what has to happen first, and what to do.
func denied(g gates.Step) string {
	if deny := reasons[g.Why].deny; deny != "" {
		return fill(deny, g)
	}
	return WhyHeld(g) + " Show the person that and wait for their decision."
}

// WhyDenied returns the reason why a launch is refused, as a clause without the advice.
func WhyDenied(g gates.Step) string {
	why, _, _ := strings.Cut(denied(g), ". ")
	return Clause(why)
}

// LinksLeftOut tells the branch-manager at its start not to commit the links by which a worktree borrows dependencies.
func LinksLeftOut(root string, links []string) string {
	return fmt.Sprintf("stopgate: %s has %s, %s. To stage the work, run: %s",
		quote.String(root, quote.MaxPath), quote.List(quote.First(links, quote.MaxList)), whatLinksAre, addWithout(root, links))
}

// LinksStaged says why a command is refused that would stage or commit links by which a worktree borrows dependencies. staged means that they are
// in the index already.
func LinksStaged(command, root string, links []string, staged bool) string {
	what, instead := "it would stage", "Stage the rest: "+addWithout(root, links)
	if staged {
		what, instead = "it would commit", "Run this first, by itself: "+inRoot(root)+" reset -q --"+pathspecs("top,literal", links)
	}
	return fmt.Sprintf("stopgate: %s is not run: %s %s, %s. %s", quote.String(command, quote.MaxPath), what, quote.List(quote.First(links, quote.MaxList)), whatLinksAre, instead)
}

const whatLinksAre = "a link to the dependencies of another worktree and no part of the work. A merge could put the link in the place of that folder"

// addWithout returns the command that stages everything except the links.
func addWithout(root string, links []string) string {
	return inRoot(root) + " add -A -- " + shell.Quote(":(top)") + pathspecs("top,exclude,literal", links)
}

func inRoot(root string) string { return "git -C " + shell.Quote(root) }

// pathspecs returns paths from the root of a worktree with that magic (gitglossary(7), "pathspec").
func pathspecs(magic string, names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(" " + shell.Quote(":("+magic+")"+name))
	}
	return b.String()
}

// GateReason returns the text that sends back a gate's agent, because its result cannot be used, or the branch-manager, because it committed more
// than the work.
func GateReason(g gates.Step) string {
	var b strings.Builder
	end := "Answer with the complete JSON result as your whole last message: gate_status, the commands you ran, the counts, and blocking_issues. " +
		"Report FAIL with the issues if it does not pass. Nothing else of what you write reaches the orchestrator."
	switch g.Why {
	case gates.NoEvidence:
		b.WriteString("stopgate: your result does not count yet: your transcript does not show what it reports.\n")
	case gates.CommitDiffers:
		b.WriteString("stopgate: you have committed more than the work that passed the gates.\n")
		end = "Bring that commit to wherever you have merged the work, too. Then give your result again."
	default:
		b.WriteString("stopgate: your result cannot be used.\n")
	}
	if len(g.Issues) == 0 {
		b.WriteString("Your last message has no result. A result is one JSON object with gate_status (\"PASS\" or \"FAIL\") and blocking_issues.\n")
	}
	first, omitted := quote.First(g.Issues, quote.MaxList)
	for i, issue := range first {
		fmt.Fprintf(&b, "%d. %s\n", i+1, quote.Issue(issue.Text))
	}
	if omitted > 0 {
		fmt.Fprintf(&b, "(and %d more)\n", omitted)
	}
	b.WriteString(end)
	return b.String()
}

// RefusalReason tells an agent why its tool call is refused. what does not happen, as a clause without a full stop; advice is what to do instead.
// At most host.MaxReason characters.
func RefusalReason(what string, findings []rule.Finding, advice string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "stopgate: %s: %s.\n", what, quote.Plural(len(findings), "finding"))
	for i, f := range findings {
		fmt.Fprintf(&b, "%d. %s\n", i+1, f.Line())
	}
	return quote.Clip(b.String(), host.MaxReason-len(advice)-1) + advice
}
