package guard

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// maxRevisions bounds the arguments of a command of which git is asked whether they are revisions, and maxOwn the commits of a branch that are
// compared with theirs.
const (
	maxRevisions = 32
	maxOwn       = 1000
)

// Concerns reports whether a command would put the work of a worktree into history or on a server, or discard it: it runs in that worktree, or it
// names the worktree, its branch, or a commit that has some of the commits that the branch has and the main worktree has not. A command that only
// makes branches and worktrees concerns none. e is the command's effect.
func Concerns(ctx context.Context, git Git, r Resolved, e Effect, place, home worktree.Place) bool {
	o := operands(r)
	switch r.Kind {
	case shell.Commit:
		if r.Name == "commit" { // its arguments are files and a message
			return e.Root == place.Root
		}
	case shell.Merge, shell.Rebase, shell.Reset, shell.Stash, shell.Discard, shell.History:
	case shell.Push:
		if pushesAll(r.Args) {
			return true
		}
	case shell.Switch:
		if !shell.HasOption(r.Args, "", "-C", "-B", "--force-create") {
			return e.Root == place.Root
		}
	case shell.Branch:
		if r.Name == "branch" && !shell.HasOption(r.Args, "", "-f", "-d", "-D", "-m", "-M", "-C", "--force", "--delete", "--move") {
			return false
		}
		return readsStdin(r) || NamesBranch(o, place.Branch()) || namesFolder(o, e.Dir, place.Root) || hasItsCommits(ctx, git, o, place, home)
	case shell.Worktree:
		removes := len(o) > 0 && (o[0] == "move" || o[0] == "remove" && shell.HasOption(r.Args, "", "-f", "--force"))
		return removes && (namesFolder(o[1:], e.Dir, place.Root) || slices.ContainsFunc(o[1:], func(name string) bool { return endsWith(place.Root, name) }))
	default:
		return false
	}
	return e.Root == place.Root || readsStdin(r) || NamesBranch(o, place.Branch()) || namesFolder(o, e.Dir, place.Root) || hasItsCommits(ctx, git, o, place, home)
}

// texts lists options whose separate value names nothing.
var texts = [...]string{
	"-m", "-F", "-X", "-s", "-o", "-x", "--message", "--file", "--strategy", "--strategy-option", "--push-option", "--receive-pack", "--exec", "--author", "--date", "--trailer",
}

// operands returns what may name something: arguments and values of options, each side of a refspec by itself.
func operands(r Resolved) []string {
	var parts []string
	for i := 0; i < len(r.Args); i++ {
		argument := r.Args[i]
		if slices.Contains(texts[:], argument) {
			i++
			continue
		}
		if strings.HasPrefix(argument, "-") {
			name, value, _ := strings.Cut(argument, "=")
			if value == "" || slices.Contains(texts[:], name) {
				continue
			}
			argument = value
		}
		parts = append(parts, argument)
		if from, to, ok := strings.Cut(argument, ":"); ok {
			parts = append(parts, strings.TrimPrefix(from, "+"), to)
		}
	}
	return parts
}

// pushesAll reports whether git push sends every branch, whatever their names.
func pushesAll(arguments []string) bool {
	return shell.HasOption(arguments, "-o --push-option --repo --receive-pack --exec", "--all", "--mirror", "--branches") ||
		slices.ContainsFunc(arguments, func(a string) bool { return a == ":" || a == "+:" || strings.Contains(a, "*") })
}

// readsStdin reports whether the command reads what it is to do from its input, where the guard does not see it.
func readsStdin(r Resolved) bool {
	return r.Name == "fast-import" || r.Name == "update-ref" && shell.HasOption(r.Args, "", "--stdin")
}

// NamesBranch reports whether one of the arguments names the branch: its short name, its full name, or a revision that starts with it.
func NamesBranch(arguments []string, branch string) bool {
	return branch != "" && slices.ContainsFunc(arguments, func(argument string) bool {
		for part := range strings.SplitSeq(strings.TrimPrefix(argument, "+"), ":") {
			part = strings.TrimPrefix(strings.TrimPrefix(part, "refs/"), "heads/")
			if revision, _, _ := strings.Cut(strings.TrimRight(part, "~^0123456789"), "^"); part == branch || revision == branch {
				return true
			}
		}
		return false
	})
}

// namesFolder reports whether one of the arguments is the path of the folder at root. Git takes the path of a worktree for a remote, too.
func namesFolder(arguments []string, dir, root string) bool {
	return slices.ContainsFunc(arguments, func(argument string) bool {
		return argument != "" && site.Physical(filepath.Clean(within(dir, strings.TrimPrefix(argument, "file://")))) == site.Physical(root)
	})
}

// endsWith reports whether the last elements of a worktree's path are name, by which git worktree knows it, too (git-worktree(1)).
func endsWith(root, name string) bool {
	return name != "" && strings.HasSuffix(filepath.ToSlash(root), "/"+strings.TrimSuffix(name, "/"))
}

// hasItsCommits reports whether one of the arguments is a revision that has some of the commits of the worktree's branch that the main worktree has
// not. It is true if there are too many arguments to ask git about.
func hasItsCommits(ctx context.Context, git Git, arguments []string, place, home worktree.Place) bool {
	newer := func(revision string) []string {
		main, ok := git.AskAt(ctx, home.Root, "rev-parse", "-q", "--verify", "HEAD^{commit}")
		if !ok {
			return nil
		}
		text, _ := git.AskAt(ctx, home.Root, "rev-list", "--max-count="+strconv.Itoa(maxOwn), revision, "^"+main, "--")
		return strings.Fields(text)
	}
	tip, ok := git.AskAt(ctx, place.Root, "rev-parse", "-q", "--verify", "HEAD^{commit}")
	if !ok {
		return false
	}
	own := newer(tip)
	if len(own) == 0 {
		return false
	}
	for i, argument := range arguments {
		if i == maxRevisions {
			return true
		}
		for _, end := range strings.Split(argument, "..") {
			commit, ok := git.Ask(ctx, "rev-parse", "-q", "--verify", strings.TrimPrefix(end, ".")+"^{commit}")
			if ok && slices.ContainsFunc(newer(commit), func(id string) bool { return slices.Contains(own, id) }) {
				return true
			}
		}
	}
	return false
}
