package hook

import (
	"cmp"
	"context"
	"fmt"

	"stopgate/hook/actor"
	"stopgate/hook/cleanup"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gateresult"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/integration"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/merging"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
	"stopgate/hook/tidy"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// gateStop handles the stop of a gate, of the branch-manager or of an ops agent.
func gateStop(ctx context.Context, s *scene.Scene, a actor.Agent) Answer {
	history := s.History(ctx)
	past := history.Agent(s.Event.AgentID)
	agent, _ := session.Stopped(ctx, s, past.LastReply(), transcript.Options{MaxOutput: gateresult.MaxOutput})
	stop := record.Identify(s.Event, agent, past.LastReply())
	if before, ok := past.Judged(stop, s.Now()); ok {
		return Answer{Output: host.Block(before.Reason)}
	}
	if a.Role != launch.OpsRole && actor.LaunchedByOther(ctx, s, s.Event.AgentTranscriptPath) {
		fmt.Fprintf(s.Log, "stopgate: agent %s was launched by another agent, so its result is ignored\n", quote.String(s.Event.AgentID, quote.MaxName))
		return Answer{}
	}
	if a.Launch = history.Launch(s.Event.AgentTranscriptPath); a.Role == launch.GateRole {
		s.HoldTo(ctx, a.Launch)
	}
	if a.Role == launch.MergeRole {
		if a.Launch = history.LastLaunch(s.Event.AgentTranscriptPath, s.Event.AgentType); a.Launch != nil {
			crosscheck.Answered(ctx, s, s.Event.AgentID, a.Launch.ToolUseID, crosscheck.SpeechWithin)
		}
		return mergeStop(ctx, s, a, agent, stop)
	}
	if a = actor.FindTask(ctx, s, a, launch.AssignmentOf(agent)); a.Task == "" {
		return Answer{} // it may have worked for anything
	}
	fact, changed, unseen := gateFact(ctx, s, a, agent, past.StepID(s.Event, stop))
	fact.Worktree = a.Worktree
	if t := s.Task(ctx, a.Task); t != nil && a.Role == launch.GateRole && fact.Fact.Tree != t.State.Tree {
		merging.SeeByHand(ctx, s, t) // a commit of the work, made while the gate ran, voids no pass
	}
	seeUnreported(ctx, s, a, fact.Fact.Tree)
	fact.Fact.Appeared = appeared(ctx, s, a)
	result := gateresult.Read(a, &fact.Fact, s.Event.LastAssistantMessage, agent)
	agent = session.WithHelpers(ctx, s, agent, transcript.Options{MaxOutput: gateresult.MaxOutput})
	notes := gateresult.Weigh(ctx, s, a, &fact.Fact, result, agent, changed)
	decided := record.OtherStop(stop, gateresult.Verdict(fact.Fact), a.Worktree, s.Event.LastAssistantMessage)
	decided.Attempts = len(past.SentBack())
	decided.Findings = append(gateresult.PassOfNothing(fact.Fact, unseen), notes...)
	decided.FindingsTotal = len(decided.Findings)
	if decided = recordGateStop(ctx, s, decided, fact); decided.Reason == "" {
		shareResult(ctx, s, a, fact)
	}
	return Answer{Output: host.Block(decided.Reason)}
}

// shareResult applies a gate's result to the other tasks of the same family in the worktree, and a pass that counts to those that the gate was told to
// check, too.
func shareResult(ctx context.Context, s *scene.Scene, a actor.Agent, fact record.Fact) {
	if a.Role != launch.GateRole {
		return
	}
	others := actor.Family(ctx, s, a)
	if own := s.Task(ctx, a.Task); own != nil {
		if pass, ok := own.State.Passes()[a.Gate]; ok && pass.Agent == s.Event.AgentID && pass.Tree == fact.Fact.Tree {
			others = append(others, actor.Neighbours(ctx, s, a)...)
		}
	}
	for _, t := range others {
		shared := fact
		shared.Fact.Task, shared.Fact.SentBack = t.State.Task, true // the agent has ended, so it cannot be sent back
		takeFact(ctx, s, shared)
	}
}

// takeFact applies a fact to its task and records it. Another event delivers the step that follows.
func takeFact(ctx context.Context, s *scene.Scene, fact record.Fact) {
	scene.UpdateTask(ctx, s, fact.Fact.Task, func(t *record.Task) (struct{}, []record.Entry) {
		t.Take(s.Event.SessionID, fact)
		return struct{}{}, []record.Entry{fact.Entry()}
	})
}

// recordGateStop applies the fact to its task, and records the stop with the consequence: the agent is sent back because its result cannot be
// accepted, or the orchestrator is owed a step.
func recordGateStop(ctx context.Context, s *scene.Scene, stop record.Stop, fact record.Fact) record.Stop {
	agent := gates.Agent{ID: fact.Fact.Agent, Type: fact.Fact.AgentType}
	recorded, _ := scene.UpdateTask(ctx, s, fact.Fact.Task, func(t *record.Task) (record.Stop, []record.Entry) {
		if ordered := t.Answer(s.Event.SessionID, fact); ordered.Action == gates.SendBack {
			stop.Verdict, stop.Reason = rule.Rejected, step.GateReason(ordered)
		} else if ordered.Action != "" { // no step follows if a branch-manager only set up a worktree
			stop.Step = t.Step(fact.Fact.Stop, agent, stop.Verdict, ordered)
			stop.Step.Findings = stop.Findings
		}
		stop.From = transcript.Size(s.Event.TranscriptPath)
		return stop, []record.Entry{fact.Entry(), stop.Entry(agent, fact.Fact.Task)}
	})
	return recorded
}

// lostGate records that a gate or a branch-manager returned without a stop: it was killed, or ran out of turns. It returns the step that follows;
// nil if there is none.
func lostGate(ctx context.Context, s *scene.Scene, a actor.Agent, agent gates.Agent) *step.Step {
	if a = actor.FindTask(ctx, s, a, launch.ReadAssignment(a.Prompt)); a.Task == "" {
		return nil
	}
	fact := gates.Fact{
		Kind: gates.GateResult, Gate: quote.Clip(a.Gate, quote.MaxName), Task: a.Task, At: s.Now().UTC(), Agent: agent.ID, AgentType: agent.Type,
		Stop: quote.Digest("lost", s.Event.SessionID, agent.ID), Outcome: gates.NoOutcome, SentBack: true, // an agent that has ended cannot be sent back
	}
	if a.Role == launch.MergeRole {
		fact.Kind, fact.Outcome, fact.Issues = gates.BranchManagerDone, gates.Fail, []string{"it returned, but no stop of it was seen"}
	}
	stop := record.OtherStop(record.UnseenStop, gateresult.Verdict(fact), a.Worktree, "")
	return recordGateStop(ctx, s, stop, record.Fact{Worktree: a.Worktree, Fact: fact}).Step
}

// gateFact returns the stop as a fact of the protocol, without the result that the agent reported. id is the id of the resulting step. changed
// lists the files that differ from the base. unseen is the reason why the tree is unknown.
func gateFact(ctx context.Context, s *scene.Scene, a actor.Agent, agent *transcript.Agent, id string) (fact record.Fact, changed []string, unseen string) {
	f := record.Fact{Fact: gates.Fact{
		Task: a.Task, At: s.Now().UTC(), Agent: s.Event.AgentID, AgentType: s.Event.AgentType, Stop: id, SentBack: !s.Enforces(ctx) || session.HasEnded(s, agent),
	}}
	base := worktree.Base{}
	if a.Launch != nil {
		f.Fact.Call = quote.Clip(a.Launch.ToolUseID, quote.MaxName)
		if a.Role == launch.OpsRole {
			base.Snapshot = &a.Launch.Snapshot
		}
	}
	survey, rules := worktree.Survey{}, cleanup.GateRules(s.Config(ctx), gateresult.Named(agent))
	if a.Found {
		survey = look.SurveyBy(ctx, s, a.Place, base, rules)
	}
	cleaned := tidy.AfterGate(ctx, s, a, agent, survey, rules, id)
	f.Fact.Tree = cleanup.TreePrint(survey, cleaned)
	changed = cleanup.ChangedFiles(s.Config(ctx), survey, cleaned)
	if a.Role == launch.OpsRole {
		f.Fact.Changed = len(changed) > 0
		f.Fact.Needs, f.Asked = record.Needs(s.Config(ctx), changed)
	}
	return f, changed, cmp.Or(survey.Incomplete, "no worktree of this task was found")
}

// appeared names the files that no report of the task lists: what a gate's runs left, where nothing knows it for a by-product.
func appeared(ctx context.Context, s *scene.Scene, a actor.Agent) []string {
	task := s.Task(ctx, a.Task)
	if task == nil || len(task.Unreported()) == 0 {
		return nil
	}
	return []string{quote.Issue("in no report: " + quote.List(quote.First(task.Unreported(), quote.MaxList)) +
		"; if the person changed them, they are checked as a part of the work; if the gate's runs did, undo that, and have git ignore them or artifacts.add in .stopgate.yml name them")}
}

// mergeStop handles the stop of a branch-manager. Only git shows what it did; its own report counts only if it reports a failure.
func mergeStop(ctx context.Context, s *scene.Scene, a actor.Agent, agent *transcript.Agent, stop record.StopID) Answer {
	a = actor.FindTask(ctx, s, a, launch.AssignmentOf(agent))
	said := gateresult.ReadBranch(s.Event.LastAssistantMessage, agent)
	tasks := actor.Mergeable(ctx, s, a)
	if len(tasks) == 0 {
		if a.Task == "" {
			return Answer{} // it may have worked for anything
		}
		known := s.Tasks(ctx)
		tasks = []*record.Task{known.Task(a.Task)}
	}
	id := s.History(ctx).Agent(s.Event.AgentID).StepID(s.Event, stop)
	for i, t := range tasks {
		name := cmp.Or(t.State.Task, a.Task)
		fact := factOf(s, gates.BranchManagerDone, name)
		fact.Fact.Stop, fact.Worktree = id, cmp.Or(t.Worktree, a.Worktree)
		if a.Launch != nil {
			fact.Fact.Call = a.Launch.ToolUseID
		}
		seen := merging.Look(ctx, s, a, t, a.Launch)
		fact.Fact.SentBack = !s.Enforces(ctx) || session.HasEnded(s, agent)
		findings := merging.Complete(s, &fact, seen, integration.Account{Said: said, Merging: t.State.Merging, Decided: t.State.Override != nil && !t.State.HasPassed(), Ran: trace.ShellCommands(agent), Asked: a.Prompt})
		decided := record.OtherStop(stop, gateresult.Verdict(fact.Fact), fact.Worktree, s.Event.LastAssistantMessage)
		decided.Findings, decided.FindingsTotal = findings, len(findings)
		if i < len(tasks)-1 { // only the last task's step is delivered
			takeFact(ctx, s, fact)
			continue
		}
		decided = recordGateStop(ctx, s, decided, fact)
		return Answer{Output: host.Block(decided.Reason)}
	}
	return Answer{}
}

// reviewStop handles the stop of an agent that was launched as a coding agent but only reviewed. Its start as a coding agent is cancelled. If no
// task needs its review, the orchestrator is only told the step that the task has then.
func reviewStop(ctx context.Context, s *scene.Scene, agent *transcript.Agent) Answer {
	asked := launch.AssignmentOf(agent)
	who, stop := gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType}, record.Identify(s.Event, agent, "")
	ended := record.OtherStop(stop, rule.Ended, asked.WorktreePath, s.Event.LastAssistantMessage)
	id := s.History(ctx).Agent(s.Event.AgentID).StepID(s.Event, stop)
	for _, t := range s.Tasks(ctx).All() {
		if !actor.IsFor(s, asked, t) {
			continue
		}
		name := t.State.Task
		gate, _ := scene.UpdateTask(ctx, s, name, func(t *record.Task) (string, []record.Entry) {
			back := factOf(s, gates.NotCoder, name)
			called := t.Take(s.Event.SessionID, back)
			if gate := launch.OwedGate(t.State.Unpassed(), s.Event.AgentType, launch.ReviewForm); gate != "" {
				launched := factOf(s, gates.GateLaunched, name)
				launched.Fact.Gate, launched.Fact.Tree = gate, t.State.Tree
				return gate, []record.Entry{back.Entry(), launched.Entry()}
			}
			if called.Action != "" {
				ended.Step = t.Step(id, who, rule.Ended, called)
			}
			return "", []record.Entry{back.Entry()}
		})
		if gate != "" {
			return gateStop(ctx, s, actor.Agent{Role: launch.GateRole, Gate: gate, Prompt: agent.Prompt})
		}
	}
	s.Append(ctx, ended.Entry(who, asked.TaskID))
	return Answer{}
}

func factOf(s *scene.Scene, kind gates.Kind, task string) record.Fact {
	return record.Fact{Fact: gates.Fact{Kind: kind, Task: task, At: s.Now().UTC(), Agent: s.Event.AgentID, AgentType: s.Event.AgentType}}
}
