package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/report/document"
)

// gateClaims are the claims of a gate's result, from wherever they are in it. Agents of one plugin have put test counts at the top,
// in tests, in test_metrics and in one object for each kind of test, and their verdict at the top or in validation_status.
type gateClaims struct {
	text     string // of the result
	verdicts []verdictClaim
	// issues are the first blocking issues, each on one line. omitted counts the others.
	issues  []string
	omitted int
	// failures are counts of failed tests, exit codes and flags that no pass can have.
	failures []claim
	// ran: commands, exit codes or counts of tests show that something was run.
	ran bool
	// commands are the commands that it says were run, files the files that it says were read.
	commands, files []string
	// counts are the objects that count tests.
	counts []testCount
	// unmeasured: the coverage is said to be below the threshold only because it was not measured.
	unmeasured bool
	// reviewed is the number of files that were reviewed; -1 if the result has no such list.
	reviewed int
}

type verdictClaim struct {
	path   path
	passed bool
}

// claim is a value, fit for display, and its path.
type claim struct {
	path  path
	value string
}

// maxClaimDepth is how deep claims are searched. Deeper objects hold only details.
const maxClaimDepth = 3

func claimsOf(text string, object map[string]any, root document.Place) gateClaims {
	c := gateClaims{text: text, reviewed: -1}
	c.walk(object, root, nil, aRun)
	if len(c.verdicts) == 0 { // taken from another field
		c.verdict("gatestatus", object["gate_status"], document.Place{}, path{"gate_status"})
	}
	if len(c.verdicts) > 0 && c.passed() && c.omitted == 0 { // without a verdict the issues are the verdict, and "No changes" may be one
		c.issues = slices.DeleteFunc(c.issues, saysNothing)
	}
	return c
}

// subject is what the numbers in an object describe.
type subject int

const (
	anything subject = iota
	aRun             // a run of the gate's tools
	itsTests
)

// path is the list of names from the top to an object or a value.
type path []string

// pointer returns the path as a JSON pointer (RFC 6901). Each name is cut, since it can be as long as the whole text.
func (p path) pointer() string {
	var b strings.Builder
	for _, name := range p {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(quote.Clip(name, quote.MaxName)))
	}
	return b.String()
}

// walk gathers the claims of an object. It skips lists, which hold details and earlier runs.
func (c *gateClaims) walk(object map[string]any, at document.Place, to path, about subject) {
	for _, name := range at.Names() {
		value, here := object[name], append(slices.Clip(to), name)
		bare := bareName(name)
		if len(to) <= 2 {
			lint(c, bare, value, to, here)
		}
		switch {
		case slices.Contains(thresholdNames, bare) && value == false && notMeasured(object):
			c.unmeasured = true
		case len(to) <= 1:
			c.verdict(bare, value, at.Fields[name], here)
		}
		if hasVerdict(object) {
			c.otherVerdict(bare, value, at.Fields[name], here)
		}
		switch v := value.(type) {
		case float64:
			c.number(bare, v, here, about)
		case map[string]any:
			if len(here) <= maxClaimDepth && !isPast(name) {
				c.walk(v, at.Fields[name], here, about.of(name))
			}
		}
		if slices.Contains(commandNames, bare) {
			c.ran = c.ran || len(appendCommands(nil, value)) > 0
			if !isPast(name) {
				c.commands = appendCommands(c.commands, value)
			}
		}
	}
	if about == itsTests || about == aRun {
		count(c, object, to, about)
	}
}

