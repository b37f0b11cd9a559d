package judge

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/inspect"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/scope"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// patterns returns the first patterns, each quoted, with their labels.
func patterns(list []scope.Pattern) string {
	var texts, labels []string
	for _, p := range list {
		texts = append(texts, p.Text)
		if !slices.Contains(labels, p.Label) {
			labels = append(labels, p.Label)
		}
	}
	return quote.List(quote.First(texts, quote.MaxList)) + " (" + strings.Join(labels, ", ") + ")"
}

// verifyScope finds changes outside the scope in the prompt. If unfinished names the file, the orchestrator decides.
func verifyScope(seen inspect.Evidence) []rule.Finding {
	type group struct {
		excluded, named bool
		paths           []string
		by              []scope.Pattern
	}
	var groups []*group
	for _, x := range seen.Scope.Exceeded {
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
		f := rule.Finding{Rule: rule.ScopeExceeded, Severity: rule.Note}
		it, is, file := "them", "are", "the files"
		if len(g.paths) == 1 {
			f.Path, it, is, file = g.paths[0], "it", "is", "the file"
		}
		limit := "limits this agent to " + patterns(seen.Scope.Bounds.Allowed())
		if g.excluded {
			limit = "excludes " + patterns(g.by)
		}
		advice := fmt.Sprintf("the reviewer is to say whether the task needs %s", it)
		switch {
		case g.named:
			advice = fmt.Sprintf("unfinished names %s; decide whether the task needs %s", it, it)
		case seen.Scope.Effect == config.ScopeBlock:
			f.Severity = rule.Block
			advice = fmt.Sprintf("undo the change; if the task cannot be done without it, leave it and name %s in unfinished with the reason", file)
		}
		f.Message = fmt.Sprintf("%s %s changed, but the prompt of this agent %s; %s", quote.List(quote.First(g.paths, quote.MaxList)), is, limit, advice)
		findings = append(findings, f)
	}
	return findings
}

// verifyTestScope notes that the whole suite was run. It only costs time.
func verifyTestScope(suites []transcript.ToolUse) []rule.Finding {
	if len(suites) == 0 {
		return nil
	}
	return []rule.Finding{rule.New(rule.TestScope, rule.Note, "",
		"the agent was asked for targeted tests and ran the whole suite: %s (%s)%s; the test-runner does that",
		quote.String(suites[0].Command, quote.MaxPath), trace.Where(suites[0].Line, "its", suites[0].Helper), quote.AndMore(len(suites)-1))}
}

// verifyConflicts finds files that two agents changed at the same time, and files that one of them changed although the other's prompt assigns them
// to the other alone. Neither agent can know whose changes they contain, so the finding goes to the orchestrator (seed, "File Conflict Detection").
func verifyConflicts(seen inspect.Evidence) []rule.Finding {
	if len(seen.Others)+len(seen.Trespasses) == 0 {
		return nil
	}
	var findings []rule.Finding
	add := func(path, format string, args ...any) {
		findings = append(findings, rule.Finding{Rule: rule.FileConflict, Severity: rule.Halt, Path: path, Message: fmt.Sprintf(format, args...)})
	}
	for _, other := range seen.Others {
		for _, path := range seen.Touched {
			if !other.Earlier && slices.Contains(other.Files, path) {
				add(path, "%s was changed by this agent and by %s while both were at work in this worktree; decide whose change to keep", quote.String(path, quote.MaxPath), other)
			}
		}
	}
	for _, t := range seen.Trespasses {
		if t.ByOther {
			add(t.Path, "%s was changed by %s while this agent was at work in this worktree, and the prompt of this agent assigns the file to it; decide whose change to keep", quote.String(t.Path, quote.MaxPath), t.Other)
		} else {
			add(t.Path, "%s was changed by this agent while %s was at work in this worktree, and the prompt of that one assigns the file to it; decide whose change to keep", quote.String(t.Path, quote.MaxPath), t.Other)
		}
	}
	return findings
}
