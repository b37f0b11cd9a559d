package hook

import (
	"cmp"
	"context"

	"stopgate/hook/gates"
	"stopgate/hook/integration"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// mergeStop takes the stop of a branch-manager into the protocol. What it says of itself counts only against it: what it did is what git
// shows.
func mergeStop(ctx context.Context, s *scene.Scene, a protocolAgent, agent *transcript.Agent, stop record.StopID) Answer {
	a = findTask(ctx, s, a, launch.AssignmentOf(agent))
	said := readBranch(s.Event.LastAssistantMessage, agent)
	tasks := mergeable(ctx, s, a)
	if len(tasks) == 0 {
		if a.task == "" {
			return Answer{} // its work can be for anything
		}
		known := s.Tasks(ctx)
		tasks = []*record.Task{known.Task(a.task)}
	}
	id := s.History(ctx).Agent(s.Event.AgentID).StepID(s.Event, stop)
	for i, t := range tasks {
		name := cmp.Or(t.State.Task, a.task)
		fact := factOf(s, gates.BranchManagerDone, name)
		fact.Fact.Stop, fact.Worktree = id, cmp.Or(t.Worktree, a.worktree)
		if a.launch != nil {
			fact.Fact.Call = a.launch.ToolUseID
		}
		seen := lookAtMerge(ctx, s, a, t, a.launch)
		findings := takeIntegration(s, &fact, seen, said, t.State.Merging, commandsOf(agent))
		decided := record.OtherStop(stop, verdictOf(fact.Fact), fact.Worktree, s.Event.LastAssistantMessage)
		decided.Findings, decided.FindingsTotal = findings, len(findings)
		if i < len(tasks)-1 { // the last one's step is told
			scene.UpdateTask(ctx, s, name, func(t *record.Task) (bool, []record.Entry) {
				t.Take(s.Event.SessionID, fact)
				return true, []record.Entry{fact.Entry()}
			})
			continue
		}
		recordGateStop(ctx, s, decided, fact)
	}
	return Answer{}
}

// takeIntegration completes the fact of a branch-manager's stop, and returns the findings on it, never nil. Where nothing can be compared, in
// a recording for one, its word is all that there is.
func takeIntegration(s *scene.Scene, fact *record.Fact, seen integration.Evidence, said report.Branch, merging bool, ran []string) []rule.Finding {
	if _, compares := s.Observe.(integration.Git); !compares {
		fact.Fact.Outcome = gates.Pass
		if said.Failed() {
			fact.Fact.Outcome, fact.Fact.Issues = gates.Fail, said.Issues
		}
		return []rule.Finding{}
	}
	var notes []rule.Finding
	fact.Fact.Outcome, fact.Fact.Issues, notes = seen.Outcome(said, merging, ran)
	fact.Fact.Holds = fact.Fact.Outcome == gates.Fail && seen.Commit != "" && seen.Made
	if fact.Fact.Outcome == gates.Committed || fact.Fact.Holds {
		fact.Commit = seen.Commit
	}
	return append([]rule.Finding{}, notes...)
}

// readBranch is the result of a branch-manager: of its last message, else of an earlier text of the same reply. An ERROR line is a result, too.
func readBranch(last string, agent *transcript.Agent) report.Branch {
	said := report.FindBranch(last)
	if reply := agent.LastReply(); reply != nil {
		for _, texts := range [][]string{reply.Texts, reply.Handbacks} {
			for i := len(texts) - 1; i >= 0 && said.Status == ""; i-- {
				said = report.FindBranch(texts[i])
			}
		}
	}
	if said.Status != "" {
		return said
	}
	if found := report.Find(last); found.Kind == report.KindError {
		text := quote.Line(quote.Clip(found.Text, quote.MaxReason))
		return report.Branch{Status: "error", Issues: []string{text}}
	}
	return said
}

// commandsOf are the commands that an agent ran, as it gave them.
func commandsOf(agent *transcript.Agent) []string {
	var commands []string
	for _, use := range agent.ToolUses {
		if use.Command != "" {
			commands = append(commands, use.Command)
		}
	}
	return commands
}