// verdict takes a field that decides the verdict.
func (c *gateClaims) verdict(bare string, value any, at document.Place, here path) {
	switch bare {
	case "gatestatus":
		word, _ := value.(string)
		switch strings.ToLower(strings.TrimSpace(word)) {
		case "pass", "passed":
			c.verdicts = append(c.verdicts, verdictClaim{here, true})
		case "fail", "failed":
			c.verdicts = append(c.verdicts, verdictClaim{here, false})
		}
	case "allcheckspassed":
		if passed, ok := value.(bool); ok {
			c.verdicts = append(c.verdicts, verdictClaim{here, passed})
		}
	case "blockingissues":
		c.block("", value, at)
	case "scopeviolations":
		c.block("outside the scope of the task: ", value, at)
	case "filesreviewed":
		if files, ok := value.([]any); ok {
			c.reviewed = len(files)
			c.files = fileNames(files)
		}
	case "plancoverage":
		if word, _ := value.(string); strings.EqualFold(strings.TrimSpace(word), "partial") {
			c.failures = append(c.failures, claim{here, `"partial"`})
		}
	default: // validation_passed is of pre_work_validation: the agent lacked an input
		if value == false && (bare == "validationpassed" || slices.Contains(thresholdNames, bare)) {
			c.failures = append(c.failures, claim{here, "false"})
		}
	}
}

// Names of further fields that say the verdict, as a word or as a flag, and of lists of what blocks.
var (
	verdictWords = []string{
		"verdict", "finalverdict", "overallverdict", "status", "overallstatus", "reviewstatus", "auditstatus", "result", "overallresult", "decision", "outcome",
		"conclusion", "recommendation", "assessment", "overallassessment", "summary",
	}
	verdictFlags = []string{"approved", "isapproved", "passed", "success", "gatepassed"}
	blockLists   = []string{"criticalissues", "criticalfindings", "criticalvulnerabilities", "blockers", "blockingfindings", "blockingproblems", "mustfix", "mustfixissues"}
	findingLists = []string{"findings", "issues", "vulnerabilities", "securityfindings", "securityissues", "reviewfindings", "problems"}
)

var (
	// rejects matches a word that says that work does not pass, alone or before its reason.
	rejects = lazyregexp.New(`^(?i:fail(?:ed|ure)?|reject(?:ed)?|block(?:ed)?|den(?:y|ied)|not[ _-]approved|changes[ _-]requested|request[ _-]changes|do[ _-]not[ _-]merge|no[ _-]go|unsafe)[.!]*$|` +
		`^(?:FAIL(?:ED)?|REJECT(?:ED)?|NOT APPROVED|CHANGES[ _]REQUESTED|REQUEST[ _]CHANGES|DO NOT MERGE)\s*[:;,.!(—–-]\s*(?:[^\s0]|$)`)
	// severe matches the severity of what blocks, and settled what says of a finding that it no longer blocks, or is of something else.
	severe  = lazyregexp.New(`^(?i:critical|blocker|blocking)$`)
	settled = lazyregexp.New(`(?i)\b(?:resolved|fixed|mitigated|closed|false[ _-]positive|accepted|pre[ _-]?existing|existing|out[ _-]of[ _-]scope|not[ _-](?:exploitable|applicable|introduced)|n/?a|none|won'?t[ _-]?fix|informational)\b`)
)

// otherVerdict takes a field beside the verdict that says it again, or names what blocks.
func (c *gateClaims) otherVerdict(bare string, value any, at document.Place, here path) {
	switch v := value.(type) {
	case string:
		if word := strings.TrimSpace(v); slices.Contains(verdictWords, bare) && rejects().MatchString(word) {
			c.failures = append(c.failures, claim{here, quote.String(word, quote.MaxName)})
		}
	case bool:
		if !v && slices.Contains(verdictFlags, bare) {
			c.failures = append(c.failures, claim{here, "false"})
		}
	case []any:
		for i, item := range v {
			if text, blocking := c.blocking(bare, item, at.Items[i]); blocking {
				c.failures = append(c.failures, claim{append(slices.Clip(here), strconv.Itoa(i)), quote.String(text, quote.MaxName)})
			}
		}
	}
}

