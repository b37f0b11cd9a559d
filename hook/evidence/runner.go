package evidence

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
)

// result is a test runner's own summary of one run.
type result struct {
	runner string
	counts Counts
	// all are the counts of every summary in the output: one command may test several packages. each has those of every one by itself.
	all  Counts
	each []Counts
	// exact means that people would report the same counts. go test counts only the lines that are shown.
	exact bool
	// failed means that the output shows a failure, whatever the counts.
	failed bool
	// bare means that it has no counts, and says only whether everything passed.
	bare bool
}

// reader finds the result of one test runner in an output; false if there is none.
type reader func(output string) (result, bool)

// runners are the known test runners. If a name occurs twice, the later reader wins. An output without the text has is not read. Recorded outputs are
// in testdata.
var runners = []struct {
	name, has string
	read      reader
}{
	{"pytest", "[100%]", pytestDots},
	{"pytest", " in ", summary(`(?m)^=*\s*((?:\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?|rerun|subtests passed)(?:, )?)+) in [\d.:]+m?s?.*$|^=*\s*(no tests ran) in .*$`)},
	// A suite that cannot be loaded has no tests, and fails.
	{"jest", "Tests:", summary(`(?m)^(?:Test Suites:\s+\d+ (failed).*\n)?Tests:\s+(.*\d+ total)\s*$`)},
	{"vitest", "Tests ", summary(`(?m)^(?:\s*Test Files\s+\d+ (failed).*\n)?\s*Tests\s+((?:\d+ \w+(?: \| )?)+)\s*\(\d+\)\s*$(?:\n\s*Errors\s+(\d+ errors?)\s*$)?|^\s*Test Files\s+\d+ (failed).*\n\s*Tests\s+no tests\s*$`)},
	{"node --test", "pass ", tally(`(?m)^\s*(?:#|ℹ) (?P<word>tests|pass|fail|cancelled|skipped|todo) (?P<n>\d+)\s*$`, 4, `(?m)^\s*(?:#|ℹ) (?:pass|fail) \d+\s*$`)},
	{"cargo test", "test result: ", inexact(everySummary(`(?m)^test result: (?:ok|(FAILED))\. (\d+ passed; \d+ failed; \d+ ignored);.*$`))}, // the lines of some crates may be cut off
	{"PHPUnit", "OK (", summary(`(?m)^OK \((\d+ tests?), \d+ assertions?\)\s*$`)},
	{"PHPUnit", "Assertions: ", summary(`(?m)^(Tests: \d+, Assertions: \d+.*?)\.?\s*$`)},
	{"RSpec", " failure", summary(`(?m)^(\d+ examples?, \d+ failures?(?:, \d+ errors)?(?:, \d+ pending)?(?:, \d+ errors? occurred outside of examples)?)\s*$`)},
	{"go test", "", goTest},
	{"mocha", " passing", tally(`(?m)^\s+(?P<n>\d+) (?P<word>passing|failing|pending)(?: \([\dms.]+\))?\s*$`, 1, `(?m)^\s+\d+ passing(?: \([\dms.]+\))?\s*$`)},
	{"unittest", "Ran ", unittest},
	{"Maven", "Tests run: ", summary(`(?m)^(?:\[\w+\] )?Tests (run: \d+, Failures: \d+, Errors: \d+, Skipped: \d+)\s*$`)},
	{"dotnet test", "Failed: ", everySummary(`(?m)^(?:Passed|Failed|Skipped)!\s+- (Failed:\s+\d+, Passed:\s+\d+, Skipped:\s+\d+, Total:\s+\d+)`)}, // a line for each project
	{"dotnet test", "Test summary: ", summary(`(?m)^\s*Test summary: (total: \d+, failed: \d+, succeeded: \d+, skipped: \d+).*$`)},
	{"bun test", "Ran ", tally(`(?m)^\s*(?P<n>\d+) (?P<word>pass|fail|skip|todo)\s*$`, 1, `(?m)^Ran \d+ tests? across \d+ files?\b`)},
	{"deno test", " passed", summary(`(?m)^(?:ok|FAILED) \| (\d+ passed.*?) \([\d.]+m?s\)\s*$`)},
	{"cargo nextest", "Summary [", summary(`(?m)^\s*Summary \[\s*[\d.]+s\] \d+ tests? run: (.*)$`)},
	{"gotestsum", "DONE ", inexact(summary(`(?m)^DONE (?:\d+ runs?, )?(\d+ tests?.*?)(?: in [\d.]+s)?\s*$`))}, // it counts subtests; people may not
	{"CTest", "tests passed, ", ctest},
	{"Gradle", " completed", summary(`(?m)^(\d+ tests? completed(?:, \d+ failed)?(?:, \d+ skipped)?)\s*$`)},
	{"minitest", " assertions, ", summary(`(?m)^(\d+ (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors, (?:\d+ skips|\d+ pendings, \d+ omissions))(?:,.*)?\s*$`)}, // test-unit has the latter
	{"ExUnit", " failure", summary(`(?m)^((?:\d+ (?:doctests?|properties|property|features?), )*\d+ tests?, \d+ failures?(?:, \d+ \w+)*)\s*$`)},
	{"Playwright", "", everySummary(`(?m)^\s*(\d+ (?:passed|failed|skipped|flaky|did not run|interrupted))(?: \([\d.hms ]+\))?\s*$`)}, // a line for each count
	{"Pest", " assertions)", summary(`(?m)^\s*Tests:\s+(.*?) \(\d+ assertions\)\s*$`)},
	{"Swift Testing", "Test run with ", summary(`(?m)\bTest run with (\d+ tests?)(?: in \d+ suites?)? (?:passed|(failed)) after `)},
	{"XCTest", "Executed ", summary(`(?m)^\s*Executed (\d+ tests?), with (?:(\d+) tests? (skipped) and )?(\d+ failures?)`)},
	{"TAP", "1..", tap},
	{"tap", "# { total: ", summary(`(?m)^# \{ (total: \d+(?:, \w+: \d+)*) \}\s*$`)},
	{"ava", "─", tally(`(?m)^\s+(?P<n>\d+) tests? (?P<word>passed|failed|skipped|todo)\s*$`, 1, `(?m)^\s+─\s*$`)},
	{"GoogleTest", "[  PASSED  ]", tally(`(?m)^\[\s*(?P<word>PASSED|FAILED|SKIPPED)\s*\] (?P<n>\d+) tests?[.,]`, 1, `(?m)^\[  PASSED  \] \d+ tests?\.`)},
	{"Meson", "Unexpected Pass:", tally(`(?m)^(?P<word>Ok|Fail|Skipped|Timeout):\s+(?P<n>\d+)\s*$`, 4, `(?m)^Fail:\s+\d+\s*\nUnexpected Pass:`)},
	{"doctest", "[doctest] ", summary(`(?m)^\[doctest\] test cases:(.*)$`)},
	{"busted", " success", summary(`(?m)^(\d+ success(?:es)? / \d+ failures? / \d+ errors? / \d+ pending) : [\d.]+ seconds`)},
	{"clojure.test", " containing ", everySummary(`(?m)^Ran (\d+ tests) containing \d+ assertions?\.\s*\n(\d+ failures, \d+ errors)\.`)},
	{"terraform test", "! ", summary(`(?m)^(?:Success|Failure)! (\d+ passed, \d+ failed(?:, \d+ skipped)?)\.`)},
	{"Forge", " total test", summary(`(?m): (\d+) tests? (passed, \d+ failed, \d+ skipped) \(\d+ total tests?\)`)},
	{"behave", " scenario", summary(`(?m)^(\d+) scenarios? (passed, \d+ failed, \d+ skipped)`)},
	{"Cucumber", " scenario", summary(`(?m)^\d+ scenarios? \((\d+ \w+(?:, \d+ \w+)*)\)\s*$`)},
	{"Robot Framework", " passed, ", summary(`(?m)^(\d+ tests?, \d+ passed, \d+ failed(?:, \d+ skipped)?)\s*$`)},
	{"Pester", "Tests Passed: ", summary(`(?m)^Tests (Passed: \d+, Failed: \d+, Skipped: \d+)`)},
	{"Karma", "TOTAL: ", summary(`(?m)^TOTAL: (\d+ \w+(?:, \d+ \w+)?)\s*$`)},
	{"Karma", "Executed ", inexact(summary(`(?m)\bExecuted (\d+) of \d+ (?:\(?(SUCCESS|\d+ FAILED)\b)`))}, // with no skipped ones
	{"Gradle build", "BUILD ", verdict(`(?m)^BUILD (?:SUCCESSFUL|(FAILED)) in `)},
	{"Gradle build", "There were failing tests", verdict(`(?m)^(There were failing tests)\.`)},
	{"Maven build", "BUILD ", verdict(`(?m)^(?:\[\w+\] )?BUILD (?:SUCCESS|(FAILURE))\s*$`)},
	{"Maven build", "There are test failures", verdict(`(?m)^(?:\[\w+\] )?(There are test failures)\.`)},
	{"tox", "congratulations :)", verdict(`(?m)^\s*congratulations :\)()`)},
	{"tox", "evaluation failed :(", verdict(`(?m)^\s*(evaluation failed) :\(`)},
	{"tox", ": commands failed", verdict(`(?m)^ERROR:\s+\S+: (commands failed)`)},
	{"nox", "nox > Session ", verdict(`(?m)^nox > Session \S+ (?:was successful\.|(failed)\b)`)},
	{"Turborepo", " successful, ", verdict(`(?m)^\s*Tasks:\s+\d+ successful, \d+ total\s*$|^\s*Failed:\s+(\S+#\S+)`)},
	{"Nx", "NX ", verdict(`(?m)^[\s>]*NX\s+(?:Successfully ran targets? \S*test|(Running targets? .*failed|Ran targets? .*failed))`)},
	{"prove", "Result: ", verdict(`(?m)^Result: (?:PASS|(FAIL))\s*$`)},
	{"package:test", "tests ", verdict(`(?m)^\d+:\d\d \+\d+(?: ~\d+)?(?: -\d+)?: (?:All tests passed!|(Some tests failed\.))`)}, // of Dart and Flutter
	{"xcodebuild", "** TEST ", verdict(`(?m)^\*\* TEST (?:SUCCEEDED|(FAILED)) \*\*`)},
	{"Bazel", " out of ", verdict(`(?m)^Executed \d+ out of \d+ tests?: (?:\d+ tests? pass(?:es)?\.|.*(fails? ))`)},
	{"sbt", ": Total ", verdict(`(?m)^\[\w+\] (?:Passed|(Failed|Error)): Total \d+, Failed \d+, Errors \d+, Passed \d+`)},
	{"Catch2", "All tests passed (", verdict(`(?m)^All tests passed \(\d+ assertion()`)},
	{"Catch2", "test cases: ", verdict(`(?m)^test cases: .* (\d+ failed)`)},
	{"testthat", "[ FAIL ", verdict(`(?m)^\[ FAIL (?:0|(\d+)) \| WARN \d+ \| SKIP \d+ \| PASS \d+ \]`)},
	{"dbt", "Done. PASS=", verdict(`(?m)\bDone\. PASS=\d+ WARN=\d+ ERROR=(?:0|(\d+)) `)},
}

