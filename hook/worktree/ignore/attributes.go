package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// AttributeOptions say where attributes are defined. The zero value knows none.
type AttributeOptions struct {
	// Read gives the .gitattributes files of the work tree; nil means none.
	// It must be safe for use by several goroutines if the Attributes are so
	// used.
	Read ReadFunc
	// Info is the path of $GIT_COMMON_DIR/info/attributes, "" for none.
	Info string
	// AttributesFile is the value of core.attributesFile as a path that can be
	// opened, or what UserFile("attributes", ...) returns; "" for none.
	AttributesFile string
	// System is the system-wide file, $(prefix)/etc/gitattributes; "" for
	// none, as when GIT_ATTR_NOSYSTEM is set.
	System string
	// IgnoreCase is core.ignoreCase: ASCII letters match in either case.
	IgnoreCase bool
}

// State is one of the four states an attribute can be in (gitattributes(5)).
type State uint8

// The states of an attribute. Unspecified stands both for "no pattern matches"
// and for "!attr"; git makes no difference either.
const (
	Unspecified State = iota
	Set
	Unset
	HasValue
)

// Attribute is the state of one attribute for one path.
type Attribute struct {
	State State
	Value string // for HasValue
}

// Conversion is every attribute by which the content of a file in the work tree
// can differ from its blob (gitattributes(5), "Checking-out and checking-in").
type Conversion struct {
	Text, EOL, CRLF, Ident, Filter, WorkingTreeEncoding Attribute
}

// LineEndings reports whether git may normalise line endings of the path when
// its content becomes a blob. autoCRLF is whether core.autocrlf is true or
// input.
func (c Conversion) LineEndings(autoCRLF bool) bool {
	text := c.Text
	if text.State == Unspecified || text.State == HasValue && text.Value != "auto" && text.Value != "input" {
		text = c.CRLF // the older name, used only where text is not set
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

// Attributes are the attribute definitions of one work tree. They are safe for
// concurrent use and see each file once, when it is first needed.
type Attributes struct {
	read  ReadFunc
	fold  bool
	info  []attrLine
	outer [][]attrLine // core.attributesFile, system, built in

	mu     sync.Mutex
	names  map[string]int       // attribute name to its number
	macros map[int][]assignment // nil until the root's file is read
	dirs   map[string]*attrDir
	lines  int // held in dirs
}

// attrDir is the .gitattributes of one directory, and of those above it.
type attrDir struct {
	base  int // bytes of a path to drop before an anchored pattern sees it
	lines []attrLine
	up    *attrDir // nearest directory above that has any lines
}

// An attrLine is a pattern, or the definition of a macro, with what it assigns.
type attrLine struct {
	pattern
	macro int // attribute number of the macro, -1 for a pattern
	set   []assignment
}

type assignment struct {
	attr  int
	value Attribute
}

// The attributes of a Conversion have the first numbers.
var converting = [...]string{"text", "eol", "crlf", "ident", "filter", "working-tree-encoding"}

// NewAttributes reads the attribute files outside the work tree. It fails when
// one of them is too large or is no regular file; one that is absent defines
// nothing.
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

// AttributesBlob returns what git sees of a .gitattributes that it takes from
// the index because the work tree has none: nothing after a NUL, and a byte
// order mark is part of the first pattern. AttributeOptions.Read passes such a
// blob through it.
func AttributesBlob(content []byte) []byte {
	content, _, _ = bytes.Cut(content, []byte{0})
	if bytes.HasPrefix(content, []byte(byteOrderMark)) {
		return append([]byte("\n"), content...) // no longer on the first line
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

// Conversion resolves the attributes of the file path. The directories above it
// must be real ones.
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

// A resolution collects the attributes of one path, the strongest source first:
// what is known stays.
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

// assign goes backwards: on one line, too, the last assignment wins. A macro
// that is set assigns its own at once.
func (r *resolution) assign(set []assignment) {
	for i := len(set) - 1; i >= 0; i-- {
		s := set[i]
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

// dir returns the cached directory, nil if neither it nor one above has lines;
// mu is held.
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

// defineMacros keeps the strongest definition of every macro. root is the
// .gitattributes at the top, the only one in the work tree that may define any.
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

	// maxAttrLine is git's bound: a longer line is ignored.
	maxAttrLine = 2048
)

// parse reads an attributes file. Lines that git rejects with a warning are skipped: a macro where none may be defined, a negated pattern, an
// invalid name.
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
		l.macro = 0 // numbered below, when the line is known to be good
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

// attrName returns the name in one of the forms NAME, -NAME, !NAME and NAME=VALUE.
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

// unquote reads the C-style quoted string at the start of s and returns it with
// what follows the closing quote.
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
