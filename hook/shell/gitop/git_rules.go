package gitop

import (
	"cmp"
	"slices"
	"strings"

	"stopgate/hook/shell/argv"
)

// gitRule decides on one command of git.
type gitRule struct {
	kind Kind // "" for a command that may always run
	// valued names the options that have a value, with spaces between them.
	valued string
	// With this option, or with --dry-run, the command may run, if it has dry runs at all.
	dry string
	// reads lists first arguments with which it may run, "-" for none. Or writes lists those with which it may not.
	reads, writes string
	// judge decides by the options instead, with the options in valued.
	judge func(o argv.Options) Kind
}

// of returns the kind of a git command with these arguments; "" if it may run.
func (r gitRule) of(arguments []string) Kind {
	o := argv.Read(arguments, r.valued)
	word := cmp.Or(argv.First(arguments), "-")
	switch {
	case r.judge != nil:
		return r.judge(o)
	case r.dry != "" && o.Dry(strings.Fields(r.dry)...), slices.Contains(strings.Fields(r.reads), word):
		return ""
	case r.writes != "":
		return unless(!slices.Contains(strings.Fields(r.writes), word), r.kind)
	}
	return r.kind
}

const noShort = "--dry-run" // a dry run that has no short option

// OfGit returns the kind of a git command with these arguments; "" if it may run. known is false for a name that is not a known command of git,
// but an alias or another program. The commands and their options are those of the git manual, 2.39 to 2.52.
//
// Commands that only read may run, and so may dry runs, help, and git fetch, which moves only remote-tracking refs. Unstaging is allowed too,
// because an agent that has staged a file must be able to undo it.
func OfGit(command string, arguments []string) (kind Kind, known bool) {
	if o := argv.Read(arguments, "--config"); command == "for-each-repo" && len(o.Operands) > 0 {
		return OfGit(o.Operands[0], o.Operands[1:]) // git runs it in each repository
	}
	rule, known := gitRules[command]
	if !known || asksForHelp(arguments) {
		return "", known || slices.Contains(readers[:], command) || asksForHelp(arguments)
	}
	return rule.of(arguments), true
}

// Read reads the arguments of a git command that changes something. It knows which options of that command have a value.
func Read(command string, arguments []string) argv.Options {
	return argv.Read(arguments, gitRules[command].valued)
}