var (
	ansi       = lazyregexp.New("\x1b\\[[0-9;?]*[ -/]*[@-~]")
	lineNumber = lazyregexp.New(`(?m)^[ \t]*\d+(?:\t|→)`)
	// ofPackage matches what programs that run the tests of several packages print before each line: turbo's web:test:, pnpm's packages/web test:, and
	// mise's [test].
	ofPackage  = lazyregexp.New(`(?m)^(?:@?[\w./-]+[:#]\S*test\S*: |(?:[\w@.-]*/[\w./-]+|\.) test\S*: |\[\S*test\S*\] )`)
	aside      = lazyregexp.New(`\([^)]*\)`)
	wordBefore = lazyregexp.New(`([a-z]+):\s*(\d+)`)
	wordBehind = lazyregexp.New(`(\d+) ([a-z]+)`)
)

// testTask is a pattern of the name of a project's task that runs tests.
const testTask = `[\w./:-]*(?:test|check|spec|verify|\bci\b)[\w./:-]*`

var (
	// none matches what test runners say when they run no tests, and what those say that find nothing to run.
	none = lazyregexp.New(`(?m)^1\.\.0\b|^Result: NOTESTS\s*$|^No tests defined\.|^There are no tests to run|^0 (?:failures|tests)\s*$|\[no tests to run\]|\[no test files\]|^(?:Error: )?No tests? (?:files )?found|\bno tests ran\b|^NO TESTS RAN|^No tests executed|^No tests were found|\bTests are skipped\.|\bNo tests to run\.|\bNo test is available\b|` +
		`^=*\s*\d+ tests? collected in |^(?:# |ℹ )tests 0\s*$|^Ran 0 tests\b|^0 examples, 0 failures|^\s+0 passing\b|` +
		`^g?make: (?:Nothing to be done for )?['` + "`" + `"](?:[\w.-]+[-_.:])?(?:tests?|check|spec|verify)'(?: is up to date)?\.\s*$|` +
		`^Error: no test specified|\bMissing script: "?[\w:.-]*test|\bCommand "test" not found|^g?make: \*\*\* No rule to make target ['` + "`" + `"](?:tests?|check)'|\bno packages to test\b|` +
		`\bCould not read package\.json\b|^(?:> Task )?\S*:\w*[tT]est NO-SOURCE\s*$`)
	// notStarted matches what the client, a shell or a test runner says if no test was started: the call was refused or cancelled, the folder or the
	// runner is not there, or the runner does not know an option.
	notStarted = lazyregexp.New(`(?im)\A(?:<tool_use_error>|The user doesn't want to |Permission (?:to use|for this tool use) |Exit code 12[67]\b)|^\S+: (?:line )?\d+: cd: |:cd:\d+: no such file|^\S*python\S*: No module named|^\S+: (?:line )?(?:\d+: )?(?:\S+: )?command not found\b|^sh: \d+: \S+: not found$|^(?:[\w./-]+: )*(?:unrecognized|unknown|invalid|unexpected) (?:command.line )?(?:argument|option|flag)s?\b|^flag provided but not defined: |^\s*● Unrecognized CLI Parameter|^CACError: Unknown option`)
	// taskFailed matches what a program says that runs the tests for a project, or measures their coverage, if that failed: a pipe hides its status.
	taskFailed = lazyregexp.New(`(?m)^g?make(?:\[\d+\])?: \*\*\* \[(?:\S+: )?` + testTask + `\] Error |^error: Recipe .` + testTask + `. failed |^task: Failed to run task "` + testTask + `"|^\[` + testTask + `\] ERROR task failed|` +
		`^error: script "` + testTask + `" exited with code |^\W*ELIFECYCLE\W+Test failed\.|^\W*ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL\W.* test\S*: |^(?:FAIL|ERROR:?) Required test coverage of |^Jest: .* coverage threshold |^ERROR: Coverage for `)
	// some matches what else says that tests ran.
	some = lazyregexp.New(`(?im)\b[1-9]\d* (?:tests? )?(?:passed|passing|pass|ok|succeeded)\b|\b(?:pass|passed|ok):? [1-9]|^ok\s+\S+\s+(?:[\d.]+s|\(cached\))(?:\s+coverage: .*)?\s*$|^(?:not )?ok \d+|^> Task \S*:\w*test(?: UP-TO-DATE| FROM-CACHE)?\s*$`)
)

