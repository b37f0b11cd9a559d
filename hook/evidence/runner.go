package evidence

import (
	"regexp"
	"strconv"
	"strings"
)

// result is what a test runner wrote about one run.
type result struct {
	runner string
	counts Counts
	// exact: the counts are those that people would report. go test writes none but those of the lines that are shown.
	exact bool
	// failed: the output says that something failed, whatever the counts.
	failed bool
}

// runner reads the output of one test runner.
type runner struct {
	name string
	read func(output string) (result, bool)
}

// runners are the known ones. Recorded outputs of each are in testdata.
var runners = []runner{
	{"pytest", summaries("pytest", pattern(`(?m)^=*\s*((?:\d+ (?:passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?|rerun|subtests passed)(?:, )?)+) in [\d.:]+m?s?.*$|^=*\s*(no tests ran) in .*$`),
		words{passed: []string{"passed", "xpassed", "xfailed"}, failed: []string{"failed", "error", "errors"}, skipped: []string{"skipped"}})},
	{"jest", summaries("jest", pattern(`(?m)^Tests:\s+(.*\d+ total)\s*$`), words{passed: []string{"passed"}, failed: []string{"failed"}, skipped: []string{"skipped", "todo"}, total: []string{"total"}})},
	{"vitest", vitest},
	{"node --test", lines("node --test", `(?m)^\s*(?:#|ℹ) `, map[string]string{"tests": "total", "pass": "passed", "fail": "failed", "cancelled": "failed", "skipped": "skipped", "todo": "skipped"})},
	{"cargo test", cargo},
	{"PHPUnit", phpunit},
	{"RSpec", rspec},
	{"go test", goTest},
	{"mocha", mocha},
	{"unittest", unittest},
	{"Maven", summaries("Maven", pattern(`(?m)^(?:\[\w+\] )?Tests run: (\d+, Failures: \d+, Errors: \d+, Skipped: \d+)\s*$`), words{})},
	{"dotnet test", dotnet},
	{"dotnet test", labelled(`(?m)^\s*Test summary: (total: \d+, failed: \d+, succeeded: \d+, skipped: \d+).*$`)},
	{"bun test", bun},
	{"deno test", labelledAfter(`(?m)^(?:ok|FAILED) \| (\d+ passed.*?) \([\d.]+m?s\)\s*$`)},
	{"cargo nextest", labelledAfter(`(?m)^\s*Summary \[\s*[\d.]+s\] \d+ tests? run: (.*)$`)},
	{"gotestsum", gotestsum},
	{"CTest", ctest},
	{"Gradle", labelled(`(?m)^(\d+ tests? completed(?:, \d+ failed)?(?:, \d+ skipped)?)\s*$`)},
	{"minitest", labelledAfter(`(?m)^(\d+ (?:runs|tests), \d+ assertions, \d+ failures, \d+ errors, \d+ skips)(?:,.*)?\s*$`)},
	{"ExUnit", labelledAfter(`(?m)^((?:\d+ (?:doctests?|properties|property|features?), )*\d+ tests?, \d+ failures?(?:, \d+ \w+)*)\s*$`)},
	{"Playwright", playwright},
	{"Pest", labelledAfter(`(?m)^\s*Tests:\s+(.*?) \(\d+ assertions\)\s*$`)},
	{"XCTest", xctest},
}

var (
	ansi       = pattern("\x1b\\[[0-9;?]*[ -/]*[@-~]")
	lineNumber = pattern(`(?m)^[ \t]*\d+(?:\t|→)`)
	countWord  = pattern(`(\d+) ([a-z]+)`)
)

// parse finds the results of known runners in an output, as it stands or with line numbers in front.
func parse(output string) []result {
	output = strings.ReplaceAll(ansi().ReplaceAllString(output, ""), "\r", "")
	output = lineNumber().ReplaceAllString(output, "")
	var list []result
	for _, r := range runners {
		if res, ok := r.read(output); ok {
			res.runner = r.name
			list = append(list, res)
		}
	}
	return list
}

// words are those that follow a count.
type words struct{ passed, failed, skipped, total []string }

