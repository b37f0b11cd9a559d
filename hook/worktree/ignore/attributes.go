package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// AttributeOptions tell where attributes are defined. The zero value names no file: only git's built-in macro "binary" is defined then.
type AttributeOptions struct {
	// Read returns the .gitattributes files of the worktree; nil means that there are none. If several goroutines use the Attributes, they also call
	// Read concurrently.
	Read ReadFunc
	// Info is the path of $GIT_COMMON_DIR/info/attributes; "" for none.
	Info string
	// AttributesFile is the path in core.attributesFile with "~" already expanded, or the result of UserFile("attributes", ...) if that is not
	// configured; "" for none.
	AttributesFile string
	// System is the system-wide file, $(prefix)/etc/gitattributes; "" for none, for instance if GIT_ATTR_NOSYSTEM is set.
	System string
	// IgnoreCase is the value of core.ignoreCase. If true, ASCII letters match without regard to case.
	IgnoreCase bool
}

// State is one of the four states an attribute can be in (gitattributes(5)).
type State uint8

// The states of an attribute. An attribute is Unspecified if no pattern matches the path, and after "!attr". Git treats both alike.
const (
	Unspecified State = iota
	Set
	Unset
	HasValue
)

// Attribute is the state of one attribute for one path.
type Attribute struct {
	State State
	Value string // only if State is HasValue
}

// Conversion has all attributes of a path that can make the content of the file differ from its blob (gitattributes(5), "Checking-out and
// checking-in").
type Conversion struct {
	Text, EOL, CRLF, Ident, Filter, WorkingTreeEncoding Attribute
}

// LineEndings reports whether git may normalise the line endings of the path when it stores the content as a blob. autoCRLF is true if
// core.autocrlf is "true" or "input".
func (c Conversion) LineEndings(autoCRLF bool) bool {
	text := c.Text
	if text.State == Unspecified || text.State == HasValue && text.Value != "auto" && text.Value != "input" {
		text = c.CRLF // crlf is the old name of text; it counts only if text is unspecified or has an unknown value
	}
	switch text.State {
	case Unset:
		return false
	case Set:
		return true
	case HasValue:
		if text.Value == "auto" || text.Value == "input" {
			return true
		}
	}
	return autoCRLF || c.EOL.State == HasValue && (c.EOL.Value == "lf" || c.EOL.Value == "crlf")
}

// Attributes has the attribute definitions of one worktree. It is safe for concurrent use. It reads a .gitattributes file when a path below its
// directory is first asked about, and keeps the definitions. Beyond maxHeld it empties this cache and reads the files again.
type Attributes struct {
	read  ReadFunc
	fold  bool
	info  []attrLine
	outer [][]attrLine // core.attributesFile, the system-wide file, git's built-in definitions; the first takes precedence

	mu     sync.Mutex
	names  map[string]int       // attribute name to its number
	macros map[int][]assignment // macro number to its assignments; nil until the root's .gitattributes is read
	dirs   map[string]*attrDir
	lines  int // the number of lines in dirs
}

// attrDir has the lines of one directory's .gitattributes, and is linked to those of the directories above.
type attrDir struct {
	base  int // an anchored pattern matches a path without this many leading bytes
	lines []attrLine
	up    *attrDir // the nearest directory above whose .gitattributes has lines
}

// An attrLine is one line of an attributes file: a pattern or the definition of a macro, with its assignments.
type attrLine struct {
	pattern
	macro int // attribute number of the macro that the line defines; -1 if the line is a pattern
	set   []assignment
}

type assignment struct {
	attr  int
	value Attribute
}

// converting are the attributes of a Conversion. They have the numbers 0 to 5.
var converting = [...]string{"text", "eol", "crlf", "ident", "filter", "working-tree-encoding"}

// NewAttributes reads the attribute files outside the worktree. It fails if one of them is too large or is not a regular file. A file that does not
// exist defines nothing.
func NewAttributes(o AttributeOptions) (*Attributes, error) {
	a := &Attributes{read: o.Read, fold: o.IgnoreCase, names: map[string]int{}}
	if a.read == nil {
		a.read = func(string) ([]byte, error) { return nil, nil }
	}
	for _, name := range converting {
		a.number(name)
	}
	var err error
	if a.info, err = a.parseOutside(o.Info); err != nil {
		return nil, err
	}
	for _, name := range []string{o.AttributesFile, o.System} {
		file, err := a.parseOutside(name)
		if err != nil {
			return nil, err
		}
		a.outer = append(a.outer, file)
	}
	builtin, err := a.parse("built in", []byte("[attr]binary -diff -merge -text\n"), true)
	a.outer = append(a.outer, builtin)
	return a, err
}

