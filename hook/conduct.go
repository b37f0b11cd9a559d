package hook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/conduct"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
)

// Conduct is what a coding agent is about to do, held against the rules before it happens. What cannot be seen here is seen at the
// stop, from what the repository shows.

// attempted is PreToolUse of a subagent's own tool. It comes with every command and every write of every agent: nothing is opened before
// the command is found to be prohibited, or the agent to be one that may code.
func (r *Runner) attempted(ctx context.Context, ev host.Event) Answer {
	switch ev.ToolName {
	case "Bash":
		return r.checkCommand(ctx, ev)
	case "Write", "Edit", "MultiEdit", "NotebookEdit":
		if r.mayConcern(ev.AgentType, "") {
			return r.checkWrite(ctx, ev)
		}
	}
	return Answer{}
}

// codes tells whether the agent whose tool call this is has to keep the rules of coding agents: by its name, or by what it was launched
// as.
func (l *ledger) codes(ctx context.Context, ev host.Event) bool {
	if l.config(ctx).IsCoding(ev.AgentType) {
		return true
	}
	launched := l.History(ctx).Launch(transcript.AgentPath(ev.TranscriptPath, ev.AgentID))
	return launched != nil && launched.Role == launch.CodingRole
}

// refuse is the answer to a tool call that the findings forbid, and its record. head says what is refused, tail what to do then. No
// blocking finding is no answer, nor is one in a repository that only observes.
func (l *ledger) refuse(ctx context.Context, ev host.Event, task, head, tail string, findings []rule.Finding) Answer {
	blocking := rule.Of(findings, rule.Block)
	if len(blocking) == 0 {
		return Answer{}
	}
	agentType := ev.AgentType
	if host.IsAgentTool(ev.ToolName) {
		agentType = ev.ToolInput.SubagentType
	}
	enforced := l.enforces(ctx)
	l.Append(ctx, record.Entry{
		Kind: record.KindDenial, Agent: ev.AgentID, AgentType: agentType, Task: task,
		Data: record.Denial{Tool: quote.Clip(ev.ToolName, quote.MaxName), ToolUseID: quote.Clip(ev.ToolUseID, quote.MaxName), Findings: blocking, Observed: !enforced},
	})
	if !enforced {
		return Answer{}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "stopgate: %s: %s.\n", head, quote.Plural(len(blocking), "finding"))
	for i, f := range blocking {
		fmt.Fprintf(&b, "%d. %s\n", i+1, f.Line())
	}
	return Answer{Output: host.Deny(quote.Clip(b.String(), host.MaxReason-len(tail)-1) + tail)}
}

// checkLaunch holds the launch of a coding agent against what its prompt must name.
func (r *Runner) checkLaunch(ctx context.Context, ev host.Event, ledger *ledger) Answer {
	l := launch.ReadPrompt(ev.ToolInput.Prompt)
	findings := conduct.Launch(l, r.launchFacts(ctx, ev, ledger, l))
	if ledger.grounds.Repository == nil { // no prompt can name a worktree then
		findings = slices.DeleteFunc(findings, func(f rule.Finding) bool { return f.Rule == rule.LaunchWorktree })
	}
	return ledger.refuse(ctx, ev, l.TaskID, "this agent is not launched", "Correct the prompt, then launch the agent again.", findings)
}

// launchFacts looks at what a prompt names.
func (r *Runner) launchFacts(ctx context.Context, ev host.Event, ledger *ledger, l launch.Prompt) conduct.LaunchFacts {
	var seen conduct.LaunchFacts
	var roots []string
	var found []site.Site
	for _, name := range l.Worktrees {
		where := ledger.grounds.FindSite(name, "")
		if seen.Sites = append(seen.Sites, where); where.Problem == site.Found {
			found, roots = append(found, where), append(roots, where.Place.Root)
		}
	}
	for _, name := range l.References {
		if !site.IsFile(name, append(roots, ledger.grounds.Bases()...)) {
			seen.Missing = append(seen.Missing, name)
		}
	}
	if len(found) == 1 && !l.AssignsFiles {
		seen.Occupants = ledger.History(ctx).Occupants(ledger.grounds.Name(found[0].Place), ev.TranscriptPath, r.Now())
	}
	return seen
}
