package transcript

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// AgentFile is an agent's transcript next to its session's.
type AgentFile struct {
	Path    string
	ID      string // as the file's name tells it
	Meta    Meta
	MetaErr error // why Meta is empty; wraps fs.ErrNotExist if the host wrote none
	Err     error // why the transcript cannot be opened: no permission, a loop of symbolic links, not a regular file …
}

// Agents finds the transcripts of a session's agents, in the order of their names: of dir/session.jsonl those in
// dir/session/subagents. A session without that folder has none. What cannot be opened is listed, with its Err.
func Agents(sessionFile string) ([]AgentFile, error) {
	dir := filepath.Join(strings.TrimSuffix(sessionFile, ".jsonl"), "subagents")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the agents of session %q: %w", sessionFile, err)
	}
	var files []AgentFile
	for _, e := range entries {
		id, isAgent := agentID(e.Name())
		if !isAgent {
			continue
		}
		file := AgentFile{Path: filepath.Join(dir, e.Name()), ID: id}
		if f, err := openRegular(file.Path); err != nil {
			file.Err = fmt.Errorf("open agent transcript: %w", err)
		} else {
			f.Close()
		}
		file.Meta, file.MetaErr = ReadMeta(file.Path)
		files = append(files, file)
	}
	return files, nil
}

// agentID returns the agent id in the name of an agent's transcript.
func agentID(name string) (string, bool) {
	name, isJSONL := strings.CutSuffix(name, ".jsonl")
	id, isAgent := strings.CutPrefix(name, "agent-")
	return id, isJSONL && isAgent && id != ""
}
