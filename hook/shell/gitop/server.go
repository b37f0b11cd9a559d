package gitop

import (
	"slices"
	"strings"
	"unicode"
)

// ServerTool returns the kind of a tool of an MCP server (mcp__SERVER__TOOL) that works on a code host or on a repository; "" for any other, and
// for one that may run. local means that the server runs git on a folder. Servers agree on no names, so the words in them decide: those of the
// servers of GitHub, GitLab and others, and of mcp-server-git.
func ServerTool(name string) (kind Kind, local bool) {
	name, ok := strings.CutPrefix(name, "mcp__")
	at := strings.LastIndex(name, "__")
	if !ok || at < 0 {
		return "", false
	}
	server, tool := wordsOf(name[:at]), wordsOf(name[at+len("__"):])
	hosted := slices.ContainsFunc(slices.Concat(server, tool), isCodeHost)
	local = !hosted && (slices.Contains(server, "git") || len(tool) > 0 && tool[0] == "git")
	if !hosted && !local || hasAny(tool, "get list search read view show find fetch download comment comments note notes discussion discussions thread threads "+
		"review reviews reviewer reviewers label labels issue issues milestone milestones wiki gist gists snippet snippets") {
		return "", local
	}
	for _, verb := range verbs {
		if verb.local && !local || !hasAny(tool, verb.words) || verb.nouns != "" && !hasAny(tool, verb.nouns) {
			continue
		}
		return verb.kind, local
	}
	return "", local
}

// makes are the verbs that change something.
const makes = "create open new make add update edit put write upload delete remove rename move replace fork transfer publish force"

// verbs are the words of tools that change a repository. The first that fits decides. It is never modified.
var verbs = [...]struct {
	kind         Kind
	words, nouns string // one of the words, and if there are nouns, one of those
	local        bool   // only of git on a folder
}{
	{Merge, "merge accept automerge", "", false},
	{Push, "push", "", false},
	{Commit, "commit cherry revert amend", "", false},
	{Rebase, "rebase", "", false},
	{Branch, makes, "branch branches ref refs", true},
	{Tag, makes, "tag tags", true},
	{Push, makes, "file files content contents branch branches tag tags ref refs repository repo release", false},
	{Push, "create open new make", "request pr mr", false},
	{Merge, "complete autocomplete", "request pr mr", false},
	{Push, "fork", "", false},
	{Add, "add stage rm mv", "", true},
	{Reset, "reset", "", true},
	{Switch, "checkout switch", "", true},
	{Stash, "stash", "", true},
	{Discard, "clean restore discard", "", true},
	{Merge, "pull", "", true},
	{Worktree, "worktree", "", true},
}

// isCodeHost reports whether a word is the name of a kind of code host.
func isCodeHost(word string) bool {
	return hasAny([]string{word}, "github gitlab gitea forgejo gogs gitee bitbucket gerrit codeberg azdo ado devops")
}

// wordsOf splits a name in snake_case, kebab-case or camelCase into lower-case words. A pull request or merge request is one word, request.
func wordsOf(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case lower && unicode.IsUpper(r):
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	var words []string
	for word := range strings.FieldsSeq(b.String()) {
		word = strings.Replace(word, "requests", "request", 1)
		if last := len(words) - 1; word == "request" && last >= 0 && (words[last] == "pull" || words[last] == "merge") {
			words = words[:last]
		}
		words = append(words, word)
	}
	return words
}

// hasAny reports whether one of the words is in a list with spaces between its elements.
func hasAny(words []string, list string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(word string) bool { return slices.Contains(words, word) })
}
