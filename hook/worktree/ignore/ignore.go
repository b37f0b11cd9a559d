// Package ignore answers two questions about a path as git does. Is it ignored (gitignore(5))? Which attributes apply that change the content of a
// file (gitattributes(5))?
//
// Paths are byte strings relative to the root of the worktree. Their elements are separated by '/', without a leading or trailing slash; "" is the
// root. Paths are neither cleaned nor decoded. The package reads only ignore and attribute files. The caller passes values of git's configuration
// as options.
package ignore

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Options tell where ignore rules are. The zero value has no rules.
type Options struct {
	// Read returns the .gitignore files of the worktree; nil means that there are none. If several goroutines use the Rules, they also call Read
	// concurrently.
	Read ReadFunc
	// InfoExclude is the path of $GIT_COMMON_DIR/info/exclude; "" for none.
	InfoExclude string
	// ExcludesFile is the path in core.excludesFile with "~" already expanded, or the result of UserFile("ignore", ...) if that is not configured; ""
	// for none.
	ExcludesFile string
	// Given are the rule files to use instead of InfoExclude and ExcludesFile. A file takes precedence over those after it. If Given is nil,
	// InfoExclude and ExcludesFile are read.
	Given []File
	// IgnoreCase is the value of core.ignoreCase. If true, ASCII letters match without regard to case.
	IgnoreCase bool
}

// A File is the content of a rule file outside the worktree.
type File struct {
	Path    string
	Content []byte // nil if the file does not exist
}

// Outside returns the rule files outside the worktree. A file takes precedence over those after it. It fails if a file is too large or is not a
// regular file.
func (o Options) Outside() ([]File, error) {
	if o.Given != nil {
		return o.Given, nil
	}
	var files []File
	for _, name := range []string{o.InfoExclude, o.ExcludesFile} { // in this order by gitignore(5): info/exclude takes precedence
		content, err := readOutside(name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{name, content})
	}
	return files, nil
}

// Rules are the ignore rules of one worktree. They are safe for concurrent use. Match reads a .gitignore when a path below its directory is first
// asked about, and keeps its patterns. Beyond maxHeld it empties this cache and reads the files again.
type Rules struct {
	read  ReadFunc
	fold  bool
	outer *list // info/exclude, then core.excludesFile

	mu    sync.Mutex
	dirs  map[string]*Dir // the cache of Match; nil until Match is used
	lines int             // the number of patterns in dirs
}

// A list has the patterns of one rule file. If none of them matches, the list next decides.
type list struct {
	source string
	base   int // an anchored pattern matches a path without this many leading bytes
	rules  []rule
	next   *list
}

type rule struct {
	pattern
	text string
	line int
	from *list
}

