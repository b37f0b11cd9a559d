package object

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

func deflate(content []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(content) // writing to memory does not fail
	_ = z.Close()
	return b.Bytes()
}

// packHeader returns the header of an object in a packfile: its type and size, without the base of a delta.
func packHeader(kind plumbing.ObjectType, size uint64) []byte {
	c := byte(kind)<<4 | byte(size&15)
	size >>= 4
	var header []byte
	for ; size > 0; size >>= 7 {
		header = append(header, c|0x80)
		c = byte(size & 0x7f)
	}
	return append(header, c)
}

// delta returns a delta that announces the sizes of a base and of a result. It copies the first bytes of the base.
func delta(from, to uint64, copied byte) []byte {
	return append(binary.AppendUvarint(binary.AppendUvarint(nil, from), to), 0x90, copied)
}

// anObject is an entry of a pack index.
type anObject struct {
	id     ID
	offset int64
}

// loosely stores raw as the loose object with that name. Name and content need not match.
func loosely(t *testing.T, common string, id ID, raw []byte) {
	t.Helper()
	path := filepath.Join(common, "objects", id.String()[:2], id.String()[2:])
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, deflate(raw), 0o644); err != nil {
		t.Fatal(err)
	}
}

// store stores a loose object under the name that its content has, and returns the name.
func store(t *testing.T, common string, kind plumbing.ObjectType, content []byte) ID {
	t.Helper()
	id := nameOf(kind, content)
	loosely(t, common, id, fmt.Appendf(nil, "%s %d\x00%s", kind, len(content), content))
	return id
}

// allocated returns how many bytes are allocated while do runs.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHostilePack reads packfiles that announce more than they have, or whose deltas form a circle. Each is refused because of its header, before
// memory is allocated for it.
func TestHostilePack(t *testing.T) {
	const huge = 3 << 30
	circle := ID{1}
	for name, test := range map[string]struct {
		pack   []byte
		unsafe bool
	}{
		"a huge object":          {append(packHeader(plumbing.TreeObject, huge), deflate([]byte("x"))...), true},
		"an object without end":  {append(packHeader(plumbing.TreeObject, 1<<60), deflate([]byte("x"))...), true},
		"more than it announces": {append(packHeader(plumbing.TreeObject, 10), deflate(make([]byte, 64<<20))...), false},
		"less than it announces": {append(packHeader(plumbing.TreeObject, 10), deflate([]byte("x"))...), false},
		"a huge delta":           {append(append(packHeader(plumbing.REFDeltaObject, huge), circle[:]...), deflate([]byte("x"))...), true},
		"a delta of itself":      {append(append(packHeader(plumbing.REFDeltaObject, 1), circle[:]...), deflate([]byte("x"))...), true},
		"a base before the pack": {append(append(packHeader(plumbing.OFSDeltaObject, 1), 0xff, 0x7f), deflate([]byte("x"))...), false},
		"an unknown type":        {append(packHeader(5, 1), deflate([]byte("x"))...), false},
		"a header without end":   {bytes.Repeat([]byte{0xff}, 100), false},
		"nothing":                {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			room := int64(maxInflated)
			r := packReader{bytes.NewReader(test.pack), func(ID) (int64, error) { return 0, nil }, &room}
			var err error
			size := allocated(func() { _, _, err = r.object(0) })
			if err == nil || errors.Is(err, ErrUnsafe) != test.unsafe {
				t.Errorf("reading it says %v", err)
			}
			if size > 4<<20 {
				t.Errorf("reading it takes %d bytes", size)
			}
		})
	}
}

// TestHostileDeltas applies deltas that announce another base or a huge result to a small base.
func TestHostileDeltas(t *testing.T) {
	base := append(packHeader(plumbing.TreeObject, 4), deflate([]byte("base"))...)
	for name, test := range map[string]struct {
		delta  []byte
		unsafe bool
	}{
		"a huge base":       {delta(3<<30, 4, 4), false},
		"a huge result":     {delta(4, 3<<30, 4), true},
		"a negative result": {append(binary.AppendUvarint(nil, 4), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), false},
		"another result":    {delta(4, 1000, 4), false},
		"nothing":           {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			pack := append(bytes.Clone(base), packHeader(plumbing.OFSDeltaObject, uint64(len(test.delta)))...)
			pack = append(append(pack, byte(len(base))), deflate(test.delta)...)
			room := int64(maxInflated)
			r := packReader{bytes.NewReader(pack), nil, &room}
			var err error
			size := allocated(func() { _, _, err = r.object(int64(len(base))) })
			if err == nil || errors.Is(err, ErrUnsafe) != test.unsafe || size > 4<<20 {
				t.Errorf("reading it takes %d bytes and says %v", size, err)
			}
		})
	}
}

