// Package report finds the report of a coding agent, or the result of a gate, in the agent's message and reads it. The message is
// whatever a model wrote; a report is held to the letter of its contract, a result to being at one with itself. The package is
// pure: it observes nothing and changes nothing.
package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"stopgate/schema"
)

// Report is what a coding agent claims (schema/report.schema.json; seed, "Required JSON Output").
type Report struct {
	TaskID        string
	WorktreePath  string
	WorkCompleted string
	// FilesModified and Unfinished are in the order of the report.
	FilesModified []string
	Unfinished    []string
	// ArtifactsCleaned are the paths that the agent says it removed; nil where it gave no list.
	ArtifactsCleaned []string
	// Cleaned tells that artifacts_cleaned says something was removed, in whatever form: it is there and neither false nor empty.
	Cleaned bool
	// Narrative is narrative_report as it was written, a string or an object; nil where there is none.
	Narrative json.RawMessage
	// Raw is the whole object as it was written, fit for encoding/json; nil where it is not strict JSON or no object.
	Raw json.RawMessage
}

// Rules of a Problem.
const (
	// Malformed: the text is not strict JSON.
	Malformed = "report-malformed"
	// Schema: it is JSON, but not of the contract's form.
	Schema = "report-schema"
	// ForbiddenField: it carries what others verify.
	ForbiddenField = "report-forbidden-field"
)

// Problem is one thing that is wrong with a report.
type Problem struct {
	// Rule is Malformed, Schema or ForbiddenField.
	Rule string
	// Pointer is the JSON pointer of what is wrong, fit for display; "" for the whole report and for what is Malformed.
	Pointer string
	// Message is one bounded line: where it is, what was there, what is expected. Values in it are quoted.
	Message string
	// Line and Column are where it is in the text, both from 1, the column in characters; Found.Position turns them into a
	// place in the message. What is missing is at the object that it is missing from.
	Line, Column int
}

// Bounds on what is read. They are far above what a model can write in one message, and low enough to read in a moment.
const (
	// MaxSize bounds a report, in bytes.
	MaxSize = 8 << 20
	// MaxDepth bounds the nesting of arrays and objects.
	MaxDepth = 64
	// maxValues bounds the values of a report, names of fields not counted.
	maxValues = 250_000
	// maxContainers bounds the arrays and objects among them, because comparing those with each other is what costs.
	maxContainers = 1000
	// MaxProblems bounds the problems that are told one by one; one more then counts the others.
	MaxProblems = 50
)

// Parse reads the text of a report, found by Find. No problem means that it is of the contract's form to the letter; nothing
// is ever repaired. All problems are told at once, the Malformed first, then in the order of the text. With problems the
// Report holds as much as could be read, for telling what it is about.
func Parse(text string) (Report, []Problem) {
	if len(text) > MaxSize {
		return Report{}, tooLong(text)
	}
	doc, root, whole, list := document(text)
	if whole {
		list.addViolations(doc, root)
	}
	object, isObject := doc.(map[string]any)
	read := fields(object)
	if isObject && whole && !list.malformed() {
		read.Raw = json.RawMessage(text)
		if narrative, ok := root.fields["narrative_report"]; ok {
			read.Narrative = json.RawMessage(text[narrative.at:narrative.end])
		}
	}
	return read, list.bounded()
}

func tooLong(text string) []Problem {
	return []Problem{{
		Rule: Malformed, Line: 1, Column: 1,
		Message: fmt.Sprintf("the report has %d bytes; at most %d are read: send a shorter one", len(text), MaxSize),
	}}
}

// document reads a text to the letter of JSON: its value, where everything in it stands, whether it was read to its end, and what
// keeps it from being JSON.
func document(text string) (doc any, root place, whole bool, list problemList) {
	list.text = text
	r := reader{text: text}
	doc, root, whole = r.document()
	for _, f := range r.flaws {
		list.add(Malformed, "", f.at, f.message)
	}
	list.more += r.more
	return doc, root, whole, list
}

// fields are the fields of a report as far as they are what they should be.
func fields(object map[string]any) Report {
	text := func(name string) string { s, _ := object[name].(string); return s }
	r := Report{
		TaskID:           text("task_id"),
		WorktreePath:     text("worktree_path"),
		WorkCompleted:    text("work_completed"),
		FilesModified:    texts(object["files_modified"]),
		Unfinished:       texts(object["unfinished"]),
		ArtifactsCleaned: texts(object["artifacts_cleaned"]),
	}
	switch v := object["artifacts_cleaned"].(type) {
	case bool:
		r.Cleaned = v
	case string:
		r.Cleaned = strings.TrimSpace(v) != ""
	case []any:
		r.Cleaned = len(v) > 0
	case map[string]any:
		r.Cleaned = len(v) > 0
	}
	return r
}

// texts are the strings of an array; nil for anything else.
func texts(value any) []string {
	items, ok := value.([]any)
	if !ok {
		return nil
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		if s, ok := item.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

// problemList collects problems by their offset in the text.
type problemList struct {
	text string
	all  []located
	more int
}

type located struct {
	Problem
	at int
}

func (l *problemList) add(rule, pointer string, at int, message string) {
	l.all = append(l.all, located{Problem{Rule: rule, Pointer: pointer, Message: message}, at})
}

// malformed tells whether the text is no strict JSON.
func (l *problemList) malformed() bool {
	return slices.ContainsFunc(l.all, func(p located) bool { return p.Rule == Malformed })
}

func (l *problemList) addViolations(doc any, root place) {
	if name, ok := wrapped(doc); ok {
		pointer := display("/" + name)
		l.add(Schema, pointer, root.fields[name].at, fmt.Sprintf("%s: got the report inside of another object, want its fields at the top: send the inner object alone", pointer))
		return
	}
	violations, err := schema.Validate("report", doc)
	if err != nil {
		l.add(Malformed, "", root.at, fmt.Sprintf("the report could not be checked: %v", err)) // no value of reader's leads here
	}
	object, _ := doc.(map[string]any)
	before := len(l.all)
	for _, v := range violations {
		tokens := v.Tokens()
		rule, want := Schema, v.Want
		if v.Keyword == "additionalProperties" && len(tokens) == 1 {
			rule, want = unknownField(tokens[0], object, v.Want)
		}
		pointer, message := display(v.Pointer), fmt.Sprintf("got %s, want %s", v.Got, want)
		if pointer != "" {
			message = pointer + ": " + message
		}
		l.add(rule, pointer, root.find(tokens), message)
	}
	slices.SortStableFunc(l.all[before:], func(a, b located) int { return cmp.Compare(a.at, b.at) })
}

// bounded are the first problems, and one that counts the rest.
func (l *problemList) bounded() []Problem {
	var problems []Problem
	for i, p := range l.all {
		p.Line, p.Column = position(l.text, p.at)
		if i == MaxProblems {
			problems = append(problems, Problem{
				Rule: p.Rule, Line: p.Line, Column: p.Column,
				Message: fmt.Sprintf("and %d more problems in the report, from line %d, column %d on", len(l.all)-i+l.more, p.Line, p.Column),
			})
			break
		}
		if p.Rule == Malformed {
			p.Message = fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Message)
		}
		problems = append(problems, p.Problem)
	}
	return problems
}

// position is the line and the column of an offset, both from 1, the column in characters.
func position(text string, at int) (line, column int) {
	before := text[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}
