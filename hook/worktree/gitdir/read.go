package gitdir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxLine limits files with a path or the name of a ref.
const maxLine = 1 << 15

// ReadLine reads one of git's files that hold a single line.
func ReadLine(path string) (string, error) {
	content, err := ReadSmall(path, maxLine)
	return strings.TrimRight(string(content), "\r\n"), err
}

// ErrNotRegular means that something else than a regular file stands where git has one of its files. If that is a named pipe, git waits for
// its writer, and so must not be asked.
var ErrNotRegular = errors.New("not a regular file")

// OpenPlain opens a regular file for reading. It does not wait where a named pipe has taken its place.
func OpenPlain(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|OpenFlags, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("reading %q: %w", path, ErrNotRegular)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadSmall reads a regular file of at most limit bytes.
func ReadSmall(path string, limit int64) ([]byte, error) {
	f, err := OpenPlain(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("reading %q: larger than %d bytes", path, limit)
	}
	return content, nil
}

// Resolve resolves path, as git writes it, relative to dir. It does not clean the result, because only the system knows what ".." means after a
// symbolic link.
func Resolve(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return dir + string(filepath.Separator) + path
}

// RealPath returns a path without symbolic links; "" if nothing exists there.
func RealPath(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	return real
}