var (
	// scripts matches what npm, pnpm and yarn print before a script: its package and name, and its text.
	scripts = lazyregexp.New(`(?m)^[>$] (?:(?:\S+@\S+ )?test\b[\w:.-]*(?: /\S*)?|\S+@\S+ [\w:.-]+(?: /\S*)?|(\S.*?))\s*$`)
	// empty matches the text of a script that runs nothing.
	empty = lazyregexp.New(`^(?:(?:true|:|exit 0|echo\b[^&|;]*)\s*(?:&&|;|$)\s*)+$`)
)

// onlyEmpty reports whether every script that an output shows runs nothing, and there is one.
func onlyEmpty(output string) (found bool) {
	for _, script := range scripts().FindAllStringSubmatch(output, -1) {
		if script[1] != "" && !empty().MatchString(script[1]) {
			return false
		}
		found = found || script[1] != ""
	}
	return found
}

// asides matches lines that make and npm print beside the commands that they run, and what linters print that found nothing.
var asides = lazyregexp.New(`^(?:g?make(?:\[\d+\])?: (?:Entering|Leaving) directory .*|npm (?:notice|warn)\b.*|All checks passed!|Success: no issues found in .*|\s*)$`)

// onlyChecks reports whether an output has only commands that make, npm or a program like them ran, and each of them builds or checks how a source is
// written, so that no test ran.
func onlyChecks(output string) (found bool) {
	for line := range strings.Lines(scripts().ReplaceAllStringFunc(cleaned(output), func(line string) string {
		return scripts().FindStringSubmatch(line)[1]
	})) {
		line = strings.TrimSpace(line)
		if asides().MatchString(line) {
			continue
		}
		script := commands(line)
		checks := slices.ContainsFunc(script, checksOnly)
		if found = found || checks; !checks || slices.ContainsFunc(script, func(r shell.Run) bool { return !checksOnly(r) && !idle(r) }) {
			return false
		}
	}
	return found
}