func (w words) count(text string) Counts {
	c := Counts{0, 0, 0, -1}
	for _, match := range countWord().FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(match[1])
		if err != nil {
			continue
		}
		for to, list := range map[*int][]string{&c.Passed: w.passed, &c.Failed: w.failed, &c.Skipped: w.skipped} {
			for _, word := range list {
				if word == match[2] {
					*to += n
				}
			}
		}
		for _, word := range w.total {
			if word == match[2] {
				c.Total = n
			}
		}
	}
	if c.Total < 0 {
		c.Total = c.Passed + c.Failed + c.Skipped
	}
	return c
}

// summaries reads the last line that matches. Maven's line is the only one without words that follow its counts.
func summaries(name string, line func() *regexp.Regexp, w words) func(string) (result, bool) {
	return func(output string) (result, bool) {
		found := line().FindAllStringSubmatch(output, -1)
		if len(found) == 0 {
			return result{}, false
		}
		text := found[len(found)-1][1]
		if name == "Maven" {
			n := numbers(text)
			return result{counts: Counts{n[0] - n[1] - n[2] - n[3], n[1] + n[2], n[3], n[0]}, exact: true}, true
		}
		c := w.count(text)
		return result{counts: c, exact: true, failed: c.Failed > 0}, true
	}
}

func numbers(text string) []int {
	var list []int
	for _, field := range strings.FieldsFunc(text, func(c rune) bool { return c < '0' || c > '9' }) {
		n, _ := strconv.Atoi(field)
		list = append(list, n)
	}
	return list
}

var vitestLine = pattern(`(?m)^\s*Tests\s+((?:\d+ \w+(?: \| )?)+)\s*\((\d+)\)\s*$`)

func vitest(output string) (result, bool) {
	found := vitestLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	last := found[len(found)-1]
	c := words{passed: []string{"passed"}, failed: []string{"failed"}, skipped: []string{"skipped", "todo"}}.count(last[1])
	c.Total, _ = strconv.Atoi(last[2])
	return result{counts: c, exact: true}, true
}

// lines reads a summary with a line for each count, such as "# pass 3".
func lines(name, prefix string, fields map[string]string) func(string) (result, bool) {
	line := pattern(prefix + `(tests|pass|fail|cancelled|skipped|todo) (\d+)\s*$`)
	return func(output string) (result, bool) {
		found := line().FindAllStringSubmatch(output, -1)
		c, seen := Counts{}, map[string]int{}
		for _, match := range found {
			seen[match[1]], _ = strconv.Atoi(match[2]) // the last of several runs
		}
		if _, ok := seen["pass"]; !ok {
			if _, ok := seen["fail"]; !ok {
				return result{}, false
			}
		}
		for field, n := range seen {
			switch fields[field] {
			case "total":
				c.Total = n
			case "passed":
				c.Passed += n
			case "failed":
				c.Failed += n
			case "skipped":
				c.Skipped += n
			}
		}
		return result{runner: name, counts: c, exact: len(seen) >= 4}, true
	}
}

var cargoLine = pattern(`(?m)^test result: (ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;.*$`)

// cargo writes a line for each crate and one for the examples in the documentation.
func cargo(output string) (result, bool) {
	found := cargoLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	var r result
	for _, match := range found {
		n := numbers(strings.Join(match[2:], " "))
		r.counts.Passed, r.counts.Failed, r.counts.Skipped = r.counts.Passed+n[0], r.counts.Failed+n[1], r.counts.Skipped+n[2]
		r.failed = r.failed || match[1] == "FAILED"
	}
	r.counts.Total = r.counts.Passed + r.counts.Failed + r.counts.Skipped
	return r, true // the lines of some crates may be cut off
}

var (
	phpunitOK    = pattern(`(?m)^OK \((\d+) tests?, \d+ assertions?\)\s*$`)
	phpunitTests = pattern(`(?m)^Tests: (\d+), Assertions: \d+(.*?)\.?\s*$`)
	phpunitCount = pattern(`(Errors|Failures|Skipped|Incomplete|Warnings|Risky): (\d+)`)
)

