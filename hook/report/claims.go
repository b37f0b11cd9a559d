package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// gateClaims are what a gate's result says, gathered from wherever it stands. The agents of the same plugin have kept test counts at
// the top, in tests, in test_metrics and in one object for each kind of test; their verdict at the top or in validation_status.
type gateClaims struct {
	text     string // of the result
	task     string
	verdicts []verdictClaim
	// issues are the first, on one line each; so are commands. omitted counts the other issues.
	issues, commands []string
	omitted          int
	// failures are counts of failed tests, exit codes and flags that no pass can have.
	failures []claim
	// exits counts the exit codes that are told.
	exits int
	// reviewed is the number of files that were reviewed; -1 where the result does not say.
	reviewed int
	// counts are by name of verdict: passed, failed, skipped, total.
	counts map[string]count
}

type verdictClaim struct {
	path   path
	passed bool
}

// claim is a value as it is to be shown, and where it stands.
type claim struct {
	path  path
	value string
}

// count is the sum of the counts that stand nearest to the top.
type count struct {
	depth, sum int
}

// maxClaimDepth is how deep claims are looked for; below the top and the objects in it there are only details.
const maxClaimDepth = 3

func claimsOf(text string, object map[string]any, root place) gateClaims {
	c := gateClaims{text: text, reviewed: -1, counts: map[string]count{}}
	c.walk(object, root, nil, aRun)
	return c
}

// subject is what the values of an object are about.
type subject int

const (
	anything subject = iota
	aRun             // of whatever the gate runs
	itsTests
)

// path are the names that lead to an object or a value from the top.
type path []string

// pointer is the path as a JSON pointer (RFC 6901), of which each name is bounded: the text would make each as long as itself.
func (p path) pointer() string {
	var b strings.Builder
	for _, name := range p {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(clip(name, maxShown)))
	}
	return b.String()
}

// walk gathers the claims of an object. Lists are not looked into: they hold details, and earlier runs.
func (c *gateClaims) walk(object map[string]any, at place, to path, about subject) {
	for _, name := range at.names() {
		value, here := object[name], append(slices.Clip(to), name)
		bare := bareName(name)
		if len(to) <= 1 {
			c.verdict(bare, value, at.fields[name], here)
		}
		switch v := value.(type) {
		case float64:
			c.number(bare, v, here, about)
		case map[string]any:
			if len(here) <= maxClaimDepth && !isPast(name) {
				c.walk(v, at.fields[name], here, about.of(name))
			}
		}
		if slices.Contains(commandNames, bare) {
			c.command(value)
		}
	}
}

// verdict takes in a field that the verdict is made of.
func (c *gateClaims) verdict(bare string, value any, at place, here path) {
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
		}
	case "validationpassed": // of pre_work_validation: the agent did not have what it needed
		if value == false {
			c.failures = append(c.failures, claim{here, "false"})
		}
	case "taskid":
		if c.task == "" {
			c.task = oneLine(c.line(value, at), maxShown)
		}
	}
}

// block adds blocking issues. The same one twice is one.
func (c *gateClaims) block(prefix string, value any, at place) {
	items, _ := value.([]any)
	for i, item := range items {
		text := strings.TrimSpace(c.line(item, at.items[i]))
		if text == "" {
			continue
		}
		text = oneLine(prefix+text, maxIssue)
		switch {
		case slices.Contains(c.issues, text):
		case len(c.issues) < MaxIssues:
			c.issues = append(c.issues, text)
		default:
			c.omitted++
		}
	}
}

// countNames are the names of counts: those that say by themselves that they count tests; those that do so where a run is spoken
// of; and those that do so only where tests are.
var countNames = map[string][3][]string{
	"passed": {
		{"testspassed", "passedtests", "testpassed", "passingtests", "numpassedtests"}, {"passed", "passing", "succeeded"}, {"pass"},
	},
	"failed": {
		{"testsfailed", "failedtests", "testfailed", "failingtests", "testfailures", "numfailedtests", "testserrored", "testerrors"},
		{"failed", "failing", "failures"},
		{"fail", "errored", "errors"},
	},
	"skipped": {{"testsskipped", "skippedtests", "numpendingtests"}, {"skipped"}, {"pending"}},
	"total":   {{"teststotal", "totaltests", "testsrun", "testcount", "numtotaltests"}, {"total"}, {"count", "run"}},
}

// exitNames are the names of exit codes that a pass cannot have but 0. A linter's is left to the gate.
var exitNames = []string{"testexitcode", "testsexitcode", "validationexitcode", "buildexitcode"}

var commandNames = []string{"commands", "command", "commandsrun", "commandsexecuted", "testcommand", "testcommands", "commandrun"}

// number takes in a count or an exit code.
func (c *gateClaims) number(bare string, value float64, here path, about subject) {
	if slices.Contains(exitNames, bare) || about != anything && bare == "exitcode" {
		c.exits++
		if value != 0 {
			c.failures = append(c.failures, claim{here, strconv.FormatFloat(value, 'g', -1, 64)})
		}
		return
	}
	if value < 0 || value > 1e9 || value != math.Trunc(value) {
		return
	}
	for kind, names := range countNames {
		if !slices.ContainsFunc(names[:about+1], func(known []string) bool { return slices.Contains(known, bare) }) {
			continue
		}
		if kind == "failed" && value > 0 {
			c.failures = append(c.failures, claim{here, strconv.Itoa(int(value))})
		}
		n, known := c.counts[kind]
		depth := len(here)
		if !known || depth < n.depth {
			n = count{depth: depth}
		}
		if depth == n.depth {
			n.sum += int(value)
		}
		c.counts[kind] = n
	}
}

func (c gateClaims) tests() TestCounts {
	return TestCounts{
		Passed: c.counts["passed"].sum, Failed: c.counts["failed"].sum, Skipped: c.counts["skipped"].sum, Total: c.counts["total"].sum,
	}
}

// command takes in commands: a string, an object with a field command, or a list of those.
func (c *gateClaims) command(value any) {
	switch v := value.(type) {
	case string:
		if text := oneLine(strings.TrimSpace(v), maxIssue); text != "" && len(c.commands) < MaxIssues && !slices.Contains(c.commands, text) {
			c.commands = append(c.commands, text)
		}
	case map[string]any:
		c.command(v["command"])
	case []any:
		for _, item := range v {
			if _, nested := item.([]any); !nested {
				c.command(item)
			}
		}
	}
}

// of is what an object of that name within one about s is about.
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

// isPast tells whether a name says that what it names is not about this run.
func isPast(name string) bool {
	past := []string{"baseline", "previous", "before", "prior", "expected", "known", "history", "old", "base"}
	return slices.ContainsFunc(wordsOf(name), func(w string) bool { return slices.Contains(past, w) })
}

// names are the names of the fields of an object, in the order of the text.
func (p place) names() []string {
	return slices.SortedFunc(maps.Keys(p.fields), func(a, b string) int { return cmp.Compare(p.fields[a].at, p.fields[b].at) })
}

// line is a value in the words of the agent: a string as it is, an object as its fields, anything else as it is written.
func (c *gateClaims) line(value any, at place) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any:
		var parts []string
		for _, name := range at.names() {
			text, isText := v[name].(string)
			if !isText && v[name] != nil {
				text = c.written(at.fields[name])
			}
			if text = strings.TrimSpace(text); text != "" {
				parts = append(parts, name+": "+text)
			}
		}
		return strings.Join(parts, "; ")
	}
	return c.written(at)
}

// written is the text of a value; "" for one that was not read to its end.
func (c *gateClaims) written(at place) string {
	return c.text[at.at:max(at.at, at.end)]
}
