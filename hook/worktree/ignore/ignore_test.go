package ignore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestFromRoot(t *testing.T) {
	dir := t.TempDir()
	outside := t.TempDir()
	write(t, outside, "rules", "stolen\n")
	write(t, dir, "regular", "mine\n")
	write(t, dir, "huge", strings.Repeat("#", MaxFile+1))
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o777); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"inside": "regular", "absolute": filepath.Join(outside, "rules"), "escape": outside, "loop": "loop", "dangling": "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			if runtime.GOOS == "windows" {
				t.Skip("no right to make symbolic links here")
			}
			t.Fatal(err)
		}
	}
	read := FromRoot(openRoot(t, dir))
	if got, err := read("regular"); string(got) != "mine\n" || err != nil {
		t.Errorf("regular file: %q, %v", got, err)
	}
	for _, absent := range []string{"inside", "absolute", "loop", "dangling", "directory", "missing", "regular/below", "missing/below"} {
		if got, err := read(absent); got != nil || err != nil {
			t.Errorf("%s: %q, %v; want no content and no error", absent, got, err)
		}
	}
	if got, err := read("escape/rules"); len(got) != 0 || err == nil {
		t.Errorf("a path out of the root: %q, %v; want an error", got, err)
	}
	if _, err := read("huge"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("huge file: %v", err)
	}
}

func TestRulesOutsideTheTree(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "huge", strings.Repeat("#", MaxFile+1))
	write(t, dir, "many", strings.Repeat("x\n", maxLines+1))
	for _, name := range []string{"huge", "many"} {
		if _, err := New(Options{InfoExclude: filepath.Join(dir, name)}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "missing", ".", "huge/below"} {
		path := filepath.Join(dir, name)
		r, err := New(Options{InfoExclude: path, ExcludesFile: os.DevNull})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if m, err := r.Match("a", false); m.Found() || err != nil {
			t.Errorf("%s: rule %q, %v", path, m.Pattern(), err)
		}
	}
}

func TestMatchPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken disk")
	r, err := New(Options{Read: func(path string) ([]byte, error) {
		if strings.HasPrefix(path, "d/") {
			return nil, broken
		}
		return []byte("ignored/\n"), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"d/a", "d/e/a"} {
		if m, err := r.Match(path, false); !errors.Is(err, broken) || m.Ignored() {
			t.Errorf("%s: %v, %v", path, m.Ignored(), err)
		}
	}
	if m, err := r.Match("ignored/a", false); err != nil || !m.Ignored() {
		t.Errorf("ignored/a: %v, %v", m.Ignored(), err)
	}
}

// TestIgnoredDirectoriesAreNotRead: no rule file below an ignored directory is read, because anything can be there.
func TestIgnoredDirectoriesAreNotRead(t *testing.T) {
	r, err := New(Options{Read: func(path string) ([]byte, error) {
		if path != ".gitignore" {
			t.Errorf("read %q", path)
		}
		return []byte("/node_modules/\n"), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"node_modules/a/b/c", "node_modules/a/d"} {
		m, err := r.Match(path, false)
		if err != nil {
			t.Fatal(err)
		}
		if !m.Ignored() || m.Source() != ".gitignore" || m.Line() != 1 || m.Pattern() != "/node_modules/" {
			t.Errorf("%s: %q line %d %q", path, m.Source(), m.Line(), m.Pattern())
		}
	}
}

// TestRuleFilesAreReadOnce asks about many paths. Each rule file is read once.
func TestRuleFilesAreReadOnce(t *testing.T) {
	reads := map[string]int{}
	r, err := New(Options{Read: func(path string) ([]byte, error) {
		reads[path]++
		return []byte("*.o\n"), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if m, err := r.Match(fmt.Sprintf("a/b/%d.o", i), false); err != nil || !m.Ignored() || m.Source() != "a/b/.gitignore" {
			t.Fatalf("%v by %q, %v", m.Ignored(), m.Source(), err)
		}
	}
	for path, n := range reads {
		if n != 1 {
			t.Errorf("%s was read %d times", path, n)
		}
	}
	if len(reads) != 3 {
		t.Errorf("read %v, want three files", reads)
	}
}

func TestUserFile(t *testing.T) {
	env := func(xdg, home string) func(string) string {
		return func(name string) string { return map[string]string{"XDG_CONFIG_HOME": xdg, "HOME": home}[name] }
	}
	for _, test := range []struct{ xdg, home, want string }{
		{"/x", "/h", "/x/git/ignore"}, {"", "/h", "/h/.config/git/ignore"}, {"", "", ""},
	} {
		if got := UserFile("ignore", env(test.xdg, test.home)); filepath.ToSlash(got) != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

// TestPathologicalPatterns would practically never end with a matcher that tries every way to divide the text among the stars.
func TestPathologicalPatterns(t *testing.T) {
	name := strings.Repeat("a", 250)
	deep := strings.Repeat("a/", 1000) + "a"
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{strings.Repeat("*a", 100) + "*b", name, false},
		{strings.Repeat("*a", 100) + "*", name, true},
		{strings.Repeat("**/", 100) + "b", deep, false},
		{strings.Repeat("**/a/", 100) + "b", deep, false},
		{strings.Repeat("**/*a*", 100) + "/b", deep, false},
		{strings.Repeat("**/a/", 100) + "a", deep, true},
		{"a" + strings.Repeat("/**", 100), deep, true},
		{strings.Repeat("*", MaxFile-10) + "b", name, false},
		{strings.Repeat("[a-z", 1000), name, false},
		{"[" + strings.Repeat("a-c", MaxFile/4) + "]*b", name, false},
		{strings.Repeat("?", MaxFile-10), name, false},
	} {
		g := compileGlob(test.pattern, false)
		if got := g.match([]byte(test.path)); got != test.want {
			t.Errorf("%.40q against %.20q: %v", test.pattern, test.path, got)
		}
	}
}

var globSeeds = []struct{ pattern, path string }{
	{"**/a*b/[!c-e]?\\*/**", "x/ab/d*/f"}, {"[[:alpha:]-z]", "q"}, {"a**\\/b", "a/b"}, {"[", "["}, {"\\", "\\"}, {"*a*a*b", "aaaab"}, {"[]-a]", "]"},
}

// FuzzGlob compares the compiled matcher with try, which tries every choice.
func FuzzGlob(f *testing.F) {
	for _, s := range globSeeds {
		f.Add(s.pattern, s.path, false)
		f.Add(s.pattern, s.path, true)
	}
	f.Fuzz(func(t *testing.T, pattern, path string, fold bool) {
		g := compileGlob(pattern, fold)
		if len(g.tokens) > 12 || len(path) > 12 {
			g.match([]byte(path))
			return
		}
		if got, want := g.match([]byte(path)), !g.never && try(&g, g.tokens, []byte(path)); got != want {
			t.Errorf("%q against %q: %v, by definition %v", pattern, path, got, want)
		}
	})
}

// try matches the tokens against the text by trying every choice.
func try(g *glob, tokens []token, text []byte) bool {
	if len(tokens) == 0 {
		return len(text) == 0
	}
	rest := tokens[1:]
	switch tokens[0] {
	case tokenStar, tokenDeep:
		for n := 0; ; n++ {
			if try(g, rest, text[n:]) {
				return true
			}
			if n == len(text) || tokens[0] == tokenStar && text[n] == '/' {
				return false
			}
		}
	case tokenDirs:
		for n := 0; n <= len(text); n++ {
			if (n == 0 || text[n-1] == '/') && try(g, rest, text[n:]) {
				return true
			}
		}
		return false
	}
	return len(text) > 0 && g.matchByte(tokens[0], text[0]) && try(g, rest, text[1:])
}

func BenchmarkMatch(b *testing.B) {
	var lines strings.Builder
	for i := range 50 {
		fmt.Fprintf(&lines, "*.ext%d\nname%d\n/anchored/path%d/*.c\n**/deep%d/*.[oa]\n", i, i, i, i)
	}
	r, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	top, err := r.Top([]byte(lines.String()))
	if err != nil {
		b.Fatal(err)
	}
	dir, err := top.Enter("src", func() ([]byte, error) { return nil, nil })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if dir.Match("main_test.go", false).Found() {
			b.Fatal("matched")
		}
	}
}

// TestDisputed: where "**" follows the literal beginning of a pattern with a slash, only the installed git knows what it matches.
func TestDisputed(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		"a/x**/y": true, "/x**": true, "x**/y": true, "!/x**/y": true, "/x***/y": true, `/x**\/y`: true, "a/x**/": true,
		"x**": false, "a/**": false, "/**": false, "**/x": false, "a/**/b": false, "a/x**y": false, "a/x*/y": false, "/[x]**/y": false, "/*x**/y": false, "/**x**/y": false,
		`/x\**/y`: false, "#/x**": false,
	} {
		if _, err := parseList(".gitignore", 0, []byte(pattern), false, nil); errors.Is(err, ErrDisputed) != want || err != nil && !want {
			t.Errorf("%q among the ignore rules: %v, want an error: %t", pattern, err, want)
		}
		attributes, err := NewAttributes(AttributeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want = want && pattern[0] != '!' // git skips such a line
		if _, err := attributes.parse(".gitattributes", []byte(pattern+" text"), true); errors.Is(err, ErrDisputed) != want || err != nil && !want {
			t.Errorf("%q among the attributes: %v, want an error: %t", pattern, err, want)
		}
	}
}
