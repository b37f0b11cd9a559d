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

// A sketch is a set of items in constant space, an invertible Bloom lookup table (Eppstein et al., "What's the Difference?",
// SIGCOMM 2011). Every item is added to one cell of each row. What two sets have in common vanishes when one sketch is subtracted
// from the other; what remains can be read back as long as it is little, beginning at the cells in which one item is alone.
type sketch struct{ cells [sketchRows * sketchRow]cell }

// The cells are enough for some eighty differences; a moved ref is two of them. With fewer rows two of a few dozen would too often
// meet in all of their cells, where neither is alone.
const (
	sketchRows = 5
	sketchRow  = 32
)

// A cell holds the sums of the items that were put into it.
type cell struct {
	count int64
	check uint64 // exclusive or of their hashes
	sum   []byte // exclusive or of their texts, each behind its length in two bytes
}

// maxSketched bounds the text of an item in bytes.
const maxSketched = 512

func sketchOf(items []Item) *sketch {
	s := &sketch{}
	for i := range s.cells {
		s.cells[i].sum = make([]byte, 0, 128)
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
		s.cells[row*sketchRow+int(hash>>(12*row)%sketchRow)].add(text, hash, n)
	}
}

func (c *cell) add(text []byte, hash uint64, n int64) {
	c.count += n
	c.check ^= hash
	if short := len(text) - len(c.sum); short > 0 {
		c.sum = append(c.sum, make([]byte, short)...)
	}
	subtle.XORBytes(c.sum, c.sum, text)
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

// alone returns the item of a cell that holds just one, and its text.
func (c *cell) alone() (i Item, text []byte, ok bool) {
	if c.count != 1 && c.count != -1 || len(c.sum) < 2 {
		return Item{}, nil, false
	}
	end := 2 + int(binary.BigEndian.Uint16(c.sum))
	if end > len(c.sum) {
		return Item{}, nil, false
	}
	text = append(text, c.sum[:end]...)
	name, value, found := strings.Cut(string(text[2:]), "\x00")
	return Item{object.Name(name), value}, text, found && hashOf(text) == c.check
}

func (c *cell) empty() bool {
	for _, b := range c.sum {
		if b != 0 {
			return false
		}
	}
	return c.count == 0 && c.check == 0
}

// subtract returns the items that only s has, and those that only other has, sorted by name. It is not ok where they are too many to
// be told. s is used up.
func (s *sketch) subtract(other *sketch) (only, onlyOther []Item, ok bool) {
	for i := range s.cells {
		c, o := &s.cells[i], &other.cells[i]
		c.count -= o.count
		c.add(o.sum, o.check, 0)
	}
	for progress := true; progress; {
		progress = false
		for i := range s.cells {
			item, text, ok := s.cells[i].alone()
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

// bytes writes a sketch: of each cell its count, its check, and its sum without the zeros at the end.
func (s *sketch) bytes() []byte {
	var b []byte
	for i := range s.cells {
		c := &s.cells[i]
		sum := bytes.TrimRight(c.sum, "\x00")
		b = binary.AppendVarint(b, c.count)
		b = binary.BigEndian.AppendUint64(b, c.check)
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
		c.count, c.check = count, binary.BigEndian.Uint64(b[n:])
		b = b[n+8:]
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) || length > maxSketched*2 {
			return nil, false
		}
		c.sum = append(c.sum, b[n:n+int(length)]...)
		b = b[n+int(length):]
	}
	return s, len(b) == 0
}
