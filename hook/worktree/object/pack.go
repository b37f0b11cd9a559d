package object

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// A pack is a packfile with its index. go-git decodes it; the index is our own,
// which looks an object up where it stands: go-git would first read the index as a
// whole, and then map every offset in it.
type pack struct {
	path  string // without its extension
	index *packIndex
	file  *packfile.Packfile
	err   error // why it cannot be opened
}

// read returns an object of the pack, errNoObject if it is in none of its own.
func (p *pack) read(id plumbing.Hash) (plumbing.ObjectType, []byte, error) {
	if p.index == nil && p.err == nil {
		p.index, p.err = openPackIndex(p.path + ".idx")
	}
	if p.err != nil {
		return plumbing.InvalidObject, nil, p.err
	}
	offset, err := p.index.find(id)
	if err != nil {
		return plumbing.InvalidObject, nil, err
	}
	if err := p.open(); err != nil {
		return plumbing.InvalidObject, nil, err
	}
	p.index.hops = 0
	if err := checkSize(p.index.pack, offset); err != nil {
		return plumbing.InvalidObject, nil, err
	}
	object, err := p.file.Get(id)
	if err != nil {
		return plumbing.InvalidObject, nil, fmt.Errorf("reading %q: %w", p.path, err)
	}
	r, err := object.Reader()
	if err != nil {
		return plumbing.InvalidObject, nil, err
	}
	defer r.Close()
	if object.Size() > maxObject {
		return plumbing.InvalidObject, nil, fmt.Errorf("the object has %d bytes", object.Size())
	}
	content, err := io.ReadAll(r)
	return object.Type(), content, err
}

func (p *pack) open() error {
	if p.file != nil {
		return nil
	}
	f, err := os.Open(p.path + ".pack")
	if errors.Is(err, fs.ErrNotExist) {
		return errNoObject // replaced by another pack meanwhile
	}
	if err != nil {
		return err
	}
	p.index.pack = f
	p.file = packfile.NewPackfileWithCache(p.index, nil, lockless{f}, nil, 0)
	return nil
}

func (p *pack) close() {
	if p.file != nil {
		p.index.pack.Close()
	}
	if p.index != nil {
		p.index.file.Close()
	}
}

// lockless makes a file what go-git wants for a pack; it never locks one.
type lockless struct{ *os.File }

// Lock does nothing.
func (lockless) Lock() error { return nil }

// Unlock does nothing.
func (lockless) Unlock() error { return nil }

// checkSize refuses an object that would not fit into memory: its header tells
// before anything is inflated.
func checkSize(f io.ReaderAt, offset int64) error {
	var header [10]byte
	n, err := f.ReadAt(header[:], offset)
	if n == 0 {
		return fmt.Errorf("reading a pack at %d: %w", offset, err)
	}
	size, shift := int64(header[0]&15), 4
	for i := 0; header[i]&0x80 != 0 && i+1 < n && shift < 60; i++ {
		size |= int64(header[i+1]&0x7f) << shift
		shift += 7
	}
	if size > maxObject {
		return fmt.Errorf("the object has %d bytes", size)
	}
	return nil
}

// A packIndex is the index of a pack, version 2 (gitformat-pack(5)). It implements
// idxfile.Index as far as reading single objects needs it.
type packIndex struct {
	file  *os.File
	pack  *os.File
	count int64
	hops  int // of the delta chain that is being followed
}

const (
	idxFanout  = 8
	idxNames   = idxFanout + 256*4
	maxDeltas  = 10_000 // far beyond what git makes; a chain in a circle is longer
	idxTrailer = 40
)

