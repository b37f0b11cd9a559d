package conduct

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/screen"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

// Tampering returns the finding on a command whose text names something that agents are checked with: the journal, or the client's settings,
// transcripts and plugins. It also finds a command that answers for stopgate, ends it, ends a task by hand, or starts a client with other settings,
// and one that visibly writes the client's agents, skills or other instructions.
// cwd is where the command runs. Text that the command only writes, searches for or passes to git as a message does not count. A name that the text
// hides is not found here.
func (f Folders) Tampering(command, cwd string) []rule.Finding {
	f.physical = map[string]string{}
	controls := func(named, what string) []rule.Finding {
		return []rule.Finding{rule.New(rule.GateTampered, rule.Block, "",
			"%s names %s, with which the work of agents is checked. Leave it as it is; if your task needs it, say so in unfinished.", quote.String(named, quote.MaxPath), what)}
	}
	switch written, what := f.writes(command, cwd); {
	case what != "":
		return controls(written, what)
	case written != "":
		return []rule.Finding{rule.New(rule.GateTampered, rule.Block, "",
			"the command writes %s, which defines or instructs the agents of every session. Leave it as it is; if your task needs it, say so in unfinished.",
			quote.String(written, quote.MaxPath))}
	}
	asText, what := f.tampers(command, cwd)
	if what == "" { // the case of nearly every command
		return nil
	}
	if named, really := f.tampers(screen.WithoutText(command), cwd); really != "" {
		return controls(named, really)
	}
	if ofObject().MatchString(command) {
		return controls(asText, what)
	}
	return nil
}

const endsTask = "the way in which a person ends a task"

// AsksPerson reports whether the findings of Tampering are about a command that ends a task by hand, or that may change or remove the journal. A
// session could then merge work that no gate has passed. It may run such a command if the person agrees.
func AsksPerson(findings []rule.Finding) bool {
	return slices.ContainsFunc(findings, func(f rule.Finding) bool {
		return strings.Contains(f.Message, endsTask) || strings.Contains(f.Message, journals)
	})
}

// writes returns the first of the client's agents, skills and other instructions, and of the files with which agents are checked, that a command
// visibly writes; "" for none. what describes one of the latter.
func (f Folders) writes(command, cwd string) (written, what string) {
	if !slices.ContainsFunc(f.Client, func(folder string) bool { return folder != "" && strings.Contains(command, filepath.Base(folder)) }) &&
		!strings.Contains(command, "CLAUDE_CONFIG_DIR") {
		return "", ""
	}
	for _, written := range shell.Writes(command, f.variables()) {
		name := absolute(cwd, f.expand(written))
		if what := f.Guards(name); what != "" {
			return written, what
		}
		if site.IsClientInstruction(f.Client, name) || site.IsClientInstruction(f.Client, site.Physical(name)) || f.isClient(name) && fills().MatchString(command) {
			return written, ""
		}
	}
	for _, r := range shell.NewFollower(f.variables()).Follow(command) {
		if folder := shell.Fills(r); folder != "" {
			if name := absolute(absolute(cwd, r.Dir), f.expand(folder)); f.isClient(name) || site.IsClientInstruction(f.Client, name) {
				return name, ""
			}
		}
	}
	return f.instructsByScript(command), ""
}

// fills matches commands that put files into a folder whose names are those of the client's instructions, or not in the text.
var fills = lazyregexp.New(`\b(?:tar|bsdtar|unzip|cpio|patch|git\s+(?:clone|init))\s|\bfind\s[^;|\n]*\s-exec(?:dir)?\s+(?:g?sed|perl|truncate)\s|\b(?:cp|rsync|scp)\s(?:[^;&|\n]*\s)?(?:-\w*T|[^\s;&|]+/\.?["']?)\s|\b(?:cp|mv|ln|install|rsync|scp)\s[^;&|\n]*(?:^|[\s/"':])(?:agents|skills|commands|hooks|output-styles|rules|CLAUDE\.md)/?["']?\s`)

var (
	// interpreter matches a program that runs a script in the command's text, writesFile what such a script does to write a file, and ofClient how it
	// names the client's files below the person's folder.
	interpreter = lazyregexp.New(`(?:^|[\s;&|(/])(?:python[0-9.]*|node|bun|deno|ruby|perl|php)\s`)
	// expandsHome matches what gives a script the person's folder for a ~: a function for that, or a shell that the script starts.
	expandsHome = lazyregexp.New(`(?i)expand|tilde|glob|\bhome|system|subprocess|exec|spawn|popen|\x60|%x`)
	writesFile  = lazyregexp.New(`\bwrite|\bopen\s*\([^)\n]*,\s*["'](?:mode=)?["']?[wax>]|\.open\(\s*["'][wax]|\b(?:copy\w*|rename|replace|unlink|symlink\w*|appendFile\w*|createWriteStream|truncate|move|remove|rmtree|rmSync|file_put_contents|dump)\s*\(|>\s*["'~$]`)
	ofClient    = lazyregexp.New(`(?:~/|HOME\b|homedir\(|home\(|expanduser|expandvars|dir_home|HomeDir)[^\n]{0,40}?\.claude["'\s,/+)]+(?:agents|skills|commands|hooks|output-styles|rules|CLAUDE\.md|settings(?:\.local)?\.json|plugins)\b`)
)

