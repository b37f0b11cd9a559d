package artifact

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
	// TrashSize is how many bytes of files a trash holds. The newest files are kept.
	TrashSize = 64 << 20
	// TrashAge is how long it keeps them.
	TrashAge = 7 * 24 * time.Hour
	// trashEntries limits the entries of one artifact, because its list is read completely.
	trashEntries = 50_000
	// singleFile is the name of an artifact that is one file, in the folder of its content.
	singleFile = "file"
	// maxManifest bounds the list of one artifact, in bytes.
	maxManifest = 32 << 20
)

// Trash keeps what was removed although git does not ignore it:
//
//	<folder>/<id>/1.json   the first artifact that was removed under that id, and the kinds and modes of the files in it
//	              1/       the files in it, for their owner alone
//
// An artifact is renamed into the trash if both are on the same file system. Otherwise it is copied, and then removed. All access goes through an
// os.Root on the folder.
type Trash struct {
	folder   string
	id       string
	worktree string
	now      time.Time
	limit    int64
	// apart makes tests copy, as on another file system.
	apart bool
}

// NewTrash returns the trash in folder, an absolute path that need not exist, for files removed at that time under id from a worktree.
func NewTrash(folder, id, worktree string, now time.Time) *Trash {
	return &Trash{folder: folder, id: id, worktree: worktree, now: now, limit: TrashSize}
}

// Trashed is one artifact in a trash.
type Trashed struct {
	// ID is the id of the step, or of the cleaning by hand, that removed it.
	ID string `json:"id"`
	// Worktree is the worktree that contained it, and Path its path there.
	Worktree string    `json:"worktree"`
	Path     Name      `json:"path"`
	Removed  time.Time `json:"removed"`
	// Bytes is the size of its files.
	Bytes   int64          `json:"bytes"`
	Entries []trashedEntry `json:"entries"`

	number int
}

