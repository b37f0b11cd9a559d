package gitdir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxLine is the size in bytes of the largest file that has one path or the name of a ref.
const maxLine = 1 << 15

// ReadLine returns the content of one of git's files that have a single line, without the end of the line.
func ReadLine(path string) (string, error) {
	content, err := ReadSmall(path, maxLine)
	return strings.TrimRight(string(content), "\r\n"), err
}

// ErrNotRegular means that in place of one of git's files there is something that is not a regular file. If it is a named pipe, git would wait for
// a writer, so git must not be started.
var ErrNotRegular = errors.New("not a regular file")

// OpenPlain opens a regular file for reading. It fails with ErrNotRegular for any other file, and does not block if that is a named pipe.
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

// ReadSmall reads a regular file. It fails if the file has more than limit bytes.
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

// Resolve interprets a path in one of git's files relative to dir. It does not clean the result, because only the system knows what ".." means
// after a symbolic link.
func Resolve(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return dir + string(filepath.Separator) + path
}

// RealPath resolves all symbolic links of a path. It returns "" if that fails, for instance because nothing exists there.
func RealPath(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	return real
}
