// Package report finds and reads the report of a coding agent, or the result of a gate, in the agent's last message. A model wrote
// that message, so it can be anything. A report must follow its contract exactly. A result must not contradict itself. The package
// has no effects.
package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"stopgate/hook/report/document"
	"stopgate/schema"
)

// Report is what a coding agent claims (schema/report.schema.json; seed, "Required JSON Output").
type Report struct {
	TaskID        string
	WorktreePath  string
	WorkCompleted string
	// FilesModified and Unfinished are in the order of the report. Where files_modified is not a list of strings, which is a problem, FilesModified
	// has the paths that it plainly names.
	FilesModified []string
	Unfinished    []string
	// ArtifactsCleaned are the paths that the agent claims to have removed; nil if it gave no list.
	ArtifactsCleaned []string
	// Cleaned: artifacts_cleaned claims in any form that something was removed. It is present and neither false nor empty.
	Cleaned bool
	// Ignored are the fields that are not in the contract and only name the worktree or the branch, or are empty, in the order of the text. They change
	// nothing.
	Ignored []string
	// Raw is the whole object as written, fit for encoding/json; nil if the text is not strict JSON or not an object.
	Raw json.RawMessage
}

// Rules of a Problem.
const (
	// Malformed: the text is not strict JSON.
	Malformed = "report-malformed"
	// Schema: it is JSON, but does not follow the contract.
	Schema = "report-schema"
	// ForbiddenField: it has a field that other agents verify.
	ForbiddenField = "report-forbidden-field"
)

// Problem is one mistake in a report or a result.
type Problem struct {
	// Rule is Malformed, Schema or ForbiddenField.
	Rule string
	// Message is one bounded line: the place, the value there and the value expected. Values are quoted.
	Message string
}

// Bounds on what is read. No model can write as much in one message, and reading as much takes a moment.
const (
	// MaxSize bounds a report, in bytes.
	MaxSize = 8 << 20
	// MaxProblems bounds the problems that are listed. One more then counts the others.
	MaxProblems = 50
)

// Parse reads the text of a report, found by Find. Without problems the report follows the contract: nothing is repaired, except that what settle
// replaces can mean only one thing. All problems are listed at once, the Malformed first, then the others in the order of the text. With problems the
// Report has what could be read.
func Parse(text string) (Report, []Problem) {
	if len(text) > MaxSize {
		return Report{}, tooLong(text)
	}
	doc := document.Read(text)
	list := problemsOf(text, doc)
	object, isObject := doc.Value.(map[string]any)
	settleUnfinished(object)
	read := fields(object)
	read.Ignored = ignored(object, doc.Root)
	if doc.Whole {
		list.addViolations(doc.Value, doc.Root, read)
	}
	if isObject && doc.Whole && !list.malformed() {
		read.Raw = json.RawMessage(text)
	}
	return read, list.bounded()
}

func tooLong(text string) []Problem {
	return []Problem{{Malformed, fmt.Sprintf("the report has %d bytes; at most %d are read: send a shorter one", len(text), MaxSize)}}
}

// problemsOf returns the mistakes of a document as problems.
func problemsOf(text string, doc document.Document) problemList {
	list := problemList{text: text, more: doc.More}
	for _, m := range doc.Mistakes {
		list.add(Malformed, m.At, m.Message)
	}
	return list
}

// fields returns the fields of a report that have the right type.
func fields(object map[string]any) Report {
	text := func(name string) string { s, _ := object[name].(string); return s }
	r := Report{
		TaskID:           text("task_id"),
		WorktreePath:     text("worktree_path"),
		WorkCompleted:    text("work_completed"),
		Unfinished:       texts(object["unfinished"]),
		ArtifactsCleaned: texts(object["artifacts_cleaned"]),
	}
	r.FilesModified, _ = listed(object)
	switch v := object["artifacts_cleaned"].(type) {
	case bool:
		r.Cleaned = v
	case string, []any, map[string]any:
		r.Cleaned = !isEmpty(v)
	}
	return r
}

// texts returns the strings of an array; nil for any other value.
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
	more int // problems beyond those in all
}

type located struct {
	Problem
	at int
}

func (l *problemList) add(rule string, at int, message string) {
	l.all = append(l.all, located{Problem{rule, message}, at})
}

// addViolation adds a departure from the schema. pointer may be "", for the whole value.
func (l *problemList) addViolation(rule, pointer string, at int, got, want string) {
	message := fmt.Sprintf("got %s, want %s", got, want)
	if pointer != "" {
		message = display(pointer) + ": " + message
	}
	l.add(rule, at, message)
}

// malformed reports whether the text is not strict JSON.
func (l *problemList) malformed() bool {
	return slices.ContainsFunc(l.all, func(p located) bool { return p.Rule == Malformed })
}

// addViolations checks a report against its schema. read is the part that could be read.
func (l *problemList) addViolations(doc any, root document.Place, read Report) {
	if isQuoted(doc, reportForm) {
		l.addViolation(Schema, "", root.At, "the report inside of a string", "the object itself: send it without the quotes around it and without the backslashes")
		return
	}
	if name, ok := wrapped(doc); ok {
		l.addViolation(Schema, "/"+name, root.Fields[name].At, "the report inside of another object", "its fields at the top: send the inner object alone")
		return
	}
	violations, err := schema.Validate("report", doc)
	if err != nil {
		l.add(Malformed, root.At, fmt.Sprintf("the report could not be checked: %v", err)) // no value of a document leads here
	}
	object, _ := doc.(map[string]any)
	misnamed := meanings(object)
	files, misshaped := listed(object)
	told := false
	before := len(l.all)
	for _, v := range violations {
		tokens := v.Tokens()
		rule, want := Schema, v.Want
		if v.Keyword == "required" && len(tokens) == 1 && misnamed[tokens[0]] {
			continue // the field of the wrong name is the mistake
		}
		if misshaped && len(tokens) > 0 && tokens[0] == "files_modified" {
			if got := v.Got; !told {
				if len(tokens) > 1 {
					got = "an array with objects"
				}
				l.addViolation(Schema, "/files_modified", root.Find(tokens[:1]), got, pathsOf(files))
			}
			told = true
			continue
		}
		if v.Keyword == "additionalProperties" && len(tokens) == 1 {
			if slices.Contains(read.Ignored, tokens[0]) {
				continue
			}
			rule, want = unknownField(tokens[0], object, v.Want)
		}
		l.addViolation(rule, v.Pointer, root.Find(tokens), v.Got, want)
	}
	slices.SortStableFunc(l.all[before:], func(a, b located) int { return cmp.Compare(a.at, b.at) })
}

// bounded returns the first problems, and one that counts the rest.
func (l *problemList) bounded() []Problem {
	var problems []Problem
	for i, p := range l.all {
		where := document.Spot{Text: l.text, At: p.at}
		if i == MaxProblems {
			p.Message = fmt.Sprintf("and %d more problems in the report, from %s on", len(l.all)-i+l.more, where)
			return append(problems, p.Problem)
		}
		if p.Rule == Malformed {
			p.Message = fmt.Sprintf("%s: %s", where, p.Message)
		}
		problems = append(problems, p.Problem)
	}
	return problems
}
