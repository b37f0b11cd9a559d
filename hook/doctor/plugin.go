package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/host"
)

// maxFile bounds a settings file or a manifest, in bytes.
const maxFile = 4 << 20

// readJSON reads a JSON file of the client or of the plugin into v. A file that does not exist gives fs.ErrNotExist.
func readJSON(path string, v any) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return err
	case len(data) > maxFile:
		return fmt.Errorf("%s is longer than %d bytes", path, maxFile)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s is not the JSON that is expected: %w", path, err)
	}
	return nil
}

const installAgain = "install the plugin again: claude plugin install stopgate@stopgate"

// pluginFolder looks at the plugin's manifest.
func (w *World) pluginFolder(context.Context) []Finding {
	dir := w.plugin()
	if dir == "" {
		return []Finding{{
			State: Off, Seen: "this program does not lie in a plugin's folder, and no plugin called stopgate is installed",
			Means: gateSilent, Mend: "claude plugin marketplace add FOLDER, then: claude plugin install stopgate@stopgate",
		}}
	}
	var manifest struct{ Name, Version string }
	err := readJSON(filepath.Join(dir, ".claude-plugin", "plugin.json"), &manifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{{State: Off, Seen: fmt.Sprintf("%s has no .claude-plugin/plugin.json", dir), Means: "the client does not take it for a plugin", Mend: installAgain}}
	case err != nil:
		return []Finding{{State: Off, Seen: err.Error(), Means: "the client does not load the plugin", Mend: installAgain}}
	}
	return fine(fmt.Sprintf("%s %s in %s", manifest.Name, manifest.Version, dir))
}

// registered is one hook of hooks.json.
type registered struct {
	Type, Command string
	Args          []string
}

// hooksOf reads which hooks the plugin registers for each event.
func (w *World) hooksOf(dir string) (map[string][]registered, error) {
	var manifest struct{ Hooks json.RawMessage }
	if err := readJSON(filepath.Join(dir, ".claude-plugin", "plugin.json"), &manifest); err != nil {
		return nil, err
	}
	name := filepath.Join("hooks", "hooks.json") // what the host reads by itself
	var named string
	if json.Unmarshal(manifest.Hooks, &named) == nil && named != "" {
		name = filepath.FromSlash(named)
	}
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("the manifest names %q for its hooks, which is outside of the plugin's folder", name)
	}
	var file struct {
		Hooks map[string][]struct{ Hooks []registered }
	}
	if err := readJSON(filepath.Join(dir, name), &file); err != nil {
		return nil, err
	}
	hooks := map[string][]registered{}
	for event, groups := range file.Hooks {
		for _, group := range groups {
			hooks[event] = append(hooks[event], group.Hooks...)
		}
	}
	return hooks, nil
}

// registration looks for a hook at each event that the gate needs.
func (w *World) registration(context.Context) []Finding {
	dir := w.plugin()
	if dir == "" {
		return nil
	}
	hooks, err := w.hooksOf(dir)
	if err != nil {
		return []Finding{{State: Off, Seen: fmt.Sprintf("the plugin's hooks cannot be read: %v", err), Means: gateSilent, Mend: installAgain}}
	}
	var missing []string
	for _, event := range []string{host.SubagentStop, host.PreToolUse, host.SubagentStart, host.PostToolUse, host.UserPromptSubmit, host.Stop} {
		if !slices.ContainsFunc(hooks[event], func(h registered) bool { return h.Type == "command" && strings.Contains(h.Command, "stopgate") }) {
			missing = append(missing, event)
		}
	}
	switch {
	case slices.Contains(missing, host.SubagentStop):
		return []Finding{{State: Off, Seen: "no hook is registered for " + strings.Join(missing, ", "), Means: gateSilent, Mend: installAgain}}
	case len(missing) > 0:
		return []Finding{{State: Blind, Seen: "no hook is registered for " + strings.Join(missing, ", "), Means: "launches, commands or steps are not seen there", Mend: installAgain}}
	}
	return fine("registered for every event that the gate needs")
}

// installation is an entry of the client's list of installed plugins.
type installation struct {
	id     string // stopgate@MARKETPLACE
	folder string
}

// EnabledPlugins are the folders of the plugins that the client has installed and not disabled, for whoever looks for their agents.
func (w *World) EnabledPlugins() []string {
	scopes := w.scopes()
	var folders []string
	for _, p := range w.list(func(string) bool { return true }) {
		on := true
		for _, s := range scopes {
			if value, ok := s.EnabledPlugins[p.id]; ok {
				on = value == true
			}
		}
		if on && p.folder != "" && !slices.Contains(folders, p.folder) {
			folders = append(folders, p.folder)
		}
	}
	return folders
}

// installed are the plugins called stopgate that the client has installed, by id.
func (w *World) installed() []installation {
	return w.list(func(name string) bool { return name == "stopgate" })
}

// list are the installed plugins whose names are wanted.
func (w *World) list(wanted func(name string) bool) []installation {
	var list struct {
		Plugins map[string][]struct {
			InstallPath string `json:"installPath"`
		}
	}
	if w.clientFolder() == "" || readJSON(filepath.Join(w.clientFolder(), "plugins", "installed_plugins.json"), &list) != nil {
		return nil
	}
	var found []installation
	for id, places := range list.Plugins {
		if name, _, _ := strings.Cut(id, "@"); !wanted(name) {
			continue
		}
		for _, p := range places {
			found = append(found, installation{id, p.InstallPath})
		}
	}
	slices.SortFunc(found, func(a, b installation) int { return strings.Compare(a.id+a.folder, b.id+b.folder) })
	return found
}

// enabled looks whether the client loads the plugin in each session.
func (w *World) enabled(context.Context) []Finding {
	scopes := w.scopes()
	if installed := w.installed(); len(installed) > 0 {
		p := installed[0]
		var by *scope
		on := true // the client's default for what is installed
		for i := range scopes {
			if value, ok := scopes[i].EnabledPlugins[p.id]; ok {
				by, on = &scopes[i], value == true
			}
		}
		if !on {
			return []Finding{{
				State: Off, Seen: fmt.Sprintf("%s is disabled in the %s settings", p.id, by.name), Means: gateSilent, Mend: "claude plugin enable " + p.id,
			}}
		}
		return fine(p.id + " is installed and enabled")
	}
	if w.getenv("CLAUDE_PLUGIN_ROOT") != "" {
		return fine("loaded by the client that runs this session")
	}
	return []Finding{{
		State: Note, Seen: "the client's list of plugins has no stopgate", Means: "it is loaded only where the client is started with --plugin-dir",
		Mend: "claude plugin marketplace add FOLDER, then: claude plugin install stopgate@stopgate",
	}}
}
