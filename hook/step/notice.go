package step

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// Notice returns one line for the person if the step waits for them; otherwise "".
func (s *Step) Notice() string {
	switch {
	case s.Action == gates.Present && s.Why == gates.HeldOps:
		return waiting(s, "is waiting for you: an ops agent changed files. Shall the gates check them?")
	case s.Action == gates.Present:
		return waiting(s, "is waiting for you: all gates passed. Merge?")
	case s.Action == gates.Escalate, s.Action == gates.Halt, s.Action == gates.Unverified:
		return waiting(s, fmt.Sprintf("is waiting for your decision. Verdict: %s. %s", s.Verdict, gravest(s.Findings)))
	}
	return ""
}

// Stopped returns what the session reads when it has stopped a coding agent of the task at its work. The name is "" if unknown.
func Stopped(task string) string {
	s := &Step{TaskID: task}
	return banner + "\n" + subject(s) + ": this coding agent was stopped before its report, so what it did in this run is not checked. To go on, resume it or launch a coding agent " +
		"with the task and the worktree. If the task is given up, nothing more is to be done."
}

// Lead returns the first sentence of a step, for the person: what happened to the task, and what comes next.
func (s *Step) Lead() string {
	return fmt.Sprintf("%s: %s. Next: %s.", subject(s), news(s, 0), next(s))
}

// Headline returns one line for the person about the stop that the step follows, no matter who acts next. sentBack is how often the agent was sent
// back before it stopped.
func (s *Step) Headline(sentBack int) string {
	if notice := s.Notice(); notice != "" {
		return notice
	}
	integrated := s.Why == gates.Merged || s.Why == gates.OnFeatureBranch
	if s.Reminder || s.Verdict == rule.Ended && !integrated || s.AgentID == "" && s.AgentType == "" && s.Verdict == rule.NoResult {
		return ""
	}
	line := "stopgate: " + subject(s) + ": " + news(s, sentBack)
	if len(s.Calls) > 0 {
		line += ". Next: " + next(s)
	}
	return line + "."
}

// subject returns a short name of the task, else of the worktree.
func subject(s *Step) string {
	name := cmp.Or(s.TaskID, s.WorktreePath, "a task without a name")
	if short := quote.Clip(name, quote.MaxTaskShort); shellWord().MatchString(name) || s.TaskID == "" && s.WorktreePath == "" {
		return short
	}
	return quote.String(name, quote.MaxTaskShort)
}

// news returns in a few words what happened.
func news(s *Step, sentBack int) string {
	switch {
	case s.Reminder:
		return "reminder: the next step is still open"
	case s.Why == gates.NoAgent:
		return "nothing ran, because there is no agent called " + quote.String(s.AgentType, quote.MaxTaskShort)
	case s.AgentID == "" && s.Verdict == rule.NoResult:
		return "an agent left no result"
	case s.Why == gates.WordHeard:
		return "a prompt has come since all gates passed"
	case s.Why == gates.Merged:
		return "the work is merged"
	case s.Why == gates.OnFeatureBranch:
		return "the work is committed on its branch"
	case s.AgentID == "" && s.Verdict == rule.Ended:
		return "the person has answered"
	case s.Verdict == rule.Failed && s.Why == gates.HeldMergeFailed:
		return "the merge failed"
	}
	what := verdictWords[s.Verdict]
	switch s.Verdict {
	case rule.Passed, rule.Failed, rule.NoResult, rule.Ended:
		agent := quote.Line(quote.Clip(launch.BaseName(s.AgentType), quote.MaxTaskShort))
		what = cmp.Or(agent, "an agent") + " " + what
		if discounted(s) {
			return what + ", but its pass does not count"
		}
		if n := len(s.Issues) + s.IssuesOmitted; n > 0 && s.Why != gates.NoInput && s.Verdict != rule.Passed { // those beside a pass are of another gate or run
			what += ", " + quote.Plural(n, "issue")
		}
	case rule.Verified:
		if len(s.Files) == 0 {
			what += " before, nothing new"
			break
		}
		what += ", " + quote.Plural(len(s.Files)+s.FilesOmitted, "file")
	}
	switch s.Verdict {
	case rule.Verified, rule.Incomplete, rule.Unknown:
		if sentBack > 0 {
			what += ", sent back " + quote.Plural(sentBack, "time") + " before"
		}
	}
	return what
}

// discounted reports whether the agent is a gate that passed, and whose pass does not count.
func discounted(s *Step) bool {
	return s.Verdict == rule.Passed && s.Action == gates.Deploy && (slices.Contains([]gates.Reason{gates.NoEvidence, gates.NotLaunched, gates.NoReceipt}, s.Why) || outdated(s))
}

// outdated reports whether the agent is a gate that passed and was launched before the last work on the task, so that it runs again.
func outdated(s *Step) bool {
	return s.Verdict == rule.Passed && s.Action == gates.Deploy && (s.Why == gates.WorkVerified || s.Why == gates.StagePassed) &&
		slices.ContainsFunc(s.Gates, func(gate string) bool { return launch.BaseName(gate) == launch.BaseName(s.AgentType) })
}

