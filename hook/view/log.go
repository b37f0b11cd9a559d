package view

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// logWords puts the records of a journal into words. It must get every record, in the order of the journal, because one record alone does
// not say which task its agent works on, which step was delivered or what a fact changes.
type logWords struct {
	tasks  record.Tasks
	agents map[string]namedAgent
	steps  map[string]string // the words of each step, by its id
}

// namedAgent has what the records so far say about an agent.
type namedAgent struct{ agentType, task string }

// entry is one record as people read it. A stop has no verdict here.
type entry struct {
	happening
	phase         string // the change of the task's phase, "[coding -> gate-1]"; "" for none
	refusesLaunch bool   // it is the denial of an agent's launch
}

// logWords starts at the beginning of the journal.
func (r Reader) logWords(ctx context.Context) *logWords {
	return newLogWords(r.Caps(ctx))
}

// Caps bound how often the gates of the repository may send work back.
func (r Reader) Caps(ctx context.Context) gates.Caps { return record.CapsOf(r.settings(ctx).Config) }

func newLogWords(caps gates.Caps) *logWords {
	return &logWords{tasks: record.FoldTasks(nil, caps), agents: map[string]namedAgent{}, steps: map[string]string{}}
}

// Widths of the columns of the log, in characters. Longer texts are cut, except for a small excess.
const (
	agentColumn   = 26
	taskColumn    = 14
	maxLogged     = 220 // of what happened
	maxRulesShown = 6
)

// entry adds the next record and returns it for people.
func (c *logWords) entry(rec journal.Record) entry {
	known := c.agents[rec.Agent]
	agent := namedAgent{agentType: cmp.Or(rec.AgentType, known.agentType), task: cmp.Or(rec.Task, known.task)}
	if rec.Agent != "" {
		c.agents[rec.Agent] = agent
	}
	what, phase := c.words(rec)
	e := entry{phase: phase, refusesLaunch: rec.Kind == record.KindDenial && rec.Agent == ""}
	e.happening = happening{
		At: rec.At, Task: agent.task, Who: nameOf(agent.agentType, rec.Agent), AgentType: agent.agentType, AgentID: rec.Agent,
		Text: quote.Clip(quote.Line(strings.TrimSpace(what+" "+phase)), maxLogged),
	}
	if t := c.tasks.Find(agent.task); t != nil {
		e.Task = cmp.Or(t.State.Task, agent.task) // a fact has it in lower case
	}
	return e
}

// nameOf returns an agent for people: its name without a namespace and the beginning of its id; "" for none.
func nameOf(agentType, id string) string {
	var parts []string
	if agentType != "" {
		parts = append(parts, shown(launch.BaseName(agentType), agentColumn-quote.ShortID-1))
	}
	if id != "" {
		parts = append(parts, shown(id[:min(len(id), quote.ShortID)], quote.ShortID))
	}
	return strings.Join(parts, " ")
}

// words describes what happened, and for a fact how it changes the phase of the task.
func (c *logWords) words(rec journal.Record) (words, phase string) {
	var err error
	switch rec.Kind {
	case record.KindStart:
		return "starts work", ""
	case record.KindGone:
		return "is gone: it was stopped at its work, or its client ended", ""
	case record.KindMoved:
		words, err = decoded(rec, movedWords)
	case record.KindLaunch:
		words, err = decoded(rec, launchWords)
	case record.KindStop:
		words, err = decoded(rec, func(s record.Stop) string { return "stops: " + c.stopText(s, "") })
	case record.KindDelivery:
		words, err = decoded(rec, func(d record.Delivery) string {
			return fmt.Sprintf("step delivered to the orchestrator at %s: %s", shown(d.Via, quote.MaxName), c.step(d.StepID))
		})
	case record.KindReturn:
		words, err = decoded(rec, func(d record.Delivery) string {
			if d.From != nil {
				return "not in the transcript of who was told, so it will be told again: " + c.step(d.StepID)
			}
			return "the host did not take the step, which will be delivered again: " + c.step(d.StepID)
		})
	case record.KindReminder:
		words, err = decoded(rec, func(d record.Delivery) string {
			return fmt.Sprintf("reminder at %s of what the task is waiting for", shown(d.Via, quote.MaxName))
		})
	case record.KindAlarm:
		words, err = decoded(rec, func(a record.Alarm) string { return shown(a.Text, quote.MaxReason) })
	case record.KindDenial:
		words, err = decoded(rec, denialWords)
	case record.KindGit:
		words, err = decoded(rec, gitWords)
	case record.KindFact:
		words, err = decoded(rec, func(d record.Fact) (said string) {
			said, phase = c.factWords(rec.Session, d)
			return said
		})
	default:
		return fmt.Sprintf("unknown kind of record: %s (version %d)", shown(rec.Kind, quote.MaxName), rec.V), ""
	}
	if err != nil {
		return fmt.Sprintf("unreadable record: %s: %v", shown(rec.Kind, quote.MaxName), err), ""
	}
	return words, phase
}