// instructsByScript returns the path in the client's folder that a script in the text of a command names by the person's folder, as
// os.path.expanduser('~/.claude/CLAUDE.md') does, if the script writes files; "" for none.
func (f Folders) instructsByScript(command string) string {
	if !interpreter().MatchString(command) || !writesFile().MatchString(command) {
		return ""
	}
	named := ofClient().FindString(screen.WithoutText(command))
	if strings.HasPrefix(named, "~") && !expandsHome().MatchString(command) {
		return "" // to the script, a text such as that of a document
	}
	return named
}

// tampers returns the part of a command that names something of that which it may change, and describes what is named; "" for nothing. It returns the
// first one, which is enough to refuse the command. Programs that only read what they name, and scripts of the client's plugins that the command runs,
// change nothing.
func (f Folders) tampers(command, cwd string) (named, what string) {
	s := screening{Folders: f, command: command, cwd: cwd, own: f.variables(), found: map[*regexp.Regexp]bool{}, looked: map[string]string{}}
	runs := shell.NewFollower(s.own).Follow(command)
	handsOn := handsNamesOn(command, runs)
	var static []string
	if s.has(ofStatic()) {
		static = piecesOf([]string{os.Expand(command, func(name string) string { return s.own[name] })})
	}
	for i, r := range runs {
		if named, what := s.meddles(r); what != "" {
			return named, what
		}
		anywhere := static
		if i > 0 && r.Dir == runs[i-1].Dir { // they were looked up
			anywhere = nil
		}
		if named, what := s.changes(r, handsOn, anywhere); what != "" {
			return named, what
		}
		if named, ok := s.removes(r); ok {
			return named, "the client's settings and transcripts"
		}
	}
	return "", ""
}

// screening is the look at what one command runs.
type screening struct {
	Folders
	command, cwd string
	own          map[string]string       // the variables that lead to guarded folders
	found        map[*regexp.Regexp]bool // what the whole text was searched for: it may have a megabyte, and run a thousand commands
	looked       map[string]string       // what paths lead to
}

// has reports whether the whole text matches an expression.
func (s *screening) has(expression *regexp.Regexp) bool {
	found, known := s.found[expression]
	if !known {
		found = expression.MatchString(s.command)
		s.found[expression] = found
	}
	return found
}

// changes returns the word of a run by which it may change something, and describes that; "" for none. handsOn means that programs may take the names
// of files from the output of others, and anywhere has words of the text that do not belong to one run.
func (s *screening) changes(r shell.Run, handsOn bool, anywhere []string) (named, what string) {
	words, known, lists := trace.Touched(r)
	if lists && handsOn {
		words = r.Words
	}
	words = withoutExcluded(words)
	input := r.Input
	if shell.ReadsByScript(r) != "" {
		input = "" // that script, or what it reads
	}
	pieces := piecesOf(append(slices.Clone(words), input))
	if script := strings.Join(r.Words, " ") + input; interpreter().MatchString(script) && !expandsHome().MatchString(script) {
		pieces = slices.DeleteFunc(pieces, func(piece string) bool { return strings.HasPrefix(piece, "~") && !slices.Contains(words, piece) })
	}
	names := slices.Concat(words, pieces, s.opened(r), anywhere)
	if !known {
		names = append(names, s.values(r)...)
	}
	if list := s.listOfCalls(r, words, input); list != "" {
		return list, "the list of the client's calls"
	}
	dir := absolute(s.cwd, r.Dir)
	for _, word := range names {
		name := absolute(dir, s.expand(word))
		what, done := s.looked[name]
		if !done {
			what = s.guardsAny(name)
			s.looked[name] = what
		}
		if what != "" && (what != clientPlugins || word != shell.Script(r)) {
			return word, what
		}
	}
	return "", ""
}

// listOfCalls returns the first part of a run that may lead what it changes to the file of the session's calls, by the variable with which the client's
// shells find it; "" for none. touched are the words of what it may change, input is the text that it gets.
func (s *screening) listOfCalls(r shell.Run, touched []string, input string) string {
	if !s.has(ofCalls()) {
		return ""
	}
	parts := slices.Concat(touched, []string{input}, r.Files, r.Variables)
	if len(touched) > 0 {
		parts = append(parts, r.Lost)
		if slices.ContainsFunc(touched, func(word string) bool { return strings.Contains(word, "$") }) {
			parts = append(parts, s.values(r)...)
		}
	}
	for _, part := range parts {
		if found := ofCalls().FindString(part); found != "" {
			return found
		}
	}
	return ""
}

