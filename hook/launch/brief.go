package launch

import (
	"cmp"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/transcript"
)

// Brief is what a coding agent was asked for, in the words of its launch prompt. Gates compare the change with it. It is untrusted data: it is
// quoted in any text for a model.
type Brief struct {
	// Plan is the plan or the description of the work, at most MaxPlan characters and an ellipsis; "" for none.
	Plan string `json:"plan,omitempty"`
	// Scope is where the agent may work, at most MaxScope characters and an ellipsis; "" if the prompt has no scope.
	Scope string `json:"scope,omitempty"`
	// Session is the session's worktree, in the words of the prompt, if an isolated agent's prompt names it: the work continues there. "" if it
	// names none. readBrief leaves it empty.
	Session string `json:"session,omitempty"`
}

// Bounds on a Brief, in characters.
const (
	MaxPlan  = 1200
	MaxScope = 300
)

var (
	// A line that begins a section of a prompt. A section ends where the next one begins.
	sectionLabel = lazyregexp.New("^[ \\t>*_#`+-]*(TASK(?:[ _-]?ID(?:ENTIFIER)?)?|WORKTREE(?:[ _-]?PATH)?|WORKING[ _-]?DIR(?:ECTORY)?|" +
		"DESCRIPTION|BRIEF|REQUIREMENTS|PLAN_CONTEXT|SCOPE|RESTRICTIONS?|FILES|EXCLUSIVE(?:[ _-]?FILES)?|(?:TEST|LINT)_COMMAND|TEST_MODE|" +
		"COVERAGE_THRESHOLD|WORK_TYPE|BASE_BRANCH|TARGET(?:_BRANCH)?|SKILL_CONTENT|TEST_RUNNER_RESULTS)[*_`]*[ \\t]*[:=][*_]*(.*)$")
	planTag = lazyregexp.New(`(?is)<plan_context>(.*?)</plan_context>`)
	// A description after the task, on the same line.
	besideTask = lazyregexp.New("\\b(?:DESCRIPTION|BRIEF|REQUIREMENTS)[*_`]*[ \\t]*[:=][*_]*")
)

// section is one labelled part of a prompt.
type section struct {
	label string // in capitals, with low lines; "" for the words before the first label
	text  string
}

// sections returns the parts of a prompt, in its order.
func sections(prompt string) []section {
	parts := []section{{}}
	for line := range strings.Lines(prompt) {
		if m := sectionLabel().FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			label := strings.NewReplacer(" ", "_", "-", "_").Replace(m[1])
			parts = append(parts, section{label: label, text: m[2] + "\n"})
			continue
		}
		parts[len(parts)-1].text += line
	}
	return parts
}

// readBrief reads what a launch prompt asks for: the plan under its label or, without one, the description, and else all that the prompt says
// beside its other labels. It reads the first MaxPromptRead bytes, and nothing behind the words of others.
func readBrief(prompt string) Brief {
	prompt = plainLabels(OwnWords(prompt))
	if _, ok := ReadMarker(prompt); ok {
		_, prompt, _ = strings.Cut(strings.TrimLeft(prompt, " \t\r\n"), "\n")
	}
	tagged := ""
	if m := planTag().FindStringSubmatch(prompt); m != nil {
		tagged, prompt = m[1], strings.Replace(prompt, m[0], "", 1)
	}
	var plan, described, rest, scope []string
	for _, part := range sections(prompt) {
		text := strings.TrimSpace(part.text)
		block, below := cutBlock(text)
		line, more, _ := strings.Cut(text, "\n")
		switch part.label {
		case "PLAN_CONTEXT":
			plan = append(plan, text)
		case "DESCRIPTION", "BRIEF", "REQUIREMENTS":
			described = append(described, text)
		case "":
			rest = append(rest, text)
		case "SCOPE":
			scope = append(scope, block)
		case "RESTRICTION", "RESTRICTIONS", "FILES", "EXCLUSIVE", "EXCLUSIVE_FILES":
			scope = append(scope, part.label+": "+block)
			rest = append(rest, below)
		case "TASK", "TASK_ID", "TASK_IDENTIFIER", "TASKID", "TASKIDENTIFIER":
			if at := besideTask().FindStringIndex(line); at != nil {
				described = append(described, line[at[1]:])
			} else {
				rest = append(rest, afterID(line))
			}
			rest = append(rest, more)
		default: // what stands below the one line of a worktree or a command belongs to nothing
			rest = append(rest, more)
		}
	}
	return Brief{
		Plan:  quote.Clip(cmp.Or(paragraphs(plan), squeezed(tagged), paragraphs(described), paragraphs(rest)), MaxPlan),
		Scope: quote.Clip(strings.Join(strings.Fields(strings.Join(scope, " ")), " "), MaxScope),
	}
}

// BriefOf returns the brief of the agent's current work: that of the message that resumed it if this gives it another task, otherwise that of its
// launch.
func BriefOf(agent *transcript.Agent) Brief {
	launched, asked := ReadAssignment(agent.Prompt), ReadMessage(agent.Run.Prompt)
	if asked.TaskID != "" && !SameTask(asked.TaskID, launched.TaskID) {
		return readBrief(agent.Run.Prompt)
	}
	return readBrief(agent.Prompt)
}

// anyLabel begins a line of a prompt about something else than the block before it: GIT POLICY, VENDOR SYMLINKS.
var anyLabel = lazyregexp.New("^[ \\t>*_#`+-]*[A-Z][A-Z0-9]+(?:[ _-][A-Z0-9]+)*[*_`]*:")

// cutBlock parts a text at its first empty line, or the first line with a label of its own.
func cutBlock(text string) (block, rest string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	at := 0
	for line := range strings.Lines(text) {
		if at > 0 && (strings.TrimSpace(line) == "" || anyLabel().MatchString(line)) {
			return strings.TrimSuffix(text[:at], "\n"), text[at:]
		}
		at += len(line)
	}
	return text, ""
}

// afterID returns what stands behind the identifier on a task's line.
func afterID(line string) string {
	if id := readID(line); id != "" {
		_, rest, _ := strings.Cut(line, id)
		return strings.TrimLeft(rest, " \t,;|:.-\"'`*_>])")
	}
	return line
}

// paragraphs joins texts that are not empty.
func paragraphs(texts []string) string {
	var kept []string
	for _, text := range texts {
		if text = squeezed(text); text != "" {
			kept = append(kept, text)
		}
	}
	return strings.Join(kept, "\n")
}

// squeezed removes empty lines, and space around lines.
func squeezed(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// Within shortens the brief to that many entries in each of its lists.
func (b Brief) Within(room int) Brief {
	b.Plan, b.Scope = quote.Clip(b.Plan, min(MaxPlan, 100+28*room)), quote.Clip(b.Scope, min(MaxScope, 60+10*room))
	return b
}
