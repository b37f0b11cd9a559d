package shell

import (
	"slices"
	"strings"
)

// git tells what a git command line does. aliases counts the aliases that led here.
func (c invocation) git(rest []field, aliases int) {
	defined := map[string]string{}
	for len(rest) > 0 {
		argument := rest[0]
		if argument.loose && len(rest) > 1 {
			rest = rest[1:] // git $OPTIONS commit: what it comes to are options, or nothing
			continue
		}
		if !strings.HasPrefix(argument.text, "-") {
			break
		}
		rest = rest[1:]
		name, value, has := strings.Cut(argument.text, "=")
		switch name {
		case "--help", "-h", "--version", "-v", "--html-path", "--man-path", "--info-path":
			return
		case "--exec-path":
			if !has {
				return // prints the path
			}
		case "-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source":
			if !has && len(rest) > 0 {
				value, rest = rest[0].text, rest[1:]
			}
		}
		if name == "-c" || name == "--config-env" {
			key, text, _ := strings.Cut(value, "=")
			if key = strings.ToLower(key); key == "core.hookspath" {
				c.found(Config)
			} else if alias, ok := strings.CutPrefix(key, "alias."); ok && name == "-c" {
				defined[alias] = text
			}
		}
	}
	if len(rest) == 0 {
		return
	}
	command, rest := rest[0].text, rest[1:]
	kind, known := gitCommand(command, texts(rest))
	switch {
	case kind != "":
		c.found(kind)
	case command == "submodule" || command == "for-each-repo":
		c.gitForEach(texts(rest))
	case command == "bisect" || known || aliases >= maxDepth:
	case strings.HasPrefix(defined[command], "!"):
		c.walker.nested(defined[command][1:]+` "$@"`, rest, c.from, true)
	case defined[command] != "":
		var words []field
		for _, word := range strings.Fields(defined[command]) {
			words = append(words, field{text: strings.Trim(word, `'"`)})
		}
		for name, text := range defined { // one alias may mean another
			words = append([]field{{text: "-c"}, {text: "alias." + name + "=" + text}}, words...)
		}
		c.git(append(words, rest...), aliases+1)
	}
}

// gitForEach reads git submodule foreach COMMAND, which a shell runs.
func (c invocation) gitForEach(arguments []string) {
	o := readLeading(arguments, "")
	if o.first() != "foreach" {
		return
	}
	if o = readLeading(o.operands[1:], ""); len(o.operands) > 0 {
		c.walker.nested(strings.Join(o.operands, " "), nil, c.from, true)
	}
}

