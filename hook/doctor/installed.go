package doctor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"stopgate/hook/shell"
	"stopgate/hook/site"
)

// installation is an entry of the client's list of installed plugins.
type installation struct {
	id     string // stopgate@MARKETPLACE
	folder string
	// project is the only project that it is installed for; "" for all.
	project string
	// market is the plugin's marketplace; nil if the client knows none of that name. unread is why the client cannot read it.
	market *marketplace
	unread error
}

// Client returns the folder with the client's settings, for whoever looks for the person's agents; "" if unknown.
func (w *World) Client() string { return w.clientFolder() }

// EnabledPlugins returns the folders of the plugins that the client has installed and not disabled, for whoever looks for their agents.
func (w *World) EnabledPlugins() []string {
	scopes := scopes(w)
	list, _ := installations(w) // what cannot be read has no agents
	var folders []string
	for _, p := range list {
		if off(p.id, scopes) == nil && p.folder != "" && !slices.Contains(folders, p.folder) {
			folders = append(folders, p.folder)
		}
	}
	return folders
}

// off returns the scope that disables a plugin; nil if none does. What is installed and not mentioned is enabled.
func off(id string, scopes []scope) (by *scope) {
	for i := range scopes {
		if value, ok := scopes[i].EnabledPlugins[id]; ok {
			if by = nil; value != true {
				by = &scopes[i]
			}
		}
	}
	return by
}

// installed returns the plugins called stopgate that the client has installed, by id.
func installed(w *World) ([]installation, error) {
	list, err := installations(w)
	return slices.DeleteFunc(list, func(p installation) bool { return !strings.HasPrefix(p.id, "stopgate@") }), err
}

// installations returns the installed plugins, by id, with the folders that the client reads them from.
func installations(w *World) ([]installation, error) {
	folder := pluginsFolder(w)
	if folder == "" {
		return nil, nil
	}
	var file struct {
		Plugins map[string][]struct {
			InstallPath string `json:"installPath"`
			ProjectPath string `json:"projectPath"`
		} `json:"plugins"`
	}
	if err := readJSON(filepath.Join(folder, "installed_plugins.json"), &file); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	markets, err := marketplaces(w)
	if err != nil {
		return nil, err
	}
	var found []installation
	for id, places := range file.Plugins {
		name, of, _ := strings.Cut(id, "@")
		one := installation{id: id}
		in := ""
		if m, ok := markets[of]; ok {
			one.market = &m
			in, one.unread = m.plugin(name)
		}
		for _, p := range places {
			one.folder, one.project = cmp.Or(in, p.InstallPath), p.ProjectPath
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b installation) int { return strings.Compare(a.id+a.folder, b.id+b.folder) })
	return found, nil
}

const notInstalled = "the client's list of plugins has no stopgate"

// enabled looks whether the client loads the plugin in each session.
func enabled(_ context.Context, w *World) []Finding {
	all, err := installed(w)
	if err != nil {
		return []Finding{{
			State: Unknown, Seen: fmt.Sprintf("the client's list of plugins cannot be read: %v", err), Means: "it is unknown whether the client loads the plugin",
			Mend: "run claude plugin list, and fix what it reports",
		}}
	}
	here := slices.DeleteFunc(slices.Clone(all), func(p installation) bool {
		return p.project != "" && site.Physical(p.project) != site.Physical(w.projectFolder())
	})
	switch {
	case len(here) > 0:
		return loaded(w, here)
	case w.getenv("CLAUDE_PLUGIN_ROOT") != "":
		return fine("loaded by the client that runs this session")
	case len(all) > 0:
		return []Finding{{
			State: Off, Seen: all[0].id + " is installed for another project, " + all[0].project, Means: "in this project " + gateSilent, Mend: "claude plugin install " + all[0].id,
		}}
	}
	return []Finding{{
		State: Note, Seen: notInstalled, Means: "it is loaded only where the client is started with --plugin-dir", Mend: addMarketplace(w, "stopgate@stopgate"),
	}}
}

