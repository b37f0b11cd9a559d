package judge

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/scope"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Exceeded is a change of the agent outside of what its prompt lets it change.
type Exceeded struct {
	Path string
	// Excluded is what the prompt excludes and the path is part of; zero for a path that is only not among those that the prompt allows.
	Excluded scope.Pattern
	// Named means that the report names the path in unfinished.
	Named bool
}

// scopeSeen is what was seen of the scope.
type scopeSeen struct {
	effect config.Scope
	// bounds are those of the launch, or of the message that began the current run if that is where they are exceeded.
	bounds   scope.Bounds
	exceeded []Exceeded
}

// lookAtScope compares the agent's changes with what its prompts let it change. What the prompt asks for in another place is not held
// against the agent, nor what a later message lets it change.
func lookAtScope(in Inquiry, seen Evidence) (found scopeSeen) {
	if in.Scope == config.ScopeOff || in.Agent.Prompt == "" {
		return scopeSeen{}
	}
	found.effect = in.Scope
	launched, asked := scope.Read(in.Agent.Prompt), scope.Scope{}
	if in.Agent.Run.Number > 0 {
		asked = scope.Read(in.Agent.Run.Prompt)
		before, now := launch.ReadAssignment(in.Agent.Prompt).TaskID, launch.ReadMessage(in.Agent.Run.Prompt).TaskID
		if before != "" && now != "" && !launch.SameTask(before, now) { // what the launch said was about another task
			launched = scope.Scope{}
		}
	}
	if !launched.Limits() && !asked.Limits() {
		return found
	}
	bounds, later := boundsOf(seen, launched, in.Agent.Prompt), boundsOf(seen, asked, in.Agent.Run.Prompt)
	found.bounds = bounds
	for _, name := range changedNames(seen) {
		again := editedIn(seen, in.Agent.Run.Number, name)
		if IsAgentMemory(name) || in.Agent.Run.Number > 0 && !again && slices.Contains(in.Reported, name) {
			continue // it was judged when it was reported
		}
		by, outside := bounds.Outside(name)
		if outside && (scope.Asks(launched.Rest, name) || later.Grants(name) || scope.Asks(asked.Rest, name)) {
			outside = false
		}
		if !outside && again {
			if by, outside = later.Outside(name); outside && scope.Asks(asked.Rest, name) {
				outside = false
			} else if outside {
				found.bounds = later
			}
		}
		if outside {
			named := slices.ContainsFunc(seen.unfinished, func(entry string) bool { return trace.NamesFile(entry, name) })
			found.exceeded = append(found.exceeded, Exceeded{Path: name, Excluded: by, Named: named})
		}
	}
	return found
}

// boundsOf is the scope of a prompt in the agent's worktree.
func boundsOf(seen Evidence, s scope.Scope, prompt string) scope.Bounds {
	roots := seen.roots
	if own := launch.ReadAssignment(prompt).WorktreePath; own != "" {
		roots = append(slices.Clip(roots), own)
	}
	return s.At(seen.Site.Place.Root, roots, changedNames(seen))
}

// changedNames are the files that the agent changed, with the former name of each that it renamed.
func changedNames(seen Evidence) []string {
	names := seen.Touched()
	for _, state := range seen.States {
		if state.Change == worktree.Renamed && state.From != "" && !slices.Contains(names, state.From) {
			names = append(names, state.From)
		}
	}
	return names
}

// editedIn reports whether the agent's own tools changed the file in the run of that number.
func editedIn(seen Evidence, run int, name string) bool {
	for _, edit := range seen.Edits {
		if edit.Path == name && edit.Run == run {
			return true
		}
	}
	return false
}

// Outside are the files of the agent that its prompt does not let it change.
func (c Case) Outside() []string {
	var names []string
	for _, x := range c.scope.exceeded {
		names = append(names, x.Path)
	}
	return names
}

// ScopeText is what the prompt lets the agent change, in its words, as part of a sentence; "" if nothing was exceeded.
func (c Case) ScopeText() string {
	if len(c.scope.exceeded) == 0 {
		return ""
	}
	var said []string
	if allowed := c.scope.bounds.Allowed(); len(allowed) > 0 {
		said = append(said, "only "+patterns(allowed))
	}
	if excluded := c.scope.bounds.Excluded(); len(excluded) > 0 {
		said = append(said, "not "+patterns(excluded))
	}
	return strings.Join(said, ", and ")
}

// patterns are the first patterns, each quoted, with the labels that they stand behind.
func patterns(list []scope.Pattern) string {
	var texts, labels []string
	for _, p := range list {
		texts = append(texts, p.Text)
		if !slices.Contains(labels, p.Label) {
			labels = append(labels, p.Label)
		}
	}
	first, omitted := quote.First(texts, quote.MaxList)
	return quote.List(first, omitted) + " (" + strings.Join(labels, ", ") + ")"
}

// verifyScope finds changes outside of what the prompt lets the agent change. A file that unfinished names is left to the orchestrator.
func verifyScope(seen Evidence) []rule.Finding {
	type group struct {
		excluded, named bool
		paths           []string
		by              []scope.Pattern
	}
	var groups []*group
	for _, x := range seen.scope.exceeded {
		excluded := x.Excluded.Text != ""
		i := slices.IndexFunc(groups, func(g *group) bool { return g.excluded == excluded && g.named == x.Named })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{excluded: excluded, named: x.Named})
		}
		g := groups[i]
		if g.paths = append(g.paths, x.Path); excluded && !slices.Contains(g.by, x.Excluded) {
			g.by = append(g.by, x.Excluded)
		}
	}
	var findings []rule.Finding
	for _, g := range groups {
		first, omitted := quote.First(g.paths, quote.MaxList)
		f := rule.Finding{Rule: rule.ScopeExceeded, Severity: rule.Note}
		it, is, file := "them", "are", "the files"
		if len(g.paths) == 1 {
			f.Path, it, is, file = g.paths[0], "it", "is", "the file"
		}
		limit := "limits this agent to " + patterns(seen.scope.bounds.Allowed())
		if g.excluded {
			limit = "excludes " + patterns(g.by)
		}
		advice := fmt.Sprintf("the reviewer is to say whether the task needs %s", it)
		switch {
		case g.named:
			advice = fmt.Sprintf("unfinished names %s; decide whether the task needs %s", it, it)
		case seen.scope.effect == config.ScopeBlock:
			f.Severity = rule.Block
			advice = fmt.Sprintf("take the change back; if the task cannot be done without it, leave it and name %s in unfinished with the reason", file)
		}
		f.Message = fmt.Sprintf("%s %s changed, but the prompt of this agent %s; %s", quote.List(first, omitted), is, limit, advice)
		findings = append(findings, f)
	}
	return findings
}

// verifyTestScope notes that the whole suite was run. It only costs time.
func verifyTestScope(suites []transcript.ToolUse) []rule.Finding {
	if len(suites) == 0 {
		return nil
	}
	return []rule.Finding{{
		Rule: rule.TestScope, Severity: rule.Note,
		Message: fmt.Sprintf("the agent was asked for targeted tests and ran the whole suite: %s (%s)%s; the test-runner does that",
			quote.String(suites[0].Command, quote.MaxPath), trace.Where(suites[0].Line, "its", suites[0].Hand), quote.AndMore(len(suites)-1)),
	}}
}
