// Package conduct checks a launch, a command or a write against the rules before it happens. It is pure: the caller supplies the facts.
package conduct

import (
	"fmt"
	"slices"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

// worktreeError is the seed's error about the worktree ("Pre-Work Validation"), and worktreeExample an example of a correct prompt.
const (
	worktreeError   = "ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration)"
	worktreeExample = "WORKTREE_PATH: ./trees/PROJ-123-integration"
)

// wants is what the prompt of one kind of coding agent must contain: the errors of the agent's own "Pre-Work Validation", and examples of correct
// prompts.
type wants struct {
	task, taskExample                 string
	requirements, requirementsExample string
}

const orFile = "; or name a file that exists, @docs/plan.md"

// kinds has the wants of the seed's agents, by their names without a namespace.
var kinds = map[string]wants{
	"integration-engineer": {
		"integration", "TASK: PROJ-123, DESCRIPTION: Integrate Stripe payment webhooks with retry logic",
		"Integration requirements required (provide API specs, authentication flow, data flow)",
		"DESCRIPTION: verify the signature of each Stripe webhook, answer 202, retry failed deliveries" + orFile,
	},
	"feature-developer": {
		"feature", "TASK: PROJ-123, DESCRIPTION: Let users export their orders as CSV",
		"Feature requirements required (who does what with it, and what must hold when it is done)",
		"DESCRIPTION: a button on the orders page downloads a CSV with one line for each order; no orders give a file with the header alone" + orFile,
	},
	"bug-fixer": {
		"bug", "TASK: PROJ-123, DESCRIPTION: Totals are wrong for orders with a discount",
		"Bug description required (how to reproduce it, what should happen and what does)",
		"DESCRIPTION: a cart with a 10 % voucher shows the total without it; open /cart?voucher=TEN" + orFile,
	},
	"refactoring-dev": {
		"refactoring", "TASK: PROJ-123, DESCRIPTION: Split the order service into pricing and shipping",
		"Refactoring requirements required (what is wrong with the code, what it shall look like, what must stay the same)",
		"DESCRIPTION: OrderService has 900 lines; move pricing into its own class behind the same API" + orFile,
	},
}

// wantsOf returns the wants of an agent of that type. An unknown agent has those of a task in general.
func wantsOf(agentType string) wants {
	if w, ok := kinds[launch.BaseName(agentType)]; ok {
		return w
	}
	return wants{
		"task", "TASK: PROJ-123, DESCRIPTION: Retry failed payment webhooks",
		"Requirements required (what shall be done, and what must hold when it is done)",
		"DESCRIPTION: failed deliveries are tried again after 1, 5 and 30 minutes" + orFile,
	}
}

// LaunchFacts are facts from the disk and the journal about what a prompt names.
type LaunchFacts struct {
	// AgentType is the agent that is launched, with a plugin's namespace or without.
	AgentType string
	// Sites has an entry for each worktree that the prompt names, in that order, or for Meant; it is shorter if they were not looked up.
	Sites []site.Site
	// Occupants are the coding agents that work in the worktree that was found.
	Occupants []trace.OtherAgent
	// Meant is the linked worktree that a prompt without a label may mean: the only one that it mentions, or that in which the session runs; "" for none.
	Meant string
	// NoCommit means that the repository has no commit yet, so that no worktree can be added to it.
	NoCommit bool
	// Missing are the files that the prompt refers to and that do not exist.
	Missing []string
}

// Launch checks the launch prompt of a coding agent. A finding with rule.Block is a reason to refuse the launch. If something cannot be checked, or
// the prompt is ambiguous, there is at most a note.
func Launch(l launch.Prompt, seen LaunchFacts) []rule.Finding {
	return slices.Concat(verifyLaunchTask(l, seen), verifyLaunchWorktree(l, seen))
}

func verifyLaunchTask(l launch.Prompt, seen LaunchFacts) []rule.Finding {
	want := wantsOf(seen.AgentType)
	readable := slices.ContainsFunc(l.References, func(name string) bool { return !slices.Contains(seen.Missing, name) })
	switch {
	case readable || l.Link || launch.SaysSomething(l.Description):
		return nil
	case len(l.References) > 0:
		return []rule.Finding{rule.New(rule.LaunchRequirements, rule.Block, "", "ERROR: %s; the prompt refers to %s, which does not exist, and describes nothing else; write for example %s", want.requirements, quote.String(l.References[0], quote.MaxPath), want.requirementsExample)}
	}
	said := "the prompt names no task"
	switch {
	case l.Description != "":
		said = "the only description in the prompt is " + quote.String(l.Description, quote.MaxPath)
	case l.TaskID != "":
		said = "the prompt names the task " + quote.String(l.TaskID, quote.MaxTaskShort) + " but does not describe it"
	}
	return []rule.Finding{{Rule: rule.LaunchTask, Severity: rule.Block, Message: fmt.Sprintf("ERROR: Need task identifier with description OR detailed %s description; %s; write for example %s", want.task, said, want.taskExample)}}
}

func verifyLaunchWorktree(l launch.Prompt, seen LaunchFacts) []rule.Finding {
	finding := func(severity rule.Severity, format string, args ...any) []rule.Finding {
		message := worktreeError + "; " + fmt.Sprintf(format, args...)
		if seen.NoCommit && severity == rule.Block {
			message += "; the repository has no commit yet, and git worktree add needs one, so commit what is there first (git commit --allow-empty if nothing is)"
		}
		return []rule.Finding{{Rule: rule.LaunchWorktree, Severity: severity, Message: message}}
	}
	if len(l.Worktrees) == 0 && seen.Meant != "" {
		l.Worktrees = []string{seen.Meant}
		if len(seen.Sites) == 1 && seen.Sites[0].Problem != site.Found {
			return verifyLaunchWorktree(l, seen)
		}
		return finding(rule.Block, "the prompt has no line that names it; if the agent is to work in %s, write WORKTREE_PATH: %s", quote.String(seen.Meant, quote.MaxPath), quote.Line(quote.Clip(seen.Meant, quote.MaxPath)))
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
		return finding(rule.Block, "the prompt names %s, where %s is at work; wait until it is done (if its client was killed: until it has been silent for 15 minutes), give this agent its own worktree, or assign files to it: FILES: src/a.js, src/b.js",
			quote.String(found[0], quote.MaxPath), seen.Occupants[0])
	}
	if len(found) > 0 {
		return nil
	}
	name := quote.String(l.Worktrees[0], quote.MaxPath)
	switch seen.Sites[0].Problem {
	case site.Absent, site.Gone:
		return finding(rule.Block, "the prompt names %s, but no such directory exists; create it with git worktree add, or name one that exists, in quotes if its path has spaces or brackets", name)
	case site.NotTop:
		if in := seen.Sites[0].Detail; in != "" {
			return finding(rule.Block, "the prompt names %s, but that is a folder in the worktree %s; name that as WORKTREE_PATH, and the folder beside it", name, quote.String(in, quote.MaxPath))
		}
		return finding(rule.Block, "the prompt names %s, but that is not the top of a git worktree; create one with git worktree add and name its top", name)
	case site.OtherRepository:
		return finding(rule.Block, "the prompt names %s, but that belongs to another repository; name a linked worktree of this one", name)
	case site.Main:
		return finding(rule.Block, "the prompt names %s, but that is the main worktree, where no coding agent works; create a linked one with git worktree add; for very small work there, the person can set worktrees.main to true in .stopgate.yml", name)
	case site.OutsideTrees:
		return finding(rule.Block, "the prompt names %s, but worktrees stand under %s; move it there with git worktree move, or name another; for one elsewhere, the person can set worktrees.anywhere to true in .stopgate.yml", name, quote.Line(quote.Clip(seen.Sites[0].Detail, quote.MaxPath)))
	case site.Unreadable:
		return finding(rule.Block, "the prompt names %s, but git's files there cannot be used: %s; if a folder was moved, run git worktree repair %s in the main worktree, and otherwise add a worktree anew", name, quote.String(seen.Sites[0].Detail, quote.MaxReason), shell.Quote(l.Worktrees[0]))
	case site.NoRepository:
		return finding(rule.Note, "the prompt names %s, but "+site.Outside, name)
	case site.Found, site.OtherThanAsked:
	}
	return nil
}