// TestDeltaAfterDelta has a long chain of small deltas, each with a large result. The total of what is inflated is limited.
func TestDeltaAfterDelta(t *testing.T) {
	const size = 16 << 20
	pack := append(packHeader(plumbing.BlobObject, size), deflate(make([]byte, size))...)
	body := binary.AppendUvarint(binary.AppendUvarint(nil, size), size)
	for n := 0; n < size; n += 0xffffff { // one copy instruction copies at most this many bytes
		body = append(body, 0xf0|0x0f, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
		part := min(size-n, 0xffffff)
		body = append(body, byte(part), byte(part>>8), byte(part>>16))
	}
	last := 0
	for range 200 {
		at := len(pack)
		back := at - last
		if last == 0 {
			back = at
		}
		pack = append(pack, packHeader(plumbing.OFSDeltaObject, uint64(len(body)))...)
		var distance []byte
		for v := back; ; v = v>>7 - 1 {
			c := byte(v & 0x7f)
			if len(distance) > 0 {
				c |= 0x80
			}
			distance = append([]byte{c}, distance...)
			if v>>7 == 0 {
				break
			}
		}
		pack = append(append(pack, distance...), deflate(body)...)
		last = at
	}
	room := int64(maxInflated)
	_, _, err := packReader{bytes.NewReader(pack), nil, &room}.object(int64(last))
	if !errors.Is(err, ErrUnsafe) {
		t.Errorf("reading it says %v", err)
	}
}

// TestForgedObjects stores content under the name of another object.
func TestForgedObjects(t *testing.T) {
	common := t.TempDir()
	right := nameOf(plumbing.TreeObject, nil)
	id := nameOf(plumbing.BlobObject, []byte("what was committed\n"))
	loosely(t, common, id, []byte("blob 8\x00forged!\n"))
	loosely(t, common, right, []byte("tree 29\x00100644 a\x0001234567890123456789"))
	o := Open(common)
	defer o.Close()
	if _, err := o.Blob(id); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), id.String()) {
		t.Errorf("reading a forged blob says %v", err)
	}
	if _, err := o.Tree(right); !errors.Is(err, ErrUnsafe) {
		t.Errorf("reading a forged tree says %v", err)
	}
	if _, err := o.Blob(ID{7}); err == nil || errors.Is(err, ErrUnsafe) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading an object that is not there says %v", err)
	}
}

