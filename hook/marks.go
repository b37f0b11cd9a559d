package hook

import (
	"context"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Marked is what git's own files said when a run of an agent began.
type Marked struct {
	// Worktree is the path by which the orchestrator knows the worktree that they were read in.
	Worktree string         `json:"worktree"`
	Marks    worktree.Marks `json:"marks"`
}

// Moves is what git's files say otherwise than when the agent's run began, and who may have done it. The zero Moves is nothing, or
// nobody looked.
type Moves struct {
	// Worktree is the path by which people know the agent's worktree, Branch the full name of the ref that HEAD leads to there; "" where
	// it is detached.
	Worktree, Branch string
	Changes          []worktree.MarkChange
	// HooksInside tells that core.hooksPath is a folder of the worktree, whose files are work like any other.
	HooksInside bool
	// Incomplete says what could not be compared, and why; "" for nothing.
	Incomplete string
	// Own are the agent's commands, of all its runs.
	Own []Hand
	// Traced tells that all of them are known.
	Traced bool
	Company
}

// Company is who else was at work in the repository during a run.
type Company struct {
	// Here are the coding agents in the same worktree, Elsewhere those in others.
	Here, Elsewhere []Rival
	// Others are the commands of the session itself and of its other agents since the run began.
	Others []Hand
	// Sessions tells that another session was at work in the repository.
	Sessions bool
}

// Hand is a command that an agent, or the session itself, has run.
type Hand struct {
	// AgentID is "" for the session itself, AgentType for what is not known.
	AgentID, AgentType string
	Command            string
	// Kinds are what it would do that is prohibited to coding agents, as far as its text tells.
	Kinds []shell.Kind
	// Line is that of the tool use in the transcript.
	Line int
	// From and To are when it was run; To is zero where it has not ended.
	From, To time.Time
}

// moves compares git's files with what they said when the run began. It never fails: what cannot be compared is said.
func (in Inquiry) moves(ctx context.Context, observe Observer, witness Witness) Moves {
	if in.Marked == nil || in.Grounds.Repository == nil {
		return Moves{}
	}
	where, _ := in.Grounds.Find(in.Marked.Worktree)
	if where.Problem != site.Found {
		return Moves{}
	}
	m := Moves{Worktree: in.Marked.Worktree}
	now, changes, err := observe.Moved(ctx, where.Place, in.Marked.Marks)
	if err != nil {
		m.Incomplete = err.Error()
		return m
	}
	m.Branch, m.Changes = now.Head.Branch, changes
	m.Incomplete = incomplete(in.Marked.Marks, now)
	m.HooksInside = hooksInside(where.Place.Root, now.Config)
	if len(changes) > 0 {
		m.Own = hands(ctx, in.Agent, time.Time{}, in.Denied)
		m.Traced = in.Agent.Lines > 0 && in.Agent.DroppedToolUses == 0 && ctx.Err() == nil
		m.Company = in.company(ctx, witness, in.Marked.Worktree, where.Place)
	}
	return m
}

// incomplete says what one of two looks did not see.
func incomplete(before, now worktree.Marks) string {
	missed := maps.Clone(before.Incomplete)
	if missed == nil {
		missed = map[string]string{}
	}
	maps.Copy(missed, now.Incomplete)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(missed)) {
		parts = append(parts, name+": "+missed[name])
	}
	return strings.Join(parts, "; ")
}

// hooksInside tells whether the repository's hooks are files of the worktree.
func hooksInside(root string, configuration worktree.Register) bool {
	for _, item := range configuration.Items {
		if item.Name == "core.hookspath" {
			dir := filepath.FromSlash(item.Value)
			return dir != "" && (filepath.IsLocal(dir) && !strings.HasPrefix(item.Value, ".git/") || site.Within(root, dir))
		}
	}
	return false
}

// hands are an agent's commands since then, without those that were refused, and what each would do. Reading them ends with ctx: there
// may be many, and long.
func hands(ctx context.Context, agent *transcript.Agent, since time.Time, denied map[string]bool) []Hand {
	list := commands(agent, since, denied)
	for i := range list {
		if ctx.Err() != nil {
			return list[:i]
		}
		for _, p := range shell.Prohibited(list[i].Command) {
			list[i].Kinds = append(list[i].Kinds, p.Kind)
		}
	}
	return list
}

// commands are the same as hands, unread.
func commands(agent *transcript.Agent, since time.Time, denied map[string]bool) []Hand {
	var list []Hand
	for _, use := range agent.ToolUses {
		if use.Name != "Bash" || use.Command == "" || denied[use.ID] || !use.ResultTime.IsZero() && use.ResultTime.Before(since) {
			continue
		}
		list = append(list, Hand{AgentID: agent.ID, Command: use.Command, Line: use.Line, From: use.Time, To: use.ResultTime})
	}
	return list
}

// lastNaming is the last of the commands that names something; the zero Hand where none does.
func lastNaming(ran []Hand, names func(command string) bool) Hand {
	for _, h := range slices.Backward(ran) {
		if names(h.Command) {
			return h
		}
	}
	return Hand{}
}

// who is the hand as people read it.
func (h Hand) who() string {
	if h.AgentID == "" {
		return "the session itself"
	}
	return fmt.Sprintf("%s (agent %s)", quote.String(h.AgentType, quote.MaxName), quote.String(h.AgentID, quote.MaxName))
}

// breaks tells whether the command's text says that it breaks the rule.
func (h Hand) breaks(code rule.Name) bool {
	return slices.ContainsFunc(h.Kinds, func(kind shell.Kind) bool { return rule.OfKind(kind) == code })
}

// reflogStep is how exact the times of a reflog are, and those of a transcript beside them.
const reflogStep = time.Second

// spans tells whether the command was running at one of the times.
func (h Hand) spans(times []time.Time) bool {
	return slices.ContainsFunc(times, func(at time.Time) bool {
		return !h.From.IsZero() && !at.Before(h.From.Add(-reflogStep)) && (h.To.IsZero() || !at.After(h.To.Add(reflogStep)))
	})
}

// aimsAt tells whether the command may be about that worktree: it names it, or none.
func (h Hand) aimsAt(worktree string) bool {
	named := launch.TreesPath().FindAllString(h.Command, -1)
	return len(named) == 0 || slices.ContainsFunc(named, func(name string) bool { return path.Base(name) == path.Base(worktree) })
}
