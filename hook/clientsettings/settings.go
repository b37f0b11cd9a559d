// Package clientsettings reads the hooks in the client's settings files, which decide whether agents are checked.
package clientsettings

import (
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/scene"
	"stopgate/hook/site"
)

// Settings are the parts of a settings file of the client that decide whether agents are checked.
type Settings struct {
	Disabled any            `json:"disableAllHooks,omitempty"`
	Hooks    any            `json:"hooks,omitempty"`
	Env      map[string]any `json:"env,omitempty"`
	// Managed is whether the client runs managed hooks alone, Plugins whether it runs this plugin. Both are nil unless they switch the plugin off.
	Managed any  `json:"allowManagedHooksOnly,omitempty"`
	Plugins any  `json:"enabledPlugins,omitempty"`
	Unread  bool `json:"unread,omitempty"`
}

// decides reports whether a variable decides where the journal is, what git reads, or which programs the hooks and the guard run.
func decides(variable string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(variable, prefix) }
	return slices.ContainsFunc([]string{"STOPGATE_", "CLAUDE_", "GIT_CONFIG", "XDG_", "LD_", "DYLD_"}, begins) ||
		slices.Contains([]string{"PATH", "HOME", "USERPROFILE", "SHELL", "ENV", "BASH_ENV", "ZDOTDIR", "GIT_EXEC_PATH", "GIT_ATTR_NOSYSTEM"}, variable)
}

// maxSettings bounds a settings file, in bytes.
const maxSettings = 4 << 20

// Read reads a settings file, or the front matter of a skill. A missing file has no settings.
func Read(path string) (g Settings) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return g
	}
	f, err := os.Open(path)
	if err != nil {
		return Settings{Unread: true}
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if strings.EqualFold(filepath.Ext(path), ".md") {
		return Settings{Hooks: hooksOfSkill(string(content))}
	}
	if err != nil || len(content) > maxSettings || json.Unmarshal(content, &g) != nil {
		return Settings{Unread: true}
	}
	g.Unread = false
	if g.Disabled == false {
		g.Disabled = nil
	}
	if g.Managed == false {
		g.Managed = nil
	}
	plugins, _ := g.Plugins.(map[string]any)
	if g.Plugins = nil; slices.ContainsFunc(slices.Collect(maps.Keys(plugins)), func(id string) bool { return strings.HasPrefix(id, "stopgate@") && plugins[id] == false }) {
		g.Plugins = false
	}
	maps.DeleteFunc(g.Env, func(name string, _ any) bool { return !decides(name) })
	if len(g.Env) == 0 {
		g.Env = nil
	}
	return g
}

// hooksOfSkill returns the front matter of a skill or an agent if it sets hooks; otherwise nil.
func hooksOfSkill(text string) any {
	matter, found := strings.CutPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "---\n")
	matter, _, _ = strings.Cut(matter, "\n---")
	if found && strings.Contains("\n"+matter, "\nhooks:") {
		return matter
	}
	return nil
}

// Print returns a fingerprint of a file's settings, for comparison.
func (g Settings) Print() string { return quote.Digest(quote.JSON(g)) }

// String describes the file's settings.
func (g Settings) String() string {
	var does []string
	if g.Disabled != nil {
		does = append(does, "it switches hooks off")
	}
	if g.Plugins != nil {
		does = append(does, "it switches the plugin off")
	}
	if g.Managed != nil {
		does = append(does, "it allows no hooks but managed ones")
	}
	if g.Hooks != nil {
		does = append(does, "it sets hooks")
	}
	for _, name := range slices.Sorted(maps.Keys(g.Env)) {
		does = append(does, "it sets the variable "+quote.String(name, quote.MaxName))
	}
	if g.Unread {
		does = append(does, "it cannot be read")
	}
	if len(does) == 0 {
		return "what it said of hooks is gone"
	}
	return strings.Join(does, ", ")
}

// Prints returns fingerprints of the client's present settings files, by path.
func Prints(s *scene.Scene) map[string]string {
	var paths []string
	for _, folder := range append([]string{filepath.Join(s.ProjectDir, ".claude")}, s.Folders.Client...) {
		if s.ProjectDir == "" && folder == ".claude" || folder == "" {
			continue
		}
		for _, name := range []string{"settings.json", "settings.local.json"} {
			paths = append(paths, filepath.Join(folder, name), filepath.Join(site.Physical(folder), name))
		}
	}
	prints := map[string]string{}
	for _, path := range paths {
		prints[path] = Read(path).Print()
	}
	return prints
}
