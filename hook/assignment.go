package hook

import (
	"regexp"
	"strings"
)

// Assignment is what the launch asked of an agent, read from its prompt. "" means that the prompt does not say, or says two
// things: then nothing is held against the agent.
type Assignment struct {
	TaskID       string
	WorktreePath string
}

var (
	// The seed's own form is "TASK: PROJ-123, DESCRIPTION: …"; people also write TASK_ID and Task identifier. An identifier
	// ends its line or its clause and looks like one: "TASK: Fix the login" names no identifier.
	taskLabel = regexp.MustCompile("(?im)\\bTASK(?:[ _-]?ID(?:ENTIFIER)?)?[*_`]*[ \\t]*[:=][*_]*[ \\t]*([^\\s,;]*[-#_0-9][^\\s,;]*)[ \\t]*(?:[,;(]|\\r?$)")
	// A labelled path wins; a bare ./trees/… counts where it is the only one.
	worktreeLabel = regexp.MustCompile("(?i)\\bWORKTREE(?:[ _-]?PATH)?[*_`]*[ \\t]*[:=][*_]*[ \\t]*([^\\s,;]+)")
	treesPath     = regexp.MustCompile("(?:[^\\s\"'`<>()\\[\\],;]*/)?\\btrees/[^\\s\"'`<>()\\[\\],;/]+")
)

// ReadAssignment finds the task and the worktree that a launch prompt names (seed, "Pre-Work Validation").
func ReadAssignment(prompt string) Assignment {
	prompt = clipBytes(prompt, maxPromptRead)
	a := Assignment{TaskID: only(taskLabel.FindAllStringSubmatch(prompt, -1), 1)}
	if a.WorktreePath = only(worktreeLabel.FindAllStringSubmatch(prompt, -1), 1); a.WorktreePath == "" {
		a.WorktreePath = only(treesPath.FindAllStringSubmatch(prompt, -1), 0)
	}
	return a
}

// maxPromptRead bounds what is searched of a prompt, in bytes: the seed's fields stand at its head.
const maxPromptRead = 256 << 10

func clipBytes(s string, limit int) string {
	return s[:min(len(s), limit)]
}

// only is the one value that the matches agree on, stripped of quotes and sentence marks; "" if there is none or more.
func only(matches [][]string, group int) string {
	value := ""
	for _, m := range matches {
		v := strings.TrimRight(strings.Trim(m[group], "\"'`*_<>()[]"), ".:!?/\"'`*")
		if v == "" || v == value {
			continue
		}
		if value != "" {
			return ""
		}
		value = v
	}
	return value
}

// sameTask compares task identifiers as people write them: "#456" is "456", case does not count.
func sameTask(a, b string) bool {
	normal := func(s string) string {
		return strings.ToLower(strings.TrimLeft(strings.Trim(s, " \t\"'`"), "#"))
	}
	return normal(a) == normal(b)
}
