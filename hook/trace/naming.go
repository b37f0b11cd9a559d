package trace

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NamesFile reports whether a text names a file: by its path, by its base name, or by a folder that it is in, with a slash at its end.
func NamesFile(text, name string) bool {
	if NamesWhole(text, name) || NamesWhole(text, path.Base(name)) {
		return true
	}
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if i := strings.Index(text, dir+"/"); i >= 0 && endsWord(text[:i]) && beginsWord(text[i+len(dir)+1:]) {
			return true
		}
	}
	return false
}

// NamesWhole reports whether a text contains a name that is not part of a longer one. A path may stand before it.
func NamesWhole(text, name string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		at += i
		if endsWord(text[:at]) && beginsWord(text[at+len(name):]) {
			return true
		}
		at++
	}
}

// endsWord reports whether a name can begin after that text, beginsWord whether one can end before it.
func endsWord(before string) bool {
	c, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || c == '/' || !isNameRune(c)
}

func beginsWord(after string) bool {
	c, size := utf8.DecodeRuneInString(after)
	if c == '.' || c == '-' { // the end of a sentence, or a dash
		next, _ := utf8.DecodeRuneInString(after[size:])
		return after[size:] == "" || !isNameRune(next)
	}
	return after == "" || !isNameRune(c)
}

func isNameRune(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("_-./", c)
}

// reading are commands that change no file. git is one with the subcommands in readingGit.
var (
	reading    = []string{"cat", "less", "more", "head", "tail", "grep", "rg", "ls", "stat", "file", "wc", "diff", "cmp", "test", "[", "echo", "printf", "cd", "nl", "jq", "tree"}
	readingGit = []string{"diff", "status", "log", "show", "blame", "ls-files", "check-ignore", "grep", "cat-file", "rev-parse"}
)

// MayChange reports whether a command names the file and may change it. Commands that only read it do not, unless they write to it.
func MayChange(command, name string) bool { return mayChange(command, name, NamesFile) }

// MayChangeWhole is MayChange for a command that has the name itself, and not only the end of it or a folder of it.
func MayChangeWhole(command, name string) bool { return mayChange(command, name, NamesWhole) }

func mayChange(command, name string, names func(text, name string) bool) bool {
	if !names(command, name) {
		return false
	}
	for _, part := range strings.FieldsFunc(command, func(c rune) bool { return strings.ContainsRune("&|;\n", c) }) {
		if !names(part, name) {
			continue
		}
		words := strings.Fields(part)
		onlyReads := slices.Contains(reading, words[0]) || words[0] == "git" && len(words) > 1 && slices.Contains(readingGit, words[1]) ||
			words[0] == "sed" && len(words) > 1 && words[1] == "-n"
		if !onlyReads || strings.Contains(part, ">") {
			return true
		}
	}
	return false
}
