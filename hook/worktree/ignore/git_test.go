package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A repo is a scratch repository. The tests compare the results of this package with those of the real git there.
type repo struct {
	t    testing.TB
	root string
	home string
	env  []string
}

// needGit skips the test if there is no git. With STOPGATE_NO_SKIP=1 it fails instead.
func needGit(t testing.TB) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatal("STOPGATE_NO_SKIP=1 and there is no git to compare with")
		}
		t.Skip("no git to compare with")
	}
}

func newRepo(t testing.TB) *repo {
	t.Helper()
	needGit(t)
	dir := t.TempDir()
	r := &repo{t: t, root: filepath.Join(dir, "work"), home: filepath.Join(dir, "home")}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") && !strings.HasPrefix(kv, "XDG_") && !strings.HasPrefix(kv, "HOME=") {
			r.env = append(r.env, kv)
		}
	}
	r.env = append(r.env, "HOME="+r.home, "GIT_CONFIG_NOSYSTEM=1", "GIT_ATTR_NOSYSTEM=1", "LC_ALL=C")
	for _, d := range []string{r.root, r.home} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	r.git(nil, "init", "-q")
	return r
}

func (r *repo) git(stdin []byte, args ...string) []byte {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = r.root, r.env, bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 && slices.Contains(args, "check-ignore") {
		err = nil // exit status 1 means that no path is ignored
	}
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, &stderr)
	}
	return out
}

// write makes a file and its directories. It does nothing if an element of the path is already a file, because names in random trees collide.
func (r *repo) write(path, content string) {
	name := filepath.Join(r.root, path)
	if os.MkdirAll(filepath.Dir(name), 0o777) == nil {
		_ = os.WriteFile(name, []byte(content), 0o666)
	}
}

func (r *repo) isDir(path string) bool {
	info, err := os.Lstat(filepath.Join(r.root, path))
	return err == nil && info.IsDir()
}

func (r *repo) open() ReadFunc {
	root, err := os.OpenRoot(r.root)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { root.Close() })
	return FromRoot(root)
}

func (r *repo) excludes() string { return filepath.Join(r.home, "excludes") }