// gitRules has the commands that change something. It is never modified.
var gitRules = map[string]gitRule{
	// The five that the seed names, and similar ones.
	"add":          {kind: Add, valued: "--chmod --pathspec-from-file", dry: "-n"},
	"stage":        {kind: Add, valued: "--chmod --pathspec-from-file", dry: "-n"},
	"mv":           {kind: Add, dry: "-n"},
	"rm":           {kind: Add, valued: "--pathspec-from-file", dry: "-n"},
	"update-index": {judge: updateIndex},
	"read-tree":    {kind: Add, dry: "-n"},
	"apply":        {valued: "-C -p --exclude --include --directory --whitespace --build-fake-ancestor", judge: apply},
	"mergetool":    {kind: Add},
	"commit": {
		kind: Commit, dry: "--short --porcelain --long",
		valued: "-m -F -c -C -t --message --file --author --date --fixup --squash --reuse-message --reedit-message --template --cleanup --trailer --pathspec-from-file",
	},
	"cherry-pick": {kind: Commit}, "revert": {kind: Commit}, "commit-tree": {kind: Commit}, "citool": {kind: Commit},
	"quiltimport": {kind: Commit}, "cvsimport": {kind: Commit}, "archimport": {kind: Commit}, "absorb": {kind: Commit},
	"am":        {kind: Commit, reads: "--show-current-patch"},
	"push":      {kind: Push, valued: "-o --push-option --repo --receive-pack --exec", dry: "-n"},
	"send-pack": {kind: Push, dry: noShort}, "http-push": {kind: Push, dry: noShort},
	"receive-pack": {kind: Push, dry: noShort}, "cvsexportcommit": {kind: Push, dry: noShort},
	"send-email": {kind: Push, dry: noShort}, "imap-send": {kind: Push},
	"merge": {kind: Merge}, "merge-index": {kind: Merge}, "merge-one-file": {kind: Merge}, "merge-recursive": {kind: Merge},
	"merge-resolve": {kind: Merge}, "merge-octopus": {kind: Merge}, "merge-ours": {kind: Merge}, "merge-subtree": {kind: Merge},
	"pull":   {kind: Merge, valued: "-s -X -o --depth", dry: noShort},
	"rebase": {kind: Rebase, reads: "--show-current-patch"},
	"replay": {kind: Rebase},

	// Commands that move branches and worktrees.
	"reset":           {valued: "--pathspec-from-file -U --unified --inter-hunk-context", judge: reset},
	"restore":         {valued: "-s --source --pathspec-from-file --conflict -U --unified --inter-hunk-context", judge: restore},
	"checkout":        {valued: "-b -B --orphan --conflict --pathspec-from-file", judge: checkout},
	"switch":          {kind: Switch},
	"sparse-checkout": {kind: Switch, reads: "list check-rules"},
	"bisect":          {kind: Switch, reads: "- log view visualize terms help"},
	"checkout-index":  {kind: Discard},
	"clean":           {kind: Discard, valued: "-e --exclude", dry: "-n"},
	"stash":           {kind: Stash, reads: "list show create"},
	"tag":             {valued: "-m -F -u --message --file --local-user --contains --no-contains --points-at --sort --format --cleanup --trailer", judge: tag},
	"branch":          {valued: "-u --set-upstream-to --points-at --sort --format", judge: branch},
	"update-ref":      {kind: Branch},
	"symbolic-ref":    {valued: "-m", judge: symbolicRef},
	"fetch": {
		valued: "-o -j --depth --deepen --shallow-since --shallow-exclude --refmap --server-option --jobs --negotiation-tip --upload-pack --filter",
		judge:  fetch,
	},
	"notes":     {kind: Branch, reads: "- list show get-ref"},
	"refs":      {kind: Branch, reads: "verify list exists"},
	"worktree":  {kind: Worktree, reads: "- list"},
	"submodule": {valued: "--depth -j --jobs --filter", judge: submodule},

	// Settings, and commands whose effects cannot be undone.
	"config":        {valued: "-f --file --blob --type --default --value --url --comment", judge: config},
	"maintenance":   {kind: Config, writes: "start stop register unregister"},
	"remote":        {judge: remote},
	"filter-branch": {kind: History}, "filter-repo": {kind: History}, "history": {kind: History}, "fast-import": {kind: History},
	"prune":   {kind: History, valued: "--expire", dry: "-n"},
	"gc":      {judge: gc},
	"reflog":  {kind: History, dry: "-n", writes: "expire delete drop write"},
	"replace": {valued: "--format", judge: replace},
	"rerere":  {kind: History, writes: "clear forget"},
	// The person's passwords.
	"credential": {judge: credential}, "credential-store": {valued: "--file", judge: credential},
	"credential-cache": {valued: "--timeout --socket", judge: credential},

	// Commands with subcommands.
	"svn": {judge: foreign}, "p4": {judge: foreign},
	"town":    {valued: "-m --message", judge: town},
	"subtree": {valued: "-P -m -b --prefix --message --branch --onto", judge: subtree},
	"lfs":     {judge: lfs},
}

// readers lists the commands that only read, or write nothing of the repository's. An alias cannot have one of these names. It is never modified.
var readers = [...]string{
	"annotate", "archive", "blame", "bundle", "cat-file", "check-attr", "check-ignore", "check-ref-format", "cherry", "clone", "count-objects", "describe",
	"diff", "diff-files", "diff-index", "diff-tree", "difftool", "for-each-ref", "format-patch", "fsck", "grep", "hash-object", "help", "init", "log",
	"ls-files", "ls-remote", "ls-tree", "merge-base", "merge-file", "merge-tree", "mktree", "name-rev", "patch-id", "range-diff", "request-pull", "rev-list",
	"rev-parse", "shortlog", "show", "show-branch", "show-ref", "status", "stripspace", "var", "verify-commit", "verify-pack", "verify-tag", "version",
	"whatchanged", "write-tree",
}

