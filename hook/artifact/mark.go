package artifact

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Mark is how a tool's own output is told from a file of the same name that somebody wrote. It is asked for wherever git does not
// ignore the artifact.
type Mark struct {
	// Signs are what the tool always leaves: one of them must be there. The sign of a file has no Path.
	Signs []Shape
	// Holds are the shapes of what else the tool writes. A directory that holds a file of no shape is no artifact.
	Holds []Shape
	// Owner are names of files, such as pyvenv.cfg. A directory right in the artifact that has one belongs to the tool with all that
	// is in it.
	Owner []string
	// Place is where the tool leaves it.
	Place Place
}

// Shape is one kind of file that a tool writes.
type Shape struct {
	// Path is where it stands below the artifact, as path.Match has it; an element ** stands for any number of elements.
	Path string
	// Content reports whether the beginning of a file, at most headSize bytes, is the tool's. Nil takes any.
	Content func(head []byte) bool
}

// Place bounds where a tool's output is taken for left behind rather than kept on purpose.
type Place int

const (
	// Anywhere is for caches that nobody keeps.
	Anywhere Place = iota
	// OutsideFixtures is for reports, which projects that read such reports keep as samples for their tests.
	OutsideFixtures
	// PackageRoot is for reports of a plain name. Tools write them where they are started: at the top of the worktree, or beside the
	// file that makes a directory a package.
	PackageRoot
)

// headSize is how much of a file is read for its mark. ESLint's cache begins with a list that grows with the number of files.
const headSize = 16 << 10

// fixtures are the names of directories in which projects keep samples, in lower case.
var fixtures = [...]string{
	"fixtures", "fixture", "__fixtures__", "testdata", "test-data", "test_data", "testfixtures", "test-fixtures", "test_fixtures",
	"samples", "sample", "mocks", "__mocks__", "snapshots", "__snapshots__", "golden", "goldens", "corpus", "resources",
}

// tests are further names of directories where a report of a plain name is more likely a sample than output.
var tests = [...]string{"test", "tests", "__tests__", "spec", "specs", "e2e"}

// manifests are the files that make a directory a package, each read by the tool that is started beside it.
var manifests = [...]string{
	"package.json", "pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "pytest.ini", ".coveragerc", "requirements.txt", "Pipfile",
	"Cargo.toml", "go.mod", "composer.json", "Gemfile", "Rakefile", "pom.xml", "build.gradle", "build.gradle.kts", "mix.exs",
	"pubspec.yaml", "deno.json", "Makefile", "CMakeLists.txt", "meson.build", "tsconfig.json", "Package.swift",
}

// allows reports whether an artifact in the directory named above, "" for the top of the worktree, whose entries are in dir, lies where
// its tool leaves it.
func (p Place) allows(above string, dir directory) bool {
	if p == Anywhere {
		return true
	}
	for element := range strings.SplitSeq(strings.ToLower(above), "/") {
		if slices.Contains(fixtures[:], element) || p == PackageRoot && slices.Contains(tests[:], element) {
			return false
		}
	}
	if p == OutsideFixtures || above == "" {
		return true
	}
	return slices.ContainsFunc(manifests[:], dir.has)
}

// marking is a Mark in the course of one look at an artifact.
type marking struct {
	*Mark
	signed bool
	owned  string // the directory in hand that belongs to the tool whole; "" for none
}

// enter notes that the look goes into a directory, rel below the artifact.
func (m *marking) enter(dir directory, rel string) {
	if rel == "." || strings.Contains(rel, "/") {
		return
	}
	m.owned = ""
	if slices.ContainsFunc(m.Owner, dir.has) {
		m.owned, m.signed = rel, true
	}
}

// take judges one entry that is no directory, rel below the artifact; "." is the artifact itself.
func (m *marking) take(dir directory, name, rel string, info fs.FileInfo) error {
	if m.owned != "" && strings.HasPrefix(rel, m.owned+"/") {
		return nil
	}
	if !info.Mode().IsRegular() {
		return refusal(ReasonUnmarked)
	}
	var head []byte
	fits := func(s Shape) (bool, error) {
		if s.Path != "" && !matchPath(s.Path, rel) || s.Path == "" && rel != "." {
			return false, nil
		}
		if s.Content == nil {
			return true, nil
		}
		if head == nil {
			var err error
			if head, err = readHead(dir, name, info); err != nil {
				return false, err
			}
		}
		return s.Content(head), nil
	}
	for _, s := range m.Signs {
		if ok, err := fits(s); ok || err != nil {
			m.signed = m.signed || ok
			return err
		}
	}
	for _, s := range m.Holds {
		if ok, err := fits(s); ok || err != nil {
			return err
		}
	}
	return refusal(ReasonUnmarked)
}

// readHead reads the beginning of the very file that info tells of.
func readHead(dir directory, name string, info fs.FileInfo) ([]byte, error) {
	file, err := openSame(dir, name, info)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	head := make([]byte, headSize)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return head[:n], nil
}

// openSame opens the regular file that name is in dir, unless it is another one by now.
func openSame(dir directory, name string, info fs.FileInfo) (*os.File, error) {
	file, err := dir.root.OpenFile(name, os.O_RDONLY|openPlainly, 0)
	if err != nil {
		return nil, err
	}
	if opened, err := file.Stat(); err != nil || !opened.Mode().IsRegular() || !os.SameFile(info, opened) {
		_ = file.Close()
		return nil, refusal(ReasonChanged)
	}
	return file, nil
}

