// Package shell reads shell commands: which simple commands a script runs, where, and whether the failure of each is the failure of the script. A
// Follower follows it as a shell would run it. The other functions parse a script and its words.
package shell

import (
	"maps"
	"path"
	"slices"
	"strings"

	"stopgate/hook/shell/argv"
)

// Run is one simple command that a script runs.
type Run struct {
	// Words are its program and arguments, without quotation marks. Text that only the shell knows stands as it was written: $HOME, $(pwd).
	// Variables are those that are set for it alone: NAME=value.
	Words, Variables []string
	// Input is the text at its standard input, as far as the script has it: a document, or what echo wrote into a pipe.
	Input string
	// Values has the values of all variables then, as far as the text shows them; it must not be changed. Files are what its redirections open to
	// write, and those around it, Sources what they open only to read. If the command cannot be parsed, all its words are among Files.
	Values         map[string]string
	Files, Sources []string
	// Dir is the folder in which it runs: absolute, or relative to where the script began; "" for that folder. A change to a folder that the text does
	// not show is left out, and Lost is that folder as written; "" if there is none since the last whole path.
	Dir, Lost string
	// Output is the file that gets its standard output, as it was written; "" if the output is that of the script, or goes through a pipe.
	Output string
	// Decides means that the script fails if this command does. Piped means that its exit status is lost in a pipe.
	Decides, Piped bool
	// Opened means that what it runs stands before it: it calls a function, an alias or a file that the scripts made, and Within is that call for each
	// command in it; or these are the words before sh -c SCRIPT.
	Opened bool
	Within *Run
	// exported are the variables among Values that the command gets.
	exported map[string]bool
}

// Setting returns the value of a variable of the command's environment, as far as the script shows it: set for it alone, by env, or exported before.
func (r Run) Setting(name string) string {
	for _, word := range r.before() {
		if value, ok := strings.CutPrefix(word, name+"="); ok {
			return value
		}
	}
	if r.exported[name] {
		return r.Values[name]
	}
	return ""
}

// Settings returns all variables of the command's environment that the script shows, as NAME=value.
func (r Run) Settings() (list []string) {
	for _, name := range slices.Sorted(maps.Keys(r.exported)) {
		list = append(list, name+"="+r.Values[name])
	}
	for _, word := range r.before() {
		if strings.Contains(word, "=") {
			list = append(list, word)
		}
	}
	return list
}

// Text returns the words with a space between them.
func (r Run) Text() string { return strings.Join(r.Words, " ") }

// Bare returns the words without the programs that run the rest: timeout 60, env CI=1, sudo. It is empty if there are no others.
func (r Run) Bare() []string {
	words := r.Words
	for len(words) > 0 && slices.Contains([]string{"command", "exec", "nohup", "env", "sudo", "time", "nice", "timeout", "stdbuf", "builtin"}, argv.Program(words[0])) {
		words = words[1:]
		for len(words) > 0 && (strings.HasPrefix(words[0], "-") || strings.Contains(words[0], "=") || words[0] != "" && words[0][0] >= '0' && words[0][0] <= '9') {
			words = words[1:]
		}
	}
	return words
}

// before returns the words that Bare leaves out.
func (r Run) before() []string { return r.Words[:len(r.Words)-len(r.Bare())] }

// Follower follows the scripts of one agent, one after the other, with what each left for the next: its folder if that is absolute, and texts that it
// wrote into files. The zero value is ready for the first one.
type Follower struct {
	base  string // where its scripts begin
	dir   string
	files files
	read  int // bytes of scripts
	// values has the variables of each script at its beginning, written the paths that the scripts write; nil if nobody asks.
	values  map[string]string
	written []string
}

// NewFollower returns a Follower for scripts that begin with the values of variables, of which HOME is also that of a ~. The map must not be
// changed.
func NewFollower(variables map[string]string) *Follower { return &Follower{values: variables} }

// In sets the folder in which the next scripts begin, if that is absolute: other tools name the files that they write by whole paths.
func (f *Follower) In(dir string) {
	if path.IsAbs(dir) {
		f.base = dir
	}
}

// Wrote takes in that the agent wrote a file with another tool.
func (f *Follower) Wrote(name, text string) {
	f.files.write(place(f.base, "", name), text)
}

// Replaced takes in that the agent replaced texts of a file with another tool, each of them by the second one. The first one is empty if that made
// the file.
func (f *Follower) Replaced(name string, texts [][2]string) {
	text := f.files.texts[place(f.base, "", name)]
	for _, t := range texts {
		switch {
		case t[0] == "":
			text = t[1]
		case text != "":
			text = strings.ReplaceAll(text, t[0], t[1])
		}
		if len(text) > maxFiles {
			text = ""
		}
	}
	f.Wrote(name, text)
}

const (
	// MaxCommand is the longest command that is read, in bytes. Linux gives no shell a longer one: it limits an argument to 128 KiB.
	MaxCommand = 128 << 10
	// MaxRuns bounds the commands of one script.
	MaxRuns = 1000
)

// Bounds on what is read and remembered.
const (
	maxDepth  = 12            // scripts in scripts, substitutions, and calls of functions
	maxRead   = 4 << 20       // bytes of all scripts
	maxSteps  = 100 * MaxRuns // statements of one script that are followed
	maxNames  = 100           // variables of one script, and functions
	maxValue  = 4 << 10       // bytes of a variable's value
	maxFiles  = 4 << 20       // bytes of all files
	maxWrites = 16            // paths that a command is said to write
	// maxSpent bounds the bytes that the variables and arguments of one script expand to, so that a short text cannot stand for a huge one.
	maxSpent = 1 << 20
)

// Follow returns the simple commands that a script runs, in their order, with each branch taken: those of its functions where they are called, of
// scripts in it (sh -c, eval, a document), and of files that it or an earlier script wrote. Of what cannot be parsed, the words are returned.
// A script that is longer than MaxCommand has none, nor has any after 4 MiB of scripts.
func (f *Follower) Follow(script string) []Run {
	if f.read += len(script); len(script) > MaxCommand || f.read > maxRead {
		return nil
	}
	state := follow{shared: &shared{files: &f.files}, source: Clean(script), base: f.base, dir: f.dir, values: f.values}
	if f.written != nil {
		state.written = &f.written
	}
	state.script(fate{status: true, exits: true})
	if f.dir = state.dir; !path.IsAbs(f.dir) { // the client begins each script of a subagent in the same folder
		f.dir = ""
	}
	return state.runs
}
