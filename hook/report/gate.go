package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/report/document"
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
	// Commands are the commands that the agent says it ran, Reviewed the files that it says it read, Counts its counts of tests.
	Commands []string
	Reviewed []string
	Counts   TestCounts
	// Unmeasured: the tests measured no coverage, which is why the result calls it too low.
	Unmeasured bool
	// Missing are the inputs that the agent says it lacks, each in its words: "TEST_COMMAND required". Such a result is no result.
	Missing []string
	// Task and Worktree are the task and the worktree that the agent says it checked; "" if it does not say.
	Task, Worktree string
	// Contradictions describe, on one line each, how the result contradicts itself or lacks evidence. Values in them are quoted.
	Contradictions []string
}

// MaxIssues bounds the issues and the contradictions of a result.
const MaxIssues = 50

// FindGate finds the result of a gate in a message, as Find finds a report. An object looks like one if it has gate_status,
// all_checks_passed or blocking_issues at its top. An ERROR line is an exit by protocol here too.
func FindGate(message string) Found { return find(message, gateForm) }

// verdictFields are the bare names of the fields that only the result of a gate has.
var verdictFields = []string{"gatestatus", "allcheckspassed", "blockingissues"}

// EarlierGates returns the results of a gate that a message has before the one that FindGate finds, each on lines of its own.
func EarlierGates(message string) []string {
	var earlier []string
	for _, o := range candidates(message, gateForm) {
		if o.rank == alike && o.alone && o.closed {
			earlier = append(earlier, message[o.start:o.end])
		}
	}
	return earlier[:max(0, len(earlier)-1)]
}

// verdictLine matches a line of a message that gives the verdict in words, with the verdict.
var verdictLine = lazyregexp.New("(?im)^[\\s>#*_-]*(?:(?:final|overall|gate|review|audit)[ _]+)*(?:verdict|status|result|decision|recommendation|conclusion)[\\s*_]*[:=][\\s*_`]*" +
	"(fail(?:ed)?|reject(?:ed)?|blocked|changes[ _]requested|request[ _]changes|do not merge|not approved|pass(?:ed)?|approved?)(?:[\\s*_`.!)]*$|[\\s*_`]*[:;,(—–-])")

// RejectingLine returns the last line of a message that gives its verdict in words, if that is no pass; "" if there is none, or it is a pass.
func RejectingLine(message string) string {
	found := verdictLine().FindAllStringSubmatch(message, -1)
	if len(found) == 0 {
		return ""
	}
	last := found[len(found)-1]
	if strings.HasPrefix(strings.ToLower(last[1]), "pass") || strings.HasPrefix(strings.ToLower(last[1]), "approve") {
		return ""
	}
	return strings.Trim(last[0], " \t\n>#*_`:;,(—–-")
}

