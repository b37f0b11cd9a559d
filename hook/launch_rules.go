package hook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// The seed's own errors, one for each rule, and what to write instead.
const (
	taskError         = "ERROR: Need task identifier with description OR detailed integration description"
	worktreeError     = "ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration)"
	requirementsError = "ERROR: Integration requirements required (provide API specs, authentication flow, data flow)"

	taskExample         = "TASK: PROJ-123, DESCRIPTION: Integrate Stripe payment webhooks with retry logic"
	worktreeExample     = "WORKTREE_PATH: ./trees/PROJ-123-integration"
	requirementsExample = "DESCRIPTION: verify the signature of each Stripe webhook, answer 202, retry failed deliveries; or name a file that exists, @docs/plan.md"
)

// Launch is what a prompt asks of a coding agent.
type Launch struct {
	Assignment
	// Worktrees are the paths that may be meant for the worktree: those that are labelled as it, else every ./trees/… in the prompt; each
	// once, at most eight.
	Worktrees []string
	// References are the files that the prompt names for the requirements, as it spells them, without the @; each once, at most eight.
	References []string
	// Link tells that the prompt holds a link, which nobody follows here.
	Link bool
	// Description is what the prompt says beside the labelled identifier, worktrees, references and links, on one line.
	Description string
	// AssignsFiles tells that the prompt says which files are the agent's.
	AssignsFiles bool
}

// LaunchFacts is what was seen of what a prompt names.
type LaunchFacts struct {
	// Sites has one entry for each of the launch's worktrees, in that order.
	Sites []Site
	// Occupants are the coding agents that are at work in the worktree that was found.
	Occupants []Rival
	// Missing are the references that are no file.
	Missing []string
}

// maxNamed bounds the paths of each sort that are read from one prompt: each is looked up on disk.
const maxNamed = 8

// minDescription is how many characters a description has at least (seed, "TASK Identifier + DESCRIPTION": more than 10).
const minDescription = 11

var (
	descriptionLabel = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?i)\\bDESCRIPTION[*_`]*[ \\t]*[:=]") })
	link             = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bhttps?://\S+`) })
	// A file behind an @, or one of a kind that requirements are written in.
	reference = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?im)(?:^|[\\s(\\[<\"'`*:=,])(?:@([\\w~./\\\\-]+\\.\\w{1,10})|([\\w~./\\\\-]+\\.(?:md|markdown|txt|rst|adoc|pdf|feature)))\\b")
	})

	// What a prompt says that deals out files, and what a file looks like.
	fileLabel   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bfiles?\b[^.:=\n]{0,40}[:=]`) })
	restriction = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(?:only|exclusive(?:ly)?|assigned|restricted to|limited to|confined to|stay (?:in|within)|your (?:own )?files?|(?:do not|don't|never) (?:touch|edit|change|modify))\b`)
	})
	filePath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\w.@*-]+/[\w.@*/-]+|\b[\w-]+\.[A-Za-z]\w{0,5}\b`) })
)

// readLaunch finds what a prompt asks for. It is pure; what it names is looked for by others.
func readLaunch(prompt string) Launch {
	prompt = quote.ClipBytes(prompt, maxPromptRead)
	l := Launch{Assignment: ReadAssignment(prompt), Worktrees: readWorktrees(prompt)}
	rest := worktreeLabel().ReplaceAllString(prompt, " ")
	rest = treesPath().ReplaceAllString(rest, " ")
	l.AssignsFiles = filePath().MatchString(rest) && (fileLabel().MatchString(rest) || restriction().MatchString(rest))
	l.Link = link().MatchString(rest)
	rest = link().ReplaceAllString(rest, " ")
	for _, m := range reference().FindAllStringSubmatch(rest, -1) {
		name := m[1] + m[2] // one of them is empty
		if !slices.Contains(l.References, name) && len(l.References) < maxNamed {
			l.References = append(l.References, name)
		}
	}
	l.Description = readDescription(reference().ReplaceAllString(rest, " "))
	return l
}

// readWorktrees are the paths that a prompt may mean for the worktree. A label followed by a word ("Worktree: use ./trees/x") names none.
func readWorktrees(prompt string) []string {
	var labelled, bare []string
	collect := func(list []string, match []string, group int) []string {
		path := only([][]string{match}, group)
		if !strings.ContainsAny(path, `/\`) || slices.Contains(list, path) || len(list) == maxNamed {
			return list
		}
		return append(list, path)
	}
	for _, m := range worktreeLabel().FindAllStringSubmatch(prompt, -1) {
		labelled = collect(labelled, m, 1)
	}
	for _, m := range treesPath().FindAllStringSubmatch(prompt, -1) {
		bare = collect(bare, m, 0)
	}
	if labelled != nil {
		return labelled
	}
	return bare
}

// readDescription is what remains of a prompt without its labels and what stands alone behind the one for the task.
func readDescription(prompt string) string {
	var words []string
	for line := range strings.Lines(prompt) {
		if m := taskLabel().FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			line = m[1]
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
var empty = func() map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(`
		a an the this that these those it its is are be as at by for from in into of on to up with and or my our your their me you we please
		add build change complete continue create develop do execute extend finish fix handle implement improve make modify perform refactor
		start update work write need needs needed want should must required requested necessary new some all any more better
		bug bugs change changes code feature features improvement improvements integration integrations issue issues item items job problem
		problems refactoring stuff task tasks thing things ticket tickets work
		according assigned attached below above details describe described description doc document file follow following instructions look
		plan read reference requirement requirements see spec specification specs there here worktree agent stopgate gate`) {
		set[word] = true
	}
	return set
}()

// saysSomething tells whether a description is more than ten characters long and has a word in it that is about the work.
func saysSomething(description string) bool {
	if weight(description) < minDescription {
		return false
	}
	for token := range strings.FieldsSeq(description) {
		if taskID().MatchString(strings.Trim(token, "\"'`*_<>.,;:!?()[]")) {
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

