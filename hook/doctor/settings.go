package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
)

// scope is one file of the client's settings.
type scope struct {
	name string // as the client calls it: user, project, local, managed
	path string
	err  error

	DisableAllHooks       *bool          `json:"disableAllHooks"`
	AllowManagedHooksOnly *bool          `json:"allowManagedHooksOnly"`
	EnabledPlugins        map[string]any `json:"enabledPlugins"`
	Env                   map[string]any `json:"env"`

	Marketplaces json.RawMessage `json:"extraKnownMarketplaces"`
	Hooks        json.RawMessage `json:"hooks"`
}

// startsHook matches a command line that starts stopgate as a hook.
var startsHook = lazyregexp.New(`(^|[\s/\\"'])stopgate(\.exe)?["']?\s+hook(\s|$)`)

// besides returns the events for which the settings start stopgate by themselves, which the plugin does already.
func (s *scope) besides() (events []string) {
	var hooks map[string][]struct{ Hooks []registered }
	if json.Unmarshal(s.Hooks, &hooks) != nil {
		return nil // the client registers none of them
	}
	for _, event := range slices.Sorted(maps.Keys(hooks)) {
		for _, group := range hooks[event] {
			if !slices.Contains(events, event) && slices.ContainsFunc(group.Hooks, func(h registered) bool {
				return h.Type == "command" && startsHook().MatchString(strings.Join(append([]string{h.Command}, h.Args...), " "))
			}) {
				events = append(events, event)
			}
		}
	}
	return events
}

// managedFolder returns where an administrator keeps settings (Claude Code's documentation, "Settings files").
func managedFolder(w *World) string {
	if w.Managed != "" {
		return w.Managed
	}
	if dir := w.getenv("CLAUDE_CODE_MANAGED_SETTINGS_PATH"); dir != "" {
		return dir
	}
	switch runtime.GOOS {
	case "darwin":
		return "/Library/Application Support/ClaudeCode"
	case "windows":
		return `C:\Program Files\ClaudeCode`
	}
	return "/etc/claude-code"
}

// scopes reads the client's settings, the strongest last. Files that do not exist are left out.
func scopes(w *World) []scope {
	project := filepath.Join(w.projectFolder(), ".claude")
	files := []scope{
		{name: "user", path: filepath.Join(w.clientFolder(), "settings.json")},
		{name: "project", path: filepath.Join(project, "settings.json")},
		{name: "local", path: filepath.Join(project, "settings.local.json")},
		{name: "managed", path: filepath.Join(managedFolder(w), "managed-settings.json")},
	}
	parts, err := filepath.Glob(filepath.Join(managedFolder(w), "managed-settings.d", "*.json"))
	if err == nil {
		for _, part := range parts {
			files = append(files, scope{name: "managed", path: part})
		}
	}
	var read []scope
	for _, s := range files {
		err := readJSON(s.path, &s)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		for id, value := range s.EnabledPlugins {
			switch value.(type) {
			case bool, []any, nil:
			default:
				err = errors.Join(err, fmt.Errorf("%s: the value of %q in enabledPlugins is neither true nor false", s.path, id))
			}
		}
		if err != nil { // the client passes over the whole file
			s = scope{name: s.name, path: s.path, err: err}
		}
		read = append(read, s)
	}
	return read
}

// allow returns what undoes a setting of this scope. A person cannot change the settings of an administrator.
func (s *scope) allow(command string) string {
	if s.name == "managed" {
		return "ask the administrator of this machine to change " + s.path
	}
	return command
}

// settings looks for switches in the client's settings that turn hooks off.
func settings(_ context.Context, w *World) []Finding {
	scopes := scopes(w)
	found := switches(scopes)
	for i := range scopes {
		found = append(found, scopes[i].blinds(w)...)
	}
	if len(found) == 0 {
		return fine("no settings turn hooks off")
	}
	return found
}