// decoded words the data of a record.
func decoded[T any](rec journal.Record, words func(T) string) (string, error) {
	var data T
	if err := json.Unmarshal(rec.Data, &data); err != nil {
		return "", err
	}
	return words(data), nil
}

// step returns the step of that id in words.
func (c *logWords) step(id string) string {
	return cmp.Or(c.steps[id], "a step recorded elsewhere") + ", step " + shown(id[:min(len(id), shortStep)], shortStep)
}

// shortStep is how many characters of a step's id are enough to find it.
const shortStep = 8

// movedWords describes that the client goes on with an agent in another session.
func movedWords(m record.Moved) string {
	if m.From == "" {
		return "leaves the conversation in which it was launched"
	}
	return "goes on in another conversation of the client"
}

func launchWords(l struct { // without the long rest
	Role     launch.Role
	Worktree string
},
) string {
	as := map[launch.Role]string{
		launch.CodingRole: "as a coding agent", launch.GateRole: "as a gate", launch.MergeRole: "to merge", launch.OpsRole: "as an ops agent",
	}[l.Role]
	words := "is launched " + cmp.Or(as, "as an agent that may code")
	if l.Worktree != "" {
		words += " in " + shown(l.Worktree, maxTreeColumn)
	}
	return words
}

// stopText returns a stop, with details behind its verdict.
func (c *logWords) stopText(s record.Stop, details string) string {
	words := shown(string(s.Verdict), quote.MaxName) + details
	if s.Verdict == rule.Rejected {
		back := fmt.Sprintf("sent back (%s)", ordinal(s.Attempts+1))
		if s.Step != nil {
			back = "let go, because the mode is observe"
		}
		words += ", " + back
	}
	if s.FindingsTotal > 0 {
		words += "; " + rulesOf(s.Findings)
	}
	if s.Cleanup != nil && s.Cleanup.RemovedTotal > 0 {
		words += "; " + quote.Plural(s.Cleanup.RemovedTotal, "artifact") + " removed"
	}
	if s.Step != nil {
		c.steps[s.Step.StepID] = shortStepOf(s.Step)
		words += "; next: " + shortStepOf(s.Step)
	}
	return words
}

// shortStepOf returns a step in as few words as possible.
func shortStepOf(s *step.Step) string {
	names := quote.Each(s.Calls, func(call step.Call) string { return shown(cmp.Or(call.SubagentType, call.To), maxGateColumn) })
	return strings.TrimSpace(shown(step.ActionWord(s.Action), quote.MaxName) + " " + strings.Join(names, ", "))
}

func ordinal(n int) string {
	return cmp.Or(map[int]string{1: "the first time", 2: "the second time", 3: "the third time"}[n], fmt.Sprintf("time %d", n))
}

// rulesOf names the rules of findings, each once.
func rulesOf(findings []rule.Finding) string {
	first, omitted := quote.First(rule.Names(findings), maxRulesShown)
	names := quote.Each(first, func(name string) string { return shown(name, quote.MaxName) })
	return strings.Join(names, ", ") + quote.AndMore(omitted)
}

func denialWords(d record.Denial) string {
	words := shown(d.Tool, quote.MaxName) + " refused"
	if d.Observed {
		words = shown(d.Tool, quote.MaxName) + " not refused, because the mode is observe"
	}
	if len(d.Findings) > 0 {
		words += ": " + quote.Clip(d.Findings[0].Line(), maxIssueLogged) + quote.AndMore(len(d.Findings)-1)
	}
	return words
}

// gitWords returns a git command that writes to the repository.
func gitWords(g record.Git) string {
	words := map[record.Outcome]string{
		record.Passed: "runs", record.Refused: "is refused", record.Unknown: "an agent that is not known runs",
	}[g.Outcome]
	words = cmp.Or(words, shown(string(g.Outcome), quote.MaxName)) + " " + quote.String(g.Command, maxIssueLogged)
	if g.Worktree != "" {
		words += " in " + shown(g.Worktree, maxTreeColumn)
	}
	if g.Note != "" {
		words += " (" + shown(g.Note, maxIssueLogged) + ")"
	}
	return words
}

