package marks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"stopgate/hook/worktree/object"
)

// A Register is a set of names, each with a value, in limited space: at most about 40 KB as JSON, whether a repository has ten refs or 50,000. A
// small set is stored as its items. A larger set is stored as a digest and a sketch. The digest shows whether anything differs. The sketch shows
// the names that differ if there are at most about forty (see sketch).
type Register struct {
	// Count is the number of names.
	Count int `json:"count,omitempty"`
	// Items are the items sorted by name. It is nil if there are none, and if there are too many.
	Items []Item `json:"items,omitempty"`
	// Digest is the SHA-256 of all items. Sketch is used to find the differences. Both are empty if Items has the set.
	Digest string `json:"digest,omitempty"`
	Sketch []byte `json:"sketch,omitempty"`
}

// An Item is an element of a Register. A Register has at most one value for a name.
type Item struct {
	Name  object.Name `json:"name"`
	Value string      `json:"value"` // UTF-8
}

// maxListed is the largest total of names and values in bytes that a register stores as items: about that of 250 branches. A sketch takes as much
// space.
const maxListed = 16 << 10

// newRegister makes a register of items in any order. It sorts them in place.
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

// Value returns the value of a name; ok is false if the register has no items or none of that name.
func (r Register) Value(name string) (value string, ok bool) {
	for _, item := range r.Items {
		if string(item.Name) == name {
			return item.Value, true
		}
	}
	return "", false
}

func (r Register) digest() string {
	if r.Sketch != nil {
		return r.Digest
	}
	return digestOf(r.Items)
}

// sketch returns the sketch of the set. It returns false if the stored sketch is damaged.
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

// A difference is a name that has another value than before.
type difference struct {
	name     object.Name
	from, to string
	was, is  bool // whether there was a value, and whether there is one
}

// differences returns the differences between two registers, sorted by name. If there are too many to read them from a sketch, or if a sketch is
// damaged, told is false and there are none.
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

// compareHeads compares the first items of two lists by name. An empty list sorts last.
func compareHeads(a, b []Item) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	}
	return object.CompareNames(a[0].Name, b[0].Name)
}
