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

// MaxFile is the size in bytes of the largest rule file that this package reads. Git's own limit is 100 MiB (since 2.46), but files that people
// write are far smaller than MaxFile.
const MaxFile = 1 << 20

// maxLines limits the number of patterns in one file, because each takes memory.
const maxLines = 1 << 16

// ErrTooLarge means that a rule file exceeds MaxFile or maxLines. Which paths it ignores, or which attributes they have, is then unknown.
var ErrTooLarge = errors.New("rule file too large")

// ErrDisputed means that a rule file has a pattern that releases of git match differently, so that only the one in use can be asked.
var ErrDisputed = errors.New("only the installed git knows what it matches")

// MaxForGit is the size in bytes of the largest rule file that git may be asked to read. Git needs ten times that much memory for it.
const MaxForGit = 8 << 20

// ErrHuge means that a rule file is larger than MaxForGit.
var ErrHuge = errors.New("rule file so large that git would take too long")

// ReadFunc returns the content of a rule file in the worktree. path is relative to the root, with '/' as separator. It returns nil without an error
// if there is no file, if the file is a symbolic link (git does not read it: gitignore(5), "NOTES"), or if the permission to read it is missing.
// Git reads a .gitattributes from the index if the worktree does not have the file; it does the same for a .gitignore whose index entry has the
// skip-worktree bit. A ReadFunc that knows the index can do so too.
type ReadFunc func(path string) ([]byte, error)

// FromRoot returns a ReadFunc that reads rule files below root. It does not read a file that is a symbolic link.
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

// readOutside reads a rule file named by configuration; name may be "". As git does, it follows symbolic links, and treats a file without read
// permission like one that does not exist.
func readOutside(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	info, err := os.Stat(name)
	if err != nil || info.IsDir() || name == os.DevNull {
		return nil, unreadable(err)
	}
	if !info.Mode().IsRegular() { // opening a named pipe would wait for a writer
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

// unreadable returns nil for the errors after which git continues as if the file did not exist, and other errors unchanged.
func unreadable(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || isNotDir(err) {
		return nil
	}
	return err
}

// UserFile returns the user's rule file that git reads if core.excludesFile (name "ignore") or core.attributesFile (name "attributes") is not
// configured: $XDG_CONFIG_HOME/git/NAME, or $HOME/.config/git/NAME if that variable is unset or empty. It returns "" if neither variable is set.
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

// lines calls yield for every line of a rule file with its number, counted from 1. It removes the line feed, and the byte order mark at the start
// of the file. It does not cut the line at a NUL: callers use cutNUL, because git reads a line as a C string that ends there.
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

// parent returns the directory part of a relative path; "" for the root.
func parent(path string) string {
	return path[:max(0, strings.LastIndexByte(path, '/'))]
}
