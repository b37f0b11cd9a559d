package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// taskEvents are the events of one task.
type taskEvents struct {
	repository, name string
	events           []*figures.Event
	last             *figures.Event // the last fact
	view             taskRow        // once it is made
}

// byTask returns the tasks with the newest activity first.
func byTask(events []figures.Event) []*taskEvents {
	index := map[string]*taskEvents{}
	var all []*taskEvents
	for i := range events {
		e := &events[i]
		if e.Task == "" {
			continue
		}
		key := e.Repository + "\x00" + launch.TaskKey(e.Task)
		t := index[key]
		if t == nil {
			t = &taskEvents{repository: e.Repository, name: e.Task}
			index[key] = t
			all = append(all, t)
		}
		t.events = append(t.events, e)
		if e.Kind == "fact" && !e.Unreadable {
			t.name, t.last = e.Task, e
		}
	}
	slices.SortStableFunc(all, func(a, b *taskEvents) int { return b.active().Compare(a.active()) })
	return all
}

func (t *taskEvents) active() time.Time { return t.events[len(t.events)-1].At }

// tags returns, as JSON, the words by which the filter finds the task.
func (t *taskEvents) tags() string {
	tags := []string{}
	add := func(s string) {
		if s = cmp.Or(word(s), figures.Unnamed); !slices.Contains(tags, s) && len(tags) < 60 {
			tags = append(tags, s)
		}
	}
	for _, e := range t.events {
		if e.Agent != "" || e.AgentType != "" {
			add(launch.BaseName(e.AgentType))
		}
		if e.Kind == "stop" {
			add(figures.Known(e.Verdict))
		}
		for _, r := range e.Rules {
			add(r.Rule)
		}
	}
	return quote.JSON(tags)
}

// who acts in an event. gateOf has the gate of each agent that is one.
func who(e *figures.Event, gateOf map[string]string) string {
	gate := cmp.Or(e.Gate, gateOf[e.Agent])
	switch {
	case gate != "":
		return "gate " + word(gate)
	case e.Kind == "launch":
		return "the session"
	case strings.HasPrefix(string(e.Fact), "person-") || strings.HasPrefix(string(e.Fact), "prompt-") || strings.HasPrefix(string(e.Fact), "merge-") || e.Fact == gates.Closed:
		return "the person"
	case e.AgentType == "" && e.Agent == "":
		return "the session"
	}
	id := word(e.Agent)
	return strings.TrimSpace(word(launch.BaseName(e.AgentType)) + " " + id[:min(len(id), quote.ShortID)])
}

// factWords are facts in words, where their names are not.
var factWords = map[gates.Kind]string{
	gates.CoderStarted: "starts work", gates.GateLaunched: "is launched", gates.BranchManagerLaunched: "is launched", gates.PersonSpoke: "speaks", gates.PromptCame: "may have spoken",
	gates.MergeAsked: "is asked about the merge", gates.MergeAnswered: "answers about the merge", gates.Closed: "closes the task", gates.GateResult: "result:", gates.BranchManagerDone: "is done",
	gates.TreeSeen: "sees that the tree has changed", gates.TreeKept: "sees the work committed by hand", gates.MergedByHand: "sees the work merged by hand",
}

// what returns an event in few words; "" for what a timeline does not show.
func what(e *figures.Event) string {
	var words string
	switch {
	case e.Unreadable:
		return "a " + word(e.Kind) + " record that cannot be read"
	case e.Kind == "stop":
		words = "stops: " + word(e.Verdict)
		if e.SentBack {
			words += ", sent back"
		} else if e.Observed {
			words += ", would be sent back"
		}
		for _, m := range e.Mended {
			words += ", " + word(m.Rule) + " mended (" + string(m.In) + ")"
		}
	case e.Kind == "start":
		return "starts work"
	case e.Kind == "launch":
		return strings.TrimSpace("launches " + word(launch.BaseName(e.AgentType)))
	case e.Kind == "denial":
		words = "refused: " + word(e.Tool)
		if e.Observed {
			words = "would be refused: " + word(e.Tool)
		}
	case e.Kind == "git":
		return "git " + word(e.Outcome)
	case e.Fact == gates.TreeSeen && len(e.Voided) == 0, e.Fact == gates.CoderStopped, e.Kind != "fact":
		return ""
	default:
		words = strings.TrimSpace(cmp.Or(factWords[e.Fact], word(strings.ReplaceAll(string(e.Fact), "-", " "))) + " " + word(e.Outcome))
	}
	words += effects(e)
	for _, r := range e.Rules {
		words += ", " + word(r.Rule)
	}
	return quote.Clip(words, maxWhat)
}

// effects describes what a fact changed.
func effects(e *figures.Event) (words string) {
	for _, gate := range e.Voided {
		words += ", pass of " + word(gate) + " made void"
	}
	switch {
	case e.Overridden:
		words += ", to be merged with something open"
	case e.Merged:
		words += ", merged"
	}
	return words
}

// more returns further details: the files of findings, and the words of others if they were requested.
func more(e *figures.Event) (lines []string) {
	for _, r := range e.Rules {
		if r.Path != "" {
			lines = append(lines, fmt.Sprintf("%s (%d, %s): %s", word(r.Rule), r.Count, word(r.Severity), r.Path))
		}
	}
	lines = append(lines, e.Findings...)
	lines = append(lines, e.Words...)
	for _, text := range []string{string(e.Report), e.Message} {
		if text != "" {
			lines = append(lines, quote.Line(quote.Clip(text, 2000)))
		}
	}
	return lines[:min(len(lines), 30)]
}
