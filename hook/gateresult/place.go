package gateresult

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/actor"
	"stopgate/hook/evidence"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// elsewhere says that a result is about another known task, or about another task's worktree; "" if nothing shows that.
func elsewhere(ctx context.Context, s *scene.Scene, a actor.Agent, result report.Gate) string {
	if other := s.Task(ctx, launch.ShortTask(result.Task)); result.Task != "" && other != nil && other.State.Phase != "" &&
		launch.TaskKey(other.State.Task) != launch.TaskKey(a.Task) && !launch.SameFamily(other.State.Task, a.Task) {
		return fmt.Sprintf("your result is about the task %s, and you were launched for %s", quote.String(result.Task, quote.MaxTaskShort), quote.String(a.Task, quote.MaxTaskShort))
	}
	if result.Worktree == "" || !a.Found {
		return ""
	}
	where := s.Grounds().FindSite(result.Worktree, "")
	if home, ok := s.Grounds().Main(); where.Problem != site.Found || where.Place.GitDir == a.Place.GitDir || ok && where.Place.GitDir == home.GitDir {
		return ""
	}
	return fmt.Sprintf("your result is about the worktree %s, and you were launched for %s", quote.String(result.Worktree, quote.MaxPath), quote.String(a.Worktree, quote.MaxPath))
}

// markElsewhere marks the tool uses that looked only into another worktree of the repository. A command is known by the files that it reads there, or
// by the name of another task's worktree; where it does not name any, it may have been anywhere.
func markElsewhere(ctx context.Context, s *scene.Scene, a actor.Agent, calls []evidence.Call) {
	if !a.Found {
		return
	}
	var others []string
	for _, t := range s.Tasks(ctx).All() {
		if t.Worktree != "" && t.Worktree != a.Worktree {
			others = append(others, bareName(t.Worktree))
		}
	}
	for i, u := range calls {
		if u.Path != "" {
			calls[i].Elsewhere = inAnother(a.Place, u.Use)
			continue
		}
		if calls[i].Elsewhere = readsAnother(a.Place, u); calls[i].Elsewhere {
			continue
		}
		text := filepath.ToSlash(u.Command)
		calls[i].Elsewhere = !strings.Contains(text, bareName(a.Worktree)) && !strings.Contains(text, filepath.ToSlash(a.Place.Root)) &&
			slices.ContainsFunc(others, func(name string) bool { return strings.Contains(text, name) })
	}
}

// maxWords bounds the words of a script that are looked for on disk.
const maxWords = 64

// readsAnother reports whether all files that a script's commands name are in another worktree of the repository. It has none if git may read another
// state of them, or if they are in the agent's worktree, too.
func readsAnother(place worktree.Place, u evidence.Call) (another bool) {
	asked := 0
	for _, r := range u.Script {
		words := r.Bare()
		if len(words) == 0 || words[0] == "cd" {
			continue
		}
		if words[0] == "git" {
			return false
		}
		dir := site.From(filepath.FromSlash(u.Dir), r.Dir)
		for _, word := range words[1:] {
			path := site.From(dir, word)
			if asked++; asked > maxWords || strings.ContainsAny(word, "$*?`") {
				return false
			}
			info, err := os.Lstat(path)
			if err != nil || info.IsDir() {
				continue
			}
			if !inAnother(place, evidence.Use{Path: path}) {
				return false
			}
			another = true
		}
	}
	return another
}

// bareName returns the part of a worktree's name that every spelling of its path has.
func bareName(name string) string { return strings.TrimPrefix(filepath.ToSlash(name), "./") }

// inAnother reports whether a tool's path is in another worktree of the repository.
func inAnother(place worktree.Place, u evidence.Use) bool {
	path := site.Physical(site.From(filepath.FromSlash(u.Dir), u.Path))
	if rest, err := filepath.Rel(place.Root, path); err != nil || filepath.IsLocal(rest) {
		return false
	}
	other, err := worktree.Locate(filepath.Dir(path))
	return err == nil && other.CommonDir == place.CommonDir && other.GitDir != place.GitDir
}

// placeNames returns the paths by which a command can name the agent's worktree; nil if none was found.
func placeNames(s *scene.Scene, a actor.Agent) []string {
	if !a.Found {
		return nil
	}
	names := site.WorktreeNames(a.Place.Root, a.Worktree, s.Grounds().Bases())
	for i := range names {
		names[i] = filepath.ToSlash(names[i])
	}
	return append(names, a.Worktree)
}

// otherPlaces returns the absolute paths of the main worktree and of those of other tasks.
func otherPlaces(ctx context.Context, s *scene.Scene, a actor.Agent) []string {
	var names []string
	if home, ok := s.Grounds().Main(); ok {
		names = append(names, home.Root)
	}
	for _, t := range s.Tasks(ctx).All() {
		if where := s.Grounds().FindSite(t.Worktree, ""); t.Worktree != a.Worktree && where.Problem == site.Found {
			names = append(names, where.Place.Root)
		}
	}
	for i := range names {
		names[i] = filepath.ToSlash(names[i])
	}
	return names
}