// blocking returns an item of a list as one line, and reports whether the item says what blocks. bare is the name of the list.
func (c *gateClaims) blocking(bare string, item any, at document.Place) (text string, blocking bool) {
	switch {
	case slices.Contains(blockLists, bare):
		text = c.line(item, at)
		return text, strings.TrimSpace(text) != "" && !settled().MatchString(text) && !saysNothing(text)
	case slices.Contains(findingLists, bare):
		finding, ok := item.(map[string]any)
		return c.line(item, at), ok && blocks(finding)
	}
	return "", false
}

// blocks reports whether a finding of a review has a severity that blocks, and nothing says that it is settled.
func blocks(finding map[string]any) bool {
	severity := false
	for name, value := range finding {
		switch text, _ := value.(string); bareName(name) {
		case "severity", "level", "risk", "priority", "criticality":
			severity = severity || severe().MatchString(strings.TrimSpace(text))
		case "blocking", "blocker":
			severity = severity || value == true
		case "status", "state", "resolution", "disposition", "scope", "origin", "introduced":
			if settled().MatchString(text) || value == false {
				return false
			}
		case "resolved", "fixed", "preexisting", "falsepositive", "mitigated":
			if value == true {
				return false
			}
		}
	}
	return severity
}

// thresholdNames are names of flags that say whether enough lines are covered.
var thresholdNames = []string{"thresholdmet", "coveragethresholdmet", "meetsthreshold", "coveragemet"}

// notMeasured reports whether an object gives a coverage of null, and no other. Test-runners write that beside "threshold_met": false when
// their test command measures none.
func notMeasured(object map[string]any) bool {
	found := false
	for name, value := range object {
		bare := bareName(name)
		if !strings.Contains(bare, "percent") && bare != "coverage" && bare != "lines" && bare != "linecoverage" {
			continue
		}
		if value != nil {
			return false
		}
		found = true
	}
	return found
}

// block adds blocking issues, each once.
func (c *gateClaims) block(prefix string, value any, at document.Place) {
	items, _ := value.([]any)
	for i, item := range items {
		text := strings.TrimSpace(c.line(item, at.Items[i]))
		if text == "" {
			continue
		}
		text = quote.Issue(prefix + text)
		switch {
		case slices.Contains(c.issues, text):
		case len(c.issues) < MaxIssues:
			c.issues = append(c.issues, text)
		default:
			c.omitted++
		}
	}
}

// countNames are names of counts, in three lists: those that always count tests, those that do so inside a run, and those that do so only inside
// tests.
type countNames [3][]string

var (
	failedNames = countNames{
		{"testsfailed", "failedtests", "testfailed", "failingtests", "testfailures", "numfailedtests", "testserrored", "testerrors"},
		{"failed", "failing", "failures"},
		{"fail", "errored", "errors"},
	}
	// ranNames are the counts of tests that passed, and of all tests.
	ranNames = countNames{
		{
			"testspassed", "passedtests", "testpassed", "passingtests", "numpassedtests",
			"teststotal", "totaltests", "testsrun", "testcount", "numtotaltests",
		},
		{"passed", "passing", "succeeded", "total"},
		{"pass", "count", "run"},
	}
)

// has reports whether a field of that name, in an object about s, is such a count.
func (names countNames) has(bare string, s subject) bool {
	return slices.ContainsFunc(names[:s+1], func(known []string) bool { return slices.Contains(known, bare) })
}

// exitNames are the names of exit codes that must be 0 for a pass. A linter's exit code is the gate's own matter.
var exitNames = []string{"testexitcode", "testsexitcode", "validationexitcode", "buildexitcode"}

var commandNames = []string{"commands", "command", "commandsrun", "commandsexecuted", "testcommand", "testcommands", "commandrun"}

