package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The host keeps a session's transcript in dir/session.jsonl and those of its agents in dir/session/subagents/agent-ID.jsonl. The agents that the
// script of a workflow launches are in a folder for each run of one, dir/session/subagents/workflows/RUN/agent-ID.jsonl (2.1.330).
const (
	extension       = ".jsonl"
	agentsFolder    = "subagents"
	workflowsFolder = "workflows"
	agentPrefix     = "agent-"
)

func agentsOf(sessionFile string) string {
	return filepath.Join(strings.TrimSuffix(sessionFile, extension), agentsFolder)
}

// AgentPath returns the path of the transcript of an agent of the session: in the folder of a workflow if the host has notes on it there. It returns ""
// if agentID does not have the form of the host's ids, so that no id leads out of the session's folder.
func AgentPath(sessionTranscript, agentID string) string {
	if sessionTranscript == "" || agentID == "" || strings.ContainsFunc(agentID, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return ""
	}
	path := filepath.Join(agentsOf(sessionTranscript), agentPrefix+agentID+extension)
	for _, folder := range workflowsOf(sessionTranscript) {
		inRun := filepath.Join(folder, filepath.Base(path))
		if _, err := os.Lstat(MetaPath(inRun)); err == nil {
			if _, err := os.Lstat(MetaPath(path)); err == nil {
				return path
			}
			return inRun
		}
	}
	return path
}

// maxRuns bounds the workflows of a session that are looked into.
const maxRuns = 1000

// workflowsOf returns the folders of the workflows that the session ran; nil for none. A symbolic link is no such folder.
func workflowsOf(sessionTranscript string) (folders []string) {
	dir := filepath.Join(agentsOf(sessionTranscript), workflowsFolder)
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return nil
	}
	entries, _ := os.ReadDir(dir) // what cannot be listed has no agents
	for _, e := range entries[max(0, len(entries)-maxRuns):] {
		if e.IsDir() {
			folders = append(folders, filepath.Join(dir, e.Name()))
		}
	}
	return folders
}

// RanWorkflow reports whether the session ran a workflow.
func RanWorkflow(sessionTranscript string) bool { return len(workflowsOf(sessionTranscript)) > 0 }

// WorkflowOf returns the run of the workflow whose script launched the agent with the transcript at path; "" for an agent that another agent or the
// session launched.
func WorkflowOf(path string) string {
	dir := filepath.Dir(path)
	if above := filepath.Dir(dir); IsAgentFile(path) && filepath.Base(above) == workflowsFolder && filepath.Base(filepath.Dir(above)) == agentsFolder {
		return filepath.Base(dir)
	}
	return ""
}

// IsWorkflowJournal reports whether the host keeps at path the results of a workflow's agents. That is no transcript.
func IsWorkflowJournal(path string) bool {
	return filepath.Base(path) == "journal"+extension && WorkflowOf(filepath.Join(filepath.Dir(path), agentPrefix)) != ""
}

// IsAgentFile reports whether a file has the name that the host gives to an agent's transcript.
func IsAgentFile(path string) bool {
	return strings.HasPrefix(filepath.Base(path), agentPrefix)
}

// AgentID returns the agent's id, from the name of its transcript.
func AgentID(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), agentPrefix), extension)
}

// SessionOf identifies the session of a transcript, the session's own or one of its agents', by the path of the session's own
// without its extension.
func SessionOf(path string) string {
	if WorkflowOf(path) != "" {
		return filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(path))))
	}
	if dir := filepath.Dir(path); IsAgentFile(path) && filepath.Base(dir) == agentsFolder {
		return filepath.Dir(dir)
	}
	return strings.TrimSuffix(path, extension)
}

// SessionID returns the host's identifier of the session of a transcript, the session's own or one of its agents'.
func SessionID(path string) string { return filepath.Base(SessionOf(path)) }

// SessionFile returns the path of the session's own transcript, by that or by the path of one of its agents'.
func SessionFile(path string) string { return SessionOf(path) + extension }

// maxFirst bounds the first record of a transcript that is read to find an earlier part, and maxParts the parts of one transcript.
const (
	maxFirst = 8 << 20
	maxParts = 16
)

