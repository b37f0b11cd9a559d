package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stopgate/hook/shell"
)

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
