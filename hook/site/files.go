package site

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// IsFile reports whether a file of that name exists in one of the folders that the name may be relative to. "~" is the person's home.
func IsFile(name string, bases []string) bool {
	name = filepath.FromSlash(name)
	if rest, ok := strings.CutPrefix(name, "~"+string(filepath.Separator)); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return true // it cannot be looked up
		}
		name = filepath.Join(home, rest)
	}
	if filepath.IsAbs(name) {
		bases = []string{""}
	}
	return slices.ContainsFunc(bases, func(base string) bool {
		info, err := os.Stat(filepath.Join(base, name))
		return err == nil && !info.IsDir()
	})
}

// instructions are the files and folders in the client's own folder that define or instruct the agents of every session. Their heads can name hooks.
var instructions = []string{"agents", "skills", "commands", "hooks", "output-styles", "rules", "CLAUDE.md"}

// IsClientInstruction reports whether a file defines or instructs the agents of every session of Claude Code. folders are its own folders.
func IsClientInstruction(folders []string, name string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		first, _, _ := strings.Cut(RelativeTo([]string{folder, Physical(folder)}, name), "/")
		return folder != "" && slices.ContainsFunc(instructions, func(name string) bool {
			matched, err := filepath.Match(first, name) // a shell expands ag* to agents
			return first == name || first != "*" && err == nil && matched
		})
	})
}

// IsClientSetting reports whether a file has the settings of Claude Code, such as which hooks it runs. folders are its own folders.
func IsClientSetting(folders []string, name string) bool {
	return slices.Contains([]string{"settings.json", "settings.local.json"}, filepath.Base(name)) &&
		slices.ContainsFunc(folders, func(folder string) bool { return folder != "" && filepath.Dir(name) == Physical(folder) })
}
