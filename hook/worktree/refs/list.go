package refs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"stopgate/hook/worktree/gitdir"
)

// A Ref is one ref of a List.
type Ref struct {
	Name  string // the full name
	Value string // the name of the object; or "ref: " and the full name of the target for a symbolic ref; or Broken
}

// A List has refs, sorted by name.
type List []Ref

// Compare compares two refs by name.
func Compare(a, b Ref) int { return strings.Compare(a.Name, b.Name) }

// Broken is the value of a ref whose file git would complain about.
const Broken = "broken"

// Resolve follows symbolic refs from name to an object and returns its name. It returns "" if there is no such ref, or if it is broken.
func (v List) Resolve(name string) string {
	for range maxSymrefs {
		i, found := slices.BinarySearchFunc(v, Ref{Name: name}, Compare)
		if !found || v[i].Value == Broken {
			return ""
		}
		target, symbolic := strings.CutPrefix(v[i].Value, "ref: ")
		if !symbolic {
			return v[i].Value
		}
		name = target
	}
	return ""
}

// Read reads all refs below refs/ that a worktree sees, from their files. It reads loose refs before packed-refs, as git does. So it finds a ref
// that git packs in the meantime.
func Read(ctx context.Context, p gitdir.Place) (List, error) {
	var loose []looseRef
	var err error
	own := p.GitDir != p.CommonDir
	err = listLoose(ctx, p.CommonDir, "refs", func(name string) bool { return own && isOwnRef(name) }, &loose)
	if err == nil && own {
		err = listLoose(ctx, p.GitDir, "refs", func(name string) bool { return !isOwnRef(name) }, &loose)
	}
	if err != nil {
		return nil, fmt.Errorf("listing refs: %w", err)
	}
	refs, err := readLooseRefs(ctx, loose)
	if err != nil {
		return nil, fmt.Errorf("reading refs: %w", err)
	}
	content, err := readPackedRefs(filepath.Join(p.CommonDir, "packed-refs"))
	if err != nil {
		return nil, fmt.Errorf("reading packed-refs: %w", err)
	}
	packed, err := parsePackedRefs(content)
	if err != nil {
		return nil, fmt.Errorf("reading packed-refs: %w", err)
	}
	return mergeRefs(refs, packed), ctx.Err()
}

const (
	maxPackedRefs = 64 << 20 // the size of packed-refs in bytes, enough for a million branches
	maxRefName    = 4 << 10  // the length of a ref name in bytes; no operating system allows longer paths
)

// readPackedRefs reads the whole file with one call, because it may have megabytes. Git never writes to the file but replaces it.
func readPackedRefs(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|gitdir.OpenFlags, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxPackedRefs {
		return "", fmt.Errorf("it is not a file of at most %d bytes", maxPackedRefs)
	}
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(f, content); err != nil {
		return "", err
	}
	return unsafe.String(unsafe.SliceData(content), len(content)), nil
}

// parsePackedRefs parses packed-refs (git-pack-refs(1)). A line has an object and the name of a ref. A line that begins with '^' has the peeled
// object of the tag in the line before.
func parsePackedRefs(text string) (List, error) {
	refs := make(List, 0, strings.Count(text, "\n"))
	sorted := true
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if line == "" || line[0] == '#' || line[0] == '^' {
			continue
		}
		id, name, found := strings.Cut(line, " ")
		if name = strings.TrimSuffix(name, "\r"); !found || !IsObjectName(id) || len(name) > maxRefName {
			return nil, fmt.Errorf("it has the line %.100q", line)
		}
		sorted = sorted && (len(refs) == 0 || refs[len(refs)-1].Name < name)
		refs = append(refs, Ref{name, id})
	}
	if !sorted {
		slices.SortStableFunc(refs, Compare)
	}
	return refs, nil
}

