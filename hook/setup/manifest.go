package setup

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
)

// commands finds how the project runs its tests and linters, unless a pipeline has said so. The first manifest that says it counts.
func (f *Found) commands(root *os.Root) {
	for _, m := range manifests {
		text := f.read(root, m.name)
		if text == nil {
			continue
		}
		test, lint := m.commands(text)
		if f.Test.Text == "" && test != "" {
			f.Test = Command{test, m.name}
		}
		if f.Lint.Text == "" && lint != "" {
			f.Lint = Command{lint, m.name}
		}
	}
}

// manifests are the files that say how a project is tested, the clearest word first.
var manifests = []struct {
	name     string
	commands func(text []byte) (test, lint string)
}{
	{"package.json", npmScripts},
	{"Makefile", makeTargets},
	{"go.mod", always("go test ./...", "go vet ./...")},
	{"Cargo.toml", always("cargo test", "cargo clippy")},
	{"pyproject.toml", python},
	{"pytest.ini", always("pytest", "")},
	{"composer.json", composer},
	{"Gemfile", ruby},
	{"pom.xml", always("mvn test", "")},
	{"build.gradle", always("gradle test", "")},
	{"build.gradle.kts", always("gradle test", "")},
	{"mix.exs", always("mix test", "")},
}

func always(test, lint string) func([]byte) (string, string) {
	return func([]byte) (string, string) { return test, lint }
}

// npmScripts reads the scripts of package.json. What npm init writes for a project without tests is no test.
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

// makeTargets looks for the targets test and lint.
func makeTargets(text []byte) (test, lint string) {
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^(test|check|lint)\s*:(?:[^=]|$)`).FindAllSubmatch(text, -1) {
		targets = append(targets, string(m[1]))
	}
	switch {
	case slices.Contains(targets, "test"):
		test = "make test"
	case slices.Contains(targets, "check"):
		test = "make check"
	}
	if slices.Contains(targets, "lint") {
		lint = "make lint"
	}
	return test, lint
}

func python(text []byte) (test, lint string) {
	if regexp.MustCompile(`(?m)^\[tool\.pytest|pytest`).Match(text) {
		test = "pytest"
	}
	if regexp.MustCompile(`(?m)^\[tool\.ruff`).Match(text) {
		lint = "ruff check"
	}
	return test, lint
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

func ruby(text []byte) (test, lint string) {
	if regexp.MustCompile(`['"]rspec(-rails)?['"]`).Match(text) {
		test = "bundle exec rspec"
	}
	if regexp.MustCompile(`['"]rubocop['"]`).Match(text) {
		lint = "bundle exec rubocop"
	}
	return test, lint
}
