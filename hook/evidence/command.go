package evidence

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
)

var (
	// tests matches a command that runs tests, anywhere in a line of commands.
	tests = lazyregexp.New(`(?i)(?:^|[\s;&|({"'/])(?:` +
		`(?:npm|pnpm|yarn|bun)(?:\s+(?:--?\S+(?:\s+[./]\S+)?|run|run-script|exec|workspace\s+\S+))*\s+(?:t|tst|test[^\s;&|)]*|\S+:tests?[^\s;&|)]*|check|ci|verify|coverage)(?:$|[\s;&|)"'>])|` +
		`(?:npx|pnpx|bunx)\s+(?:--?\S+\s+)*(?:jest|vitest|mocha|ava|tap|playwright|cypress|c8|nyc|tsx)|` +
		`(?:jest|vitest|mocha|ava|karma|tap)(?:$|[\s;&|)"'>])|node\s+(?:--?\S+\s+)*--test|deno\s+test|` +
		`py\.?test|python[0-9.]*\s+-m\s+(?:pytest|unittest|nose2?|coverage\s+run)|(?:tox|nox|nosetests|hatch\s+test|hatch\s+run\s+\S*test[^\s;&|)]*)(?:$|[\s;&|)"'>])|manage\.py\s+test|` +
		`go\s+(?:-C\s+\S+\s+)?(?:test|tool\s+gotestsum)|gotestsum|ginkgo|richgo\s+test|` +
		`cargo\s+(?:\+\S+\s+)?(?:test|t|nextest|llvm-cov)|(?:phpunit|pest|paratest)|(?:composer|php)\s+(?:run\s+|run-script\s+|artisan\s+)?test[^\s;&|)]*|` +
		`rspec|(?:rake|rails)\s+(?:test|spec)[^\s;&|)]*|(?:mvn|mvnw)\s.*\b(?:test|verify|install|package)\b|(?:gradle|gradlew)\s.*\b(?:test|check|build)\w*|` +
		`(?:make|gmake|just|task|bazel|ninja|meson|rush|nx|turbo|lerna|moon|earthly|mage|invoke|inv|poe)\s.*(?:test|check|spec|verify)[^\s;&|)]*|` +
		`dotnet\s+test|mix\s+test|ctest|bats|swift\s+test|xcodebuild\s.*test|flutter\s+test|dart\s+test|sbt\s.*test|lein\s+test|stack\s+test|cabal\s+test|zig\s+(?:build\s+)?test|busted|prove|` +
		`[\w./-]*(?:run|unit|integration|e2e)?[_-]?tests?[_-]?\w*\.(?:sh|py|js|mjs|rb|ts|bash)` + `)`)
	lints = lazyregexp.New(`(?i)\b(?:lint|eslint|prettier|flake8|black|ruff|mypy|pyright|tsc|golangci-lint|go\s+vet|staticcheck|gofmt|clippy|fmt|phpcs|phpstan|psalm|rubocop|biome|stylelint|shellcheck|hadolint|typecheck|type-check|pylint|format)\b`)
	// tools matches the beginning of a command, as opposed to a sentence.
	tools = lazyregexp.New(`^(?:\w+=\S*\s+)*(?:cd\s|[./~]*[\w.+-]*/|(?:npm|npx|pnpm|yarn|bun|bunx|node|deno|python[0-9.]*|pytest|py\.test|tox|nox|uv|poetry|pipenv|hatch|go|gotestsum|golangci-lint|cargo|php|composer|phpunit|pest|bundle|rspec|rake|rails|ruby|mvn|gradle|make|just|task|dotnet|mix|ctest|bats|swift|flutter|dart|bash|sh|docker|jest|vitest|mocha|eslint|tsc|ruff|flake8|black|mypy|timeout|time|env|set|git)(?:\s|$))`)

	// printedText matches a command that prints a text which follows it.
	printedText = lazyregexp.New(`(?:^|[;&|({]\s*)cat\s*<<-?\s*\\?["']?(\w+)["']?\s*$`)
	// runsNone matches the options by which test runners list tests, compile them, skip them, or show help.
	// Sources: the manuals of Jest, Vitest, pytest, tox, nox, Cargo, Go, Playwright, CTest, Gradle, Maven, .NET, Make, Bats, Swift and npm.
	runsNone = lazyregexp.New(`(?:^|[\s"'=])(?:--(?:help|version|dry-run|listTests|list-tests|list|collect-only|co|no-run|show-only|showConfig|clearCache|just-print|notest|listenvs|list-sessions|install-only|list-suites|list-groups)(?:=\S*)?|` +
		`-DskipTests(?:=true)?|-Dmaven\.test\.skip(?:=true)?)(?:$|[\s;&|)"'>])|\b(?:make|gmake)\s+(?:-\S+\s+)*(?:-[bBdeikrRsSw]*[nqt]|--recon|--touch|--question)\s|\bpy\.?test\s(?:.*\s)?--(?:setup-plan|setup-only|fixtures|markers)(?:\s|$)|\b(?:make|gmake)\s.*\bSHELL=\S*(?:true|echo|:)(?:\s|$)|` +
		`\bgo\s+(?:-C\s+\S+\s+)?test\s(?:\S+\s+)*(?:-list\b|-c(?:\s|$)|-run[= ]["']?(?:\^\$|\$\^|XXX|NONE)["']?(?:\s|$)|-exec[= ]\S*(?:true|echo)\b)|\bctest\s(?:\S+\s+)*-N\b|` +
		`\b(?:gradle|gradlew)\s(?:.*\s)?(?:-m(?:\s|$)|(?:-x|--exclude-task)[= ](?::?[\w-]+)*:?test(?:\s|$)|testClasses(?:\s|$))|\b(?:mvn|mvnw)\s+(?:\S+\s+)*test-compile\s*$|` +
		`\bvitest\s+list\b|\bswift\s+test\s+list\b|\bbats\s+(?:\S+\s+)*(?:-c|--count)(?:\s|$)|\b(?:tox|nox)\s+(?:\S+\s+)*-l(?:\s|$)|\bdotnet\s+test\s+(?:\S+\s+)*-t(?:\s|$)|` +
		`(?:npm_config_script_shell=|--script-shell[= ])\S*(?:true|echo)(?:\s|$)`)
	// ignoresFailures matches the options by which test runners succeed although tests failed.
	ignoresFailures = lazyregexp.New(`\b(?:mvn|mvnw)\s(?:.*\s)?(?:-fn|--fail-never|-Dmaven\.test\.failure\.ignore(?:=true)?)(?:\s|$)|\b(?:make|gmake)\s+(?:-\S+\s+)*(?:-[bBdekrRsSw]*i[bBdekrRsSw]*|--ignore-errors)\s`)

	space        = lazyregexp.New(`\s+`)
	decoration   = lazyregexp.New(`(?i)\s(?:-v+|-q+|-s|-x|-rN|-ra|--verbose|--quiet|--silent|--no-color|--color\S*|--colors|--tb=\S+|--no-header|-count=1|--ci|--maxWorkers\S*|-j\s*\d*)(?:\s|$)`)
	redirect     = lazyregexp.New(`\s*(?:\d?>>?&?\s*\S+|&>\s*\S+|<\s*/dev/null)`)
	changeDir    = lazyregexp.New(`(?:^|[;&|(\n]\s*|\s&&\s*)(?:cd|pushd)\s+(?:--\s+)?("[^"\n]*"|'[^'\n]*'|[^\s;&|)]+)`)
	reading      = lazyregexp.New(`(?:^|[;&|(\n]\s*)(?:cat|tail|head|less|grep|rg|sed\s+-n|wc|awk|jq|echo|printf)\b`)
	statusVar    = lazyregexp.New(`(?i)(?:echo|printf)[^\n]*\$(?:\?|\{?\w*(?:exit|status|code|rc|ret|result|pipestatus)\w*)`)
	printedLine  = lazyregexp.New(`(?im)^[^\n0-9]{0,60}?(?:exit|status|code|rc|ret|result|tests?|lint)[\w ]*["']?\s*[:=]*\s*(\d{1,3})\s*$`)
	aloneNumber  = lazyregexp.New(`(?m)^\s*(\d{1,3})\s*$`)
	lineInFile   = lazyregexp.New(`(?m)^\S*?:?\d+[:-]`)
	listsNames   = lazyregexp.New(`\bgit\b[^;&|\n]*\b(?:status|ls-files|ls-tree|log|branch|rev-parse|worktree)\b|--stat\b|--name-only|--name-status|--shortstat|--numstat|(?:^|[;&|]\s*)(?:ls|find|tree|fd|stat|wc|test|file|pwd|echo)\b`)
	prints       = lazyregexp.New(`(?:^|[;&|(\n]\s*|\bxargs\s+(?:-\S+\s+)*)(?:cat|head|tail|less|more|bat|nl|sed|awk|grep|rg|ag|jq|diff|od|xxd|strings)\b|\bgit\b[^;&|\n]*\b(?:diff|show|blame|cat-file|format-patch)\b(?:[^;&|\n]*?)(?:$|[;&|\n>])|\bgit\b[^;&|\n]*\blog\b[^;&|\n]*\s(?:-p|--patch)\b`)
	onlyNames    = lazyregexp.New(`\bgit\b[^;&|\n]*(?:--stat\b|--name-only|--name-status|--shortstat|--numstat)`)
	negated      = lazyregexp.New(`(?:^|[;&|(\n{]|\b(?:if|while|until))\s*!\s`)
	afterRunning = lazyregexp.New(`(?:\|\|\s*(?:true|:|echo|exit\s+0|printf|return\s+0)|;\s*(?:true|exit\s+0)\s*$)`)
)

