package gateresult

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/config"
	"stopgate/hook/evidence"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/gitdir"
)

// MaxOutput is how many bytes of one tool's result are kept. Test runners write their summary last.
const MaxOutput = 32 << 10

// Weigh compares a gate's pass with its transcript. The pass does not count if the transcript contradicts it, or does not show something that the
// configuration requires. The other findings are returned as notes. A pass that was recorded elsewhere has no outputs to compare. differ are the
// files that git shows as changed in the worktree.
func Weigh(ctx context.Context, s *scene.Scene, a actor.Agent, f *gates.Fact, result report.Gate, agent *transcript.Agent, differ []string) []rule.Finding {
	if f.Kind != gates.GateResult || f.Outcome != gates.Pass || len(f.Contradictions) > 0 || s.Recorded {
		return nil
	}
	if text := elsewhere(ctx, s, a, result); text != "" {
		f.Contradictions = append(f.Contradictions, text)
		return nil
	}
	written, missing := session.Announced(s, agent)
	calls := evidence.Follow(usesOf(agent, written))
	role := config.RoleOf(a.Gate)
	required := s.Config(ctx).Evidence[role] == config.EvidenceRequired
	task := s.Tasks(ctx).Find(a.Task)
	again := failedBefore(task, f)
	var findings []evidence.Finding
	switch {
	case agent.Lines == 0:
		findings = []evidence.Finding{{Kind: evidence.NotShown, Text: "the gate's transcript cannot be read, so nothing shows what it did"}}
	case role == config.RoleTests:
		at := evidence.Place{Names: placeNames(s, a), Others: otherPlaces(ctx, s, a), Since: task.WorkStopped(), Read: readLog, Prompt: agent.Prompt + "\n" + agent.Run.Prompt}
		if again && agent.Run.Time.After(at.Since) {
			at.Since = agent.Run.Time
		}
		findings = evidence.Tests(claimOf(result), calls, at)
		if name, changed := lastChange(ctx, s, a, agent, task); name != "" {
			at.Since = changed.Add(time.Nanosecond)
			if slices.ContainsFunc(evidence.Tests(claimOf(result), calls, at), func(f evidence.Finding) bool { return f.Kind != evidence.Noted && !slices.Contains(findings, f) }) {
				findings = append(findings, evidence.Finding{Kind: evidence.Contradicted, Text: "you changed " + quote.String(name, quote.MaxPath) +
					" at your last test run or after it, so that run was of other work; run the tests again and change nothing, or report FAIL"})
			}
		}
	default:
		var changed []string
		if task != nil {
			changed = slices.DeleteFunc(append(task.Files(), task.Unreported()...), func(name string) bool { return !hasFile(a, name) })
		}
		markElsewhere(ctx, s, a, calls)
		findings = evidence.Review(claimOf(result), calls, changed, func(name string) string {
			text, _ := readLog(filepath.Join(a.Place.Root, filepath.FromSlash(name)))
			return text
		})
	}
	if again && !worked(agent) {
		findings = append(findings, evidence.Finding{Kind: evidence.Contradicted, Text: "you reported FAIL before, and your transcript shows no work since; check again what failed, or report FAIL"})
	}
	if text := trace.UnannouncedText(written); text != "" {
		findings = append(findings, evidence.Finding{Kind: evidence.NotShown, Text: text})
	}
	if missing += agent.LostToolUses; missing > 0 {
		findings = append(findings, evidence.Finding{Kind: evidence.NotShown, Text: fmt.Sprintf("the gate's transcript does not have %s of the gate's, so it does not show all of its work", quote.Plural(missing, "tool call"))})
	}
	if least := s.Config(ctx).Coverage; result.Unmeasured && least > 0 {
		findings = append(findings, evidence.Finding{Kind: evidence.Contradicted, Text: fmt.Sprintf("you report a pass without measured coverage, but at least %d percent is required; "+
			"measure it in the test run, or report FAIL", least)})
	}
	if edited := editsOf(a, agent, differ); len(edited) > 0 && !asLaunched(task, f) {
		findings = append(findings, evidence.Finding{Kind: evidence.Contradicted, Text: "a gate changes no file, and your transcript shows that you edited " + quote.List(quote.First(edited, quote.MaxList)) +
			"; undo that, or report FAIL with what has to be changed"})
	}
	var notes []rule.Finding
	for _, found := range findings {
		text := quote.Line(quote.Clip(found.Text, quote.MaxIssue))
		if found.Kind == evidence.Contradicted || required && found.Kind != evidence.Noted {
			f.Unproven = append(f.Unproven, text)
			continue
		}
		notes = append(notes, rule.Finding{Rule: rule.GateNotShown, Severity: rule.Note, Message: text})
	}
	return notes
}

