package judge

import (
	"fmt"
	"slices"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
)

// verifyStrays holds what the agent edited against what it says it changed. An edit that git does not show, because it was taken
// back or is ignored, is nothing to report.
func verifyStrays(strays []UnclaimedEdit) []rule.Finding {
	var findings []rule.Finding
	for _, s := range strays {
		if !s.State.Change.Made() {
			continue
		}
		name := quote.String(s.State.Path, quote.MaxPath)
		if s.Where == "" {
			findings = append(findings, rule.Finding{
				Rule: rule.ChangeUndeclared, Severity: rule.Block, Path: s.State.Path,
				Message: fmt.Sprintf("files_modified does not list %s, but you changed it (%s at line %d of your transcript) and git shows it as %s; list it, or take the change back", name, s.Edit.Tool, s.Edit.Line, s.State.Change),
			})
			continue
		}
		findings = append(findings, rule.Finding{
			Rule: rule.WriteOutside, Severity: rule.Block, Path: s.State.Path,
			Message: fmt.Sprintf("you changed %s in %s (%s at line %d of your transcript), which is not your worktree, and git shows it as %s there; take your own change back there, and make it in your worktree if the task asks for it",
				name, quote.String(s.Where, quote.MaxPath), s.Edit.Tool, s.Edit.Line, s.State.Change),
		})
	}
	return findings
}

// verifyRivals finds the files that two agents changed at the same time. Neither can tell whose work stands there now, so that
// neither is told to undo anything: only the orchestrator can settle it (seed, "File Conflict Detection").
func verifyRivals(files []string, rivals []trace.OtherAgent) []rule.Finding {
	var findings []rule.Finding
	for _, rival := range rivals {
		for _, path := range files {
			if !rival.Earlier && slices.Contains(rival.Files, path) {
				findings = append(findings, rule.Finding{
					Rule: rule.FileConflict, Severity: rule.Halt, Path: path,
					Message: fmt.Sprintf("%s was changed by this agent and by %s (agent %s) while both were at work in this worktree; settle whose change is to stand",
						quote.String(path, quote.MaxPath), quote.String(rival.AgentType, quote.MaxName), quote.String(rival.AgentID, quote.MaxName)),
				})
			}
		}
	}
	return findings
}