// checksOnly reports whether a command builds, or is a linter by its name or by one of the words after a program that starts others.
func checksOnly(r shell.Run) bool {
	words := r.Bare()
	return !isTest(r) && (buildsOnly().MatchString(strings.Join(words, " ")) || slices.ContainsFunc(words[:min(3, len(words))], isLinter))
}

// noTests reports whether an output says that no test ran, and nothing in it says that one did.
func noTests(output string) bool {
	return (none().MatchString(output) || onlyEmpty(output)) && !some().MatchString(output) && !slices.ContainsFunc(parse(output), result.ran)
}

func (r result) ran() bool {
	return r.runner != "go test" && r.counts.Passed+r.counts.Failed > 0 || r.failed || r.counts.Failed > 0
}

// skipped reports whether a result has tests, and all were skipped.
func (r result) skipped() bool { return !r.ran() && r.counts.Passed == 0 && r.counts.Skipped > 0 }

// cleaned returns an output without colours and line numbers.
func cleaned(output string) string {
	return lineNumber().ReplaceAllString(strings.ReplaceAll(ansi().ReplaceAllString(output, ""), "\r", ""), "")
}

// parse finds the results of known runners in an output, with or without line numbers, and with or without the name of a package in each line.
func parse(output string) []result {
	output = ofPackage().ReplaceAllString(cleaned(output), "")
	var list []result
	for _, r := range runners {
		if !strings.Contains(output, r.has) {
			continue
		}
		if res, ok := r.read(output); ok {
			res.runner = r.name
			if res.all == (Counts{}) {
				res.all = res.counts
			}
			list = append(list, res)
		}
	}
	if len(list) > 1 { // another has counts, and the program around it has none
		list = slices.DeleteFunc(list, func(r result) bool { return r.bare && !r.failed })
	}
	return list
}

