package marks

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
)

// A filter may be a script in the worktree, which an agent can change. So this compares the files that a filter's command names, and also the files
// that those files name: scripts that they source or import. It finds files only by names in the text. It does not find a file whose name is put
// together when the script runs.

const (
	maxScripts     = 200      // files that are found from one command
	maxScriptDepth = 5        // how many files may name each other in a row
	maxWords       = 4000     // words of one file that are looked up
	maxProgram     = 1 << 20  // the size in bytes up to which the content of a file is compared
	maxFollowed    = 64 << 10 // the size in bytes up to which the words of a file are looked up
)

// interpreters are programs that read a script whose name may have neither a slash nor an extension. Some also read a file with a fixed name.
var interpreters = map[string][]string{
	"sh": nil, "bash": nil, "dash": nil, "zsh": nil, "ksh": nil, "busybox": nil, "perl": nil, "ruby": nil, "php": nil, "lua": nil, "awk": nil, "sed": nil,
	"python": {"__main__.py"}, "python2": {"__main__.py"}, "python3": {"__main__.py"},
	"node": {"index.js", "package.json"}, "deno": nil, "bun": nil, "npx": {"package.json"}, "npm": {"package.json"}, "yarn": {"package.json"}, "pnpm": {"package.json"},
	"make": {"GNUmakefile", "makefile", "Makefile"}, "just": {"justfile", "Justfile"}, "rake": {"Rakefile"}, "cmd": nil, "powershell": nil, "pwsh": nil,
}

// scripts are the files that one command runs.
type scripts struct {
	programs
	base  string   // the directory in which the command runs
	dirs  []string // the directories in which names are looked up
	found map[string]bool
}

// command adds the files that a filter's command runs; root is the root of the worktree.
func (p programs) command(root, text string) error {
	s := scripts{programs: p, base: root, dirs: []string{root}, found: map[string]bool{}}
	list := words(text)
	var fixed []string
	interpreted := false
	for _, word := range list {
		if more, is := interpreters[path.Base(filepath.ToSlash(word))]; is {
			interpreted, fixed = true, append(fixed, more...)
		}
	}
	for _, word := range list { // the command may change to a directory, or name a package by its directory
		if dir := s.below(root, word); isFolder(dir) && !slices.Contains(s.dirs, dir) && len(s.dirs) < maxScriptDepth {
			s.dirs = append(s.dirs, dir)
		}
	}
	if interpreted {
		list = append(list, fixed...)
	}
	for _, word := range list {
		// Without an interpreter, a name without a slash is looked up in PATH. The name of a script in the worktree has a slash or an extension.
		if !interpreted && !strings.ContainsAny(word, "/.") {
			continue
		}
		if err := s.name(word, "", s.dirs, 0); err != nil {
			return err
		}
	}
	return nil
}

// words returns the words of a command or a script that may be names of files, without quotes and operators.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == 0 || strings.ContainsRune(" \t\r\n\"'`=;&|()<>[]{},", r) })
}

// below returns the path that a word names in the directory dir; "" for none. A variable at the start of the word, such as $PWD, is taken for the
// base directory.
func (s scripts) below(dir, word string) string {
	if strings.HasPrefix(word, "$") || strings.HasPrefix(word, "%") {
		_, rest, found := strings.Cut(word, "/")
		if !found {
			return ""
		}
		dir, word = s.base, rest
	}
	if rest, found := strings.CutPrefix(word, "~/"); found && s.Git.Get("HOME") != "" {
		dir, word = s.Git.Get("HOME"), rest
	}
	if word == "" {
		return ""
	}
	return filepath.Clean(gitdir.Resolve(dir, filepath.FromSlash(word)))
}

func isFolder(name string) bool {
	if name == "" {
		return false
	}
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// name adds the file that a word names in one of the directories. It also tries the word with the extension.
func (s scripts) name(word, extension string, dirs []string, depth int) error {
	spellings := []string{word}
	if strings.HasPrefix(word, "/") { // it may follow $(…) or a variable
		spellings = append(spellings, word[1:])
	}
	if !strings.Contains(word, "/") { // a module such as tools.clean
		spellings = append(spellings, strings.ReplaceAll(word, ".", "/")+".py")
	}
	if extension != "" {
		spellings = append(spellings, word+extension)
	}
	for _, dir := range dirs {
		for _, spelling := range spellings {
			if err := s.script(s.below(dir, spelling), depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// script adds a file, and the files that it names.
func (s scripts) script(file string, depth int) error {
	if file == "" || s.found[file] || len(s.found) > maxScripts {
		return nil
	}
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return nil //nolint:nilerr // most words name no file
	}
	s.found[file] = true
	if info.Size() > maxProgram {
		s.values["the program "+object.Name(file)] = fmt.Sprintf("%d bytes of %s", info.Size(), info.ModTime().UTC())
		return nil
	}
	content, err := gitdir.ReadSmall(file, maxProgram)
	if err != nil {
		return err
	}
	s.values["the program "+object.Name(file)] = digest(content)
	if depth == maxScriptDepth || len(content) > maxFollowed || strings.Contains(string(content), "\x00") || !s.isOwn(file) {
		return nil
	}
	list := words(string(content))
	slices.Sort(list)
	list = slices.Compact(list)
	dirs := append([]string{filepath.Dir(file)}, s.dirs...)
	for _, word := range list[:min(len(list), maxWords)] {
		// A path that begins with a slash is a program of the system, or it follows an expression for the script's own directory.
		if err := s.name(strings.TrimLeft(word, "/"), filepath.Ext(file), dirs, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// isOwn reports whether a file is below the base directory. The words of other files are not looked up.
func (s scripts) isOwn(file string) bool {
	rel, err := filepath.Rel(s.base, file)
	return err == nil && filepath.IsLocal(rel)
}