// weight is the length of a text in characters, where one that stands for a syllable or a word counts as three.
func weight(text string) int {
	n := 0
	for _, r := range text {
		if n++; unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			n += 2
		}
	}
	return n
}

// verifyLaunch holds the launch of a coding agent against what it must name. It is pure. A blocking finding is a reason to deny the
// launch; where something cannot be checked, or the prompt can be read in two ways, the launch goes ahead.
func verifyLaunch(l Launch, seen LaunchFacts) []rule.Finding {
	return slices.Concat(verifyLaunchTask(l, seen), verifyLaunchWorktree(l, seen))
}

func verifyLaunchTask(l Launch, seen LaunchFacts) []rule.Finding {
	readable := slices.ContainsFunc(l.References, func(name string) bool { return !slices.Contains(seen.Missing, name) })
	switch {
	case readable || l.Link || saysSomething(l.Description):
		return nil
	case len(l.References) > 0:
		return []rule.Finding{{
			Rule: rule.LaunchRequirements, Severity: rule.Block,
			Message: fmt.Sprintf("%s; the prompt refers to %s, which is no file here, and says nothing else of the work; write for example %s", requirementsError, quote.String(l.References[0], quote.MaxPath), requirementsExample),
		}}
	}
	said := "the prompt names no task"
	switch {
	case l.Description != "":
		said = "all that the prompt says of the work is " + quote.String(l.Description, quote.MaxPath)
	case l.TaskID != "":
		said = "the prompt names the task " + quote.String(l.TaskID, maxTaskShown) + " and does not say what to do"
	}
	return []rule.Finding{{Rule: rule.LaunchTask, Severity: rule.Block, Message: fmt.Sprintf("%s; %s; write for example %s", taskError, said, taskExample)}}
}

func verifyLaunchWorktree(l Launch, seen LaunchFacts) []rule.Finding {
	finding := func(severity rule.Severity, format string, args ...any) []rule.Finding {
		return []rule.Finding{{Rule: rule.LaunchWorktree, Severity: severity, Message: worktreeError + "; " + fmt.Sprintf(format, args...)}}
	}
	if len(l.Worktrees) == 0 {
		return finding(rule.Block, "the prompt names none; create one with git worktree add and write for example %s", worktreeExample)
	}
	if len(seen.Sites) < len(l.Worktrees) {
		return nil // not looked for
	}
	var found []string
	for i, name := range l.Worktrees {
		if seen.Sites[i].Problem == SiteFound {
			found = append(found, name)
		}
	}
	if len(found) == 1 && len(seen.Occupants) > 0 && !l.AssignsFiles {
		other := seen.Occupants[0]
		return finding(rule.Block, "the prompt names %s, where %s (agent %s) is at work; wait until it is done, give this agent a worktree of its own, or assign files to it: FILES: src/a.js, src/b.js",
			quote.String(found[0], quote.MaxPath), quote.String(other.AgentType, quote.MaxName), quote.String(other.AgentID, quote.MaxName))
	}
	if len(found) > 0 {
		return nil
	}
	name := quote.String(l.Worktrees[0], quote.MaxPath)
	switch seen.Sites[0].Problem {
	case SiteAbsent, SiteGone:
		return finding(rule.Block, "the prompt names %s, but no such directory exists; create it with git worktree add, or name one that exists", name)
	case SiteNotTop:
		return finding(rule.Block, "the prompt names %s, but that is no git worktree of its own; create one with git worktree add and name its top", name)
	case SiteOtherRepository:
		return finding(rule.Block, "the prompt names %s, but that belongs to another repository; name a linked worktree of this one", name)
	case SiteMain:
		return finding(rule.Block, "the prompt names %s, but that is the main worktree, where no coding agent works; create a linked one with git worktree add", name)
	case SiteOutsideTrees:
		return finding(rule.Block, "the prompt names %s, but worktrees stand under %s; move it there with git worktree move, or name another", name, quote.String(seen.Sites[0].Detail, quote.MaxPath))
	case SiteUnreadable:
		return finding(rule.Note, "the prompt names %s, and git's files there cannot be read: %s", name, quote.String(seen.Sites[0].Detail, quote.MaxReason))
	case SiteNoRepository:
		return finding(rule.Note, "the prompt names %s, but this session runs in no git repository, so that nothing can be checked against git", name)
	case SiteFound, SiteOtherThanAsked:
	}
	return nil
}
