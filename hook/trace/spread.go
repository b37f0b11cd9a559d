package trace

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// spread is where a command writes files that its text does not name by a plain path: one in a folder that it changes to or links, those that match a
// pattern of whole paths, or those in a folder that a search finds or that others are copied into, or that a script in its text names. base is the
// pattern of their names; "" for any. gone means that it removes the folder. running means that the text does not show which files of the folder those
// are, so only one that was written while the command ran is its, and only in a worktree that the folder is in.
type spread struct {
	pattern, folder, base string
	running, gone         bool
}

// maySpread matches a command that may write such files.
var maySpread = lazyregexp.New(`[*?]|\bfor\s|\bxargs\b|-exec|-delete|\b(?:cp|mv|ln|install|rsync|patch|unzip|7z\w?|(?:bsd)?tar)\s|\bgit\b[^;&|\n]*\sapply\b|\b(?:ba|da|z)?sh\s+-\w*c\b|\brm\s+-\w*[rR]|\b(?:python[0-9.]*|node|ruby|perl|php|deno|bun)\s`)

// spreading returns a function that follows a command once, when it is asked for the first time; nil for a command that writes no such files. It does
// not read the text before: an agent may have run many megabytes.
func spreading(command, dir string) func() []spread {
	if !filepath.IsAbs(dir) {
		return nil
	}
	return sync.OnceValue(func() []spread {
		if !maySpread().MatchString(command) && certain((Command{Text: command, Dir: dir})) {
			return nil
		}
		s := spreader{dir: filepath.ToSlash(dir), links: map[string]string{}}
		var follower shell.Follower
		runs := follower.Follow(command)
		for i, r := range runs {
			if len(r.Bare()) > 0 && r.Lost == "" {
				s.run(r, r.Piped && i+1 < len(runs) && handsOn(runs[i+1]))
			}
		}
		return s.list
	})
}

// spreader collects what the runs of one command write.
type spreader struct {
	dir   string
	links map[string]string // the symbolic links that the command made, to their targets
	list  []spread
}

// absolute returns the path that a name has in a run.
func (s *spreader) absolute(r shell.Run, name string) string {
	switch {
	case path.IsAbs(name):
		name = path.Clean(name)
	case path.IsAbs(r.Dir):
		name = path.Join(r.Dir, name)
	default:
		name = path.Join(s.dir, r.Dir, name)
	}
	for link, to := range s.links {
		if rest, below := strings.CutPrefix(name, link+"/"); below {
			return path.Join(to, rest)
		}
	}
	return name
}

// run adds what a run writes. handed means that the next one writes the files that it names.
func (s *spreader) run(r shell.Run, handed bool) {
	words := r.Bare()
	program, arguments := argv.Program(words[0]), words[1:]
	written := shell.WrittenBy(program, arguments)
	for _, name := range slices.Concat(written, []string{r.Output}) {
		if name != "" && !strings.ContainsAny(name, "$`{~") {
			s.list = append(s.list, spread{pattern: s.absolute(r, name)})
		}
	}
	if removed := argv.Read(arguments, ""); program == "rm" && removed.Has("-r", "-R", "--recursive") || program == "mv" && len(removed.Operands) == 2 {
		for _, name := range removed.Operands[:min(len(removed.Operands), len(written))] {
			if !strings.ContainsAny(name, "$`{~") {
				s.list = append(s.list, spread{folder: s.absolute(r, name), gone: true})
			}
		}
	}
	for _, to := range copied(program, arguments, shell.Fills(r)) {
		for _, name := range []*string{&to.pattern, &to.folder} {
			if *name != "" {
				*name = s.absolute(r, *name)
			}
		}
		s.list = append(s.list, to)
	}
	for _, name := range shell.OutsideOfScript(r) {
		s.list = append(s.list, spread{folder: s.absolute(r, name), running: true})
	}
	if folders, base, ok := searched(program, arguments); ok && (handed || program == "find" && len(written) > 0) {
		for _, folder := range folders {
			s.list = append(s.list, spread{folder: s.absolute(r, folder), base: base})
		}
	}
	s.link(r, program, arguments)
}

