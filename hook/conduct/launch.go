// Package conduct checks a launch, a command or a write against the rules before it happens. It is pure: the caller has looked before.
package conduct

import (
	"fmt"
	"slices"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

// The errors of the seed ("Pre-Work Validation"), one for each rule, and an example of what to write instead.
const (
	taskError         = "ERROR: Need task identifier with description OR detailed integration description"
	worktreeError     = "ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration)"
	requirementsError = "ERROR: Integration requirements required (provide API specs, authentication flow, data flow)"

	taskExample         = "TASK: PROJ-123, DESCRIPTION: Integrate Stripe payment webhooks with retry logic"
	worktreeExample     = "WORKTREE_PATH: ./trees/PROJ-123-integration"
	requirementsExample = "DESCRIPTION: verify the signature of each Stripe webhook, answer 202, retry failed deliveries; or name a file that exists, @docs/plan.md"
)

// LaunchFacts is what a prompt names, looked up on disk and in the journal.
type LaunchFacts struct {
	// Sites has an entry for each worktree that the prompt names, in that order; it is shorter where they were not looked up.
	Sites []site.Site
	// Occupants are the coding agents that work in the worktree that was found.
	Occupants []trace.OtherAgent
	// Missing are the files that the prompt refers to and that do not exist.
	Missing []string
}

// Launch checks the prompt of a coding agent's launch. A finding with rule.Block is a reason to deny the launch. Where something cannot be
// checked, or the prompt can be read in two ways, there is a note at most.
func Launch(l launch.Prompt, seen LaunchFacts) []rule.Finding {
	return slices.Concat(verifyLaunchTask(l, seen), verifyLaunchWorktree(l, seen))
}

func verifyLaunchTask(l launch.Prompt, seen LaunchFacts) []rule.Finding {
	readable := slices.ContainsFunc(l.References, func(name string) bool { return !slices.Contains(seen.Missing, name) })
	switch {
	case readable || l.Link || launch.SaysSomething(l.Description):
		return nil
	case len(l.References) > 0:
		return []rule.Finding{{
			Rule: rule.LaunchRequirements, Severity: rule.Block,
			Message: fmt.Sprintf("%s; the prompt refers to %s, which does not exist, and describes nothing else; write for example %s", requirementsError, quote.String(l.References[0], quote.MaxPath), requirementsExample),
		}}
	}
	said := "the prompt names no task"
	switch {
	case l.Description != "":
		said = "the only description in the prompt is " + quote.String(l.Description, quote.MaxPath)
	case l.TaskID != "":
		said = "the prompt names the task " + quote.String(l.TaskID, quote.MaxTaskShort) + " but does not describe it"
	}
	return []rule.Finding{{Rule: rule.LaunchTask, Severity: rule.Block, Message: fmt.Sprintf("%s; %s; write for example %s", taskError, said, taskExample)}}
}

func verifyLaunchWorktree(l launch.Prompt, seen LaunchFacts) []rule.Finding {
	finding := func(severity rule.Severity, format string, args ...any) []rule.Finding {
		return []rule.Finding{{Rule: rule.LaunchWorktree, Severity: severity, Message: worktreeError + "; " + fmt.Sprintf(format, args...)}}
	}
	if len(l.Worktrees) == 0 {
		return finding(rule.Block, "the prompt names none; create one with git worktree add and write for example %s", worktreeExample)
	}
	if len(seen.Sites) < len(l.Worktrees) {
		return nil // they were not looked up
	}
	var found []string
	for i, name := range l.Worktrees {
		if seen.Sites[i].Problem == site.Found {
			found = append(found, name)
		}
	}
	if len(found) == 1 && len(seen.Occupants) > 0 && !l.AssignsFiles {
		return finding(rule.Block, "the prompt names %s, where %s is at work; wait until it is done, give this agent its own worktree, or assign files to it: FILES: src/a.js, src/b.js",
			quote.String(found[0], quote.MaxPath), seen.Occupants[0])
	}
	if len(found) > 0 {
		return nil
	}
	name := quote.String(l.Worktrees[0], quote.MaxPath)
	switch seen.Sites[0].Problem {
	case site.Absent, site.Gone:
		return finding(rule.Block, "the prompt names %s, but no such directory exists; create it with git worktree add, or name one that exists", name)
	case site.NotTop:
		return finding(rule.Block, "the prompt names %s, but that is not the top of a git worktree; create one with git worktree add and name its top", name)
	case site.OtherRepository:
		return finding(rule.Block, "the prompt names %s, but that belongs to another repository; name a linked worktree of this one", name)
	case site.Main:
		return finding(rule.Block, "the prompt names %s, but that is the main worktree, where no coding agent works; create a linked one with git worktree add", name)
	case site.OutsideTrees:
		return finding(rule.Block, "the prompt names %s, but worktrees stand under %s; move it there with git worktree move, or name another", name, quote.Line(quote.Clip(seen.Sites[0].Detail, quote.MaxPath)))
	case site.Unreadable:
		return finding(rule.Note, "the prompt names %s, but git's files there cannot be read: %s", name, quote.String(seen.Sites[0].Detail, quote.MaxReason))
	case site.NoRepository:
		return finding(rule.Note, "the prompt names %s, but this session is not in a git repository, so nothing can be checked with git", name)
	case site.Found, site.OtherThanAsked:
	}
	return nil
}
