package merging

import (
	"context"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"stopgate/hook/actor"
	"stopgate/hook/guard"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/scene"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/target"
	"stopgate/hook/worktree"
)

// A worktree can borrow the dependencies of another one by a link. An ignore rule like node_modules/ does not match the link, so git add . stages
// it. A fast-forward of the other worktree then replaces its folder with a link to itself, without a warning, because git ignores the files in that
// folder. So such a link must not be committed.

// LeaveOut tells a branch-manager at its start what to leave out of its commits; "" for nothing, and for any other agent.
func LeaveOut(ctx context.Context, s *scene.Scene) string {
	if role, _ := actor.LaunchedAs(ctx, s, s.Event.AgentID, s.Event.AgentType, ""); role != launch.MergeRole || s.Grounds().Repository == nil || !s.Enforces(ctx) {
		return ""
	}
	var told []string
	for _, t := range s.Tasks(ctx).Open() {
		where := s.Grounds().FindSite(t.Worktree, "")
		if !t.State.Merging || where.Problem != site.Found {
			continue
		}
		if links := look.Survey(ctx, s, where.Place, worktree.Base{}).Links; len(links) > 0 {
			if text := step.LinksLeftOut(where.Place.Root, links); !slices.Contains(told, text) {
				told = append(told, text)
			}
		}
	}
	return strings.Join(told, "\n")
}

// takesLinks returns the reason why a command must not run that would stage or commit links in a task's worktree; "" if it would not.
func takesLinks(ctx context.Context, s *scene.Scene, uses []screen.Use) string {
	for _, use := range uses {
		if !use.Sure || use.Kind != gitop.Add && use.Kind != gitop.Commit {
			continue
		}
		dir := target.Absolute(s, use.Dir)
		at, err := worktree.Locate(dir)
		if err != nil || !hasTask(ctx, s, at) {
			continue
		}
		seen := look.Survey(ctx, s, at, worktree.Base{})
		before, command := commandAt(s.Event.ToolInput.Command, use)
		named := func(link string) bool { return strings.Contains(before, path.Base(link)) } // the link can be removed from the index there: the guard checks the index itself
		if use.Kind == gitop.Commit {
			if links := slices.DeleteFunc(seen.StagedLinks, named); len(links) > 0 {
				return step.LinksStaged(command, at.Root, links, true)
			}
			continue
		}
		inside, err := filepath.Rel(at.Root, site.Physical(dir))
		if err != nil {
			continue
		}
		if slices.ContainsFunc(seen.Links, func(link string) bool { return stages(command, at.Root, filepath.ToSlash(inside), link) }) {
			return step.LinksStaged(command, at.Root, seen.Links, false)
		}
	}
	return ""
}

func hasTask(ctx context.Context, s *scene.Scene, at worktree.Place) bool {
	for _, t := range s.Tasks(ctx).Open() {
		if where := s.Grounds().FindSite(t.Worktree, ""); where.Problem == site.Found && where.Place.GitDir == at.GitDir {
			return true
		}
	}
	return false
}

// CommitsLinks returns the reason why a commit must not run: the index of a task's worktree has such links. It returns "" if it may.
func CommitsLinks(ctx context.Context, s *scene.Scene, r guard.Resolved, effect guard.Effect) string {
	at, err := worktree.Locate(effect.Root)
	if r.Kind != gitop.Commit || err != nil || !hasTask(ctx, s, at) {
		return ""
	}
	if links := look.Survey(ctx, s, at, worktree.Base{}).StagedLinks; len(links) > 0 {
		return step.LinksStaged(r.String(), at.Root, links, true)
	}
	return ""
}

// commandAt returns the text before a command, and the command itself, which may be cut in use.
func commandAt(text string, use screen.Use) (before, command string) {
	if use.Offset < 0 || use.Offset > len(text) {
		return "", use.Command
	}
	before = text[:use.Offset]
	if len(use.Command) < screen.MaxUse {
		return before, use.Command
	}
	command = text[use.Offset:]
	if end := strings.IndexAny(command, ";&|\n"); end >= 0 {
		command = command[:end]
	}
	return before, command
}

// stages reports whether git add stages an untracked path. inside is the folder that it runs in, and link the path, both relative to the worktree's
// root. If it is wrong and a link is staged, the check before the commit finds it.
func stages(command, root, inside, link string) bool {
	words := wordsOf(command)
	at := slices.IndexFunc(words, func(w string) bool { return w == "add" || w == "stage" })
	if at < 0 {
		return false
	}
	var whole, named, excluded, included bool
	for _, word := range words[at+1:] {
		switch {
		case word == "-u" || word == "--update" || word == "-n" || word == "--dry-run" || word == "-N" || word == "--intent-to-add":
			return false
		case word == "-A" || word == "--all" || word == "--no-ignore-removal":
			whole = true
		case strings.HasPrefix(word, "-"):
		default:
			excludes, covers := covers(word, root, inside, link)
			whole, named = whole || excludes, named || !excludes
			excluded, included = excluded || excludes && covers, included || !excludes && covers
		}
	}
	return !excluded && (included || whole && !named)
}

// wordsOf returns the words of a command without their quotation marks.
func wordsOf(command string) []string {
	return strings.FieldsFunc(command, func(r rune) bool { return strings.ContainsRune(" \t\n\"'", r) })
}

// covers reads a pathspec (gitglossary(7)): whether it excludes, and whether it covers the path.
func covers(spec, root, inside, link string) (excludes, covered bool) {
	magic, rest := "", spec
	switch {
	case strings.HasPrefix(spec, ":("):
		if end := strings.IndexByte(spec, ')'); end > 0 {
			magic, rest = spec[2:end], spec[end+1:]
		}
	case strings.HasPrefix(spec, ":"):
		rest = strings.TrimLeft(spec[1:], "!^/")
		magic = spec[1 : len(spec)-len(rest)]
		rest = strings.TrimPrefix(rest, ":")
	}
	excludes = strings.ContainsAny(magic, "!^") || strings.Contains(magic, "exclude")
	top := strings.Contains(magic, "/") || strings.Contains(magic, "top")
	full := path.Clean(rest)
	switch {
	case filepath.IsAbs(rest):
		within, err := filepath.Rel(root, site.Physical(rest))
		if err != nil {
			return excludes, false
		}
		full = filepath.ToSlash(within)
	case !top:
		full = path.Join(inside, full)
	}
	switch {
	case full == "." || strings.HasPrefix(link, full+"/"):
		return excludes, true
	case full == link:
		return excludes, excludes || !strings.HasSuffix(rest, "/")
	case !strings.ContainsAny(full, "*?"):
		return excludes, false
	}
	pattern, err := regexp.Compile("^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(full)) + "$") // a * takes slashes, too
	return excludes, err == nil && pattern.MatchString(link)
}
