package replay

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/transcript"
)

// file is one transcript to replay.
type file struct {
	path string
	size int64
	// oneAgent means that it is a subagent's own transcript; otherwise it is a session's.
	oneAgent bool
	// named means that a person named this very file. It is then judged even if its type of agent is not recorded.
	named bool
}

// Session has the files of one session that were found: its own transcript, those of its agents, or both.
type Session struct{ files []file }

// size returns how many bytes the session's transcripts hold.
func (s Session) size() int64 {
	var size int64
	for _, f := range s.files {
		size += f.size
	}
	return size
}

// finder gathers recordings, each file once, by session.
type finder struct {
	sessions map[string]Session // by the session's file without its extension
	seen     map[string]bool    // by the path without symbolic links
	found    int
	problems []error
}

// findSessions lists the sessions with transcripts in the named files and folders, sorted by name. A file found twice counts once. problems says
// what could not be read; the rest is still listed.
func findSessions(names []string) (sessions []Session, problems []error) {
	f := &finder{sessions: map[string]Session{}, seen: map[string]bool{}}
	for _, name := range names {
		f.name(name)
	}
	for _, key := range slices.Sorted(maps.Keys(f.sessions)) {
		sessions = append(sessions, f.sessions[key])
	}
	return sessions, f.problems
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
		f.add(file{path: name, oneAgent: true, named: true})
	default:
		f.add(file{path: name, named: true})
		agents, err := transcript.Agents(name)
		if err != nil {
			f.problems = append(f.problems, err)
		}
		for _, agent := range agents {
			if leadsOut(agent.Path, filepath.Dir(name)) {
				f.fail(leavesFolder, agent.Path)
				continue
			}
			f.add(file{path: agent.Path, oneAgent: true})
		}
	}
}

// walk adds every transcript below a folder. It does not follow symbolic links to folders, which could form a loop.
func (f *finder) walk(dir string) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		f.fail("reading transcripts: %w", err)
		return
	}
	// The error is always nil: a file that cannot be read is a problem, and the walk continues.
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			f.fail("reading transcripts: %w", err)
		case entry.Type()&fs.ModeSymlink != 0 && isDirectory(path):
			f.fail("reading transcripts: %q is a symbolic link to a folder and is not followed", path)
		case entry.IsDir(), transcript.IsWorkflowJournal(path):
		case strings.HasSuffix(path, ".jsonl.gz"):
			f.fail("reading transcripts: %q is compressed; unpack it first", path)
		case filepath.Ext(path) == ".jsonl":
			if leadsOut(path, root) {
				f.fail(leavesFolder, path)
				return nil
			}
			if real, err := filepath.EvalSymlinks(path); err == nil {
				path = real // the notes on its agent are next to the file itself
			}
			f.add(file{path: path, oneAgent: transcript.IsAgentFile(path)})
		}
		return nil
	})
}

const leavesFolder = "reading transcripts: %q is a symbolic link that leads out of the folder and is not followed"

// leadsOut reports whether a symbolic link takes the file at path out of the folder. Others may have made the folder, and its links must not choose
// which of the person's own files are read.
func leadsOut(path, folder string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false // opening it reports why
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return false
	}
	rel, err := filepath.Rel(absolute(folder), absolute(real))
	return err != nil || !filepath.IsLocal(rel)
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// add takes one file, unless it was taken before by this name or another.
func (f *finder) add(r file) {
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
	f.sessions[key] = Session{append(f.sessions[key].files, r)}
}

// agentType returns the type in the host's notes next to an agent's transcript; "" if there are none.
func (r file) agentType() (string, error) {
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
func (r file) open() (*os.File, error) {
	info, err := os.Stat(r.path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading a transcript: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("reading a transcript: %q is no regular file", r.path)
	case info.Size() == 0:
		return nil, fmt.Errorf("reading a transcript: %q is empty", r.path)
	case info.Size() > transcript.MaxSize:
		return nil, fmt.Errorf("reading a transcript: %q has %d bytes, and a transcript has at most %d", r.path, info.Size(), int64(transcript.MaxSize))
	}
	opened, err := os.Open(r.path)
	if err != nil {
		return nil, fmt.Errorf("reading a transcript: %w", err)
	}
	var magic [2]byte
	if _, err := opened.ReadAt(magic[:], 0); err == nil && magic == [2]byte{0x1f, 0x8b} {
		opened.Close()
		return nil, fmt.Errorf("reading a transcript: %q is compressed with gzip; unpack it first", r.path)
	}
	return opened, nil
}
