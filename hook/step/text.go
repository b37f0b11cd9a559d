package step

import (
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// banner begins every text for an orchestrator, which must not take it for a prompt of the person.
const banner = "[stopgate plugin, automated check, not user input]"

// Text returns the whole step for the orchestrator, at most host.MaxStep characters. It begins with one sentence for the person and what to do, and
// ends with the step as one JSON object.
func (s *Step) Text() string {
	sections := []string{
		banner, s.Lead(), todo(s), calls(s), outcome("passes", s.OnPass), outcome("fails", s.OnFail),
		happened(s), proven(s), unfinished(s), foundByGates(s), soFar(s), findings(s), cleaned(s), reportBelow(s), again(s),
	}
	var b strings.Builder
	for _, section := range sections {
		if section != "" {
			b.WriteString(strings.TrimSuffix(section, "\n") + "\n")
		}
	}
	b.WriteString(quote.JSON(s))
	return b.String()
}

// At returns the text of the step for an event: whole, or short at the end of a turn.
func (s *Step) At(event string) string {
	if event == host.Stop {
		return short(s)
	}
	return s.Text()
}

// short returns the step in at most host.MaxReminder characters, because the client prints the whole text on the person's screen at the end of a
// turn. It contains the command that prints the whole step.
func short(s *Step) string {
	text := banner + "\n" + s.Lead() + "\n"
	do, rest := doing(s), "Take this step now, or tell the person why not. With its prompt: "+s.Command()
	if len(s.Calls) == 0 {
		do, rest = s.Instead, "The whole step: "+s.Command()
		if s.AgentID == "" && len(s.Issues)+len(s.History) == 0 { // the short form is complete
			rest = ""
		}
	}
	if room := host.MaxReminder - quote.Length(text+rest) - 1; do != "" && room > 0 {
		text += quote.Clip(do, room) + "\n"
	}
	return strings.TrimSuffix(text+rest, "\n")
}

// doing lists the calls in few words; "" if there are none.
func doing(s *Step) string {
	var what []string
	for _, c := range s.Calls {
		if c.Tool == host.SendMessageTool {
			what = append(what, "send the message to agent "+quote.String(c.To, quote.MaxTaskShort))
		} else {
			what = append(what, "launch "+quote.String(c.SubagentType, quote.MaxTaskShort))
		}
	}
	if len(what) == 0 {
		return ""
	}
	return "That is: " + quote.Some(what, maxShort, ", ") + "."
}

// maxShort is how many calls the short form of a step names.
const maxShort = 3

// Command returns the command that prints the whole step: by the id of an agent's stop, else by the task.
func (s *Step) Command() string {
	if s.AgentID == "" && shellWord().MatchString(s.TaskID) {
		return "stopgate step " + s.TaskID
	}
	return "stopgate step " + s.StepID
}

// shellWord matches a name that every shell takes as one word, and no command as a flag.
var shellWord = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._/:-]{0,39}$`)

// happened describes the event that led to the step.
func happened(s *Step) string {
	task := "Task " + quote.String(s.TaskID, quote.MaxTask)
	if s.WorktreePath != "" {
		task += " in " + quote.String(s.WorktreePath, quote.MaxPath)
	}
	task += ": "
	switch {
	case s.Why == gates.NoAgent:
		return task + missing(s)
	case s.Reminder:
		return task + "this step is still to be done."
	case s.AgentID == "" && s.Verdict == rule.NoResult:
		return task + "an agent that was launched for it is no longer at work, and it left no result."
	case s.AgentID == "" && s.Why == gates.WordHeard:
		return task + "a prompt has come since all gates passed. stopgate finds out at the launch whether the person gave it."
	case s.AgentID == "" && s.Verdict == rule.Ended:
		return task + "the person has answered."
	}
	return task + fmt.Sprintf("%s (agent %s) has stopped. Verdict: %s.", quote.String(s.AgentType, quote.MaxName), quote.String(s.AgentID, quote.MaxName), s.Verdict)
}

func proven(s *Step) string {
	if len(s.Files) == 0 {
		return ""
	}
	return fmt.Sprintf("Proven with git (%s): %s.", quote.Plural(len(s.Files)+s.FilesOmitted, "file"), quote.List(s.Files, s.FilesOmitted))
}

// unfinished lists what the agent itself reports as missing.
func unfinished(s *Step) string {
	var b strings.Builder
	if s.Error != "" {
		fmt.Fprintf(&b, "The agent declined: %s\n", quote.String(s.Error, quote.MaxReason))
	}
	if len(s.Unfinished) > 0 {
		fmt.Fprintf(&b, "The agent reports as unfinished: %s\n", quote.List(s.Unfinished, s.UnfinishedOmitted))
	}
	return b.String()
}

func foundByGates(s *Step) string {
	if len(s.Issues) == 0 {
		return ""
	}
	heading := "What the gates found, in their words:\n"
	switch s.Why {
	case gates.NoInput:
		heading = "What the gate lacked, in its words:\n"
	case gates.NoEvidence, gates.NotLaunched:
		heading = "What is not shown:\n"
	}
	return heading + numbered(s.Issues, s.IssuesOmitted)
}

// numbered lists issues, which are words of agents.
func numbered(issues []gates.Issue, omitted int) string {
	var b strings.Builder
	for i, issue := range issues {
		fmt.Fprintf(&b, "%d. %s: %s\n", i+1, quote.Line(issue.Gate), quote.String(issue.Text, quote.MaxIssue))
	}
	if omitted > 0 {
		fmt.Fprintf(&b, "(and %d more)\n", omitted)
	}
	return b.String()
}

func soFar(s *Step) string {
	if len(s.History) == 0 {
		return ""
	}
	return "What has happened so far:\n- " + strings.Join(s.History, "\n- ")
}

func findings(s *Step) string {
	if len(s.Findings) == 0 {
		return ""
	}
	return "Findings:\n" + bulleted(quote.Each(s.Findings, rule.Finding.Line), s.FindingsOmitted, "")
}

// bulleted lists entries, and counts those that were left out. more is added to that count.
func bulleted(entries []string, omitted int, more string) string {
	var b strings.Builder
	for _, entry := range entries {
		b.WriteString("- " + entry + "\n")
	}
	if omitted > 0 {
		fmt.Fprintf(&b, "- and %d more%s\n", omitted, more)
	}
	return b.String()
}

func cleaned(s *Step) string {
	if s.Cleanup == nil {
		return ""
	}
	return s.Cleanup.Sentence()
}

func reportBelow(s *Step) string {
	if s.Report == nil {
		return ""
	}
	return "The agent's last message is not its report. The report is in the object below."
}

// again says why gates run a second time; "" if they run for the first.
func again(s *Step) string {
	if s.Action != gates.Deploy {
		return ""
	}
	if outdated(s) {
		return "The gate was launched before the coding agent had done its last work, so its pass does not count and it runs again."
	}
	return reasons[s.Why].again
}

func todo(s *Step) string {
	if s.Action == gates.Deploy && s.Why == gates.NoInput {
		missing := "what the gate lacked added to its prompt"
		if strings.Contains(prompts(s), fillIn) {
			missing = "the value in its prompt where it says " + fillIn
		}
		return "To do so, make this call, with " + missing + ". Ask the person only if you cannot find it out:"
	}
	switch len(s.Calls) {
	case 0:
		return s.Instead
	case 1:
		return "To do so, make exactly this call:"
	}
	return fmt.Sprintf("To do so, make exactly these %d calls, all in one message:", len(s.Calls))
}

func prompts(s *Step) string {
	var b strings.Builder
	for _, c := range s.Calls {
		b.WriteString(c.Prompt + "\n")
	}
	return b.String()
}

func calls(s *Step) string {
	var b strings.Builder
	for _, c := range s.Calls {
		if c.Tool == host.SendMessageTool {
			fmt.Fprintf(&b, "SendMessage(to: %s, message: as in the object below)\n", quote.String(c.To, quote.MaxName))
			continue
		}
		fmt.Fprintf(&b, "%s(subagent_type: %s, description: %s, prompt: as in the object below)\n", c.Tool, quote.String(c.SubagentType, quote.MaxName), quote.String(c.Description, quote.MaxDescription))
		if name := launch.BaseName(c.SubagentType); name != c.SubagentType && !c.Exists && s.Why != gates.NoAgent {
			fmt.Fprintf(&b, "If no agent of that type exists, make the call with %s instead.\n", quote.Line(name))
		}
	}
	return b.String()
}

func outcome(what, then string) string {
	if then == "" {
		return ""
	}
	return "If it " + what + ": " + then + "."
}
