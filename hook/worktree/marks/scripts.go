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

// A filter may be a script of the work tree, which an agent can change. So the files that a filter's command names are compared, and those that
// these name in turn: what a script sources or imports. That is found by names alone. A file that is built from parts at run time is not found.

const (
	maxScripts     = 200      // files that are found from one command
	maxScriptDepth = 5        // of files that name each other
	maxWords       = 4000     // that are looked up, of one file
	maxProgram     = 1 << 20  // bytes of a file that is compared by its content
	maxFollowed    = 64 << 10 // bytes of a file whose words are followed
)

// interpreters read a script that is named without a slash or an extension, or run what a file of a fixed name says.
var interpreters = map[string][]string{
	"sh": nil, "bash": nil, "dash": nil, "zsh": nil, "ksh": nil, "busybox": nil, "perl": nil, "ruby": nil, "php": nil, "lua": nil, "awk": nil, "sed": nil,
	"python": {"__main__.py"}, "python2": {"__main__.py"}, "python3": {"__main__.py"},
	"node": {"index.js", "package.json"}, "deno": nil, "bun": nil, "npx": {"package.json"}, "npm": {"package.json"}, "yarn": {"package.json"}, "pnpm": {"package.json"},
	"make": {"GNUmakefile", "makefile", "Makefile"}, "just": {"justfile", "Justfile"}, "rake": {"Rakefile"}, "cmd": nil, "powershell": nil, "pwsh": nil,
}

// scripts are the files that one command leads to.
type scripts struct {
	programs
	base  string   // the directory that the command runs in
	dirs  []string // in which names are looked up
	found map[string]bool
}

// command adds the files of the work tree at root that a filter's command runs.
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
	for _, word := range list { // a command that changes the directory, or a package that is given as one
		if dir := s.below(root, word); isFolder(dir) && !slices.Contains(s.dirs, dir) && len(s.dirs) < maxScriptDepth {
			s.dirs = append(s.dirs, dir)
		}
	}
	if interpreted {
		list = append(list, fixed...)
	}
	for _, word := range list {
		// Without an interpreter, what has no slash is searched for in PATH. A script in the work tree has one, or an extension.
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

// below returns the path that a word names in a directory. The name of a variable at its beginning, such as $PWD, stands for the top.
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

// name adds the file that a word names, in one of the directories, with or without an extension.
func (s scripts) name(word, extension string, dirs []string, depth int) error {
	spellings := []string{word}
	if strings.HasPrefix(word, "/") { // behind $(…) or a variable
		spellings = append(spellings, word[1:])
	}
	if !strings.Contains(word, "/") { // a module: tools.clean
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

// script adds a file, and those that it names.
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
		// What begins with a slash is a program of the system, or stands behind an expression for the script's own directory.
		if err := s.name(strings.TrimLeft(word, "/"), filepath.Ext(file), dirs, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// isOwn reports whether a file lies in the work tree. What lies elsewhere is not followed.
func (s scripts) isOwn(file string) bool {
	rel, err := filepath.Rel(s.base, file)
	return err == nil && filepath.IsLocal(rel)
}
