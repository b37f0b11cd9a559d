// Package trash keeps what a cleaning removed although git does not ignore it, until it is old or newer files need the room, and restores it.
package trash

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a trash.
const (
	// Size is how many bytes of files a trash holds. The newest files are kept.
	Size = 64 << 20
	// Age is how long it keeps them.
	Age = 7 * 24 * time.Hour
	// MaxEntries limits the entries of one artifact, because its list is read completely.
	MaxEntries = 50_000
	// singleFile is the name of an artifact that is one file, in the folder of its content.
	singleFile = "file"
	// maxManifest bounds the list of one artifact, in bytes.
	maxManifest = 32 << 20
)

// Folder is a trash, and the cleaning that puts files into it:
//
//	<path>/<id>/1.json   the first artifact that was removed under that id, and the kinds and modes of the files in it
//	            1/       the files in it, for their owner alone
//
// An artifact is renamed into the trash if both are on the same file system. Otherwise it is copied, and then removed. All access goes through an
// os.Root on the folder.
type Folder struct {
	// Path is absolute, and need not exist.
	Path string
	// ID is the id of the step, or of the cleaning by hand. Worktree is the worktree from which it removes, and Now the time.
	ID, Worktree string
	Now          time.Time
	// Limit is how many bytes of files the trash holds; 0 means Size.
	Limit int64
}

func (f *Folder) limit() int64 { return cmp.Or(f.Limit, Size) }

// Kept is one artifact in a trash.
type Kept struct {
	// ID is the id of the step, or of the cleaning by hand, that removed it.
	ID string `json:"id"`
	// Worktree is the worktree that contained it, and Path its path there.
	Worktree string    `json:"worktree"`
	Path     Name      `json:"path"`
	Removed  time.Time `json:"removed"`
	// Bytes is the size of its files.
	Bytes   int64   `json:"bytes"`
	Entries []Entry `json:"entries"`

	number int
}

// Entry is one file, directory or link of an artifact.
type Entry struct {
	// Path is relative to the artifact, "." for itself.
	Path Name        `json:"path"`
	Mode fs.FileMode `json:"mode"`
	// Link is the target of a symbolic link.
	Link Name `json:"link,omitempty"`
}

// Name is a path that need not be UTF-8. In JSON it is a string, or an object with its bytes in base64.
type Name string

type nameBytes struct {
	Bytes []byte `json:"bytes"`
}

// MarshalJSON implements json.Marshaler.
func (n Name) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(n)) {
		return json.Marshal(string(n))
	}
	return json.Marshal(nameBytes{[]byte(n)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Name) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '{' {
		var raw nameBytes
		err := json.Unmarshal(text, &raw)
		*n = Name(raw.Bytes)
		return err
	}
	return json.Unmarshal(text, (*string)(n))
}

// expire removes what is too old, and the oldest until there is room for size more. Artifacts of the same id stay.
func (f *Folder) expire(root *os.Root, size int64) error {
	all, err := list(root) // oldest first
	if err != nil {
		return err
	}
	listed := map[string]bool{f.ID: true}
	for _, a := range all {
		size += a.Bytes
		listed[a.ID] = true
	}
	for _, a := range all {
		if a.ID != f.ID && (size > f.limit() || f.Now.Sub(a.Removed) > Age) {
			if err := a.drop(root); err != nil {
				return err
			}
			size -= a.Bytes
		}
	}
	ids, err := entriesOf(root, ".")
	if err != nil {
		return err
	}
	for _, id := range ids { // files that a killed process left without a list
		if info, err := root.Lstat(id); err == nil && !listed[id] && f.Now.Sub(info.ModTime()) > Age {
			_ = root.RemoveAll(id)
		}
	}
	if size > f.limit() {
		return fmt.Errorf("with what this cleaning put there before it would hold %d bytes, and it holds %d at most", size, f.limit())
	}
	return nil
}

// drop deletes an artifact from the trash for good. The list is deleted last, so that the rest is dropped the next time if this fails.
func (a Kept) drop(root *os.Root) error {
	if err := root.RemoveAll(path.Join(a.ID, a.content())); err != nil {
		return err
	}
	if err := root.Remove(path.Join(a.ID, a.manifest())); err != nil {
		return err
	}
	_ = root.Remove(a.ID) // unless there are more
	return nil
}

func (a Kept) content() string  { return strconv.Itoa(a.number) }
func (a Kept) manifest() string { return a.content() + ".json" }

// list lists the content of a trash. It leaves out what cannot be read as an artifact.
func list(root *os.Root) ([]Kept, error) {
	ids, err := entriesOf(root, ".")
	if err != nil {
		return nil, err
	}
	var all []Kept
	for _, id := range ids {
		files, err := entriesOf(root, id)
		if err != nil {
			continue // not a folder
		}
		for _, name := range files {
			number, isList := strings.CutSuffix(name, ".json")
			n, err := strconv.Atoi(number)
			if !isList || err != nil {
				continue
			}
			a, err := read(root, path.Join(id, name))
			if err != nil {
				continue
			}
			a.ID, a.number = id, n
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b Kept) int {
		return cmp.Or(a.Removed.Compare(b.Removed), cmp.Compare(a.ID, b.ID), cmp.Compare(a.number, b.number))
	})
	return all, nil
}

// entriesOf returns the names in a directory, sorted.
func entriesOf(root *os.Root, dir string) ([]string, error) {
	file, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // opened only for reading
	names, err := file.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

func read(root *os.Root, name string) (Kept, error) {
	file, err := root.Open(name)
	if err != nil {
		return Kept{}, err
	}
	defer func() { _ = file.Close() }() // opened only for reading
	text, err := io.ReadAll(io.LimitReader(file, maxManifest+1))
	if err != nil {
		return Kept{}, err
	}
	var a Kept
	if err := json.Unmarshal(text, &a); err != nil {
		return Kept{}, fmt.Errorf("reading %q in the trash: %w", name, err)
	}
	return a, nil
}

// List lists the content of the trash in folder, oldest first; nothing if there is none.
func List(folder string) ([]Kept, error) {
	root, err := os.OpenRoot(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return list(root)
}
