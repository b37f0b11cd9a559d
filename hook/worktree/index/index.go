// Package index reads the index of a work tree (gitformat-index(5)): entry by entry, as a tree of directories (Manifest), and compared
// with HEAD (Manifest.Staged).
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

// A File is the index of a work tree (gitformat-index(5)), read as a stream, so that it is never completely in memory. go-git's decoder makes three
// objects for every entry, drops flags that matter here and insists on a checksum that git itself leaves out under index.skipHash.
type File struct {
	file    *os.File    // nil if there is no index
	info    fs.FileInfo // its mtime decides which entries are racy
	size    int64       // up to the trailing checksum
	version uint32
	Count   uint32
}

const (
	indexHeader   = 12
	indexChecksum = 20
	entryFixed    = 62 // an entry up to its name, without extended flags
	maxEntry      = 16 << 10
	indexBuffer   = 64 << 10
	// maxIndex limits the file in bytes: some two million entries, each of which takes twice that in memory.
	maxIndex = 256 << 20
	// maxNames limits the total length of the names in version 4, in bytes. Version 4 stores only what differs from the previous name, so that a
	// small file can contain any number of long names.
	maxNames = 256 << 20
)

// The flags of an entry, those of version 3 shifted above the others.
const (
	AssumeValid    uint32 = 1 << 15
	flagExtended   uint32 = 1 << 14
	flagNameLength uint32 = 1<<12 - 1
	SkipWorktree   uint32 = 1 << 30
	IntentToAdd    uint32 = 1 << 29
	flagReserved   uint32 = 1<<31 | (1<<29-1)&^(1<<16-1)
)

// Open opens the index at path. An absent index has no entries.
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

// Close closes the index.
func (x *File) Close() error {
	if x.file == nil {
		return nil
	}
	return x.file.Close()
}

// An Entry is one entry as in the file. It is valid until the next is read.
type Entry struct {
	fixed []byte // the first entryFixed bytes
	flags uint32
	Name  []byte
}

func (e *Entry) word(i int) uint32 { return binary.BigEndian.Uint32(e.fixed[4*i:]) }

// Mode returns the git mode.
func (e *Entry) Mode() uint32 { return e.word(6) }

// Stat returns what the entry records of the file.
func (e *Entry) Stat() Stat {
	return Stat{
		Ctime: Time{e.word(0), e.word(1)}, Mtime: Time{e.word(2), e.word(3)},
		Ino: e.word(5), UID: e.word(7), GID: e.word(8), Size: e.word(9),
		Smudged: e.word(9) == 0 && e.ID().String() != object.EmptyBlob,
	}
}

// ID returns the name of the blob, or of the commit of a submodule.
func (e *Entry) ID() object.ID { return object.ID(e.fixed[40:60]) }

// File returns the mode and blob of the entry.
func (e *Entry) File() object.File { return object.File{Mode: e.Mode(), Blob: e.ID().String()} }

// Stage returns 0 for a merged entry, else 1 to 3: base, ours, theirs.
func (e *Entry) Stage() int { return int(e.flags >> 12 & 3) }

// Has reports whether a flag is set.
func (e *Entry) Has(flag uint32) bool { return e.flags&flag != 0 }

// Clone copies an entry so that it stays valid.
func (e *Entry) Clone() Entry {
	return Entry{bytes.Clone(e.fixed), e.flags, bytes.Clone(e.Name)}
}

// A CacheTree is the root of the TREE extension: the tree that the index would be written as. It is invalid if git would have to compute it.
type CacheTree struct {
	Valid bool
	ID    object.ID
}

// Each calls yield with every entry, sorted by name (as bytes) and stage, and returns the cache tree after the entries. It stops without an error
// when yield returns false. It fails for an index with extensions that this package does not understand.
func (x *File) Each(yield func(e *Entry) bool) (CacheTree, error) {
	return x.EachFrom(func() string { return "" }, yield)
}

// EachFrom is Each without most of the entries whose names sort before the result of from, which is called again after every entry.
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

// entries starts to read the entries, whose object names have that many bytes. next reads one.
func (x *File) entries(idSize int) (r *reader, next func(*Entry) error) {
	r = &reader{from: io.NewSectionReader(x.file, indexHeader, x.size-indexHeader), base: make([]byte, indexBuffer), idSize: idSize}
	if x.version == 4 {
		return r, r.compressed
	}
	return r, r.plain
}

// A reader cuts the stream of an index into entries.
type reader struct {
	idSize int // of an object name, in bytes
	from   io.Reader
	base   []byte
	buf    []byte // the part of base that is read but not yet consumed
	end    bool
	name   []byte // of the previous entry, for version 4
	size   int    // of all names so far, for version 4
}

// fill makes sure that at least n bytes are in buf unless the file ends before.
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

// pass skips entries of version 2 or 3 whose names sort before all that start like this, but at most that many, and returns how many it skipped. It
// leaves unusual entries to plain. In a large index most of the time is spent here.
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

// nameStart returns the first bytes of a name as a number, so that names sort like their numbers. A NUL, which no name has, ends a short name; the
// order of what follows does not matter in an index.
func nameStart(name string) uint64 {
	var start [8]byte
	copy(start[:], name)
	return binary.BigEndian.Uint64(start[:])
}

// compressed reads an entry of version 4: how much of the previous name to drop, and what to append.
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

// extensions reads what follows the entries. An extension whose name does not start with a capital must be understood; none is.
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

// parseCacheTree reads the first record of TREE: an empty path, the number of
// entries it covers, -1 if it is not valid, the number of subtrees, and the tree.
func parseCacheTree(b []byte) CacheTree {
	line, rest, found := bytes.Cut(b, []byte{'\n'})
	if !found || len(line) < 2 || line[0] != 0 || line[1] == '-' || len(rest) < 20 {
		return CacheTree{}
	}
	return CacheTree{Valid: true, ID: object.ID(rest[:20])}
}

// A Stat is what the index records of a file, in 32 bits each.
type Stat struct {
	Ctime, Mtime        Time
	Size, Ino, UID, GID uint32
	// Smudged means that git does not trust the rest: it set the size to 0 although the file has content (racy-git in git's technical
	// documentation).
	Smudged bool
}

// A Time is one of a file's times in the index.
type Time struct{ Sec, Nsec uint32 }

// Before reports whether t is earlier than u.
func (t Time) Before(u Time) bool { return t.Sec < u.Sec || t.Sec == u.Sec && t.Nsec < u.Nsec }

// Written returns when the index was written; zero if there is none.
func (x *File) Written() Time {
	if x.info == nil {
		return Time{}
	}
	at := x.info.ModTime()
	return Time{uint32(at.Unix()), uint32(at.Nanosecond())}
}

// OtherSize reports whether the index certainly records another size. It keeps the lower 32 bits. If those of a large file are 0, which means that
// nothing is recorded, later versions of git set the highest bit instead.
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