// link remembers the symbolic link that a run makes.
func (s *spreader) link(r shell.Run, program string, arguments []string) {
	o := argv.Read(arguments, "-t -S")
	if program != "ln" || !o.Has("-s", "--symbolic") || len(o.Operands) == 0 {
		return
	}
	link := s.absolute(r, path.Base(o.First()))
	if len(o.Operands) > 1 {
		link = s.absolute(r, o.Operands[1])
	}
	if s.links[link] = path.Clean(o.First()); !path.IsAbs(o.First()) {
		s.links[link] = path.Join(path.Dir(link), o.First())
	}
}

// copied returns where a command puts files into a folder: their names are those of the files that it copies, or in a patch or an archive. filled is
// the folder that it fills as a whole, if any.
func copied(program string, arguments []string, filled string) (list []spread) {
	o := argv.Read(arguments, "-d -i -p -t -m -C -c --directory --input --strip --target-directory --mode --exclude --include --suffix")
	switch program {
	case "cp", "mv", "install", "rsync", "xargs":
	case "patch":
		return []spread{{folder: cmp.Or(o.Value("-d", "--directory"), "."), running: true}}
	default:
		if filled != "" && (program != "git" || o.First() == "apply") && !o.Has("--check", "--stat", "--numstat", "--summary", "--cached") {
			list = []spread{{folder: filled, running: true}}
		}
		return list
	}
	to := ""
	for _, target := range shell.WrittenBy(program, arguments) {
		to = cmp.Or(target, to)
	}
	if unknown := strings.IndexAny(to, "$`{"); unknown >= 0 { // cp "$f" "../../$f"
		if folder, base := path.Split(to[:unknown]); folder != "" && base == "" {
			list = []spread{{folder: folder, running: true}}
		}
		return list
	}
	if to == "" || program == "xargs" {
		return nil
	}
	recursive := program != "cp" || o.Has("-r", "-R", "-a", "--recursive", "--archive")
	for _, from := range o.Operands {
		base := path.Base(from)
		unknown := strings.ContainsAny(base, "$`{")
		switch {
		case from == to:
		case !recursive && !unknown:
			list = append(list, spread{pattern: path.Join(to, base)})
		case base == "." || program == "rsync" && strings.HasSuffix(from, "/"):
			list = append(list, spread{folder: to})
		case unknown || strings.ContainsAny(base, "*?"):
			list = append(list, spread{folder: to, running: true})
		default: // into the folder, or as the folder if that was not there
			list = append(list, spread{folder: path.Join(to, base)}, spread{folder: to, running: true})
		}
	}
	return list
}

// handsOn reports whether a command is an xargs that has a program write the files which it gets.
func handsOn(r shell.Run) bool {
	words := r.Bare()
	if len(words) < 2 || argv.Program(words[0]) != "xargs" {
		return false
	}
	at := slices.IndexFunc(words, func(w string) bool {
		return slices.Contains([]string{"sed", "perl", "rm", "touch", "truncate"}, argv.Program(w))
	})
	if at < 0 {
		return false
	}
	return len(shell.WrittenBy(argv.Program(words[at]), append(slices.Clone(words[at+1:]), "s/x/y/", "file"))) > 0
}

// searched returns the folders that a command searches, and the pattern of the names that it prints; ok is false for a command that prints no names of
// files, or whose choice is not understood.
func searched(program string, arguments []string) (folders []string, base string, ok bool) {
	switch program {
	case "find":
		n := slices.IndexFunc(arguments, func(a string) bool { return strings.HasPrefix(a, "-") || a == "!" || a == "(" })
		if n < 0 {
			n = len(arguments)
		}
		folders = arguments[:n]
		for i, a := range arguments {
			switch {
			case a == "-name" && i+1 < len(arguments):
				base = arguments[i+1]
			case slices.Contains([]string{"-path", "-wholename", "-ipath", "-regex", "-iregex", "-not", "!", "-prune", "-newer", "-mmin", "-mtime", "-iname", "-o", "-or"}, a):
				return nil, "", false
			}
		}
	case "grep", "egrep", "rg":
		o := argv.Read(arguments, "-e -f -m -A -B -C --include --exclude --exclude-dir -g -t")
		if !o.Has("-l", "--files-with-matches") || o.Has("-e", "-f", "--exclude", "--exclude-dir", "-g", "-t") || len(o.Operands) == 0 {
			return nil, "", false
		}
		folders, base = o.Operands[1:], o.Value("--include")
	default:
		return nil, "", false
	}
	if len(folders) == 0 {
		folders = []string{"."}
	}
	return folders, base, true
}