// loaded looks which of the installations of stopgate the client loads.
func loaded(w *World, here []installation) []Finding {
	scopes := scopes(w)
	var on []installation
	for _, p := range here {
		if off(p.id, scopes) == nil {
			on = append(on, p)
		}
	}
	if len(on) == 0 {
		p := here[0]
		return []Finding{{
			State: Off, Seen: fmt.Sprintf("%s is disabled in the %s settings", p.id, off(p.id, scopes).name), Means: gateSilent, Mend: off(p.id, scopes).allow("claude plugin enable " + p.id),
		}}
	}
	var found []Finding
	for i, p := range on {
		if p.market == nil || p.unread != nil {
			found = append(found, unlisted(w, p))
		} else if _, err := os.Stat(filepath.Join(p.folder, ".claude-plugin", "plugin.json")); err != nil {
			found = append(found, Finding{
				State: Off, Seen: fmt.Sprintf("%s is installed and enabled, but there is no plugin in its folder, %s", p.id, p.folder), Means: gateSilent,
				Mend: again(w, p.folder),
			})
		}
		if p.id != on[0].id && p.id != on[i-1].id {
			found = append(found, Finding{
				State: Blind, Seen: fmt.Sprintf("%s and %s are both enabled", on[0].id, p.id), Means: "every event is answered twice, perhaps by two versions",
				Mend: "claude plugin disable " + p.id,
			})
		}
	}
	if len(found) == 0 {
		found = fine(on[0].id + " is installed and enabled")
	}
	if own := w.ownPlugin(); own != "" && w.getenv("CLAUDE_PLUGIN_ROOT") == "" && !slices.ContainsFunc(on, func(p installation) bool { return site.Physical(p.folder) == own }) {
		found = append(found, Finding{
			State: Note, Seen: "the client loads another copy than this one, from " + on[0].folder, Means: "the other lines are about this copy",
			Mend: shell.Quote(filepath.Join(on[0].folder, binaryName())) + " doctor, to examine the other",
		})
	}
	return found
}

// maxFile bounds a settings file or a manifest, in bytes.
const maxFile = 4 << 20

// readJSON reads a JSON file of the client or of the plugin into v. A file that does not exist gives fs.ErrNotExist. A byte order mark is
// passed over, as the client does.
func readJSON(path string, v any) error {
	data, err := readBounded(path, maxFile)
	switch {
	case err != nil:
		return err
	case len(data) > maxFile:
		return fmt.Errorf("%s is longer than %d bytes", path, maxFile)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %s", path, jsonFault(data, err))
	}
	return nil
}

// jsonFault describes what is wrong with a JSON file, for the person who has to correct it.
func jsonFault(data []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "it is empty, which is not JSON"
	case errors.As(err, &syntax):
		return fmt.Sprintf("line %d is not JSON: %v", 1+bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n")), err)
	case errors.As(err, &kind):
		return fmt.Sprintf("%s may not be %s %s", cmp.Or(kind.Field, "the whole of it"), article(kind.Value), kind.Value)
	}
	return err.Error()
}

func article(noun string) string {
	if strings.ContainsAny(noun[:min(1, len(noun))], "aeiou") {
		return "an"
	}
	return "a"
}