// ofCalls matches the variable that leads to the list of calls, and to the journals beside it, and what a script reads the variable for the journals by.
var ofCalls = lazyregexp.New(`\bSTOPGATE_CALLS\b|(?:environ|getenv|process\.env|\bENV)[\w.\[({"'\s]{1,9}STOPGATE_STATE_DIR\b`)

// removes returns the word of a run by which it removes one of the client's own folders, or what is in it; false if it does not.
func (s *screening) removes(r shell.Run) (named string, ok bool) {
	gone := removed(r.Bare())
	if s.has(removesListed()) {
		if _, _, lists := trace.Touched(r); lists {
			gone = r.Words
		}
	}
	dir := absolute(s.cwd, r.Dir)
	for _, word := range gone {
		if name := absolute(dir, s.expand(word)); s.isClient(name) || filepath.Base(name) == "*" && s.isClient(filepath.Dir(name)) || slices.ContainsFunc(s.Client, like(name)) || s.holdsTranscripts(name) {
			return word, true
		}
	}
	return "", false
}

// withoutExcluded returns the words of a simple command without the patterns of what it leaves out: find . -not -path './.claude/*', tar --exclude X.
// With -o, find may leave out only a part of that.
func withoutExcluded(words []string) (rest []string) {
	either := slices.Contains(words, "-o") || slices.Contains(words, "-or")
	for i, word := range words {
		before, option, next := "", "", ""
		if i > 0 {
			option = words[i-1]
		}
		if i > 1 {
			before = words[i-2]
		}
		if i+1 < len(words) {
			next = words[i+1]
		}
		tested := slices.Contains([]string{"-path", "-wholename", "-name", "-ipath"}, option)
		if excluded := tested && (next == "-prune" || !either && (before == "-not" || before == "!")); !excluded && option != "--exclude" && !strings.HasPrefix(word, "--exclude=") {
			rest = append(rest, word)
		}
	}
	return rest
}

// handsNamesOn reports whether a command may change a file whose name one of its programs prints: the name reaches a program by a pipe, a substitution
// or a file, and not all programs are known to take no names so. In PowerShell an object that a command returns can change its file itself.
func handsNamesOn(command string, runs []shell.Run) bool {
	for _, r := range runs {
		if script := shell.ReadsByScript(r); script != "" {
			command = strings.ReplaceAll(command, script, "")
		}
	}
	if ofObject().MatchString(command) {
		return true
	}
	if !strings.ContainsAny(strings.ReplaceAll(command, "||", ""), "|`>") && !strings.Contains(command, "$(") && !strings.Contains(command, "<(") {
		return false
	}
	return slices.ContainsFunc(runs, func(r shell.Run) bool {
		words, known, _ := trace.Touched(r)
		return !known || slices.ContainsFunc(slices.Concat(words, r.Files), func(word string) bool { return strings.ContainsAny(word, "$`") })
	})
}

// ofObject matches what calls or sets a member of what a command in PowerShell returned.
var ofObject = lazyregexp.New(`\)(?:\[\d+\])?\.[\w.]*\s*[(=]`)

// ofStatic matches a call in PowerShell of a method of .NET that writes a file, and removesListed what removes the files that another program lists.
var (
	ofStatic      = lazyregexp.New(`(?i)\bIO\.(?:File|Directory)\w*\]::(?:Write|Append|Delete|Move|Copy|Create|Open(?:Write)?\b|Replace|Set)`)
	removesListed = lazyregexp.New(`(?i)\|\s*(?:remove-item|ri|del|xargs\s+(?:-\S+\s+)*rm)\b`)
)

// opened returns the files that redirections of a simple command open to write, and those that it can open again by the number of a descriptor.
func (s *screening) opened(r shell.Run) []string {
	if s.has(reopens()) {
		return slices.Concat(r.Files, r.Sources)
	}
	return r.Files
}

// reopens matches a path of an open file.
var reopens = lazyregexp.New(`/dev/(?:stdin|fd)\b|/proc/`)

// values returns the values of variables, and their parts, that a simple command gets or may use in a way that the text does not show.
func (s *screening) values(r shell.Run) []string {
	values := slices.Clone(r.Variables)
	if s.has(exports()) || strings.ContainsAny(strings.Join(append(slices.Clone(r.Words), r.Input), " "), "$`") ||
		slices.Contains([]string{".", "source"}, r.Words[0]) {
		for name, value := range r.Values {
			if value != s.own[name] {
				values = append(values, value)
			}
		}
		slices.Sort(values)
	}
	return slices.Concat(values, piecesOf(values))
}