// readsFiles reports whether a command of git that writes nothing of the repository's writes no other file and runs no program either.
func readsFiles(command string) bool {
	return slices.Contains(readers[:], command) && !slices.Contains(strings.Fields("archive bundle clone difftool format-patch init merge-file"), command)
}

// OnlyReads reports whether git with these arguments, of which the first is its command, changes no file and runs no program: it only reads, or lists what
// it could change.
func OnlyReads(arguments []string) bool {
	if len(arguments) == 0 || slices.ContainsFunc(arguments, func(word string) bool {
		return strings.HasPrefix(word, "--output") || word == "--ext-diff" || strings.HasPrefix(word, "-O")
	}) {
		return false
	}
	if readsFiles(arguments[0]) {
		return true
	}
	kind, known := OfGit(arguments[0], arguments[1:])
	return known && kind == "" && slices.Contains([]string{"branch", "config", "reflog", "remote", "stash", "tag", "worktree"}, arguments[0])
}

func isHead(revision string) bool { return revision == "HEAD" || revision == "@" }

// reset is allowed if it only unstages: it has no commit but HEAD, and does not change files.
func reset(o argv.Options) Kind {
	unstages := o.Only("-q", "--quiet", "--no-quiet", "--mixed", "-p", "--patch", "--refresh", "--no-refresh", "--pathspec-from-file", "--pathspec-file-nul") &&
		(o.Named == 0 || isHead(o.Operands[0]))
	return unless(unstages, Reset)
}

// restore is allowed if it unstages: git restore --staged, from HEAD and without the worktree.
func restore(o argv.Options) Kind {
	source := o.Value("-s", "--source")
	unstages := o.Has("-S", "--staged") && (source == "" || isHead(source)) &&
		o.Only("-S", "--staged", "-q", "--quiet", "-s", "--source", "-p", "--patch", "--pathspec-from-file", "--pathspec-file-nul", "--no-worktree", "--progress", "--no-progress")
	return unless(unstages, Discard)
}

// checkout is allowed without arguments: it prints the differences from HEAD.
func checkout(o argv.Options) Kind {
	switch {
	case len(o.Operands) == 0 && o.Only("-q", "--quiet"):
		return ""
	case o.Dashes || o.Has("-p", "--patch", "--ours", "--theirs", "--pathspec-from-file") || o.First() == "." || len(o.Operands) > 1 && !o.Has("-b", "-B", "-t", "--track"):
		return Discard
	default:
		return Switch
	}
}