// isTest reports whether a command runs tests.
func isTest(command string) bool { return tests().MatchString(unwrapped(command)) }

// isLint reports whether a command only checks style or types.
func isLint(command string) bool { return lints().MatchString(command) && !isTest(command) }

// isCommand reports whether a text is a command line and not a sentence about one.
func isCommand(text string) bool { return tools().MatchString(strings.Trim(text, " \t`$")) }

// unwrapped returns a command without what runs nothing: comments, texts that it prints, documents and commit messages, in which names of commands
// prove nothing, and calls of test runners that only list tests or show help.
func unwrapped(command string) string {
	var b strings.Builder
	end := "" // of the document that is printed
	for line := range strings.Lines(command) {
		trimmed := strings.TrimSpace(line)
		if end != "" {
			if trimmed == end {
				end = ""
			}
			continue
		}
		if m := printedText().FindStringSubmatch(trimmed); m != nil {
			end = m[1]
		}
		if simple := !strings.ContainsAny(trimmed, ";&|"); simple && reading().MatchString(trimmed) {
			continue
		}
		for _, piece := range pieces(line) {
			if !idle(strings.TrimSpace(piece)) {
				b.WriteString(piece)
			}
		}
	}
	return b.String()
}

// idle reports whether a simple command runs no tests, whatever it says.
func idle(piece string) bool {
	for _, word := range []string{"#", "which ", "ls ", "find ", "git ", "man ", "type ", ": "} {
		if strings.HasPrefix(piece, word) {
			return !strings.HasPrefix(piece, "git bisect run ")
		}
	}
	if strings.HasPrefix(piece, "echo ") || strings.HasPrefix(piece, "printf ") {
		return !strings.ContainsAny(piece, "$`")
	}
	return runsNone().MatchString(piece)
}

