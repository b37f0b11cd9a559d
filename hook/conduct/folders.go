package conduct

import (
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/site"
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

// What Guards describes, where other code asks for it.
const (
	journals = "stopgate's journal"
	// clientPlugins is the folder of the client's plugins. Agents are told to run scripts in it by the skills of other plugins.
	clientPlugins = "the client's plugins"
)

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

// guardsAny is Guards for a path that may be a pattern of a shell, in the folder of the client's settings or in a project's.
func (f Folders) guardsAny(name string) string {
	if what := f.Guards(name); what != "" || !strings.ContainsAny(name, "*?[{") {
		return what
	}
	if f.isTranscripts(name) {
		return "the client's transcripts"
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

// isTranscripts reports whether a pattern is for files among the transcripts of a project or of the session. The client's memory is kept beside them.
func (f Folders) isTranscripts(pattern string) bool {
	rel := f.inProjects(pattern)
	if session := strings.TrimSuffix(f.Transcript, ".jsonl"); rel == "" && session != "" {
		rel = site.RelativeTo([]string{session, f.physicalOf(session)}, pattern)
	}
	return rel != "" && !slices.Contains(strings.Split(rel, "/"), "memory")
}

// holdsTranscripts reports whether an absolute path, or a pattern for some, is a folder with transcripts: the session's, or one of a project or of another
// session.
func (f Folders) holdsTranscripts(name string) bool {
	if session := strings.TrimSuffix(f.Transcript, ".jsonl"); session != "" && (name == session || name == f.physicalOf(session) || name == filepath.Dir(session)) {
		return true
	}
	parts := strings.Split(f.inProjects(name), "/")
	return parts[0] != "" && (len(parts) == 1 || len(parts) == 2 && parts[1] != "memory")
}

// inProjects returns an absolute path relative to the folder in which the client keeps what belongs to projects; "" if it is not in there.
func (f Folders) inProjects(name string) string {
	for _, client := range f.Client {
		if client == "" {
			continue
		}
		if rel, ok := strings.CutPrefix(site.RelativeTo([]string{client, f.physicalOf(client)}, name), "projects/"); ok {
			return rel
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

// isClient reports whether an absolute path is one of the client's own folders.
func (f Folders) isClient(name string) bool {
	return slices.ContainsFunc(f.Client, func(folder string) bool {
		return folder != "" && (name == filepath.Clean(folder) || name == f.physicalOf(folder))
	})
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
