package ignore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MaxFile is the size in bytes of the largest rule file that is read. Git's own
// bound is 100 MiB (since 2.46); no file that a person wrote comes near this one.
const MaxFile = 1 << 20

// maxLines bounds the patterns of one file, each of which costs memory.
const maxLines = 1 << 16

// ErrTooLarge means that a rule file exceeds what this package is willing to
// hold, so that nothing can be said about the paths it governs.
var ErrTooLarge = errors.New("rule file too large")

// MaxForGit is the size in bytes of the largest rule file that git may be asked to read. It takes ten times that in memory.
const MaxForGit = 8 << 20

// ErrHuge means that a rule file is larger than MaxForGit.
var ErrHuge = errors.New("rule file so large that git would take too long")

// ReadFunc returns the content of a rule file inside the work tree. path is
// relative to the root, with '/' separators. No such file, one that must not be
// read (a symbolic link: gitignore(5), "NOTES") and one without permission are
// nil, nil. Where the work tree has no such file, git takes a .gitattributes from
// the index, and a .gitignore too if its entry is skip-worktree; a ReadFunc that
// knows the index can do the same.
type ReadFunc func(path string) ([]byte, error)

// FromRoot reads rule files below root and follows no symbolic link in the last
// element of a path.
func FromRoot(root *os.Root) ReadFunc {
	return func(path string) ([]byte, error) {
		name := filepath.FromSlash(path)
		before, err := root.Lstat(name)
		if err != nil || !before.Mode().IsRegular() {
			return nil, unreadable(err)
		}
		f, err := root.Open(name)
		if err != nil {
			return nil, unreadable(err)
		}
		defer f.Close()
		after, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if !os.SameFile(before, after) {
			return nil, fmt.Errorf("reading %q: it was replaced meanwhile", path)
		}
		return readBounded(f, path)
	}
}

// readOutside reads a rule file named by configuration. Git follows symbolic
// links there, and takes one it may not read for an absent one.
func readOutside(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	info, err := os.Stat(name)
	if err != nil || info.IsDir() || name == os.DevNull {
		return nil, unreadable(err)
	}
	if !info.Mode().IsRegular() { // opening a FIFO would wait for its writer
		return nil, fmt.Errorf("reading %q: not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	return readBounded(f, name)
}

func readBounded(r io.Reader, name string) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	if len(content) > MaxFile {
		if n, err := io.CopyN(io.Discard, r, MaxForGit-MaxFile); err == nil || n == MaxForGit-MaxFile {
			return nil, fmt.Errorf("reading %q: %w", name, ErrHuge)
		}
		return nil, fmt.Errorf("reading %q: %w", name, ErrTooLarge)
	}
	return content, nil
}

// unreadable drops the errors on which git carries on as if there were no file.
func unreadable(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || isNotDir(err) {
		return nil
	}
	return err
}

// UserFile returns the per-user rule file that git reads if core.excludesFile (name "ignore") or core.attributesFile (name "attributes") is not
// configured: $XDG_CONFIG_HOME/git/NAME, or $HOME/.config/git/NAME if that variable is unset or empty. It returns "" if neither is known.
func UserFile(name string, getenv func(string) string) string {
	if dir := getenv("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "git", name)
	}
	if dir := getenv("HOME"); dir != "" {
		return filepath.Join(dir, ".config", "git", name)
	}
	return ""
}

const byteOrderMark = "\ufeff"

// lines calls yield for every line of a rule file, counted from 1, without its
// line feed and without the byte order mark of the first. Git reads lines as C
// strings: what follows a NUL is not seen.
func lines(content []byte, yield func(number int, line string) error) error {
	rest := strings.TrimPrefix(string(content), byteOrderMark)
	for number := 1; rest != ""; number++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if err := yield(number, line); err != nil {
			return err
		}
	}
	return nil
}

func cutNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// parent returns the directory part of a relative path, "" for the root.
func parent(path string) string {
	return path[:max(0, strings.LastIndexByte(path, '/'))]
}
