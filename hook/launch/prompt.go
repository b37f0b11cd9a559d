package launch

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
)

// Prompt is what a prompt asks of a coding agent.
type Prompt struct {
	Assignment
	// Worktrees are the paths that may name the worktree: the labelled ones, else every ./trees/… in the prompt. There are no duplicates, and at
	// most eight.
	Worktrees []string
	// References are the files that the prompt names for the requirements, as written, without the @. There are no duplicates, and at most eight.
	References []string
	// Link means that the prompt has a link. stopgate follows none.
	Link bool
	// Description is the prompt's text without the labelled identifier, worktrees, references and links, on one line.
	Description string
	// AssignsFiles means that the prompt says which files the agent may change.
	AssignsFiles bool
}

// MaxNamed is how many paths of each kind are read from one prompt, because each is looked up on disk.
const MaxNamed = 8

// minDescription is the minimum length of a description in characters (seed, "TASK Identifier + DESCRIPTION": more than 10).
const minDescription = 11

var (
	descriptionLabel = lazyregexp.New("(?i)\\b(?:DESCRIPTION|BRIEF|REQUIREMENTS|PLAN_CONTEXT)[*_`]*[ \\t]*[:=]|</?plan_context>")
	// Lines that deal out files or forbid some, and those with a command: they describe nothing.
	boundsLabel = lazyregexp.New("(?im)^[ \\t>*_#`+-]*(SCOPE|RESTRICTIONS?|FILES|EXCLUSIVE(?:[ _-]?FILES)?|(?:TEST|LINT)_COMMAND|COVERAGE_THRESHOLD|WORK_TYPE)[*_`]*[ \\t]*[:=](.*)$")
	link        = lazyregexp.New(`(?i)\bhttps?://\S+`)
	// A file behind an @, or one of a kind that requirements are written in.
	reference = lazyregexp.New("(?im)(?:^|[\\s(\\[<\"'`*:=,])(?:@([\\w~./\\\\-]+\\.\\w{1,10})|([\\w~./\\\\-]+\\.(?:md|markdown|txt|rst|adoc|pdf|feature)))\\b")

	// Words with which a prompt assigns files, and the form of a file name.
	fileLabel   = lazyregexp.New(`(?i)\bfiles?\b[^.:=\n]{0,40}[:=]`)
	restriction = lazyregexp.New(`(?i)\b(?:only|exclusive(?:ly)?|assigned|restricted to|limited to|confined to|stay (?:in|within)|your (?:own )?files?|(?:do not|don't|never) (?:touch|edit|change|modify))\b`)
	filePath    = lazyregexp.New(`[\w.@*-]+/[\w.@*/-]+|\b[\w-]+\.[A-Za-z]\w{0,5}\b`)
)

// targetLabel matches the label of the branch that a merge goes to.
var targetLabel = lazyregexp.New("(?im)^[ \\t>*_#`+-]*(?:BASE_BRANCH|TARGET(?:_BRANCH)?|MERGE_TARGET)[*_`]*[ \\t]*[:=][*_` \\t]*([\\w./-]+)")

// ReadTarget returns the branch that a prompt names as the target of a merge; "" if it names none.
func ReadTarget(prompt string) string {
	m := targetLabel().FindStringSubmatch(OwnWords(prompt))
	if m == nil {
		return ""
	}
	return strings.TrimPrefix(m[1], "refs/heads/")
}

// mergeInto is how prompts ask for a merge: the branch that it goes to.
var mergeInto = lazyregexp.New("(?i)\\b(?:merge|land|ship)\\b[^.\n]{0,120}?\\b(?:in|on)?to\\s+[\"'`]?(?:the )?(?:branch )?[\"'`]?([\\w./-]+)")

// forbidden matches the words before a merge that is not asked for: "Do not merge it into main".
var forbidden = lazyregexp.New(`(?i)(?:\b(?:not|never|without|nor|instead of|rather than)|n['’]t)\b[^.;:,\n]{0,20}$`)

// MergesInto returns the branches that a prompt asks to merge something into, as it spells them. What it forbids is not among them.
func MergesInto(prompt string) []string {
	prompt = OwnWords(prompt)
	var names []string
	for _, at := range mergeInto().FindAllStringSubmatchIndex(prompt, -1) {
		if !forbidden().MatchString(prompt[max(0, at[0]-40):at[0]]) {
			names = append(names, strings.TrimRight(strings.TrimPrefix(prompt[at[2]:at[3]], "refs/heads/"), "."))
		}
	}
	return names
}

