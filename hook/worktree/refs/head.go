// Package refs reads refs and reflogs from their files: HEAD, loose and packed refs, and the newest entries of a reflog. It does not read refs in
// another format (reftable). Callers ask git for those.
package refs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
)

// A Head is the branch and the commit that HEAD points to.
type Head struct {
	Symref string    // the full name of the branch; "" if HEAD is detached
	Commit object.ID // zero if the branch is unborn
}

// maxSymrefs is the number of symbolic refs that may follow each other. It is git's own limit.
const maxSymrefs = 5

// ReadHead reads HEAD of the worktree and resolves it to a commit.
func ReadHead(p gitdir.Place) (Head, error) {
	var h Head
	name := "HEAD"
	for range maxSymrefs {
		target, id, err := readRef(p, name)
		if err != nil {
			return Head{}, fmt.Errorf("reading the ref %q: %w", name, err)
		}
		if target == "" {
			h.Commit = id
			return h, nil
		}
		if h.Symref == "" {
			h.Symref = target
		}
		name = target
	}
	return Head{}, fmt.Errorf("more than %d symbolic refs lead from HEAD", maxSymrefs)
}

// readRef reads a ref. It returns the target of a symbolic ref, and otherwise the object of the ref. If there is no such ref, both are zero. HEAD
// must exist.
func readRef(p gitdir.Place, name string) (target string, id object.ID, err error) {
	if name != "HEAD" && !IsSafe(name) {
		return "", id, fmt.Errorf("the ref name %q", name)
	}
	path := filepath.Join(Dir(p, name), filepath.FromSlash(name))
	if link, err := os.Readlink(path); err == nil && strings.HasPrefix(link, "refs/") {
		return link, id, nil // old versions of git wrote symbolic refs as symbolic links
	}
	line, err := gitdir.ReadLine(path)
	switch {
	case err == nil:
		return parseRef(line)
	case errors.Is(err, fs.ErrNotExist), gitdir.IsNotDir(err), isDir(path):
		if name == "HEAD" {
			return "", id, err
		}
		id, err = packedRef(p, name)
		return "", id, err
	}
	return "", id, err
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func parseRef(line string) (target string, id object.ID, err error) {
	if target, found := strings.CutPrefix(line, "ref:"); found {
		return strings.TrimSpace(target), id, nil
	}
	text, _, _ := strings.Cut(line, " ")
	id, ok := object.ParseID(text)
	if !ok {
		return "", id, fmt.Errorf("a ref that reads %.50q", line)
	}
	return "", id, nil
}

// IsSafe reports whether name is a full ref name whose file is below refs/.
func IsSafe(name string) bool {
	if !strings.HasPrefix(name, "refs/") || strings.ContainsAny(name, "\x00\\") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' {
			return false
		}
	}
	return true
}

// isOwnRef reports whether each worktree has its own ref of that name (git-worktree(1), "Refs").
func isOwnRef(name string) bool {
	return slices.ContainsFunc([]string{"HEAD", "refs/bisect/", "refs/rewritten/", "refs/worktree/"}, func(own string) bool {
		return strings.HasPrefix(name, own)
	})
}

// Dir returns the git directory that has the file of a ref.
func Dir(p gitdir.Place, name string) string {
	if isOwnRef(name) {
		return p.GitDir
	}
	return p.CommonDir
}

// packedRef returns the object of the ref in packed-refs; zero if the ref is not there.
func packedRef(p gitdir.Place, name string) (object.ID, error) {
	line, err := packedFrom(p, name)
	if err != nil || line == nil {
		return object.ID{}, err
	}
	id, found, _ := bytes.Cut(line, []byte{' '})
	if string(found) != name {
		return object.ID{}, nil
	}
	_, hash, err := parseRef(string(id))
	return hash, err
}

// HasReplacements reports whether there may be replacement refs, in refs/replace/ or in packed-refs (git-replace(1)).
func HasReplacements(p gitdir.Place) (bool, error) {
	dir := filepath.Join(p.CommonDir, "refs", "replace")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if len(entries) > 0 {
		return true, nil
	}
	line, err := packedFrom(p, "refs/replace/")
	return bytes.Contains(line, []byte(" refs/replace/")), err
}

// maxRefLine limits the length of a line in packed-refs, in bytes.
const maxRefLine = 64 << 10

// packedFrom returns the first line of packed-refs whose ref is name or sorts after name. It returns nil if there is none. It searches by
// bisection, because git sorts the file. It fails if the first line does not state that the file is sorted.
func packedFrom(p gitdir.Place, name string) ([]byte, error) {
	f, err := os.OpenFile(filepath.Join(p.CommonDir, "packed-refs"), os.O_RDONLY|gitdir.OpenFlags, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, err
	}
	first, next, err := lineAt(f, 0, info.Size())
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(first, []byte("# pack-refs")) || !bytes.Contains(first, []byte(" sorted")) {
		return nil, fmt.Errorf("packed-refs is not sorted")
	}
	// low and high are starts of lines. The wanted line starts between them, or at one of them.
	low, high := next, info.Size()
	for low < high {
		start, line, end, err := lineAround(f, low+(high-low)/2, low, high)
		if err != nil {
			return nil, err
		}
		if line[0] == '^' && start > low { // a line with ^ has the peeled object of the tag in the line before
			if start, line, _, err = lineAround(f, start-1, low, high); err != nil {
				return nil, err
			}
		}
		switch _, ref, _ := bytes.Cut(line, []byte{' '}); {
		case string(ref) < name:
			low = end
		case start == low:
			return line, nil
		default:
			high = start
		}
	}
	if high == info.Size() {
		return nil, nil
	}
	line, _, err := lineAt(f, high, info.Size())
	return line, err
}

// lineAround returns the line that contains the byte at the offset at. Only the bytes from low to high are read; low is the start of a line. start
// and end are the offsets of this line and of the next one.
func lineAround(f io.ReaderAt, at, low, high int64) (start int64, line []byte, end int64, err error) {
	start = low
	for width := int64(256); at > low; width *= 2 {
		from := max(low, at-width)
		buf := make([]byte, at-from)
		if _, err := f.ReadAt(buf, from); err != nil {
			return 0, nil, 0, err
		}
		if i := bytes.LastIndexByte(buf, '\n'); i >= 0 {
			start = from + int64(i) + 1
			break
		}
		if from == low {
			break
		}
		if width > maxRefLine {
			return 0, nil, 0, fmt.Errorf("packed-refs has a line of more than %d bytes", maxRefLine)
		}
	}
	line, end, err = lineAt(f, start, high)
	if err == nil && len(line) == 0 {
		err = fmt.Errorf("packed-refs has an empty line")
	}
	return start, line, end, err
}

// lineAt returns the line that starts at the offset start, without its line feed. next is the offset of the next line.
func lineAt(f io.ReaderAt, start, size int64) (line []byte, next int64, err error) {
	for width := int64(256); ; width *= 2 {
		buf := make([]byte, min(width, size-start))
		if _, err := f.ReadAt(buf, start); err != nil {
			return nil, 0, err
		}
		if i := bytes.IndexByte(buf, '\n'); i >= 0 {
			return buf[:i], start + int64(i) + 1, nil
		}
		if start+int64(len(buf)) == size {
			return buf, size, nil
		}
		if width > maxRefLine {
			return nil, 0, fmt.Errorf("packed-refs has a line of more than %d bytes", maxRefLine)
		}
	}
}
