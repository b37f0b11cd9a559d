package conduct

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
)

// Tampering returns the findings on a command whose text names what an agent is checked with: the journal, the client's settings, transcripts
// and plugins, or a command that answers for stopgate, ends it, or ends a task by hand. cwd is where it runs. What the text hides is not found
// here.
func (f Folders) Tampering(command, cwd string) []rule.Finding {
	var findings []rule.Finding
	found := func(what, named string) {
		findings = append(findings, rule.New(rule.GateTampered, rule.Block, "",
			"%s names %s, with which the work of agents is checked. Leave it as it is; if your task needs it, say so in unfinished.", quote.String(named, quote.MaxPath), what))
	}
	variables := f.variables()
	for _, simple := range simpleCommands(command) {
		f.assign(variables, simple)
		words := f.words(simple, variables)
		if named, what := meddles(words, command); what != "" {
			found(what, named)
			return findings
		}
		if len(words) > 0 && onlyPrints(words[0]) {
			words = f.words(redirected(simple), variables)
		}
		for i, word := range words {
			name := filepath.FromSlash(word)
			if !filepath.IsAbs(name) {
				name = filepath.Join(cwd, name)
			}
			name = filepath.Clean(name)
			if i > 0 && words[i-1] == "cd" {
				cwd = name
			}
			if what := f.Guards(name); what != "" {
				found(what, word)
				return findings // one is enough to refuse the command
			}
		}
	}
	return findings
}

// meddles returns a part of a simple command that calls what only the client or a person may call, and what that is, in words; "" where there is
// none. command is the whole, in which a kill may take its processes from another part.
func meddles(words []string, command string) (named, what string) {
	if len(words) == 0 || onlyText(words) {
		return "", ""
	}
	for i, word := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch program := programName(word); {
		case program == "stopgate" && next == "hook":
			return word + " hook", "the program that answers the client"
		case program == "stopgate" && next == "close":
			return word + " close", "the way in which a person ends a task"
		case program == "claude" && (next == "plugin" || next == "plugins") && i+2 < len(words) && !slices.Contains([]string{"list", "details", "validate"}, words[i+2]):
			return strings.Join(words[i:i+3], " "), "the client's plugins"
		case slices.Contains([]string{"pkill", "killall"}, program) && namesStopgate(words[i+1:]),
			slices.Contains([]string{"pgrep", "pidof"}, program) && namesStopgate(words[i+1:]) && strings.Contains(command, "kill"):
			return word + " stopgate", "the processes of stopgate"
		}
	}
	return "", ""
}

// programName is the name of a program that is called by a path or with the ending of Windows.
func programName(word string) string {
	return strings.TrimSuffix(filepath.Base(filepath.FromSlash(word)), ".exe")
}

func namesStopgate(words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(word, "stopgate") })
}

// Guards returns what an absolute path leads to, if that is what agents are checked with, in words; "" if it is not.
func (f Folders) Guards(name string) string {
	within := func(folder string) bool {
		return folder != "" && (site.Within(folder, name) || site.Within(site.Physical(folder), name))
	}
	switch {
	case within(f.Journal):
		return "stopgate's journal"
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
		rel := site.RelativeTo([]string{client, site.Physical(client)}, name)
		base := filepath.Base(name)
		switch parts := strings.Split(rel, "/"); {
		case len(parts) == 1 && (base == "settings.json" || base == "settings.local.json"):
			return "the client's settings"
		case parts[0] == "plugins":
			return "the client's plugins"
		case rel == "projects", parts[0] == "projects" && isTranscript(base):
			return "the client's transcripts"
		}
	}
	if f.Project != "" && slices.Contains([]string{"settings.json", "settings.local.json"}, filepath.Base(name)) &&
		slices.Contains([]string{filepath.Join(f.Project, ".claude"), filepath.Join(site.Physical(f.Project), ".claude")}, filepath.Dir(name)) {
		return "the settings of this session"
	}
	return ""
}

