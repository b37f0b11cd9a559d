package calls

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxSessions is how many sessions' calls are read.
const maxSessions = 50

// OfOthers returns the calls of every session but one since then, from the files in a folder.
func OfOthers(dir, session string, since time.Time) ([]Call, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.calls"))
	if err != nil {
		return nil, fmt.Errorf("look for calls of other sessions: %w", err)
	}
	var list []Call
	looked := 0
	for _, name := range names {
		info, err := os.Lstat(name)
		if err != nil || name == Path(dir, session) || !info.Mode().IsRegular() || info.ModTime().Before(since) || looked == maxSessions {
			continue
		}
		looked++
		all, err := read(name)
		if err != nil {
			return list, fmt.Errorf("look for calls of other sessions: %w", err)
		}
		list = append(list, slices.DeleteFunc(all, func(c Call) bool { return c.At.Before(since) })...)
	}
	return list, nil
}

// OfSession returns the newest few thousand calls of the session with the file at path; nil if there is no file.
func OfSession(path string) ([]Call, error) {
	list, err := read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for calls of the session: %w", err)
	}
	return list, nil
}

// ConcernsFolder reports whether the call may change something in the folder at root: its file is there, or its command runs there, or names it as
// name (a path without blanks), and does more than read.
func (c Call) ConcernsFolder(root, name string) bool {
	within := func(path string) bool {
		return path == root || strings.HasPrefix(path, root+string(filepath.Separator))
	}
	if c.File != "" {
		return within(c.File)
	}
	return c.Text != "" && !c.Reads && (within(c.Cwd) || name != "" && strings.Contains(c.Text, name))
}