// again returns the command that uninstalls and installs the plugin of a folder. An update, or an install over it, would not change a damaged copy
// of the same version.
func again(w *World, dir string) string {
	installed, _ := installed(w) // the check of the list reports errors
	for _, p := range installed {
		if site.Physical(p.folder) == site.Physical(dir) {
			return fmt.Sprintf("claude plugin uninstall %s && claude plugin install %s", p.id, p.id)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		return "git -C " + shell.Quote(dir) + " checkout HEAD -- .claude-plugin agents hook scripts"
	}
	return "unpack the release again, to " + shell.Quote(dir)
}

// readable returns what lets the client read the plugin's folder, after the error err.
func readable(w *World, dir string, err error) string {
	if errors.Is(err, fs.ErrPermission) && runtime.GOOS != "windows" {
		return "sudo chmod -R a+rX " + shell.Quote(dir)
	}
	return again(w, dir)
}

// pluginFolder looks at the plugin's manifest.
func pluginFolder(_ context.Context, w *World) []Finding {
	dir := w.plugin()
	if dir == "" {
		return []Finding{{
			State: Off, Seen: "this program does not lie in a plugin's folder, and no plugin called stopgate is installed",
			Means: gateSilent, Mend: addMarketplace(w, "stopgate@stopgate"),
		}}
	}
	var manifest struct{ Name, Version string }
	err := readJSON(filepath.Join(dir, ".claude-plugin", "plugin.json"), &manifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{{State: Off, Seen: fmt.Sprintf("%s has no .claude-plugin/plugin.json", dir), Means: "the client does not recognise it as a plugin", Mend: again(w, dir)}}
	case err != nil:
		return []Finding{{State: Off, Seen: err.Error(), Means: "the client does not load the plugin", Mend: readable(w, dir, err)}}
	}
	var missing []string
	for _, role := range ownAgents {
		if _, err := os.Stat(filepath.Join(dir, "agents", role+".md")); err != nil {
			missing = append(missing, role)
		}
	}
	if len(missing) > 0 {
		return []Finding{{
			State: Blind, Seen: fmt.Sprintf("%s has no agents/%s.md", dir, strings.Join(missing, ".md, agents/")), Means: "a step may name an agent that the client does not have", Mend: again(w, dir),
		}}
	}
	return fine(fmt.Sprintf("%s %s in %s", manifest.Name, manifest.Version, dir))
}

// ownAgents come with the plugin. Steps name them, unless the configuration has others.
var ownAgents = []string{"branch-manager", "code-reviewer", "integration-engineer", "security-auditor", "test-runner"}

// marketplace is the source of the client's plugin. Measured with Claude Code 2.1.144 and 2.1.330: a plugin whose marketplace cannot be read is not
// loaded, although the client's cache has a copy. If the marketplace is a folder, the client reads the plugin in that folder, and not the copy.
type marketplace struct {
	Source struct {
		Source string `json:"source"` // directory, file, git, github, url …
		Path   string `json:"path"`
	} `json:"source"`
	InstallLocation string `json:"installLocation"`
}

// pluginsFolder returns the folder with the client's lists of plugins and marketplaces; "" if unknown.
func pluginsFolder(w *World) string {
	if folder := w.getenv("CLAUDE_CODE_PLUGIN_CACHE_DIR"); folder != "" {
		return folder
	}
	if w.clientFolder() == "" {
		return ""
	}
	return filepath.Join(w.clientFolder(), "plugins")
}

// marketplaces returns the marketplaces that the client knows, from its own list and from the settings that declare others.
func marketplaces(w *World) (map[string]marketplace, error) {
	known := map[string]marketplace{}
	err := readJSON(filepath.Join(pluginsFolder(w), "known_marketplaces.json"), &known)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, s := range scopes(w) {
		var declared map[string]marketplace
		if json.Unmarshal(s.Marketplaces, &declared) != nil {
			continue // none, or not for the client either
		}
		for name, m := range declared {
			if _, ok := known[name]; !ok && m.Source.Path != "" {
				known[name] = m
			}
		}
	}
	return known, err
}

// file returns the marketplace's own list of its plugins.
func (m marketplace) file() string {
	place := m.InstallLocation
	if m.Source.Source == "directory" || m.Source.Source == "file" {
		place = m.Source.Path
	}
	// A marketplace that was added as a file, or from an address, is stored as that file alone, whatever its name (2.1.330).
	if (m.Source.Source == "file" || m.Source.Source == "url" || strings.HasSuffix(place, ".json")) && !isDir(place) {
		return place
	}
	return filepath.Join(place, ".claude-plugin", "marketplace.json")
}

// plugin returns the folder of a plugin inside the marketplace's own folder; "" if the client reads a copy of it.
func (m marketplace) plugin(name string) (folder string, err error) {
	var list struct {
		Plugins []struct {
			Name   string
			Source any
		}
	}
	if err := readJSON(m.file(), &list); err != nil {
		return "", err
	}
	for _, p := range list.Plugins {
		if p.Name != name {
			continue
		}
		if path, ok := p.Source.(string); ok && m.Source.Source == "directory" {
			return filepath.Join(m.Source.Path, filepath.FromSlash(path)), nil
		}
		return "", nil
	}
	return "", fmt.Errorf("%s has no plugin called %s", m.file(), name)
}

// unlisted returns the finding for a plugin whose marketplace the client cannot read.
func unlisted(w *World, p installation) Finding {
	_, name, _ := strings.Cut(p.id, "@")
	f := Finding{State: Off, Means: "the client does not load the plugin: " + gateSilent}
	if w.getenv("CLAUDE_PLUGIN_ROOT") != "" {
		f.State, f.Means = Blind, "this session has the plugin, but the next one does not load it"
	}
	if p.market == nil {
		f.Seen = fmt.Sprintf("%s is installed, and the client knows no marketplace called %s", p.id, name)
		f.Mend = addMarketplace(w, p.id)
		return f
	}
	f.Seen = fmt.Sprintf("%s is installed, and its marketplace cannot be read: %v", p.id, p.unread)
	place := p.market.InstallLocation
	switch _, err := os.Lstat(place); {
	case p.market.Source.Source == "directory" || p.market.Source.Source == "file":
		f.Mend = "bring " + p.market.Source.Path + " back, or name its new place: " + addMarketplace(w, p.id)
	case err == nil:
		f.Mend = "mv " + shell.Quote(place) + " " + shell.Quote(place+".old") + " && claude plugin marketplace update " + shell.Quote(name)
	default:
		f.Mend = "claude plugin marketplace update " + shell.Quote(name)
	}
	return f
}

// addMarketplace returns the command that installs the plugin from the folder of this program, or from a folder that the person has to name.
func addMarketplace(w *World, id string) string {
	folder, own := "FOLDER", w.ownPlugin()
	var list struct{ Name string }
	if err := readJSON(filepath.Join(own, ".claude-plugin", "marketplace.json"), &list); own != "" && err == nil && strings.HasSuffix(id, "@"+list.Name) {
		folder = shell.Quote(own)
	}
	command := "claude plugin marketplace add " + folder + " && claude plugin install " + id
	if folder == "FOLDER" {
		command += " (FOLDER is where the clone or the unpacked release lies)"
	}
	return command
}
