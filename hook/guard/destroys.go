package guard

import (
	"context"
	"strings"

	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
)

// Destroys lists the changes that a command would overwrite or delete and that are in no commit, in no index and of no merge: somebody edits these
// files. For git clean these are the files that git does not track.
func Destroys(ctx context.Context, git Git, r Resolved, e Effect) (names []string) {
	o := argv.Read(r.Args, "-e --exclude -s --source -U --unified --conflict --pathspec-from-file")
	status := []string{"-c", "core.quotePath=false", "status", "--porcelain", "--ignore-submodules"}
	cleans := r.Name == "clean"
	switch {
	case cleans && o.Has("-x", "-X"):
		status = append(status, "-uall", "--ignored")
	case cleans:
		status = append(status, "-uall")
	case r.Kind == gitop.Discard, r.Kind == gitop.Reset && o.Given("--hard"), r.Kind == gitop.Switch && o.Given("-f", "--force", "--discard-changes"):
		status = append(status, "-uno")
	default:
		return nil
	}
	if status = append(status, "--"); r.Kind == gitop.Discard {
		status = append(status, o.Operands...)
	}
	text, _ := git.AskAt(ctx, e.Dir, status...)
	for line := range strings.Lines(text) {
		if len(line) < 4 {
			continue
		}
		state, name := line[:2], strings.TrimSpace(line[3:])
		unmerged := strings.Contains(state, "U") || state == "AA" || state == "DD"
		if cleans && (state == "??" || state == "!!") || !cleans && !unmerged && strings.ContainsAny(state[1:], "MTD") {
			names = append(names, strings.Trim(name, `"`))
		}
	}
	return names
}