// textOf returns the first of the named texts at the top of an object; "" if there is none.
func textOf(object map[string]any, names ...string) string {
	for _, name := range names {
		if text, ok := object[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

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
	doc := document.Read(text)
	list := problemsOf(text, doc)
	settle(doc.Value)
	object, _ := doc.Value.(map[string]any)
	settleVerdict(object)
	claims := claimsOf(text, object, doc.Root)
	if doc.Whole {
		addGateViolations(&list, doc.Value, doc.Root)
	}
	gate := Gate{
		Issues: claims.issues, IssuesOmitted: claims.omitted, Commands: claims.commands, Reviewed: claims.files, Counts: testCounts(&claims), Unmeasured: claims.unmeasured, Missing: missingInputs(claims.issues),
	}
	gate.Task, gate.Worktree = textOf(object, "task_id", "task"), textOf(object, "working_dir", "worktree_path", "worktree")
	if problems := list.bounded(); len(problems) > 0 {
		return gate, problems
	}
	gate.Passed, gate.Contradictions = claims.passed(), claims.contradictions(tests)
	return gate, nil
}

// addGateViolations checks a result against its schema. A result inside another object is taken out of it, since its meaning is
// clear.
func addGateViolations(l *problemList, doc any, root document.Place) {
	var wrapper path
	if outer, ok := doc.(map[string]any); ok && !hasVerdict(outer) {
		for _, name := range root.Names() {
			if inner, ok := outer[name].(map[string]any); ok && hasVerdict(inner) {
				doc, root, wrapper = inner, root.Fields[name], path{name}
				break
			}
		}
	}
	violations, err := schema.Validate("gate", doc)
	if err != nil {
		l.add(Malformed, root.At, fmt.Sprintf("the result could not be checked: %v", err)) // no value of a document leads here
	}
	for _, v := range violations {
		l.addViolation(Schema, wrapper.pointer()+v.Pointer, root.Find(v.Tokens()), v.Got, v.Want)
	}
}

func hasVerdict(object map[string]any) bool {
	return slices.ContainsFunc([]string{"gate_status", "all_checks_passed", "blocking_issues"}, func(name string) bool {
		_, ok := object[name]
		return ok
	})
}

var (
	// errorLine is a gate's word that it stops, as its own validation puts it: "ERROR: TEST_COMMAND required".
	errorLine = lazyregexp.New("(?i)^[\\s*_`>#-]*ERROR[*_`]*\\s*:[\\s*_`]*(.*)$")
	// lack are the words of one that was not given something.
	lack = lazyregexp.New(`(?i)\b(?:required|missing|absent|unspecified|undefined|unset|must be (?:provided|given|set|specified|passed)|needs?|needed|(?:not|never|was not|is not|wasn't|isn't) (?:been )?(?:provided|given|specified|set|supplied|passed|present|available)|no [A-Z]{2,}(?:_[A-Z]{2,})* (?:was )?(?:provided|given|specified|set|supplied|passed)|provide|supply|specify|lacks?|without)\b|\bis empty\b`)
	// labelName is the label of an input in a prompt: TEST_COMMAND.
	labelName = lazyregexp.New(`\b(?:[A-Z]{2,}(?:_[A-Z]{2,})+|TASK|SCOPE|FILES|BRANCH)\b`)
	// inputWord is what prompts give, in words. They need a clear word for the lack, since they can also be about the work.
	inputWord = lazyregexp.New(`(?i)\b(?:worktree|working dir\w*|task|test command|lint command|plan|scope|branch|files?|input|path|identifier|description|requirements|context|prompt)\b`)
	clearLack = lazyregexp.New(`(?i)\b(?:required|missing|not (?:provided|given|specified|set|supplied)|must be (?:provided|given|set|specified)|need(?:s|ed)?)\b|^(?:please )?(?:provide|supply|specify)\b`)
	// aside and sourceFile find a file that an issue is about, and not one that it gives for an example.
	aside      = lazyregexp.New(`\([^()]*\)`)
	sourceFile = lazyregexp.New(`[\w-]+/[\w./-]*\.\w{1,6}\b|\b[\w-]+\.\w{1,6}:\d`)
	// bareLack is a line that says of a label that it is missing, and nothing else.
	bareLack = lazyregexp.New("^[\\s*_`>#-]*(?i:(?:missing|required)(?: required)? (?:inputs?|fields?|parameters?)?[: ]*)?[`\"']?(?:[A-Z]{2,}(?:_[A-Z]{2,})+|TASK|SCOPE)[`\"']?(?i:(?: (?:input|field|parameter))?(?: is| was)? (?:required|missing|not (?:provided|given|specified|set|supplied)|absent))?[\\s.!`*_]*$")
)

// InputLabels returns the labels of inputs of a prompt that a text names, such as TEST_COMMAND.
func InputLabels(text string) []string { return labelName().FindAllString(text, -1) }

// MissingInput returns what an ERROR line says that an agent lacks, without the word ERROR; "" if it is about something else, such as a tool that
// failed.
func MissingInput(line string) string {
	match := errorLine().FindStringSubmatch(strings.TrimSpace(line))
	if match == nil {
		return ""
	}
	text := strings.TrimSpace(match[1])
	if sourceFile().MatchString(aside().ReplaceAllString(text, "")) {
		return ""
	}
	if lack().MatchString(text) && labelName().MatchString(text) || clearLack().MatchString(text) && inputWord().MatchString(text) {
		return quote.Issue(text)
	}
	return ""
}

// requires are the words of a sentence that says what an agent must be given.
var requires = lazyregexp.New(`(?i)\b(?:requires?|required|missing|(?:was|were|is|are) not (?:provided|given|specified|supplied)|(?:need|needs) (?:a|an|the)\b|please (?:provide|supply|specify))`)

// decides are words of a verdict.
var decides = lazyregexp.New(`(?i)\b(?:pass(?:e[sd])?|fail(?:s|ed|ures?)?|approved?|rejected|reviewed|met|done|fine|correct|complete[d]?|no (?:issues?|changes?|problems?|findings?))\b`)

// maxRefusal bounds the characters of a message that refuses work for want of an input.
const maxRefusal = 400

// LacksInput returns what a gate's whole message says that its agent lacks, where it is a sentence or two without the word ERROR and no result: it
// names two things that prompts give. It is "" for any other message.
func LacksInput(message string) string {
	text := strings.TrimSpace(message)
	if text == "" || utf8.RuneCountInString(text) > maxRefusal || strings.ContainsAny(text, "{}") || !requires().MatchString(text) || decides().MatchString(text) || sourceFile().MatchString(text) {
		return ""
	}
	words := append(inputWord().FindAllString(text, -1), InputLabels(text)...)
	if len(quote.Set(quote.Each(words, strings.ToLower))) < 2 {
		return ""
	}
	return quote.Issue(text)
}

// missingIssue returns what a blocking issue says that its agent lacks; "" if it is about something else.
func missingIssue(issue string) string {
	if lacking := MissingInput(issue); lacking != "" {
		return lacking
	}
	text := strings.TrimSpace(issue)
	if bareLack().MatchString(text) && lack().MatchString(text) {
		return quote.Issue(text)
	}
	return ""
}

// missingInputs returns the inputs that a result lacks, if all of its blocking issues say that one is missing.
func missingInputs(issues []string) []string {
	var list []string
	for _, issue := range issues {
		lacking := missingIssue(issue)
		if lacking == "" {
			return nil
		}
		list = append(list, lacking)
	}
	return list
}
