// Package screen reads the text of a shell command before it runs. It finds git operations that are forbidden to coding agents (seed, "CRITICAL GIT
// OPERATION PROHIBITIONS"), and tells what of a command's text does nothing, hides what it does, or leaves something running.
//
// It reads only what is plain in the text of the command, so that a refusal is early and certain: git commands, programs that publish without git, such
// as gh, and writes into .git, in any branch, subshell or substitution, and in the script of sh -c. It does not follow variables, functions or aliases,
// nor programs that run others, such as env, xargs or make. The guard (hook/guard) sees their git commands when git runs, and a comparison of the
// repository before and after finds other effects.
package screen

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
)

// Bounds on reading. Beyond them nothing is found, without an error.
const (
	// MaxUse bounds Use.Command, in bytes, without the ellipsis.
	MaxUse = 160
	// MaxUses bounds the uses that are reported for one command.
	MaxUses = 16
)

// Use is one prohibited operation in a command.
type Use struct {
	// Kind is what it would do.
	Kind gitop.Kind
	// Command is the text of the simple command, from its script if it is in one (sh -c), cut to MaxUse.
	Command string
	// Offset is its position, in bytes from the start of the command, NULs not counted. For an operation in a script inside the
	// command, it is the position of the command that runs the script.
	Offset int
	// Dir is the folder in which it would run: relative to where the whole command runs, or absolute; "" for that folder itself. Sure means that
	// the text shows it. It is false if a variable or an option makes git use another repository, if only the shell knows the folder, or after git
	// init and git clone, which make other repositories.
	Dir  string
	Sure bool
	// Removes is the one path, ending in /.git, that an rm deletes by this use: relative to where the whole command runs, or absolute. "" for
	// anything else, and if the text does not show the path. It may have a shell's *, ? or [. An rm of several paths has a use for each.
	Removes string
}

// Prohibited returns the prohibited operations of a command for a POSIX shell, bash or zsh, in order of Offset; nil if it finds none. Its
// time is bounded for every input.
func Prohibited(command string) []Use {
	if len(command) > shell.MaxCommand || !worthReading(command) {
		return nil
	}
	w := walker{source: shell.Clean(command), outer: -1, doubts: &doubts{}}
	w.doubts.led, w.doubts.indexed = leads().MatchString(w.source), leadsIndex().MatchString(w.source)
	w.script(w.source)
	slices.SortStableFunc(w.uses, func(a, b Use) int { return cmp.Compare(a.Offset, b.Offset) })
	return w.uses
}

// leads matches the variables that make git use another repository or configuration; leadsIndex, the one for another index. Staging there does not
// matter, but a commit or a branch belongs to the same repository.
var (
	leads      = lazyregexp.New(`\b(GIT_(DIR|WORK_TREE|COMMON_DIR|OBJECT_DIRECTORY|CONFIG\w*|NAMESPACE)|HOME|XDG_CONFIG_HOME)=|\bunset\s[^;&|\n]*HOME\b`)
	leadsIndex = lazyregexp.New(`\bGIT_INDEX_FILE=`)
)

// worthReading reports whether a command may contain the name git, gh or glab, or run a publisher. It must be cheap, because every command waits for
// it and most do not. A name can have quotes and backslashes inside, and file systems that ignore case take GIT for git.
func worthReading(command string) bool {
	if gitop.MentionsPublisher(command) {
		return true
	}
	var last, before byte
	for i := range len(command) {
		c := command[i]
		switch c {
		case '\\', '\'', '"', '\n', '\r', 0:
			continue // a backslash and a line feed together are removed
		}
		if c |= 0x20; c == 'h' && last == 'g' || (c == 't' && last == 'i' || c == 'a' && last == 'l') && before == 'g' {
			return true
		}
		before, last = last, c
	}
	return false
}

// excerpt returns text on one line, cut to MaxUse.
func excerpt(text string) string {
	text = strings.TrimSpace(text)
	cut := false
	if len(text) > MaxUse {
		n := MaxUse
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text, cut = text[:n], true
	}
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), argv.Unknown, "…")
	if cut {
		text += "…"
	}
	return text
}