// count adds up the counts in a text, each with a word after it, "2 passed", or before it, "Passed: 2". A number in parentheses is part of another
// count. A count that is missing is 0. That tests passed or ran at all follows from the other counts.
func count(text string) Counts {
	var c Counts
	text = strings.ToLower(aside().ReplaceAllString(text, ""))
	for _, match := range wordBehind().FindAllStringSubmatch(wordBefore().ReplaceAllString(text, "$2 $1"), -1) {
		n, err := strconv.Atoi(match[1])
		if err != nil {
			continue
		}
		switch match[2] {
		case "passed", "pass", "passing", "success", "successes", "succeeded", "ok", "xpassed", "xfailed", "flaky":
			c.Passed += n
		case "failed", "failure", "failures", "error", "errors", "fail", "failing", "timed", "timeout", "cancelled", "interrupted":
			c.Failed += n
		case "skipped", "skips", "skip", "ignored", "todo", "todos", "pending", "pendings", "omissions", "incomplete", "excluded", "invalid", "did": // did not run
			c.Skipped += n
		case "tests", "test", "runs", "run", "completed", "total", "examples", "example":
			c.Total += n
		}
	}
	switch {
	case c.Total == 0:
		c.Total = c.Passed + c.Failed + c.Skipped
	case c.Passed == 0:
		c.Passed = max(0, c.Total-c.Failed-c.Skipped)
	}
	return c
}

