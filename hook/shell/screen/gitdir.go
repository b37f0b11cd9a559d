package screen

import (
	"path"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
)

// inGitDir reports whether a path is a .git directory or inside one.
func (w *walker) inGitDir(name string) bool {
	if name == "" {
		return false
	}
	for element := range strings.SplitSeq(w.fromStart(name), "/") {
		if len(element) < len(".git") || !strings.HasPrefix(strings.ToLower(element), ".gi") {
			continue
		}
		if strings.EqualFold(element, ".git") {
			return true
		}
		if ok, err := path.Match(element, ".git"); err == nil && ok {
			return true
		}
	}
	return false
}

// fromStart returns a path with slashes, relative to where the whole command runs, or absolute.
func (w *walker) fromStart(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	if path.IsAbs(name) || strings.HasPrefix(name, argv.Unknown) || strings.HasPrefix(name, "~") {
		return name
	}
	return path.Join(w.dir, name)
}

// personal matches the files of a person's git configuration, and of the system's, and those that it names by default (git-config(1), gitignore(5),
// gitattributes(5), git-credential-store(1)). In a folder that a test made such a file is another one.
var personal = lazyregexp.New(`^(?:(?:~|/root|/(?:home|Users)/[^/]+)/(?:\.gitconfig|\.git-credentials|\.config/git/(?:config|ignore|attributes|credentials))|/etc/gitconfig)$`)

// written returns the use for a file that a command writes, moves or deletes: one in a .git directory, or one of the person's git configuration. It has no
// kind for any other.
func (w *walker) written(target string) Use {
	switch {
	case w.inGitDir(target):
		return w.tampers(target)
	case personal().MatchString(w.fromStart(target)):
		return w.everywhere(gitop.Config, false)
	}
	return Use{}
}

// everywhere returns the use for a change of what applies in every repository, wherever the command runs.
func (w *walker) everywhere(kind gitop.Kind, led bool) Use {
	return Use{Kind: kind, Sure: !led && !w.doubts.led}
}

// tampers returns the use for a write to a path in a .git directory. Its Dir is the folder that contains the directory, or the folder below which a
// pattern matches some.
func (w *walker) tampers(target string) Use {
	target = w.fromStart(target)
	var above []string
	for element := range strings.SplitSeq(path.Clean(target), "/") {
		if strings.EqualFold(element, ".git") || strings.ContainsAny(element, "*?[") {
			break
		}
		above = append(above, element)
	}
	dir := strings.Join(above, "/")
	if dir == "" && path.IsAbs(target) {
		dir = "/"
	}
	sure := !w.doubts.fresh && !strings.HasPrefix(dir, "~") && !strings.HasPrefix(dir, "-") && !strings.Contains(dir, argv.Unknown)
	return Use{Kind: gitop.Tamper, Dir: dir, Sure: sure}
}

// gitDirNamed returns the path of a .git directory in another folder than the one where the whole command runs; "" if the text does not show it for
// certain. It may be a pattern of a shell: whether the command quoted it is not known here.
func (w *walker) gitDirNamed(name string) string {
	if strings.HasPrefix(name, "~") || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "{\\"+argv.Unknown) {
		return ""
	}
	if !path.IsAbs(name) {
		name = path.Join(w.dir, name)
	}
	dir, last := path.Split(path.Clean(name))
	if last != ".git" || dir == "" || dir == "/" || strings.Contains(name, argv.Unknown) {
		return ""
	}
	return path.Clean(name)
}

// writes returns the use for the first file of git's that a command writes, moves or deletes, if it does so with the files in its arguments.
func (w *walker) writes(name string, arguments []string) Use {
	for _, target := range shell.WrittenBy(name, arguments) {
		if use := w.written(target); use.Kind != "" {
			return use
		}
	}
	return Use{}
}
