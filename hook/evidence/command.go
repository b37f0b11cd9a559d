package evidence

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
)

var (
	lints = lazyregexp.New(`(?i)\b(?:lint|eslint|oxlint|prettier|flake8|black|isort|ruff|mypy|pyright|ty|pre-commit|tsc|golangci-lint|go\s+vet|staticcheck|gofmt|clippy|fmt|phpcs|phpstan|psalm|rubocop|biome|stylelint|shellcheck|hadolint|typecheck|type-check|pylint|format)\b`)
	// tools matches the beginning of a command, as opposed to a sentence.
	tools = lazyregexp.New(`^(?:\w+=\S*\s+)*(?:cd\s|[./~]*[\w.+-]*/|(?:npm|npx|pnpm|yarn|bun|bunx|node|deno|python[0-9.]*|pytest|py\.test|tox|nox|uv|poetry|pipenv|pdm|rye|pixi|hatch|go|gotestsum|golangci-lint|cargo|php|composer|phpunit|pest|bundle|rspec|rake|rails|ruby|mvn|gradle|make|just|task|dotnet|mix|ctest|bats|swift|xcodebuild|flutter|dart|ng|turbo|nx|lerna|rush|moon|playwright|cypress|terraform|tofu|forge|dbt|gleam|dune|crystal|rebar3|sbt|lein|stack|cabal|zig|bazel|cmake|meson|ninja|cc|gcc|g\+\+|clang|clang\+\+|perl|prove|busted|Rscript|julia|nim|nimble|elixir|clojure|behave|robot|karma|mage|invoke|inv|poe|mise|devbox|doit|bash|sh|docker|jest|vitest|mocha|eslint|tsc|ruff|flake8|black|mypy|timeout|time|env|set|git)(?:\s|$))`)

	// looks matches a word that only changes how the output of a test runner looks.
	looks       = lazyregexp.New(`(?i)^(?:-v+|-q+|-s|-x|-rN|-ra|--verbose|--quiet|--silent|--no-color|--color\S*|--colors|--tb=\S+|--no-header|-count=1|--ci|--maxWorkers\S*|-j\d*)$`)
	statusVar   = lazyregexp.New(`(?i)(?:echo|printf)[^\n]*\$(?:\?|\{?\w*(?:exit|status|code|rc|ret|result|pipestatus)\w*)`)
	printedLine = lazyregexp.New(`(?im)^[^\n0-9]{0,60}?(?:exit|status|code|rc|ret|result|tests?|lint)[\w ]*["']?\s*[:=]*\s*(\d{1,3})\s*$`)
	aloneNumber = lazyregexp.New(`(?m)^\s*(\d{1,3})\s*$`)
	lineInFile  = lazyregexp.New(`(?m)^\S*?:?\d+[:-]`)
)

// isTest reports whether a command runs tests: it is a known one, or a program that is no linter is told to test.
func isTest(r shell.Run) bool {
	if idle(r) {
		return false
	}
	words := r.Bare()
	told := len(words) > 1 && words[1] == "test" || len(words) > 2 && words[1] == "run" && words[2] == "test"
	return tests().MatchString(r.Text()) && tests().MatchString(withoutTexts(r)) || runsOwnTests(words) || told && !lints().MatchString(r.Text())
}

