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

// Folders are folders outside the repository that writes are checked against. "" and nil mean unknown.
type Folders struct {
	// Plugin has the program and its registration, Journal its records.
	Plugin, Journal string
	// Temp are the system's temporary folders, Client those of Claude Code.
	Temp, Client []string
	// Project is the session's project folder, Home the person's.
	Project, Home string
	// Transcript is the session's transcript, wherever the client keeps it; "" if unknown. Its other files are in a folder beside it.
	Transcript string
	// Develops means that the plugin is in the session's own repository, so agents may work on it.
	Develops bool

	physical map[string]string // folders that were looked up, without symbolic links; nil to look up each time
}

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
	if what, _ := f.tampers(command, cwd); what == "" { // the case of nearly every command
		return nil
	}
	what, named := f.tampers(screen.WithoutText(command), cwd)
	if what == "" && ofObject().MatchString(command) {
		what, named = f.tampers(command, cwd)
	}
	if what == "" {
		return nil
	}
	return controls(named, what)
}

const (
	endsTask = "the way in which a person ends a task"
	journals = "stopgate's journal"
)

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
	writesFile  = lazyregexp.New(`\bwrite|\bopen\s*\([^)\n]*,\s*["'](?:mode=)?["']?[wax>]|\.open\(\s*["'][wax]|\b(?:copy\w*|rename|replace|unlink|symlink\w*|appendFile\w*|createWriteStream|truncate|move|remove|rmtree|rmSync|file_put_contents|dump)\s*\(|>\s*["'~$]`)
	ofClient    = lazyregexp.New(`(?:~/|HOME\b|homedir\(|home\(|expanduser|expandvars|dir_home|HomeDir)[^\n]{0,40}?\.claude["'\s,/+)]+(?:agents|skills|commands|hooks|output-styles|rules|CLAUDE\.md|settings(?:\.local)?\.json|plugins)\b`)
)

// instructsByScript returns the path in the client's folder that a script in the text of a command names by the person's folder, as
// os.path.expanduser('~/.claude/CLAUDE.md') does, if the script writes files; "" for none.
func (f Folders) instructsByScript(command string) string {
	if !interpreter().MatchString(command) || !writesFile().MatchString(command) {
		return ""
	}
	return ofClient().FindString(screen.WithoutText(command))
}

