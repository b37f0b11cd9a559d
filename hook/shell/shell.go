// Package shell owns the shell's language. It reads a command before a shell does and tells what the command would do to the git
// repository that is forbidden to coding agents (seed, "CRITICAL GIT OPERATION PROHIBITIONS").
//
// It looks at nothing but the command's text, so there is much that it cannot see: a script's content, a name that comes out of
// base64 or of the environment, an alias of the repository. It lets those pass, because whoever compares the repository before
// and after sees them all; what it does report would run as a git command, in a place where commands run.
package shell

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds on what is read. Reading past one of them is not an error: what lies behind it is not seen.
const (
	// MaxCommand is the length in bytes of the longest command that is read. Linux passes no argument longer than 128 KiB to a
	// program, and macOS none longer than 1 MiB, so that no shell runs a longer one.
	MaxCommand = 1 << 20
	// MaxUse bounds Use.Command, in bytes, the ellipsis behind it not counted.
	MaxUse = 160
	// MaxUses bounds how many uses one command is said to have.
	MaxUses = 16
)

// Use is one place where a command would do what is prohibited.
type Use struct {
	// Kind says what it would do.
	Kind Kind
	// Command is the simple command as it is written there, in its script if it stands in one (sh -c), and cut to MaxUse.
	Command string
	// Offset is where it begins, in bytes from the start of what was given to Prohibited, NULs not counted. Where it stands in a
	// script within the command, it is the offset of the command that runs the script.
	Offset int
	// Removes is the one path, ending in /.git, that an rm deletes by this use: relative to where the whole command runs, or absolute. ""
	// for anything else, and where the path cannot be told from the text. An rm of several has a use for each.
	Removes string
}

// Prohibited returns what a command for a POSIX shell, bash or zsh would do that is prohibited, in order of Offset; nil where
// nothing is seen. It is pure, and its time is bounded for every input.
func Prohibited(command string) []Use {
	if len(command) > MaxCommand || !worthReading(command) {
		return nil
	}
	w := walker{
		source:    clean(command),
		outer:     -1,
		variables: map[string][]field{},
		functions: map[string]function{},
		aliases:   map[string]string{},
		left:      newBudget(),
	}
	w.script(w.source)
	slices.SortStableFunc(w.uses, func(a, b Use) int { return cmp.Compare(a.Offset, b.Offset) })
	return w.uses
}

// alwaysRead is the length up to which a command that could spell a name by an expansion is parsed.
const alwaysRead = 16 << 10

// worthReading reports whether a command may name git at all, by the cheapest means: most commands do not, and each one waits for
// the answer. Quotes and backslashes can stand inside a name, and file systems that ignore case take GIT for git.
func worthReading(command string) bool {
	var last, before byte
	for i := range len(command) {
		c := command[i]
		switch c {
		case '\\', '\'', '"', '\n', '\r', 0:
			continue // \ and a line feed together are nothing
		case '$', '`', '{':
			if len(command) <= alwaysRead {
				return true
			}
		}
		if c |= 0x20; c == 'h' && last == 'g' || c == 't' && last == 'i' && before == 'g' {
			return true
		}
		before, last = last, c
	}
	return false
}

// clean makes text of what was given. Shells drop NULs. The parser refuses what is not UTF-8, which shells do not mind.
func clean(command string) string {
	if strings.IndexByte(command, 0) >= 0 {
		command = strings.ReplaceAll(command, "\x00", "")
	}
	if utf8.ValidString(command) {
		return command
	}
	b := make([]byte, 0, len(command))
	for i := 0; i < len(command); {
		r, size := utf8.DecodeRuneInString(command[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, '?') // one byte for one byte, so that offsets stay
		} else {
			b = append(b, command[i:i+size]...)
		}
		i += size
	}
	return string(b)
}

// excerpt is text on one line, cut to MaxUse.
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
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), unknown, "…")
	if cut {
		text += "…"
	}
	return text
}
