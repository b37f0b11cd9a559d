package object

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sort"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// A pack is a packfile with its index. This package reads both files itself. go-git would first read the whole index, and would allocate whatever
// size an object's header announces. go-git only applies the deltas.
type pack struct {
	path  string // without its extension
	index *packIndex
	idx   *os.File // the file that index reads
	file  *os.File
	err   error // the reason why the index cannot be opened
}

// read returns an object of the pack. It fails with errNoObject if the pack does not have the object.
func (p *pack) read(id ID, room *int64) (plumbing.ObjectType, []byte, error) {
	if p.index == nil && p.err == nil {
		p.index, p.idx, p.err = openPackIndex(p.path + ".idx")
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
	kind, content, err := packReader{p.file, p.index.find, room}.object(offset)
	if err != nil {
		return plumbing.InvalidObject, nil, fmt.Errorf("reading %q: %w", p.path, err)
	}
	return kind, content, nil
}

func (p *pack) open() error {
	if p.file != nil {
		return nil
	}
	f, err := openFile(p.path + ".pack")
	if errors.Is(err, fs.ErrNotExist) {
		return errNoObject // another pack has replaced this one in the meantime
	}
	p.file = f
	return err
}

func (p *pack) close() {
	if p.file != nil {
		p.file.Close()
	}
	if p.idx != nil {
		p.idx.Close()
	}
}

// A packReader reads objects from a packfile (gitformat-pack(5)).
type packReader struct {
	file io.ReaderAt
	find func(ID) (int64, error) // returns the offset of an object in the same packfile
	room *int64
}

// maxDeltas is the maximum length of a delta chain, far more than git makes (pack.depth is at most 4095). A longer chain is taken for a circle.
const maxDeltas = 10_000

// A packEntry is the header of an object in a pack.
type packEntry struct {
	kind plumbing.ObjectType
	size int64 // the inflated size of the data: the object, or the delta
	data int64 // the offset of the compressed data
	base int64 // the offset of the delta's base
}

// object returns the object at offset, with its deltas applied. It checks every size before it inflates anything of that size.
func (r packReader) object(offset int64) (plumbing.ObjectType, []byte, error) {
	fail := func(err error) (plumbing.ObjectType, []byte, error) { return plumbing.InvalidObject, nil, err }
	var deltas []packEntry
	e, err := r.entry(offset)
	for ; err == nil && e.kind.IsDelta(); e, err = r.entry(e.base) {
		if deltas = append(deltas, e); len(deltas) > maxDeltas {
			return fail(fmt.Errorf("%w: a delta chain has no end", ErrUnsafe))
		}
	}
	if err != nil {
		return fail(err)
	}
	content, err := r.inflate(e)
	for i := len(deltas) - 1; i >= 0 && err == nil; i-- {
		content, err = r.apply(content, deltas[i])
	}
	if err != nil {
		return fail(err)
	}
	return e.kind, content, nil
}

func (r packReader) inflate(e packEntry) ([]byte, error) {
	if err := reserve(e.size, r.room); err != nil {
		return nil, err
	}
	return inflate(bufio.NewReader(io.NewSectionReader(r.file, e.data, math.MaxInt64-e.data)), e.size)
}

// apply inflates the delta e and applies it to base.
func (r packReader) apply(base []byte, e packEntry) ([]byte, error) {
	delta, err := r.inflate(e)
	if err != nil {
		return nil, err
	}
	from, n := binary.Uvarint(delta)
	to, m := binary.Uvarint(delta[max(n, 0):])
	if n <= 0 || m <= 0 || from != uint64(len(base)) || to > math.MaxInt64 {
		return nil, fmt.Errorf("%w: a delta is for another base", errDamaged)
	}
	if err := reserve(int64(to), r.room); err != nil {
		return nil, err
	}
	content, err := packfile.PatchDelta(base, delta)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return content, nil
}

// maxEntryHeader is the maximum length in bytes of an object's header: its type, its size, and the base of a delta.
const maxEntryHeader = 10 + len(ID{})

func (r packReader) entry(offset int64) (packEntry, error) {
	var header [maxEntryHeader]byte
	n, err := r.file.ReadAt(header[:], offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return packEntry{}, err
	}
	b := header[:n]
	at, shift := 0, 4
	e := packEntry{}
	for first := true; ; first = false {
		if at == len(b) || shift > 60 {
			return packEntry{}, fmt.Errorf("%w: the header at %d", errDamaged, offset)
		}
		c := b[at]
		at++
		if first {
			e.kind, e.size = plumbing.ObjectType(c>>4&7), int64(c&15)
		} else {
			e.size |= int64(c&0x7f) << shift
			shift += 7
		}
		if c&0x80 == 0 {
			break
		}
	}
	switch e.kind {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
	case plumbing.OFSDeltaObject:
		back, n := OffsetVarint(b[at:])
		if n == 0 || back == 0 || back > uint64(offset) {
			return packEntry{}, fmt.Errorf("%w: the base of the delta at %d", errDamaged, offset)
		}
		at, e.base = at+n, offset-int64(back)
	case plumbing.REFDeltaObject:
		if len(b)-at < len(ID{}) {
			return packEntry{}, fmt.Errorf("%w: the header at %d", errDamaged, offset)
		}
		if e.base, err = r.find(ID(b[at : at+len(ID{})])); err != nil {
			return packEntry{}, fmt.Errorf("finding the base of the delta at %d: %w", offset, err)
		}
		at += len(ID{})
	default:
		return packEntry{}, fmt.Errorf("%w: the type %d at %d", errDamaged, e.kind, offset)
	}
	e.data = offset + int64(at)
	return e, nil
}

// OffsetVarint decodes the variable-length number that a packfile has before an offset delta (gitformat-pack(5)). An index of version 4 has such
// numbers too. n is the number of bytes read; 0 if the number does not end in b or has more than 9 bytes.
func OffsetVarint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 9 {
		c := b[n]
		if n++; n > 1 {
			v++
		}
		v = v<<7 | uint64(c&0x7f)
		if c&0x80 == 0 {
			return v, n
		}
	}
	return 0, 0
}

