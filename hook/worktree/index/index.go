// Package index reads the index of a worktree (gitformat-index(5)): entry by entry (File), as a tree of directories (Manifest), and compared with
// HEAD (Manifest.Staged).
package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
)

// A File is the index of a worktree (gitformat-index(5)). It is read as a stream, so it is never in memory as a whole. go-git's decoder is not
// used: it makes three objects for every entry, drops flags that are needed here, and requires the checksum that git leaves out if index.skipHash
// is set.
type File struct {
	file    *os.File    // nil if there is no index
	info    fs.FileInfo // its modification time decides which entries are racy
	size    int64       // without the trailing checksum
	version uint32
	Count   uint32
}

const (
	indexHeader   = 12
	indexChecksum = 20
	entryFixed    = 62 // the size of an entry up to its name, without extended flags
	maxEntry      = 16 << 10
	indexBuffer   = 64 << 10
	// maxIndex limits the size of the file in bytes. It is enough for about two million entries. Each takes twice its size in memory.
	maxIndex = 256 << 20
	// maxNames limits the total length of the names in version 4, in bytes. Version 4 stores only what differs from the previous name. So a small file
	// could contain any number of long names.
	maxNames = 256 << 20
)

// The flags of an entry. The extended flags of version 3 are shifted left by 16 bits.
const (
	AssumeValid    uint32 = 1 << 15
	flagExtended   uint32 = 1 << 14
	flagNameLength uint32 = 1<<12 - 1
	SkipWorktree   uint32 = 1 << 30
	IntentToAdd    uint32 = 1 << 29
	flagReserved   uint32 = 1<<31 | (1<<29-1)&^(1<<16-1)
)