// MovedFrom returns the path of the transcript that the one at path continues; "" for none. If the person clears the conversation or resumes another
// one while an agent is at work, the client goes on with its transcript in the folder of the new session, under the same name. The first record
// there has the last one here for its parent (2.1.330).
func MovedFrom(path string) string {
	if !IsAgentFile(path) {
		return ""
	}
	parent := firstParent(path)
	if parent == "" {
		return ""
	}
	session := SessionOf(path)
	rel, err := filepath.Rel(session, path)
	if err != nil {
		return ""
	}
	others, err := os.ReadDir(filepath.Dir(session))
	if err != nil {
		return ""
	}
	for _, other := range others {
		before := filepath.Join(filepath.Dir(session), other.Name(), rel)
		if info, err := os.Lstat(before); err == nil && info.Mode().IsRegular() && before != path && hasRecord(before, parent) {
			return before
		}
	}
	return ""
}

// firstParent returns the record before the first one in a transcript, by its identifier; "" if there is none, or if it cannot be read.
func firstParent(path string) (parent string) {
	f, err := openRegular(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, maxFirst)).ReadBytes('\n')
	if err != nil {
		return ""
	}
	var id []byte
	c := cursor{b: bytes.TrimSpace(line)}
	c.object(func(key []byte) bool {
		if string(key) == "parentUuid" {
			return c.once(&id)
		}
		c.value()
		return true
	})
	if c.err == nil {
		parent, _ = text(id)
	}
	return parent
}

// hasRecord reports whether a transcript has the record with that identifier.
func hasRecord(path, id string) bool {
	f, err := openRegular(path)
	if err != nil {
		return false
	}
	defer f.Close()
	mark := []byte(`"uuid":"` + id + `"`)
	lines := bufio.NewScanner(io.LimitReader(f, MaxSize))
	lines.Buffer(nil, maxFirst)
	for lines.Scan() {
		if bytes.Contains(lines.Bytes(), mark) {
			return true
		}
	}
	return false
}

// EarlierParts returns the transcripts that the one at path continues, oldest first; nil for none.
func EarlierParts(path string) (earlier []string) {
	for before := MovedFrom(path); before != "" && len(earlier) < maxParts && !slices.Contains(earlier, before); before = MovedFrom(before) {
		earlier = append(earlier, before)
	}
	slices.Reverse(earlier)
	return earlier
}

// AgentFile is an agent's transcript next to its session's.
type AgentFile struct {
	Path string
	ID   string // from the file's name
	Meta Meta   // empty if the host wrote none, or it cannot be read
	Err  error  // why the transcript cannot be opened: no permission, a loop of symbolic links, not a regular file …
}

// AgentIDs returns the ids of a session's agents, by the names of the files that the host keeps of them. A session without that folder has none.
func AgentIDs(sessionFile string) (ids []string, err error) {
	paths, err := agentPaths(sessionFile)
	for _, path := range paths {
		ids = append(ids, AgentID(path))
	}
	return ids, err
}

// agentPaths returns the transcripts of a session's agents, those of its workflows last. A session without that folder has none.
func agentPaths(sessionFile string) (paths []string, err error) {
	for _, dir := range append([]string{agentsOf(sessionFile)}, workflowsOf(sessionFile)...) {
		entries, err := os.ReadDir(dir)
		missing := errors.Is(err, fs.ErrNotExist)
		if missing { // Windows says so of a file in its place, too
			_, other := os.Lstat(dir)
			missing = other != nil
		}
		if err != nil && !missing {
			return nil, fmt.Errorf("list the agents of session %q: %w", sessionFile, err)
		}
		for _, e := range entries {
			if IsAgentFile(e.Name()) && filepath.Ext(e.Name()) == extension && AgentID(e.Name()) != "" {
				paths = append(paths, filepath.Join(dir, e.Name()))
			}
		}
	}
	return paths, nil
}