func openPackIndex(path string) (*packIndex, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoObject
	}
	if err != nil {
		return nil, err
	}
	x := &packIndex{file: f}
	info, err := f.Stat()
	var header [8]byte
	if err == nil {
		_, err = f.ReadAt(header[:], 0)
	}
	if err == nil && !bytes.Equal(header[:], []byte{0xff, 't', 'O', 'c', 0, 0, 0, 2}) {
		err = fmt.Errorf("the pack index %q is not of version 2", path)
	}
	if err == nil {
		var last uint32
		last, err = x.word(idxFanout + 255*4)
		x.count = int64(last)
	}
	if err == nil && info.Size() < idxNames+x.count*28+idxTrailer {
		err = fmt.Errorf("the pack index %q is cut off", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return x, nil
}

func (x *packIndex) word(at int64) (uint32, error) {
	var b [4]byte
	_, err := x.file.ReadAt(b[:], at)
	return binary.BigEndian.Uint32(b[:]), err
}

// find returns the offset of an object in the pack, or errNoObject.
func (x *packIndex) find(id plumbing.Hash) (int64, error) {
	var low uint32
	var err error
	if id[0] > 0 {
		if low, err = x.word(idxFanout + (int64(id[0])-1)*4); err != nil {
			return 0, err
		}
	}
	high, err := x.word(idxFanout + int64(id[0])*4)
	if err != nil || low > high || int64(high) > x.count {
		return 0, errors.Join(errors.New("a pack index is damaged"), err)
	}
	var name plumbing.Hash
	i := sort.Search(int(high-low), func(i int) bool {
		if err == nil {
			_, err = x.file.ReadAt(name[:], idxNames+(int64(low)+int64(i))*20)
		}
		return bytes.Compare(name[:], id[:]) >= 0
	})
	if err != nil {
		return 0, err
	}
	at := int64(low) + int64(i)
	if at == int64(high) {
		return 0, errNoObject
	}
	if _, err := x.file.ReadAt(name[:], idxNames+at*20); err != nil || name != id {
		return 0, errors.Join(errNoObject, err)
	}
	offset, err := x.word(idxNames + x.count*24 + at*4)
	if err != nil || offset&(1<<31) == 0 {
		return int64(offset), err
	}
	var large [8]byte
	_, err = x.file.ReadAt(large[:], idxNames+x.count*28+int64(offset&^(1<<31))*8)
	return int64(binary.BigEndian.Uint64(large[:]) &^ (1 << 63)), err
}

// hop counts the deltas on the way to an object: go-git follows a chain that
// bites its tail until the stack is full.
func (x *packIndex) hop() error {
	if x.hops++; x.hops > maxDeltas {
		return errors.New("a delta chain has no end")
	}
	return nil
}

// FindOffset implements idxfile.Index.
func (x *packIndex) FindOffset(id plumbing.Hash) (int64, error) {
	if err := x.hop(); err != nil {
		return 0, err
	}
	offset, err := x.find(id)
	if errors.Is(err, errNoObject) {
		err = plumbing.ErrObjectNotFound
	}
	return offset, err
}

// FindHash implements idxfile.Index. go-git needs it as a key of its cache alone,
// and is given no cache.
func (x *packIndex) FindHash(int64) (plumbing.Hash, error) {
	return plumbing.ZeroHash, x.hop()
}

// Contains implements idxfile.Index.
func (x *packIndex) Contains(id plumbing.Hash) (bool, error) {
	_, err := x.find(id)
	if errors.Is(err, errNoObject) {
		return false, nil
	}
	return err == nil, err
}

// Count implements idxfile.Index.
func (x *packIndex) Count() (int64, error) { return x.count, nil }

var errNotServed = errors.New("this index reads single objects only")

// FindCRC32 implements idxfile.Index.
func (x *packIndex) FindCRC32(plumbing.Hash) (uint32, error) { return 0, errNotServed }

// Entries implements idxfile.Index.
func (x *packIndex) Entries() (idxfile.EntryIter, error) { return nil, errNotServed }

// EntriesByOffset implements idxfile.Index.
func (x *packIndex) EntriesByOffset() (idxfile.EntryIter, error) { return nil, errNotServed }