// elsewhere says that a result is about another known task, or about another task's worktree; "" if nothing shows that.
func elsewhere(ctx context.Context, s *scene.Scene, a actor.Agent, result report.Gate) string {
	if other := s.Tasks(ctx).Find(launch.ShortTask(result.Task)); result.Task != "" && other != nil && other.State.Phase != "" &&
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

// failedBefore reports whether the agent's last result was a fail. It was resumed since then.
func failedBefore(task *record.Task, f *gates.Fact) bool {
	if task == nil {
		return false
	}
	for _, e := range slices.Backward(task.State.History) {
		if e.Kind == gates.GateResult && e.Agent == f.Agent && (e.Outcome == gates.Pass || e.Outcome == gates.Fail) {
			return e.Outcome == gates.Fail
		}
	}
	return false
}

// worked reports whether the agent used a tool in its current run.
func worked(agent *transcript.Agent) bool {
	return slices.ContainsFunc(agent.ToolUses, func(u transcript.ToolUse) bool {
		return u.Run == agent.Run.Number && u.Outcome != transcript.Unanswered
	})
}

// asLaunched reports whether the worktree is as it was when the gate was launched: the gate has undone its own changes.
func asLaunched(task *record.Task, f *gates.Fact) bool {
	if task == nil || f.Tree == "" {
		return false
	}
	return slices.ContainsFunc(task.State.Gates, func(g gates.GateState) bool {
		return slices.ContainsFunc(g.Runs, func(r gates.Run) bool {
			return r.Tree == f.Tree && (r.Call == f.Call && r.Call != "" || r.Agent == f.Agent)
		})
	})
}

// claimOf returns what a result says about the gate's own work.
func claimOf(result report.Gate) evidence.Claim {
	return evidence.Claim{Commands: result.Commands, Counts: evidence.Counts(result.Counts), Reviewed: result.Reviewed}
}

// usesOf returns the tool uses of an agent, without those that another program wrote into its transcript.
func usesOf(agent *transcript.Agent, written []transcript.ToolUse) []evidence.Use {
	var uses []evidence.Use
	for _, u := range agent.ToolUses {
		if slices.ContainsFunc(written, func(w transcript.ToolUse) bool { return w.Line == u.Line && w.ID == u.ID }) {
			continue
		}
		uses = append(uses, evidence.Use{
			Tool: u.Name, Command: u.Command, Path: filepath.ToSlash(u.Path), Dir: filepath.ToSlash(u.CWD), Output: u.Output, Names: u.Names,
			Content: u.Content, Replaced: u.Replaced,
			Failed: u.Outcome == transcript.Failed, Answered: u.Outcome != transcript.Unanswered, Time: u.Time,
		})
	}
	return uses
}

// markElsewhere marks the tool uses that looked only into another worktree of the repository. A command is known by the files that it reads there, or by
// the name of another task's worktree; where it does not name any, it may have been anywhere.
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
		dir := filepath.FromSlash(r.Dir)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.FromSlash(u.Dir), dir)
		}
		for _, word := range words[1:] {
			path := filepath.FromSlash(word)
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
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
	path := filepath.FromSlash(u.Path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.FromSlash(u.Dir), path)
	}
	path = site.Physical(path)
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
