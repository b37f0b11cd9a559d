package inspect

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/cleanup"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// openAmong returns the changes that no report of this agent and no other agent explains. Edits by the agent's own tools are in UnclaimedEdits.
func openAmong(changes []worktree.PathState, in Inquiry, seen Evidence) []worktree.PathState {
	if len(changes) == 0 {
		return nil
	}
	answered := quote.Set(quote.Each(seen.States, func(s worktree.PathState) string { return s.Name }))
	for _, edit := range seen.UnclaimedEdits {
		if edit.Where == "" {
			answered[edit.State.Path] = true
		}
	}
	for _, path := range slices.Concat(in.Reported, seen.moved) {
		answered[path] = true
	}
	for _, other := range seen.Others {
		for _, path := range other.Files {
			answered[path] = true
		}
	}
	for _, state := range changes { // a file that is claimed by its new name
		if state.Change == worktree.Renamed && answered[state.Name] {
			answered[state.From] = true
		}
	}
	open := make([]worktree.PathState, 0, len(changes))
	for i := range changes { // there may be very many
		s := &changes[i]
		if !answered[s.Name] && !isNested(s) && !IsAgentMemory(s.Name) && !slices.ContainsFunc(seen.Claims, func(c Claim) bool { return c.Covers(s.Name) }) {
			open = append(open, *s)
		}
	}
	return open
}

// undeclared returns the unexplained changes without those of the session itself.
func undeclared(open []worktree.PathState, edited []string) []worktree.PathState {
	if len(edited) == 0 {
		return open
	}
	return slices.DeleteFunc(open, func(s worktree.PathState) bool { return slices.Contains(edited, s.Name) })
}

// withoutBase marks new files that existed before the run began. Git ignored them then. It shows them now because an ignore file changed, so no
// snapshot has their earlier state.
func withoutBase(in Inquiry, states []worktree.PathState, root string) []worktree.PathState {
	before := in.before()
	if before == nil || before.At.IsZero() {
		return states
	}
	untouched := worktree.UntouchedSince(root, before.At.Add(-trace.FileTime))
	for i := range states {
		if s := &states[i]; s.Change == worktree.Added && untouched(s.Name) {
			s.NoBase = true
		}
	}
	return states
}

// HiddenChange is a change that git does not show because of an ignore rule outside the worktree that is newer than the launch.
type HiddenChange struct {
	worktree.Hidden
	// By describes how the agent changed the file of the rule, as part of a sentence; "" if there is no evidence of that.
	By string
}

// hiddenChanges returns the hidden changes that no report and no other agent explains.
func hiddenChanges(in Inquiry, seen Evidence) []HiddenChange {
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
	var list []HiddenChange
	for _, state := range undeclared(cleanup.WithoutPaths(openAmong(states, in, seen), seen.Leftovers.Paths), seen.sessionEdits) {
		h := byName[state.Name]
		list = append(list, HiddenChange{h, wroteRules(seen, h.Source)})
	}
	return list
}

// wroteRules describes how the agent changed a file with ignore rules: by its own tools, or by a command that names it; "" if there is no evidence
// of that.
func wroteRules(seen Evidence, source string) string {
	for _, edit := range seen.Edits {
		if edit.Name == filepath.Clean(source) {
			return fmt.Sprintf("you changed that file (%s at %s)", edit.Tool, trace.Where(edit.Line, "your", edit.Helper))
		}
	}
	c := trace.LastNaming(seen.Ran, func(command string) bool { return changesRules(command, source) })
	if c.Text == "" {
		return ""
	}
	return fmt.Sprintf("you ran %s (%s)", quote.String(c.Text, quote.MaxPath), trace.Where(c.Line, "your", c.Helper))
}

// changesRules reports whether a command may change the file of ignore rules: it names the file by its path or the end of it, or sets which file
// git reads.
func changesRules(command, source string) bool {
	slashed := filepath.ToSlash(source)
	parts := strings.Split(slashed, "/")
	short := strings.Join(parts[max(0, len(parts)-2):], "/") // info/exclude, git/ignore
	if base := parts[len(parts)-1]; strings.Contains(strings.Trim(base, "."), "ignore") && base != "ignore" && base != ".gitignore" {
		short = base // ~/.gitignore_global
	}
	if setsExcludes().MatchString(command) && !strings.Contains(command, "--get") || trace.MayChangeWhole(command, short) || trace.MayChangeWhole(command, slashed) {
		return true
	}
	for at := range parts {
		if !isHome(strings.Join(parts[:at], "/")) {
			continue
		}
		for _, home := range [...]string{"~/", "$HOME/", "${HOME}/"} {
			if trace.MayChangeWhole(command, home+strings.Join(parts[at:], "/")) {
				return true
			}
		}
	}
	return false
}

// isHome reports whether a folder, with slashes, has the place of a home directory.
func isHome(dir string) bool {
	above := path.Base(path.Dir(dir))
	return dir == "/root" || path.Base(dir) == "home" || above == "home" || above == "Users"
}

// setsExcludes matches a command that sets which file git reads.
var setsExcludes = lazyregexp.New(`(?i)\bgit\b[^;&|\n]*\bconfig\b[^;&|\n]*\bcore\.excludesfile[ \t]+[^\s;&|>]`)

// nested returns the changes that are the top of another repository.
func nested(changes []worktree.PathState) (list []worktree.PathState) {
	for i := range changes { // there may be very many
		if s := &changes[i]; isNested(s) {
			list = append(list, *s)
		}
	}
	return list
}

// isNested reports whether a change is the top of another repository. A registered submodule is not.
func isNested(s *worktree.PathState) bool {
	return s.Change == worktree.Added && s.Now.IsRepository() && strings.HasSuffix(s.Status, "??")
}
