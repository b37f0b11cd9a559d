package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/transcript"
)

// recording is one transcript to replay.
type recording struct {
	path string
	size int64
	// oneAgent tells that the file is a subagent's own; else it is a session's, which in old formats holds its agents' records.
	oneAgent bool
	// agentType is what the host's notes say; "" where there are none.
	agentType string
	// named tells that a person named this very file: it is replayed whatever agent it is of.
	named bool
}

// findRecordings lists what the named files and folders hold, each file once, and what could not be read of them.
func findRecordings(names []string) (recordings []recording, problems []error) {
	seen := map[string]bool{}
	add := func(r recording) {
		info, err := os.Stat(r.path)
		if err != nil {
			problems = append(problems, fmt.Errorf("reading a transcript: %w", err))
			return
		}
		if !seen[r.path] {
			seen[r.path] = true
			r.size = info.Size()
			recordings = append(recordings, r)
		}
	}
	addSession := func(path string, named bool) {
		add(recording{path: path, named: named})
		agents, err := transcript.Agents(path)
		if err != nil {
			problems = append(problems, err)
		}
		for _, a := range agents {
			switch {
			case a.Err != nil:
				problems = append(problems, a.Err)
			case a.MetaErr != nil && !errors.Is(a.MetaErr, fs.ErrNotExist):
				problems = append(problems, a.MetaErr)
				fallthrough
			default:
				add(recording{path: a.Path, oneAgent: true, agentType: a.Meta.AgentType})
			}
		}
	}
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("reading a transcript: %w", err))
		case !info.IsDir() && isAgentFile(name):
			meta, _ := transcript.ReadMeta(name)
			add(recording{path: name, oneAgent: true, agentType: meta.AgentType, named: true})
		case !info.IsDir():
			addSession(name, true)
		default:
			sessions, agents, errs := walkRecordings(name)
			problems = append(problems, errs...)
			for _, session := range sessions {
				addSession(session, false)
			}
			for _, agent := range agents { // those whose session's file is gone
				meta, _ := transcript.ReadMeta(agent)
				add(recording{path: agent, oneAgent: true, agentType: meta.AgentType})
			}
			if len(sessions)+len(agents) == 0 && len(errs) == 0 {
				problems = append(problems, fmt.Errorf("reading transcripts: %q holds none", name))
			}
		}
	}
	return recordings, problems
}

// walkRecordings lists the sessions' and the agents' files below dir, in the order of their names. Symbolic links to folders are
// not followed, so that no loop of them can be walked.
func walkRecordings(dir string) (sessions, agents []string, problems []error) {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("reading transcripts: %w", err))
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir() || filepath.Ext(path) != ".jsonl":
		case isAgentFile(path):
			agents = append(agents, path)
		default:
			sessions = append(sessions, path)
		}
		return nil
	})
	if err != nil {
		problems = append(problems, fmt.Errorf("reading transcripts: %w", err))
	}
	slices.Sort(sessions)
	slices.Sort(agents)
	return sessions, agents, problems
}

// isAgentFile tells whether the host gave the file the name of a subagent's transcript.
func isAgentFile(path string) bool {
	return strings.HasPrefix(filepath.Base(path), "agent-")
}
