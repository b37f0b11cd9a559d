package report

import (
	"encoding/json"
	"fmt"
	"slices"

	"stopgate/schema"
)

// Gate is the result that an agent hands in which was launched as a gate (schema/gate.schema.json). Gates differ in what they
// tell and in where it stands; what is not here was not found.
type Gate struct {
	// Passed tells what the result says. It decides nothing while there are Contradictions.
	Passed bool
	// TaskID is the task as the agent spells it; "" where it says none.
	TaskID string
	// Issues are the blocking issues in the order of the text, each on one line of at most 600 characters, in the agent's words;
	// IssuesOmitted counts those beyond MaxIssues.
	Issues        []string
	IssuesOmitted int
	Tests         TestCounts
	// Commands are those that the agent says it ran, each on one line, at most MaxIssues of them.
	Commands []string
	// Contradictions say on one line each how the result contradicts itself or shows nothing to rest on. Values in them are quoted.
	Contradictions []string
	// Raw is the whole object as it was written, fit for encoding/json; nil where it is not strict JSON or no object.
	Raw json.RawMessage
}

// TestCounts are the counts of a test run; 0 where the result does not say.
type TestCounts struct {
	Passed, Failed, Skipped, Total int
}

const (
	// MaxIssues bounds the issues and the commands that are kept of a result.
	MaxIssues = 50
	// maxIssue bounds the characters of one.
	maxIssue = 600
)

// FindGate finds the result of a gate in a message, as Find finds a report: an object looks like one if it has gate_status,
// all_checks_passed or blocking_issues at its top. An ERROR line is an exit by protocol here too.
func FindGate(message string) Found { return find(message, gateForm) }

// The fields that only the result of a gate has.
var verdictFields = []string{"gatestatus", "allcheckspassed", "blockingissues"}

var gateForm = form{
	fieldOf: func(name string) fieldSet {
		bare := bareName(name)
		for i, field := range verdictFields {
			if near(bare, field, 2) {
				return 1 << i
			}
		}
		return 0
	},
	rank: func(s fieldSet) rank {
		if s == 0 {
			return unlike
		}
		return alike
	},
}

// ParseGate reads the text of a gate's result, found by FindGate. With problems it is no result. tests tells that the gate runs
// tests, so that a pass needs evidence that it did.
func ParseGate(text string, tests bool) (Gate, []Problem) {
	if len(text) > MaxSize {
		return Gate{}, tooLong(text)
	}
	doc, root, whole, list := document(text)
	object, isObject := doc.(map[string]any)
	claims := claimsOf(text, object, root)
	if whole {
		list.addGateViolations(doc, root)
	}
	gate := claims.gate()
	if isObject && whole && !list.malformed() {
		gate.Raw = json.RawMessage(text)
	}
	problems := list.bounded()
	if len(problems) > 0 {
		gate.Passed = false
		return gate, problems
	}
	gate.Contradictions = claims.contradictions(tests)
	return gate, nil
}

// addGateViolations holds a result against its schema. One that is wrapped in another object is taken out of it, since nothing is
// in doubt then.
func (l *problemList) addGateViolations(doc any, root place) {
	var wrapper path
	if outer, ok := doc.(map[string]any); ok && !hasVerdict(outer) {
		for _, name := range root.names() {
			if inner, ok := outer[name].(map[string]any); ok && hasVerdict(inner) {
				doc, root, wrapper = inner, root.fields[name], path{name}
				break
			}
		}
	}
	violations, err := schema.Validate("gate", doc)
	if err != nil {
		l.add(Malformed, "", root.at, fmt.Sprintf("the result could not be checked: %v", err)) // no value of reader's leads here
	}
	for _, v := range violations {
		pointer, message := display(wrapper.pointer()+v.Pointer), fmt.Sprintf("got %s, want %s", v.Got, v.Want)
		if pointer != "" {
			message = pointer + ": " + message
		}
		l.add(Schema, pointer, root.find(v.Tokens()), message)
	}
}

func hasVerdict(object map[string]any) bool {
	return slices.ContainsFunc([]string{"gate_status", "all_checks_passed", "blocking_issues"}, func(name string) bool {
		_, ok := object[name]
		return ok
	})
}

// gate is the result that the claims make.
func (c gateClaims) gate() Gate {
	return Gate{Passed: c.passed(), TaskID: c.task, Issues: c.issues, IssuesOmitted: c.omitted, Tests: c.tests(), Commands: c.commands}
}

// passed is what the result says: its verdict, or without one that nothing blocks.
func (c gateClaims) passed() bool {
	if len(c.verdicts) == 0 {
		return len(c.issues) == 0
	}
	return !slices.ContainsFunc(c.verdicts, func(v verdictClaim) bool { return !v.passed })
}

// contradictions are what cannot be true together, and what a verdict has nothing to rest on.
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
			return list // which of them the rest contradicts is anybody's guess
		}
	}
	if !c.passed() {
		if len(c.issues) == 0 {
			add("the gate is failed, but blocking_issues names nothing to mend")
		}
		return list
	}
	if n := len(c.issues) + c.omitted; n > 0 {
		add("the gate is passed, but blocking issues are named, %d of them, the first: %s", n, quote(c.issues[0]))
	}
	for _, f := range c.failures {
		add("the gate is passed, but %s is %s", display(f.path.pointer()), f.value)
	}
	ran := len(c.commands) > 0 || c.exits > 0 || c.tests().Passed > 0 || c.tests().Total > 0
	if tests && !ran {
		add("the gate is passed, but nothing shows that tests were run; give the commands, and the counts of tests passed, failed and skipped")
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