func (a *Attributes) parseOutside(name string) ([]attrLine, error) {
	content, err := readOutside(name)
	if err != nil {
		return nil, err
	}
	return a.parse(name, content, true)
}

// AttributesBlob returns the part of a .gitattributes blob that git reads. Git reads the file from the index if it is not in the worktree, and then
// differs in two ways: it ignores everything after a NUL, and takes a byte order mark for a part of the first pattern. An AttributeOptions.Read
// that returns blobs of the index must pass them through this function.
func AttributesBlob(content []byte) []byte {
	content, _, _ = bytes.Cut(content, []byte{0})
	if bytes.HasPrefix(content, []byte(byteOrderMark)) {
		return append([]byte("\n"), content...) // a byte order mark is skipped only in the first line
	}
	return content
}

func (a *Attributes) number(name string) int {
	n, ok := a.names[name]
	if !ok {
		n = len(a.names)
		a.names[name] = n
	}
	return n
}

// Conversion resolves the attributes of a file. The elements of path before the last must be directories, not symbolic links.
func (a *Attributes) Conversion(path string) (Conversion, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	dir, err := a.dir(parent(path))
	if err != nil {
		return Conversion{}, err
	}
	r := resolution{macros: a.macros, known: make([]bool, len(a.names))}
	full := []byte(path)
	r.apply(a.info, full, 0)
	for d := dir; d != nil; d = d.up {
		r.apply(d.lines, full, d.base)
	}
	for _, file := range a.outer {
		r.apply(file, full, 0)
	}
	v := &r.values
	return Conversion{Text: v[0], EOL: v[1], CRLF: v[2], Ident: v[3], Filter: v[4], WorkingTreeEncoding: v[5]}, nil
}

// A resolution collects the attributes of one path. Sources are applied in the order of their precedence: the first one that assigns an attribute
// decides it.
type resolution struct {
	macros map[int][]assignment
	known  []bool
	values [len(converting)]Attribute
}

func (r *resolution) apply(file []attrLine, path []byte, base int) {
	name := path[strings.LastIndexByte(string(path), '/')+1:]
	for i := len(file) - 1; i >= 0; i-- {
		if l := &file[i]; l.macro < 0 && l.match(path[base:], name, false) {
			r.assign(l.set)
		}
	}
}

// assign applies the assignments of one line from right to left, because the last one takes precedence. A macro that is set applies its own
// assignments at once.
func (r *resolution) assign(set []assignment) {
	for _, s := range slices.Backward(set) {
		if r.known[s.attr] {
			continue
		}
		r.known[s.attr] = true
		if s.attr < len(r.values) {
			r.values[s.attr] = s.value
		}
		if s.value.State == Set {
			r.assign(r.macros[s.attr])
		}
	}
}

// dir returns the lines that apply in the directory. It returns nil if neither its .gitattributes nor one above has any. The caller holds mu.
func (a *Attributes) dir(path string) (*attrDir, error) {
	if d, ok := a.dirs[path]; ok {
		return d, nil
	}
	d := &attrDir{}
	file := ".gitattributes"
	if path != "" {
		up, err := a.dir(parent(path))
		if err != nil {
			return nil, err
		}
		d.up = up
		d.base = len(path) + 1
		file = path + "/" + file
	}
	content, err := a.read(file)
	if err != nil {
		return nil, err
	}
	if d.lines, err = a.parse(file, content, path == ""); err != nil {
		return nil, err
	}
	if path == "" {
		a.defineMacros(d.lines)
	}
	a.lines += len(d.lines)
	if len(d.lines) == 0 {
		d = d.up
	}
	if a.dirs == nil || a.lines > maxHeld || len(a.dirs) > maxHeld {
		a.dirs, a.lines = map[string]*attrDir{}, 0
	}
	a.dirs[path] = d
	return d, nil
}

