package evidence

import (
	"path"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
)

// printer is a call of something that the gate made itself and that only prints.
type printer struct{ command, name string }

// withoutPrinters removes from commands the calls of what the gate made itself and what only prints: a function or an alias in the same command, or a
// file, also one that an earlier command wrote. It returns the last command from which it removed one, whole.
func withoutPrinters(uses []Use) (rest []Use, last printer) {
	var files []Made
	for _, u := range uses {
		made := slices.Clone(files)
		for _, m := range u.Made {
			if m.File {
				files = append(slices.DeleteFunc(files, func(f Made) bool { return f.Name == m.Name }), m)
			}
			made = append(slices.DeleteFunc(made, func(f Made) bool { return f.Name == m.Name && f.File == m.File }), m)
		}
		if command, name := withoutCalls(u.Command, made); name != "" {
			last, u.Command = printer{u.Command, name}, command
		}
		rest = append(rest, u)
	}
	return rest, last
}

// withoutCalls removes the calls of printers from a command, and returns the name of one of them, "" for none.
func withoutCalls(command string, made []Made) (rest, name string) {
	if !slices.ContainsFunc(made, func(m Made) bool { return m.Prints }) {
		return command, ""
	}
	var b strings.Builder
	replaced := strings.Contains(command, "PATH=")
	for line := range strings.Lines(command) {
		for _, piece := range pieces(line) {
			if m, ok := calledIn(piece, made, replaced); ok && m.Prints {
				name = m.Name
				b.WriteString(piece[len(strings.TrimRight(piece, ";&|\n")):])
				continue
			}
			b.WriteString(piece)
		}
	}
	return b.String(), name
}

// installed matches the path of a program that a package manager installs, and that npm test, for example, runs.
var installed = lazyregexp.New(`(?:^|/)(?:node_modules/\.bin|vendor/bin|\.?v?env/bin|target/(?:debug|release))/[^/]+$`)

// Words before the name of a command. Those that run programs find no function.
var (
	reserved = []string{"if", "while", "until", "then", "do", "else", "elif", "!", "{", "$", "time"}
	starters = []string{"env", "exec", "command", "timeout", "nice", "nohup", "stdbuf", "unbuffer", "sudo", "xvfb-run", "bash", "sh", "zsh", "dash", "ksh", "source", ".", "python", "python3", "node", "ruby", "perl", "make"}
)

// calledIn returns what a simple command calls of what the gate made. In a command that changes PATH, a file is also called by its bare name.
func calledIn(piece string, made []Made, replaced bool) (Made, bool) {
	started := false
	if i := slices.IndexFunc(made, func(m Made) bool { return m.File && m.Prints && installed().MatchString(m.Name) }); i >= 0 && tests().MatchString(piece) {
		return made[i], true
	}
	for _, word := range strings.Fields(plain(piece)) {
		word = strings.Trim(word, ";&|")
		bare := path.Base(word)
		for _, m := range slices.Backward(made) {
			switch {
			case !m.File && m.Name == word && !started, m.File && (path.Clean(word) == m.Name || replaced && bare == word && word == path.Base(m.Name)):
				return m, true
			}
		}
		switch {
		case slices.Contains(reserved, word), strings.Contains(word, "="):
		case slices.Contains(starters, bare):
			started = true
		case started && (strings.HasPrefix(word, "-") || isNumber(word)):
		default:
			return Made{}, false
		}
	}
	return Made{}, false
}