// exports matches what gives variables to programs.
var exports = lazyregexp.New(`\b(?:export|declare|typeset|local|readonly|allexport|set\s+-\w*a)`)

// piecesOf splits words where the text of another program, such as python -c, may have words of its own.
func piecesOf(words []string) (pieces []string) {
	for _, word := range words {
		pieces = append(pieces, strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'`<>=,:;|&()", r) })...)
	}
	return pieces
}

// removed returns the words of a simple command that name what it visibly removes, moves away or locks.
func removed(words []string) []string {
	if len(words) < 2 {
		return nil
	}
	operands := words[1:]
	switch argv.Program(words[0]) {
	case "rm", "rmdir", "remove-item", "ri", "del", "shred", "chmod", "chown", "srm", "trash", "trash-put":
	case "mv":
		operands = operands[:len(operands)-1] // the last one is where it goes
	case "find":
		if !slices.Contains(words, "-delete") && !slices.Contains(words, "rm") {
			return nil
		}
		if end := slices.IndexFunc(operands, func(word string) bool { return strings.HasPrefix(word, "-") }); end >= 0 {
			operands = operands[:end]
		}
	case "rsync":
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, "--delete") }) {
			return nil
		}
		operands = operands[len(operands)-1:]
	default:
		return nil
	}
	return operands
}

// absolute returns the absolute path for a word, relative to cwd.
func absolute(cwd, word string) string { return filepath.Clean(site.From(cwd, word)) }

// meddles returns the part of a simple command that calls what only the client or a person may call, and its description; "" for none. A kill may
// take its processes from another part of the text.
func (s *screening) meddles(r shell.Run) (named, what string) {
	words := piecesOf(append(slices.Clone(r.Words), r.Input))
	if len(words) == 0 || onlyText(words) {
		return "", ""
	}
	lastOfOurs := len(words) - 1
	for lastOfOurs >= 0 && !strings.Contains(words[lastOfOurs], "stopgate") {
		lastOfOurs--
	}
	client := slices.IndexFunc(words, func(word string) bool { return slices.Contains([]string{"claude", "claude-code"}, argv.Program(word)) })
	for i, word := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch program := argv.Program(word); {
		case program == "stopgate" && next == "hook":
			return word + " hook", "the program that answers the client"
		case program == "stopgate" && next == "close":
			return word + " close", endsTask
		case program == "claude" && i+2 < len(words) && (next == "config" && slices.Contains([]string{"set", "add", "remove", "rm"}, words[i+2]) || next == "mcp" && slices.Contains([]string{"add", "add-json", "add-from-claude-desktop", "remove"}, words[i+2])):
			return strings.Join(words[i:i+3], " "), "the client's settings"
		case program == "claude" && (next == "plugin" || next == "plugins") && i+2 < len(words) && !slices.Contains([]string{"list", "details", "validate"}, words[i+2]):
			return strings.Join(words[i:i+3], " "), clientPlugins
		case slices.Contains([]string{"pkill", "killall", "taskkill", "stop-process", "spps"}, program) && i < lastOfOurs,
			slices.Contains([]string{"pgrep", "pidof", "get-process", "gps"}, program) && i < lastOfOurs && s.has(kills()):
			return word + " stopgate", "the processes of stopgate"
		case i == client && s.otherClient(words[i+1:], r):
			return word, "a client with settings of its own"
		}
	}
	return "", ""
}

// kills matches a command that ends processes.
var kills = lazyregexp.New(`(?i)kill|\bstop-process\b|\bspps\b`)

// otherClient reports whether a client with those arguments works without a person, and with other settings than the session's, so that the
// session's hooks would be missing or other hooks would run.
func (s *screening) otherClient(arguments []string, r shell.Run) bool {
	if !slices.ContainsFunc(arguments, func(word string) bool { return word == "-p" || word == "--print" }) {
		return false
	}
	for _, name := range []string{"HOME", "CLAUDE_CONFIG_DIR"} {
		moved := slices.ContainsFunc(r.Words, func(word string) bool { return strings.HasPrefix(word, name+"=") && word != name+"="+s.own[name] }) // by env
		if moved || r.Values[name] != s.own[name] {
			return true
		}
	}
	return slices.ContainsFunc(arguments, func(word string) bool { return word == "--settings" || word == "--setting-sources" })
}

// onlyText reports whether a simple command only searches for its words.
func onlyText(words []string) bool {
	name := argv.Program(words[0])
	if name == "git" && len(words) > 1 {
		return slices.Contains([]string{"log", "grep", "show", "diff", "blame", "shortlog"}, words[1])
	}
	return slices.Contains([]string{"grep", "egrep", "fgrep", "rg", "ag", "man", "which", "type", "whereis"}, name)
}