func phpunit(output string) (result, bool) {
	if found := phpunitTests().FindAllStringSubmatch(output, -1); len(found) > 0 {
		last := found[len(found)-1]
		total, _ := strconv.Atoi(last[1])
		c := Counts{Total: total}
		for _, match := range phpunitCount().FindAllStringSubmatch(last[2], -1) {
			n, _ := strconv.Atoi(match[2])
			switch match[1] {
			case "Errors", "Failures":
				c.Failed += n
			case "Skipped", "Incomplete":
				c.Skipped += n
			}
		}
		c.Passed = total - c.Failed - c.Skipped
		return result{counts: c, exact: true}, true
	}
	if found := phpunitOK().FindAllStringSubmatch(output, -1); len(found) > 0 {
		n, _ := strconv.Atoi(found[len(found)-1][1])
		return result{counts: Counts{n, 0, 0, n}, exact: true}, true
	}
	return result{}, false
}

var rspecLine = pattern(`(?m)^(\d+) examples?, (\d+) failures?(?:, (\d+) pending)?(?:, (\d+) errors? occurred outside of examples)?\s*$`)

func rspec(output string) (result, bool) {
	found := rspecLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	last := found[len(found)-1]
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(last[i+1])
	}
	return result{counts: Counts{n[0] - n[1] - n[2], n[1] + n[3], n[2], n[0]}, exact: true}, true
}

var (
	goPackage = pattern(`(?m)^(ok|FAIL)\s+\S+\s+(?:[\d.]+s|\(cached\)|\[[^\]]+\])`)
	goTop     = pattern(`(?m)^--- (PASS|FAIL|SKIP): `)
	goEnd     = pattern(`(?m)^(PASS|FAIL)\s*$`)
)

// goTest writes a line for each package. Only with -v it writes one for each test, and people count subtests or do not.
func goTest(output string) (result, bool) {
	packages := goPackage().FindAllStringSubmatch(output, -1)
	if len(packages) == 0 {
		return result{}, false
	}
	r := result{counts: unknown}
	failed := 0
	for _, match := range goTop().FindAllStringSubmatch(output, -1) {
		if match[1] == "FAIL" {
			failed++
		}
	}
	for _, match := range packages {
		r.failed = r.failed || match[1] == "FAIL"
	}
	for _, match := range goEnd().FindAllStringSubmatch(output, -1) {
		r.failed = r.failed || match[1] == "FAIL"
	}
	if r.failed = r.failed || failed > 0; r.failed {
		r.counts.Failed = max(failed, 1)
	}
	return r, true
}

var (
	mochaPassing = pattern(`(?m)^\s+(\d+) passing(?: \([\dms.]+\))?\s*$`)
	mochaFailing = pattern(`(?m)^\s+(\d+) failing\s*$`)
	mochaPending = pattern(`(?m)^\s+(\d+) pending\s*$`)
)

func mocha(output string) (result, bool) {
	passing := mochaPassing().FindAllStringSubmatch(output, -1)
	if len(passing) == 0 {
		return result{}, false
	}
	last := func(found [][]string) int {
		if len(found) == 0 {
			return 0
		}
		n, _ := strconv.Atoi(found[len(found)-1][1])
		return n
	}
	c := Counts{Passed: last(passing), Failed: last(mochaFailing().FindAllStringSubmatch(output, -1)), Skipped: last(mochaPending().FindAllStringSubmatch(output, -1))}
	c.Total = c.Passed + c.Failed + c.Skipped
	return result{counts: c, exact: true}, true
}

var unittestLine = pattern(`(?m)^Ran (\d+) tests? in [\d.]+s\s*\n+(OK|FAILED)(?: \(([^)]*)\))?`)

