package gateresult

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/gitdir"
)

// lastChange returns the file that the gate itself changed last in its run, by a tool or visibly by a command, and when that began; "" if it changed
// none. Only files of the task's work count, files of the commit, and those by which tests are configured. It may have put the file back since.
func lastChange(ctx context.Context, s *scene.Scene, a actor.Agent, agent *transcript.Agent, task *record.Task) (name string, at time.Time) {
	if !a.Found || task == nil {
		return "", time.Time{}
	}
	last := map[string]time.Time{}
	later := func(path string, when time.Time) {
		if path != "" && when.After(last[path]) && !when.Before(agent.Run.Time) {
			last[path] = when
		}
	}
	for _, e := range trace.Edits(agent, []string{a.Place.Root}) {
		later(e.Path, e.Time)
	}
	for _, u := range agent.ToolUses {
		if !transcript.IsShell(u.Name) || u.Outcome == transcript.Unanswered {
			continue
		}
		for _, path := range shell.Writes(u.Command, nil) {
			if path = filepath.FromSlash(path); !filepath.IsAbs(path) {
				path = filepath.Join(u.CWD, path)
			}
			later(site.RelativeTo([]string{a.Place.Root}, path), u.Time)
		}
	}
	if len(last) == 0 {
		return "", time.Time{}
	}
	work := append(task.Files(), committed(ctx, s, a.Place, slices.Collect(maps.Keys(last)))...)
	for path, when := range last {
		if (slices.Contains(work, path) || configuresTests().MatchString(path)) && (when.After(at) || when.Equal(at) && path < name) {
			name, at = path, when
		}
	}
	return name, at
}

// configuresTests matches the files by which test runners are configured, whether or not they are committed.
var configuresTests = lazyregexp.New(`(?:^|/)(?:(?:conftest|sitecustomize|usercustomize)\.py|(?:pytest|tox)\.ini|setup\.cfg|pyproject\.toml|package\.json|\.mocharc\.\w+|(?:jest|vitest|karma|playwright)\.config\.\w+|` +
	`\.npmrc|(?:GNUm|[Mm])akefile|phpunit\.xml|\.rspec|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?)$`)

// committed returns those of the files that the worktree's commit has.
func committed(ctx context.Context, s *scene.Scene, place worktree.Place, paths []string) (list []string) {
	if s.Observe == nil {
		return nil
	}
	for _, state := range s.Observe.Claims(ctx, place, paths, worktree.Base{}) {
		if state.Base.Present() {
			list = append(list, state.Path)
		}
	}
	return list
}

// hasFile reports whether the worktree has the file.
func hasFile(a actor.Agent, name string) bool {
	if !a.Found {
		return false
	}
	_, err := os.Lstat(filepath.Join(a.Place.Root, filepath.FromSlash(name)))
	return err == nil
}

// editsOf returns the files of the worktree that the agent edited in its current run, by a tool or by a command. differ are the files that git
// shows as changed.
func editsOf(a actor.Agent, agent *transcript.Agent, differ []string) []string {
	if !a.Found {
		return nil
	}
	edited := trace.EditsSince(agent, a.Place, agent.Run.Time.Add(-time.Nanosecond))
	ran := trace.Commands(agent, agent.Run.Time, nil)
	for _, name := range differ {
		if c := trace.LastChanging(ran, a.Place.Root, name); c.Text == "" || slices.Contains(edited, name) {
			continue
		}
		if !trace.WrittenBefore(filepath.Join(a.Place.Root, filepath.FromSlash(name)), agent.Run.Time) {
			edited = append(edited, name)
		}
	}
	return edited
}

// maxLog is the size of the largest file that is read as a log of tests, in bytes.
const maxLog = 1 << 20

// readLog returns the text of a regular file, and when that was last changed; "" if it cannot be read, or is too large.
func readLog(name string) (text string, changed time.Time) {
	file, err := gitdir.OpenPlain(filepath.FromSlash(name))
	if err != nil {
		return "", time.Time{}
	}
	defer file.Close() // only read
	info, err := file.Stat()
	if err != nil {
		return "", time.Time{}
	}
	content, err := io.ReadAll(io.LimitReader(file, maxLog+1))
	if err != nil || len(content) > maxLog {
		return "", time.Time{}
	}
	return string(content), info.ModTime()
}
