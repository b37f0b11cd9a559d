package step

import (
	"cmp"
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// Notice is one line for the person if the step waits for them; otherwise "".
func (s *Step) Notice() string {
	switch {
	case s.Action == Present && s.Why == string(gates.HeldOps):
		return s.news("is waiting for you: an ops agent changed files. Shall the gates check them?")
	case s.Action == Present:
		return s.news("is waiting for you: all gates passed. Merge?")
	case s.Action == Escalate, s.Action == Halted, s.Action == Unverified:
		return s.news(fmt.Sprintf("is waiting for your decision. Verdict: %s. %s", s.Verdict, gravest(s.Findings)))
	}
	return ""
}

// Headline is one line for the person about the stop that the step follows, whoever has the next move. sentBack is how often the agent was
// sent back before it stopped.
func (s *Step) Headline(sentBack int) string {
	if notice := s.Notice(); notice != "" {
		return notice
	}
	what := map[rule.Verdict]string{
		rule.Verified: "work verified, " + quote.Plural(len(s.Files)+s.FilesOmitted, "file"), rule.Incomplete: "work is incomplete", rule.Declined: "the agent lacks an input",
		rule.Unknown: "the report could not be checked", rule.Capped: "the report is still wrong", rule.Violation: "something happened that only you can undo",
		rule.Passed: "passed", rule.Failed: "failed", rule.NoResult: "ended without a result",
	}[s.Verdict]
	if what == "" || s.Reminder {
		return ""
	}
	switch s.Verdict {
	case rule.Passed, rule.Failed, rule.NoResult:
		what = quote.Line(quote.Clip(s.AgentType[strings.LastIndexByte(s.AgentType, ':')+1:], quote.MaxName)) + " " + what
		if n := len(s.Issues) + s.IssuesOmitted; n > 0 {
			what += ", " + quote.Plural(n, "issue")
		}
	case rule.Verified, rule.Incomplete, rule.Unknown:
		if sentBack > 0 {
			what += ", sent back " + quote.Plural(sentBack, "time") + " before"
		}
	}
	next := ""
	if len(s.Calls) > 0 {
		names := make([]string, len(s.Calls))
		for i, c := range s.Calls {
			if names[i] = cmp.Or(c.SubagentType, "the coding agent"); c.SubagentType == "" && c.To == "" {
				names[i] = "another agent"
			}
			names[i] = quote.Line(quote.Clip(names[i][strings.LastIndexByte(names[i], ':')+1:], quote.MaxName))
		}
		next = ". Next: " + strings.Join(names, " and ")
	}
	return fmt.Sprintf("stopgate: %s: %s%s.", quote.Line(quote.Clip(s.TaskID, quote.MaxTaskShort)), what, next)
}

// ObservedNotice is one line for the person in a repository that only observes.
func (s *Step) ObservedNotice() string {
	return s.news(fmt.Sprintf("has the verdict %s. This repository only observes; next would be: %s %s", s.Verdict, s.Summary(), gravest(s.Findings)))
}

// Waiting is one line for the person: Claude ended its turn twice without the step that the task owes.
func Waiting(task, worktree string, owed gates.Step) string {
	without := "resuming its coding agent"
	if owed.Action == gates.Deploy {
		without = "launching " + quote.Line(strings.Join(ClippedNames(owed.Gates), " and "))
	}
	return about(task, worktree) + " is waiting: Claude ended its turn without " + without
}

func (s *Step) news(text string) string {
	return strings.TrimSpace(about(s.TaskID, s.WorktreePath) + " " + text)
}

func about(task, worktree string) string {
	return fmt.Sprintf("stopgate: task %s in %s", quote.String(task, quote.MaxTask), quote.String(worktree, quote.MaxPath))
}

// gravest is the first of the gravest findings; "" if there is none.
func gravest(findings []rule.Finding) string {
	for _, severity := range []rule.Severity{rule.Halt, rule.Block, rule.Note} {
		if picked := rule.Of(findings, severity); len(picked) > 0 {
			return picked[0].Line()
		}
	}
	return ""
}

// Summary is the step in a few words, for people.
func (s *Step) Summary() string {
	if len(s.Calls) == 0 {
		return string(s.Action) + ". " + s.Instead
	}
	names := make([]string, len(s.Calls))
	for i, c := range s.Calls {
		names[i] = cmp.Or(c.SubagentType, c.To)
	}
	return string(s.Action) + " " + strings.Join(names, " and ")
}