// writesUnnamed reports whether a command visibly writes the file of a folder without naming it: by a pattern, in a loop, or because a search finds it.
func writesUnnamed(c Command, root, name string) bool {
	if c.spreads == nil {
		return false
	}
	whole := filepath.Join(root, filepath.FromSlash(name))
	return slices.ContainsFunc(c.spreads(), func(s spread) bool {
		if s.running && (!site.Within(root, filepath.FromSlash(s.folder)) || !wrote(c, whole)) {
			return false
		}
		if s.gone && exists(whole) {
			return false
		}
		if s.pattern != "" {
			if s.pattern == filepath.ToSlash(whole) {
				return true
			}
			ok, err := path.Match(s.pattern, filepath.ToSlash(whole))
			return ok && err == nil
		}
		ok, err := path.Match(s.base, path.Base(name))
		return site.Within(filepath.FromSlash(s.folder), whole) && (s.base == "" || ok && err == nil)
	})
}

// wrote reports whether a file was last written while the command ran.
func wrote(c Command, name string) bool {
	info, err := os.Lstat(name)
	within := func(at time.Time) bool {
		return !at.Before(c.From.Add(-FileTime)) && (c.To.IsZero() || !at.After(c.To.Add(transcript.TimeStep)))
	}
	return err == nil && !c.From.IsZero() && (within(info.ModTime()) || within(worktree.Changed(info))) // an archive brings the times of its files
}

// UnnamedPaths returns absolute paths of files that the command may have written without naming them: those that match its patterns now, and the
// folders of its searches.
func (c Command) UnnamedPaths() (list []string) {
	if c.spreads == nil {
		return nil
	}
	for _, s := range c.spreads() {
		if s.folder != "" {
			list = append(list, filepath.FromSlash(s.folder))
		} else {
			list = append(list, matching(filepath.FromSlash(s.pattern))...)
		}
	}
	return list
}

// maxMatching bounds the paths that match a pattern, maxListed the folders that are listed for it, and maxNames the names that are read of each.
const (
	maxMatching = 64
	maxListed   = 64
	maxNames    = 1024
)

// matching returns the paths that match an absolute pattern, as filepath.Glob does, but not all of them where there are many: a pattern such as
// /*/*/*/* is as large as the disk.
func matching(pattern string) []string {
	volume := filepath.VolumeName(pattern)
	paths, listed := []string{volume + string(filepath.Separator)}, 0
	for part := range strings.SplitSeq(strings.Trim(pattern[len(volume):], string(filepath.Separator)), string(filepath.Separator)) {
		var next []string
		for _, dir := range paths {
			names := []string{part}
			if strings.ContainsAny(part, `*?[\`) {
				if listed++; listed > maxListed {
					break
				}
				names = namesLike(dir, part)
			}
			for _, name := range names {
				if path := filepath.Join(dir, name); len(next) < maxMatching && exists(path) {
					next = append(next, path)
				}
			}
		}
		paths = next
	}
	return paths
}

// namesLike returns the names in a folder that match a pattern, of the first ones that the system lists.
func namesLike(dir, pattern string) (names []string) {
	file, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer file.Close() // only read
	all, _ := file.Readdirnames(maxNames)
	for _, name := range all {
		if ok, err := filepath.Match(pattern, name); ok && err == nil {
			names = append(names, name)
		}
	}
	return names
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
