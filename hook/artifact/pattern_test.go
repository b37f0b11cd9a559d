package artifact

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// example returns a path that falls under p, at the given depth.
func example(p Pattern, under string) string {
	return under + strings.ReplaceAll(p.Name, "*", "host.88335.x")
}

func TestPatternsAreSound(t *testing.T) {
	var names []string
	for p := range Patterns() {
		names = append(names, p.String())
		if p.Tool == "" {
			t.Errorf("%s: no tool", p)
		}
		if u, err := url.Parse(p.Source); p.Source != Contract && (err != nil || u.Scheme != "https" || u.Host == "") {
			t.Errorf("%s: source %q is neither the contract nor an address", p, p.Source)
		}
		if strings.Count(p.Name, "*") > 1 || strings.Contains(p.Name, "/") != (p.Beside != "") {
			t.Errorf("%s: a form that nothing understands", p)
		}
		for _, under := range []string{"", "a/", "a/b c/\n/"} {
			got, no := (Rules{}).recognise(example(p, under), p.Dir)
			if no != "" || got.String() != p.String() && !strings.HasSuffix(got.Name, "tsbuildinfo") {
				t.Errorf("%q is %s (%s), want %s", example(p, under), got, no, p)
			}
			if _, no := (Rules{}).recognise(example(p, under), !p.Dir); no != ReasonNotArtifact {
				t.Errorf("%q of the other kind: %q", example(p, under), no)
			}
		}
	}
	if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) || len(names) < 16 {
		t.Errorf("%d patterns, some twice: %q", len(names), names)
	}
}