// switches returns the findings about scopes that cannot be read and about switches that turn hooks off. Of the scopes, the last one with a switch
// decides.
func switches(scopes []scope) (found []Finding) {
	var off *scope
	for i := range scopes {
		s := &scopes[i]
		if s.err != nil {
			found = append(found, Finding{
				State: Unknown, Seen: fmt.Sprintf("the %s settings cannot be read: %v", s.name, s.err),
				Means: "the client ignores the whole file, or reads it differently", Mend: "correct " + s.path + ", or move it away: mv " + shell.Quote(s.path) + " " + shell.Quote(s.path+".old"),
			})
			continue
		}
		if s.DisableAllHooks != nil {
			off = nil
			if *s.DisableAllHooks {
				off = s
			}
		}
		if s.name == "managed" && s.AllowManagedHooksOnly != nil && *s.AllowManagedHooksOnly {
			found = append(found, Finding{
				State: Off, Seen: fmt.Sprintf("allowManagedHooksOnly is set in %s", s.path), Means: "the client runs no plugin's hooks: " + gateSilent,
				Mend: s.allow(""),
			})
		}
	}
	if off != nil {
		found = append(found, Finding{
			State: Off, Seen: fmt.Sprintf("disableAllHooks is true in the %s settings, %s", off.name, off.path), Means: gateSilent,
			Mend: off.allow("take disableAllHooks out of " + off.path),
		})
	}
	return found
}

// blinds returns the findings about what the settings of a scope do to the hooks of the plugin and to their environment.
func (s *scope) blinds(w *World) (found []Finding) {
	if events := s.besides(); len(events) > 0 && w.plugin() != "" {
		found = append(found, Finding{
			State: Blind, Seen: fmt.Sprintf("hooks in the %s settings start stopgate for %s, beside the plugin", s.name, strings.Join(events, ", ")),
			Means: "each of these events is answered twice, and where the programs differ, the answer of the older one may be the one that counts",
			Mend:  s.allow("take the hooks that start stopgate out of " + s.path),
		})
	}
	if path, ok := s.Env["PATH"].(string); ok {
		if _, err := (&World{Env: []string{"PATH=" + path}}).lookPath("git"); err != nil {
			found = append(found, Finding{
				State: Blind, Seen: fmt.Sprintf("env in the %s settings sets a PATH without git", s.name), Means: "everything that needs git is unknown in a session",
				Mend: s.allow("take PATH out of env in " + s.path),
			})
		}
	}
	var names []string
	for name := range s.Env {
		if _, ok := blinding(name); ok {
			names = append(names, name)
		}
	}
	if slices.Sort(names); len(names) > 0 {
		means, _ := blinding(names[0])
		found = append(found, Finding{
			State: Blind, Seen: fmt.Sprintf("env in the %s settings sets %s", s.name, strings.Join(names, ", ")), Means: means,
			Mend: s.allow(fmt.Sprintf("take %s out of env in %s", strings.Join(names, ", "), s.path)),
		})
	}
	return found
}

// blinding returns what a variable of the environment does to the gate, if it does anything.
func blinding(name string) (means string, ok bool) {
	switch name {
	case "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE":
		return "git then works on another repository or index than the one that the gate looks at", true
	case "CLAUDE_CODE_STOP_HOOK_BLOCK_CAP":
		return "the client lets an agent stop after that many refusals, whatever the gate answers", true
	case "CLAUDE_CODE_SIMPLE", "CLAUDE_CODE_SAFE_MODE", "CLAUDE_CODE_PERSONAL_HOOKS_OFF":
		return "the client then runs no hooks of plugins", true
	}
	if movesJournal(name) {
		return "a terminal without it reads another journal than the hook writes", true
	}
	return "", false
}

// movesJournal reports whether a variable decides where journals are kept. In the environment everybody has them.
func movesJournal(name string) bool {
	return name == "STOPGATE_STATE_DIR" || name == "HOME" || name == "XDG_STATE_HOME"
}

// environment looks at the environment of this process for variables that blind the gate. Their values are not shown.
func environment(_ context.Context, w *World) []Finding {
	var names []string
	for _, kv := range w.Env {
		name, value, _ := strings.Cut(kv, "=")
		if _, ok := blinding(name); ok && value != "" && !movesJournal(name) {
			names = append(names, name)
		}
	}
	if slices.Sort(names); len(names) > 0 {
		means, _ := blinding(names[0])
		return []Finding{{
			State: Blind, Seen: "the environment sets " + strings.Join(names, ", "), Means: means,
			Mend: "unset " + strings.Join(names, " ") + " before you start the client",
		}}
	}
	if w.getenv("STOPGATE_STATE_DIR") != "" {
		return []Finding{{State: Note, Seen: "STOPGATE_STATE_DIR is set", Means: "a terminal without it reads another journal than the hook writes"}}
	}
	return fine("no variable that would blind the gate")
}

// isDir reports whether a folder is there.
func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