func (r *repo) rules(fold bool) *Rules {
	r.t.Helper()
	rules, err := New(Options{
		Read:         r.open(),
		InfoExclude:  filepath.Join(r.root, ".git/info/exclude"),
		ExcludesFile: r.excludes(),
		IgnoreCase:   fold,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return rules
}

// compareIgnore compares for every path the result of Rules with that of git: whether the path is ignored, and by which rule. It returns the number
// of paths that a rule matches.
func (r *repo) compareIgnore(paths []string, fold bool) (spoken int) {
	r.t.Helper()
	out := r.git([]byte(strings.Join(paths, "\x00")+"\x00"),
		"-c", "core.ignoreCase="+strconv.FormatBool(fold), "-c", "core.excludesFile="+r.excludes(),
		"check-ignore", "--no-index", "-v", "-n", "-z", "--stdin")
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(fields) != 4*len(paths) {
		r.t.Fatalf("git answered %d fields for %d paths", len(fields), len(paths))
	}
	rules := r.rules(fold)
	walk := walker{rules: rules, read: rules.read, dirs: map[string]*Dir{}}
	for i, path := range paths {
		want := fields[4*i : 4*i+3]
		want[0] = strings.Replace(want[0], ".git/info/exclude", filepath.Join(r.root, ".git/info/exclude"), 1)
		for name, ask := range map[string]func(string, bool) (Match, error){"Match": rules.Match, "walk": walk.match} {
			m, err := ask(path, r.isDir(path))
			if err != nil {
				r.t.Fatal(err)
			}
			got := []string{m.Source(), "", m.Pattern()}
			if m.Found() {
				got[1] = strconv.Itoa(m.Line())
			}
			if strings.Join(got, "\x00") != strings.Join(want, "\x00") {
				r.t.Errorf("%s: %q: got %q, git says %q", name, path, got, want)
			}
		}
		if want[0] != "" {
			spoken++
		}
	}
	return spoken
}

// A walker matches paths with Top and Enter, as a walk through the worktree does.
type walker struct {
	rules *Rules
	read  ReadFunc
	dirs  map[string]*Dir
}

func (w *walker) dir(path string) (*Dir, error) {
	if d := w.dirs[path]; d != nil {
		return d, nil
	}
	var d *Dir
	var err error
	if path == "" {
		var content []byte
		if content, err = w.read(".gitignore"); err == nil {
			d, err = w.rules.Top(content)
		}
	} else {
		var up *Dir
		if up, err = w.dir(parent(path)); err == nil {
			d, err = up.Enter(path[len(up.path):], func() ([]byte, error) { return w.read(path + "/.gitignore") })
		}
	}
	w.dirs[path] = d
	return d, err
}

func (w *walker) match(path string, isDir bool) (Match, error) {
	d, err := w.dir(parent(path))
	if err != nil {
		return Match{}, err
	}
	return d.Match(path[len(d.path):], isDir), nil
}

// seed returns the seed of a random test: STOPGATE_SEED, or the time if it is not set. It logs the seed, so that a failure can be repeated.
func seed(t testing.TB) uint64 {
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv("STOPGATE_SEED"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("STOPGATE_SEED=%d", n)
	return n
}

// rounds returns the number of random repositories: STOPGATE_ROUNDS, or n if it is not set.
func rounds(t testing.TB, n int) int {
	if s := os.Getenv("STOPGATE_ROUNDS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

type random struct{ *rand.Rand }

func pick[T any](r random, from []T) T { return from[r.IntN(len(from))] }

var nameParts = []string{
	"a", "b", "c", "ab", "abc", "foo", "bar", "A", "Foo", "x y", "z ", "#h", "!n", "é", "\xff", "n\nl", "t\t", "c\r",
	`b\s`, "[x]", "a*", "a?b", "-", "]", "^", "a-c", "q.tmp", ".hid", "0", "~",
}

func (r random) name() string {
	n := pick(r, nameParts)
	if r.IntN(4) == 0 {
		n += pick(r, nameParts)
	}
	return n
}

func (r random) path() string {
	p := r.name()
	for r.IntN(5) < 3 {
		p += "/" + r.name()
	}
	return p
}

var patternParts = []string{
	"a", "b", "c", "ab", "foo", "bar", "A", "Foo", "*", "*", "**", "?", "/", "/", "**/", "/**", "/**/", "[ab]", "[!a]", "[^a]", "[a-c]", "[]x]",
	"[!]x]", "[[:alpha:]]", "[[:upper:]]", "[[:space:]]", "[![:punct:]]", "[[:nope:]]", "[a", "[", "]", "[\\]a]", "[a\\-c]", "[--0]", "[[:]", "[A-Z]",
	"\\", "\\a", "\\A", "\\*", "\\/", "\\#", "\\!", "\\ ", " ", "  ", "\t", "\r", "#", "!", "é", "\xff", "***", "x y", "z", ".tmp", "\x00",
}

func (r random) pattern() string {
	var b strings.Builder
	if r.IntN(4) == 0 {
		b.WriteByte('!')
	}
	if r.IntN(6) == 0 {
		b.WriteByte('/')
	}
	if r.IntN(3) == 0 { // such a pattern probably matches a path
		b.WriteString(r.path())
	}
	for n := r.IntN(5); n > 0; n-- {
		b.WriteString(pick(r, patternParts))
	}
	if r.IntN(5) == 0 {
		b.WriteByte('/')
	}
	return b.String()
}

// disputes reports whether a file has a rule that ErrDisputed is about, be it a file of ignore rules or of attributes, or attributes in the index: there
// a byte order mark is the beginning of the first pattern.
func disputes(t testing.TB, content string) bool {
	t.Helper()
	_, ignoreErr := parseList(".gitignore", 0, []byte(content), false, nil)
	attributes, err := NewAttributes(AttributeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, attributesErr := attributes.parse(".gitattributes", []byte(content), true)
	_, blobErr := attributes.parse(".gitattributes", AttributesBlob([]byte(content)), true)
	return errors.Is(ignoreErr, ErrDisputed) || errors.Is(attributesErr, ErrDisputed) || errors.Is(blobErr, ErrDisputed)
}

// undisputed returns the first of the texts that make returns about which releases of git agree.
func undisputed(t testing.TB, make func() string) string {
	t.Helper()
	for {
		if text := make(); !disputes(t, text) {
			return text
		}
	}
}

func (r random) ruleFile() string {
	var b strings.Builder
	if r.IntN(8) == 0 {
		b.WriteString("\ufeff")
	}
	if r.IntN(8) == 0 {
		b.WriteString("*\n!*/\n")
	}
	for n := 1 + r.IntN(8); n > 0; n-- {
		b.WriteString(r.pattern())
		b.WriteString(pick(r, []string{"\n", "\n", "\n", "\n", "\r\n", "", " \n", "\n\n"}))
	}
	return b.String()
}

// fill makes a random tree. It returns its files and directories, and also some paths that do not exist.
func (r random) fill(repo *repo, ruleName string) []string {
	seen := map[string]bool{}
	for range 40 {
		repo.write(r.path(), "x")
	}
	err := filepath.WalkDir(repo.root, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(repo.root, name)
		if rel == ".git" {
			return filepath.SkipDir
		}
		if rel == "." {
			rel = ""
		} else {
			seen[rel] = true
		}
		if d.IsDir() {
			if r.IntN(4) == 0 || rel == "" {
				repo.write(filepath.Join(rel, ruleName), undisputed(repo.t, r.ruleFile))
			}
			for range 2 {
				seen[strings.TrimPrefix(rel+"/"+r.name(), "/")] = true
			}
		}
		return nil
	})
	if err != nil {
		repo.t.Fatal(err)
	}
	var paths []string
	for p := range seen {
		paths = append(paths, p)
	}
	slices.Sort(paths) // map order is random; the seed alone must determine the test
	return paths
}

func TestIgnoreAgreesWithGitOnRandomTrees(t *testing.T) {
	s := seed(t)
	cases, spoken := 0, 0
	for i := range rounds(t, 25) {
		r := random{rand.New(rand.NewPCG(s, uint64(i)))}
		repo := newRepo(t)
		paths := r.fill(repo, ".gitignore")
		if r.IntN(2) == 0 {
			repo.write(".git/info/exclude", undisputed(repo.t, r.ruleFile))
		}
		if r.IntN(2) == 0 {
			write(t, repo.home, "excludes", undisputed(repo.t, r.ruleFile))
		}
		spoken += repo.compareIgnore(paths, r.IntN(3) == 0)
		cases += len(paths)
		if t.Failed() {
			t.Fatalf("round %d", i)
		}
	}
	t.Logf("%d paths compared, a rule spoke of %d", cases, spoken)
	if spoken < cases/20 {
		t.Error("the random patterns hardly meet the random paths: this test proves little")
	}
}

// TestBytesAgreeWithGit matches every byte against every kind of bracket expression. Git's character classes are its own, and ignoring case has
// many exceptions.
func TestBytesAgreeWithGit(t *testing.T) {
	patterns := []string{
		"[[:alnum:]]", "[[:alpha:]]", "[[:blank:]]", "[[:cntrl:]]", "[[:digit:]]", "[[:graph:]]", "[[:lower:]]", "[[:print:]]", "[[:punct:]]",
		"[[:space:]]", "[[:upper:]]", "[[:xdigit:]]", "[A]", "[a]", "[A-C]", "[a-c]", "[Z-a]", "[!A]", "[!a-c]", `\A`, `\a`, "A?", "?", "[\xe0-\xff]", "[]-a]",
		"[[-a]", "[\\]-a]", "[!-~]", "[[:digit:]-z]", "[a-[:digit:]]", "[x[:digit:]y]", "[[:digit]", "[[.a.]]", "[[:]", "[[::]]",
	}
	for _, fold := range []bool{false, true} {
		repo := newRepo(t)
		var paths []string
		for i, pattern := range patterns {
			dir := fmt.Sprintf("d%d", i)
			repo.write(dir+"/.gitignore", pattern+"\n")
			for b := 1; b < 256; b++ {
				if c := string([]byte{byte(b)}); c != "/" && c != "." {
					paths = append(paths, dir+"/"+c)
				}
			}
		}
		if spoken := repo.compareIgnore(paths, fold); spoken < 1000 {
			t.Errorf("only %d of %d single bytes matched", spoken, len(paths))
		}
	}
}

// TestGlobsAgreeWithGit uses patterns and paths of very few letters, so that a star can often match in several places.
func TestGlobsAgreeWithGit(t *testing.T) {
	r := random{rand.New(rand.NewPCG(seed(t), 0))}
	repo := newRepo(t)
	parts := []string{"a", "b", "*", "**", "/", "**/", "/**", "?", "[ab]", "[!b]", `\a`, `\/`, "**\\/"}
	var paths []string
	for i := range rounds(t, 400) {
		dir := fmt.Sprintf("d%d", i)
		pattern := undisputed(t, func() (pattern string) {
			for n := 1 + r.IntN(9); n > 0; n-- {
				pattern += pick(r, parts)
			}
			return pattern
		})
		repo.write(dir+"/.gitignore", pattern+"\n")
		for range 60 {
			p := dir
			for range 1 + r.IntN(4) {
				p += "/"
				for range 1 + r.IntN(4) {
					p += pick(r, []string{"a", "b"})
				}
			}
			paths = append(paths, p)
		}
	}
	spoken := repo.compareIgnore(paths, false)
	t.Logf("%d paths compared, a rule spoke of %d", len(paths), spoken)
	if spoken < len(paths)/20 {
		t.Error("the random patterns hardly meet the random paths: this test proves little")
	}
}

// TestIgnoreCorners has corner cases. The expected results are from the manual or from git's behaviour. Each test also compares them with the real
// git.
func TestIgnoreCorners(t *testing.T) {
	type files map[string]string
	tests := []struct {
		name  string
		files files
		fold  bool
		want  map[string]string // path to the deciding rule as LINE:PATTERN; "" if no rule matches
	}{
		{"byte order mark", files{".gitignore": "\ufeffabc/\nd\n", "abc/f": ""}, false, map[string]string{"abc/f": "1:abc/", "d": "2:d"}},
		{"only one byte order mark", files{".gitignore": "\ufeff\ufeffd\n"}, false, map[string]string{"d": "", "\ufeffd": "1:\ufeffd"}},
		{"negated bracket", files{".gitignore": "[!a]x\n"}, false, map[string]string{"ax": "", "bx": "1:[!a]x", "/x"[1:]: ""}},
		{"character class", files{".gitignore": "[[:digit:]]d\n"}, false, map[string]string{"5d": "1:[[:digit:]]d", "ad": ""}},
		{
			"whitelist",
			files{".gitignore": "*\n!*/\n!*.c\n", "p/q/x.c": "", "p/q/x.o": ""},
			false,
			map[string]string{"p": "2:!*/", "p/q": "2:!*/", "p/q/x.c": "3:!*.c", "p/q/x.o": "1:*"},
		},
		{
			"no way back into an ignored directory",
			files{".gitignore": "out/\n!out/keep.txt\n", "out/.gitignore": "!keep.txt\n", "out/keep.txt": ""},
			false,
			map[string]string{"out": "1:out/", "out/keep.txt": "1:out/"},
		},
		{"a way back through its content", files{".gitignore": "out/*\n!out/keep.txt\n", "out/keep.txt": ""}, false, map[string]string{"out": "", "out/keep.txt": "2:!out/keep.txt", "out/x": "1:out/*"}},
		{"trailing spaces", files{".gitignore": "a  \nb\\ \nc\\ \\  \nd \\\ne\t\n"}, false, map[string]string{"a": "1:a", "b ": "2:b\\ ", "b": "", "c  ": "3:c\\ \\ ", "d ": "", "d": "", "e": "", "e\t": "5:e\t"}},
		{"spaces alone", files{".gitignore": "   \n\\ \n"}, false, map[string]string{" ": "2:\\ ", "   ": ""}},
		{"carriage returns", files{".gitignore": "a\r\nb\r\r\nc\rd\r\n\r\n"}, false, map[string]string{"a": "1:a", "b": "", "b\r": "2:b\r", "c\rd": "3:c\rd", "\r": ""}},
		{"comments", files{".gitignore": "#a\n\\#b\n #c\n"}, false, map[string]string{"#a": "", "#b": "2:\\#b", " #c": "3: #c"}},
		{"exclamation", files{".gitignore": "\\!a\n!!b\n!b\n"}, false, map[string]string{"!a": "1:\\!a", "!b": "2:!!b", "b": "3:!b"}},
		{"backslashes", files{".gitignore": "a\\\nb\\\\\nc\\*\n"}, false, map[string]string{"a\\": "", "a": "", "b\\": "2:b\\\\", "c*": "3:c\\*", "cx": ""}},
		{"anchors", files{".gitignore": "/a\nb/c\nd/\n", "x/a": "", "x/b/c": "", "x/d/e": "", "d": ""}, false, map[string]string{"a": "1:/a", "x/a": "", "b/c": "2:b/c", "x/b/c": "", "x/d": "3:d/", "d": ""}},
		{"leading stars", files{".gitignore": "**/a/b\n"}, false, map[string]string{"a/b": "1:**/a/b", "x/y/a/b": "1:**/a/b", "xa/b": ""}},
		{"trailing stars", files{".gitignore": "a/**\n", "a/b/c": ""}, false, map[string]string{"a": "", "a/b": "1:a/**", "a/b/c": "1:a/**", "x/a/b": ""}},
		{"middle stars", files{".gitignore": "a/**/b\n"}, false, map[string]string{"a/b": "1:a/**/b", "a/x/b": "1:a/**/b", "a/x/y/b": "1:a/**/b", "axb": ""}},
		{"stars in a word", files{".gitignore": "a/x**y\n"}, false, map[string]string{"a/xy": "1:a/x**y", "a/x1y": "1:a/x**y", "a/x/y": ""}},
		{"a slash too many", files{".gitignore": "a//\n//b\n/\n//\n", "a/x": ""}, false, map[string]string{"a": "", "a/x": "", "b": ""}},
		{"folded case", files{".gitignore": "Foo\n*.TMP\nd/[a-c]\n\\Q\n[R]\n"}, true, map[string]string{"fOO": "1:Foo", "x.tmp": "2:*.TMP", "D/B": "3:d/[a-c]", "q": "", "Q": "", "r": "", "R": ""}},
		{"exact case", files{".gitignore": "Foo\n*.TMP\n"}, false, map[string]string{"foo": "", "x.tmp": ""}},
		{"bytes", files{".gitignore": "\xff?\n\xc3*\n"}, false, map[string]string{"\xffé": "", "\xff\xfe": "1:\xff?", "é": "2:\xc3*"}},
		{"NUL ends a line", files{".gitignore": "a\x00b\n"}, false, map[string]string{"a": "1:a", "ab": ""}},
		{"newline in a name", files{".gitignore": "a*b\n"}, false, map[string]string{"a\nb": "1:a*b"}},
		{"the last rule decides", files{".gitignore": "a*\n!ab\nabc\n"}, false, map[string]string{"a": "1:a*", "ab": "2:!ab", "abc": "3:abc"}},
		{"the deeper file decides", files{".gitignore": "*.o\n!k\n", "d/.gitignore": "!*.o\nk\n"}, false, map[string]string{"d/x.o": "1:!*.o", "d/k": "2:k", "x.o": "1:*.o"}},
		{"a directory named .gitignore", files{".gitignore/x": "", "d/.gitignore": "y"}, false, map[string]string{"x": "", "d/y": "1:y"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			repo := newRepo(t)
			for path, content := range test.files {
				repo.write(path, content)
			}
			rules := repo.rules(test.fold)
			var paths []string
			for path, want := range test.want {
				paths = append(paths, path)
				m, err := rules.Match(path, repo.isDir(path))
				if err != nil {
					t.Fatal(err)
				}
				got := ""
				if m.Found() {
					got = fmt.Sprintf("%d:%s", m.Line(), m.Pattern())
				}
				if got != want {
					t.Errorf("%q: rule %q, want %q", path, got, want)
				}
				if m.Ignored() != (want != "" && !strings.Contains(want, ":!")) {
					t.Errorf("%q: ignored is %v by rule %q", path, m.Ignored(), got)
				}
			}
			repo.compareIgnore(paths, test.fold)
		})
	}
}

// TestWalkAgreesWithGitOnRandomTrees finds the untracked files of a whole tree by a walk, and compares them with those that git finds.
func TestWalkAgreesWithGitOnRandomTrees(t *testing.T) {
	s := seed(t)
	files, untracked := 0, 0
	for i := range rounds(t, 15) {
		r := random{rand.New(rand.NewPCG(s, uint64(i)))}
		repo := newRepo(t)
		paths := r.fill(repo, ".gitignore")
		w := walker{rules: repo.rules(false), read: repo.open(), dirs: map[string]*Dir{}}
		var got []string
		for _, path := range paths {
			if info, err := os.Lstat(filepath.Join(repo.root, path)); err != nil || info.IsDir() {
				continue
			}
			files++
			m, err := w.match(path, false)
			if err != nil {
				t.Fatal(err)
			}
			if !m.Ignored() {
				got = append(got, path)
			}
		}
		out := repo.git(nil, "-c", "core.excludesFile="+repo.excludes(), "ls-files", "-z", "--others", "--exclude-standard")
		want := strings.FieldsFunc(string(out), func(c rune) bool { return c == 0 })
		slices.Sort(got)
		slices.Sort(want)
		// fill does not return a rule file that it wrote into a directory after listing it.
		want = slices.DeleteFunc(want, func(p string) bool { return !slices.Contains(paths, p) })
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: untracked %q, git says %q", i, got, want)
		}
		untracked += len(want)
	}
	t.Logf("%d files compared, %d of them not ignored", files, untracked)
	if untracked < files/20 || untracked > files*19/20 {
		t.Error("the random rules ignore nearly all or nothing: this test proves little")
	}
}

func TestIgnoreSources(t *testing.T) {
	repo := newRepo(t)
	repo.write(".gitignore", "one\n")
	repo.write(".git/info/exclude", "one\ntwo\n!three\n")
	write(t, repo.home, "excludes", "one\ntwo\nthree\nfour\n")
	if n := repo.compareIgnore([]string{"one", "two", "three", "four", "five"}, false); n != 4 {
		t.Errorf("rules spoke of %d paths, want 4", n)
	}
}

// compareAttributes compares for every path the attributes with those that git reports. It returns how many are not unspecified.
func (r *repo) compareAttributes(paths []string, fold bool) (specified int) {
	r.t.Helper()
	args := []string{"-c", "core.ignoreCase=" + strconv.FormatBool(fold), "-c", "core.attributesFile=" + r.excludes(), "check-attr", "-z", "--stdin"}
	out := r.git([]byte(strings.Join(paths, "\x00")+"\x00"), append(args, converting[:]...)...)
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(fields) != 3*len(converting)*len(paths) {
		r.t.Fatalf("git answered %d fields for %d paths", len(fields), len(paths))
	}
	files := r.open()
	staged := map[string]bool{}
	for _, path := range strings.Split(string(r.git(nil, "ls-files", "-z")), "\x00") {
		staged[path] = true
	}
	attributes, err := NewAttributes(AttributeOptions{
		Read: func(path string) ([]byte, error) { // as git does: from the index if the file does not exist
			content, err := files(path)
			if content == nil && err == nil && staged[path] {
				cmd := exec.Command("git", "cat-file", "blob", ":0:"+path)
				cmd.Dir, cmd.Env = r.root, r.env
				content, _ = cmd.Output()
				content = AttributesBlob(content)
			}
			return content, err
		},
		Info:           filepath.Join(r.root, ".git/info/attributes"),
		AttributesFile: r.excludes(),
		IgnoreCase:     fold,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	for i, path := range paths {
		c, err := attributes.Conversion(path)
		if err != nil {
			r.t.Fatal(err)
		}
		for k, got := range []Attribute{c.Text, c.EOL, c.CRLF, c.Ident, c.Filter, c.WorkingTreeEncoding} {
			f := fields[3*(i*len(converting)+k):]
			if f[0] != path || f[1] != converting[k] {
				r.t.Fatalf("git answered about %q %q, not %q %q", f[0], f[1], path, converting[k])
			}
			if got.String() != f[2] {
				r.t.Errorf("%q: %s is %q, git says %q", path, converting[k], got, f[2])
			}
			if f[2] != "unspecified" {
				specified++
			}
		}
	}
	return specified
}

func (r random) attributesFile() string {
	var b strings.Builder
	if r.IntN(8) == 0 {
		b.WriteString("\ufeff")
	}
	states := []string{
		"text", "-text", "!text", "text=auto", "text=input", "eol=lf", "eol=crlf", "crlf", "-crlf", "crlf=input", "ident", "-ident", "filter=lfs",
		"filter", "!filter", "working-tree-encoding=UTF-16", "binary", "-binary", "m1", "m2", "-m2", "m3=x", "diff", "bad$name", "-", "=x", "text=",
		"-text=x", "!eol=y", "eol=a=b", "-!text",
	}
	for n := 1 + r.IntN(8); n > 0; n-- {
		switch r.IntN(8) {
		case 0:
			b.WriteString("[attr]" + pick(r, []string{"m1", "m2", "m3", " m1", "binary", "-x", "filter", ""}))
		case 1:
			b.WriteString(`"` + pick(r, []string{"x y", `a\tb`, `\303\251`, `n\nl`, "open", `\777`, `\9`, "[attr]m1", "[attr] m2"}) + pick(r, []string{`"`, `"`, ""}))
		case 2:
			b.WriteString("  #" + r.pattern())
		case 3:
			b.WriteString(pick(r, []string{"*", "*", "**", "/*", "a*"}))
		default:
			b.WriteString(r.pattern())
		}
		for k := r.IntN(4); k > 0; k-- {
			b.WriteString(pick(r, []string{" ", " ", "\t", "  ", ""}) + pick(r, states))
		}
		if r.IntN(20) == 0 {
			b.WriteString(" text" + strings.Repeat(" ", 2000+100*r.IntN(2)))
		}
		b.WriteString(pick(r, []string{"\n", "\n", "\n", "\r\n", " \n", "\n\n"}))
	}
	return b.String()
}

func TestAttributesAgreeWithGitOnRandomTrees(t *testing.T) {
	s := seed(t)
	cases, specified := 0, 0
	for i := range rounds(t, 15) {
		r := random{rand.New(rand.NewPCG(s, uint64(i)))}
		repo := newRepo(t)
		paths := r.fill(repo, ".gitignore") // the rule files do not matter here; the tree supplies names for the patterns
		for _, p := range append([]string{""}, paths...) {
			if p != "" && !repo.isDir(p) || p != "" && r.IntN(2) == 0 {
				continue
			}
			name := strings.TrimPrefix(p+"/.gitattributes", "/")
			repo.write(name, undisputed(repo.t, r.attributesFile))
			if r.IntN(6) == 0 {
				blob := strings.TrimSpace(string(repo.git(nil, "hash-object", "-w", "--no-filters", "--", name)))
				repo.git([]byte("100644 "+blob+"\t"+name+"\x00"), "update-index", "-z", "--index-info")
				if err := os.Remove(filepath.Join(repo.root, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if r.IntN(2) == 0 {
			repo.write(".git/info/attributes", undisputed(repo.t, r.attributesFile))
		}
		if r.IntN(2) == 0 {
			write(t, repo.home, "excludes", undisputed(repo.t, r.attributesFile))
		}
		specified += repo.compareAttributes(paths, r.IntN(3) == 0)
		cases += len(paths) * len(converting)
		if t.Failed() {
			t.Fatalf("round %d", i)
		}
	}
	t.Logf("%d attributes compared, %d of them specified", cases, specified)
	if specified < cases/100 { // usually about 5 % are specified, depending on the seed
		t.Error("the random attributes hardly meet the random paths: this test proves little")
	}
}
