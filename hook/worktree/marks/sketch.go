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

// A sketch stands for a set of items in constant space, and shows in which items two sets differ without holding either. It is an
// invertible Bloom lookup table (Eppstein et al., "What's the Difference?", SIGCOMM 2011).
//
// Each item goes into one cell of every row, which its hash selects. A cell keeps no list of its items. It keeps three sums of them: how
// many there are, the exclusive or of their hashes, and the exclusive or of their texts. When one sketch is subtracted from another, cell
// by cell, the items that both sets have cancel out. A cell in which one item is left shows it: the count is 1 or -1, and the text has
// the hash that stands beside it. That item is then taken out of its other cells too, which may leave a single item in some of them, and
// so on until all cells are empty.
//
// This succeeds for some eighty differences, of which a moved ref makes two. Beyond that, or in the rare case that a few items share all
// their cells, some cells never hold a single item. They are then not empty in the end, so that the failure is seen: the reader learns
// that more differs than can be named, never a wrong name. That would take an accidental match of a 64-bit hash.
type sketch struct {
	cells [sketchRows * cellsInRow]cell // row after row
}

const (
	sketchRows = 5 // with fewer, two of a few dozen items would too often share all their cells
	cellsInRow = 32
)

// A cell holds the sums of its items.
type cell struct {
	count  int64
	hashes uint64 // exclusive or
	texts  []byte // exclusive or; each text follows its length in two bytes
}

// maxSketched bounds the text of an item in bytes.
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

// abridge cuts what is too long, and puts a digest in place of the rest.
func abridge(i Item) Item {
	cut := func(text string) string {
		if len(text) < maxSketched/2 {
			return text
		}
		return fmt.Sprintf("%s...%x", text[:128], sha256.Sum256([]byte(text)))
	}
	return Item{object.Name(cut(string(i.Name))), cut(i.Value)}
}

// add puts a text into its cells, or takes it out if n is -1.
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

// hashOf is FNV-1a with its bits mixed, so that each of them depends on all of the text.
func hashOf(text []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range text {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// single returns the item of a cell that has exactly one, and its text; otherwise ok is false.
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

// subtract returns the items that only s has, and those that only other has, sorted by name. If they are too many to be read back, ok is false. s
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
				return nil, nil, false // no sums of items: the record is damaged
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

// bytes writes a sketch: of each cell the count, the hashes, and the texts without the zeros at the end.
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

// parseSketch reads what bytes wrote.
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
