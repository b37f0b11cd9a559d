package shell

import (
	"cmp"
	"slices"
	"strings"
)

// gitRule is what git does for one of its commands.
type gitRule struct {
	kind Kind // "" for a command that may always run
	// valued names the options that have a value, with spaces between them.
	valued string
	// The command may run with one of the options dry, or --dry-run, if it knows dry runs at all.
	dry string
	// It may run if its first argument is one of reads, "-" for none; or, with writes, if it is none of those.
	reads, writes string
	// judge decides by the options instead. valued is then for them.
	judge func(o options) Kind
}

// of is the kind of a command with these arguments, "" if it may run.
func (r gitRule) of(arguments []string) Kind {
	o := readOptions(arguments, r.valued)
	word := cmp.Or(first(arguments), "-")
	switch {
	case r.judge != nil:
		return r.judge(o)
	case r.dry != "" && o.dry(strings.Fields(r.dry)...), slices.Contains(strings.Fields(r.reads), word):
		return ""
	case r.writes != "":
		return unless(!slices.Contains(strings.Fields(r.writes), word), r.kind)
	}
	return r.kind
}

const noShort = "--dry-run" // a dry run that has no short option

// GitKind is the kind of a git command with these arguments: "" if it may run. known is false for a name that is no command of git's own, as
// far as stopgate knows them: an alias, or another program.
func GitKind(command string, arguments []string) (kind Kind, known bool) {
	return gitCommand(command, arguments)
}

// gitCommand is the kind of a git command with these arguments: "" if it may run. known is false for a name that may be an alias. The
// commands and their options are those of the git manual, 2.39 to 2.52.
//
// A command that only reads may run, and so may dry runs, help, and git fetch, which moves only remote-tracking refs. Unstaging is allowed
// too, because an agent that has staged a file must be able to undo it.
func gitCommand(command string, arguments []string) (kind Kind, known bool) {
	rule, known := gitRules[command]
	if !known || asksForHelp(arguments) {
		return "", known || slices.Contains(readers[:], command) || asksForHelp(arguments)
	}
	return rule.of(arguments), true
}

// gitRules are the commands that change something. It is never written to.
var gitRules = map[string]gitRule{
	// The five, and their kin.
	"add":          {kind: Add, valued: "--chmod --pathspec-from-file", dry: "-n"},
	"stage":        {kind: Add, valued: "--chmod --pathspec-from-file", dry: "-n"},
	"mv":           {kind: Add, dry: "-n"},
	"rm":           {valued: "--pathspec-from-file", judge: rm},
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
	"stash":           {kind: Stash, reads: "list show"},
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
	"submodule": {judge: submodule},

	// Settings, and what cannot be undone.
	"config":        {valued: "-f --file --blob --type --default --value --url --comment", judge: config},
	"maintenance":   {kind: Config, writes: "start stop register unregister"},
	"remote":        {judge: remote},
	"filter-branch": {kind: History}, "filter-repo": {kind: History}, "history": {kind: History}, "fast-import": {kind: History},
	"prune":   {kind: History, valued: "--expire", dry: "-n"},
	"gc":      {judge: gc},
	"reflog":  {kind: History, dry: "-n", writes: "expire delete drop write"},
	"replace": {valued: "--format", judge: replace},

	// Commands with commands of their own.
	"svn": {judge: foreign}, "p4": {judge: foreign},
	"subtree": {valued: "-P -m -b --prefix --message --branch --onto", judge: subtree},
	"lfs":     {judge: lfs},
}

// readers are the commands that only read, or that write nothing of the repository's. An alias cannot have one of these names. It is
// never written to.
var readers = [...]string{
	"annotate", "archive", "blame", "bundle", "cat-file", "check-attr", "check-ignore", "check-ref-format", "cherry", "clone", "count-objects", "describe",
	"diff", "diff-files", "diff-index", "diff-tree", "difftool", "for-each-ref", "format-patch", "fsck", "grep", "hash-object", "help", "init", "log",
	"ls-files", "ls-remote", "ls-tree", "merge-base", "merge-file", "merge-tree", "mktree", "name-rev", "patch-id", "range-diff", "request-pull", "rev-list",
	"rev-parse", "shortlog", "show", "show-branch", "show-ref", "status", "stripspace", "var", "verify-commit", "verify-pack", "verify-tag", "version",
	"whatchanged", "write-tree",
}