// IsObjectName reports whether text is a SHA-1 or a SHA-256 in lower-case hexadecimal digits.
func IsObjectName(text string) bool {
	if len(text) != 40 && len(text) != 64 {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// mergeRefs returns the loose refs, and those packed refs that have no loose ref of the same name. All lists are sorted.
func mergeRefs(loose, packed List) List {
	if len(loose) == 0 {
		return packed
	}
	all := make(List, 0, len(loose)+len(packed))
	for len(loose) > 0 || len(packed) > 0 {
		var order int
		switch {
		case len(packed) == 0:
			order = -1
		case len(loose) == 0:
			order = 1
		default:
			order = Compare(loose[0], packed[0])
		}
		if order <= 0 {
			all, loose = append(all, loose[0]), loose[1:]
		} else {
			all = append(all, packed[0])
		}
		if order >= 0 {
			packed = packed[1:]
		}
	}
	return all
}

// A looseRef is a file in refs/. It need not be a valid ref.
type looseRef struct {
	name, path string
	regular    bool // the file is a regular file, not a symbolic link
}

// listLoose lists the files in the directory dir of a git directory and below it. It leaves out those for which skip returns true.
func listLoose(ctx context.Context, gitDir, dir string, skip func(name string) bool, into *[]looseRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(gitDir, filepath.FromSlash(dir)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // git removed the directory together with its last ref
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := dir + "/" + e.Name()
		path := filepath.Join(gitDir, filepath.FromSlash(name))
		isDir := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			if target, err := os.Stat(path); err == nil && target.IsDir() {
				return fmt.Errorf("the directory %q is a symbolic link", path)
			}
		}
		switch {
		case strings.HasPrefix(e.Name(), "."), strings.HasSuffix(e.Name(), ".lock"):
		case isDir:
			if err := listLoose(ctx, gitDir, name, skip, into); err != nil {
				return err
			}
		case !skip(name):
			*into = append(*into, looseRef{name, path, e.Type().IsRegular()})
		}
	}
	return nil
}

// readLooseRefs reads the refs on all processors, because there may be thousands of small files.
func readLooseRefs(ctx context.Context, loose []looseRef) (List, error) {
	values := make([]string, len(loose))
	errs := make([]error, len(loose))
	var work sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for w := range n {
		work.Go(func() {
			for i := w; i < len(loose) && ctx.Err() == nil; i += n {
				values[i], errs[i] = loose[i].read()
			}
		})
	}
	work.Wait()
	if err := errors.Join(ctx.Err(), errors.Join(errs...)); err != nil {
		return nil, err
	}
	refs := make(List, 0, len(loose))
	for i, l := range loose {
		if values[i] != "" {
			refs = append(refs, Ref{l.name, values[i]})
		}
	}
	slices.SortFunc(refs, Compare)
	return refs, nil
}

// read is like ReadLoose but needs fewer system calls for a file of the usual size.
func (r looseRef) read() (string, error) {
	if !r.regular {
		return ReadLoose(r.path)
	}
	f, err := os.OpenFile(r.path, os.O_RDONLY|gitdir.OpenFlags, 0)
	if err != nil {
		return ReadLoose(r.path)
	}
	defer f.Close()
	var content [256]byte
	n, err := f.Read(content[:])
	if err != nil || n == len(content) {
		return ReadLoose(r.path)
	}
	return refValue(strings.TrimRight(string(content[:n]), "\r\n")), nil
}

// ReadLoose returns the value of the ref in the file at path. It returns "" if the file no longer exists.
func ReadLoose(path string) (string, error) {
	if link, err := os.Readlink(path); err == nil && strings.HasPrefix(link, "refs/") {
		return "ref: " + link, nil // old versions of git wrote symbolic refs as symbolic links
	}
	line, err := gitdir.ReadLine(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), gitdir.IsNotDir(err):
		return "", nil
	case err != nil:
		return "", err
	}
	return refValue(line), nil
}

// refValue returns the value of a ref from the first line of its file.
func refValue(line string) string {
	if target, found := strings.CutPrefix(line, "ref:"); found {
		return "ref: " + strings.ToValidUTF8(strings.TrimSpace(target), "\uFFFD")
	}
	if id, _, _ := strings.Cut(line, " "); IsObjectName(id) {
		return id
	}
	return Broken
}
