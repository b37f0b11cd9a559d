package marks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"stopgate/hook/worktree/object"
)

// A Register is a set of names with a value each, in bounded space: at most about 40 KB as JSON, whether a repository has ten refs or 50,000. A
// small set is held as its items. A larger one is held as a digest, which shows whether anything differs, and a sketch, which shows the names that
// differ if they are at most about forty (see sketch).
type Register struct {
	// Count is the number of names.
	Count int `json:"count,omitempty"`
	// Items has them sorted by name; nil if there are none, or too many.
	Items []Item `json:"items,omitempty"`
	// Digest is the SHA-256 of all items, and Sketch finds the differences. Both are empty if Items holds the set.
	Digest string `json:"digest,omitempty"`
	Sketch []byte `json:"sketch,omitempty"`
}

// An Item is an element of a Register. No name has two values.
type Item struct {
	Name  object.Name `json:"name"`
	Value string      `json:"value"` // UTF-8
}

// maxListed is how many bytes of names and values a register holds: about those of 250 branches. A sketch takes as much.
const maxListed = 16 << 10

// newRegister takes items in any order, and sorts them.
func newRegister(items []Item) Register {
	if byName := func(a, b Item) int { return object.CompareNames(a.Name, b.Name) }; !slices.IsSortedFunc(items, byName) {
		slices.SortFunc(items, byName)
	}
	if len(items) == 0 {
		return Register{}
	}
	r, size := Register{Count: len(items), Items: items}, 0
	for _, i := range items {
		if size += len(i.Name) + len(i.Value); size > maxListed {
			r.Digest, r.Sketch, r.Items = digestOf(items), sketchOf(items).bytes(), nil
			break
		}
	}
	return r
}

func (r Register) digest() string {
	if r.Sketch != nil {
		return r.Digest
	}
	return digestOf(r.Items)
}

// sketch returns the sketch; false if it is damaged.
func (r Register) sketch() (*sketch, bool) {
	if r.Sketch != nil {
		return parseSketch(r.Sketch)
	}
	return sketchOf(r.Items), true
}

func digestOf(items []Item) string {
	h := sha256.New()
	var line []byte
	for _, i := range items {
		line = strconv.AppendInt(line[:0], int64(len(i.Name)), 10)
		line = append(append(append(line, ' '), i.Name...), i.Value...)
		h.Write(append(line, 0))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A difference is a name whose value is another one now.
type difference struct {
	name     object.Name
	from, to string
	was, is  bool // whether there was, or is, a value
}

// differences returns the differences between two registers, sorted by name. If there are too many to be read from a sketch, told is false and none
// is returned.
func differences(before, after Register) (found []difference, told bool) {
	only, onlyAfter := before.Items, after.Items
	if before.Sketch != nil || after.Sketch != nil {
		if before.Count == after.Count && before.digest() == after.digest() {
			return nil, true
		}
		a, okA := before.sketch()
		b, okB := after.sketch()
		if !okA || !okB {
			return nil, false
		}
		if only, onlyAfter, told = a.subtract(b); !told {
			return nil, false
		}
	}
	for len(only) > 0 || len(onlyAfter) > 0 {
		switch order := compareHeads(only, onlyAfter); {
		case order < 0:
			found = append(found, difference{only[0].Name, only[0].Value, "", true, false})
			only = only[1:]
		case order > 0:
			found = append(found, difference{onlyAfter[0].Name, "", onlyAfter[0].Value, false, true})
			onlyAfter = onlyAfter[1:]
		default:
			if only[0].Value != onlyAfter[0].Value {
				found = append(found, difference{only[0].Name, only[0].Value, onlyAfter[0].Value, true, true})
			}
			only, onlyAfter = only[1:], onlyAfter[1:]
		}
	}
	return found, true
}

// compareHeads orders the first items of two lists; the end comes last.
func compareHeads(a, b []Item) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	}
	return object.CompareNames(a[0].Name, b[0].Name)
}
