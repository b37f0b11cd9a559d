package guard

import (
	"context"
	"strings"

	"stopgate/hook/shell/gitop"
)

// Destroys lists the changes that a command would overwrite or delete and that are in no commit, in no index and of no merge: somebody edits these
// files. For git clean these are the files that git does not track.
func Destroys(ctx context.Context, git Git, r Resolved, e Effect) (names []string) {
	o := gitop.Read(r.Name, r.Args)
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

// Overwrites returns the branches on a server, by their short names, that a push overwrites whatever is there; "" stands for all that it pushes. A lease
// protects what others have pushed since. branch is the one that is checked out.
func Overwrites(r Resolved, branch string) (branches []string) {
	if r.Name != "push" {
		return nil
	}
	o := gitop.Read("push", r.Args)
	forced := o.Given("-f", "--force")
	if o.Has("--mirror") || forced && pushesAll(r.Args) {
		return []string{""}
	}
	specs := o.Rest()
	if len(specs) == 0 && forced {
		return []string{branch}
	}
	for _, spec := range specs {
		bare, plus := strings.CutPrefix(spec, "+")
		from, to, pair := strings.Cut(bare, ":")
		if !forced && !plus {
			continue
		}
		if !pair {
			to = from
		}
		if to == "HEAD" || to == "@" {
			to = branch
		}
		branches = append(branches, strings.TrimPrefix(strings.TrimPrefix(to, "refs/"), "heads/"))
	}
	return branches
}