// tampers returns what a command may change of that, in words, and the part of the command that names it; "" for nothing. It returns the first one,
// which is enough to refuse the command. Programs that only read what they name, and scripts of the client's plugins that the command runs, change
// nothing.
func (f Folders) tampers(command, cwd string) (what, named string) {
	looked := map[string]string{} // what paths lead to
	own := f.variables()
	runs := shell.NewFollower(own).Follow(command)
	handsOn := handsNamesOn(command, runs)
	text := wholeText{command, map[*regexp.Regexp]bool{}}
	static := []string(nil)
	if text.has(ofStatic()) {
		static = piecesOf([]string{os.Expand(command, func(name string) string { return own[name] })})
	}
	for i, r := range runs {
		dir := absolute(cwd, r.Dir)
		pieces := piecesOf(append(slices.Clone(r.Words), r.Input))
		if named, what := f.meddles(pieces, text, r); what != "" {
			return what, named
		}
		words, known, lists := trace.Touched(r)
		if lists && handsOn {
			words = r.Words
		}
		words = withoutExcluded(words)
		input := r.Input
		if shell.ReadsByScript(r) != "" {
			input = "" // that script, or what it reads
		}
		names := slices.Concat(words, piecesOf(append(slices.Clone(words), input)), openedBy(text, r))
		if i == 0 || r.Dir != runs[i-1].Dir {
			names = append(names, static...)
		}
		if !known {
			names = append(names, valuesFor(text, r, own)...)
		}
		for _, word := range names {
			name := absolute(dir, f.expand(word))
			what, done := looked[name]
			if !done {
				what = f.guardsAny(name)
				looked[name] = what
			}
			if what != "" && (what != clientPlugins || word != shell.Script(r)) {
				return what, word
			}
		}
		gone := removed(r.Bare())
		if lists && text.has(removesListed()) {
			gone = r.Words
		}
		for _, word := range gone {
			if name := absolute(dir, f.expand(word)); f.isClient(name) || filepath.Base(name) == "*" && f.isClient(filepath.Dir(name)) || slices.ContainsFunc(f.Client, like(name)) {
				return "the client's settings and transcripts", word
			}
		}
	}
	return "", ""
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

// wholeText is the text of a command that runs many others. Each expression is searched for once: the text may have a megabyte, and run a thousand.
type wholeText struct {
	command string
	known   map[*regexp.Regexp]bool
}

func (t wholeText) has(expression *regexp.Regexp) bool {
	found, known := t.known[expression]
	if !known {
		found = expression.MatchString(t.command)
		t.known[expression] = found
	}
	return found
}

// guardsAny is Guards for a path that may be a pattern of a shell, in the folder of the client's settings or in a project's.
func (f Folders) guardsAny(name string) string {
	if what := f.Guards(name); what != "" || !strings.ContainsAny(name, "*?[{") {
		return what
	}
	folders := slices.Clone(f.Client)
	if f.Project != "" {
		folders = append(folders, filepath.Join(f.Project, ".claude"))
	}
	for _, folder := range folders {
		for _, base := range []string{"settings.json", "settings.local.json", "plugins", "projects"} {
			if whole := filepath.Join(folder, base); folder != "" && like(name)(whole) {
				return f.Guards(whole)
			}
		}
	}
	return ""
}

// like returns a test for the names that a pattern of a shell stands for. Of braces only one pair is read.
func like(pattern string) func(name string) bool {
	before, rest, braces := strings.Cut(pattern, "{")
	inside, after, closed := strings.Cut(rest, "}")
	choices := []string{pattern}
	if braces && closed {
		choices = nil
		for choice := range strings.SplitSeq(inside, ",") {
			choices = append(choices, before+choice+after)
		}
	}
	return func(name string) bool {
		return name != "" && slices.ContainsFunc(choices, func(p string) bool { ok, err := filepath.Match(p, name); return ok && err == nil && !hidden(p, name) })
	}
}

// hidden reports whether the pattern has nothing but wildcards for a file or a folder whose name begins with a dot. In a shell it matches no such name.
func hidden(pattern, name string) bool {
	parts := strings.Split(name, string(filepath.Separator))
	for i, part := range strings.Split(pattern, string(filepath.Separator)) {
		if i < len(parts) && strings.HasPrefix(parts[i], ".") && part != "" && strings.Trim(part, "*?") == "" {
			return true
		}
	}
	return false
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

// openedBy returns the files that redirections of a simple command open to write, and those that it can open again by the number of a descriptor.
func openedBy(text wholeText, r shell.Run) []string {
	if text.has(reopens()) {
		return slices.Concat(r.Files, r.Sources)
	}
	return r.Files
}

// reopens matches a path of an open file.
var reopens = lazyregexp.New(`/dev/(?:stdin|fd)\b|/proc/`)

// valuesFor returns the values of variables, and their parts, that a simple command gets or may use in a way that the text does not show. own has
// those that the variables had before.
func valuesFor(text wholeText, r shell.Run, own map[string]string) []string {
	values := slices.Clone(r.Variables)
	if text.has(exports()) || strings.ContainsAny(strings.Join(append(slices.Clone(r.Words), r.Input), " "), "$`") ||
		slices.Contains([]string{".", "source"}, r.Words[0]) {
		for name, value := range r.Values {
			if value != own[name] {
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

// isClient reports whether an absolute path is one of the client's own folders.
func (f Folders) isClient(name string) bool {
	return slices.ContainsFunc(f.Client, func(folder string) bool {
		return folder != "" && (name == filepath.Clean(folder) || name == f.physicalOf(folder))
	})
}

// absolute returns the absolute path for a word, relative to cwd.
func absolute(cwd, word string) string { return filepath.Clean(site.From(cwd, word)) }

// meddles returns the part of a simple command that calls what only the client or a person may call, and its description; "" for none. text is
// the whole command: a kill may take its processes from another part of it.
func (f Folders) meddles(words []string, text wholeText, r shell.Run) (named, what string) {
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
			slices.Contains([]string{"pgrep", "pidof", "get-process", "gps"}, program) && i < lastOfOurs && text.has(kills()):
			return word + " stopgate", "the processes of stopgate"
		case i == client && f.otherClient(words[i+1:], r):
			return word, "a client with settings of its own"
		}
	}
	return "", ""
}

// kills matches a command that ends processes.
var kills = lazyregexp.New(`(?i)kill|\bstop-process\b|\bspps\b`)

// otherClient reports whether a client with those arguments works without a person, and with other settings than the session's, so that the
// session's hooks would be missing or other hooks would run.
func (f Folders) otherClient(arguments []string, r shell.Run) bool {
	if !slices.ContainsFunc(arguments, func(word string) bool { return word == "-p" || word == "--print" }) {
		return false
	}
	own := f.variables()
	for _, name := range []string{"HOME", "CLAUDE_CONFIG_DIR"} {
		moved := slices.ContainsFunc(r.Words, func(word string) bool { return strings.HasPrefix(word, name+"=") && word != name+"="+own[name] }) // by env
		if moved || r.Values[name] != own[name] {
			return true
		}
	}
	return slices.ContainsFunc(arguments, func(word string) bool { return word == "--settings" || word == "--setting-sources" })
}

// clientPlugins describes the folder of the client's plugins. Agents are told to run scripts in it by the skills of other plugins.
const clientPlugins = "the client's plugins"

// Guards describes what an absolute path leads to, if agents are checked with that; else "".
func (f Folders) Guards(name string) string {
	within := func(folder string) bool {
		return folder != "" && (site.Within(folder, name) || site.Within(f.physicalOf(folder), name))
	}
	switch {
	case within(f.Journal):
		return journals
	case f.Plugin != "" && !f.Develops && within(f.Plugin):
		return "stopgate's own folder"
	}
	if session := strings.TrimSuffix(f.Transcript, ".jsonl"); session != "" && (name == f.Transcript || within(session) && isTranscript(filepath.Base(name))) {
		return "the client's transcripts"
	}
	for _, client := range f.Client {
		if client == "" || !within(client) {
			continue
		}
		rel := site.RelativeTo([]string{client, f.physicalOf(client)}, name)
		base := filepath.Base(name)
		switch parts := strings.Split(rel, "/"); {
		case len(parts) == 1 && (base == "settings.json" || base == "settings.local.json"):
			return "the client's settings"
		case parts[0] == "plugins":
			return clientPlugins
		case rel == "projects", parts[0] == "projects" && isTranscript(base):
			return "the client's transcripts"
		}
	}
	if f.Project != "" && slices.Contains([]string{"settings.json", "settings.local.json"}, filepath.Base(name)) &&
		slices.Contains([]string{filepath.Join(f.Project, ".claude"), filepath.Join(f.physicalOf(f.Project), ".claude")}, filepath.Dir(name)) {
		return "the settings of this session"
	}
	return ""
}

// physicalOf returns a folder without symbolic links.
func (f Folders) physicalOf(folder string) string {
	known, ok := f.physical[folder]
	if !ok {
		known = site.Physical(folder)
		if f.physical != nil {
			f.physical[folder] = known
		}
	}
	return known
}

// isTranscript reports whether a file of a session is one of its transcripts or the client's notes on an agent, or their folder.
func isTranscript(base string) bool {
	return strings.HasSuffix(base, ".jsonl") || strings.HasSuffix(base, ".meta.json") || base == "subagents"
}

// onlyText reports whether a simple command only searches for its words.
func onlyText(words []string) bool {
	name := argv.Program(words[0])
	if name == "git" && len(words) > 1 {
		return slices.Contains([]string{"log", "grep", "show", "diff", "blame", "shortlog"}, words[1])
	}
	return slices.Contains([]string{"grep", "egrep", "fgrep", "rg", "ag", "man", "which", "type", "whereis"}, name)
}

// expand puts the person's folder for a ~ at the beginning.
func (f Folders) expand(word string) string {
	if word == "~" || strings.HasPrefix(word, "~/") {
		word = f.Home + word[1:]
	}
	return word
}

// variables returns those of the client's shells that lead to guarded folders.
func (f Folders) variables() map[string]string {
	v := map[string]string{}
	for name, value := range map[string]string{
		"HOME": f.Home, "CLAUDE_PROJECT_DIR": f.Project, "CLAUDE_PLUGIN_ROOT": f.Plugin, "STOPGATE_STATE_DIR": f.Journal, "CLAUDE_PLUGIN_DATA": f.Journal,
	} {
		if value != "" {
			v[name] = value
		}
	}
	if len(f.Client) > 0 && f.Client[0] != "" {
		v["CLAUDE_CONFIG_DIR"] = f.Client[0]
	}
	return v
}
