package evidence

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
)

// result is a test runner's own summary of one run.
type result struct {
	runner string
	counts Counts
	// all are the counts of every summary in the output: one command may test several packages.
	all Counts
	// exact means that people would report the same counts. go test counts only the lines that are shown.
	exact bool
	// failed means that the output shows a failure, whatever the counts.
	failed bool
}

// reader finds the result of one test runner in an output; false if there is none.
type reader func(output string) (result, bool)

// runners are the known test runners. If a name occurs twice, the later reader wins. Recorded outputs are in testdata.
var runners = []struct {
	name string
	read reader
}{
	{"pytest", summary(`(?m)^=*\s*((?:\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?|rerun|subtests passed)(?:, )?)+) in [\d.:]+m?s?.*$|^=*\s*(no tests ran) in .*$`)},
	{"jest", summary(`(?m)^Tests:\s+(.*\d+ total)\s*$`)},
	{"vitest", summary(`(?m)^\s*Tests\s+((?:\d+ \w+(?: \| )?)+)\s*\(\d+\)\s*$`)},
	{"node --test", tally(`(?m)^\s*(?:#|ℹ) (?P<word>tests|pass|fail|cancelled|skipped|todo) (?P<n>\d+)\s*$`, 4, `(?m)^\s*(?:#|ℹ) (?:pass|fail) \d+\s*$`)},
	{"cargo test", inexact(everySummary(`(?m)^test result: (?:ok|(FAILED))\. (\d+ passed; \d+ failed; \d+ ignored);.*$`))}, // the lines of some crates may be cut off
	{"PHPUnit", summary(`(?m)^OK \((\d+ tests?), \d+ assertions?\)\s*$`)},
	{"PHPUnit", summary(`(?m)^(Tests: \d+, Assertions: \d+.*?)\.?\s*$`)},
	{"RSpec", summary(`(?m)^(\d+ examples?, \d+ failures?(?:, \d+ pending)?(?:, \d+ errors? occurred outside of examples)?)\s*$`)},
	{"go test", goTest},
	{"mocha", tally(`(?m)^\s+(?P<n>\d+) (?P<word>passing|failing|pending)(?: \([\dms.]+\))?\s*$`, 1, `(?m)^\s+\d+ passing(?: \([\dms.]+\))?\s*$`)},
	{"unittest", unittest},
	{"Maven", summary(`(?m)^(?:\[\w+\] )?Tests (run: \d+, Failures: \d+, Errors: \d+, Skipped: \d+)\s*$`)},
	{"dotnet test", everySummary(`(?m)^(?:Passed|Failed|Skipped)!\s+- (Failed:\s+\d+, Passed:\s+\d+, Skipped:\s+\d+, Total:\s+\d+)`)}, // a line for each project
	{"dotnet test", summary(`(?m)^\s*Test summary: (total: \d+, failed: \d+, succeeded: \d+, skipped: \d+).*$`)},
	{"bun test", tally(`(?m)^\s*(?P<n>\d+) (?P<word>pass|fail|skip|todo)\s*$`, 1, `(?m)^Ran \d+ tests? across \d+ files?\b`)},
	{"deno test", summary(`(?m)^(?:ok|FAILED) \| (\d+ passed.*?) \([\d.]+m?s\)\s*$`)},
	{"cargo nextest", summary(`(?m)^\s*Summary \[\s*[\d.]+s\] \d+ tests? run: (.*)$`)},
	{"gotestsum", inexact(summary(`(?m)^DONE (?:\d+ runs?, )?(\d+ tests?.*?)(?: in [\d.]+s)?\s*$`))}, // it counts subtests; people may not
	{"CTest", ctest},
	{"Gradle", summary(`(?m)^(\d+ tests? completed(?:, \d+ failed)?(?:, \d+ skipped)?)\s*$`)},
	{"minitest", summary(`(?m)^(\d+ (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors, \d+ skips)(?:,.*)?\s*$`)},
	{"ExUnit", summary(`(?m)^((?:\d+ (?:doctests?|properties|property|features?), )*\d+ tests?, \d+ failures?(?:, \d+ \w+)*)\s*$`)},
	{"Playwright", everySummary(`(?m)^\s*(\d+ (?:passed|failed|skipped|flaky|did not run|interrupted))(?: \([\d.hms ]+\))?\s*$`)}, // a line for each count
	{"Pest", summary(`(?m)^\s*Tests:\s+(.*?) \(\d+ assertions\)\s*$`)},
	{"XCTest", summary(`(?m)^\s*Executed (\d+ tests?), with (?:(\d+) tests? (skipped) and )?(\d+ failures?)`)},
}

var (
	ansi       = lazyregexp.New("\x1b\\[[0-9;?]*[ -/]*[@-~]")
	lineNumber = lazyregexp.New(`(?m)^[ \t]*\d+(?:\t|→)`)
	aside      = lazyregexp.New(`\([^)]*\)`)
	wordBefore = lazyregexp.New(`([a-z]+):\s*(\d+)`)
	wordBehind = lazyregexp.New(`(\d+) ([a-z]+)`)
)

