// Package isolation finds out which agents the host gives a worktree of their own, and where that worktree is.
package isolation

import (
	"cmp"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/gitdir"
)

// Isolation says whether the host will make a worktree for an agent that is about to be launched.
type Isolation int

const (
	// No means that the agent works in an existing worktree.
	No Isolation = iota
	// Yes means that the host makes one for it.
	Yes
	// Maybe means that the agent comes with another plugin whose definition cannot be found. The agent's start shows which it is.
	Maybe
)

// Asked reports whether the launch asks the host for a worktree: by its parameter, or by the definition of the agent.
func Asked(s *scene.Scene) Isolation {
	if s.Event.ToolInput.Isolation != "" {
		if s.Event.ToolInput.Isolation == host.IsolationWorktree {
			return Yes
		}
		return No
	}
	name, namespace := launch.BaseName(s.Event.ToolInput.SubagentType), launch.Namespace(s.Event.ToolInput.SubagentType)
	var folders []string
	switch {
	case namespace == "":
		folders = append(folders, filepath.Join(s.ProjectDir, ".claude"))
		folders = append(folders, s.Folders.Client...)
	case s.Folders.Plugin != "" && namespace == ownNamespace:
		folders = append(folders, s.Folders.Plugin)
	case namespace != ownNamespace:
		return inPlugins(installed(s.Folders.Client, namespace), name)
	}
	for _, folder := range folders {
		if folder == "" || !filepath.IsAbs(folder) {
			continue
		}
		if found, isolated := definition(filepath.Join(folder, "agents"), name); found {
			if isolated {
				return Yes
			}
			return No
		}
	}
	return No
}

// inPlugins returns the isolation in the definition of the agent in the folders of a plugin: Maybe if there is none, or if they differ.
func inPlugins(folders []string, name string) Isolation {
	seen := map[bool]bool{}
	for _, folder := range folders {
		if found, isolated := definition(filepath.Join(folder, "agents"), name); found {
			seen[isolated] = true
		}
	}
	switch {
	case len(seen) != 1:
		return Maybe
	case seen[true]:
		return Yes
	}
	return No
}

// installed returns the folders of a plugin that the client has installed, from its list in one of its folders. A plugin that the client was only
// started with is in no list.
func installed(client []string, plugin string) []string {
	var folders []string
	for _, folder := range client {
		text, err := gitdir.ReadSmall(filepath.Join(folder, "plugins", "installed_plugins.json"), maxList)
		var list struct {
			Plugins map[string][]struct {
				InstallPath string `json:"installPath"`
			}
		}
		if err != nil || json.Unmarshal(text, &list) != nil {
			continue
		}
		for id, places := range list.Plugins {
			for _, p := range places {
				if strings.HasPrefix(id, plugin+"@") && filepath.IsAbs(p.InstallPath) {
					folders = append(folders, p.InstallPath)
				}
			}
		}
	}
	return folders
}

// ownNamespace is the namespace of this plugin's own agents.
const ownNamespace = "stopgate"

// Bounds on the search for the definition of an agent.
const (
	maxList        = 1 << 20 // bytes of the client's list of plugins
	maxDefinitions = 500     // files
	maxFrontmatter = 8 << 10 // bytes of a file
)

// definition looks for the definition of the agent called name below dir, and whether it asks for a worktree.
func definition(dir, name string) (found, isolated bool) {
	seen := 0
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error { // a file that cannot be read defines nothing
		if err != nil || found || seen > maxDefinitions {
			return fs.SkipAll
		}
		if !entry.Type().IsRegular() || filepath.Ext(path) != ".md" {
			return nil
		}
		seen++
		fields := readFrontmatter(path)
		called := cmp.Or(fields["name"], strings.TrimSuffix(filepath.Base(path), ".md"))
		if called == name {
			found, isolated = true, fields["isolation"] == host.IsolationWorktree
		}
		return nil
	})
	return found, isolated
}

func readFrontmatter(path string) map[string]string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, maxFrontmatter))
	if err != nil {
		return nil
	}
	fields, _ := host.ReadDefinition(string(head))
	return fields
}

// Own returns the worktree that the host made for the agent of this event alone; false if it has none. launched means that its launch requested
// one. The host names it after the agent, unless somebody's hook makes it, and it is the agent's working directory (2.1.330).
func Own(s *scene.Scene, launched bool) (worktree.Place, bool) {
	if s.Event.Cwd == "" || s.Grounds().Repository == nil || s.Event.AgentID == "" {
		return worktree.Place{}, false
	}
	place, err := worktree.Locate(s.Event.Cwd)
	if err != nil || !place.Linked() || place.CommonDir != s.Grounds().Repository.CommonDir {
		return worktree.Place{}, false
	}
	return place, launched || filepath.Base(place.Root) == "agent-"+s.Event.AgentID
}

// OfWorkflow returns the worktree that the host made for the agent of this event alone, which the script of that run of a workflow launched; false if it
// has none. The host names it after the run (2.1.330).
func OfWorkflow(s *scene.Scene, run string) (worktree.Place, bool) {
	place, _ := Own(s, false)
	return place, run != "" && strings.HasPrefix(filepath.Base(place.Root), run+"-")
}

// At returns the isolated worktree of an agent whose launch is known: that of its start, else that of this event.
func At(s *scene.Scene, launched *record.Launch) (worktree.Place, bool) {
	if launched == nil {
		return Own(s, false)
	}
	if launched.Isolated && launched.Worktree != "" {
		if where, _ := s.Grounds().Find(launched.Worktree); where.Problem == site.Found {
			return where.Place, true
		}
	}
	return Own(s, launched.Isolated)
}
