// Package conduct holds a launch, a command or a write against the rules before it happens. It is pure: what it needs to know was seen before.
package conduct

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

// RefersToFile tells whether a file of that name is there, in one of the folders that it may be relative to.
func RefersToFile(name string, bases []string) bool {
	name = filepath.FromSlash(name)
	if rest, ok := strings.CutPrefix(name, "~"+string(filepath.Separator)); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return true // nobody knows
		}
		name = filepath.Join(home, rest)
	}
	if filepath.IsAbs(name) {
		bases = []string{""}
	}
	return slices.ContainsFunc(bases, func(base string) bool {
		info, err := os.Stat(filepath.Join(base, name))
		return err == nil && !info.IsDir()
	})
}

// The seed's own errors, one for each rule, and what to write instead.
const (
	taskError         = "ERROR: Need task identifier with description OR detailed integration description"
	worktreeError     = "ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration)"
	requirementsError = "ERROR: Integration requirements required (provide API specs, authentication flow, data flow)"

	taskExample         = "TASK: PROJ-123, DESCRIPTION: Integrate Stripe payment webhooks with retry logic"
	worktreeExample     = "WORKTREE_PATH: ./trees/PROJ-123-integration"
	requirementsExample = "DESCRIPTION: verify the signature of each Stripe webhook, answer 202, retry failed deliveries; or name a file that exists, @docs/plan.md"
)

// LaunchFacts is what was seen of what a prompt names.
type LaunchFacts struct {
	// Sites has one entry for each of the launch's worktrees, in that order.
	Sites []site.Site
	// Occupants are the coding agents that are at work in the worktree that was found.
	Occupants []trace.OtherAgent
	// Missing are the references that are no file.
	Missing []string
}

// Launch holds the launch of a coding agent against what it must name. It is pure. A blocking finding is a reason to deny the
// launch; where something cannot be checked, or the prompt can be read in two ways, the launch goes ahead.
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
			Message: fmt.Sprintf("%s; the prompt refers to %s, which is no file here, and says nothing else of the work; write for example %s", requirementsError, quote.String(l.References[0], quote.MaxPath), requirementsExample),
		}}
	}
	said := "the prompt names no task"
	switch {
	case l.Description != "":
		said = "all that the prompt says of the work is " + quote.String(l.Description, quote.MaxPath)
	case l.TaskID != "":
		said = "the prompt names the task " + quote.String(l.TaskID, quote.MaxTaskShort) + " and does not say what to do"
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
		return nil // not looked for
	}
	var found []string
	for i, name := range l.Worktrees {
		if seen.Sites[i].Problem == site.Found {
			found = append(found, name)
		}
	}
	if len(found) == 1 && len(seen.Occupants) > 0 && !l.AssignsFiles {
		other := seen.Occupants[0]
		return finding(rule.Block, "the prompt names %s, where %s (agent %s) is at work; wait until it is done, give this agent a worktree of its own, or assign files to it: FILES: src/a.js, src/b.js",
			quote.String(found[0], quote.MaxPath), quote.String(other.AgentType, quote.MaxName), quote.String(other.AgentID, quote.MaxName))
	}
	if len(found) > 0 {
		return nil
	}
	name := quote.String(l.Worktrees[0], quote.MaxPath)
	switch seen.Sites[0].Problem {
	case site.Absent, site.Gone:
		return finding(rule.Block, "the prompt names %s, but no such directory exists; create it with git worktree add, or name one that exists", name)
	case site.NotTop:
		return finding(rule.Block, "the prompt names %s, but that is no git worktree of its own; create one with git worktree add and name its top", name)
	case site.OtherRepository:
		return finding(rule.Block, "the prompt names %s, but that belongs to another repository; name a linked worktree of this one", name)
	case site.Main:
		return finding(rule.Block, "the prompt names %s, but that is the main worktree, where no coding agent works; create a linked one with git worktree add", name)
	case site.OutsideTrees:
		return finding(rule.Block, "the prompt names %s, but worktrees stand under %s; move it there with git worktree move, or name another", name, quote.String(seen.Sites[0].Detail, quote.MaxPath))
	case site.Unreadable:
		return finding(rule.Note, "the prompt names %s, and git's files there cannot be read: %s", name, quote.String(seen.Sites[0].Detail, quote.MaxReason))
	case site.NoRepository:
		return finding(rule.Note, "the prompt names %s, but this session runs in no git repository, so that nothing can be checked against git", name)
	case site.Found, site.OtherThanAsked:
	}
	return nil
}