// summary reads the last line that matches. The groups of the pattern have the counts.
func summary(line string) reader {
	return counted(line, maxEach, func(found [][]string) [][]string { return found[len(found)-1:] })
}

// maxEach bounds the summaries of one output that are looked at one by one.
const maxEach = 64

// everySummary adds up all lines that match.
func everySummary(line string) reader {
	return counted(line, 0, func(found [][]string) [][]string { return found })
}

// counted reads the lines that choose returns, and the first lines by themselves, each of them at most.
func counted(line string, each int, choose func(found [][]string) [][]string) reader {
	expr := lazyregexp.New(line)
	return func(output string) (result, bool) {
		found := expr().FindAllStringSubmatch(output, -1)
		if len(found) == 0 {
			return result{}, false
		}
		groups := slices.Concat(withoutWhole(choose(found))...)
		all := count(strings.Join(slices.Concat(withoutWhole(found)...), " "))
		r := result{counts: count(strings.Join(groups, " ")), all: all, exact: true, failed: slices.ContainsFunc(groups, isFailed)}
		for _, single := range withoutWhole(found[:min(len(found), each)]) {
			r.each = append(r.each, count(strings.Join(single, " ")))
		}
		return r, true
	}
}

func isFailed(word string) bool { return strings.EqualFold(word, "failed") }

// withoutWhole returns the groups of matches alone.
func withoutWhole(matches [][]string) (groups [][]string) {
	for _, match := range matches {
		groups = append(groups, match[1:])
	}
	return groups
}

// tally reads one line for each count. The last line with each word counts. If there are fewer than least words, the rest may be cut off. In an
// output that needed does not match, such lines mean something else.
func tally(line string, least int, needed string) reader {
	expr, summarises := lazyregexp.New(line), lazyregexp.New(needed)
	return func(output string) (result, bool) {
		last, every := map[string]string{}, ""
		for _, match := range expr().FindAllStringSubmatch(output, -1) {
			word, n := match[expr().SubexpIndex("word")], match[expr().SubexpIndex("n")]
			last[word] = n
			every += n + " " + word + " "
		}
		if len(last) == 0 || !summarises().MatchString(output) {
			return result{}, false
		}
		var text strings.Builder
		for word, n := range last {
			text.WriteString(n + " " + word + " ")
		}
		return result{counts: count(text.String()), all: count(every), exact: len(last) >= least}, true
	}
}

// verdict reads lines that say only whether everything passed. The groups of the pattern match in one that says that something failed.
func verdict(line string) reader {
	expr := lazyregexp.New(line)
	return func(output string) (result, bool) {
		found := expr().FindAllStringSubmatch(output, -1)
		failed := slices.ContainsFunc(withoutWhole(found), func(groups []string) bool { return strings.Join(groups, "") != "" })
		return result{counts: unknown, failed: failed, bare: true}, len(found) > 0
	}
}

// inexact reads counts that people may report differently.
func inexact(read reader) reader {
	return func(output string) (result, bool) {
		r, ok := read(output)
		r.exact = false
		return r, ok
	}
}

var (
	dots       = lazyregexp.New(`(?m)^([.sxXFE]+)[ \t]+\[[ \d]+%\]\s*$`)
	dotsEnd    = lazyregexp.New(`(?m)^[.sxXFE]+[ \t]+\[100%\]\s*$`)
	dotsFailed = lazyregexp.New(`(?m)^(?:FAILED|ERROR) \S`)
)

// pytestDots reads what pytest prints of each test. With -q twice, of which one is often in the project's configuration, it prints no summary if all
// passed.
func pytestDots(output string) (result, bool) {
	failed := dotsFailed().MatchString(output) || slices.ContainsFunc(dots().FindAllString(output, -1), func(line string) bool { return strings.ContainsAny(line, "FE") })
	return result{counts: unknown, failed: failed}, dotsEnd().MatchString(output)
}

var (
	goPackage = lazyregexp.New(`(?m)^(ok|FAIL)\s+\S+\s+(?:[\d.]+s|\(cached\)|\[[^\]]+\])`)
	goFailed  = lazyregexp.New(`(?m)^--- FAIL: `)
	goEnd     = lazyregexp.New(`(?m)^FAIL\s*$`)
	goPassed  = lazyregexp.New(`(?m)^--- PASS: [^\n]*\n(?:[^\n]*\n)*PASS\s*$`)
)