// withoutTexts returns the words of a command, without names of tasks that check something else than the tests, and without those that are a text of
// several words: a message, or what to search for. A script in a word is no such text, nor is the code that an interpreter gets by an option.
func withoutTexts(r shell.Run) string {
	var words []string
	for i, word := range r.Words {
		if styleTask().MatchString(word) {
			continue
		}
		code := i > 0 && strings.HasPrefix(r.Words[i-1], "-") && slices.Contains(interpreters, program(r.Bare()))
		if code || !strings.ContainsAny(word, " \t\n") || slices.ContainsFunc(commands(word), func(c shell.Run) bool { return isCommand(c.Text()) }) {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// runsOwnTests reports whether a command runs a script of the project that is named for its tests, and does not check how it is written.
func runsOwnTests(words []string) bool {
	at := slices.IndexFunc(words, ownTests().MatchString)
	return at >= 0 && !slices.ContainsFunc(words[:at], isLinter) && !buildsOnly().MatchString(strings.Join(words, " "))
}

// isLinter reports whether a word is the name of a linter.
func isLinter(word string) bool {
	name := argv.Program(word)
	return name != "" && lints().FindString(name) == name
}

// isLint reports whether a command only checks style or types.
func isLint(r shell.Run) bool { return lints().MatchString(r.Text()) && !isTest(r) }

// isCommand reports whether a text is a command line and not a sentence about one.
func isCommand(text string) bool { return tools().MatchString(trimmed(text)) }

// trimmed returns a command that a gate reports without the marks that people put around one: `npm test`, $ npm test.
func trimmed(text string) string { return strings.Trim(text, " \t\n`$") }

// commands returns the commands of a script that follows nothing else.
func commands(script string) []shell.Run {
	var f shell.Follower
	return f.Follow(script)
}

// Programs that run no tests, whatever stands behind them.
var (
	printers = []string{"cat", "tail", "head", "less", "grep", "rg", "sed", "wc", "awk", "jq", "echo", "printf"}
	settings = []string{"cd", "pushd", "popd", "set", "export"}
	others   = strings.Fields(": which type ls find git man cp mv ln rm mkdir touch chmod diff stat file tee test [ kill pkill pgrep ps sleep wait true false exit return " +
		"local shift read unset alias date seq tr sort uniq cut install rsync dd")
)

// program is argv.Program of a command's words; "" if there are none.
func program(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return argv.Program(words[0])
}

// idle reports whether a command runs no tests, whatever it says.
func idle(r shell.Run) bool {
	words := r.Bare()
	switch name := program(words); {
	case name == "":
		return true
	case name == "git" && slices.Contains(words, "bisect"), name == "find" && slices.Contains(words, "-exec"):
		return false
	default:
		return slices.Contains(printers, name) || slices.Contains(settings, name) || slices.Contains(others, name) ||
			runsNone().MatchString(withSettings(r)) || installs().MatchString(strings.Join(words, " ")) || len(shell.WrittenByScript(r)) > 0 && !starts().MatchString(r.Text()+r.Input)
	}
}

// starts matches what a script in another language does to run a program.
var starts = lazyregexp.New(`\b(?:subprocess|system|exec\w*|spawn\w*|popen)\b`)

// withSettings returns the text of a command with what its environment adds: variables that decide whether tests run, and options where the program
// would have them.
func withSettings(r shell.Run) string {
	settings := r.Settings()
	var words []string
	for _, s := range settings {
		if deciding().MatchString(s) {
			words = append(words, s)
		}
	}
	for _, word := range r.Words {
		words = append(words, word)
		for _, name := range optionVariables[path.Base(word)] {
			value := r.Setting(name)
			if first, _, _ := strings.Cut(value, " "); path.Base(word) != "pytest" && first != "" && !strings.ContainsAny(first, "-=") {
				value = "-" + value // MAKEFLAGS=n
			}
			words = append(words, strings.Fields(value)...)
		}
	}
	return strings.Join(words, " ")
}

// optionVariables are the variables that hold options of test runners, by the word after which these would stand. Sources: the manuals of pytest, GNU
// Make, go and Maven.
var optionVariables = map[string][]string{
	"pytest": {"PYTEST_ADDOPTS"}, "py.test": {"PYTEST_ADDOPTS"}, "make": {"MAKEFLAGS", "GNUMAKEFLAGS"}, "gmake": {"MAKEFLAGS", "GNUMAKEFLAGS"},
	"test": {"GOFLAGS"}, "mvn": {"MAVEN_ARGS", "MAVEN_OPTS"}, "mvnw": {"MAVEN_ARGS", "MAVEN_OPTS"},
}

// deciding matches other variables that decide what runs the tests.
var deciding = lazyregexp.New(`^(?i:npm_config_script_shell|CARGO_TARGET_\w+_RUNNER|JAVA_TOOL_OPTIONS)=`)

// reads reports whether a script prints files or texts.
func reads(script []shell.Run) bool {
	return slices.ContainsFunc(script, func(r shell.Run) bool {
		return slices.Contains(printers, program(r.Bare()))
	})
}

// What shows the content of files, and what shows only names or nothing.
var (
	readers  = strings.Fields("cat tail head less more bat nl sed awk grep rg ag jq diff od xxd strings")
	listers  = strings.Fields("tree fd wc pwd echo printf md5sum sha1sum sha256sum sha512sum shasum b2sum cksum sum")
	gitReads = strings.Fields("diff show blame cat-file format-patch grep")
	statOnly = strings.Fields("--stat --name-only --name-status --shortstat --numstat --quiet")
	// blank matches commands that read a file and show nothing of it, and those that show a commit's file, which is not the work.
	blank = lazyregexp.New(`^(?:head|tail)\s+(?:-\S+\s+)*-[nc]\s*0\b|^node\s+(?:--check|-c)\s|^python[0-9.]*\s+-m\s+py_compile\s|^php\s+-l\s|^(?:ba|z|da)?sh\s+-n\s|^[ef]?grep\s+(?:-\S+\s+)*-\w*[qlLc]|^git\s.*\b(?:show|cat-file)\s(?:.*\s)?[^\s-]\S*:\S`)
)

// showsFiles reports whether a command can show the content of files, and not only their names.
func showsFiles(r shell.Run) bool {
	words := r.Bare()
	if at := slices.IndexFunc(words, func(w string) bool { return w == "-exec" || w == "xargs" }); at >= 0 {
		words = slices.DeleteFunc(slices.Clone(words[at+1:]), func(w string) bool { return strings.HasPrefix(w, "-") || isNumber(w) })
	}
	if len(words) == 0 || r.Output == "/dev/null" || blank().MatchString(strings.Join(words, " ")) {
		return false
	}
	has := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { name, _, _ := strings.Cut(w, "="); return slices.Contains(list, name) })
	}
	switch name := program(words); {
	case name == "git":
		return has([]string{"-p", "-u", "--patch"}) || has(gitReads) && !has(statOnly)
	case slices.Contains(readers, name):
		return true
	default:
		return !slices.Contains(settings, name) && !slices.Contains(others, name) && !slices.Contains(listers, name)
	}
}

// plain returns the words of a command without those that only change how its output looks.
func plain(r shell.Run) []string {
	return slices.DeleteFunc(wordsOf(r), func(word string) bool { return looks().MatchString(word) })
}

// wordsOf returns the words of a command and of the scripts in its words.
func wordsOf(r shell.Run) []string {
	return strings.FieldsFunc(r.Text(), func(c rune) bool { return strings.ContainsRune(" \t\n;&|", c) })
}

// matches reports whether a script has the commands that a gate says it ran. People and models write the same command in many ways. So it is enough if
// for each claimed one there is a command with all of its words, or one that runs the same tool for the same purpose.
func matches(claimed, script []shell.Run) bool {
	for _, part := range claimed {
		if words := part.Bare(); len(words) == 0 || part.Opened || slices.Contains(settings, words[0]) || slices.Contains(printers, words[0]) {
			continue
		}
		if !slices.ContainsFunc(script, func(r shell.Run) bool { return same(part, r) }) {
			return false
		}
	}
	return true
}

// same reports whether a command is, as far as its text shows, the claimed one.
func same(claimed, r shell.Run) bool {
	if isTest(claimed) && idle(r) {
		return false
	}
	have := wordsOf(r)
	return !slices.ContainsFunc(plain(claimed), func(word string) bool { return !slices.Contains(have, word) }) || isCommand(claimed.Text()) && sameTool(claimed, have)
}

// sameTool reports whether words run the same tool for the same purpose as a command: its first two words that are no options and no variables,
// whatever is between them.
func sameTool(command shell.Run, words []string) bool {
	var key []string
	claimedWords := wordsOf(command)
	for _, w := range claimedWords {
		if strings.HasPrefix(w, "-") || strings.Contains(w, "=") || slices.Contains([]string{"npx", "run", "bundle", "exec", "poetry", "uv", "pipenv", "timeout", "time", "env", "sudo"}, w) || isNumber(w) {
			continue
		}
		key = append(key, toolOf(w))
		if len(key) == 2 || !slices.Contains([]string{"npm", "yarn", "pnpm", "bun", "go", "cargo", "make", "mvn", "gradle", "gradlew", "dotnet", "mix", "python", "python3", "node", "just", "task", "mise", "devbox", "doit", "poe", "invoke", "inv", "mage", "composer", "rake", "rails", "php"}, key[0]) {
			break
		}
	}
	if len(key) > 0 && key[0] == "node" && slices.Contains(claimedWords, "--test") {
		return slices.Contains(words, "node") && slices.Contains(words, "--test") // of whichever files
	}
	if len(key) == 1 && slices.Contains([]string{"node", "deno", "bun", "python", "python3", "php", "ruby"}, key[0]) {
		return false // its options say what it does
	}
	for _, k := range key {
		if !slices.ContainsFunc(words, func(w string) bool { return toolOf(w) == k || strings.HasPrefix(k, "./") }) {
			return false
		}
	}
	return true
}

// toolOf returns the name of a program without its folder, and Python's without its version.
func toolOf(word string) string {
	name := path.Base(word)
	if rest, ok := strings.CutPrefix(name, "python"); ok && strings.Trim(rest, "0123456789.") == "" {
		return "python"
	}
	return name
}

func isNumber(w string) bool {
	_, err := strconv.Atoi(strings.TrimRight(w, "smh"))
	return err == nil
}

var (
	// separators matches what ends a simple command, and printsStatus one that prints the status of the one before it.
	separators   = lazyregexp.New(`[;\n]|&&|\|\|`)
	printsStatus = lazyregexp.New(`^\s*(?:echo|printf)\b.*\$(?:\?|\{\?\})`)
)

// statusOfAnother reports whether what a command prints as a status is that of a program that runs no tests, such as true or tail.
func statusOfAnother(command string) bool {
	parts := separators().Split(command, -1)
	for i, part := range parts {
		if i == 0 || !printsStatus().MatchString(part) {
			continue
		}
		before := commands(strings.Trim(parts[i-1], " \t(){}"))
		return len(before) > 0 && !slices.ContainsFunc(before, func(r shell.Run) bool { return !idle(r) || program(r.Bare()) == "wait" })
	}
	return false
}

// printedStatus returns the exit statuses that a run printed after the tests, as echo "exit: $?" does; false if it printed none.
func printedStatus(r run) (found bool, statuses []int) {
	piped := slices.ContainsFunc(r.tests, func(t shell.Run) bool { return t.Piped }) && !strings.Contains(r.Command, "PIPESTATUS")
	if piped || !statusVar().MatchString(r.Command) || statusOfAnother(r.Command) {
		return false, nil
	}
	// A line with a word from the command is its own. Test runners print such lines, too: "# tests 3".
	var own []int
	for _, expr := range []*regexp.Regexp{printedLine(), aloneNumber()} {
		for _, match := range expr.FindAllStringSubmatchIndex(r.Output, -1) {
			n, err := strconv.Atoi(r.Output[match[2]:match[3]])
			if err != nil {
				continue
			}
			statuses = append(statuses, n)
			if label := strings.TrimSpace(r.Output[match[0]:match[2]]); label != "" && strings.Contains(r.Command, label) {
				own = append(own, n)
			}
		}
		if len(own) > 0 {
			return true, own
		}
		if len(statuses) > 0 {
			return true, statuses
		}
	}
	return false, nil
}