// TestDamagedCopy reads an object from a pack if the loose copy of it is forged or damaged, as git does.
func TestDamagedCopy(t *testing.T) {
	content := []byte("right\n")
	id := nameOf(plumbing.BlobObject, content)
	for name, loose := range map[string][]byte{"forged": deflate([]byte("blob 6\x00wrong\n")), "damaged": []byte("no zlib"), "empty": {}} {
		common := t.TempDir()
		folder := filepath.Join(common, "objects", "pack")
		path := filepath.Join(common, "objects", id.String()[:2], id.String()[2:])
		pack := append(append([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01"), packHeader(plumbing.BlobObject, uint64(len(content)))...), deflate(content)...)
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, loose, 0o600),
			os.WriteFile(filepath.Join(folder, "pack-1.idx"), aPackIndex(anObject{id, 12}), 0o600), os.WriteFile(filepath.Join(folder, "pack-1.pack"), append(pack, make([]byte, 20)...), 0o600)); err != nil {
			t.Fatal(err)
		}
		o := Open(common)
		if got, err := o.Blob(id); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		o.Close()
	}
}

// TestHostileLoose reads files that are no valid loose objects.
func TestHostileLoose(t *testing.T) {
	for name, raw := range map[string][]byte{
		"a header without end": bytes.Repeat([]byte("tree "), 20<<20/5),
		"a huge size":          []byte("tree 3000000000\x00x"),
		"a negative size":      []byte("tree -1\x00x"),
		"another type":         []byte("apple 1\x00x"),
		"too little":           []byte("tree 100\x00x"),
		"too much":             append([]byte("tree 1\x00"), make([]byte, 20<<20)...),
		"nothing":              nil,
	} {
		t.Run(name, func(t *testing.T) {
			room := int64(maxInflated)
			compressed := deflate(raw)
			var err error
			if size := allocated(func() { _, _, err = parseLoose(bytes.NewReader(compressed), &room) }); err == nil || size > 4<<20 {
				t.Errorf("reading it takes %d bytes and says %v", size, err)
			}
		})
	}
}

// TestTreesInTrees compares trees in which a few objects stand for an enormous number of directories.
func TestTreesInTrees(t *testing.T) {
	common := t.TempDir()
	ctx := context.Background()
	tree := store(t, common, plumbing.TreeObject, nil)
	wide := tree
	for range 12 { // each tree has the previous one as ten directories
		var content []byte
		for i := range 10 {
			content = append(fmt.Appendf(content, "40000 %d\x00", i), wide[:]...)
		}
		wide = store(t, common, plumbing.TreeObject, content)
	}
	deep := tree
	for range 80 { // each tree has the previous one as a directory with a long name
		deep = store(t, common, plumbing.TreeObject, append(fmt.Appendf(nil, "40000 %s\x00", strings.Repeat("d", 250)), deep[:]...))
	}
	o := Open(common)
	defer o.Close()
	for name, id := range map[string]ID{"wide": wide, "deep": deep} {
		if names, err := o.Diff(ctx, ID{}, id); !errors.Is(err, ErrUnsafe) {
			t.Errorf("comparing %s trees finds %d names, and says %v", name, len(names), err)
		}
	}
}

func FuzzPack(f *testing.F) {
	base := append(packHeader(plumbing.BlobObject, 4), deflate([]byte("base"))...)
	change := delta(4, 2, 2)
	ofs := append(append(append(bytes.Clone(base), packHeader(plumbing.OFSDeltaObject, uint64(len(change)))...), byte(len(base))), deflate(change)...)
	ref := append(append(append(bytes.Clone(base), packHeader(plumbing.REFDeltaObject, uint64(len(change)))...), make([]byte, 20)...), deflate(change)...)
	f.Add(base, uint16(0), uint16(0))
	f.Add(ofs, uint16(len(base)), uint16(0))
	f.Add(ref, uint16(len(base)), uint16(0))
	f.Fuzz(func(t *testing.T, pack []byte, at, found uint16) {
		room := int64(1 << 20)
		kind, content, err := packReader{bytes.NewReader(pack), func(ID) (int64, error) { return int64(found), nil }, &room}.object(int64(at))
		if err == nil && (kind.IsDelta() || len(content) > 1<<20) {
			t.Errorf("a %s of %d bytes", kind, len(content))
		}
	})
}

func FuzzLoose(f *testing.F) {
	f.Add(deflate([]byte("blob 4\x00base")))
	f.Add(deflate([]byte("tree 29\x00100644 a\x0001234567890123456789")))
	f.Fuzz(func(t *testing.T, compressed []byte) {
		room := int64(1 << 20)
		if _, content, err := parseLoose(bytes.NewReader(compressed), &room); err == nil && int64(len(content)) != 1<<20-room {
			t.Errorf("%d bytes, and %d were reserved", len(content), 1<<20-room)
		}
	})
}

// aPackIndex returns a pack index of those objects. The caller has sorted them by name.
func aPackIndex(objects ...anObject) []byte {
	b := []byte{0xff, 't', 'O', 'c', 0, 0, 0, 2}
	for first := range 256 {
		n := uint32(0)
		for _, o := range objects {
			if int(o.id[0]) <= first {
				n++
			}
		}
		b = binary.BigEndian.AppendUint32(b, n)
	}
	for _, o := range objects {
		b = append(b, o.id[:]...)
	}
	b = append(b, make([]byte, 4*len(objects))...)
	for _, o := range objects {
		b = binary.BigEndian.AppendUint32(b, uint32(o.offset))
	}
	return append(b, make([]byte, idxTrailer)...)
}

func FuzzPackIndex(f *testing.F) {
	id := ID{1, 2, 3}
	f.Add(aPackIndex(anObject{id, 12}), id[:])
	f.Add(aPackIndex(anObject{ID{0, 9}, 12}, anObject{id, 1 << 31}), id[:])
	f.Add(aPackIndex(), id[:])
	f.Fuzz(func(t *testing.T, content, name []byte) {
		x, err := newPackIndex(bytes.NewReader(content), int64(len(content)))
		if err != nil || len(name) != len(ID{}) {
			return
		}
		if offset, err := x.find(ID(name)); err == nil && (offset < 0 || !bytes.Contains(content, name)) {
			t.Errorf("%x is at %d", name, offset)
		}
	})
}
