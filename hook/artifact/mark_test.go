package artifact

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/artifact/trash"
)

// left returns what tools really made, by tool and path: testdata/left.json holds the beginning of each file. c8 10, nyc 17, Jest 30, Vitest 4 and 5,
// ESLint 9, TypeScript 7, pytest 7.2 with coverage.py 6.5, Cargo 1.9x, mypy 1.0, SimpleCov 0.22, RuboCop 1.39, PHPUnit 9.6, Stylelint 17, genhtml
// of LCOV 1.16, tox 3.28 and the test runner of Node 20 made them. What Ruff and PHP CS Fixer leave is written after their sources, which the keys
// name: neither tool could be had.
func left(t testing.TB) map[string]map[string][]byte {
	t.Helper()
	text, err := os.ReadFile("testdata/left.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]map[string]string
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string][]byte{}
	for tool, files := range recorded {
		all[tool] = map[string][]byte{}
		for name, content := range files {
			all[tool][name] = []byte(content)
			if raw, ok := strings.CutPrefix(content, "base64:"); ok {
				if all[tool][name], err = base64.StdEncoding.DecodeString(raw); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return all
}

// unignored returns the candidates of the world as the walk of a worktree without ignore rules reports them.
func (w *world) unignored() []Seen {
	seen := w.look(true)
	for i := range seen {
		seen[i].Ignored = false
	}
	return seen
}

// examined returns the candidates with their marks.
func (w *world) examined() []Seen {
	w.t.Helper()
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	return Examine(context.Background(), root, Rules{}, w.unignored())
}

// sweepUnignored removes what no git ignores, with a trash in folder.
func (w *world) sweepUnignored(folder string) Result {
	w.t.Helper()
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	into := &trash.Folder{Path: folder, ID: "step", Worktree: w.tree, Now: time.Now()}
	plan := MakePlan(Examine(context.Background(), root, Rules{}, w.unignored()), Protected{})
	before := w.snapshot()
	result := Sweep(context.Background(), root, plan, Options{Tracked: w.trackedNow, Trash: into})
	w.same(before, result)
	return result
}

// TestWhatToolsMadeIsGone: each artifact that a tool really made is known for one without git's help, and goes.
func TestWhatToolsMadeIsGone(t *testing.T) {
	for tool, files := range left(t) {
		t.Run(tool, func(t *testing.T) {
			w := newWorld(t)
			w.write("Cargo.toml", "")
			for name, content := range files {
				w.write(name, string(content))
			}
			for _, s := range w.examined() {
				if !s.Marked {
					t.Errorf("%s of %s is not known", s.Path, tool)
				}
			}
			result := w.sweepUnignored(t.TempDir())
			if len(result.Failed)+len(result.Kept) > 0 {
				t.Errorf("kept %+v, failed %+v", result.Kept, result.Failed)
			}
			for name := range files {
				if _, err := os.Lstat(w.path(name)); err == nil {
					t.Errorf("%s of %s is still there", name, tool)
				}
			}
		})
	}
}

// TestOneSourceFileKeepsAnArtifact: an artifact with one foreign file beside the tool's files stays completely.
func TestOneSourceFileKeepsAnArtifact(t *testing.T) {
	sources := map[string]string{
		"calc.js": "export const add = (a, b) => a + b\n", "calc.py": "def add(a, b):\n    return a + b\n", "main.rs": "fn main() {}\n",
		"sorter.js": "export const sort = 1\n", "index.test.ts": "test('x', () => {})\n", "notes.md": "# notes\n", "data.json": `{"a": 1}`,
		"page.html": "<title>Home</title>", "sub/calc.go": "package calc\n", "logo.svg.js": "x", "conf.yml": "a: 1\n",
	}
	for tool, files := range left(t) {
		w := newWorld(t)
		var dirs []string
		for name, content := range sources {
			under := "with " + path.Base(name) + "/"
			w.write(under+"Cargo.toml", "")
			for file, made := range files {
				w.write(under+file, string(made))
			}
			for _, s := range w.unignored() {
				if s.Dir && strings.HasPrefix(s.Path, under) && !strings.Contains(s.Path, ".tox") {
					dirs = append(dirs, s.Path)
					w.write(path.Join(s.Path, name), content)
				}
			}
		}
		for _, s := range w.examined() {
			if slices.Contains(dirs, s.Path) && s.Marked {
				t.Errorf("%q of %s is taken for an artifact", s.Path, tool)
			}
		}
		for _, r := range w.sweepUnignored(t.TempDir()).Removed {
			if slices.Contains(dirs, r.Path) {
				t.Errorf("%q of %s is gone", r.Path, tool)
			}
		}
	}
}

// TestOneFileOfTheSameKind: a file that somebody wrote keeps an artifact even if its name is like that of a neighbour from the tool.
func TestOneFileOfTheSameKind(t *testing.T) {
	made := left(t)
	for tool, files := range made {
		for file := range files {
			ext := path.Ext(file)
			top, _, inside := strings.Cut(file, "/")
			if strings.HasPrefix(file, "target/") || strings.HasPrefix(file, "pkg/") {
				top = strings.Join(strings.SplitN(file, "/", 3)[:2], "/")
			}
			switch {
			case !inside, top == "target/CACHEDIR.TAG", top == "target/.rustc_info.json",
				strings.Contains(file, ".fingerprint/"), strings.HasPrefix(file, ".tox/py/"): // whole folders are the tool's there
				continue
			}
			w := newWorld(t)
			w.write("Cargo.toml", "")
			for name, content := range files {
				w.write(name, string(content))
			}
			own := path.Join(path.Dir(file), "theme"+ext)
			w.write(own, "body: a page, a style or a module that a person wrote\n")
			for _, r := range w.sweepUnignored(t.TempDir()).Removed {
				if r.Path == top {
					t.Errorf("%s: %s is gone with %s", tool, own, r.Path)
				}
			}
		}
	}
	for file, content := range map[string]string{
		"target/debug/lib.d": "import std.stdio; // D: a source\n", "target/debug/incremental/a-b/mine.rs": "fn main() {}\n", ".pytest_cache/v/notes.md": "# notes\n",
		".tox/log/mine.py": "print(1)\n", ".tox/.tmp/mine.py": "print(1)\n", "coverage/guide.html": "<title>Code coverage report for us</title> and prettify.css",
		"coverage/assets/1/theme.css": "body {}\n", "coverage/_css/theme.css": "body {}\n", "coverage/_js/own.min.js": "x", "coverage/logo.png": "\x89PNG",
		"__pycache__/a.pyc.1": "notes", "htmlcov/keybd_own.png": "\x89PNG",
	} {
		w := newWorld(t)
		w.write("Cargo.toml", "")
		for _, tool := range []string{"cargo", "pytest", "tox", "simplecov"} {
			for name, made := range made[tool] {
				w.write(name, string(made))
			}
		}
		w.write(file, content)
		w.sweepUnignored(t.TempDir())
		if _, err := os.Lstat(filepath.Join(w.tree, file)); err != nil {
			t.Errorf("%s is gone", file)
		}
	}
}

// TestNamesAlone: a path that has only the name of an artifact is none.
func TestNamesAlone(t *testing.T) {
	junit := `<testsuites><testsuite name="a" tests="1"><testcase name="b"/></testsuite></testsuites>`
	tracefile := "TN:\nSF:a.js\nDA:1,1\nend_of_record\n"
	jest := `{"numFailedTestSuites":0,"numTotalTests":1}`
	for name, test := range map[string]struct {
		files map[string]string
		is    bool
	}{
		"source in coverage":            {map[string]string{"src/coverage/calc.js": "export {}"}, false},
		"source in .nyc_output":         {map[string]string{".nyc_output/a.js": "x"}, false},
		"settings in .nyc_output":       {map[string]string{".nyc_output/a.json": `{"a":1}`}, false},
		"source in htmlcov":             {map[string]string{"htmlcov/index.html": "<title>Home</title>"}, false},
		"Python in __pycache__":         {map[string]string{"__pycache__/a.py": "x = 1"}, false},
		"text called pyc":               {map[string]string{"__pycache__/a.pyc": "x = 1"}, false},
		"source in target/debug":        {map[string]string{"Cargo.toml": "", "target/debug/main.rs": "fn main() {}"}, false},
		"source in .tox":                {map[string]string{".tox/conf.py": "x = 1"}, false},
		"source in .mypy_cache":         {map[string]string{".mypy_cache/a.py": "x = 1"}, false},
		"source in .vitest":             {map[string]string{".vitest/a.ts": "x"}, false},
		"a settings file .coverage":     {map[string]string{".coverage": "[run]\n"}, false},
		"another database .coverage":    {map[string]string{".coverage": "SQLite format 3\x00" + strings.Repeat("x", 4096)}, false},
		"junit at the top":              {map[string]string{"junit.xml": junit}, true},
		"junit beside package.json":     {map[string]string{"web/package.json": "{}", "web/junit.xml": junit}, true},
		"junit in some folder":          {map[string]string{"src/parser/junit.xml": junit}, false},
		"junit among fixtures":          {map[string]string{"tests/fixtures/junit.xml": junit}, false},
		"junit in a fixture's package":  {map[string]string{"testdata/p/package.json": "{}", "testdata/p/junit.xml": junit}, false},
		"junit in tests with a package": {map[string]string{"tests/p/setup.py": "", "tests/p/junit.xml": junit}, false},
		"junit without results":         {map[string]string{"junit.xml": "<testsuites/>"}, false},
		"junit that is none":            {map[string]string{"junit.xml": `<project name="junit"><target/></project>`}, false},
		"lcov at the top":               {map[string]string{"lcov.info": tracefile}, true},
		"lcov among fixtures":           {map[string]string{"test/fixtures/lcov.info": tracefile}, false},
		"lcov that is none":             {map[string]string{"lcov.info": "see lcov(1)\n"}, false},
		"results at the top":            {map[string]string{"test-results.json": jest}, true},
		"results of a mock":             {map[string]string{"test-results.json": `{"results": []}`}, false},
		"results among fixtures":        {map[string]string{"pkg/__fixtures__/test-results.json": jest}, false},
		"a report in coverage":          {map[string]string{"coverage/lcov.info": tracefile}, true},
		"a report among fixtures":       {map[string]string{"fixtures/coverage/lcov.info": tracefile}, false},
		"TypeScript settings":           {map[string]string{"a.tsbuildinfo": "{}"}, false},
		"a list called .eslintcache":    {map[string]string{".eslintcache": `["a","b"]`}, false},
		"a story called coverage.out":   {map[string]string{"coverage.out": "mode: of life\n"}, false},
		"a Go profile among fixtures":   {map[string]string{"testdata/coverage.out": "mode: set\na.go:1.1,2.2 1 1\n"}, false},
		"results of a program":          {map[string]string{"run.out": "energy -1.5\n"}, false},
		"a trace of something else":     {map[string]string{"trace.out": "go 1. then go 2. and trace\n"}, false},
		"a program of C called out":     {map[string]string{"a.out": "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 64)}, false},
		"notes on coverage":             {map[string]string{"coverage.txt": "mode: set theory\n"}, false},
		"a page on coverage":            {map[string]string{"coverage.html": "<html><title>Coverage</title></html>"}, false},
		"a profile among fixtures":      {map[string]string{"testdata/c.out": "mode: set\na.go:1.1,2.2 1 1\n"}, false},
		"a script with a test's name":   {map[string]string{"smoke.test": "#!/bin/sh\nexit 0\n"}, false},
		"a program of C called test":    {map[string]string{"c.test": "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 64)}, false},
		"a text called prof":            {map[string]string{"teacher.prof": "name: Ada\n"}, false},
		"an archive called prof":        {map[string]string{"data.prof": "\x1f\x8b\x08\x08named"}, false},
		"a list called .o":              {map[string]string{"list.o": "a b c d e f g h i j k l m\n"}, false},
		"a program called .o":           {map[string]string{"p.o": "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\x3e\x00" + strings.Repeat("\x00", 64)}, false},
		"an object file of COFF":        {map[string]string{"w.o": "\x64\x86\x01\x00" + strings.Repeat("\x00", 64)}, true},
		"notes of gcov that are none":   {map[string]string{"a.gcno": "see gcov(1)\n"}, false},
		"a tag beside no crate":         {map[string]string{"sub/target/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55"}, false},
		"an empty list":                 {map[string]string{".eslintcache": `[{}]`}, true},
	} {
		w := newWorld(t)
		for file, content := range test.files {
			w.write(file, content)
		}
		seen := w.examined()
		if len(seen) != 1 || seen[0].Marked != test.is {
			t.Errorf("%s: %+v, want one that is marked: %v", name, seen, test.is)
		}
		if got := len(w.sweepUnignored(t.TempDir()).Removed) == 1; got != test.is {
			t.Errorf("%s: removed %v, want %v", name, got, test.is)
		}
	}
}

// TestWorkOfSuchNames: people's files below such names all stay.
func TestWorkOfSuchNames(t *testing.T) {
	tracefile := "TN:\nSF:a.js\nDA:1,1\nend_of_record\n"
	made := left(t)
	for name, files := range map[string]map[string]string{
		"a Go package":                   {"internal/coverage/coverage.go": "package coverage", "internal/coverage/lcov.info": tracefile},
		"a Go package at the top":        {"coverage/coverage.go": "package coverage", "go.mod": "module m"},
		"a Java package":                 {"src/main/java/org/acme/coverage/Clover.java": "class Clover {}", "src/main/java/org/acme/coverage/clover.xml": `<coverage generated="1"/>`},
		"a PHP namespace":                {"src/coverage/Report.php": "<?php class Report {}"},
		"a Ruby library":                 {"lib/coverage/report.rb": "class Report; end", "lib/coverage/.last_run.json": `{"result":{"line":1}}`},
		"an Elixir module":               {"lib/coverage/report.ex": "defmodule Report do end"},
		"a C# folder":                    {"src/coverage/Report.cs": "class Report {}"},
		"a Kotlin folder":                {"app/coverage/Report.kt": "class Report"},
		"a Swift folder":                 {"Sources/coverage/Report.swift": "struct Report {}"},
		"a page of an application":       {"app/coverage/page.tsx": "export default () => null"},
		"a page about insurance":         {"coverage/index.html": "<title>Code coverage for our houses</title>"},
		"a dashboard":                    {"coverage/index.html": "<title>Dashboard for Acme</title>"},
		"a page on simplecov":            {"coverage/index.html": "<p>We use simplecov.</p>"},
		"a page on LCOV":                 {"coverage/index.html": "<h1>LCOV - a guide</h1>"},
		"a template of a reporter":       {"coverage/index.html": "<title>Code coverage report for {{name}}</title>"},
		"a site called htmlcov":          {"htmlcov/index.html": "<title>Coverage of our service</title>"},
		"a page on coverage.py":          {"htmlcov/index.html": "<p>Made with coverage.py</p>"},
		"policies in XML":                {"coverage.xml": `<coverage version="2"><deductible/></coverage>`},
		"policies in clover.xml":         {"coverage/clover.xml": `<coverage version="2"><deductible/></coverage>`},
		"a Rust module":                  {"Cargo.toml": "", "target/debug/mod.rs": "pub mod a;", "target/debug/.cargo-lock": ""},
		"a Rust crate called debug":      {"Cargo.toml": "", "target/debug/Cargo.toml": "[package]", "target/debug/src/lib.rs": "pub fn a() {}"},
		"debugger targets":               {"Cargo.toml": "", "target/debug/launch.json": "{}"},
		"Python beside bytecode":         {"__pycache__/a.cpython-311.pyc": "\x61\x0d\r\n", "__pycache__/a.pyc.py": "x = 1"},
		"a script called .pyc":           {"__pycache__/tool.pyc": "#!/bin/sh\n"},
		"a pytest plugin":                {".pytest_cache/v/plugin.py": "def pytest_configure(): pass", ".pytest_cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55"},
		"notes in Ruff's cache":          {".ruff_cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55", ".ruff_cache/0.5.0/notes1.2": "mine"},
		"text named like Ruff's data":    {".ruff_cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55", ".ruff_cache/0.5.0/123": "mine"},
		"settings for tox":               {".tox/tox.json": `{"a": 1}`},
		"a file called .coverage":        {".coverage": "threshold = 80\n"},
		"a database called .coverage.db": {".coverage.db": "SQLite format 3\x00" + strings.Repeat("x", 200)},
		"a test for a reporter":          {"test/junit.xml": `<testsuites><testsuite tests="1"/></testsuites>`},
		"an Ant build":                   {"junit.xml": `<project name="tests"><target name="junit"/></project>`},
		"results that a page shows":      {"test-results.json": `{"results":[{"name":"a"}]}`},
		"a list called .stylelintcache":  {".stylelintcache": `["a.css"]`},
		"a rule set for PHP CS Fixer":    {".php-cs-fixer.cache": `{"rules":{"@PSR12":true}}`},
		"what a PHPUnit cache is not":    {".phpunit.cache/Cache.php": "<?php class Cache {}", ".phpunit.cache/test-results": `{"version":1,"defects":[]}`},
		"a RuboCop extension":            {".rubocop-cache/cop.rb": "module Cop; end"},
		"attachments that are data":      {".vitest-attachments/a.json": "{}", ".vitest/settings.ts": "x"},
		"TypeScript settings":            {"app.tsbuildinfo": `{"compilerOptions":{}}`},
		"a text called profraw":          {"default_1.profraw": "notes"},
		"a mypy plugin":                  {".mypy_cache/3.11/plugin.py": "x = 1", ".mypy_cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55"},
		"nyc's settings":                 {".nyc_output/settings.json": `{"all": true}`},
		"a style sheet in LCOV's report": {"coverage/index.html": string(made["genhtml"]["coverage/index.html"]), "coverage/theme.css": "a{}"},
		"a module in nyc's report":       {"coverage/lcov-report/index.html": string(made["nyc"]["coverage/lcov-report/index.html"]), "coverage/lcov-report/theme.js": "x"},
	} {
		w := newWorld(t)
		for file, content := range files {
			w.write(file, content)
		}
		if gone := w.sweepUnignored(t.TempDir()).Removed; len(gone) > 0 {
			t.Errorf("%s: %+v is gone", name, gone)
		}
	}
}

// TestIgnoredByItself: a .gitignore that the tool left in its own directory does not make foreign files there the tool's.
func TestIgnoredByItself(t *testing.T) {
	for source, want := range map[string]bool{"": true, "calc.js": false, "lib/calc.js": false} {
		w := newWorld(t)
		for name, content := range left(t)["pytest"] {
			if strings.HasPrefix(name, "htmlcov/") {
				w.write(name, string(content))
			}
		}
		if source != "" {
			w.write("htmlcov/"+source, "x")
		}
		if got := len(w.sweep().Removed) == 1; got != want {
			t.Errorf("with %q in htmlcov it is removed: %v, want %v", source, got, want)
		}
	}
	for _, name := range []string{"coverage/lib/.gitignore", "src/coverage/.gitignore", ".vitest/a/.gitignore"} {
		w := newWorld(t)
		w.write(name, "*\n")
		w.write(path.Join(path.Dir(name), "calc.js"), "x")
		if removed := w.sweep().Removed; len(removed) > 0 {
			t.Errorf("with %s, which ignores what stands beside it, %v is removed", name, removed)
		}
	}
}

// TestIgnoredWithoutMark: files that git ignores and that no known tool writes may be somebody's work. They can be restored, or stay if they are
// too large for that.
func TestIgnoredWithoutMark(t *testing.T) {
	const trashed, deleted, stays = "trashed", "deleted", "stays"
	report := string(left(t)["c8"]["coverage/coverage-final.json"])
	page := string(left(t)["nyc"]["coverage/lcov-report/index.html"])
	large := strings.Repeat("x", maxStrange+1)
	many := func(dir, content string, n int) map[string]string {
		files := map[string]string{"coverage/coverage-final.json": report}
		for i := range n {
			files[fmt.Sprintf("coverage/%s%d.html", dir, i)] = content
		}
		return files
	}
	with := func(files map[string]string, name, content string) map[string]string {
		files = maps.Clone(files)
		files[name] = content
		return files
	}
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a source":                      {map[string]string{"src/coverage/calc.js": "add()"}, trashed},
		"a source beside reports":       {map[string]string{"coverage/coverage-final.json": report, "coverage/calc.js": "add()"}, trashed},
		"without a known mark":          {map[string]string{".vitest/a/b.txt": "x"}, trashed},
		"reports":                       {map[string]string{"coverage/coverage-final.json": report}, deleted},
		"reports kept as samples":       {map[string]string{"test/fixtures/coverage/coverage-final.json": report}, trashed},
		"a cache among samples":         {map[string]string{"test/fixtures/__pycache__/a.pyc": "\xa7\r\r\n"}, deleted},
		"a large file":                  {map[string]string{"coverage/calc.js": large}, stays},
		"a large file alone":            {map[string]string{"sql/select.test": large}, stays},
		"a file":                        {map[string]string{"sql/lcov.info": "SELECT 1"}, trashed},
		"a file that may be wanted":     {map[string]string{"sql/select.test": "SELECT 1"}, stays},
		"JUnit's by another name":       {map[string]string{"report.xml": `<testsuite tests="1"/>`}, stays},
		"a profile":                     {map[string]string{"cpu.prof": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"}, stays},
		"many files":                    {many("", "text", maxStrangeEntries), stays},
		"many reports":                  {many("lcov-report/", page, maxStrangeEntries+10), deleted},
		"a source beside many reports":  {with(many("lcov-report/", page, maxStrangeEntries+10), "coverage/zz.js", "add()"), stays},
		"a page beside many reports":    {with(many("lcov-report/", page, maxStrangeEntries+10), "last page", "<h1>Ours</h1>"), stays},
		"large reports":                 {with(many("", page, 1), "coverage/lcov-report/big.html", page+large), deleted},
		"a source beside large reports": {with(many("", page, 1), "coverage/big.html", "<p>"+large), stays},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, apart := range []bool{false, true} {
				w := newWorld(t)
				for file, content := range tt.files {
					if file != "last page" {
						w.write(file, content)
					}
				}
				if content := tt.files["last page"]; content != "" { // the disk decides which page is looked at last
					pages, err := os.Open(filepath.Join(w.tree, "coverage/lcov-report"))
					w.do(err)
					names, err := pages.Readdirnames(-1)
					w.do(err)
					w.do(pages.Close())
					w.write("coverage/lcov-report/"+names[len(names)-1], content)
				}
				before := w.snapshot()
				seen := w.look(true)
				for i := range seen {
					seen[i].Ignored = true
				}
				root, err := os.OpenRoot(w.tree)
				w.do(err)
				defer root.Close()
				folder := t.TempDir()
				into := &trash.Folder{Path: folder, ID: "step", Worktree: w.tree, Now: time.Now()}
				plan := MakePlan(seen, Protected{})
				for _, dry := range []bool{true, false} {
					result := Sweep(t.Context(), root, plan, Options{Trash: into, DryRun: dry, apart: apart})
					did := stays
					if len(result.Removed) == 1 {
						did = map[bool]string{true: deleted, false: trashed}[result.Removed[0].Ignored]
					}
					if did != tt.want || len(result.Failed) > 0 || len(result.Kept) == 1 != (tt.want == stays) {
						t.Fatalf("%s, want %s; dry run %v: %+v", did, tt.want, dry, result)
					}
					if dry || did == stays {
						w.same(before, Result{})
					}
				}
				held, err := trash.List(folder)
				if err != nil || len(held) == 1 != (tt.want == trashed) {
					t.Fatalf("the trash holds %+v (%v)", held, err)
				}
				if tt.want != trashed {
					continue
				}
				if _, err := trash.Restore(folder, held[0], "", root); err != nil {
					t.Fatal(err)
				}
				for file, content := range tt.files {
					if got, err := root.ReadFile(file); err != nil || string(got) != content {
						t.Errorf("%s is back as %q (%v)", file, got, err)
					}
				}
			}
		})
	}
}

// TestNoSourceIsEverLost: in random trees of sources below the names of artifacts not a byte is lost, whatever lies beside them.
func TestNoSourceIsEverLost(t *testing.T) {
	seed := number(t, "STOPGATE_FUZZ_SEED", uint64(time.Now().UnixNano()))
	cases := number(t, "STOPGATE_FUZZ_CASES", 60)
	made := left(t)
	tools := slices.Sorted(maps.Keys(made))
	var files, sources, gone int
	for i := range cases {
		r := rand.New(rand.NewPCG(seed, i))
		w := newWorld(t)
		w.write("Cargo.toml", "")
		if r.IntN(2) == 0 { // beside the tool's files
			for name, content := range made[tools[r.IntN(len(tools))]] {
				w.write(name, string(content))
				files++
			}
		}
		names := []string{"calc.js", "sorter.js", "index.html", "junit.xml", "lcov.info", "a.json", "a.pyc", "mod.rs", "a.d", "conftest.py", ".coverage", "README.md", "style.css", "x"}
		dirs := []string{"coverage", "htmlcov", ".nyc_output", "__pycache__", "target/debug", ".tox", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".rubocop-cache", "lcov-report", "src", "deps", "v", "log", "unit"}
		before := map[string]string{}
		for j := range 1 + r.IntN(12) {
			name := names[r.IntN(len(names))]
			for range r.IntN(4) {
				name = path.Join(dirs[r.IntN(len(dirs))], name)
			}
			if _, err := os.Lstat(w.path(name)); err == nil {
				continue
			}
			if os.MkdirAll(filepath.Dir(w.path(name)), 0o755) != nil {
				continue // below a file
			}
			content := strings.Repeat("export const somebody = 'wrote this'\nimport x\n", 1+j)
			if os.WriteFile(w.path(name), []byte(content), 0o644) == nil {
				before[name] = content
				sources++
			}
		}
		trash := t.TempDir()
		result := w.sweepUnignored(trash)
		gone += len(result.Removed)
		for name, content := range before {
			if now, err := os.ReadFile(w.path(name)); err != nil || string(now) != content {
				// Files in a tool's place for logs go to the trash.
				if !inTrash(t, trash, content) {
					t.Errorf("%q is lost: %v", name, err)
				} else if strings.HasSuffix(name, ".js") && !strings.Contains(name, "/log/") {
					t.Errorf("%q was taken for a tool's", name)
				}
			}
		}
		if t.Failed() {
			t.Fatalf("case %d of STOPGATE_FUZZ_SEED=%d: %+v", i, seed, result)
		}
	}
	t.Logf("%d trees from STOPGATE_FUZZ_SEED=%d: %d sources beside %d files of tools, %d artifacts removed", cases, seed, sources, files, gone)
}

func inTrash(t *testing.T, folder, content string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(folder, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			text, err := os.ReadFile(p)
			found = found || string(text) == content
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