func unittest(output string) (result, bool) {
	found := unittestLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	last := found[len(found)-1]
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

var dotnetLine = pattern(`(?m)^(?:Passed|Failed|Skipped)!\s+- Failed:\s+(\d+), Passed:\s+(\d+), Skipped:\s+(\d+), Total:\s+(\d+)`)

func dotnet(output string) (result, bool) {
	found := dotnetLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	var c Counts
	for _, match := range found { // one for each project
		n := numbers(strings.Join(match[1:], " "))
		c.add(Counts{n[1], n[0], n[2], n[3]})
	}
	return result{counts: c, exact: true}, true
}

// countNames are the words for counts in the summaries of many runners.
var countNames = words{
	passed: []string{"passed", "pass", "succeeded", "ok"}, failed: []string{"failed", "failure", "failures", "error", "errors", "fail", "timed"},
	skipped: []string{"skipped", "skips", "skip", "ignored", "todo", "todos", "pending", "incomplete", "excluded", "invalid", "flaky"},
	total:   []string{"tests", "test", "runs", "run", "completed", "total"},
}

// labelledAfter reads the last line that matches: counts with a word behind each, "2 passed, 1 failed". What is not counted is 0.
func labelledAfter(line string) func(string) (result, bool) {
	expr := pattern(line)
	return func(output string) (result, bool) {
		found := expr().FindAllStringSubmatch(output, -1)
		if len(found) == 0 {
			return result{}, false
		}
		c := countNames.count(found[len(found)-1][1])
		if c.Passed == 0 && c.Total > c.Failed+c.Skipped {
			c.Passed = c.Total - c.Failed - c.Skipped
		}
		return result{counts: c, exact: true, failed: c.Failed > 0}, true
	}
}

var wordCount = pattern(`([a-z]+): (\d+)`)

// labelled reads the last line that matches: counts with a word before each, or a word behind each.
func labelled(line string) func(string) (result, bool) {
	expr, after := pattern(line), labelledAfter(line)
	return func(output string) (result, bool) {
		found := expr().FindAllStringSubmatch(output, -1)
		if len(found) == 0 || !wordCount().MatchString(found[len(found)-1][1]) {
			return after(output)
		}
		c := countNames.count(wordCount().ReplaceAllString(found[len(found)-1][1], "$2 $1"))
		return result{counts: c, exact: true, failed: c.Failed > 0}, true
	}
}

var (
	bunLine = pattern(`(?m)^\s*(\d+) (pass|fail|skip|todo)\s*$`)
	bunRan  = pattern(`(?m)^Ran \d+ tests? across \d+ files?\b`)
)

// bun writes a line for each count, and how many tests it ran in how many files.
func bun(output string) (result, bool) {
	found := bunLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 || !bunRan().MatchString(output) {
		return result{}, false
	}
	last := map[string]int{}
	for _, match := range found {
		last[match[2]], _ = strconv.Atoi(match[1])
	}
	c := Counts{Passed: last["pass"], Failed: last["fail"], Skipped: last["skip"] + last["todo"]}
	c.Total = c.Passed + c.Failed + c.Skipped
	return result{counts: c, exact: true, failed: c.Failed > 0}, true
}

var gotestsumLine = pattern(`(?m)^DONE (?:\d+ runs?, )?(\d+ tests?.*?)(?: in [\d.]+s)?\s*$`)

// gotestsum counts subtests, and people may not.
func gotestsum(output string) (result, bool) {
	found := gotestsumLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	c := countNames.count(found[len(found)-1][1])
	r := result{counts: unknown, failed: c.Failed > 0}
	if r.failed {
		r.counts.Failed = c.Failed
	}
	return r, true
}

var ctestLine = pattern(`(?m)^\d+% tests passed, (\d+) tests? failed out of (\d+)\s*$`)

func ctest(output string) (result, bool) {
	found := ctestLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	n := numbers(strings.Join(found[len(found)-1][1:], " "))
	return result{counts: Counts{n[1] - n[0], n[0], -1, n[1]}, exact: true, failed: n[0] > 0}, true
}

var playwrightLine = pattern(`(?m)^\s*(\d+) (passed|failed|skipped|flaky|did not run|interrupted)(?: \([\d.hms ]+\))?\s*$`)

// playwright writes a line for each count, the passed ones with the time.
func playwright(output string) (result, bool) {
	found := playwrightLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	var c Counts
	for _, match := range found {
		n, _ := strconv.Atoi(match[1])
		switch match[2] {
		case "passed", "flaky":
			c.Passed += n
		case "failed", "interrupted":
			c.Failed += n
		default:
			c.Skipped += n
		}
	}
	c.Total = c.Passed + c.Failed + c.Skipped
	return result{counts: c, exact: true, failed: c.Failed > 0}, true
}

var xctestLine = pattern(`(?m)^\s*Executed (\d+) tests?, with (?:(\d+) tests? skipped and )?(\d+) failures?`)

func xctest(output string) (result, bool) {
	found := xctestLine().FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return result{}, false
	}
	last := found[len(found)-1]
	n := numbers(last[1] + " 0" + last[2] + " " + last[3])
	return result{counts: Counts{n[0] - n[1] - n[2], n[2], n[1], n[0]}, exact: true, failed: n[2] > 0}, true
}
