package guard

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
)

// Destroys lists the changes that a command would overwrite or delete and that are in no commit, in no index and of no merge: somebody edits these
// files. For git clean these are the files that git does not track; for git stash drop, those that the worktree does not have as the stash has them.
func Destroys(ctx context.Context, git Git, r Resolved, e Effect) (names []string) {
	o := gitop.Read(r.Name, r.Args)
	status := []string{"-c", "core.quotePath=false", "status", "--porcelain", "--ignore-submodules"}
	cleans := r.Name == "clean"
	switch {
	case r.Name == "stash":
		return dropped(ctx, git, o, e.Dir)
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

// dropped lists the files of which only the entries hold the content that git stash drop or clear deletes.
func dropped(ctx context.Context, git Git, o argv.Options, dir string) (names []string) {
	entries := []string{cmp.Or(argv.First(o.Rest()), "stash@{0}")}
	switch o.First() {
	case "drop":
	case "clear":
		list, _ := git.AskAt(ctx, dir, "stash", "list", "--format=%gd")
		entries = strings.Fields(list)
	default:
		return nil
	}
	lines := func(args ...string) []string {
		text, _ := git.AskAt(ctx, dir, append([]string{"-c", "core.quotePath=false"}, args...)...)
		return strings.FieldsFunc(text, func(c rune) bool { return c == '\n' })
	}
	for _, entry := range entries[:min(len(entries), maxEntries)] {
		if strings.Trim(entry, "0123456789") == "" {
			entry = "stash@{" + entry + "}"
		}
		if changed := lines("stash", "show", "--name-only", entry); len(changed) > 0 {
			names = append(names, lines(append([]string{"diff", "--name-only", entry, "--"}, changed...)...)...)
		}
		if untracked := lines("ls-tree", "-r", "--name-only", entry+"^3"); len(untracked) > 0 {
			there := lines(append([]string{"ls-files", "-c", "-o", "--"}, untracked...)...)
			names = append(names, slices.DeleteFunc(untracked, func(name string) bool { return slices.Contains(there, name) })...)
		}
	}
	return names
}

// maxEntries bounds the entries of the stash that are looked at.
const maxEntries = 20

// Overwrites returns the branches on a server, by their short names, that a push overwrites whatever is there; "" stands for all that it pushes. A
// lease protects what others have pushed since. branch is the one that is checked out.
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
