package artifact

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"stopgate/hook/artifact/safedir"
)

// Mark distinguishes a tool's own output from a file of the same name that somebody wrote. It is needed if git does not ignore the artifact.
type Mark struct {
	// Signs are files that the tool always leaves; one of them must exist. The sign for a file has no Path.
	Signs []Shape
	// Holds are the shapes of the other files that the tool writes. A directory with a file of no shape is not an artifact.
	Holds []Shape
	// Owner are names of files, such as pyvenv.cfg. A direct subdirectory of the artifact with such a file belongs to the tool with everything in
	// it.
	Owner []string
	// Place is where the tool leaves its output.
	Place Place
}

// Shape is one kind of file that a tool writes.
type Shape struct {
	// Path is the file's place below the artifact, in the form of path.Match; an element ** stands for any number of elements.
	Path string
	// Content reports whether the beginning of a file, at most headSize bytes, is the tool's. Nil accepts any.
	Content func(head []byte) bool
}

// Place limits where a tool's output counts as left behind and not as kept on purpose.
type Place int

const (
	// Anywhere is for caches, which nobody keeps.
	Anywhere Place = iota
	// OutsideFixtures is for reports, which some projects keep as samples for their tests.
	OutsideFixtures
	// PackageRoot is for reports with a common name. Tools write them where they are started: at the top of the worktree, or beside the manifest of
	// a package.
	PackageRoot
)

// headSize is how many bytes of a file are read to recognise it. ESLint's cache begins with a list that grows with the number of files.
const headSize = 16 << 10

// fixtures lists names of directories in which projects keep samples, in lower case.
var fixtures = [...]string{
	"fixtures", "fixture", "__fixtures__", "testdata", "test-data", "test_data", "testfixtures", "test-fixtures", "test_fixtures",
	"samples", "sample", "mocks", "__mocks__", "snapshots", "__snapshots__", "golden", "goldens", "corpus", "resources",
}

// tests lists further directories in which a report with a common name is more likely a sample than output.
var tests = [...]string{"test", "tests", "__tests__", "spec", "specs", "e2e"}

// manifests lists the files that make a directory a package; tools that are started beside one read it.
var manifests = [...]string{
	"package.json", "pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "pytest.ini", ".coveragerc", "requirements.txt", "Pipfile",
	"Cargo.toml", "go.mod", "composer.json", "Gemfile", "Rakefile", "pom.xml", "build.gradle", "build.gradle.kts", "mix.exs",
	"pubspec.yaml", "deno.json", "Makefile", "CMakeLists.txt", "meson.build", "tsconfig.json", "Package.swift",
}

// allows reports whether a tool leaves the artifact in this directory. above is the name of the directory, "" for the top of the worktree, and dir
// has its entries.
func (p Place) allows(above string, dir safedir.Dir) bool {
	switch {
	case p == Anywhere:
		return true
	case p.isSample(above), p == PackageRoot && anyElement(above, tests[:]):
		return false
	case p == OutsideFixtures, above == "":
		return true
	}
	return slices.ContainsFunc(manifests[:], dir.Has)
}

// isSample reports whether a tool's output in this directory is more likely kept as a sample.
func (p Place) isSample(above string) bool { return p != Anywhere && anyElement(above, fixtures[:]) }

// anyElement reports whether an element of a path is one of the names, which are in lower case.
func anyElement(name string, names []string) bool {
	for element := range strings.SplitSeq(strings.ToLower(name), "/") {
		if slices.Contains(names, element) {
			return true
		}
	}
	return false
}

// marking is the state of comparing one artifact with a Mark.
type marking struct {
	*Mark
	signed bool
	owned  string // the present directory, if it belongs to the tool with everything in it; "" otherwise
	head   []byte // for reading the beginnings of files: a report may have very many
}

// enter notes that the walk enters a directory, at rel below the artifact.
func (m *marking) enter(dir safedir.Dir, rel string) {
	if rel == "." || strings.Contains(rel, "/") {
		return
	}
	m.owned = ""
	if slices.ContainsFunc(m.Owner, dir.Has) {
		m.owned, m.signed = rel, true
	}
}

// take checks one entry that is not a directory, at rel below the artifact; "." is the artifact itself.
func (m *marking) take(dir safedir.Dir, name, rel string, info fs.FileInfo) error {
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
			if m.head == nil {
				m.head = make([]byte, headSize)
			}
			var err error
			if head, err = readHead(dir, name, info, m.head); err != nil {
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

// readHead reads the beginning of the same file that info describes into head, which has headSize bytes.
func readHead(dir safedir.Dir, name string, info fs.FileInfo, head []byte) ([]byte, error) {
	file, err := dir.OpenFile(name, info)
	if err != nil {
		return nil, reasoned(err)
	}
	defer func() { _ = file.Close() }() // opened only for reading
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return head[:n], nil
}

// matchPath reports whether a path matches a pattern of path.Match in which an element ** stands for any number of elements.
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

// The following functions make the Content of a Shape.

// begins accepts content that starts with one of the texts.
func begins(with ...string) func([]byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(with, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) })
	}
}

