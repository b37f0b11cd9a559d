package evidence

import (
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
)

// selecting are patterns of what makes a test runner run a part of the tests: options that choose tests or leave some out, and operands that are one
// test or the file of one. Sources: the manuals of the tools that they name.
var selecting = []string{
	// Python
	`\bpy\.?test\s(?:.*\s)?(?:-k|--deselect|--lf|--last-failed|(?:-o|--override-ini)[= ]?["']?(?:python_\w+|testpaths))(?:[= ]|$)`,
	`\bunittest\s+(?:-\w+\s+)*\w+(?:\.\w+)+(?:\s|$)`,
	// JavaScript
	`\b(?:jest|vitest|mocha|ava|npm|yarn|pnpm|bun|playwright)\s(?:.*\s)?(?:-t|--testNamePattern|--testPathPatterns?|--onlyChanged|--onlyFailures|--last-failed|--findRelatedTests|--related|--changed|--grep(?:-invert)?|-g|--fgrep)(?:[= ]|$)`,
	`\bnode\s(?:.*\s)?(?:--test-name-pattern|--test-skip-pattern|--test-only)(?:[= ]|$)`,
	// Go, Rust, Swift
	`\bgo\s+(?:-C\s+\S+\s+)?test\s(?:.*\s)?-{1,2}(?:test\.)?(?:run|skip)[= ]`,
	`\bcargo\s(?:.*\s)?(?:--skip|--exclude|--test|--lib|--bin)(?:[= ]|$)`,
	`\bswift\s+test\s(?:.*\s)?--(?:filter|skip)[= ]`,
	// PHP, Ruby, Elixir
	`\b(?:phpunit|pest|paratest|artisan)\s(?:.*\s)?--(?:filter|group|exclude-group|exclude-filter)[= ]`,
	`\brspec\s(?:.*\s)?(?:-e|--example|--only-failures|--exclude-pattern)(?:[= ]|$)`,
	`\bmix\s+test\s(?:.*\s)?--(?:only|exclude|failed|stale)(?:[= ]|$)`,
	// Java, .NET, C
	`\b(?:mvn|mvnw)\s(?:.*\s)?-D(?:test|it\.test)=`,
	`\b(?:gradle|gradlew)\s(?:.*\s)?--tests[= ]`,
	`\bdotnet\s+test\s(?:.*\s)?--filter[= ]`,
	`\bctest\s(?:.*\s)?(?:-R|-E|-L|-LE|--tests-regex|--exclude-regex|--rerun-failed)(?:[= ]|$)`,
	// What leaves tests out by their path. Where that is no path of tests, it is more often a folder of other projects.
	`\s--(?:ignore|ignore-glob|testPathIgnorePatterns|exclude)[= ]["']?\S*(?:[Tt]est|[Ss]pec)`,
	// One test, or a file of tests
	`\s[^\s-]\S*::\w+`,
	`\s(?:[^\s*?{-][^\s*?{]*/)?(?:test_[\w.-]+\.py|[\w.-]+[._-](?:test|spec)\.(?:py|[cm]?[jt]sx?|rb|php)|\w+Test\.php|\w+_test\.(?:exs|dart))(?::\d+)?(?:\s|$)`,
}

var selects = lazyregexp.New(strings.Join(selecting, "|"))

// interpreters run a file of tests that may be all of them: python run_tests.py.
var interpreters = []string{"python", "python3", "node", "ruby", "php", "bash", "sh", "deno", "tsx"}

// runsScript reports whether a command is an interpreter with the script that it runs.
func runsScript(words []string) bool {
	return len(words) > 1 && slices.Contains(interpreters, program(words)) && !strings.HasPrefix(words[1], "-")
}

// isSelection reports whether a command runs only a part of the tests. A script that an interpreter runs by itself is all of them, as far as its text
// shows.
func isSelection(r shell.Run) bool {
	text := withSettings(r)
	if words := r.Bare(); runsScript(words) {
		text = strings.Join(words[1:], " ")
	}
	return selects().MatchString(text)
}

// partial returns a finding if a claimed command runs all tests, and all that ran of it are commands that ran a part of them, which nobody asked for;
// false if there is none.
func partial(claimed []shell.Run, calls []Call, at Place) (Finding, bool) {
	for _, claim := range claimed {
		if !isTest(claim) || isSelection(claim) {
			continue
		}
		var ran string
		whole := false
		for _, u := range calls {
			for _, r := range u.Script {
				if idle(r) || !same(claim, r) {
					continue
				}
				onePackage := strings.Contains(claim.Text(), "...") && !strings.Contains(r.Text(), "...")
				if (isSelection(r) || onePackage) && !asked(at, r) {
					ran = u.Command
				} else {
					whole = true
				}
			}
		}
		if ran != "" && !whole {
			return NewFinding(Contradicted, "you report that you ran %s, but you ran only a part of the tests, by %s; run all of them, or report the command that you ran", show(claim.Text()), show(ran)), true
		}
	}
	return Finding{}, false
}

// selected returns a note if all test runs ran only a part of the tests, which nobody asked for; false if one ran all.
func selected(runs []run, at Place) (Finding, bool) {
	for _, r := range runs {
		if !slices.ContainsFunc(r.tests, func(t shell.Run) bool { return isSelection(t) && !asked(at, t) }) {
			return Finding{}, false
		}
	}
	return NewFinding(Noted, "the gate ran only a part of the tests, by %s; what the other tests say is unknown", show(runs[len(runs)-1].Command)), true
}

// asked reports whether a line of the gate's prompt asks for the part of the tests that a command runs: it has the option or the file, and a test
// command or the word only. A list of changed files asks for nothing.
func asked(p Place, r shell.Run) bool {
	words := strings.Fields(selects().FindString(withSettings(r)))
	if len(words) == 0 {
		return false
	}
	token, _, _ := strings.Cut(words[len(words)-1], "=")
	for line := range strings.Lines(p.Prompt) {
		if before, after, has := strings.Cut(line, token); has && (tests().MatchString(before+" "+after) || slices.ContainsFunc(strings.Fields(before+" "+after), ownTests().MatchString) || only().MatchString(line)) {
			return true
		}
	}
	return false
}

var only = lazyregexp.New(`(?i)\b(?:only|just|solely)\b`)