// defineMacros keeps for each macro the definition that takes precedence. root has the lines of the .gitattributes at the top, the only one in the
// worktree that may define macros.
func (a *Attributes) defineMacros(root []attrLine) {
	a.macros = map[int][]assignment{}
	for _, file := range append([][]attrLine{a.info, root}, a.outer...) {
		for i := len(file) - 1; i >= 0; i-- {
			l := &file[i]
			if _, known := a.macros[l.macro]; l.macro >= 0 && !known {
				a.macros[l.macro] = l.set
			}
		}
	}
}

const (
	blanks    = " \t\r\n"
	macroMark = "[attr]"

	// maxAttrLine is git's limit in bytes. Git ignores a line that is not shorter.
	maxAttrLine = 2048
)

// parse reads an attributes file. It skips the lines that git rejects with a warning: a macro where none may be defined (macros is false), a
// negated pattern, an invalid attribute name. source is named in errors.
func (a *Attributes) parse(source string, content []byte, macros bool) ([]attrLine, error) {
	var file []attrLine
	err := lines(content, func(_ int, line string) error {
		line = cutNUL(line)
		l, ok := a.parseLine(line, macros)
		if !ok {
			return nil
		}
		if len(file) == maxLines {
			return fmt.Errorf("reading %q: more than %d lines: %w", source, maxLines, ErrTooLarge)
		}
		if l.disputed {
			return fmt.Errorf("reading %q: the pattern in %q: %w", source, line, ErrDisputed)
		}
		file = append(file, l)
		return nil
	})
	return file, err
}

func (a *Attributes) parseLine(line string, macros bool) (attrLine, bool) {
	name := strings.TrimLeft(line, blanks)
	if name == "" || name[0] == '#' || len(strings.TrimSuffix(line, "\r")) >= maxAttrLine {
		return attrLine{}, false
	}
	name, states, err := unquote(name)
	if err != nil {
		name, states = cutBlank(strings.TrimLeft(line, blanks))
	}
	l := attrLine{macro: -1}
	if strings.HasPrefix(name, macroMark) && len(name) > len(macroMark) {
		name, _ = cutBlank(strings.TrimLeft(name[len(macroMark):], blanks))
		if !macros || !validName(name) {
			return attrLine{}, false
		}
		l.macro = 0 // not -1, so the line defines a macro; it gets its own number below, when the whole line has proved valid
	} else {
		l.pattern = parsePattern(cutNUL(name), a.fold)
		if l.negated {
			return attrLine{}, false
		}
	}
	words := strings.FieldsFunc(states, func(c rune) bool { return strings.ContainsRune(blanks, c) })
	for _, word := range words {
		if !validName(attrName(word)) {
			return attrLine{}, false
		}
	}
	for _, word := range words {
		l.set = append(l.set, assignment{a.number(attrName(word)), attrValue(word)})
	}
	if l.macro == 0 {
		l.macro = a.number(name)
	}
	return l, true
}

// attrName returns NAME from one of the forms NAME, -NAME, !NAME and NAME=VALUE.
func attrName(word string) string {
	if word[0] == '-' || word[0] == '!' {
		word = word[1:]
	}
	name, _, _ := strings.Cut(word, "=")
	return name
}

func attrValue(word string) Attribute {
	switch _, value, found := strings.Cut(word, "="); {
	case word[0] == '-':
		return Attribute{State: Unset}
	case word[0] == '!':
		return Attribute{State: Unspecified}
	case found:
		return Attribute{State: HasValue, Value: value}
	}
	return Attribute{State: Set}
}

func validName(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		default:
			return false
		}
	}
	return s != "" && s[0] != '-'
}

func cutBlank(s string) (word, rest string) {
	if i := strings.IndexAny(s, blanks); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

var errNotQuoted = errors.New("not a C-style quoted string")

// unquote reads the C-style quoted string at the start of s. It returns its text, and the rest of s after the closing quote.
func unquote(s string) (text, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", errNotQuoted
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return b.String(), s[i+1:], nil
		case '\\':
			i++
			if i == len(s) {
				return "", "", errNotQuoted
			}
			if '0' <= s[i] && s[i] <= '3' && i+3 <= len(s) {
				n, err := strconv.ParseUint(s[i:i+3], 8, 8)
				if err != nil {
					return "", "", errNotQuoted
				}
				b.WriteByte(byte(n))
				i += 2
				continue
			}
			at := strings.IndexByte(`abfnrtv\"`, s[i])
			if at < 0 {
				return "", "", errNotQuoted
			}
			b.WriteByte("\a\b\f\n\r\t\v\\\""[at])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errNotQuoted
}