// verdictWords has words for the person for each verdict.
var verdictWords = map[rule.Verdict]string{
	rule.Verified: "work verified", rule.Incomplete: "work is incomplete", rule.Declined: "the agent lacks an input",
	rule.Unknown: "the report could not be checked", rule.Capped: "the report is still wrong", rule.Rejected: "the report is wrong",
	rule.Violation: "something happened that only a person can undo", rule.Passed: "passed", rule.Failed: "failed",
	rule.NoResult: "ended without a result", rule.Ended: "has ended",
}

// next returns what comes next, as a clause.
func next(s *Step) string {
	switch s.Action {
	case gates.Deploy:
		return gatesNext(s)
	case gates.Resume:
		return "send the coding agent what the gates found"
	case gates.Merge:
		if s.Why == gates.CommitOnly {
			return "commit the work on its branch"
		}
		return "merge, if that is what the person said"
	case gates.Present:
		if s.Why == gates.HeldOps {
			return "ask the person whether the gates shall check it"
		}
		return "ask the person whether to merge"
	case gates.Close:
		switch {
		case s.brokeOffCommitted():
			return "finish the merge, if the person approved one"
		case s.Why == gates.OnFeatureBranch:
			return "go on with the next work unit"
		}
		return "close the task"
	case gates.Resolve:
		return "resolve what is unfinished"
	case gates.Supply:
		return "supply what is missing"
	case gates.Unverified:
		if s.Why == gates.NothingVerified {
			return "have the coding agent finish and report"
		}
	case gates.Wait:
		if s.Why == gates.NothingVerified {
			return "have a coding agent do the work"
		}
		return "wait for the agents at work"
	}
	return "the person decides"
}

// gatesNext says what the gates of a step do.
func gatesNext(s *Step) string {
	switch s.Why {
	case gates.NoInput:
		return "run it again with the input that it lacked"
	case gates.NoAgent:
		return "make the call with another agent"
	}
	var parts []string
	for _, gate := range s.Gates {
		part := "review the change"
		switch config.RoleOf(gate) {
		case config.RoleTests:
			part = "run the tests"
		case config.RoleSecurity:
			part = "audit its security"
		case config.RoleReview:
		}
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	if len(parts) == 1 && parts[0] == "audit its security" {
		return "audit the security of the change"
	}
	return cmp.Or(strings.Join(parts, " and "), "launch what is missing")
}

// ObservedNotice returns one line for the person in the mode observe.
func (s *Step) ObservedNotice() string {
	return waiting(s, fmt.Sprintf("has the verdict %s. This repository only observes; next would be: %s %s", s.Verdict, s.Summary(), gravest(s.Findings)))
}

// Waiting returns one line for the person: Claude ended its turn twice without the step that the task owes.
func Waiting(task, worktree string, owed gates.Step) string {
	without := "resuming its coding agent"
	if owed.Action == gates.Deploy {
		without = "launching " + quote.Line(strings.Join(ClippedNames(owed.Gates), " and "))
	}
	return about(task, worktree) + " is waiting: Claude ended its turn without " + without
}

func waiting(s *Step, text string) string {
	return strings.TrimSpace(about(s.TaskID, s.WorktreePath) + " " + text)
}

func about(task, worktree string) string {
	return fmt.Sprintf("stopgate: task %s in %s", quote.String(task, quote.MaxTask), quote.String(worktree, quote.MaxPath))
}

// gravest returns the first of the gravest findings; "" if there is none.
func gravest(findings []rule.Finding) string {
	for _, severity := range []rule.Severity{rule.Halt, rule.Block, rule.Note} {
		if picked := rule.Of(findings, severity); len(picked) > 0 {
			return picked[0].Line()
		}
	}
	return ""
}

// Summary returns the step in a few words, for people.
func (s *Step) Summary() string {
	if len(s.Calls) == 0 {
		return ActionWord(s.Action) + ". " + s.Instead
	}
	names := quote.Each(s.Calls, func(c Call) string { return cmp.Or(c.SubagentType, c.To) })
	return ActionWord(s.Action) + " " + strings.Join(names, " and ")
}

// NotShown returns the text for the person and the orchestrator about a step, or another message, that was recorded as delivered by the event
// called via, but is not in the transcript of the model. unread is the reason why that transcript cannot be read; "" if it can.
func NotShown(task, via, unread string) string {
	what := "a message"
	if task != "" {
		what = "the step for task " + quote.String(task, quote.MaxTask)
	}
	seen := "the transcript does not have it"
	if unread != "" {
		seen = "the transcript cannot be read: " + quote.String(unread, quote.MaxReason)
	}
	return fmt.Sprintf("%s was marked as delivered at %s, and %s. It is told again. Either the client dropped it, or another program sent stopgate that event: look at what the agents' commands did.",
		what, quote.String(via, quote.MaxName), seen)
}

// PassRefuted returns the text for the person and the orchestrator about a gate's pass that does not count after all.
func PassRefuted(task, gate, why string) string {
	return fmt.Sprintf("the pass of %s for task %s does not count any more: %s. If only the client sent stopgate events, launch the gate again; otherwise look at what the agents' commands did.",
		quote.String(gate, quote.MaxName), quote.String(task, quote.MaxTask), quote.Clip(why, 2*quote.MaxReason))
}
