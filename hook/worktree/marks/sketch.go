package marks

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/worktree/object"
)

// A sketch represents a set of items in constant space. From two sketches one can find the items in which the sets differ, without having the sets.
// It is an invertible Bloom lookup table (Eppstein et al., "What's the Difference?", SIGCOMM 2011).
//
// An item goes into one cell of each row. Its hash selects the cells. A cell does not list its items but has three sums of them: their number, the
// exclusive or of their hashes, and the exclusive or of their texts. When one sketch is subtracted from another, cell by cell, the items that both
// sets have cancel out. If a single item is left in a cell, it can be read: the count is 1 or -1, and the hash of the text is the hash in the cell.
// The item is then removed from its other cells. This may leave a single item in some of them, and so on until all cells are empty.
//
// This succeeds for about eighty differences; a ref with another value makes two. With more differences some cells never have a single item. The
// same happens in the rare case that a few items share all their cells. These cells are not empty in the end, so the failure is noticed: the caller
// learns that there are too many differences to name, but never gets a wrong name. A wrong name would need an accidental match of a 64-bit hash.
type sketch struct {
	cells [sketchRows * cellsInRow]cell // row after row
}

const (
	sketchRows = 5 // with fewer rows, two of a few dozen items would share all their cells too often
	cellsInRow = 32
)

// A cell has the sums of its items.
type cell struct {
	count  int64
	hashes uint64 // the exclusive or of the hashes
	texts  []byte // the exclusive or of the texts, each with its length before it in two bytes
}

// maxSketched limits the length of an item's text in bytes. A longer item is abridged.
const maxSketched = 512

func sketchOf(items []Item) *sketch {
	s := &sketch{}
	for i := range s.cells {
		s.cells[i].texts = make([]byte, 0, 128)
	}
	var text []byte
	for _, i := range items {
		if len(i.Name)+len(i.Value) >= maxSketched {
			i = abridge(i)
		}
		text = append(text[:0], 0, 0)
		text = append(append(append(text, i.Name...), 0), i.Value...)
		binary.BigEndian.PutUint16(text, uint16(len(text)-2))
		s.add(text, 1)
	}
	return s
}

// abridge shortens a long name or value, and appends a digest of the whole text.
func abridge(i Item) Item {
	cut := func(text string) string {
		if len(text) < maxSketched/2 {
			return text
		}
		return fmt.Sprintf("%s...%x", text[:128], sha256.Sum256([]byte(text)))
	}
	return Item{object.Name(cut(string(i.Name))), cut(i.Value)}
}

// add adds a text to its cells if n is 1, and removes it if n is -1.
func (s *sketch) add(text []byte, n int64) {
	hash := hashOf(text)
	for row := range sketchRows {
		s.cells[row*cellsInRow+int(hash>>(12*row)%cellsInRow)].add(text, hash, n)
	}
}

func (c *cell) add(text []byte, hash uint64, n int64) {
	c.count += n
	c.hashes ^= hash
	if short := len(text) - len(c.texts); short > 0 {
		c.texts = append(c.texts, make([]byte, short)...)
	}
	subtle.XORBytes(c.texts, c.texts, text)
}

// hashOf returns the FNV-1a hash of text. It mixes the bits, so that each bit depends on the whole text.
func hashOf(text []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range text {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// single returns the item of a cell that has exactly one item, with the item's text in the cell. For any other cell ok is false.
func (c *cell) single() (i Item, text []byte, ok bool) {
	if c.count != 1 && c.count != -1 || len(c.texts) < 2 {
		return Item{}, nil, false
	}
	end := 2 + int(binary.BigEndian.Uint16(c.texts))
	if end > len(c.texts) {
		return Item{}, nil, false
	}
	text = append(text, c.texts[:end]...)
	name, value, found := strings.Cut(string(text[2:]), "\x00")
	return Item{object.Name(name), value}, text, found && hashOf(text) == c.hashes
}

func (c *cell) empty() bool {
	return c.count == 0 && c.hashes == 0 && len(bytes.Trim(c.texts, "\x00")) == 0
}

// subtract returns the items that only s has and those that only other has, each sorted by name. If there are too many to read them, ok is false. s
// cannot be used afterwards.
func (s *sketch) subtract(other *sketch) (only, onlyOther []Item, ok bool) {
	for i := range s.cells {
		c, o := &s.cells[i], &other.cells[i]
		c.count -= o.count
		c.add(o.texts, o.hashes, 0)
	}
	for progress := true; progress; {
		progress = false
		for i := range s.cells {
			item, text, ok := s.cells[i].single()
			switch n := s.cells[i].count; {
			case !ok:
				continue
			case len(only)+len(onlyOther) > len(s.cells):
				return nil, nil, false // more items than cells: the sketch is damaged
			case n > 0:
				only = append(only, item)
				s.add(text, -1)
			default:
				onlyOther = append(onlyOther, item)
				s.add(text, 1)
			}
			progress = true
		}
	}
	for i := range s.cells {
		if !s.cells[i].empty() {
			return nil, nil, false
		}
	}
	byName := func(a, b Item) int { return object.CompareNames(a.Name, b.Name) }
	slices.SortFunc(only, byName)
	slices.SortFunc(onlyOther, byName)
	return only, onlyOther, true
}

// bytes encodes a sketch. For each cell it has the count, the hashes, and the texts without trailing zeros.
func (s *sketch) bytes() []byte {
	var b []byte
	for i := range s.cells {
		c := &s.cells[i]
		sum := bytes.TrimRight(c.texts, "\x00")
		b = binary.AppendVarint(b, c.count)
		b = binary.BigEndian.AppendUint64(b, c.hashes)
		b = binary.AppendUvarint(b, uint64(len(sum)))
		b = append(b, sum...)
	}
	return b
}

// parseSketch decodes what bytes returns. It returns false if the sketch is damaged.
func parseSketch(b []byte) (*sketch, bool) {
	s := &sketch{}
	for i := range s.cells {
		c := &s.cells[i]
		count, n := binary.Varint(b)
		if n <= 0 || len(b) < n+8 {
			return nil, false
		}
		c.count, c.hashes = count, binary.BigEndian.Uint64(b[n:])
		b = b[n+8:]
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) || length > maxSketched*2 {
			return nil, false
		}
		c.texts = append(c.texts, b[n:n+int(length)]...)
		b = b[n+int(length):]
	}
	return s, len(b) == 0
}
