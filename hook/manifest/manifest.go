// Package manifest finds out from the manifests of package managers how a project runs its tests and its linters. It is pure.
package manifest

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
)

// Command is a shell command, with the file that names it.
type Command struct {
	Text, From string
	// own means that the project itself names it. Otherwise it is the usual command for the language.
	own bool
}

// Commands returns the commands that run a project's tests and its linters, by the manifests at its top, most explicit first. read returns the
// content of such a file, or nil. A file that cannot be read names none.
func Commands(read func(name string) []byte) (tests, lints []Command) {
	for _, m := range manifests {
		text := read(m.name)
		if text == nil {
			continue
		}
		test, lint := m.commands(text)
		if test != "" {
			tests = append(tests, Command{test, m.name, m.own})
		}
		if lint != "" {
			lints = append(lints, Command{lint, m.name, m.own})
		}
	}
	return tests, lints
}

// Only returns the command that the manifests agree on: the only one that the project itself names, else the only usual one. It returns the zero
// Command if there is none, or if it is ambiguous.
func Only(commands []Command) Command {
	for _, own := range []bool{true, false} {
		same := slices.DeleteFunc(slices.Clone(commands), func(c Command) bool { return c.own != own })
		if len(same) > 1 {
			return Command{}
		}
		if len(same) == 1 {
			return same[0]
		}
	}
	return Command{}
}

// manifests lists the files that say how a project is tested, most explicit first.
var manifests = []struct {
	name     string
	own      bool // the project itself names the command
	commands func(text []byte) (test, lint string)
}{
	{"package.json", true, npmScripts},
	{"Makefile", true, makeTargets},
	{"go.mod", false, always("go test ./...", "go vet ./...")},
	{"Cargo.toml", false, always("cargo test", "cargo clippy")},
	{"pyproject.toml", false, mentions(`(?m)^\[tool\.pytest|pytest`, "pytest", `(?m)^\[tool\.ruff`, "ruff check")},
	{"pytest.ini", false, always("pytest", "")},
	{"composer.json", true, composer},
	{"Gemfile", false, mentions(`['"]rspec(-rails)?['"]`, "bundle exec rspec", `['"]rubocop['"]`, "bundle exec rubocop")},
	{"pom.xml", false, always("mvn test", "")},
	{"build.gradle", false, always("gradle test", "")},
	{"build.gradle.kts", false, always("gradle test", "")},
	{"mix.exs", false, always("mix test", "")},
}

func always(test, lint string) func([]byte) (string, string) {
	return func([]byte) (string, string) { return test, lint }
}

// npmScripts reads the scripts of package.json. The placeholder that npm init writes is not a test.
func npmScripts(text []byte) (test, lint string) {
	var doc struct{ Scripts map[string]string }
	if json.Unmarshal(text, &doc) != nil {
		return "", ""
	}
	if s := doc.Scripts["test"]; s != "" && !regexp.MustCompile(`no test specified`).MatchString(s) {
		test = "npm test"
	}
	if doc.Scripts["lint"] != "" {
		lint = "npm run lint"
	}
	return test, lint
}

// mentions looks for what names a test command, and for what names a lint command.
func mentions(tests, test, lints, lint string) func([]byte) (string, string) {
	return func(text []byte) (string, string) {
		return whereMatches(text, tests, test), whereMatches(text, lints, lint)
	}
}

// whereMatches returns the command if the text matches the pattern; otherwise "".
func whereMatches(text []byte, pattern, command string) string {
	if !regexp.MustCompile(pattern).Match(text) {
		return ""
	}
	return command
}

func makeTargets(text []byte) (test, lint string) {
	target := func(name string) string { return whereMatches(text, `(?m)^`+name+`\s*:(?:[^=]|$)`, "make "+name) }
	return cmp.Or(target("test"), target("check")), target("lint")
}

func composer(text []byte) (test, lint string) {
	var doc struct {
		Scripts map[string]any
		Dev     map[string]any `json:"require-dev"`
	}
	if json.Unmarshal(text, &doc) != nil {
		return "", ""
	}
	switch {
	case doc.Scripts["test"] != nil:
		test = "composer test"
	case doc.Dev["phpunit/phpunit"] != nil:
		test = "vendor/bin/phpunit"
	}
	if doc.Scripts["lint"] != nil {
		lint = "composer lint"
	}
	return test, lint
}
