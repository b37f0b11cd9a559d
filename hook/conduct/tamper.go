package conduct

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
)

// Tampering returns the findings on a command whose text names what an agent is checked with: the journal, the client's settings, transcripts
// and plugins, or a call of stopgate hook. cwd is where it runs. What the text hides is not found here.
func (f Folders) Tampering(command, cwd string) []rule.Finding {
	var findings []rule.Finding
	found := func(what, named string) {
		findings = append(findings, rule.Finding{
			Rule: rule.GateTampered, Severity: rule.Block,
			Message: fmt.Sprintf("%s names %s, with which the work of agents is checked. Leave it as it is; if your task needs it, say so in unfinished.", quote.String(named, quote.MaxPath), what),
		})
	}
	for _, simple := range simpleCommands(command) {
		words := f.words(simple)
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
			base := strings.TrimSuffix(filepath.Base(name), ".exe")
			if base == "stopgate" && i+1 < len(words) && words[i+1] == "hook" && !onlyText(words[0]) {
				found("the program that answers the client", word+" hook")
				return findings
			}
		}
	}
	return findings
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
		case rel == "projects", parts[0] == "projects" && (strings.HasSuffix(base, ".jsonl") || strings.HasSuffix(base, ".meta.json") || base == "subagents"):
			return "the client's transcripts"
		}
	}
	if f.Project != "" && slices.Contains([]string{"settings.json", "settings.local.json"}, filepath.Base(name)) &&
		slices.Contains([]string{filepath.Join(f.Project, ".claude"), filepath.Join(site.Physical(f.Project), ".claude")}, filepath.Dir(name)) {
		return "the settings of this session"
	}
	return ""
}

// onlyText reports whether a command only prints or searches for its words.
func onlyText(name string) bool {
	return slices.Contains([]string{"grep", "egrep", "fgrep", "rg", "ag", "echo", "printf", "man", "which", "type", "whereis"}, filepath.Base(name))
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

// words are the words of a simple command, without quotation marks, with the variables and the ~ that lead to guarded folders in place.
func (f Folders) words(simple string) []string {
	words := strings.FieldsFunc(simple, func(r rune) bool { return strings.ContainsRune(" \t\r\"'<>=,", r) })
	for i, word := range words {
		for name, value := range f.variables() {
			word = strings.ReplaceAll(word, "${"+name+"}", value)
			if rest, ok := strings.CutPrefix(word, "$"+name); ok && (rest == "" || rest[0] == '/') {
				word = value + rest
			}
		}
		if word == "~" || strings.HasPrefix(word, "~/") {
			word = f.Home + word[1:]
		}
		words[i] = word
	}
	return words
}

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
