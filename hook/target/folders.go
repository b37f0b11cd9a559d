package target

import (
	"path/filepath"

	"stopgate/hook/conduct"
	"stopgate/hook/scene"
	"stopgate/hook/site"
)

// Guarded are the folders that agents are checked with. An agent may work on a plugin that stands in the session's own repository.
func Guarded(s *scene.Scene) conduct.Folders {
	f := s.Folders
	f.Transcript = s.Event.TranscriptPath
	f.Develops = s.ProjectDir != "" && site.Within(site.Physical(s.ProjectDir), site.Physical(f.Plugin))
	return f
}

// Absolute is a path that a tool was given.
func Absolute(s *scene.Scene, name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.Event.Cwd, name)
}