// pieces splits a line behind the operators of the shell that are in no quotation, and before a comment.
func pieces(line string) []string {
	var list []string
	quote, begin := byte(0), 0
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\\':
			i++
		case c == '"' || c == '\'':
			quote = c
		case c == ';' || c == '|' || c == '&' && !strings.HasPrefix(line[i+1:], ">") && !strings.HasSuffix(line[:i], ">"):
			if i+1 < len(line) && line[i+1] == c {
				i++
			}
			list, begin = append(list, line[begin:i+1]), i+1
		case c == '#' && i > 0 && (line[i-1] == ' ' || line[i-1] == '\t'):
			list, begin = append(list, line[begin:i]), i
			i = len(line)
		}
	}
	return append(list, line[begin:])
}

// plain returns a command on one line without quotes, redirections and what only changes how its output looks.
func plain(command string) string {
	command = strings.NewReplacer("`", " ", `"`, " ", "'", " ", "(", " ", ")", " ", "\\\n", " ").Replace(command)
	command = redirect().ReplaceAllString(command, " ")
	for {
		next := decoration().ReplaceAllString(" "+command+" ", " ")
		if next = strings.TrimSpace(space().ReplaceAllString(next, " ")); next == command {
			return command
		}
		command = next
	}
}

// parts splits a line into its simple commands, without quoting.
func parts(command string) []string {
	command = strings.NewReplacer("&&", "\n", "||", "\n", ";", "\n", "|", "\n", " & ", "\n").Replace(plain(command))
	var list []string
	for part := range strings.Lines(command) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// core returns what identifies a test run: its test commands without pipes and the like.
func core(command string) string {
	var list []string
	for _, part := range parts(unwrapped(command)) {
		if isTest(part) {
			list = append(list, part)
		}
	}
	if len(list) == 0 {
		return plain(command)
	}
	return strings.Join(list, "\n")
}

// matches reports whether a command is the one that a gate says it ran. People and models write the same command in many ways. So it is enough if
// the command contains each simple command of the claim with all its words, or if both run tests or both lint with the same tool.
func matches(claimed, ran string) bool {
	have := plain(ran)
	if isTest(claimed) {
		have = plain(unwrapped(ran))
	}
	for _, part := range parts(strings.Trim(strings.TrimSpace(claimed), "`$ ")) {
		if strings.HasPrefix(part, "cd ") || strings.HasPrefix(part, "set ") || strings.HasPrefix(part, "export ") || reading().MatchString(part) {
			continue
		}
		if !hasWords(have, part) && !sameTool(part, have) {
			return false
		}
	}
	return true
}

// hasWords reports whether a text has all words of a command.
func hasWords(text, command string) bool {
	words := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\n;&|", c) })
	for _, w := range strings.Fields(command) {
		if !slices.Contains(words, w) {
			return false
		}
	}
	return true
}

// sameTool reports whether a text runs the same tool for the same purpose as a command: its first two words that are no options and no
// variables, whatever is between them.
func sameTool(command, text string) bool {
	var key []string
	for _, w := range strings.Fields(command) {
		if strings.HasPrefix(w, "-") || strings.Contains(w, "=") || slices.Contains([]string{"npx", "run", "bundle", "exec", "poetry", "uv", "pipenv", "timeout", "time", "env", "sudo"}, w) || isNumber(w) {
			continue
		}
		key = append(key, w[strings.LastIndexByte(w, '/')+1:])
		if len(key) == 2 || !slices.Contains([]string{"npm", "yarn", "pnpm", "bun", "go", "cargo", "make", "mvn", "gradle", "gradlew", "dotnet", "mix", "python", "python3", "node", "just", "task", "composer", "rake", "rails", "php"}, key[0]) {
			break
		}
	}
	if len(key) == 0 {
		return true
	}
	words := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\n;&|", c) })
	for _, k := range key {
		if !slices.ContainsFunc(words, func(w string) bool { return w[strings.LastIndexByte(w, '/')+1:] == k || strings.HasPrefix(k, "./") }) {
			return false
		}
	}
	return true
}

func isNumber(w string) bool {
	_, err := strconv.Atoi(strings.TrimRight(w, "smh"))
	return err == nil
}

// isMasked reports whether the exit status of a line of commands may be that of another command than the tests: one at the end of a pipe or
// after a semicolon, or of one that always succeeds.
func isMasked(command string) bool {
	command = strings.TrimSpace(command)
	lastTest := 0
	for _, loc := range tests().FindAllStringIndex(command, -1) {
		lastTest = loc[1]
	}
	if lastTest > 0 {
		lastTest-- // the byte after the command belongs to the match
	}
	if negated().MatchString(command[:lastTest]) || ignoresFailures().MatchString(command) {
		return true
	}
	rest := inUnquoted(command[lastTest:])
	if strings.Contains(command, "pipefail") {
		rest = strings.NewReplacer("||", "||", "|", " ").Replace(rest)
		if !strings.Contains(rest, "||") {
			rest = strings.ReplaceAll(rest, "|", " ")
		}
	}
	if afterRunning().MatchString(rest) {
		return true
	}
	rest = strings.NewReplacer("2>&1", "", "&>", "", ">&2", "", "&&", " ").Replace(rest)
	rest = strings.TrimRight(rest, " \t\n);")
	if strings.Contains(command, "set -e") && !strings.Contains(command, "set +e") {
		rest = strings.NewReplacer(";", " ", "\n", " ").Replace(rest)
	}
	return strings.ContainsAny(rest, "|;&\n")
}

// inUnquoted returns a text without what stands in quotes.
func inUnquoted(text string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// changesDir returns the last folder that a command changes to; "" if it changes to none, or to one that is not in its text.
func changesDir(command string) string {
	found := changeDir().FindAllStringSubmatch(command, -1)
	if len(found) == 0 {
		return ""
	}
	dir := strings.Trim(found[len(found)-1][1], `"'`)
	if strings.Contains(dir, "$") || dir == "-" || strings.HasPrefix(dir, "~") {
		return ""
	}
	return strings.TrimSuffix(dir, "/")
}

// beforeTest returns a command up to its last call of a test runner, and what follows. All of a command without one is before it.
func beforeTest(command string) (before, rest string) {
	found := tests().FindAllStringIndex(command, -1)
	if len(found) == 0 {
		return command, ""
	}
	at := found[len(found)-1][0]
	return command[:at], command[at:]
}

// reads reports whether a command prints files or texts.
func reads(command string) bool { return reading().MatchString(command) }

// printedStatus returns the exit statuses that a run printed after the tests, as echo "exit: $?" does; false if it printed none.
func (r run) printedStatus() (found bool, statuses []int) {
	if !statusVar().MatchString(r.Command) || pipedBeforeStatus(r.Command) {
		return false, nil
	}
	for _, expr := range []*regexp.Regexp{printedLine(), aloneNumber()} {
		for _, match := range expr.FindAllStringSubmatch(r.Output, -1) {
			if n, err := strconv.Atoi(match[1]); err == nil {
				statuses = append(statuses, n)
			}
		}
		if len(statuses) > 0 {
			return true, statuses
		}
	}
	return false, nil
}

// pipedBeforeStatus reports whether $? is the status of the end of a pipe.
func pipedBeforeStatus(command string) bool {
	before, _, found := strings.Cut(command, "$?")
	if !found || strings.Contains(command, "pipefail") || strings.Contains(command, "PIPESTATUS") {
		return false
	}
	return strings.Contains(strings.ReplaceAll(inUnquoted(before), "||", ""), "|")
}
