package shell

import (
	"slices"
	"strings"
)

func isHead(revision string) bool { return revision == "HEAD" || revision == "@" }

// reset passes if it only unstages: it has no commit but HEAD, and leaves files alone.
func reset(o options) Kind {
	unstages := o.only("-q", "--quiet", "--no-quiet", "--mixed", "-p", "--patch", "--refresh", "--no-refresh", "--pathspec-from-file", "--pathspec-file-nul") &&
		(o.named == 0 || isHead(o.operands[0]))
	return unless(unstages, Reset)
}

// restore passes if it unstages: git restore --staged, from HEAD and without the worktree.
func restore(o options) Kind {
	source := o.value("-s", "--source")
	unstages := o.has("-S", "--staged") && (source == "" || isHead(source)) &&
		o.only("-S", "--staged", "-q", "--quiet", "-s", "--source", "-p", "--patch", "--pathspec-from-file", "--pathspec-file-nul", "--no-worktree", "--progress", "--no-progress")
	return unless(unstages, Discard)
}

// checkout passes without arguments: it prints the differences to HEAD.
func checkout(o options) Kind {
	switch {
	case len(o.operands) == 0 && o.only("-q", "--quiet"):
		return ""
	case o.dashes || o.has("-p", "--patch", "--ours", "--theirs", "--pathspec-from-file") || o.first() == "." || len(o.operands) > 1 && !o.has("-b", "-B", "-t", "--track"):
		return Discard
	default:
		return Switch
	}
}

// tag passes if it lists or verifies.
func tag(o options) Kind {
	lists := len(o.operands) == 0 && !o.has("-d", "--delete") ||
		o.has("-l", "--list", "-n", "-v", "--verify", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at")
	writes := o.has("-a", "-s", "-f", "-d", "-m", "-F", "-u") || o.starts("--annotate", "--sign", "--force", "--delete", "--message", "--file", "--local-user")
	return unless(lists && !writes, Tag)
}

// branch passes if it lists.
func branch(o options) Kind {
	lists := len(o.operands) == 0 || o.has("-l", "--list", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at", "--show-current")
	writes := o.has("-d", "-D", "-m", "-M", "-c", "-C", "-f", "-u", "-t") ||
		o.starts("--delete", "--move", "--copy", "--force", "--set-upstream-to", "--unset-upstream", "--track", "--edit-description", "--create-reflog")
	return unless(lists && !writes, Branch)
}

// fetch passes unless a refspec writes a ref other than a remote-tracking one.
func fetch(o options) Kind {
	for _, spec := range o.operands[min(1, len(o.operands)):] {
		if _, to, ok := strings.Cut(spec, ":"); ok && to != "" && !strings.HasPrefix(to, "refs/remotes/") {
			return Branch
		}
	}
	return unless(!o.has("-u") && !o.starts("--update-head-ok"), Branch)
}

// subtree passes if it splits into commits without giving them a branch.
func subtree(o options) Kind {
	switch o.first() {
	case "push":
		return Push
	case "add", "merge", "pull":
		return Merge
	case "split":
		return unless(!o.has("-b", "--branch", "--rejoin"), Branch)
	default:
		return ""
	}
}

// config passes if it reads, or writes a file that is not git's own configuration (.gitmodules is a file of the project).
func config(o options) Kind {
	if file := o.value("-f", "--file"); file != "" {
		lower := strings.ToLower(file)
		if !strings.Contains(lower, ".git/") && !strings.Contains(lower, "gitconfig") && !strings.HasSuffix(lower, "git/config") && !strings.Contains(lower, unknown) {
			return ""
		}
	}
	if o.starts("--unset", "--unset-all", "--add", "--replace-all", "--rename-section", "--remove-section", "--edit") || o.has("-e") {
		return Config
	}
	if o.has("--get", "--get-all", "--get-regexp", "--get-urlmatch", "--get-color", "--get-colorbool", "--list", "-l") {
		return ""
	}
	switch o.first() { // from git 2.46 on
	case "get", "list":
		return ""
	case "set", "unset", "rename-section", "remove-section", "edit":
		return Config
	}
	return unless(len(o.operands) < 2, Config)
}

// rm passes if it only takes single files out of the index.
func rm(o options) Kind {
	return unless(o.dry("-n") || o.has("--cached") && !o.has("-r"), Add)
}

// updateIndex passes if it refreshes what git knows of files.
func updateIndex(o options) Kind {
	refreshes := o.only("-q", "--refresh", "--really-refresh", "--unmerged", "--ignore-missing", "--ignore-submodules") && len(o.operands) == 0
	return unless(refreshes, Add)
}

// apply passes if it changes files alone, or nothing.
func apply(o options) Kind {
	stages := o.has("-3", "-N") || o.starts("--index", "--cached", "--3way", "--intent-to-add")
	shows := o.has("--check", "--stat", "--numstat", "--summary") && !o.has("--apply")
	return unless(!stages || shows, Add)
}

// symbolicRef passes if it reads a ref.
func symbolicRef(o options) Kind {
	return unless(len(o.operands) < 2 && o.only("-q", "--quiet", "--short", "--recurse", "--no-recurse"), Branch)
}

// gc passes unless its options set what it prunes.
func gc(o options) Kind {
	sets := slices.ContainsFunc(o.flags, func(f option) bool { return f.value != "" && strings.HasPrefix(f.name, "--p") }) // --prune=now
	return unless(!sets, History)
}

// replace passes if it lists.
func replace(o options) Kind {
	return unless(len(o.flags)+len(o.operands) == 0 || o.has("-l", "--list"), History)
}

// submodule passes if it reads, and for foreach, whose command is read by itself.
func submodule(o options) Kind {
	return unless(slices.Contains([]string{"", "status", "summary", "foreach"}, o.first()), Submodule)
}

// remote passes if it reads.
func remote(o options) Kind {
	return unless(slices.Contains([]string{"", "show", "get-url", "update", "prune"}, o.first()), Remote)
}

// foreign judges git svn and git p4.
func foreign(o options) Kind {
	switch o.first() {
	case "dcommit", "submit", "set-tree", "commit-diff":
		return unless(o.dry("-n"), Push)
	case "rebase":
		return Rebase
	}
	return ""
}

func lfs(o options) Kind {
	switch o.first() {
	case "push":
		return unless(o.dry(), Push)
	case "migrate":
		return unless(len(o.operands) > 1 && o.operands[1] == "info", History)
	case "install", "uninstall", "update":
		return Config
	}
	return ""
}
