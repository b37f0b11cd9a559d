package report

import (
	"regexp"
	"strings"
	"sync"
)

// lacks matches a gate's word that it was not given an input, as its own validation puts it: "ERROR: TEST_COMMAND required".
var lacks = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?i)^[\\s*_`>#-]*ERROR[*_`]*\\s*:\\s*(.*\\b(?:required|missing|not (?:provided|given|specified|set|supplied)|must be (?:provided|given|set|specified)|needed?)\\b.*)$")
})

// inputName matches the name of an input: TEST_COMMAND, or the words for the worktree and the task.
var inputName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b[A-Z]{2,}(?:_[A-Z]+)*\b|(?i:\b(?:worktree|working dir\w*|task|test command|lint command|plan|scope|branch|files?|input|path|identifier|description|requirements|context|prompt)\b)`)
})

// MissingInput is what an ERROR line says that an agent lacks, without the word ERROR; "" if it speaks of something else, such as a tool
// that failed.
func MissingInput(line string) string {
	match := lacks().FindStringSubmatch(strings.TrimSpace(line))
	if match == nil || !inputName().MatchString(match[1]) {
		return ""
	}
	return oneLine(strings.TrimSpace(match[1]), maxIssue)
}

// missingInputs are the inputs that a result lacks, if all of its blocking issues say that one is missing.
func missingInputs(issues []string) []string {
	var list []string
	for _, issue := range issues {
		lacking := MissingInput(issue)
		if lacking == "" {
			return nil
		}
		list = append(list, lacking)
	}
	return list
}
