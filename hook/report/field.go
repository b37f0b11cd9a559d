package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"stopgate/hook/report/document"
	"stopgate/schema"
)

// contract lists the fields of a report, the required ones first. The first two are in anything about a task. The other three
// required ones, the outcome, are in reports alone.
var contract = []string{"task_id", "worktree_path", "work_completed", "files_modified", "unfinished", "artifacts_cleaned", "narrative_report"}

const (
	requiredFields = 5
	outcomeFields  = 1<<2 | 1<<3 | 1<<4
)

// fieldSet is a set of required fields, a bit for each in the order of contract.
type fieldSet uint8

// rank is how much an object looks like a report.
type rank uint8

const (
	unlike rank = iota
	// akin: it has two of the required fields, as an agent's input may have.
	akin
	// alike: it has two of them, one of which only a report has.
	alike
)

func (s fieldSet) rank() rank {
	n := 0
	for i := range requiredFields {
		n += int(s >> i & 1)
	}
	switch {
	case n < 2:
		return unlike
	case s&outcomeFields == 0:
		return akin
	}
	return alike
}

// form is how objects of one kind are recognised.
type form struct {
	// fieldOf is the field with that name, or nearly that name. It is empty for any other name.
	fieldOf func(name string) fieldSet
	rank    func(fieldSet) rank
}

var reportForm = form{fieldOf: fieldOf, rank: fieldSet.rank}

// fieldOf returns the required field with that name, or nearly that name, as a set. It is empty for any other name.
func fieldOf(name string) fieldSet {
	i := slices.Index(contract, nearest(name))
	if i < 0 || i >= requiredFields {
		return 0
	}
	return 1 << i
}

// nearest returns the field of the contract that a name means, in any case, with any separators, with a spelling mistake or two; else "".
func nearest(name string) string {
	bare := bareName(name)
	if i := slices.Index(bareContract, bare); i >= 0 {
		return contract[i]
	}
	for i, field := range bareContract {
		allowed := 1
		if len(field) > 6 {
			allowed = 2
		}
		if schema.Near(bare, field, allowed) {
			return contract[i]
		}
	}
	return ""
}

var bareContract = []string{"taskid", "worktreepath", "workcompleted", "filesmodified", "unfinished", "artifactscleaned", "narrativereport"}

// bareName returns a name in lower case, without separators.
func bareName(name string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case '_', '-', ' ', '.':
			return -1
		}
		return unicode.ToLower(c)
	}, name)
}

// aliases are names that agents use for a field of the contract.
var aliases = map[string]string{
	"task": "task_id", "ticket": "task_id", "id": "task_id",
	"worktree": "worktree_path", "path": "worktree_path",
	"summary": "work_completed", "description": "work_completed", "workdone": "work_completed", "completed": "work_completed",
	"files": "files_modified", "fileschanged": "files_modified", "changedfiles": "files_modified", "modifiedfiles": "files_modified",
	"filescreated": "files_modified", "filesadded": "files_modified", "filesdeleted": "files_modified", "filesremoved": "files_modified",
	"filesrenamed": "files_modified", "filesmoved": "files_modified", "filesupdated": "files_modified", "filesedited": "files_modified",
	"newfiles": "files_modified", "createdfiles": "files_modified", "addedfiles": "files_modified", "deletedfiles": "files_modified",
	"removedfiles": "files_modified", "renamedfiles": "files_modified", "updatedfiles": "files_modified",
	"blockers": "unfinished", "remaining": "unfinished", "todo": "unfinished", "remainingwork": "unfinished", "openissues": "unfinished",
	"cleanup": "artifacts_cleaned", "artifacts": "artifacts_cleaned", "cleanedartifacts": "artifacts_cleaned",
	"narrative": "narrative_report", "notes": "narrative_report", "details": "narrative_report", "report": "narrative_report",
}