// gitCommand tells what kind of prohibited use a git command with these arguments is: "" for none. known is false for what may be an
// alias. The commands and their options are those of the git manual, 2.39 to 2.52.
//
// What only reads passes, and so do dry runs, help, and git fetch, which moves nothing but remote-tracking refs. To unstage passes too:
// an agent that has staged a file must be able to undo it.
func gitCommand(command string, arguments []string) (kind Kind, known bool) {
	if asksForHelp(arguments) {
		return "", true
	}
	has := func(names ...string) bool { return slices.Contains(names, first(arguments)) }
	switch command {
	// The five, and their kin.
	case "add", "stage":
		return unless(readOptions(arguments, "--chmod --pathspec-from-file").dry("-n"), Add), true
	case "mv":
		return unless(readOptions(arguments, "").dry("-n"), Add), true
	case "rm":
		o := readOptions(arguments, "--pathspec-from-file")
		return unless(o.dry("-n") || o.has("--cached") && !o.has("-r"), Add), true
	case "update-index":
		o := readOptions(arguments, "")
		refreshes := o.only("-q", "--refresh", "--really-refresh", "--unmerged", "--ignore-missing", "--ignore-submodules") && len(o.operands) == 0
		return unless(refreshes, Add), true
	case "read-tree":
		return unless(readOptions(arguments, "").dry("-n"), Add), true
	case "apply":
		o := readOptions(arguments, "-C -p --exclude --include --directory --whitespace --build-fake-ancestor")
		stages := o.has("-3", "-N") || o.starts("--index", "--cached", "--3way", "--intent-to-add")
		shows := o.has("--check", "--stat", "--numstat", "--summary") && !o.has("--apply")
		return unless(!stages || shows, Add), true
	case "mergetool":
		return Add, true
	case "commit":
		o := readOptions(arguments, "-m -F -c -C -t --message --file --author --date --fixup --squash --reuse-message --reedit-message --template "+
			"--cleanup --trailer --pathspec-from-file")
		return unless(o.dry("--short", "--porcelain", "--long"), Commit), true
	case "cherry-pick", "revert", "commit-tree", "citool", "quiltimport", "cvsimport", "archimport", "absorb":
		return Commit, true
	case "am":
		return unless(has("--show-current-patch"), Commit), true
	case "push":
		return unless(readOptions(arguments, "-o --push-option --repo --receive-pack --exec").dry("-n"), Push), true
	case "send-pack", "http-push", "receive-pack", "cvsexportcommit":
		return unless(readOptions(arguments, "").dry(), Push), true
	case "merge", "merge-index", "merge-one-file", "merge-recursive", "merge-resolve", "merge-octopus", "merge-ours", "merge-subtree":
		return Merge, true
	case "pull":
		return unless(readOptions(arguments, "-s -X -o --depth").dry(), Merge), true
	case "rebase":
		return unless(has("--show-current-patch"), Rebase), true
	case "replay":
		return Rebase, true

	// What moves branches and worktrees.
	case "reset":
		return reset(readOptions(arguments, "--pathspec-from-file -U --unified --inter-hunk-context")), true
	case "restore":
		return restore(readOptions(arguments, "-s --source --pathspec-from-file --conflict -U --unified --inter-hunk-context")), true
	case "checkout":
		return checkout(readOptions(arguments, "-b -B --orphan --conflict --pathspec-from-file")), true
	case "switch", "sparse-checkout", "bisect":
		reads := command == "sparse-checkout" && has("list", "check-rules") || command == "bisect" && has("", "log", "view", "visualize", "terms", "help")
		return unless(reads, Switch), true
	case "checkout-index", "clean":
		return unless(command == "clean" && readOptions(arguments, "-e --exclude").dry("-n"), Discard), true
	case "stash":
		return unless(has("list", "show"), Stash), true
	case "tag":
		return tag(readOptions(arguments, "-m -F -u --message --file --local-user --contains --no-contains --points-at --sort --format --cleanup --trailer")), true
	case "branch":
		return branch(readOptions(arguments, "-u --set-upstream-to --points-at --sort --format")), true
	case "update-ref":
		return Branch, true
	case "symbolic-ref":
		o := readOptions(arguments, "-m")
		return unless(len(o.operands) < 2 && o.only("-q", "--quiet", "--short", "--recurse", "--no-recurse"), Branch), true
	case "fetch":
		return fetch(readOptions(arguments, "-o -j --depth --deepen --shallow-since --shallow-exclude --refmap --server-option --jobs --negotiation-tip --upload-pack --filter")), true
	case "notes":
		return unless(has("", "list", "show", "get-ref"), Branch), true
	case "refs":
		return unless(has("verify", "list", "exists"), Branch), true
	case "worktree":
		return unless(has("", "list"), Worktree), true
	case "submodule":
		o := readLeading(arguments, "")
		return unless(slices.Contains([]string{"", "status", "summary", "foreach"}, o.first()), Submodule), true

	// What is written once and holds for long.
	case "config":
		return config(arguments), true
	case "maintenance":
		return unless(!has("start", "stop", "register", "unregister"), Config), true
	case "remote":
		o := readLeading(arguments, "")
		return unless(slices.Contains([]string{"", "show", "get-url", "update", "prune"}, o.first()), Remote), true
	case "filter-branch", "filter-repo", "prune", "history":
		return unless(command == "prune" && readOptions(arguments, "--expire").dry("-n"), History), true
	case "gc":
		o := readOptions(arguments, "")
		sets := slices.ContainsFunc(o.flags, func(f option) bool { return f.value != "" && strings.HasPrefix(f.name, "--p") }) // --prune=now
		return unless(!sets, History), true
	case "reflog":
		return unless(!has("expire", "delete", "drop", "write") || readOptions(arguments, "").dry("-n"), History), true
	case "replace":
		return unless(len(arguments) == 0 || readOptions(arguments, "--format").has("-l", "--list"), History), true
	case "fast-import":
		return History, true

	// Commands with commands of their own.
	case "svn", "p4":
		switch first(arguments) {
		case "dcommit", "submit", "set-tree", "commit-diff":
			return unless(readOptions(arguments, "").dry("-n"), Push), true
		case "rebase":
			return Rebase, true
		}
		return "", true
	case "subtree":
		return subtree(readOptions(arguments, "-P -m -b --prefix --message --branch --onto")), true
	case "lfs":
		switch first(arguments) {
		case "push":
			return unless(readOptions(arguments, "").dry(), Push), true
		case "migrate":
			return unless(len(arguments) > 1 && arguments[1] == "info", History), true
		case "install", "uninstall", "update":
			return Config, true
		}
		return "", true
	}
	return "", slices.Contains(readers[:], command)
}