// trashedEntry is one file, directory or link of an artifact.
type trashedEntry struct {
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

// errTrash is the reason why an artifact could not be moved to the trash.
type errTrash struct{ cause error }

func (e errTrash) Error() string { return "it does not go into the trash: " + cause(e.cause).Error() }

// bin receives one artifact.
type bin struct {
	Trashed
	trash *os.Root // the folder of its id
	files map[string]fs.FileInfo
	moved bool // it is in the trash already, and is only listed
}

// bin makes room for an artifact of that many bytes. A dry run only reports whether there would be room.
func (t *Trash) bin(r Removal, size int64, dry bool) (*bin, error) {
	switch {
	case t == nil:
		return nil, errTrash{errors.New("there is none")}
	case size > t.limit:
		return nil, errTrash{fmt.Errorf("its %d bytes are more than the %d that it holds", size, t.limit)}
	case dry:
		return nil, nil
	}
	b, err := t.open(r, size)
	if err != nil {
		return nil, errTrash{err}
	}
	return b, nil
}

func (t *Trash) open(r Removal, size int64) (*bin, error) {
	if err := os.MkdirAll(t.folder, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(t.folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := t.expire(root, size); err != nil {
		return nil, err
	}
	if err := root.Mkdir(t.id, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	own, err := root.OpenRoot(t.id)
	if err != nil {
		return nil, err
	}
	b := &bin{trash: own, files: map[string]fs.FileInfo{}, Trashed: Trashed{
		ID: t.id, Worktree: t.worktree, Path: Name(r.Path), Removed: t.now.UTC(), number: 1,
	}}
	for own.Mkdir(b.content(), 0o700) != nil { // the name is taken, or the folder cannot be written
		if b.number++; b.number > trashEntries {
			_ = own.Close()
			return nil, fmt.Errorf("no artifact can be added to %q", t.id)
		}
	}
	return b, nil
}

// expire removes what is too old, and the oldest until there is room for size more. Artifacts of the same id stay.
func (t *Trash) expire(root *os.Root, size int64) error {
	all, err := trashed(root) // oldest first
	if err != nil {
		return err
	}
	listed := map[string]bool{t.id: true}
	for _, a := range all {
		size += a.Bytes
		listed[a.ID] = true
	}
	for _, a := range all {
		if a.ID != t.id && (size > t.limit || t.now.Sub(a.Removed) > TrashAge) {
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
		if info, err := root.Lstat(id); err == nil && !listed[id] && t.now.Sub(info.ModTime()) > TrashAge {
			_ = root.RemoveAll(id)
		}
	}
	if size > t.limit {
		return fmt.Errorf("with what this cleaning put there before it would hold %d bytes, and it holds %d at most", size, t.limit)
	}
	return nil
}

// drop deletes an artifact from the trash for good. The list is deleted last, so that the rest is dropped the next time if this fails.
func (a Trashed) drop(root *os.Root) error {
	if err := root.RemoveAll(path.Join(a.ID, a.content())); err != nil {
		return err
	}
	if err := root.Remove(path.Join(a.ID, a.manifest())); err != nil {
		return err
	}
	_ = root.Remove(a.ID) // unless there are more
	return nil
}

func (a Trashed) content() string  { return strconv.Itoa(a.number) }
func (a Trashed) manifest() string { return a.content() + ".json" }

// place returns the artifact's place in the trash: an open directory, and the name in it.
func (b *bin) place(info fs.FileInfo) (directory, string, error) {
	at, name := ".", b.content()
	if !info.IsDir() {
		at, name = name, singleFile
	}
	root, err := b.trash.OpenRoot(at)
	if err != nil {
		return directory{}, "", err
	}
	dir, err := newDirectory(root)
	return dir, name, err
}

// move writes the list of an artifact's entries and then moves the artifact into the trash, so that it can be restored if the process is killed in
// between. If that would need a copy, it fails and changes nothing.
func (b *bin) move(from directory, name string, info fs.FileInfo, entries []trashedEntry) error {
	to, as, err := b.place(info)
	if err != nil {
		return err
	}
	defer to.close()
	b.Entries = entries
	if err = b.write(); err == nil {
		err = moveInto(from.file, name, to.file, as)
	}
	if err != nil {
		b.unlist()
	}
	b.Entries, b.moved = nil, err == nil
	return err
}

// moveBack undoes move. It fails if something new is in that place.
func (b *bin) moveBack(to directory, name string, info fs.FileInfo) error {
	from, as, err := b.place(info)
	if err != nil {
		return err
	}
	defer from.close()
	if err = moveNew(from.file, as, to.file, name, info.IsDir()); err == nil {
		b.unlist()
	}
	return err
}

// unlist removes the list of an artifact that is not in the trash. A list that stays names files that do not exist.
func (b *bin) unlist() { _ = b.trash.Remove(b.manifest()) }

// entryOf returns the list's entry for a file.
func entryOf(dir directory, name, rel string, info fs.FileInfo) (trashedEntry, error) {
	e := trashedEntry{Path: Name(rel), Mode: info.Mode()}
	switch {
	case info.Mode().IsRegular():
	case info.Mode()&fs.ModeSymlink != 0:
		link, err := dir.root.Readlink(name)
		e.Link = Name(link)
		return e, err
	case !info.IsDir():
		return e, refusal(ReasonUnmarked)
	}
	return e, nil
}

// put copies one entry. A directory is listed and made.
func (b *bin) put(dir directory, name, rel string, info fs.FileInfo) error {
	if len(b.Entries) == trashEntries {
		return errTrash{fmt.Errorf("it holds more than %d entries", trashEntries)}
	}
	to := path.Join(b.content(), rel)
	e, err := entryOf(dir, name, rel, info)
	switch {
	case err != nil:
	case info.IsDir():
		if rel != "." && !b.moved {
			err = b.trash.Mkdir(to, 0o700)
		}
	case info.Mode().IsRegular():
		if b.Bytes += info.Size(); b.moved {
			err = readable(info)
			break
		}
		if rel == "." {
			to = path.Join(to, singleFile)
		}
		err = b.copy(dir, name, to, info)
	}
	var no refusal
	if err != nil && !errors.As(err, &no) {
		return errTrash{err}
	}
	if err == nil {
		b.Entries, b.files[rel] = append(b.Entries, e), info
	}
	return err
}

// readable returns an error if the owner of a file may not read it and so could not restore it.
func readable(info fs.FileInfo) error {
	if info.Mode().Perm()&0o400 == 0 {
		return fs.ErrPermission
	}
	return nil
}

func (b *bin) copy(dir directory, name, to string, info fs.FileInfo) (err error) {
	from, err := openSame(dir, name, info)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // opened only for reading
	file, err := b.trash.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(file, io.LimitReader(from, info.Size()+1))
	if err == nil && n != info.Size() {
		err = refusal(ReasonChanged)
	}
	return cmp.Or(err, file.Close())
}

// holds returns an error if an entry that is to be removed differs from its copy. Directories are removed when empty.
func (b *bin) holds(rel string, info fs.FileInfo) error {
	if b == nil || info.IsDir() {
		return nil
	}
	then, ok := b.files[rel]
	if !ok || !os.SameFile(then, info) || then.Size() != info.Size() || !then.ModTime().Equal(info.ModTime()) {
		return refusal(ReasonChanged)
	}
	return nil
}

// close writes the list of the copied entries. After a failure it deletes the copies.
func (b *bin) close(failed error) error {
	if failed == nil {
		if failed = b.write(); failed == nil {
			return nil
		}
		failed = errTrash{failed}
	}
	_ = b.trash.RemoveAll(b.content()) // a folder without its list is not an artifact, and is dropped when it is old
	return failed
}

// write writes the list, replacing an earlier one.
func (b *bin) write() error {
	text, err := json.Marshal(b.Trashed)
	if err != nil {
		return err
	}
	if len(text) > maxManifest {
		return errors.New("the list of what is in it is too long")
	}
	unfinished := b.manifest() + ".new"
	file, err := b.trash.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = cmp.Or(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return b.trash.Rename(unfinished, b.manifest())
}

// trashed lists the content of a trash. It leaves out what cannot be read as an artifact.
func trashed(root *os.Root) ([]Trashed, error) {
	ids, err := entriesOf(root, ".")
	if err != nil {
		return nil, err
	}
	var all []Trashed
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
			a, err := readTrashed(root, path.Join(id, name))
			if err != nil {
				continue
			}
			a.ID, a.number = id, n
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b Trashed) int {
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

func readTrashed(root *os.Root, name string) (Trashed, error) {
	file, err := root.Open(name)
	if err != nil {
		return Trashed{}, err
	}
	defer func() { _ = file.Close() }() // opened only for reading
	text, err := io.ReadAll(io.LimitReader(file, maxManifest+1))
	if err != nil {
		return Trashed{}, err
	}
	var a Trashed
	if err := json.Unmarshal(text, &a); err != nil {
		return Trashed{}, fmt.Errorf("reading %q in the trash: %w", name, err)
	}
	return a, nil
}

// ListTrash lists the content of the trash in folder, oldest first; nothing if there is none.
func ListTrash(folder string) ([]Trashed, error) {
	root, err := os.OpenRoot(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return trashed(root)
}