// factWords describes what happened to a task, and how it changes its phase.
func (c *logWords) factWords(session string, d record.Fact) (words, phase string) {
	task := c.tasks.Task(d.Fact.Task)
	before, override := task.State.Phase, task.State.Override
	answer := task.Take(session, d)
	words = wordsOf(d, answer)
	if now := task.State.Override; now != nil && override == nil {
		words += "; it may be merged by their decision, with this open: " + strings.Join(step.OpenWords(now.Open), "; ")
	}
	if after := task.State.Phase; after != before {
		phase = fmt.Sprintf("[%s -> %s]", cmp.Or(before, "new"), after)
	}
	return words, phase
}

// wordsOf describes a fact; answer is the protocol's step after it.
func wordsOf(d record.Fact, answer gates.Step) string {
	f := d.Fact
	gate := "gate " + shown(f.Gate, quote.MaxName)
	switch f.Kind {
	case gates.NotCoder:
		return "it does not work on this task any more"
	case gates.CoderStarted:
		return "a coding agent works on the task"
	case gates.CoderStopped:
		words := "work " + shown(string(f.Verdict), quote.MaxName)
		if f.Verdict == gates.Verified {
			names := quote.Each(f.Needs, func(g gates.Gate) string { return g.Name })
			words += fmt.Sprintf(": %s; gates needed: %s", quote.Plural(d.FilesTotal, "file"), cmp.Or(shownAll(names), "none"))
		}
		return words
	case gates.OpsStopped:
		return "ops work done" + map[bool]string{true: ", files changed"}[f.Changed]
	case gates.GateLaunched:
		return gate + " launched"
	case gates.GateResult:
		return gate + ": " + outcomeWords(f, answer)
	case gates.LaunchFailed:
		return cmp.Or(shown(f.Gate, quote.MaxName), gates.BranchManagerAgent) + " was not launched: there is no agent called " + shown(f.AgentType, quote.MaxName)
	case gates.PassRefuted:
		return "the pass of " + gate + " does not count: " + shown(f.Why, quote.MaxReason)
	case gates.TreeSeen:
		return "worktree checked"
	case gates.LaunchAsked:
		words := "launch of " + shown(f.Launch, quote.MaxName) + " "
		if answer.Action != gates.Deny {
			return words + "allowed"
		}
		return words + "refused: " + step.WhyDenied(answer)
	case gates.PromptCame:
		return map[bool]string{false: "a prompt came", true: "a question was answered"}[f.Asking] + "; it is not known yet who gave it"
	case gates.PersonSpoke:
		return "the person wrote a prompt"
	case gates.PromptRefuted:
		return shown(f.Why, quote.MaxReason)
	case gates.MergeAsked:
		return "the person is asked whether to merge"
	case gates.MergeAnswered:
		if f.Outcome == gates.Pass {
			return "the person agreed to the merge"
		}
		return "the merge is not agreed: " + shown(f.Why, quote.MaxReason)
	case gates.TreeKept:
		return "the work was committed by hand, as it was"
	case gates.MergedByHand:
		return "the work was merged by hand"
	case gates.Closed:
		return "closed by hand: " + shown(f.Why, quote.MaxReason)
	case gates.PersonAgreed:
		return "the person asked for the gates"
	case gates.BranchManagerLaunched:
		return "branch-manager launched"
	case gates.BranchManagerDone:
		switch f.Outcome {
		case gates.Committed:
			return "branch-manager done: committed, not merged"
		case gates.Nothing:
			return "branch-manager done: nothing was committed or merged"
		}
		return "branch-manager done" + map[bool]string{true: ": it failed" + issueWords(f.Issues)}[f.Outcome == gates.Fail]
	}
	return "unknown fact: " + shown(string(f.Kind), quote.MaxName)
}

func outcomeWords(f gates.Fact, answer gates.Step) string {
	var words string
	switch f.Outcome {
	case gates.Pass, gates.Fail:
		words = string(f.Outcome)
	default:
		words = "no result"
	}
	if len(f.Contradictions) > 0 {
		words += ", contradicting itself" + issueWords(f.Contradictions)
	} else {
		words += issueWords(f.Issues)
	}
	if answer.Action == gates.SendBack {
		words += "; its agent is sent back"
	}
	return words
}

// issueWords returns the first of an agent's issues, as data.
func issueWords(issues []string) string {
	if len(issues) == 0 {
		return ""
	}
	return ": " + quote.String(issues[0], maxIssueLogged) + quote.AndMore(len(issues)-1)
}

const maxIssueLogged = 100 // characters
