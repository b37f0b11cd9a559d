package target

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/scene"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// IsHere reports whether the text of a command shows that it would write to the session's repository. If the text does not show it, the guard
// decides when git runs.
func IsHere(s *scene.Scene, use screen.Use) bool {
	if !use.Sure || s.Grounds().Repository == nil {
		return use.Sure
	}
	dir := Absolute(s, use.Dir)
	if use.Kind == gitop.Tamper && isOurs(s, filepath.Dir(dir)) { // the .git of a submodule, or of a nested repository
		return true
	}
	return isOurs(s, dir)
}

// isOurs reports whether a folder is in a worktree of the session's repository.
func isOurs(s *scene.Scene, dir string) bool {
	place, err := worktree.Locate(dir)
	return err == nil && site.Within(s.Grounds().Repository.CommonDir, place.CommonDir)
}

// Populates reports whether the command only checks out submodules in the agent's own worktree, which git leaves empty in a new one. It destroys
// no work, and writes nothing but repositories of their own and settings that name them.
func Populates(ctx context.Context, s *scene.Scene, kind gitop.Kind, dir string) bool {
	if kind != gitop.Populate {
		return false
	}
	place, err := worktree.Locate(dir)
	return err == nil && slices.Contains(assigned(ctx, s, dir), place.Root)
}

// RemovesNested reports whether the command only deletes the .git folders of repositories that were created in the agent's own worktree since
// its launch (rule.RepositoryNested). They belong to no other agent, and the report cannot be corrected without deleting them. A path that may be a
// pattern stands for itself and for all that it matches.
func RemovesNested(ctx context.Context, s *scene.Scene, use screen.Use) bool {
	if use.Removes == "" || s.Grounds().Repository == nil {
		return false
	}
	gitDir := Absolute(s, use.Removes)
	gitDirs := []string{gitDir}
	if strings.ContainsAny(gitDir, "*?[") {
		matches, err := filepath.Glob(gitDir)
		if _, literal := os.Lstat(gitDir); literal != nil {
			gitDirs = nil
		}
		if gitDirs = append(gitDirs, matches...); err != nil || len(gitDirs) == 0 {
			return false
		}
	}
	return !slices.ContainsFunc(gitDirs, func(dir string) bool { return !isOwnNested(ctx, s, dir) })
}

// isOwnNested reports whether a .git belongs to a repository that was created in the agent's own worktree since its launch.
func isOwnNested(ctx context.Context, s *scene.Scene, gitDir string) bool {
	repository := s.Grounds().Repository
	info, err := os.Lstat(gitDir)
	if err != nil {
		return false
	}
	dir := site.Physical(filepath.Dir(gitDir))
	inner, err := worktree.Locate(dir)
	ours := inner.CommonDir == repository.CommonDir && inner.Linked() // a worktree that was added inside this one
	if err != nil || inner.Root != dir || info.IsDir() == ours || inner.CommonDir == repository.CommonDir && !ours {
		return false
	}
	outer, err := worktree.Locate(filepath.Dir(dir))
	if err != nil || outer.CommonDir != repository.CommonDir || !slices.Contains(assigned(ctx, s, dir), outer.Root) {
		return false
	}
	path, launched := site.RelativeTo([]string{outer.Root}, dir), s.LaunchOf(ctx, actor.Coder(ctx, s).ID)
	return path != "" && launched != nil && launched.Worktree == s.Grounds().Name(outer) && launched.Snapshot.Lacked(path) && madeSince(gitDir, launched.At)
}

// madeSince reports whether a .git file, or every file at the top of a .git folder, was written since then. The snapshot of the launch does not have
// the repositories that git ignores. Git never writes the file description of a repository again, for example.
func madeSince(gitDir string, at time.Time) bool {
	root, names := gitDir, []string{}
	if files, err := os.ReadDir(gitDir); err == nil {
		for _, file := range files {
			if file.Type().IsRegular() {
				names = append(names, file.Name())
			}
		}
	} else {
		root, names = filepath.Dir(gitDir), []string{filepath.Base(gitDir)}
	}
	return !slices.ContainsFunc(names, worktree.UntouchedSince(root, at.Add(-trace.FileTime)))
}