// Agents lists the transcripts of a session's agents: for dir/session.jsonl those in dir/session/subagents by name, then those of its workflows.
// A session without that folder has none. A file that cannot be opened is listed with its Err.
func Agents(sessionFile string) ([]AgentFile, error) {
	paths, err := agentPaths(sessionFile)
	if err != nil {
		return nil, err
	}
	var files []AgentFile
	for _, path := range paths {
		file := AgentFile{Path: path, ID: AgentID(path)}
		if f, err := openRegular(file.Path); err != nil {
			file.Err = fmt.Errorf("open agent transcript: %w", err)
		} else {
			f.Close()
		}
		file.Meta, _ = ReadMeta(file.Path)
		files = append(files, file)
	}
	return files, nil
}

// Meta is the host's note on an agent's launch, in agent-<id>.meta.json next to the agent's transcript.
type Meta struct {
	AgentType string // namespace:name for a plugin's agent
	ToolUseID string // of the launch, in the launcher's transcript
	// ParentAgentID is the agent that launched it; "" for one that the session itself launched.
	ParentAgentID string
	// Teammate means that it is a member of the session's team. Events name such an agent by its name in the place of its type (2.1.330).
	Teammate bool
	// Name is the name of a teammate; "" for another agent.
	Name string
	// Unannounced means that the notes name no call of a tool that launched it, so that no announced launch can be found for it: a skill runs in it, the
	// script of a workflow launched it, or it is a teammate. In the notes of clients before 2.1.200 it is false, and up to some later one for a skill
	// that the person calls.
	Unannounced bool
}

// maxMeta bounds a .meta.json file, in bytes. Recorded ones have under 500.
const maxMeta = 1 << 20

// MetaPath returns the path of the .meta.json file that belongs to an agent's transcript.
func MetaPath(agentTranscriptPath string) string {
	return strings.TrimSuffix(agentTranscriptPath, extension) + ".meta.json"
}

// ReadMeta reads the .meta.json file that belongs to an agent's transcript. It follows no symbolic link: the host makes none, and one in a recording
// from elsewhere may lead to another file of the person. The error wraps fs.ErrNotExist if there is none.
func ReadMeta(agentTranscriptPath string) (Meta, error) {
	if agentTranscriptPath == "" { // otherwise a file in the working directory would be read
		return Meta{}, fmt.Errorf("open agent metadata: no transcript is named: %w", fs.ErrNotExist)
	}
	path := MetaPath(agentTranscriptPath)
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return Meta{}, fmt.Errorf("open agent metadata: %q is a symbolic link and is not followed", path)
	}
	f, err := openRegular(path)
	if err != nil {
		return Meta{}, fmt.Errorf("open agent metadata: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxMeta+1))
	if err != nil {
		return Meta{}, fmt.Errorf("read agent metadata: %w", err)
	}
	m, err := parseMeta(b)
	if err != nil {
		return Meta{}, fmt.Errorf("read agent metadata %q: %w", path, err)
	}
	return m, nil
}

func parseMeta(b []byte) (Meta, error) {
	if len(b) > maxMeta {
		return Meta{}, fmt.Errorf("longer than %d bytes", maxMeta)
	}
	var agentType, custom, toolUseID, parent, depth, shape []byte
	c := cursor{b: b}
	c.object(func(key []byte) bool {
		switch string(key) {
		case "agentType":
			return c.once(&agentType)
		case "customAgentType": // of a teammate; agentType is its name
			return c.once(&custom)
		case "toolUseId":
			return c.once(&toolUseID)
		case "parentAgentId":
			return c.once(&parent)
		case "spawnDepth": // only clients that name the call write one of these
			return c.once(&depth)
		case "requestShape":
			return c.once(&shape)
		}
		c.value()
		return true
	})
	c.end()
	if c.err != nil {
		return Meta{}, c.err
	}
	var m Meta
	m.AgentType, _ = text(agentType)
	if custom, _ := text(custom); custom != "" {
		m.Name, m.AgentType, m.Teammate = m.AgentType, custom, true
	}
	m.ToolUseID, _ = text(toolUseID)
	m.ParentAgentID, _ = text(parent)
	m.Unannounced = m.ToolUseID == "" && (depth != nil || shape != nil)
	return m, nil
}
