// Package suite finds the commands that run a whole test suite.
package suite

import (
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/transcript"
)

// ownTestsOnly matches a prompt that asks for targeted tests.
var ownTestsOnly = lazyregexp.New(`(?i)\b(?:test|tests|testing|run)\b[^.\n]{0,40}\b(?:only|just|solely)\b|\b(?:only|just|solely)\b[^.\n]{0,20}\btests?\b|\b(?:not|never|avoid|without)\b[^.\n]{0,30}\b(?:full|whole|entire|complete)\b[^.\n]{0,10}\b(?:test[ -]?)?suite|\btargeted tests?\b`)

// Whole returns the commands by which an agent ran a whole test suite in its current run, although one of its prompts asks for targeted tests.
func Whole(agent *transcript.Agent, prompts []string) []transcript.ToolUse {
	if !slices.ContainsFunc(prompts, ownTestsOnly().MatchString) {
		return nil
	}
	var list []transcript.ToolUse
	for _, use := range agent.ToolUses {
		if use.Name == "Bash" && use.Run == agent.Run.Number && runsWholeSuite(use.Command) {
			list = append(list, use)
		}
	}
	return list
}

// maxSuiteCommand bounds the commands that are read, in bytes.
const maxSuiteCommand = 4 << 10

// quotedPath matches a path in quotes that needs none.
var quotedPath = lazyregexp.New(`"([\w./\[\]-]+)"|'([\w./\[\]-]+)'`)

// runsWholeSuite reports whether one of the commands in a line runs a project's tests and names none of them. It splits the line at
// spaces only, and skips lines with quotes around anything but a path, because the finding is only a note.
func runsWholeSuite(line string) bool {
	if len(line) > maxSuiteCommand {
		return false
	}
	line = quotedPath().ReplaceAllString(line, "$1$2")
	if inner, ok := strings.CutPrefix(line, "("); ok {
		line = strings.TrimSuffix(inner, ")")
	}
	if strings.ContainsAny(line, "\"'`\\$<(){}") {
		return false
	}
	line = strings.NewReplacer("&&", "\n", "||", "\n", ";", "\n", "|", "\n", "2>&1", " ").Replace(line)
	for command := range strings.Lines(line) {
		if isWholeSuite(strings.Fields(command)) {
			return true
		}
	}
	return false
}

// suiteCommands run tests. Further words choose which.
var suiteCommands = [][]string{
	{"npm", "test"},
	{"npm", "t"},
	{"npm", "run", "test"},
	{"yarn", "test"},
	{"yarn", "run", "test"},
	{"pnpm", "test"},
	{"pnpm", "run", "test"},
	{"bun", "test"},
	{"npx", "jest"},
	{"npx", "vitest"},
	{"npx", "vitest", "run"},
	{"pytest"},
	{"python", "-m", "pytest"},
	{"python3", "-m", "pytest"},
	{"./vendor/bin/phpunit"},
	{"vendor/bin/phpunit"},
	{"phpunit"},
	{"bundle", "exec", "rspec"},
	{"rspec"},
	{"cargo", "test"},
	{"go", "test"},
	{"mvn", "test"},
	{"gradle", "test"},
	{"./gradlew", "test"},
	{"make", "test"},
	{"tox"},
}

// isWholeSuite reports whether a simple command runs tests and names no file, package or pattern of them.
func isWholeSuite(words []string) bool {
	for len(words) > 0 && strings.Contains(words[0], "=") { // CI=1 npm test
		words = words[1:]
	}
	for _, c := range suiteCommands {
		if len(words) < len(c) || !slices.Equal(words[:len(c)], c) {
			continue
		}
		rest := words[len(c):]
		if c[0] == "go" {
			rest = slices.DeleteFunc(slices.Clone(rest), func(w string) bool { return w == "./..." })
			if len(rest) == len(words)-len(c) {
				return false // it tests one package, or those that it names
			}
		}
		return !slices.ContainsFunc(rest, choosesTests)
	}
	return false
}

// choosesTests reports whether a word after a test command may choose which tests run. The common options that do not are listed.
func choosesTests(word string) bool {
	switch word {
	case "--", "-v", "-q", "-x", "-s", "-race", "--verbose", "--silent", "--quiet", "--coverage", "--ci", "--no-coverage", "--runInBand", "--cov", "--color", "-count=1", "--watchAll=false":
		return false
	}
	return true
}
