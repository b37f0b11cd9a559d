package trace

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/transcript"
)

// Command is a command that an agent, or the session itself, has run.
type Command struct {
	// AgentID is "" for the session itself, AgentType for what is not known.
	AgentID, AgentType string
	Text               string
	// Kinds are what it would do that is prohibited to coding agents, as far as its text tells.
	Kinds []shell.Kind
	// Line is that of the tool use in the transcript.
	Line int
	// From and To are when it was run; To is zero where it has not ended.
	From, To time.Time
}

// ClassifiedCommands are an agent's commands since then, without those that were refused, and what each would do. Reading them ends with ctx: there
// may be many, and long.
func ClassifiedCommands(ctx context.Context, agent *transcript.Agent, since time.Time, denied map[string]bool) []Command {
	list := Commands(agent, since, denied)
	for i := range list {
		if ctx.Err() != nil {
			return list[:i]
		}
		for _, p := range shell.Prohibited(list[i].Text) {
			list[i].Kinds = append(list[i].Kinds, p.Kind)
		}
	}
	return list
}

// Commands are the same as hands, unread.
func Commands(agent *transcript.Agent, since time.Time, denied map[string]bool) []Command {
	var list []Command
	for _, use := range agent.ToolUses {
		if use.Name != "Bash" || use.Command == "" || denied[use.ID] || !use.ResultTime.IsZero() && use.ResultTime.Before(since) {
			continue
		}
		list = append(list, Command{AgentID: agent.ID, Text: use.Command, Line: use.Line, From: use.Time, To: use.ResultTime})
	}
	return list
}

// LastNaming is the last of the commands that names something; the zero Hand where none does.
func LastNaming(ran []Command, names func(command string) bool) Command {
	for _, h := range slices.Backward(ran) {
		if names(h.Text) {
			return h
		}
	}
	return Command{}
}

// Who is the hand as people read it.
func (h Command) Who() string {
	if h.AgentID == "" {
		return "the session itself"
	}
	return fmt.Sprintf("%s (agent %s)", quote.String(h.AgentType, quote.MaxName), quote.String(h.AgentID, quote.MaxName))
}

// Breaks tells whether the command's text says that it breaks the rule.
func (h Command) Breaks(code rule.Name) bool {
	return slices.ContainsFunc(h.Kinds, func(kind shell.Kind) bool { return rule.OfKind(kind) == code })
}

// ReflogStep is how exact the times of a reflog are, and those of a transcript beside them.
const ReflogStep = time.Second

// Spans tells whether the command was running at one of the times.
func (h Command) Spans(times []time.Time) bool {
	return slices.ContainsFunc(times, func(at time.Time) bool {
		return !h.From.IsZero() && !at.Before(h.From.Add(-ReflogStep)) && (h.To.IsZero() || !at.After(h.To.Add(ReflogStep)))
	})
}

// AimsAt tells whether the command may be about that worktree: it names it, or none.
func (h Command) AimsAt(worktree string) bool {
	named := launch.TreesPath().FindAllString(h.Text, -1)
	return len(named) == 0 || slices.ContainsFunc(named, func(name string) bool { return path.Base(name) == path.Base(worktree) })
}