// isTranscript reports whether a file of a session is one of its transcripts or the client's notes on an agent, or the folder of these.
func isTranscript(base string) bool {
	return strings.HasSuffix(base, ".jsonl") || strings.HasSuffix(base, ".meta.json") || base == "subagents"
}

// onlyText reports whether a simple command only prints or searches for its words.
func onlyText(words []string) bool {
	name := programName(words[0])
	if name == "git" && len(words) > 1 {
		return slices.Contains([]string{"log", "grep", "show", "diff", "blame", "shortlog"}, words[1])
	}
	return onlyPrints(name) || slices.Contains([]string{"grep", "egrep", "fgrep", "rg", "ag", "man", "which", "type", "whereis"}, name)
}

// onlyPrints reports whether a command touches no file but those that its output is redirected to.
func onlyPrints(name string) bool { return name == "echo" || name == "printf" }

// redirected is what stands behind the marks > of a simple command, apart from those in quotation marks.
func redirected(simple string) string {
	var behind []string
	quoted, from := rune(0), -1
	for i, r := range simple {
		switch {
		case quoted != 0:
			if r == quoted {
				quoted = 0
			}
		case r == '"' || r == '\'':
			quoted = r
		case r == '>':
			if from >= 0 {
				behind = append(behind, simple[from:i])
			}
			from = i + 1
		}
	}
	if from >= 0 {
		behind = append(behind, simple[from:])
	}
	return strings.Join(behind, " ")
}

// simpleCommands are the parts of a command between the marks of the shell, without what a here-document writes into a file.
func simpleCommands(command string) []string {
	var kept []string
	end := ""
	for line := range strings.Lines(command) {
		text := strings.TrimSpace(line)
		if end != "" {
			if text == end {
				end = ""
			}
			continue
		}
		kept = append(kept, line)
		first, after, ok := strings.Cut(text, "<<")
		first = strings.TrimSpace(first[strings.LastIndexAny(first, ";&|(")+1:]) // behind cd trees/T1 &&
		if ok && (strings.HasPrefix(first, "cat ") || strings.HasPrefix(first, "tee ")) && !strings.HasPrefix(after, "<") && !strings.Contains(after, "|") {
			if words := strings.Fields(strings.Trim(after, "- ")); len(words) > 0 {
				end = strings.Trim(words[0], `"'\`)
			}
		}
	}
	return strings.FieldsFunc(strings.Join(kept, ""), func(r rune) bool { return strings.ContainsRune(";|&\n()`", r) })
}

// assign takes in the variables that a simple command assigns before anything else: of NAME=WORD those without blanks, as they are expanded then.
func (f Folders) assign(variables map[string]string, simple string) {
	for word := range strings.FieldsSeq(simple) {
		name, value, ok := strings.Cut(word, "=")
		if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if word != "export" {
				return
			}
			continue
		}
		variables[name] = f.expand(strings.Trim(value, `"'`), variables)
	}
}

// words are the words of a simple command, without quotation marks, with variables and the ~ in place.
func (f Folders) words(simple string, variables map[string]string) []string {
	words := strings.FieldsFunc(simple, func(r rune) bool { return strings.ContainsRune(" \t\r\"'<>=,", r) })
	for i, word := range words {
		words[i] = f.expand(word, variables)
	}
	return words
}

// expand puts the values of variables in place, and the person's folder for a ~ at the beginning.
func (f Folders) expand(word string, variables map[string]string) string {
	for name, value := range variables {
		word = strings.ReplaceAll(word, "${"+name+"}", value)
		if rest, ok := strings.CutPrefix(word, "$"+name); ok && (rest == "" || rest[0] == '/') {
			word = value + rest
		}
	}
	if word == "~" || strings.HasPrefix(word, "~/") {
		word = f.Home + word[1:]
	}
	return word
}

// variables are those of the client's shells that lead to guarded folders.
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
