// Package launch reads what an agent was launched for: its role, its task and its worktree.
package launch

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/transcript"
)

// Assignment is the task and the worktree in an agent's launch prompt. A field is "" if the prompt names none, or several different ones. Then the
// agent is not judged by that field.
type Assignment struct {
	TaskID       string
	WorktreePath string
}

var (
	// A line that begins with the label, after any markdown. The seed's own form is "TASK: PROJ-123, DESCRIPTION: …"; people also write TASK_ID and
	// Task identifier.
	taskLabel = lazyregexp.New("(?im)^[ \\t>*_#`+-]*(TASK(?:[ _-]?ID(?:ENTIFIER)?)?)[*_`]*[ \\t]*[:=][*_]*[ \\t]*(.*)$")
	// A ticket: letters and a digit joined by a mark, or a number after #, with or without its repository.
	ticketID = lazyregexp.New(`^(?:[\w.-]+/[\w.-]+#[0-9]+|[\w.-]*#[0-9]+|[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*[-_.][0-9][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*|[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*[-_][A-Za-z]*[0-9][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*)$`)
	// Any other word that can be an identifier, if it stands alone.
	anyID = lazyregexp.New(`^[\pL\pN]+(?:[-_./:]*[\pL\pN]+)*$`)
	// What may follow an identifier that is not a ticket: the end of the line, or a mark and the next label ("; DESCRIPTION: …").
	labelNext = lazyregexp.New("^[ \\t]*(?:$|[,;|.-]*[ \\t]*[*_`]*[A-Z][A-Z_ -]{2,24}[*_`]*[:=])")
	// A link in markdown, whose text is the identifier.
	linkedID = lazyregexp.New(`^\[([^\[\]]+)\]\([^()\s]*\)`)
	// A labelled path wins. A bare ./trees/… counts only if it is the only one.
	worktreeLabel = lazyregexp.New("(?i)\\b(?:WORKTREE(?:[ _-]?PATH)?|WORKING[ _-]?DIR(?:ECTORY)?)[*_`]*[ \\t]*[:=][*_]*[ \\t]*([^\\s,;]+)")
	// TreesPath matches a path below a folder trees/ or worktrees/, up to the name of the worktree.
	TreesPath = lazyregexp.New("(?:[^\\s\"'`<>()\\[\\],;]*/)?\\.?\\b(?:work)?trees/[^\\s\"'`<>()\\[\\],;/]+")
	// What others said, or the text of a skill: nothing behind it is an assignment.
	quotedText = lazyregexp.New("(?m)^[ \\t>*_#`+-]*(?:SKILL_CONTENT|TEST_RUNNER_RESULTS)[*_`]*[ \\t]*[:=]")
)

// ReadAssignment finds the task and the worktree that a launch prompt names (seed, "Pre-Work Validation"). It reads the first
// MaxPromptRead bytes.
func ReadAssignment(prompt string) Assignment {
	prompt = plainLabels(OwnWords(prompt))
	m, marked := ReadMarker(prompt)
	if marked { // a step quotes what others wrote
		prompt = withoutQuotedLabels(prompt)
	}
	a := Assignment{TaskID: readTask(prompt)}
	if marked && a.TaskID == "" {
		a.TaskID = m.Task
	}
	if a.WorktreePath = only(labelledPaths(prompt)...); a.WorktreePath == "" {
		a.WorktreePath = only(TreesPath().FindAllString(prompt, -1)...)
	}
	return a
}

// OwnWords returns the prompt up to the text of others in it, at most MaxPromptRead bytes.
func OwnWords(prompt string) string {
	prompt = quote.ClipBytes(prompt, MaxPromptRead)
	if at := quotedText().FindStringIndex(prompt); at != nil {
		return prompt[:at[0]]
	}
	return prompt
}

// readTask returns the identifier that the prompt's task lines agree on. Lines with the label in capitals count before others, and of these a
// TASK_ID before a TASK. One that cannot be read as an identifier leaves nothing to hold the agent to.
func readTask(prompt string) string {
	task, best := "", 0
	for _, line := range taskLabel().FindAllStringSubmatch(prompt, -1) {
		weight := 1
		if line[1] == strings.ToUpper(line[1]) {
			weight = 2
			if len(line[1]) > len("TASK") {
				weight = 3
			}
		}
		id := readID(line[2])
		switch {
		case weight < best:
		case weight > best:
			task, best = id, weight
		case id == "" || task == "" || !SameTask(task, id):
			task = ""
		}
	}
	return task
}