// Open opens the index at path. An index that does not exist has no entries.
func Open(path string) (*File, error) {
	f, err := gitdir.OpenPlain(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	x, err := newFile(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	return x, nil
}

func newFile(f *os.File) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() < indexHeader+indexChecksum {
		return nil, errors.New("not an index")
	}
	if info.Size() > maxIndex {
		return nil, fmt.Errorf("the index has %d bytes, more than %d", info.Size(), maxIndex)
	}
	var header [indexHeader]byte
	if _, err := f.ReadAt(header[:], 0); err != nil {
		return nil, err
	}
	x := &File{
		file: f, info: info, size: info.Size() - indexChecksum,
		version: binary.BigEndian.Uint32(header[4:]), Count: binary.BigEndian.Uint32(header[8:]),
	}
	if string(header[:4]) != "DIRC" || x.version < 2 || x.version > 4 {
		return nil, fmt.Errorf("the index has the version %d", x.version)
	}
	return x, nil
}

// Close closes the file.
func (x *File) Close() error {
	if x.file == nil {
		return nil
	}
	return x.file.Close()
}

// An Entry is an index entry as in the file. It is valid until the next entry is read.
type Entry struct {
	fixed []byte // the first entryFixed bytes; more in an index with SHA-256 names
	flags uint32
	Name  []byte
}

func (e *Entry) word(i int) uint32 { return binary.BigEndian.Uint32(e.fixed[4*i:]) }

// Mode returns the git mode.
func (e *Entry) Mode() uint32 { return e.word(6) }

// Stat returns the stat data that the entry records.
func (e *Entry) Stat() Stat {
	return Stat{
		Ctime: Time{e.word(0), e.word(1)}, Mtime: Time{e.word(2), e.word(3)},
		Ino: e.word(5), UID: e.word(7), GID: e.word(8), Size: e.word(9),
		Smudged: e.word(9) == 0 && e.ID().String() != object.EmptyBlob,
	}
}

// ID returns the name of the blob, or for a submodule the name of its commit.
func (e *Entry) ID() object.ID { return object.ID(e.fixed[40:60]) }

// File returns the mode and blob of the entry.
func (e *Entry) File() object.File { return object.File{Mode: e.Mode(), Blob: e.ID().String()} }

// Stage returns 0 for an ordinary entry. In a merge conflict it returns 1 for the base, 2 for ours and 3 for theirs.
func (e *Entry) Stage() int { return int(e.flags >> 12 & 3) }

// Has reports whether a flag is set: AssumeValid, SkipWorktree or IntentToAdd.
func (e *Entry) Has(flag uint32) bool { return e.flags&flag != 0 }

// Clone returns a copy of the entry that stays valid.
func (e *Entry) Clone() Entry {
	return Entry{bytes.Clone(e.fixed), e.flags, bytes.Clone(e.Name)}
}

// A CacheTree is the root of the cache tree (the TREE extension): the tree that git would write for this index. Valid is false if git would have to
// compute it.
type CacheTree struct {
	Valid bool
	ID    object.ID
}

// Each calls yield with every entry, sorted by name (as bytes) and by stage. It returns the cache tree, which the file has after the entries. If
// yield returns false, it stops without an error and returns no cache tree. It fails if the index is sparse, or has a mandatory extension or a flag
// that this package does not know.
func (x *File) Each(yield func(e *Entry) bool) (CacheTree, error) {
	return x.EachFrom(func() string { return "" }, yield)
}

// EachFrom is like Each, but leaves out most of the entries whose names sort before the result of from. It calls from again after every entry.
func (x *File) EachFrom(from func() string, yield func(e *Entry) bool) (CacheTree, error) {
	if x.file == nil {
		return CacheTree{}, nil
	}
	r, next := x.entries(len(object.ID{}))
	var e Entry
	for i := uint32(0); i < x.Count; i++ {
		if x.version < 4 {
			i += r.pass(nameStart(from()), x.Count-i-1)
		}
		if err := next(&e); err != nil {
			return CacheTree{}, fmt.Errorf("reading entry %d of the index: %w", i, err)
		}
		if e.Has(flagReserved) {
			return CacheTree{}, fmt.Errorf("the index has an entry with unknown flags %#x", e.flags)
		}
		if e.Mode() == object.ModeTree {
			return CacheTree{}, fmt.Errorf("the index is sparse")
		}
		if !yield(&e) {
			return CacheTree{}, nil
		}
	}
	tree, err := r.extensions()
	if err != nil {
		return CacheTree{}, fmt.Errorf("reading what follows the entries of the index: %w", err)
	}
	return tree, nil
}

// entries returns a reader at the first entry, and the function that reads the next entry. idSize is the size of an object name in bytes.
func (x *File) entries(idSize int) (r *reader, next func(*Entry) error) {
	r = &reader{from: io.NewSectionReader(x.file, indexHeader, x.size-indexHeader), base: make([]byte, indexBuffer), idSize: idSize}
	if x.version == 4 {
		return r, r.compressed
	}
	return r, r.plain
}

// A reader divides the stream of an index into entries.
type reader struct {
	idSize int // the size of an object name in bytes
	from   io.Reader
	base   []byte
	buf    []byte // the part of base that is read but not yet consumed
	end    bool
	name   []byte // the name of the previous entry; only for version 4
	size   int    // the total length of the names so far; only for version 4
}

// fill reads until buf has at least n bytes, or until the end of the file.
func (r *reader) fill(n int) error {
	if len(r.buf) >= n || r.end {
		return nil
	}
	have := copy(r.base, r.buf)
	for have < n {
		got, err := r.from.Read(r.base[have:])
		have += got
		if err == io.EOF {
			r.end = true
			break
		}
		if err != nil {
			return err
		}
	}
	r.buf = r.base[:have]
	return nil
}

var errCut = errors.New("it is cut off")

// plain reads an entry of version 2 or 3.
func (r *reader) plain(e *Entry) error {
	if err := r.fill(maxEntry); err != nil {
		return err
	}
	at, err := r.fixed(e)
	if err != nil {
		return err
	}
	length := int(e.flags & flagNameLength)
	if length == int(flagNameLength) {
		if length = bytes.IndexByte(r.buf[at:], 0); length < 0 {
			return errCut
		}
	}
	next := (at + length + 8) &^ 7
	if next > len(r.buf) || next > maxEntry || r.buf[at+length] != 0 {
		return errCut
	}
	e.Name = r.buf[at : at+length]
	r.buf = r.buf[next:]
	return nil
}

// pass skips entries of version 2 or 3 whose names sort before all names with this start, and returns how many it skipped. It skips at most the
// number most. It stops before an unusual entry, so that plain reads it. In a large index most of the time is spent here.
func (r *reader) pass(start uint64, most uint32) (n uint32) {
	buf := r.buf
	for ; n < most && len(buf) >= maxEntry; n++ {
		flags := uint32(binary.BigEndian.Uint16(buf[60:]))
		length := int(flags & flagNameLength)
		if binary.BigEndian.Uint64(buf[entryFixed:]) >= start || flags&flagExtended != 0 || length == int(flagNameLength) ||
			binary.BigEndian.Uint32(buf[24:]) == object.ModeTree || buf[entryFixed+length] != 0 {
			break
		}
		buf = buf[(entryFixed+length+8)&^7:]
	}
	r.buf = buf
	return n
}

// nameStart returns the first eight bytes of a name as a number. These numbers compare as the names do. No name has a NUL, so NULs can fill up a
// short name. For a short name in an index the number has bytes from behind the name too, but they come after a NUL and so do not matter.
func nameStart(name string) uint64 {
	var start [8]byte
	copy(start[:], name)
	return binary.BigEndian.Uint64(start[:])
}

// compressed reads an entry of version 4. It has the number of bytes to remove from the end of the previous name, and the bytes to append.
func (r *reader) compressed(e *Entry) error {
	if err := r.fill(maxEntry); err != nil {
		return err
	}
	at, err := r.fixed(e)
	if err != nil {
		return err
	}
	drop, n := object.OffsetVarint(r.buf[at:])
	at += n
	length := bytes.IndexByte(r.buf[at:], 0)
	if n == 0 || length < 0 || at+length > maxEntry || drop > uint64(len(r.name)) {
		return errCut
	}
	r.name = append(r.name[:len(r.name)-int(drop)], r.buf[at:at+length]...)
	if r.size += len(r.name); len(r.name) > maxEntry || r.size > maxNames {
		return fmt.Errorf("%w: the names in the index are longer than %d bytes, or %d in all", object.ErrUnsafe, maxEntry, maxNames)
	}
	e.Name = r.name
	r.buf = r.buf[at+length+1:]
	return nil
}

// fixed reads the part of an entry before its name and returns its length.
func (r *reader) fixed(e *Entry) (int, error) {
	size := entryFixed - len(object.ID{}) + r.idSize
	if len(r.buf) < size+2 {
		return 0, errCut
	}
	e.fixed = r.buf[:size]
	e.flags = uint32(binary.BigEndian.Uint16(e.fixed[size-2:]))
	if !e.Has(flagExtended) {
		return size, nil
	}
	e.flags |= uint32(binary.BigEndian.Uint16(r.buf[size:])) << 16
	return size + 2, nil
}

// extensions reads the extensions after the entries. If the name of one does not start with a capital letter, it is mandatory: git refuses the
// index if it does not know it. This package knows no such extension.
func (r *reader) extensions() (CacheTree, error) {
	var tree CacheTree
	for {
		if err := r.fill(maxEntry); err != nil {
			return tree, err
		}
		if len(r.buf) == 0 {
			return tree, nil
		}
		if len(r.buf) < 8 {
			return tree, errCut
		}
		signature, size := string(r.buf[:4]), int64(binary.BigEndian.Uint32(r.buf[4:]))
		if signature[0] < 'A' || signature[0] > 'Z' {
			return tree, fmt.Errorf("the index has the extension %q", signature)
		}
		r.buf = r.buf[8:]
		if signature == "TREE" {
			tree = parseCacheTree(r.buf[:min(int64(len(r.buf)), size)])
		}
		if err := r.skip(size); err != nil {
			return tree, err
		}
	}
}

func (r *reader) skip(n int64) error {
	here := min(n, int64(len(r.buf)))
	r.buf = r.buf[here:]
	if n -= here; n == 0 {
		return nil
	}
	_, err := io.CopyN(io.Discard, r.from, n)
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// parseCacheTree parses the first record of TREE: an empty path, the number of entries that the tree covers (-1 if it is invalid), the number of
// subtrees, and the name of the tree.
func parseCacheTree(b []byte) CacheTree {
	line, rest, found := bytes.Cut(b, []byte{'\n'})
	if !found || len(line) < 2 || line[0] != 0 || line[1] == '-' || len(rest) < 20 {
		return CacheTree{}
	}
	return CacheTree{Valid: true, ID: object.ID(rest[:20])}
}

// A Stat is the stat data that an index entry records, 32 bits for each number.
type Stat struct {
	Ctime, Mtime        Time
	Size, Ino, UID, GID uint32
	// Smudged means that the stat data proves nothing. Git set the size of a racy entry to 0 although the file has content (racy-git in git's
	// technical documentation).
	Smudged bool
}

// A Time is a file's time as the index records it.
type Time struct{ Sec, Nsec uint32 }

// Before reports whether t is earlier than u.
func (t Time) Before(u Time) bool { return t.Sec < u.Sec || t.Sec == u.Sec && t.Nsec < u.Nsec }

// Written returns the modification time of the index file. It returns zero if there is no index.
func (x *File) Written() Time {
	if x.info == nil {
		return Time{}
	}
	at := x.info.ModTime()
	return Time{uint32(at.Unix()), uint32(at.Nanosecond())}
}

// OtherSize reports whether the index certainly records another size. The index keeps the lower 32 bits of a size. If they are 0 for a large file,
// that would mean that no size is recorded. So newer versions of git set the highest bit instead.
func (s Stat) OtherSize(size int64) bool {
	kept := uint32(size)
	switch {
	case s.Size == 0:
		return false
	case kept == 0 && size != 0:
		return s.Size != 1<<31
	}
	return s.Size != kept
}
