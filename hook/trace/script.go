package trace

import (
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
	"stopgate/hook/shell/screen"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree/gitdir"
)

// Reveal adds to the commands of an agent what is hidden by the scripts that they run from files: those that an earlier command wrote, as they
// were then, and others as they are now. A script hides something if one of its lines bypasses the guard to change a repository.
func Reveal(list []Command, agent *transcript.Agent) {
	var f shell.Follower
	for _, use := range agent.ToolUses {
		if !transcript.IsShell(use.Name) {
			continue
		}
		f.In(filepath.ToSlash(use.CWD))
		at := slices.IndexFunc(list, func(c Command) bool { return c.Line == use.Line && c.Helper == use.Helper })
		for _, r := range f.Follow(use.Command) {
			text := r.Text()
			if r.Within == nil {
				text = scriptOf(r, use.CWD)
			}
			if what := hiddenIn(text); what != "" && at >= 0 && list[at].Hides == "" {
				list[at].Hides = "runs a script that " + what
			}
		}
	}
}

// changesGit matches a line that has git change a repository.
var changesGit = lazyregexp.New(`\bgit\b.*\b(?:add|am|branch|checkout|cherry-pick|commit|config|fetch|merge|notes|push|rebase|remote|replace|reset|stash|switch|symbolic-ref|tag|update-ref|worktree)\b`)

// hiddenIn returns how a line of a script bypasses the guard to change a repository; "" if none does.
func hiddenIn(script string) string {
	for line := range strings.Lines(script) {
		if changesGit().MatchString(line) {
			if what := screen.Hides(line); what != "" {
				return what
			}
		}
	}
	return ""
}

// maxScript bounds the script that is read from the disk, in bytes.
const maxScript = 64 << 10

// scriptOf returns the text of the file that a command runs in that folder, as it is now; "" if it runs none, or if that cannot be read.
func scriptOf(r shell.Run, dir string) string {
	name := filepath.FromSlash(shell.Script(r))
	if name == "" {
		return ""
	}
	if !filepath.IsAbs(name) {
		if r.Dir != "" && filepath.IsAbs(filepath.FromSlash(r.Dir)) {
			dir = ""
		}
		name = filepath.Join(dir, filepath.FromSlash(r.Dir), name)
	}
	text, _ := gitdir.ReadSmall(name, maxScript) // what cannot be read hides nothing
	return string(text)
}
