package hook

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/worktree"
)

// gateAsked is PreToolUse of a launch that stands in the protocol behind the coding agent: a gate or the branch-manager. It goes ahead
// unless something is owed before.
func (r *Runner) gateAsked(ctx context.Context, ev Event, ledger *ledger, role Role, gate string) Answer {
	launch := cmp.Or(gate, gates.BranchManagerAgent)
	asked := ReadAssignment(ev.ToolInput.Prompt)
	task := asked.TaskID
	if m, ok := readMarker(ev.ToolInput.Prompt); ok {
		task = m.Task
	}
	site := ledger.grounds.FindSite(asked.WorktreePath, "")
	name := ""
	if site.Problem == SiteFound {
		name = ledger.grounds.name(site.Place)
	}
	known := ledger.tasks(ctx).All()
	if task == "" {
		task = taskOf(known, name)
	}
	if task == "" {
		return r.unnamedMerge(role, known)
	}
	tree := ""
	if site.Problem != SiteFound {
		for _, t := range known {
			if gates.Key(t.State.Task) == gates.Key(task) && t.Worktree != "" {
				site, name = ledger.grounds.FindSite(t.Worktree, ""), t.Worktree
			}
		}
	}
	if site.Problem == SiteFound {
		looking, done := context.WithTimeout(ctx, lookWithin)
		defer done()
		tree = r.Observe.Survey(looking, site.Place, worktree.Base{}, scanOptions(artifactRules(ledger.config(ctx)))).Fingerprint
	}
	about := func(kind gates.Kind) factData {
		return factData{Worktree: name, Fact: gates.Fact{
			Kind: kind, Task: clip(task, maxTaskID), At: r.Now().UTC(), AgentType: ev.ToolInput.SubagentType, Tree: tree, Gate: clip(gate, maxName), Launch: clip(launch, maxName),
		}}
	}
	var denied *gates.Step
	ledger.updateTask(ctx, task, func(t *Task) []entry {
		if t.State.Phase == "" && role == MergeRole {
			return nil // a task that nobody has heard of: it has nothing to owe
		}
		var facts []factData
		if t.State.Phase != "" {
			d := about(gates.LaunchAsked)
			facts = append(facts, d)
			if answer := t.take(ev.SessionID, d); answer.Action == gates.Deny && ledger.enforces(ctx) {
				denied = &answer
			}
		}
		if denied == nil {
			kind := gates.GateLaunched
			if role == MergeRole {
				kind = gates.BranchManagerLaunched
			}
			if t.State.Hold == gates.HeldOps && role == GateRole {
				facts = append(facts, about(gates.PersonAgreed)) // the orchestrator was told to deploy no gate before
			}
			facts = append(facts, about(kind))
		}
		var entries []entry
		for _, d := range facts {
			entries = append(entries, fact(d))
		}
		if denied == nil {
			entries = append(entries, entry{
				kind: kindLaunch, agentType: ev.ToolInput.SubagentType, task: clip(task, maxTaskID),
				data: launchData{ToolUseID: ev.ToolUseID, Role: role, Worktree: name},
			})
		}
		return entries
	})
	if denied == nil {
		return Answer{}
	}
	return Answer{Output: deny(denyReason(task, launch, *denied))}
}

// taskOf is the one task under way in a worktree, or the only one at all where the launch names no worktree; "" where there is no one.
func taskOf(known []*Task, worktree string) string {
	name := ""
	for _, t := range known {
		if t.State.Phase == gates.Done || worktree != "" && t.Worktree != worktree {
			continue
		}
		if name != "" {
			return ""
		}
		name = t.State.Task
	}
	return name
}

// unnamedMerge is the launch of a branch-manager that names no task, where several are under way: it goes ahead if one of them may be
// merged.
func (r *Runner) unnamedMerge(role Role, known []*Task) Answer {
	if role != MergeRole {
		return Answer{}
	}
	for _, t := range known {
		if t.State.Allows(gates.BranchManagerAgent).Action == gates.Allow {
			return Answer{}
		}
	}
	if len(known) == 0 {
		return Answer{}
	}
	first := known[0]
	return Answer{Output: deny(denyReason(first.State.Task, gates.BranchManagerAgent, first.State.Allows(gates.BranchManagerAgent)))}
}

// denyReason tells the orchestrator why a launch is refused, and what is owed before.
func denyReason(task, launch string, g gates.Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s is not launched for task %s: ", banner, quote(launch, maxName), quote(task, maxTaskID))
	switch g.Why {
	case gates.ForCoder:
		fmt.Fprintf(&b, "its coding agent %s is still at work. Wait for it.", quote(g.Agent.ID, maxName))
	case gates.NothingVerified:
		b.WriteString("no verified work of this task is known. Have a coding agent do it, and let the gates pass it.")
	case gates.WordOwed:
		b.WriteString("the person has not spoken since every gate has passed. Put the result before them and wait for their word.")
	case gates.TreeUnknown:
		b.WriteString("nobody knows whether the worktree is still what the gates have passed. Name the worktree in the prompt (WORKTREE_PATH: ./trees/…).")
	case gates.TreeChanged:
		fmt.Fprintf(&b, "the worktree has changed since it passed, so that the pass is void. Launch again first: %s.", quoteAll(g.Gates, 0))
	case gates.GateOwed, gates.NoResult, gates.NoReceipt:
		fmt.Fprintf(&b, "not passed on the present worktree: %s. Launch what is owed first.", quoteAll(g.Gates, 0))
	default:
		b.WriteString(whyHeld(g) + " Put that before the person and wait for their decision.")
	}
	b.WriteString(" stopgate status shows where each task stands.")
	return b.String()
}