// goTest reads the output of go test, which has a line for each package. Only with -v it has one for each test, and people may or may not count
// subtests. A search for the lines of tests leaves out those of packages.
func goTest(output string) (result, bool) {
	packages, failed := goPackage().FindAllStringSubmatch(output, -1), len(goFailed().FindAllString(output, -1))
	if len(packages) == 0 && failed == 0 && !goPassed().MatchString(output) {
		return result{}, false
	}
	r := result{counts: unknown}
	if failed > 0 || goEnd().MatchString(output) || slices.ContainsFunc(packages, func(match []string) bool { return match[1] == "FAIL" }) {
		r.counts.Failed = max(failed, 1)
	}
	return r, true
}

var unittestLine = lazyregexp.New(`(?m)^Ran (\d+) tests? in [\d.]+s\s*\n+(OK|FAILED)(?: \(([^)]*)\))?`)

func unittest(output string) (result, bool) {
	last, ok := lastMatch(unittestLine(), output)
	if !ok {
		return result{}, false
	}
	total, _ := strconv.Atoi(last[1])
	c := Counts{Total: total}
	for part := range strings.SplitSeq(last[3], ", ") {
		word, number, _ := strings.Cut(part, "=")
		n, _ := strconv.Atoi(number)
		switch word {
		case "failures", "errors", "unexpected successes":
			c.Failed += n
		case "skipped":
			c.Skipped += n
		}
	}
	c.Passed = total - c.Failed - c.Skipped
	return result{counts: c, exact: true, failed: last[2] == "FAILED"}, true
}

var (
	tapPlan = lazyregexp.New(`(?m)^1\.\.(\d+)\b`)
	tapLine = lazyregexp.New(`(?mi)^[ \t]*(not )?ok\b(?: \d+)?[^#\n]*(?:# *(skip|todo)\b)?.*$`)
	tapEnd  = lazyregexp.New(`(?m)^# (?:pass|fail) +\d+|^Files=\d+, Tests=\d+`)
)

// tap reads the Test Anything Protocol (https://testanything.org/tap-version-14-specification.html): a line for each test, and how many there are to be.
// Lines that do not have all tests show no more than failures. What sums them up in words has a reader of its own.
func tap(output string) (result, bool) {
	planned := 0
	for _, plan := range tapPlan().FindAllStringSubmatch(output, -1) {
		n, _ := strconv.Atoi(plan[1])
		planned += n
	}
	c, exact := Counts{}, true
	for _, line := range tapLine().FindAllStringSubmatch(output, -1) {
		switch {
		case strings.HasPrefix(line[0], " ") || strings.HasPrefix(line[0], "\t"):
			exact = false // a test in a test
		case line[2] != "":
			c.Skipped++
		case line[1] != "":
			c.Failed++
		default:
			c.Passed++
		}
	}
	c.Total = c.Passed + c.Failed + c.Skipped
	return result{counts: c, exact: exact}, (c.Failed > 0 || planned > 0 && c.Total == planned) && tapPlan().MatchString(output) && !tapEnd().MatchString(output)
}

var (
	ctestLine    = lazyregexp.New(`(?m)^\d+% tests passed, (\d+) tests? failed out of (\d+)\s*$`)
	ctestSkipped = lazyregexp.New(`(?m)^\s+\d+ - .* \(Skipped\)\s*$`)
)

// ctest reads a summary that counts skipped tests as passed. Below it they are listed.
func ctest(output string) (result, bool) {
	last, ok := lastMatch(ctestLine(), output)
	if !ok {
		return result{}, false
	}
	failed, _ := strconv.Atoi(last[1])
	total, _ := strconv.Atoi(last[2])
	skipped := len(ctestSkipped().FindAllString(output, -1))
	return result{counts: Counts{total - failed - skipped, failed, skipped, total}, exact: true}, true
}

// lastMatch returns the last match of a pattern with its groups.
func lastMatch(expr *regexp.Regexp, text string) ([]string, bool) {
	found := expr.FindAllStringSubmatch(text, -1)
	if len(found) == 0 {
		return nil, false
	}
	return found[len(found)-1], true
}
