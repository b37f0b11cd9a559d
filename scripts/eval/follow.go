package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// follower is a scripted agent that knows only the text that it is sent back with, and follows that text literally. If the text leaves a choice, it
// takes the first that needs no new work.
type follower struct {
	agent  *agent
	report report
	// stuck is the first advice that it could not follow; "" if there was none.
	stuck string
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// values returns the quoted values of a text, in order.
func values(text string) []string {
	var all []string
	for _, q := range quoted.FindAllString(text, -1) {
		if v, err := strconv.Unquote(q); err == nil {
			all = append(all, v)
		}
	}
	return all
}

func (f *follower) follow(reason string) {
	for _, found := range findingsIn(reason) {
		if !f.one(found.message) && f.stuck == "" {
			f.stuck = found.rule + ": " + found.message
		}
	}
}

// one follows one finding, and reports whether it knew how.
func (f *follower) one(text string) bool {
	named := values(text)
	does := func(words string) bool { return strings.Contains(text, words) }
	first := ""
	if len(named) > 0 {
		first = named[0]
	}
	switch {
	case does("under that identifier") && len(named) > 1:
		f.report.Task = named[1]
	case does("report where the work was asked for") && len(named) > 1:
		f.report.Worktree = named[1]
	case does("write ") && does("files_modified lists") && len(named) > 1 && !does("write the file"):
		f.drop(first)
		f.list(named[len(named)-1])
	case does("run rm -rf "): // a nested repository, whose files belong to the work
		command, _, _ := strings.Cut(text[strings.Index(text, "run rm -rf ")+4:], " in the worktree")
		f.agent.bash(command)
		for _, dir := range named {
			f.listBelow(strings.TrimSuffix(dir, "/.git") + "/")
		}
	case does("delete the file, and do not list it"):
		f.report.Narrative += "What " + first + " held."
		f.remove(first)
		f.drop(first)
	case does("Delete it"), does("Delete them"):
		if strings.HasSuffix(first, "/") {
			f.removeBelow(first)
		} else {
			f.remove(first)
		}
	case does("take it off the list"), does("list only files inside it"):
		f.drop(first)
	case does("list each file"):
		f.drop(first)
		f.listMatching(first)
	case does("list it"):
		f.list(first)
	case does("list each that belongs to the work"):
		f.listBelow(first)
	case does("files_modified is empty; list every file you changed"):
		f.listBelow("./")
		if len(f.report.Files) == 0 {
			f.report.Done = "Nothing had to be changed."
		}
	case does("unstage with git restore --staged PATH") && len(named) > 1: // the first names the worktree
		for _, name := range named[1:] {
			f.agent.bash("git restore --staged " + quote(name))
		}
	case does("take your own change back there"), does("undo your own change there"):
		if len(named) == 0 {
			return false
		}
		dir := f.agent.w.repo
		if does("undo your own change there") && len(named) > 1 {
			dir = filepath.Join(f.agent.w.repo, named[1])
		}
		f.restore(dir, first)
	case does("answer with the report object"), does("complete report"), does("; remove it"):
		// the complete report follows, without what does not belong there
	default:
		return false
	}
	return true
}

func (f *follower) drop(name string) {
	f.report.Files = slices.DeleteFunc(slices.Clone(f.report.Files), func(listed string) bool { return listed == name })
}

func (f *follower) list(name string) {
	if !slices.Contains(f.report.Files, name) {
		f.report.Files = append(slices.Clone(f.report.Files), name)
	}
}

// listBelow lists what git status shows as changed below a folder.
func (f *follower) listBelow(dir string) {
	for _, name := range f.changed() {
		if dir == "./" || strings.HasPrefix(name, dir) {
			f.list(name)
		}
	}
}

func (f *follower) listMatching(pattern string) {
	for _, name := range f.changed() {
		if ok, err := filepath.Match(pattern, name); ok && err == nil {
			f.list(name)
		}
	}
}

// changed returns what git status shows.
func (f *follower) changed() []string {
	cmd := exec.Command("git", "status", "--porcelain", "-uall", "-z", "--no-renames")
	cmd.Dir, cmd.Env = f.agent.tree, f.agent.w.env
	out, err := cmd.Output()
	check(err)
	var names []string
	for entry := range strings.SplitSeq(string(out), "\x00") {
		if len(entry) > 3 {
			names = append(names, entry[3:])
		}
	}
	return names
}

func (f *follower) remove(name string) {
	path := f.agent.path(name)
	f.agent.bash("rm -rf " + quote(path))
	delete(f.agent.w.made, path)
}

func (f *follower) removeBelow(dir string) {
	for path := range f.agent.w.made {
		if strings.HasPrefix(path, f.agent.path(dir)+"/") {
			delete(f.agent.w.made, path)
		}
	}
	f.agent.bash("rm -rf " + quote(f.agent.path(dir)))
}

// restore undoes a change to a file in another worktree by a command: it restores git's version, or deletes the file.
func (f *follower) restore(dir, name string) {
	path := filepath.Join(dir, name)
	delete(f.agent.w.made, path)
	f.agent.bashIn("cd " + quote(dir) + " && if git cat-file -e HEAD:" + quote(name) + " 2>/dev/null; then git show HEAD:" + quote(name) + " > " + quote(name) + "; else rm -f " + quote(name) + "; fi")
}