// tag is allowed if it lists or verifies.
func tag(o argv.Options) Kind {
	lists := len(o.Operands) == 0 && !o.Has("-d", "--delete") ||
		o.Has("-l", "--list", "-n", "-v", "--verify", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at")
	writes := o.Has("-a", "-s", "-f", "-d", "-m", "-F", "-u") || o.Starts("--annotate", "--sign", "--force", "--delete", "--message", "--file", "--local-user")
	return unless(lists && !writes, Tag)
}

// branch is allowed if it lists.
func branch(o argv.Options) Kind {
	lists := len(o.Operands) == 0 || o.Has("-l", "--list", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at", "--show-current")
	writes := o.Has("-d", "-D", "-m", "-M", "-c", "-C", "-f", "-u", "-t") ||
		o.Starts("--delete", "--move", "--copy", "--force", "--set-upstream-to", "--unset-upstream", "--track", "--edit-description", "--create-reflog")
	return unless(lists && !writes, Branch)
}

// fetch is allowed unless a refspec writes a ref other than a remote-tracking one.
func fetch(o argv.Options) Kind {
	for _, spec := range o.Operands[min(1, len(o.Operands)):] {
		if _, to, ok := strings.Cut(spec, ":"); ok && to != "" && !strings.HasPrefix(to, "refs/remotes/") {
			return Branch
		}
	}
	return unless(!o.Has("-u") && !o.Starts("--update-head-ok"), Branch)
}

// subtree is allowed if it splits into commits without giving them a branch.
func subtree(o argv.Options) Kind {
	switch o.First() {
	case "push":
		return Push
	case "add", "merge", "pull":
		return Merge
	case "split":
		return unless(!o.Has("-b", "--branch", "--rejoin"), Branch)
	default:
		return ""
	}
}

// config is allowed if it reads, or writes a file that is not git's own configuration (.gitmodules is a file of the project).
func config(o argv.Options) Kind {
	if file := o.Value("-f", "--file"); file != "" {
		lower := strings.ToLower(file)
		if !strings.Contains(lower, ".git/") && !strings.Contains(lower, "gitconfig") && !strings.HasSuffix(lower, "git/config") && !strings.Contains(lower, argv.Unknown) {
			return ""
		}
	}
	if o.Starts("--unset", "--unset-all", "--add", "--replace-all", "--rename-section", "--remove-section", "--edit") || o.Has("-e") {
		return Config
	}
	if o.Has("--get", "--get-all", "--get-regexp", "--get-urlmatch", "--get-color", "--get-colorbool", "--list", "-l") {
		return ""
	}
	switch o.First() { // from git 2.46 on
	case "get", "list":
		return ""
	case "set", "unset", "rename-section", "remove-section", "edit":
		return Config
	}
	return unless(len(o.Operands) < 2, Config)
}

// updateIndex is allowed if it only refreshes git's information about files.
func updateIndex(o argv.Options) Kind {
	refreshes := o.Only("-q", "--refresh", "--really-refresh", "--unmerged", "--ignore-missing", "--ignore-submodules") && len(o.Operands) == 0
	return unless(refreshes, Add)
}

// apply is allowed if it changes only files, or nothing.
func apply(o argv.Options) Kind {
	stages := o.Has("-3", "-N") || o.Starts("--index", "--cached", "--3way", "--intent-to-add")
	shows := o.Has("--check", "--stat", "--numstat", "--summary") && !o.Has("--apply")
	return unless(!stages || shows, Add)
}

// symbolicRef is allowed if it reads a ref.
func symbolicRef(o argv.Options) Kind {
	return unless(len(o.Operands) < 2 && o.Only("-q", "--quiet", "--short", "--recurse", "--no-recurse"), Branch)
}

// gc is allowed unless its options set what it prunes.
func gc(o argv.Options) Kind {
	sets := slices.ContainsFunc(o.Flags, func(f argv.Flag) bool { return f.Value != "" && strings.HasPrefix(f.Name, "--p") }) // --prune=now
	return unless(!sets, History)
}

// replace is allowed if it lists.
func replace(o argv.Options) Kind {
	return unless(len(o.Flags)+len(o.Operands) == 0 || o.Has("-l", "--list"), History)
}

// submodule is allowed if it reads, and for foreach, whose command is read separately.
func submodule(o argv.Options) Kind {
	if o.First() == "update" && o.Only("--init", "-i", "--recursive", "--checkout", "--depth", "-j", "--jobs", "--filter", "--single-branch",
		"--recommend-shallow", "--no-recommend-shallow", "-N", "--no-fetch", "-q", "--quiet", "--progress") {
		return Populate
	}
	if o.First() == "init" && o.Only("-q", "--quiet") {
		return Populate
	}
	return unless(slices.Contains([]string{"", "status", "summary", "foreach"}, o.First()), Submodule)
}

// remote is allowed if it reads.
func remote(o argv.Options) Kind {
	return unless(slices.Contains([]string{"", "show", "get-url", "update", "prune"}, o.First()), Remote)
}

// credential is allowed if it reads.
func credential(o argv.Options) Kind {
	return unless(!slices.Contains([]string{"approve", "reject", "store", "erase", "exit"}, o.First()), Config)
}

// foreign decides on git svn and git p4.
func foreign(o argv.Options) Kind {
	switch o.First() {
	case "dcommit", "submit", "shelve", "set-tree", "commit-diff", "branch", "tag":
		return unless(o.Dry("-n"), Push)
	case "rebase":
		return Rebase
	}
	return ""
}

func lfs(o argv.Options) Kind {
	switch o.First() {
	case "push":
		return unless(o.Dry(), Push)
	case "lock", "unlock":
		return Push
	case "migrate":
		return unless(len(o.Operands) > 1 && o.Operands[1] == "info", History)
	case "install", "uninstall", "update":
		return Config
	}
	return ""
}

// unless returns the kind of a command, or "" for one that may run.
func unless(passes bool, kind Kind) Kind {
	if passes {
		return ""
	}
	return kind
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
