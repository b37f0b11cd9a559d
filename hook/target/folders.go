package target

import (
	"path/filepath"

	"stopgate/hook/conduct"
	"stopgate/hook/scene"
	"stopgate/hook/site"
)

// Guarded returns the folders that agents are checked with. An agent may work on a plugin in the session's own repository.
func Guarded(s *scene.Scene) conduct.Folders {
	f := s.Folders
	f.Transcript = s.Event.TranscriptPath
	f.Develops = s.ProjectDir != "" && site.Within(site.Physical(s.ProjectDir), site.Physical(f.Plugin))
	return f
}

// Absolute returns the absolute path for a path in a tool's input.
func Absolute(s *scene.Scene, name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.Event.Cwd, name)
}
