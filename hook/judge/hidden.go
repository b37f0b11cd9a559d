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
	"stopgate/hook/shell"
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
		list = append(list, hiddenChange{h, wroteRules(seen, h.Source)})
	}
	return list
}

// wroteRules is how the agent changed a file with ignore rules: by its own tools, or by a command that names it; "" if nothing shows that.
func wroteRules(seen Evidence, source string) string {
	for _, edit := range seen.Edits {
		if edit.Name == filepath.Clean(source) {
			return fmt.Sprintf("you changed that file (%s at %s)", edit.Tool, trace.Where(edit.Line, "your", edit.Hand))
		}
	}
	c := trace.LastNaming(seen.ran, func(command string) bool { return changesRules(command, source) })
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

// isNested reports whether a change is the top of another repository. A registered submodule is not.
func isNested(s worktree.PathState) bool {
	return s.Change == worktree.Added && s.Now.IsRepository() && strings.HasSuffix(s.Status, "??")
}

// nested returns the repositories that were added to the worktree since the base.
func nested(seen Evidence) []worktree.PathState {
	return slices.DeleteFunc(slices.Clone(seen.Survey.States), func(s worktree.PathState) bool { return !isNested(s) })
}

// speaksOf reports whether the claim is about that directory or a file in it.
func (c Claim) speaksOf(dir string) bool {
	return slices.ContainsFunc(c.everyPath(), func(name string) bool {
		return name == dir || strings.HasPrefix(name, dir+"/")
	})
}

// verifyNested finds repositories in the worktree, listed or not. Git sees only their folders. No commit of the worktree contains their files,
// and they are lost with the worktree. An agent made them if it claims them, or if it was alone.
func verifyNested(seen Evidence) []rule.Finding {
	var own, unsure []string
	for _, s := range nested(seen) {
		claimed := slices.ContainsFunc(seen.Claims, func(c Claim) bool { return c.speaksOf(s.Name) })
		if claimed || seen.Base == BaseLaunch && !s.NoBase && len(seen.Others) == 0 {
			own = append(own, s.Name)
		} else {
			unsure = append(unsure, s.Name)
		}
	}
	const why = "git commits no file in such a folder, and the files are lost with the worktree"
	var findings []rule.Finding
	if len(own) > 0 {
		first, omitted := quote.First(own, quote.MaxList)
		remove := make([]string, len(first))
		for i, name := range first {
			remove[i] = shell.Quote(name + "/.git")
		}
		findings = append(findings, rule.Finding{
			Rule: rule.RepositoryNested, Severity: rule.Block, Path: own[0],
			Message: fmt.Sprintf("since you were launched another repository was created in your worktree: %s; %s; if its files belong to the work, run rm -rf %s in the worktree and list each of them in files_modified; if not, delete the whole folder",
				quote.List(gitFolders(first), omitted), why, strings.Join(remove, " ")),
		})
	}
	if len(unsure) > 0 {
		first, omitted := quote.First(unsure, quote.MaxList)
		findings = append(findings, rule.Finding{
			Rule: rule.RepositoryNested, Severity: rule.Note,
			Message: fmt.Sprintf("the worktree contains another repository, and it is not known which agent made it: %s; %s", quote.List(gitFolders(first), omitted), why),
		})
	}
	return findings
}

// gitFolders returns the .git of each directory.
func gitFolders(dirs []string) []string {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = dir + "/.git"
	}
	return names
}