// contains accepts content that has all of the texts.
func contains(all ...string) func([]byte) bool {
	return func(head []byte) bool {
		return !slices.ContainsFunc(all, func(s string) bool { return !bytes.Contains(head, []byte(s)) })
	}
}

// oneOf accepts content that one of the conditions accepts.
func oneOf(any ...func([]byte) bool) func([]byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(any, func(f func([]byte) bool) bool { return f(head) })
	}
}

// object accepts a JSON object that has one of the keys.
func object(keys ...string) func([]byte) bool {
	return func(head []byte) bool {
		head = bytes.TrimLeft(head, " \t\r\n")
		return bytes.HasPrefix(head, []byte("{")) && slices.ContainsFunc(keys, func(key string) bool {
			return bytes.Contains(head, []byte(`"`+key+`":`)) || bytes.Contains(head, []byte(`"`+key+`" :`))
		})
	}
}

// jsonText accepts JSON. Of a long text only the beginning is looked at.
func jsonText(head []byte) bool {
	if len(head) < headSize {
		return json.Valid(head)
	}
	return begins("{", "[")(bytes.TrimLeft(head, " \t\r\n"))
}

// page accepts an HTML document that one of the conditions accepts.
func page(any ...func([]byte) bool) func([]byte) bool {
	return func(head []byte) bool {
		return begins("<")(bytes.TrimLeft(head, " \t\r\n")) && oneOf(any...)(head)
	}
}

// empty accepts a file without content.
func empty(head []byte) bool { return len(head) == 0 }

// bare accepts an empty JSON object, which a coverage tool writes that saw no file.
func bare(head []byte) bool { return string(bytes.TrimSpace(head)) == "{}" }

// root accepts XML whose root element has one of the names and at least one of the attributes.
func root(names, attributes []string) func([]byte) bool {
	return func(head []byte) bool {
		element, _ := elements(head)
		return slices.Contains(names, element.Name.Local) && hasAttribute(element, attributes)
	}
}

// junit accepts a JUnit report with results: a count of tests, or a suite or case in it. Node puts cases that are in no suite beside the suites.
func junit(head []byte) bool {
	first, second := elements(head)
	switch first.Name.Local {
	case "testsuites":
		return second.Name.Local == "testsuite" && (hasAttribute(second, []string{"tests"}) || bytes.Contains(head, []byte("<testcase"))) ||
			second.Name.Local == "testcase" && hasAttribute(second, []string{"time"})
	case "testsuite":
		return hasAttribute(first, []string{"tests"}) || bytes.Contains(head, []byte("<testcase"))
	}
	return false
}

func hasAttribute(e xml.StartElement, names []string) bool {
	return slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return slices.Contains(names, a.Name.Local) })
}

// elements returns the first two elements of XML, or fewer.
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

// program accepts an executable or a library of ELF, Mach-O or PE.
func program(head []byte) bool {
	return begins("\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe", "!<arch>\n")(head)
}

// bytecode accepts a .pyc: two bytes of the interpreter's number, then CR and LF.
func bytecode(head []byte) bool { return len(head) >= 4 && head[2] == '\r' && head[3] == '\n' }

// lcov accepts a tracefile of LCOV.
func lcov(head []byte) bool {
	return begins("TN:", "SF:")(head) && bytes.Contains(head, []byte("SF:")) && oneOf(contains("\nDA:"), contains("\nLF:"), contains("\nend_of_record"))(head)
}

// flatted accepts the cache that ESLint and Stylelint write with the flatted module: a list of references, then what they refer to.
func flatted(head []byte) bool {
	return begins(`[["1"`, `[{"`, "[{}]")(head) && (len(head) == headSize || bytes.Equal(bytes.TrimSpace(head), []byte("[{}]")) ||
		contains(`"hashOfConfig"`)(head) || contains(`"size"`, `"mtime"`)(head))
}

// Examine sets Marked on the entries that git does not ignore and whose content is the tool's own. It reads the bounded beginning of each file in
// them through root, and follows no link. An entry that cannot be read is not marked.
func Examine(ctx context.Context, root *os.Root, rules Rules, seen []Seen) []Seen {
	examined := slices.Clone(seen)
	rules.Protect = nil
	s := sweeper{ctx: ctx, rules: rules}
	top, err := s.openTop(root)
	if err != nil {
		return examined
	}
	defer top.Close()
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

// Around returns the artifact that may contain a path: the path itself, or the outermost directory above it with the name of an artifact. It is for
// regular files that a report lists. ok is false if no pattern matches, or if a task may have asked for the file.
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