// New reads the rule files outside the worktree. It fails if one of them is too large or is not a regular file. A file that does not exist has no
// rules.
func New(o Options) (*Rules, error) {
	r := &Rules{read: o.Read, fold: o.IgnoreCase}
	if r.read == nil {
		r.read = func(string) ([]byte, error) { return nil, nil }
	}
	files, err := o.Outside()
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Backward(files) {
		if r.outer, err = parseList(f.Path, 0, f.Content, r.fold, r.outer); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parseList parses a rule file and returns its patterns as a list before next. If there are no patterns, it returns next.
func parseList(source string, base int, content []byte, fold bool, next *list) (*list, error) {
	l := &list{source: source, base: base, next: next}
	err := lines(content, func(number int, line string) error {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || line[0] == '#' {
			return nil
		}
		text := trimSpaces(cutNUL(line))
		if text == "" {
			return nil
		}
		if len(l.rules) == maxLines {
			return fmt.Errorf("reading %q: more than %d patterns: %w", source, maxLines, ErrTooLarge)
		}
		p := parsePattern(text, fold)
		if p.disputed {
			return fmt.Errorf("reading %q: the pattern %q: %w", source, text, ErrDisputed)
		}
		l.rules = append(l.rules, rule{pattern: p, text: text, line: number, from: l})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(l.rules) == 0 {
		return next, nil
	}
	return l, nil
}

// trimSpaces removes trailing spaces. It keeps tabs, and spaces after a backslash.
func trimSpaces(s string) string {
	end := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ' ':
			continue
		case '\\':
			i++
			if i == len(s) {
				return s
			}
		}
		end = i + 1
	}
	return s[:end]
}

// A Match is the rule that decides about a path. The zero Match means that no rule matches: the path is not ignored.
type Match struct{ rule *rule }

// Ignored reports whether git ignores the path if it is not tracked. Git never ignores a tracked file.
func (m Match) Ignored() bool { return m.rule != nil && !m.rule.negated }

// Source returns the file that has the rule: relative to the root for a .gitignore, as given in Options for another file, "" for the zero Match.
func (m Match) Source() string {
	if m.rule == nil {
		return ""
	}
	return m.rule.from.source
}

// Line returns the rule's line in Source, counted from 1; 0 for the zero Match.
func (m Match) Line() int {
	if m.rule == nil {
		return 0
	}
	return m.rule.line
}

// Pattern returns the rule as written, without trailing spaces; "" for the zero Match.
func (m Match) Pattern() string {
	if m.rule == nil {
		return ""
	}
	return m.rule.text
}

// A Dir is one directory with the rules that apply to its entries. It never changes. So the goroutines of a walk can share it, and a walk that
// leaves a directory has nothing to undo.
type Dir struct {
	rules *Rules
	path  string // "" or with a trailing slash
	lists *list  // the .gitignore of the deepest directory first
	whole Match  // if the directory itself is ignored, the rule that ignores it and everything in it
}

// Top returns the root of the worktree. content is the content of its .gitignore, nil if it has none.
func (r *Rules) Top(content []byte) (*Dir, error) {
	lists, err := parseList(".gitignore", 0, content, r.fold, r.outer)
	if err != nil {
		return nil, err
	}
	return &Dir{rules: r, lists: lists}, nil
}

// Enter returns the directory called name in d. read returns the content of its .gitignore, nil if it has none. If the directory is ignored, read
// is not called: no rule can include again what is below an ignored directory.
func (d *Dir) Enter(name string, read func() ([]byte, error)) (*Dir, error) {
	sub := &Dir{rules: d.rules, path: d.path + name + "/", lists: d.lists, whole: d.whole}
	if !sub.whole.Ignored() {
		sub.whole = d.Match(name, true)
	}
	if sub.whole.Ignored() {
		return sub, nil
	}
	sub.whole = Match{}
	content, err := read()
	if err != nil {
		return nil, err
	}
	if len(content) > 0 {
		sub.lists, err = parseList(sub.path+".gitignore", len(sub.path), content, d.rules.fold, d.lists)
	}
	return sub, err
}

// Match returns the rule that decides about the entry called name in d. isDir is from lstat: a symbolic link is not a directory.
func (d *Dir) Match(name string, isDir bool) Match {
	if d.whole.Ignored() || d.lists == nil {
		return d.whole
	}
	var space [256]byte
	path := append(append(space[:0], d.path...), name...)
	base := path[len(d.path):]
	for l := d.lists; l != nil; l = l.next {
		for i := len(l.rules) - 1; i >= 0; i-- {
			if r := &l.rules[i]; r.match(path[l.base:], base, isDir) {
				return Match{r}
			}
		}
	}
	return Match{}
}

// maxHeld limits the cache of Rules and of Attributes: the number of patterns or lines, and also the number of directories. A full cache is
// emptied.
const maxHeld = 4 * maxLines

// Match returns the rule that decides about path. If a directory above path is ignored, that is the rule for the topmost one. The elements of path
// before the last must be directories and not symbolic links: git does not look behind a symbolic link.
func (r *Rules) Match(path string, isDir bool) (Match, error) {
	if path == "" {
		return Match{}, nil
	}
	dir := parent(path)
	r.mu.Lock()
	d, err := r.dir(dir)
	r.mu.Unlock()
	if err != nil {
		return Match{}, err
	}
	return d.Match(path[len(d.path):], isDir), nil
}

// dir returns the directory from the cache, or reads it. The caller holds mu.
func (r *Rules) dir(path string) (*Dir, error) {
	if d := r.dirs[path]; d != nil {
		return d, nil
	}
	var d *Dir
	inherited := r.outer
	if path == "" {
		content, err := r.read(".gitignore")
		if err != nil {
			return nil, err
		}
		if d, err = r.Top(content); err != nil {
			return nil, err
		}
	} else {
		up, err := r.dir(parent(path))
		if err != nil {
			return nil, err
		}
		inherited = up.lists
		name := path[len(up.path):]
		d, err = up.Enter(name, func() ([]byte, error) { return r.read(path + "/.gitignore") })
		if err != nil {
			return nil, err
		}
	}
	if d.lists != inherited {
		r.lines += len(d.lists.rules)
	}
	if r.dirs == nil || r.lines > maxHeld || len(r.dirs) > maxHeld {
		r.dirs, r.lines = map[string]*Dir{}, 0
	}
	r.dirs[path] = d
	return d, nil
}
