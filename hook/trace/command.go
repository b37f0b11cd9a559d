package trace

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Command is a tool use by which an agent, or the session itself, may have done anything: a shell command, or a call of a tool that is not known to
// be read-only.
type Command struct {
	// AgentID is "" for the session itself. AgentType is "" if unknown.
	AgentID, AgentType string
	// Tool is the tool's name; "" for a shell.
	Tool string
	// Text is the command or, for a tool other than a shell, the tool's name and the texts in its input.
	Text string
	// Kinds are the prohibited operations in Text; nil if there are none, or if the command was not classified.
	Kinds []gitop.Kind
	// Hides describes how the command hides what it does or bypasses the guard (screen.Hides); "" if it does not, or if it was not classified.
	Hides string
	// Left means that it may have left a process running, so that its end is unknown.
	Left bool
	// Line is the line of the tool use in the transcript, from 1. Helper is as in Edit.
	Line   int
	Helper string
	// From is when the command started, zero if the transcript has no time. To is when it ended, zero if it has not or if that is unknown.
	From, To time.Time
	// Dir is the absolute path of the folder that it ran in; "" if unknown.
	Dir string

	classed string   // the part of Text that is a command
	names   []string // of a tool other than a shell: what its input names
	spreads func() []spread
}

// Where describes the place of a tool use in a transcript: "line 5 of <whose> transcript". helper is as in Edit.
func Where(line int, whose, helper string) string {
	if helper != "" {
		return fmt.Sprintf("line %d of the transcript of agent %s, which worked for %s", line, quote.String(helper, quote.MaxName), map[bool]string{true: "you", false: "it"}[whose == "your"])
	}
	return fmt.Sprintf("line %d of %s transcript", line, whose)
}

// maxFollowed bounds the text of commands that is followed to the files that it writes without naming them, in bytes. The files of later commands are
// not known to be theirs.
const maxFollowed = 4 << 20

// Commands returns the commands that an agent ran and that had not ended before since, in order. denied holds the ids of tool uses that
// were refused; those did not run. Kinds stay nil.
func Commands(agent *transcript.Agent, since time.Time, denied map[string]bool) []Command {
	var list []Command
	followed := 0
	for _, use := range agent.ToolUses {
		if !use.Acts() || use.Name == "Bash" && use.Command == "" || denied[use.ID] || !use.ResultTime.IsZero() && use.ResultTime.Before(since) {
			continue
		}
		c := Command{AgentID: agent.ID, Text: use.Command, Line: use.Line, Helper: use.Helper, From: use.Time, To: use.ResultTime, Dir: use.CWD, classed: use.Command}
		if transcript.IsShell(use.Name) {
			if followed += len(use.Command); followed <= maxFollowed {
				c.spreads = spreading(use.Command, use.CWD)
			}
		} else {
			c.Tool, c.names = use.Name, use.Names
			c.Text = strings.TrimSpace(use.Name + " " + cmp.Or(use.Input, use.Command))
		}
		if c.Left = use.Name == "Monitor" || use.Stays; c.Left { // its result comes at once, and its command continues
			c.To = time.Time{}
		}
		list = append(list, c)
	}
	return list
}

// ClassifiedCommands is like Commands, with Kinds. Commands can be many and long, so it stops when ctx is done and returns those that it has
// classified.
func ClassifiedCommands(ctx context.Context, agent *transcript.Agent, since time.Time, denied map[string]bool) []Command {
	list := Commands(agent, since, denied)
	for i := range list {
		if ctx.Err() != nil {
			return list[:i]
		}
		list[i].Hides = screen.Hides(list[i].classed)
		if screen.Leaves(list[i].classed) {
			list[i].Left, list[i].To = true, time.Time{}
		}
		for _, use := range screen.Prohibited(list[i].classed) {
			// A finding asks to delete the whole .git of a nested repository. A command that deletes one leaves no setting and no branch behind.
			if !use.Sure || isElsewhere(agent.CWD, use.Dir) || use.Removes != "" {
				continue
			}
			list[i].Kinds = append(list[i].Kinds, use.Kind)
		}
	}
	return list
}

// isElsewhere reports whether a folder is known to be outside the repository in which the agent began.
func isElsewhere(from, dir string) bool {
	if !filepath.IsAbs(dir) {
		return false
	}
	own, err := worktree.Locate(from)
	if err != nil {
		return false
	}
	place, err := worktree.Locate(dir)
	return err != nil || place.CommonDir != own.CommonDir
}

// LastNaming returns the last command for whose text names is true; the zero Command if there is none.
func LastNaming(commands []Command, names func(text string) bool) Command {
	for _, c := range slices.Backward(commands) {
		if names(c.Text) {
			return c
		}
	}
	return Command{}
}

// Who returns the name of the agent that ran the command.
func (c Command) Who() string {
	if c.AgentID == "" {
		return "the session itself"
	}
	return OtherAgent{AgentID: c.AgentID, AgentType: c.AgentType}.String()
}

// Breaks reports whether the text of the command shows that it breaks the rule.
func (c Command) Breaks(name rule.Name) bool {
	return slices.ContainsFunc(c.Kinds, func(kind gitop.Kind) bool { return rule.OfKind(kind) == name })
}

// ClockStep is the precision of the times in a reflog. Git cuts them to whole seconds, so an entry happened at its time or less than a step later.
const ClockStep = time.Second

// RanAt reports whether the command was running at one of the times; false if its start is unknown. A command that had ended before that time, or
// began after its second, was not.
func (c Command) RanAt(times []time.Time) bool {
	return slices.ContainsFunc(times, func(at time.Time) bool {
		return !c.From.IsZero() && c.From.Before(at.Add(ClockStep)) && (c.To.IsZero() || c.To.Add(transcript.TimeStep).After(at))
	})
}

// StartedBy reports whether the command had started at one of the times. It returns true if the start is unknown.
func (c Command) StartedBy(times []time.Time) bool {
	return c.From.IsZero() || slices.ContainsFunc(times, func(at time.Time) bool { return c.From.Before(at.Add(ClockStep)) })
}

// MayConcern reports whether the command may act on a worktree: its text names that worktree, or none at all.
func (c Command) MayConcern(worktree string) bool {
	named := launch.TreesPath().FindAllString(c.Text, -1)
	return len(named) == 0 || slices.ContainsFunc(named, func(name string) bool { return path.Base(name) == path.Base(worktree) })
}

// ShellCommands returns the commands that an agent ran in shells, in order; nil for none.
func ShellCommands(agent *transcript.Agent) []string {
	var commands []string
	for _, use := range agent.ToolUses {
		if use.Command != "" {
			commands = append(commands, use.Command)
		}
	}
	return commands
}
