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
	// oneAgent: the file is a subagent's own. Otherwise it is a session's.
	oneAgent bool
	// named tells that a person named this very file: it is replayed also where nothing tells what agent it is of.
	named bool
}

// recordedSession is what was found of one session: its own transcript, its agents', or both.
type recordedSession []recording

// finder gathers recordings, each file once, by session.
type finder struct {
	sessions map[string]recordedSession // by the session's file without its extension
	seen     map[string]bool            // by the path without symbolic links
	found    int
	problems []error
}

// findSessions lists what the named files and folders hold, in the order of the sessions' names, and what could not be read.
func findSessions(names []string) ([]recordedSession, []error) {
	f := &finder{sessions: map[string]recordedSession{}, seen: map[string]bool{}}
	for _, name := range names {
		f.name(name)
	}
	var list []recordedSession
	keys := make([]string, 0, len(f.sessions))
	for key := range f.sessions {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		list = append(list, f.sessions[key])
	}
	return list, f.problems
}

func (f *finder) fail(format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf(format, args...))
}

// name takes what a person named.
func (f *finder) name(name string) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		f.fail("reading a transcript: %w", err)
	case info.IsDir():
		before, failed := f.found, len(f.problems)
		f.walk(name)
		if f.found == before && len(f.problems) == failed {
			f.fail("reading transcripts: %q holds none", name)
		}
	case transcript.IsAgentFile(name):
		f.add(recording{path: name, oneAgent: true, named: true})
	default:
		f.add(recording{path: name, named: true})
		agents, err := transcript.Agents(name)
		if err != nil {
			f.problems = append(f.problems, err)
		}
		for _, agent := range agents {
			f.add(recording{path: agent.Path, oneAgent: true})
		}
	}
}

// walk takes every transcript below a folder. Symbolic links to folders are not followed, so that no loop of them can be walked.
func (f *finder) walk(dir string) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		f.fail("reading transcripts: %w", err)
		return
	}
	// The error is always nil: what cannot be read is a problem, and the rest goes on.
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			f.fail("reading transcripts: %w", err)
		case entry.Type()&fs.ModeSymlink != 0 && isDirectory(path):
			f.fail("reading transcripts: %q is a symbolic link to a folder and is not followed", path)
		case entry.IsDir():
		case strings.HasSuffix(path, ".jsonl.gz"):
			f.fail("reading transcripts: %q is compressed; unpack it first", path)
		case filepath.Ext(path) == ".jsonl":
			if real, err := filepath.EvalSymlinks(path); err == nil {
				path = real // whose agent it is of stands next to the file itself
			}
			f.add(recording{path: path, oneAgent: transcript.IsAgentFile(path)})
		}
		return nil
	})
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// add takes one file, unless it was taken before by this name or another.
func (f *finder) add(r recording) {
	info, err := os.Stat(r.path)
	if err != nil {
		f.fail("reading a transcript: %w", err)
		return
	}
	f.found++
	real, err := filepath.EvalSymlinks(r.path)
	if err != nil || f.seen[real] {
		return
	}
	f.seen[real] = true
	r.size = info.Size()
	key := transcript.SessionOf(r.path)
	f.sessions[key] = append(f.sessions[key], r)
}

// agentType is what the host's notes next to an agent's transcript say; "" where there are none.
func (r recording) agentType() (string, error) {
	if !r.oneAgent {
		return "", nil
	}
	meta, err := transcript.ReadMeta(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return meta.AgentType, err
}

// open opens the transcript for one pass.
func (r recording) open() (*os.File, error) {
	info, err := os.Stat(r.path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading a transcript: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("reading a transcript: %q is no regular file", r.path)
	case info.Size() == 0:
		return nil, fmt.Errorf("reading a transcript: %q is empty", r.path)
	}
	file, err := os.Open(r.path)
	if err != nil {
		return nil, fmt.Errorf("reading a transcript: %w", err)
	}
	var magic [2]byte
	if _, err := file.ReadAt(magic[:], 0); err == nil && magic == [2]byte{0x1f, 0x8b} {
		file.Close()
		return nil, fmt.Errorf("reading a transcript: %q is compressed with gzip; unpack it first", r.path)
	}
	return file, nil
}