// readers are commands that an alias cannot stand for and that pass whatever their arguments. It is never written to.
var readers = [...]string{
	"annotate", "archive", "blame", "bundle", "cat-file", "check-attr", "check-ignore", "check-ref-format", "cherry", "clone", "count-objects", "describe",
	"diff", "diff-files", "diff-index", "diff-tree", "difftool", "for-each-ref", "format-patch", "fsck", "grep", "hash-object", "help", "init", "log",
	"ls-files", "ls-remote", "ls-tree", "merge-base", "merge-file", "merge-tree", "mktree", "name-rev", "patch-id", "range-diff", "request-pull", "rev-list",
	"rev-parse", "shortlog", "show", "show-branch", "show-ref", "status", "stripspace", "var", "verify-commit", "verify-pack", "verify-tag", "version",
	"whatchanged", "write-tree",
}

func unless(passes bool, kind Kind) Kind {
	if passes {
		return ""
	}
	return kind
}

func first(arguments []string) string {
	if len(arguments) == 0 {
		return ""
	}
	return arguments[0]
}

// asksForHelp reports whether a command only prints its usage: git commit -h, git stash push --help.
func asksForHelp(arguments []string) bool {
	for i, argument := range arguments {
		switch {
		case argument == "-h" || argument == "--help":
			return true
		case i > 0 || strings.HasPrefix(argument, "-"):
			return false
		}
	}
	return false
}

// dry reports whether nothing is done: --dry-run stands there, or another option that means it.
func (o options) dry(also ...string) bool {
	negated := slices.ContainsFunc(o.flags, func(f option) bool { return strings.HasPrefix(f.name, "--no-d") })
	return !negated && (o.has("--dry-run") || o.has(also...))
}

func isHead(revision string) bool { return revision == "HEAD" || revision == "@" }

// reset passes where it can do no more than unstage: it names no commit but HEAD, and leaves files alone.
func reset(o options) Kind {
	unstages := o.only("-q", "--quiet", "--no-quiet", "--mixed", "-p", "--patch", "--refresh", "--no-refresh", "--pathspec-from-file", "--pathspec-file-nul") &&
		(o.named == 0 || isHead(o.operands[0]))
	return unless(unstages, Reset)
}

// restore passes where it unstages: git restore --staged, from HEAD and without the worktree.
func restore(o options) Kind {
	source := o.value("-s", "--source")
	unstages := o.has("-S", "--staged") && (source == "" || isHead(source)) &&
		o.only("-S", "--staged", "-q", "--quiet", "-s", "--source", "-p", "--patch", "--pathspec-from-file", "--pathspec-file-nul", "--no-worktree", "--progress", "--no-progress")
	return unless(unstages, Discard)
}

// checkout passes without arguments: it prints what differs from HEAD.
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

// tag passes where it lists or verifies.
func tag(o options) Kind {
	lists := len(o.operands) == 0 && !o.has("-d", "--delete") ||
		o.has("-l", "--list", "-n", "-v", "--verify", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at")
	writes := o.has("-a", "-s", "-f", "-d", "-m", "-F", "-u") || o.starts("--annotate", "--sign", "--force", "--delete", "--message", "--file", "--local-user")
	return unless(lists && !writes, Tag)
}

// branch passes where it lists.
func branch(o options) Kind {
	lists := len(o.operands) == 0 || o.has("-l", "--list", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at", "--show-current")
	writes := o.has("-d", "-D", "-m", "-M", "-c", "-C", "-f", "-u", "-t") ||
		o.starts("--delete", "--move", "--copy", "--force", "--set-upstream-to", "--unset-upstream", "--track", "--edit-description", "--create-reflog")
	return unless(lists && !writes, Branch)
}

// fetch passes unless a refspec writes a ref that is not a remote-tracking one.
func fetch(o options) Kind {
	for _, spec := range o.operands[min(1, len(o.operands)):] {
		if _, to, ok := strings.Cut(spec, ":"); ok && to != "" && !strings.HasPrefix(to, "refs/remotes/") {
			return Branch
		}
	}
	return unless(!o.has("-u") && !o.starts("--update-head-ok"), Branch)
}

// subtree passes where it splits into commits that no branch is given.
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

// config passes where it reads, and where it writes a file that is no configuration of git's (.gitmodules is a file of the project).
func config(arguments []string) Kind {
	o := readOptions(arguments, "-f --file --blob --type --default --value --url --comment")
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