// The list in the coding agents' instructions, entry by entry.
func TestContractIsCovered(t *testing.T) {
	for _, want := range []string{
		"coverage/", ".nyc_output/", "htmlcov/", ".coverage", "lcov.info", ".pytest_cache/", "__pycache__/", ".tox/", "test-results.json",
		"junit.xml", ".eslintcache", ".ruff_cache/", ".php-cs-fixer.cache", ".rubocop-cache/", ".tsbuildinfo", "target/debug/",
	} {
		if !slices.ContainsFunc(slices.Collect(Patterns()), func(p Pattern) bool { return p.String() == want && p.Source == Contract }) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestCandidate(t *testing.T) {
	for _, test := range []struct {
		name string
		dir  bool
		want bool
	}{
		{"coverage", true, true},
		{"coverage", false, false}, // a program or a script
		{"Coverage", true, false},  // no tool writes that
		{"coverage2", true, false},
		{"xcoverage", true, false},
		{"__pycache__", true, true},
		{".coverage", false, true},
		{".coverage", true, false},
		{".coverage.host.1.2", false, true},
		{".coveragerc", false, false},
		{"tsconfig.app.tsbuildinfo", false, true},
		{".tsbuildinfo", false, true},
		{"tsbuildinfo", false, false},
		{"default_1_2.profraw", false, true},
		{"default_.profraw", false, true},
		{"default.profraw", false, false},
		{"target", true, false},
		{"debug", true, false},
		{"target/debug", true, true},
		{"a/target/debug", true, true},
		{"target/debug", false, false},
		{"target/debug/coverage", true, false}, // in an excluded directory
		{"Target/debug", true, false},
		{"a/b/coverage", true, true},
		{"a/node_modules/coverage", true, false},
		{"my-Backup/.coverage", false, false},
		{"../coverage", true, false},
		{"", false, false},
		{"", true, false},
		{"*", false, false},
		{".vitest", true, true},
		{".vitest-attachments", true, true},
		{"\xff\n", false, false},
	} {
		if got := (Rules{}).Candidate(test.name, test.dir); got != test.want {
			t.Errorf("Candidate(%q, %v) = %v", test.name, test.dir, got)
		}
	}
}

func TestExcluded(t *testing.T) {
	for name, want := range map[string]bool{
		".git": true, "node_modules": true, "vendor": true, "venv": true, ".venv": true, "env": true, "trees": true, "target": true,
		"build": true, "dist": true, "backup": true, ".backup": true, "db-backups": true, "Backup": true, "Node_Modules": true,
		"src": false, "environment": false, "builder": false, ".gitignore": false, "": false, ".env.d": false,
	} {
		if got := Excluded(name); got != want {
			t.Errorf("Excluded(%q) = %v", name, got)
		}
	}
}

func TestAround(t *testing.T) {
	for name, want := range map[string]string{
		"coverage/index.html":               "coverage coverage/",
		"web/coverage/lcov-report/a.css":    "web/coverage coverage/",
		"bin/coverage":                      "", // a file: no tool's
		"src/coverage.py":                   "",
		".coverage":                         ".coverage .coverage",
		"a/.coverage.host.1.2":              "a/.coverage.host.1.2 .coverage.*",
		"src/__pycache__/a.cpython-313.pyc": "src/__pycache__ __pycache__/",
		"junit.xml":                         "junit.xml junit.xml",
		"junit.xml/a":                       "",
		"tsconfig.tsbuildinfo":              "tsconfig.tsbuildinfo *.tsbuildinfo",
		"vendor/lib/coverage/a":             "",
		"node_modules/.cache/junit.xml":     "",
		"my-backup/coverage/x":              "",
		"coverage/vendor/x":                 "coverage coverage/",
		"target/debug/app":                  "target/debug target/debug/", // whether a Cargo.toml stands beside it, Examine looks
		"coverage/htmlcov/x":                "coverage coverage/",         // the outermost
		"coverage.json":                     "",                           // a task may ask for it
		"src/main.go":                       "",
		"../coverage/x":                     "",
		"":                                  "",
		".":                                 "",
		"/":                                 "",
	} {
		seen, pattern, ok := (Rules{}).Around(name)
		if got := strings.TrimSpace(seen.Path + " " + pattern); got != want || ok != (want != "") || ok && seen.Dir != strings.HasSuffix(pattern, "/") {
			t.Errorf("Around(%q) = %+v, %q, %v; want %q", name, seen, pattern, ok, want)
		}
	}
}

// TestByProducts: names that only builds, tests and editors give are known, and names like them are work.
func TestByProducts(t *testing.T) {
	for name, is := range map[string]bool{
		"coverage.out": true, "core.4711": true, "a.orig": true, "callgrind.out.4711": true, "report.20261127.101010.1.0.001.json": true,
		"vite.config.ts.timestamp-1700000000000-abc.mjs": true, "TEST-shop.CartTest.xml": true, "a.out": true, ".DS_Store": true, ".app.js.swp": true,
		"core.js": false, "report.json": false, "report.2026.html": false, "vite.config.ts": false, "test-data.xml": false, "perf.data.js": false, "original.md": false, "app.swift": false, "a.swp": false,
	} {
		if ByProductFile(name) != is {
			t.Errorf("%q: %v", name, !is)
		}
	}
	for dir, want := range map[string]string{
		"a/.next/cache": "a/.next", "infra/.terraform/providers/x": "infra/.terraform", "_build/dev/lib": "_build", "x.egg-info": "x.egg-info",
		"src/build": "", "bin/Debug": "", "next": "", "terraform/modules": "", "coverage": "", "src/targets": "",
	} {
		if root, ok := ByProductDir(dir); root != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", dir, root, ok)
		}
	}
}

// TestOfRuns: the by-products that a gate may leave are patterns that fit their own names, and neither an editor's nor dependencies.
func TestOfRuns(t *testing.T) {
	rules := Rules{Add: OfRuns()}
	for _, tt := range []struct {
		path string
		dir  bool
		fits bool
	}{
		{".hypothesis", true, true},
		{"a/playwright-report", true, true},
		{"reports", true, true},
		{"target", true, true},
		{"src/build", true, true},
		{"build/x/target", true, false},
		{"x.egg-info", true, true},
		{"a/test.log", false, true},
		{"nohup.out", false, true},
		{".tap", true, true},
		{"app/.kotlin", true, true},
		{"ios/T.xcresult", true, true},
		{"rec.jfr", false, true},
		{".idea", true, false},
		{"node_modules", true, false},
		{"src", true, false},
		{"src/app.js", false, false},
		{"reports", false, false},
	} {
		if rules.Candidate(tt.path, tt.dir) != tt.fits {
			t.Errorf("%s, a directory %t: fits %t", tt.path, tt.dir, !tt.fits)
		}
	}
	for _, p := range OfRuns() {
		if strings.Count(p.Name, "*") > 1 || strings.ContainsAny(p.Name, "[/") {
			t.Errorf("%s cannot be a pattern", p.Name)
		}
	}
}