// A packIndex is the index of a packfile, in version 2 of the format (gitformat-pack(5)).
type packIndex struct {
	file  io.ReaderAt
	count int64
}

const (
	idxFanout  = 8
	idxNames   = idxFanout + 256*4
	idxTrailer = 40
)

// openPackIndex opens the pack index at path. It fails with errNoObject if the file does not exist. The caller closes the file that it returns.
func openPackIndex(path string) (*packIndex, *os.File, error) {
	f, err := openFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, errNoObject
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	var x *packIndex
	if err == nil {
		x, err = newPackIndex(f, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("the pack index %q: %w", path, err)
	}
	return x, f, nil
}

func newPackIndex(file io.ReaderAt, size int64) (*packIndex, error) {
	x := &packIndex{file: file}
	var header [8]byte
	if _, err := file.ReadAt(header[:], 0); err != nil {
		return nil, err
	}
	if !bytes.Equal(header[:], []byte{0xff, 't', 'O', 'c', 0, 0, 0, 2}) {
		return nil, errors.New("it is not of version 2")
	}
	last, err := x.word(idxFanout + 255*4)
	if err != nil {
		return nil, err
	}
	if x.count = int64(last); size < idxNames+x.count*28+idxTrailer {
		return nil, errors.New("it is cut off")
	}
	return x, nil
}

func (x *packIndex) word(at int64) (uint32, error) {
	var b [4]byte
	_, err := x.file.ReadAt(b[:], at)
	return binary.BigEndian.Uint32(b[:]), err
}

// find returns the offset of an object in the packfile. It fails with errNoObject if the pack does not have the object.
func (x *packIndex) find(id ID) (int64, error) {
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
	var name ID
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