// readID returns the identifier that a task line begins with; "" for none. A ticket may have anything behind it. Any other word counts only where
// it stands alone, or in backticks before a remark in parentheses, since "re-implement, with tests" and "Cleanup." are descriptions.
func readID(line string) string {
	line = strings.Trim(line, " \t\r")
	if m := linkedID().FindStringSubmatch(strings.TrimLeft(line, "*_`")); m != nil {
		line = m[1]
	}
	end := strings.IndexAny(line, " \t,;|")
	if end < 0 {
		end = len(line)
	}
	word, rest := line[:end], line[end:]
	if bare := strings.TrimRight(strings.Trim(word, "\"'`*_<>[]()"), ".:"); ticketID().MatchString(bare) && !strings.HasPrefix(strings.TrimLeft(rest, " \t"), "(http") {
		return bare
	}
	bare := strings.Trim(word, "\"'`*_")
	marked := len(word) > 2 && word[0] == '`' && word[len(word)-1] == '`' && strings.HasPrefix(rest, " (")
	if anyID().MatchString(bare) && (marked || labelNext().MatchString(rest)) && !strings.Contains(bare, "://") {
		return bare
	}
	return ""
}

// quoted matches a text in quotation marks on one line.
var quoted = lazyregexp.New(`"(?:[^"\\\n]|\\.)*"`)

// withoutQuotedLabels removes quoted texts that contain a label from a message, and code of others in a sentence: words quoted from other agents
// assign nothing.
func withoutQuotedLabels(message string) string {
	message = codeInLine(message).ReplaceAllStringFunc(message, func(text string) string {
		words, code, _ := strings.Cut(text, "`")
		if worktreeLabel().MatchString(code) && ofOthers(words) {
			return words
		}
		return text
	})
	return quoted().ReplaceAllStringFunc(message, func(said string) string {
		if worktreeLabel().MatchString(said) {
			return " "
		}
		return said
	})
}

// labelledPaths returns the paths after labels of worktrees.
func labelledPaths(prompt string) []string {
	var list []string
	for _, at := range worktreeLabel().FindAllStringSubmatchIndex(prompt, -1) {
		line, _, _ := strings.Cut(prompt[at[2]:], "\n")
		list = append(list, pathAt(line))
	}
	return list
}

// treesBelow matches a word with a path through a folder trees/ or worktrees/, up to the name of the worktree.
var treesBelow = lazyregexp.New(`^[^\s/\\]+[/\\](?:[^\s/\\]+[/\\])*(?:work)?trees[/\\][^\s/\\]+`)

// numbered matches a word that begins with the end of a folder's name: "(2)/shop" of "my projects (2)/shop".
var numbered = lazyregexp.New(`^\([^\s/\\()]+\)[/\\]`)