// verifiers are the words in names of fields that a coding agent must not fill in, and who verifies them instead (seed, "Required
// JSON Output": test results, coverage numbers, quality assessments, gate status and metadata are verified independently).
var verifiers = []struct {
	words []string
	what  string
}{
	{[]string{"security", "vulnerability", "vulnerabilities", "cve", "cves", "secrets", "audit"}, "security is verified by security-auditor"},
	{[]string{"gate", "gates", "checks", "verdict", "approved", "approval", "status", "success", "ready", "verified"}, "the gates decide whether they pass"},
	{[]string{"coverage"}, "coverage is measured by test-runner"},
	{[]string{"test", "tests", "testing", "tested", "passed", "failed", "build", "ci"}, "test results are verified by test-runner"},
	{[]string{"quality", "lint", "linter", "linting", "review", "complexity", "confidence", "score", "typecheck", "metrics", "performance"}, "quality is judged by the reviewer"},
	{[]string{"metadata", "meta", "timestamp", "timestamps", "date", "time", "duration", "agent", "model", "version", "branch", "commit", "commits", "tokens", "session"}, "metadata is recorded by the host"},
}

// verifier is who verifies a field of that name, as a clause; "" for a field that no other agent verifies.
func verifier(name string) string {
	words := wordsOf(name)
	for _, v := range verifiers {
		for _, w := range v.words {
			if slices.Contains(words, w) {
				return v.what
			}
		}
	}
	return ""
}

// wordsOf splits a name into words: testMetrics, test_metrics, Test-Metrics.
func wordsOf(name string) []string {
	var b strings.Builder
	var last rune
	for _, c := range name {
		if unicode.IsUpper(c) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(c))
		last = c
	}
	return strings.FieldsFunc(b.String(), func(c rune) bool { return !unicode.IsLetter(c) })
}

// unknownField returns the rule and the message for a field that is not in the contract.
func unknownField(name string, object map[string]any, want string) (rule, message string) {
	if what := verifier(name); what != "" && nearest(name) == "" {
		return ForbiddenField, "no such field: " + what + "; remove it"
	}
	if field := insteadOf(name, object); field != "" {
		return Schema, fmt.Sprintf("no such field; did you mean %q?", field)
	}
	if fieldFor(name) == "files_modified" {
		return Schema, "no such field; list its files in files_modified"
	}
	return Schema, want
}

// insteadOf returns the field of the contract that is missing, and in whose place a field of another name stands; "" for none.
func insteadOf(name string, object map[string]any) string {
	if nearest(name) == "" && verifier(name) != "" {
		return ""
	}
	field := fieldFor(name)
	if _, there := object[field]; there {
		return ""
	}
	return field
}

// ignored returns the fields of a report that are not in the contract and only name the worktree or the branch, or are empty and claim nothing that
// others verify, if the field that they repeat is there too.
func ignored(object map[string]any, root document.Place) []string {
	var list []string
	for _, name := range root.Names() {
		value := object[name]
		_, text := value.(string)
		says := !isEmpty(value) || nearest(name) == "" && verifier(name) != ""
		if slices.Contains(contract, name) || says && (!text && value != nil || !namesPlace(name)) {
			continue
		}
		if field := fieldFor(name); field != "" {
			if _, there := object[field]; !there {
				continue
			}
		}
		list = append(list, name)
	}
	return list
}

// isEmpty reports whether a value is null, or a text, a list or an object with nothing in it.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// namesPlace reports whether a field of that name only says where the work is: worktreePath, branch, working_dir. A name with any other word, such
// as branch_status, says more.
func namesPlace(name string) bool {
	places := []string{"worktree", "worktrees", "branch", "dir", "directory", "cwd", "workdir", "repo", "repository"}
	others := []string{
		"work", "tree", "path", "name", "full", "abs", "absolute", "relative", "root", "folder", "location", "git", "feature", "base", "target", "source",
		"working", "current", "project", "id", "ref", "actual", "used", "head", "local",
	}
	words := wordsOf(name)
	within := func(set []string) func(string) bool { return func(w string) bool { return slices.Contains(set, w) } }
	return slices.ContainsFunc(words, within(places)) && !slices.ContainsFunc(words, func(w string) bool { return !within(places)(w) && !within(others)(w) })
}

// wrapped returns the name of the field that holds the report, if the object is not itself one.
func wrapped(doc any) (string, bool) {
	outer, _ := doc.(map[string]any)
	if setOf(outer).rank() == alike {
		return "", false
	}
	for name, value := range outer {
		if inner, ok := value.(map[string]any); ok && setOf(inner).rank() == alike {
			return name, true
		}
	}
	return "", false
}

func setOf(object map[string]any) fieldSet {
	var set fieldSet
	for name := range object {
		set |= fieldOf(name)
	}
	return set
}