// matchPath reports whether a path fits a pattern of path.Match in which an element ** stands for any number of elements.
func matchPath(pattern, name string) bool {
	first, rest, more := strings.Cut(pattern, "/")
	if first == "**" {
		if !more {
			return true
		}
		for {
			if matchPath(rest, name) {
				return true
			}
			_, after, ok := strings.Cut(name, "/")
			if !ok {
				return false
			}
			name = after
		}
	}
	head, tail, deeper := strings.Cut(name, "/")
	if ok, err := path.Match(first, head); !ok || err != nil || more != deeper {
		return false
	}
	return !more || matchPath(rest, tail)
}

// The following make the Content of a Shape.

// begins takes what starts with one of the texts.
func begins(with ...string) func([]byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(with, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) })
	}
}

// contains takes what has all of the texts.
func contains(all ...string) func([]byte) bool {
	return func(head []byte) bool {
		return !slices.ContainsFunc(all, func(s string) bool { return !bytes.Contains(head, []byte(s)) })
	}
}

// oneOf takes what one of the conditions takes.
func oneOf(any ...func([]byte) bool) func([]byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(any, func(f func([]byte) bool) bool { return f(head) })
	}
}

// object takes a JSON object that has one of the keys.
func object(keys ...string) func([]byte) bool {
	return func(head []byte) bool {
		head = bytes.TrimLeft(head, " \t\r\n")
		return bytes.HasPrefix(head, []byte("{")) && slices.ContainsFunc(keys, func(key string) bool {
			return bytes.Contains(head, []byte(`"`+key+`":`)) || bytes.Contains(head, []byte(`"`+key+`" :`))
		})
	}
}

// empty takes a file without content.
func empty(head []byte) bool { return len(head) == 0 }

// bare takes a JSON object without members, which is what a coverage tool writes that saw no file.
func bare(head []byte) bool { return string(bytes.TrimSpace(head)) == "{}" }

// root takes XML whose root element has one of the names and at least one of the attributes.
func root(names, attributes []string) func([]byte) bool {
	return func(head []byte) bool {
		element, _ := elements(head)
		return slices.Contains(names, element.Name.Local) && hasAttribute(element, attributes)
	}
}

// junit takes a JUnit report that has results: a count of tests, or a suite or case in it.
func junit(head []byte) bool {
	first, second := elements(head)
	switch first.Name.Local {
	case "testsuites":
		return second.Name.Local == "testsuite" && (hasAttribute(second, []string{"tests"}) || bytes.Contains(head, []byte("<testcase")))
	case "testsuite":
		return hasAttribute(first, []string{"tests"}) || bytes.Contains(head, []byte("<testcase"))
	}
	return false
}

func hasAttribute(e xml.StartElement, names []string) bool {
	return slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return slices.Contains(names, a.Name.Local) })
}

// elements are the first two elements of XML, or fewer where it has fewer or is none.
func elements(head []byte) (first, second xml.StartElement) {
	d := xml.NewDecoder(bytes.NewReader(head))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // names are ASCII in all of them
	for {
		token, err := d.Token()
		if err != nil {
			return first, second
		}
		element, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case first.Name.Local == "":
			first = element.Copy()
		default:
			return first, element.Copy()
		}
	}
}

// program takes an executable or a library of ELF, Mach-O or PE.
func program(head []byte) bool {
	return begins("\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe", "!<arch>\n")(head)
}

// bytecode takes a .pyc: two bytes of the interpreter's number, then CR and LF.
func bytecode(head []byte) bool { return len(head) >= 4 && head[2] == '\r' && head[3] == '\n' }

// lcov takes a tracefile of LCOV.
func lcov(head []byte) bool {
	return begins("TN:", "SF:")(head) && bytes.Contains(head, []byte("SF:")) && oneOf(contains("\nDA:"), contains("\nLF:"), contains("\nend_of_record"))(head)
}

// flatted takes the cache that ESLint and Stylelint write by the flatted module: a list of references, then what they refer to.
func flatted(head []byte) bool {
	return begins(`[["1"`, `[{"`, "[{}]")(head) && (len(head) == headSize || bytes.Equal(bytes.TrimSpace(head), []byte("[{}]")) ||
		contains(`"hashOfConfig"`)(head) || contains(`"size"`, `"mtime"`)(head))
}

// Examine returns what was seen with Marked set where git does not ignore an entry and its content is the tool's own. It reads the
// beginning of each file in it, bounded, through root, and follows no link. What cannot be read is not marked.
func Examine(ctx context.Context, root *os.Root, rules Rules, seen []Seen) []Seen {
	examined := slices.Clone(seen)
	rules.Protect = nil
	s := sweeper{ctx: ctx, rules: rules}
	top, err := s.openTop(root)
	if err != nil {
		return examined
	}
	defer top.close()
	for i, one := range examined {
		if one.Ignored || one.Symlink || one.Tracked || one.OtherDevice || one.NestedRepository {
			continue
		}
		p := &pass{sweeper: &s}
		err := p.artifact(top, Removal{Path: one.Path, Dir: one.Dir}, false)
		examined[i].Marked = err == nil && p.err == nil
	}
	return examined
}

// Around returns what a path may be an artifact by: itself, or the outermost directory above it that has the name of one. It is for
// paths that a report lists, of regular files. ok is false where no pattern fits, or where a task may have asked for the file.
func (r Rules) Around(name string) (seen Seen, pattern string, ok bool) {
	elements := strings.Split(name, "/")
	for i := range elements {
		dir := i < len(elements)-1
		p := strings.Join(elements[:i+1], "/")
		if found, no := r.recognise(p, dir); no == "" && !found.Wanted {
			return Seen{Path: p, Dir: dir}, found.String(), true
		}
	}
	return Seen{}, "", false
}