// pathAt returns the path at the beginning of a line: the quoted text, else the first word. A path with spaces extends to the word that contains
// the folder of the worktrees: "/home/me/my projects/shop/trees/PROJ-1 on branch x".
func pathAt(line string) string {
	line = quote.ClipBytes(line, maxPathLine)
	if m := linkedID().FindStringSubmatch(line); m != nil {
		return m[1]
	}
	if q := line[:1]; q == `"` || q == "'" || q == "`" {
		if end := strings.Index(line[1:], q); end > 0 {
			return line[1 : 1+end]
		}
	}
	if end := strings.IndexAny(line, ",;"); end >= 0 {
		line = line[:end]
	}
	words := strings.SplitAfter(strings.TrimRight(line, " \t\r"), " ")
	first := strings.TrimRight(words[0], " \t")
	if TreesPath().MatchString(strings.ReplaceAll(first, `\`, "/")) || !strings.ContainsAny(first, `/\`) {
		return first
	}
	path := words[0]
	for _, word := range words[1:] {
		if strings.ContainsAny(word[:1], "\"'`(<[./~-") && !numbered().MatchString(word) { // something else begins
			return first
		}
		if m := treesBelow().FindString(word); m != "" {
			return path + m
		}
		path += word
	}
	return first
}

// maxPathLine is how many bytes of a line are searched for a path.
const maxPathLine = 1 << 10

// ReadMessage finds the task and the worktree that a message assigns to an agent that has ended. A message may mention other agents. So only a
// labelled worktree counts, and not if it is quoted or belongs to a sentence about another agent.
func ReadMessage(message string) Assignment {
	message = withoutMentions(withoutQuotedLabels(plainLabels(withoutQuotes(OwnWords(message)))))
	return Assignment{TaskID: readTask(message), WorktreePath: only(labelledPaths(message)...)}
}

// withoutQuotes removes from a message the quoted lines, and the blocks of code that assign no task or follow words about others, if it has other
// lines.
func withoutQuotes(message string) string {
	var own, block []string
	said, fence, before := false, "", ""
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		switch {
		case fence != "" && strings.HasPrefix(line, fence):
			fence = ""
			if text := strings.Join(block, "\n"); taskLabel().MatchString(text) && !ofOthers(before) {
				own, said = append(own, block...), true
			}
		case fence != "":
			block = append(block, line)
		case strings.HasPrefix(line, "```"), strings.HasPrefix(line, "~~~"):
			fence, block = line[:3], nil
		case !strings.HasPrefix(line, ">"):
			own, said = append(own, line), said || line != ""
			before = cmp.Or(line, before)
		}
	}
	if !said {
		return message
	}
	return strings.Join(own, "\n")
}

// ofOthers reports whether code behind these words shows what others have, and assigns nothing.
func ofOthers(before string) bool {
	return sayingOfOthers().MatchString(before) || showing().MatchString(before)
}

// showing matches words before code that only shows something.
var showing = lazyregexp.New(`(?i)\b(?:examples?|e\.g|instance|logs?|logged|output|was|were|wrote|said|says|used|history|transcript)\b`)

// anyPath matches a word with a slash.
var anyPath = lazyregexp.New(`\S*/\S*`)

// codeInLine matches a span of code behind words of the same line; ofPlace, what a sentence goes on to say about a place.
var (
	codeInLine = lazyregexp.NewFor("`", "(?m)(\\pL[^\n`]*)`[^`\n]*`")
	ofPlace    = lazyregexp.New("^[\"'`]?[ \\t]+(?:is|was|were|belongs|has|had|contains)\\b")
)

// sayingOfOthers matches words that show that a sentence is about another agent or another place.
var sayingOfOthers = lazyregexp.New(`(?i)\b(?:others?|another|else|not|never|don['’]t|compare[ds]?|unlike|instead of|whose|their|his|her|has|had|have|owns?|agent [\w-]+ )\b`)

// withoutMentions removes labels of worktrees in the middle of a sentence about others: "The other agent has WORKTREE_PATH: ./trees/T-2".
func withoutMentions(message string) string {
	var b strings.Builder
	from := 0
	for _, at := range worktreeLabel().FindAllStringSubmatchIndex(message, -1) {
		before := message[from:at[0]]
		before = before[strings.LastIndexAny(before, "\n")+1:]
		if end := strings.LastIndexAny(before, ";!?"); end >= 0 {
			before = before[end+1:]
		}
		if end := strings.LastIndex(before, ". "); end >= 0 {
			before = before[end+2:]
		}
		aside := strings.ContainsFunc(before, unicode.IsLetter) && ofPlace().MatchString(message[at[1]:])
		if aside || sayingOfOthers().MatchString(anyPath().ReplaceAllString(before, " ")) {
			b.WriteString(message[from:at[0]] + " ")
			from = at[1]
		}
	}
	b.WriteString(message[from:])
	return b.String()
}

// AssignmentOf returns the agent's assignment from the message that began its last run. What that message leaves open comes from the launch.
func AssignmentOf(agent *transcript.Agent) Assignment {
	asked := ReadMessage(agent.Run.Prompt)
	for _, message := range slices.Backward(agent.Messages) {
		asked = asked.or(ReadMessage(message))
	}
	return asked.or(ReadAssignment(agent.Prompt))
}

// or fills the empty fields of the assignment from an earlier one.
func (a Assignment) or(earlier Assignment) Assignment {
	return Assignment{TaskID: cmp.Or(a.TaskID, earlier.TaskID), WorktreePath: cmp.Or(a.WorktreePath, earlier.WorktreePath)}
}

// NamesOtherTask reports whether the message that began the agent's current run gives it another task than its launch did.
func NamesOtherTask(agent *transcript.Agent) bool {
	launched, asked := ReadAssignment(agent.Prompt), ReadMessage(agent.Run.Prompt)
	return launched.TaskID != "" && asked.TaskID != "" && !SameTask(launched.TaskID, asked.TaskID)
}

// MaxPromptRead is how many bytes of a prompt are searched. The seed puts its fields at the beginning.
const MaxPromptRead = 256 << 10

// only returns the path if all texts name the same one, without quotes and punctuation; else "".
func only(texts ...string) string {
	value := ""
	for _, text := range texts {
		v := cleanPath(text)
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

// cleanPath removes quotes and punctuation around a path. "." stays.
func cleanPath(text string) string {
	text = strings.Trim(text, "\"'`*_<>()[]")
	if text == "." || text == "./" {
		return "."
	}
	return strings.TrimRight(text, ".:!?/\"'`*")
}
