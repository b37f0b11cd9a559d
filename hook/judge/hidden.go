package judge

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"stopgate/hook/cleanup"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// hiddenChange is a change that git does not show because of an ignore rule outside of the worktree that is newer than the launch.
type hiddenChange struct {
	worktree.Hidden
	// by is how the agent changed the file of the rule, as part of a sentence; "" if nothing shows that it did.
	by string
}

// hiddenChanges returns the hidden changes that no report and no other agent accounts for.
func hiddenChanges(in Inquiry, seen Evidence) []hiddenChange {
	if len(seen.Survey.Hidden) == 0 {
		return nil
	}
	byName := map[string]worktree.Hidden{}
	var states []worktree.PathState
	for _, h := range seen.Survey.Hidden {
		name := strings.TrimSuffix(h.Name, "/")
		state := worktree.PathState{Path: name, Name: name, Change: worktree.Added}
		if h.Changed {
			state.Change = worktree.Modified
		}
		byName[name], states = h, append(states, state)
	}
	var list []hiddenChange
	for _, state := range undeclared(cleanup.WithoutPaths(openAmong(states, in, seen), seen.goes()), seen.sessionEdits) {
		h := byName[state.Name]
		list = append(list, hiddenChange{h, seen.wroteRules(h.Source)})
	}
	return list
}

// wroteRules is how the agent changed a file with ignore rules: by its own tools, or by a command that names it; "" if nothing shows that.
func (e Evidence) wroteRules(source string) string {
	for _, edit := range e.Edits {
		if edit.Name == filepath.Clean(source) {
			return fmt.Sprintf("you changed that file (%s at %s)", edit.Tool, trace.Where(edit.Line, "your", edit.Hand))
		}
	}
	c := trace.LastNaming(e.ran, func(command string) bool { return changesRules(command, source) })
	if c.Text == "" {
		return ""
	}
	return fmt.Sprintf("you ran %s (%s)", quote.String(c.Text, quote.MaxPath), trace.Where(c.Line, "your", c.Hand))
}

// changesRules reports whether a command may change the file of ignore rules: it names the file by its path, or by the end of it, or sets which
// file git reads.
func changesRules(command, source string) bool {
	slashed := filepath.ToSlash(source)
	parts := strings.Split(slashed, "/")
	short := strings.Join(parts[max(0, len(parts)-2):], "/") // info/exclude, git/ignore
	if base := parts[len(parts)-1]; strings.Contains(strings.Trim(base, "."), "ignore") && base != "ignore" && base != ".gitignore" {
		short = base // ~/.gitignore_global
	}
	return setsExcludes().MatchString(command) && !strings.Contains(command, "--get") || trace.MayChangeWhole(command, short) || trace.MayChangeWhole(command, slashed)
}

// setsExcludes matches a command that sets which file git reads.
var setsExcludes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bgit\b[^;&|\n]*\bconfig\b[^;&|\n]*\bcore\.excludesfile[ \t]+[^\s;&|>]`)
})

// verifyHidden tells of the hidden changes. The agent can take back a rule that it wrote. Who wrote any other is not known.
func verifyHidden(changes []hiddenChange) []rule.Finding {
	var findings []rule.Finding
	type place struct{ source, by string }
	var order []place
	groups := map[place][]hiddenChange{}
	for _, c := range changes {
		at := place{c.Source, c.by}
		if groups[at] == nil {
			order = append(order, at)
		}
		groups[at] = append(groups[at], c)
	}
	for _, at := range order {
		group := groups[at]
		names := make([]string, len(group))
		for i, c := range group {
			names[i] = c.Name
		}
		first, omitted := quote.First(names, quote.MaxList)
		is, it, patterns := "are", "them", []string{}
		if len(group) == 1 {
			is, it = "is", "it"
		}
		for _, c := range group {
			if p := fmt.Sprintf("line %d, %s", c.Line, quote.String(c.Pattern, quote.MaxName)); !slices.Contains(patterns, p) && len(patterns) < quote.MaxList {
				patterns = append(patterns, p)
			}
		}
		f := rule.Finding{Rule: rule.ChangeUndeclared, Severity: rule.Note, Message: fmt.Sprintf(
			"%s %s new or changed in the worktree, and git does not show %s: %s (%s) was not there when the agent began",
			quote.List(first, omitted), is, it, quote.String(at.source, quote.MaxPath), strings.Join(patterns, "; "))}
		if len(group) == 1 {
			f.Path = group[0].Name
		}
		if at.by == "" {
			f.Message += "; nothing tells who wrote the rule"
		} else {
			f.Severity = rule.Block
			f.Message += fmt.Sprintf("; %s; take the rule back, then list %s if the work needs %s, or delete %s", at.by, it, it, it)
		}
		findings = append(findings, f)
	}
	return findings
}