// ReadPrompt finds what a prompt asks for. It does not look up what the prompt names.
func ReadPrompt(prompt string) Prompt {
	prompt = plainLabels(OwnWords(prompt))
	l := Prompt{Assignment: ReadAssignment(prompt), Worktrees: readWorktrees(prompt)}
	rest := worktreeLabel().ReplaceAllString(prompt, " ")
	rest = TreesPath().ReplaceAllString(rest, " ")
	l.AssignsFiles = filePath().MatchString(rest) && (fileLabel().MatchString(rest) || restriction().MatchString(rest)) || assignsByLabel(rest)
	rest = boundsLabel().ReplaceAllString(rest, " ")
	l.Link = link().MatchString(rest)
	rest = link().ReplaceAllString(rest, " ")
	for _, m := range reference().FindAllStringSubmatch(rest, -1) {
		name := m[1] + m[2] // one of them is empty
		if !slices.Contains(l.References, name) && len(l.References) < MaxNamed {
			l.References = append(l.References, name)
		}
	}
	l.Description = readDescription(reference().ReplaceAllString(rest, " "))
	return l
}

// assignsByLabel reports whether a labelled line names the files that the agent may change.
func assignsByLabel(prompt string) bool {
	for _, m := range boundsLabel().FindAllStringSubmatch(prompt, -1) {
		switch strings.ToUpper(m[1][:5]) {
		case "SCOPE", "FILES", "EXCLU":
			if filePath().MatchString(m[2]) {
				return true
			}
		}
	}
	return false
}

// readWorktrees returns the paths that a prompt may mean for the worktree. A label followed by a word ("Worktree: use ./trees/x") names none.
func readWorktrees(prompt string) []string {
	for _, named := range [][]string{labelledPaths(prompt), TreesPath().FindAllString(prompt, -1)} {
		var list []string
		for _, text := range named {
			path := cleanPath(text)
			if (path == "." || strings.ContainsAny(path, `/\`)) && !slices.Contains(list, path) && len(list) < MaxNamed {
				list = append(list, path)
			}
		}
		if list != nil {
			return list
		}
	}
	return nil
}

// readDescription returns what remains of a prompt without its labels and what stands alone behind the one for the task.
func readDescription(prompt string) string {
	var words []string
	for line := range strings.Lines(prompt) {
		if m := taskLabel().FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			line = m[2]
			if end := strings.IndexAny(line, ",;"); end >= 0 && len(strings.Fields(line[:end])) == 1 {
				line = line[end+1:] // what stands alone behind the label is the identifier, in any format
			} else if end < 0 && len(strings.Fields(line)) == 1 {
				line = ""
			}
		}
		for word := range strings.FieldsSeq(descriptionLabel().ReplaceAllString(line, " ")) {
			if strings.ContainsFunc(word, isWord) {
				words = append(words, word)
			}
		}
	}
	return strings.Join(words, " ")
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// empty are words that say nothing of what is to be done: "add integration" is the seed's own example.
var empty = quote.Set(strings.Fields(`
	a an the this that these those it its is are be as at by for from in into of on to up with and or my our your their me you we please
	add build change complete continue create develop do execute extend finish fix handle implement improve make modify perform refactor
	start update work write need needs needed want should must required requested necessary new some all any more better
	bug bugs change changes code feature features improvement improvements integration integrations issue issues item items job problem
	problems refactoring stuff task tasks thing things ticket tickets work
	according assigned attached below above details describe described description doc document file follow following instructions look
	plan read reference requirement requirements see spec specification specs there here worktree agent stopgate gate`))

// SaysSomething reports whether a description is more than ten characters long and has a word in it that is about the work.
func SaysSomething(description string) bool {
	if weight(description) < minDescription {
		return false
	}
	for token := range strings.FieldsSeq(description) {
		if ticketID().MatchString(strings.Trim(token, "\"'`*_<>.,;:!?()[]")) {
			continue
		}
		for word := range strings.FieldsFuncSeq(strings.ToLower(token), func(r rune) bool { return !isWord(r) }) {
			if !empty[word] && utf8.RuneCountInString(word) > 1 {
				return true
			}
		}
	}
	return false
}

// weight returns the length of a text in characters. A character that stands for a syllable or a word counts as three.
func weight(text string) int {
	n := 0
	for _, r := range text {
		if n++; unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			n += 2
		}
	}
	return n
}