// number takes a count or an exit code.
func (c *gateClaims) number(bare string, value float64, here path, about subject) {
	exit := slices.Contains(exitNames, bare) || about != anything && bare == "exitcode"
	switch {
	case exit || failedNames.has(bare, about) && isCount(value):
		c.ran = c.ran || exit
		if value != 0 {
			format := byte('g')
			if isCount(value) {
				format = 'f' // 1000000, not 1e+06
			}
			c.failures = append(c.failures, claim{here, strconv.FormatFloat(value, format, -1, 64)})
		}
	case ranNames.has(bare, about) && isCount(value):
		c.ran = c.ran || value > 0
	}
}

// isCount reports whether a number can be a count of tests.
func isCount(value float64) bool { return 0 <= value && value <= 1e9 && value == math.Trunc(value) }

// of returns the subject of an object of that name inside an object about s.
func (s subject) of(name string) subject {
	words := wordsOf(name)
	has := func(known ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(known, w) })
	}
	switch {
	case has("lint", "coverage", "security", "scan", "dependency", "dependencies", "build"):
		return anything
	case s == itsTests, has("test", "tests", "testing", "suite", "suites", "spec", "specs"):
		return itsTests
	case has("unit", "integration", "results", "counts", "metrics", "totals"):
		return aRun
	}
	return anything
}

// isPast reports whether a name marks a value as not from this run.
func isPast(name string) bool {
	past := []string{"baseline", "previous", "before", "prior", "expected", "known", "history", "old", "base"}
	return slices.ContainsFunc(wordsOf(name), func(w string) bool { return slices.Contains(past, w) })
}

// line returns a value in the agent's words: a string as it is, an object as a list of its fields, anything else as JSON.
func (c *gateClaims) line(value any, at document.Place) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any:
		var parts []string
		for _, name := range at.Names() {
			text, isText := v[name].(string)
			if !isText && v[name] != nil {
				text = c.written(at.Fields[name])
			}
			if text = strings.TrimSpace(text); text != "" {
				parts = append(parts, name+": "+text)
			}
		}
		return strings.Join(parts, "; ")
	}
	return c.written(at)
}

// written returns the JSON of a value; "" if the text ended inside the value.
func (c *gateClaims) written(at document.Place) string {
	return c.text[at.At:max(at.At, at.End)]
}

// passed is the result's verdict. A result without a verdict passes if it has no blocking issues.
func (c gateClaims) passed() bool {
	if len(c.verdicts) == 0 {
		return len(c.issues) == 0
	}
	return !slices.ContainsFunc(c.verdicts, func(v verdictClaim) bool { return !v.passed })
}

// contradictions returns the claims that cannot all be true, and verdicts without evidence.
func (c gateClaims) contradictions(tests bool) []string {
	var list []string
	add := func(format string, args ...any) {
		if len(list) < MaxIssues {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	for _, v := range c.verdicts {
		if first := c.verdicts[0]; v.passed != first.passed {
			add("%s says that the gate is %s, but %s that it is %s", display(first.path.pointer()), passedWord(first.passed), display(v.path.pointer()), passedWord(v.passed))
			return list // without one verdict there is nothing to compare the rest with
		}
	}
	if !c.passed() {
		if len(c.issues) == 0 {
			add("the gate is failed, but blocking_issues names nothing to fix")
		}
		return list
	}
	if n := len(c.issues) + c.omitted; n > 0 {
		add("the gate is passed, but it names blocking issues, %d in all, the first: %s", n, quote.String(c.issues[0], quote.MaxName))
	}
	for _, text := range miscounted(&c) {
		add("the gate is passed, but %s", text)
	}
	for _, f := range c.failures {
		add("the gate is passed, but %s is %s", display(f.path.pointer()), f.value)
	}
	if tests && !c.ran {
		add("the gate is passed, but nothing shows that tests were run: add the commands, and the counts of tests passed, failed and skipped")
	}
	if !tests && (c.reviewed == 0 || len(c.verdicts) == 0 && c.reviewed < 0) {
		add("the gate is passed, but files_reviewed names no file that was read")
	}
	return list
}

func passedWord(passed bool) string {
	if passed {
		return "passed"
	}
	return "failed"
}
