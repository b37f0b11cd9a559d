// Package launch reads what an agent was launched for: its role, its task and its worktree.
package launch

import (
	"cmp"
	"regexp"
	"strings"
	"sync"

	"stopgate/hook/quote"
	"stopgate/hook/transcript"
)

// Assignment is the task and the worktree that a launch gave an agent, read from its prompt. "" means that the prompt names none, or
// several that differ. The agent is then not judged by it.
type Assignment struct {
	TaskID       string
	WorktreePath string
}

var (
	// A line that begins with the label, whatever markdown stands before it. The seed's own form is "TASK: PROJ-123, DESCRIPTION: …";
	// people also write TASK_ID and Task identifier.
	taskLabel = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?im)^[ \\t>*_#+-]*TASK(?:[ _-]?ID(?:ENTIFIER)?)?[*_`]*[ \\t]*[:=][*_]*[ \\t]*(.*)$")
	})
	// An identifier is a ticket: letters, a digit somewhere and a mark between, or a number behind #. A word such as "re-implement",
	// a path and a link are none.
	taskID = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^(?:#[0-9]+|[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*[-_][0-9][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*)$")
	})
	// A labelled path wins; a bare ./trees/… counts where it is the only one.
	worktreeLabel = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?i)\\bWORKTREE(?:[ _-]?PATH)?[*_`]*[ \\t]*[:=][*_]*[ \\t]*([^\\s,;]+)")
	})
	// TreesPath matches a path below a folder trees/, up to the name of the worktree.
	TreesPath = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?:[^\\s\"'`<>()\\[\\],;]*/)?\\btrees/[^\\s\"'`<>()\\[\\],;/]+")
	})
)

// ReadAssignment finds the task and the worktree that a launch prompt names (seed, "Pre-Work Validation"). It reads the first
// MaxPromptRead bytes.
func ReadAssignment(prompt string) Assignment {
	prompt = quote.ClipBytes(prompt, MaxPromptRead)
	a := Assignment{TaskID: readTask(prompt)}
	if m, ok := ReadMarker(prompt); ok && a.TaskID == "" {
		a.TaskID = m.Task
	}
	if a.WorktreePath = only(worktreeLabel().FindAllStringSubmatch(prompt, -1), 1); a.WorktreePath == "" {
		a.WorktreePath = only(TreesPath().FindAllStringSubmatch(prompt, -1), 0)
	}
	return a
}

// readTask is the identifier that the prompt's task lines agree on. One that cannot be read as an identifier leaves nothing to hold
// the agent to.
func readTask(prompt string) string {
	task := ""
	for _, line := range taskLabel().FindAllStringSubmatch(prompt, -1) {
		first, _, _ := strings.Cut(line[1], ",")
		first, _, _ = strings.Cut(first, ";")
		first = strings.Trim(first, " \t\r\"'`*_<>.")
		if !taskID().MatchString(first) || task != "" && !SameTask(task, first) {
			return ""
		}
		task = first
	}
	return task
}

// AssignmentOf returns the agent's assignment: what its current run names, and what its launch names where the run does not.
func AssignmentOf(agent *transcript.Agent) Assignment {
	launched, asked := ReadAssignment(agent.Prompt), ReadAssignment(agent.Run.Prompt)
	return Assignment{
		TaskID:       cmp.Or(asked.TaskID, launched.TaskID),
		WorktreePath: cmp.Or(asked.WorktreePath, launched.WorktreePath),
	}
}

// MaxPromptRead is how much of a prompt is searched, in bytes. The seed puts its fields at the head.
const MaxPromptRead = 256 << 10

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
