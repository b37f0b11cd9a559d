package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// realTools are tools that leave files behind: how an agent runs them, what they need, and one path that they leave. The list of artifacts in the
// seed is compared with them (seed, "Artifact Cleanup").
var realTools = []struct {
	name  string
	needs []string // programs
	npm   string   // a package that is installed for it; "" for none
	run   string
	left  []string
}{
	{
		name: "pytest with coverage", needs: []string{"pytest-3"},
		run:  "pytest-3 -q -p no:randomly --cov=. --cov-report=html --cov-report=xml --junitxml=junit.xml tests >/dev/null",
		left: []string{".pytest_cache", ".coverage", "htmlcov", "coverage.xml", "junit.xml", "tests/__pycache__"},
	},
	{
		name: "coverage.py", needs: []string{"python3-coverage"},
		run:  "python3-coverage run app.py && python3-coverage html -q && python3-coverage xml -q",
		left: []string{".coverage", "htmlcov", "coverage.xml"},
	},
	{
		name: "unittest", needs: []string{"python3"},
		run:  "python3 -m unittest -q tests/test_app.py 2>/dev/null",
		left: []string{"__pycache__"},
	},
	{
		name: "c8", needs: []string{"node", "npm"}, npm: "c8@10.1.3",
		run:  "$NPM/c8 --reporter=html --reporter=lcov --reporter=json node --test app.test.js >/dev/null",
		left: []string{"coverage"},
	},
	{
		name: "nyc", needs: []string{"node", "npm"}, npm: "nyc@17.1.0",
		run:  "$NPM/nyc --reporter=html --reporter=lcov --reporter=clover --reporter=json node app.test.js >/dev/null",
		left: []string{"coverage", ".nyc_output"},
	},
}

// toolCache is where npm's packages are kept between runs.
const toolCache = "../../.cache"

// needTool skips the test if a program is missing, unless a skip is forbidden.
func needTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("STOPGATE_NO_SKIP") == "1" {
		t.Fatalf("%s is not installed, and STOPGATE_NO_SKIP=1", name)
	}
	t.Skipf("%s is not installed", name)
}

// npmBin installs a package and returns the folder of its programs. Where npm cannot be reached the test is skipped, or fails.
func npmBin(t *testing.T, pkg string) string {
	t.Helper()
	cache, err := filepath.Abs(filepath.Join(toolCache, "npm-"+strings.ReplaceAll(pkg, "@", "-")))
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(cache, "node_modules", ".bin")
	name, _, _ := strings.Cut(pkg, "@")
	if _, err := os.Stat(filepath.Join(bin, name)); err == nil {
		return bin
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	npm := exec.Command("npm", "install", "--prefix", cache, "--no-audit", "--no-fund", "--loglevel", "error", pkg)
	npm.Dir = cache // a project around it must not take part
	if out, err := npm.CombinedOutput(); err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatalf("npm install %s: %v\n%s", pkg, err, out)
		}
		t.Skipf("npm install %s: %v", pkg, err)
	}
	return bin
}

// TestRealToolsLeaveNothing: an agent that runs its tests and lists its sources is verified, everything that the tool made is gone,
// ignored by git or not, and a source that stands among it is neither removed nor hidden.
func TestRealToolsLeaveNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the tools take their time")
	}
	for _, tool := range realTools {
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			for _, program := range tool.needs {
				needTool(t, program)
			}
			run := "unset PYTHONDONTWRITEBYTECODE; " + tool.run
			if tool.npm != "" {
				run = strings.ReplaceAll(run, "$NPM", npmBin(t, tool.npm))
			}
			for _, ignored := range []bool{true, false} {
				w := newAgentWorld(t)
				exclude := "node_modules/\n" // as every project of npm has it
				if ignored {
					exclude += strings.Join(tool.left, "\n") + "\n__pycache__\n"
				}
				w.write(".git/info/exclude", exclude)
				w.begin()
				sources := map[string]string{
					"app.py": "def add(a, b):\n    return a + b\n\n\nprint(add(1, 2))\n",
					"tests/test_app.py": "import os, sys, unittest\nsys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))\nfrom app import add\n\n\n" +
						"class Adding(unittest.TestCase):\n    def test_add(self):\n        assert add(1, 2) == 3\n",
					"app.js":       "exports.add = (a, b) => a + b\n",
					"app.test.js":  "const { add } = require('./app.js')\nif (add(1, 2) !== 3) throw new Error('wrong')\n",
					"package.json": "{}\n",
				}
				var files []string
				for name, text := range sources {
					w.write(ownTree+"/"+name, text)
					files = append(files, name)
				}
				w.run(run)
				for _, name := range tool.left {
					if _, err := os.Lstat(filepath.Join(w.repo, ownTree, name)); err != nil {
						t.Fatalf("the tool left no %s", name)
					}
				}
				record, answer := w.stop(files...)
				if record.Get("data.verdict").String() != "verified" || answer != "" {
					t.Fatalf("ignored %t: %s, answered %s", ignored, record.Get("data.findings"), answer)
				}
				for _, name := range tool.left {
					if _, err := os.Lstat(filepath.Join(w.repo, ownTree, name)); err == nil {
						t.Errorf("ignored %t: %s is still there: %s", ignored, name, record.Get("data.cleanup"))
					}
				}
				for _, name := range files {
					if _, err := os.Lstat(filepath.Join(w.repo, ownTree, name)); err != nil {
						t.Errorf("ignored %t: %v", ignored, err)
					}
				}
			}
			t.Run("with a source among it", func(t *testing.T) {
				t.Parallel()
				w := newAgentWorld(t)
				w.write(".git/info/exclude", "node_modules/\n")
				w.begin()
				w.write(ownTree+"/app.py", "print(1)\n")
				w.write(ownTree+"/tests/test_app.py", "import unittest\n\n\nclass Nothing(unittest.TestCase):\n    def test_nothing(self):\n        pass\n")
				w.write(ownTree+"/app.js", "exports.add = (a, b) => a + b\n")
				w.write(ownTree+"/app.test.js", "require('./app.js')\n")
				w.write(ownTree+"/package.json", "{}\n")
				w.run(run)
				var hidden []string
				for _, name := range tool.left {
					if info, err := os.Lstat(filepath.Join(w.repo, ownTree, name)); err == nil && info.IsDir() {
						hidden = append(hidden, name+"/calc.go")
						w.sh("printf 'package calc\\n' > '" + name + "/calc.go'")
					}
				}
				record, answer := w.stop("app.py", "tests/test_app.py", "app.js", "app.test.js", "package.json")
				for _, name := range hidden {
					if _, err := os.Lstat(filepath.Join(w.repo, ownTree, name)); err != nil {
						t.Errorf("%v; %s", err, record.Get("data.cleanup"))
					}
					// Some tools have git ignore their whole folder, by a file that they put into it.
					ignored := exec.Command("git", "check-ignore", "-q", name)
					ignored.Dir, ignored.Env = filepath.Join(w.repo, ownTree), w.environ
					if dir, _, _ := strings.Cut(name, "/calc.go"); ignored.Run() != nil && !strings.Contains(answer, dir) {
						t.Errorf("%s is not told of: %s", name, answer)
					}
				}
			})
		})
	}
}