var (
	// none matches what test runners say when they run no tests, and what those say that find nothing to run.
	none = lazyregexp.New(`(?m)\[no tests to run\]|\[no test files\]|^(?:Error: )?No tests? (?:files )?found|\bno tests ran\b|^NO TESTS RAN|^No tests executed|^No tests were found|\bTests are skipped\.|\bNo tests to run\.|\bNo test is available\b|` +
		`^=*\s*\d+ tests? collected in |^(?:# |ℹ )tests 0\s*$|^Ran 0 tests\b|^0 examples, 0 failures|^\s+0 passing\b|` +
		`^g?make: (?:Nothing to be done for )?['` + "`" + `"](?:[\w.-]+[-_.:])?(?:tests?|check|spec|verify)'(?: is up to date)?\.\s*$|` +
		`^Error: no test specified|\bMissing script: "?[\w:.-]*test|\bCommand "test" not found|^g?make: \*\*\* No rule to make target ['` + "`" + `"](?:tests?|check)'|\bno packages to test\b|` +
		`\bCould not read package\.json\b|^> Task \S*:\w*[tT]est NO-SOURCE\s*$`)
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
	return !isTest(r) && (buildsOnly().MatchString(strings.Join(words, " ")) || slices.ContainsFunc(words[:min(3, len(words))], func(word string) bool {
		name := argv.Program(word)
		return name != "" && lints().FindString(name) == name
	}))
}

// noTests reports whether an output says that no test ran, and nothing in it says that one did.
func noTests(output string) bool {
	return (none().MatchString(output) || onlyEmpty(output)) && !some().MatchString(output) && !slices.ContainsFunc(parse(output), result.ran)
}

// ran reports whether a result has a test.
func (r result) ran() bool {
	return r.runner != "go test" && r.counts.Passed+r.counts.Failed > 0 || r.failed || r.counts.Failed > 0
}

// skipped reports whether a result has tests, and all were skipped.
func (r result) skipped() bool { return !r.ran() && r.counts.Passed == 0 && r.counts.Skipped > 0 }

// cleaned returns an output without colours and line numbers.
func cleaned(output string) string {
	return lineNumber().ReplaceAllString(strings.ReplaceAll(ansi().ReplaceAllString(output, ""), "\r", ""), "")
}

// parse finds the results of known runners in an output, with or without line numbers.
func parse(output string) []result {
	output = cleaned(output)
	var list []result
	for _, r := range runners {
		if res, ok := r.read(output); ok {
			res.runner = r.name
			if res.all == (Counts{}) {
				res.all = res.counts
			}
			list = append(list, res)
		}
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
		case "passed", "pass", "passing", "succeeded", "ok", "xpassed", "xfailed", "flaky":
			c.Passed += n
		case "failed", "failure", "failures", "error", "errors", "fail", "failing", "timed", "cancelled", "interrupted":
			c.Failed += n
		case "skipped", "skips", "skip", "ignored", "todo", "todos", "pending", "incomplete", "excluded", "invalid", "did": // did not run
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
	return counted(line, func(found [][]string) [][]string { return found[len(found)-1:] })
}

// everySummary adds up all lines that match.
func everySummary(line string) reader {
	return counted(line, func(found [][]string) [][]string { return found })
}

func counted(line string, choose func(found [][]string) [][]string) reader {
	expr := lazyregexp.New(line)
	return func(output string) (result, bool) {
		found := expr().FindAllStringSubmatch(output, -1)
		if len(found) == 0 {
			return result{}, false
		}
		groups := slices.Concat(withoutWhole(choose(found))...)
		all := count(strings.Join(slices.Concat(withoutWhole(found)...), " "))
		return result{counts: count(strings.Join(groups, " ")), all: all, exact: true, failed: slices.Contains(groups, "FAILED")}, true
	}
}

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

// inexact reads counts that people may report differently.
func inexact(read reader) reader {
	return func(output string) (result, bool) {
		r, ok := read(output)
		r.exact = false
		return r, ok
	}
}

var (
	goPackage = lazyregexp.New(`(?m)^(ok|FAIL)\s+\S+\s+(?:[\d.]+s|\(cached\)|\[[^\]]+\])`)
	goFailed  = lazyregexp.New(`(?m)^--- FAIL: `)
	goEnd     = lazyregexp.New(`(?m)^FAIL\s*$`)
)

// goTest reads the output of go test, which has a line for each package. Only with -v it has one for each test, and people may or may not count
// subtests.
func goTest(output string) (result, bool) {
	packages := goPackage().FindAllStringSubmatch(output, -1)
	if len(packages) == 0 {
		return result{}, false
	}
	r := result{counts: unknown}
	failed := len(goFailed().FindAllString(output, -1))
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

var ctestLine = lazyregexp.New(`(?m)^\d+% tests passed, (\d+) tests? failed out of (\d+)\s*$`)

// ctest reads a summary that does not say which of the passed tests were skipped.
func ctest(output string) (result, bool) {
	last, ok := lastMatch(ctestLine(), output)
	if !ok {
		return result{}, false
	}
	failed, _ := strconv.Atoi(last[1])
	total, _ := strconv.Atoi(last[2])
	return result{counts: Counts{total - failed, failed, -1, total}, exact: true}, true
}

// lastMatch returns the last match of a pattern with its groups.
func lastMatch(expr *regexp.Regexp, text string) ([]string, bool) {
	found := expr.FindAllStringSubmatch(text, -1)
	if len(found) == 0 {
		return nil, false
	}
	return found[len(found)-1], true
}
