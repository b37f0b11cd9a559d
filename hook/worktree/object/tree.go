package object

import (
	"bytes"
	"errors"
	"strconv"
)

// treeEntry returns the entry called name of a tree object. mode is a mode that git distinguishes, or 0 if there is no such entry.
func treeEntry(content []byte, name string) (mode uint32, id ID, err error) {
	for len(content) > 0 {
		m, after, ok := bytes.Cut(content, []byte{' '})
		n, rest, ok2 := bytes.Cut(after, []byte{0})
		if !ok || !ok2 || len(rest) < len(id) || len(m) == 0 || len(m) > 7 {
			return 0, id, errors.New("it is damaged")
		}
		if string(n) == name {
			mode, err := strconv.ParseUint(string(m), 8, 32)
			if err != nil {
				return 0, id, errors.New("it is damaged")
			}
			return CanonicalMode(uint32(mode)), ID(rest[:len(id)]), nil
		}
		content = rest[len(id):]
	}
	return 0, id, nil
}

// CompareDirs compares the names of two directories in the order that trees and the index have.
func CompareDirs(a, b string) int { return CompareEntries(a, true, b, true) }

// emptyTree is the name of the empty tree. It need not be stored: git knows it.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// parseTree parses a tree object and returns its files and directories by name.
func parseTree(content []byte) (map[string]File, map[string]ID, error) {
	files, dirs := map[string]File{}, map[string]ID{}
	for len(content) > 0 {
		m, after, ok := bytes.Cut(content, []byte{' '})
		name, rest, ok2 := bytes.Cut(after, []byte{0})
		mode, err := strconv.ParseUint(string(m), 8, 32)
		if !ok || !ok2 || err != nil || len(rest) < len(ID{}) {
			return nil, nil, errors.New("it is damaged")
		}
		id := ID(rest[:len(ID{})])
		if canonical := CanonicalMode(uint32(mode)); canonical == ModeTree {
			dirs[string(name)] = id
		} else {
			files[string(name)] = File{Mode: canonical, Blob: id.String()}
		}
		content = rest[len(ID{}):]
	}
	return files, dirs, nil
}

// CompareEntries compares two names in the order that trees and the index have: a directory sorts as if its name ended in a slash.
func CompareEntries(a string, aDir bool, b string, bDir bool) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return after(a, n, aDir) - after(b, n, bDir)
}

// after returns the byte of name that follows its first n bytes. At the end it is '/' for a directory and -1 for a file.
func after(name string, n int, isDir bool) int {
	switch {
	case n < len(name):
		return int(name[n])
	case isDir:
		return '/'
	}
	return -1
}
