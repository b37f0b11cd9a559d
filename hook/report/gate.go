package report

import (
	"fmt"
	"slices"

	"stopgate/schema"
)

// Gate is the result of an agent that was launched as a gate (schema/gate.schema.json). Gates differ in what they report and in
// where they put it. What a result leaves out is empty here.
type Gate struct {
	// Passed is the result's verdict. It decides nothing while there are Contradictions.
	Passed bool
	// Issues are the blocking issues in the order of the text, each on one line of at most 600 characters, in the agent's words.
	// IssuesOmitted counts those beyond MaxIssues.
	Issues        []string
	IssuesOmitted int
	// Commands are those that the agent says it ran, Reviewed the files that it says it read, Counts what it says of its tests.
	Commands []string
	Reviewed []string
	Counts   TestCounts
	// Unmeasured: the tests measured no coverage, which is why the result calls it too low.
	Unmeasured bool
	// Missing are the inputs that the agent says it lacks, each in its words: "TEST_COMMAND required". Such a result is no result.
	Missing []string
	// Contradictions describe, on one line each, how the result contradicts itself or lacks evidence. Values in them are quoted.
	Contradictions []string
}

const (
	// MaxIssues bounds the issues and the contradictions of a result.
	MaxIssues = 50
	// maxIssue bounds the characters of one issue.
	maxIssue = 600
)

// FindGate finds the result of a gate in a message, as Find finds a report. An object looks like one if it has gate_status,
// all_checks_passed or blocking_issues at its top. An ERROR line is an exit by protocol here too.
func FindGate(message string) Found { return find(message, gateForm) }

// verdictFields are the bare names of the fields that only the result of a gate has.
var verdictFields = []string{"gatestatus", "allcheckspassed", "blockingissues"}

var gateForm = form{
	fieldOf: func(name string) fieldSet {
		bare := bareName(name)
		for i, field := range verdictFields {
			if schema.Near(bare, field, 2) {
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

// ParseGate reads the text of a gate's result, found by FindGate. A text with problems is not a result. tests means that the gate
// runs tests, so a pass needs evidence that it did.
func ParseGate(text string, tests bool) (Gate, []Problem) {
	if len(text) > MaxSize {
		return Gate{}, tooLong(text)
	}
	text = unquoted(text)
	doc, root, whole, list := document(text)
	object, _ := doc.(map[string]any)
	claims := claimsOf(text, object, root)
	if whole {
		list.addGateViolations(doc, root)
	}
	gate := Gate{
		Issues: claims.issues, IssuesOmitted: claims.omitted, Commands: claims.commands, Reviewed: claims.files, Counts: claims.testCounts(), Unmeasured: claims.unmeasured, Missing: missingInputs(claims.issues),
	}
	if problems := list.bounded(); len(problems) > 0 {
		return gate, problems
	}
	gate.Passed, gate.Contradictions = claims.passed(), claims.contradictions(tests)
	return gate, nil
}

// addGateViolations checks a result against its schema. A result inside another object is taken out of it, since its meaning is
// clear.
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
		l.add(Malformed, root.at, fmt.Sprintf("the result could not be checked: %v", err)) // no value of reader's leads here
	}
	for _, v := range violations {
		l.addViolation(Schema, wrapper.pointer()+v.Pointer, root.find(v.Tokens()), v.Got, v.Want)
	}
}

func hasVerdict(object map[string]any) bool {
	return slices.ContainsFunc([]string{"gate_status", "all_checks_passed", "blocking_issues"}, func(name string) bool {
		_, ok := object[name]
		return ok
	})
}
