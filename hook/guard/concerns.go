package guard

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// maxRevisions bounds the names in a command of which git is asked whether they are revisions, and maxOwn the commits of one that are compared.
const (
	maxRevisions = 32
	maxOwn       = 1000
)

// A Reach is what a command that writes may put into history or on a server, or discard.
type Reach struct {
	Resolved
	// Effect is what the command would write to.
	Effect Effect

	git     Git
	home    worktree.Place
	names   []string        // what may name something: see operands
	commits map[string]bool // those of the revisions it names that the main worktree does not have
	many    bool            // it has more names than git is asked about
}

// ReachOf finds out what a command names. home is the main worktree.
func ReachOf(ctx context.Context, git Git, r Resolved, e Effect, home worktree.Place) Reach {
	reach := Reach{Resolved: r, Effect: e, git: git, home: home, names: operands(r), commits: map[string]bool{}}
	if r.Kind == gitop.Worktree || r.Name == "commit" { // their arguments are folders, files and a message
		return reach
	}
	reach.many = len(reach.names) > maxRevisions
	for _, name := range reach.names[:min(maxRevisions, len(reach.names))] {
		for end := range strings.SplitSeq(name, "..") {
			if commit, ok := git.Ask(ctx, "rev-parse", "-q", "--verify", strings.TrimPrefix(end, ".")+"^{commit}"); ok {
				for _, id := range reach.newer(ctx, commit) {
					reach.commits[id] = true
				}
			}
		}
	}
	return reach
}

// newer lists the commits that a commit has and the main worktree has not, up to maxOwn.
func (c Reach) newer(ctx context.Context, commit string) []string {
	text, _ := c.git.AskAt(ctx, c.home.Root, "rev-list", "--max-count="+strconv.Itoa(maxOwn), commit, "^HEAD", "--")
	return strings.Fields(text)
}

// Concerns reports whether the command would put the work of a worktree into history or on a server, or discard it: it runs there, or it names the
// worktree, its branch, or commits of the branch that the main worktree has not. A command that only makes branches and worktrees concerns none.
func (c Reach) Concerns(ctx context.Context, place worktree.Place) bool {
	here := c.Effect.Root == place.Root
	switch c.Kind {
	case gitop.Commit, gitop.Merge, gitop.Rebase, gitop.Reset, gitop.Stash, gitop.Discard, gitop.History:
	case gitop.Push:
		if pushesAll(c.Args) {
			return true
		}
	case gitop.Switch:
		if !argv.Read(c.Args, "").Given("-C", "-B", "--force-create") {
			return here
		}
	case gitop.Branch:
		if c.Name == "branch" && !argv.Read(c.Args, "").Given("-f", "-d", "-D", "-m", "-M", "-C", "--force", "--delete", "--move") {
			return false
		}
		here = false // where it runs does not matter
	case gitop.Worktree:
		removes := len(c.names) > 0 && (c.names[0] == "move" || c.names[0] == "remove" && argv.Read(c.Args, "").Given("-f", "--force"))
		return removes && (namesFolder(c.names[1:], c.Effect.Dir, place.Root) || slices.ContainsFunc(c.names[1:], func(name string) bool { return endsWith(place.Root, name) }))
	default:
		return false
	}
	if here || c.Name == "commit" {
		return here
	}
	return readsStdin(c.Resolved) || NamesBranch(c.names, place.Branch()) || namesFolder(c.names, c.Effect.Dir, place.Root) || c.hasCommitsOf(ctx, place)
}

// hasCommitsOf reports whether the command names commits of the worktree's branch that the main worktree has not. It is true if there are too many
// names to ask git about.
func (c Reach) hasCommitsOf(ctx context.Context, place worktree.Place) bool {
	if c.many || len(c.commits) == 0 {
		return c.many
	}
	tip, ok := c.git.AskAt(ctx, place.Root, "rev-parse", "-q", "--verify", "HEAD^{commit}")
	return ok && slices.ContainsFunc(c.newer(ctx, tip), func(id string) bool { return c.commits[id] })
}

// operands returns what may name something: arguments and values of options, each side of a refspec by itself. A message names nothing.
func operands(r Resolved) []string {
	messages := ""
	if r.Name == "merge" || r.Name == "stash" { // of other commands, -m and -F are other options
		messages = "-m -F --message --file"
	}
	arguments := argv.Read(r.Args, messages).Operands
	for _, argument := range r.Args {
		name, value, has := strings.Cut(argument, "=")
		if has && strings.HasPrefix(name, "-") && !slices.Contains(strings.Fields(messages), name) {
			arguments = append(arguments, value)
		}
	}
	var parts []string
	for _, argument := range arguments {
		parts = append(parts, argument)
		if from, to, ok := strings.Cut(argument, ":"); ok {
			parts = append(parts, strings.TrimPrefix(from, "+"), to)
		}
	}
	return parts
}

// pushesAll reports whether git push sends every branch, whatever their names.
func pushesAll(arguments []string) bool {
	return gitop.Read("push", arguments).Given("--all", "--mirror", "--branches") ||
		slices.ContainsFunc(arguments, func(a string) bool { return a == ":" || a == "+:" || strings.Contains(a, "*") })
}

// readsStdin reports whether the command reads what it is to do from its input, where the guard does not see it.
func readsStdin(r Resolved) bool {
	return r.Name == "fast-import" || r.Name == "update-ref" && argv.Read(r.Args, "").Given("--stdin")
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
		return argument != "" && site.Physical(filepath.Clean(site.From(dir, strings.TrimPrefix(argument, "file://")))) == site.Physical(root)
	})
}

// endsWith reports whether the last elements of a worktree's path are name, by which git worktree knows it, too (git-worktree(1)).
func endsWith(root, name string) bool {
	return name != "" && strings.HasSuffix(filepath.ToSlash(root), "/"+strings.TrimSuffix(name, "/"))
}
