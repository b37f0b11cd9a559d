// Package ignore answers two questions about a path the way git answers them:
// is it ignored (gitignore(5)), and which attributes that change a file's
// content apply to it (gitattributes(5)).
//
// Paths are byte strings relative to the root of the work tree, separated by
// '/', without leading or trailing slash; "" is the root. They are taken as they
// are, neither cleaned nor decoded. The package reads rule files only; what
// configuration says comes in as an option.
package ignore

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Options say where the rules are. The zero value has no rules.
type Options struct {
	// Read gives the .gitignore files of the work tree; nil means none. It
	// must be safe for use by several goroutines if the Rules are so used.
	Read ReadFunc
	// InfoExclude is the path of $GIT_COMMON_DIR/info/exclude, "" for none.
	InfoExclude string
	// ExcludesFile is the value of core.excludesFile as a path that can be
	// opened, or what UserFile("ignore", ...) returns; "" for none.
	ExcludesFile string
	// Given are rule files to use instead of InfoExclude and ExcludesFile, the
	// one that decides first at the front; nil to read those.
	Given []File
	// IgnoreCase is core.ignoreCase: ASCII letters match in either case.
	IgnoreCase bool
}

// A File is the content of a rule file outside the work tree.
type File struct {
	Path    string
	Content []byte // nil if there is no such file
}

// Outside reads the rule files outside the work tree, the one that decides
// first at the front. It fails as New does.
func (o Options) Outside() ([]File, error) {
	if o.Given != nil {
		return o.Given, nil
	}
	var files []File
	for _, name := range []string{o.InfoExclude, o.ExcludesFile} { // gitignore(5): the more specific source decides first
		content, err := readOutside(name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{name, content})
	}
	return files, nil
}

// Rules are the ignore rules of one work tree. They are safe for concurrent use
// and see each rule file once, when it is first needed.
type Rules struct {
	read  ReadFunc
	fold  bool
	outer *list // info/exclude, then core.excludesFile

	mu    sync.Mutex
	dirs  map[string]*Dir // for Match; nil until it is used
	lines int             // patterns held in dirs
}

// A list is the patterns of one rule file; next has the file to ask when none
// of them matches.
type list struct {
	source string
	base   int // bytes of a path to drop before an anchored pattern sees it
	rules  []rule
	next   *list
}

type rule struct {
	pattern
	text string
	line int
	from *list
}

// New reads the rule files outside the work tree. It fails when one of them is
// too large or is no regular file; one that is absent has no rules.
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

// parseList puts the patterns of content before next. Without patterns it is
// next itself.
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
		l.rules = append(l.rules, rule{pattern: parsePattern(text, fold), text: text, line: number, from: l})
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

// trimSpaces drops trailing spaces (tabs are kept) unless a backslash quotes
// them.
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

// A Match is the rule that decided about a path. The zero Match means that no
// rule matches, so it is not ignored.
type Match struct{ rule *rule }

// Ignored reports whether git ignores the path, provided that it does not track
// it: tracked files are never ignored.
func (m Match) Ignored() bool { return m.rule != nil && !m.rule.negated }

// Source returns the file of the rule: relative to the root for a .gitignore, as given in Options for another one, "" for the zero Match.
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

// Pattern returns the rule as written, without trailing spaces.
func (m Match) Pattern() string {
	if m.rule == nil {
		return ""
	}
	return m.rule.text
}

// A Dir is one directory with the rules that hold for its entries. It never
// changes, so that a walk can share it among goroutines, and leaving a directory
// costs nothing.
type Dir struct {
	rules *Rules
	path  string // "" or with a trailing slash
	lists *list  // deepest .gitignore first
	whole Match  // set when the directory itself is ignored, and all in it with it
}

// Top returns the root of the work tree; content is that of its .gitignore, nil if it has none.
func (r *Rules) Top(content []byte) (*Dir, error) {
	lists, err := parseList(".gitignore", 0, content, r.fold, r.outer)
	if err != nil {
		return nil, err
	}
	return &Dir{rules: r, lists: lists}, nil
}

// Enter returns the directory name within d; read gives the content of its .gitignore, nil if it has none. It is called only when those rules
// count: what is below an ignored directory cannot be included again.
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

// Match finds the rule that decides about the entry name of d. isDir is from lstat: a symbolic link is not a directory.
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

// maxHeld bounds the patterns that Match keeps for directories it has seen.
const maxHeld = 4 * maxLines

// Match finds the rule that decides about path: its own, or that of the topmost
// ignored directory above it. The directories above path must be real ones;
// git refuses to look behind a symbolic link.
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

// dir returns the cached directory; mu is held.
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
