package journal

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"time"
)

// indexEntry lists the sessions, agents and tasks of a full segment, and when its newest record was made, so that a search can skip the segment. The
// index is a cache in the file "index": one line for each segment, written before the next segment begins. A line counts only while its segment has
// the same size. A segment without such a line is read. Without the index a search is slower.
type indexEntry struct {
	Segment int       `json:"segment"`
	Size    int64     `json:"size"`
	Newest  time.Time `json:"newest,omitzero"` // zero in entries from before it was kept
	Marks   string    `json:"marks"`           // base64 of sorted big-endian 32-bit marks; last in the line
}

const indexName = "index"

// maxIndex bounds what is read of the index, in bytes: that of some ten thousand segments.
const maxIndex = 64 << 20

// eachEntry calls do with every entry of the index that can be read. The bytes of marks are valid only until do returns.
func eachEntry(ctx context.Context, j *Journal, do func(e indexEntry, marks []byte)) {
	path := filepath.Join(j.folder, indexName)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return
	}
	var raw []byte
	_ = eachLine(ctx, path, 0, maxIndex, func(_ int, line []byte) {
		// The marks are nearly all of the line, and last in it, so that they need not be parsed.
		head, text, found := bytes.Cut(line, []byte(`,"marks":"`))
		text, whole := bytes.CutSuffix(text, []byte(`"}`))
		var e indexEntry
		if !found || !whole || json.Unmarshal(append(slices.Clip(head), '}'), &e) != nil {
			return
		}
		raw = slices.Grow(raw[:0], base64.StdEncoding.DecodedLen(len(text)))
		n, err := base64.StdEncoding.Decode(raw[:cap(raw)], text)
		if err == nil && n%4 == 0 {
			do(e, raw[:n])
		}
	})
}

// without are the segments, by their numbers, in which no record can match the filter.
func without(ctx context.Context, j *Journal, segs []segment, f Filter) map[int]bool {
	sought := f.marks()
	if len(segs) < 2 || len(sought) == 0 && f.Since.IsZero() {
		return nil
	}
	sizes, none := map[int]int64{}, map[int]bool{}
	for _, s := range segs {
		sizes[s.number] = s.size
	}
	eachEntry(ctx, j, func(e indexEntry, marks []byte) {
		if size, ok := sizes[e.Segment]; !ok || e.Size != size {
			return
		}
		old := !e.Newest.IsZero() && e.Newest.Before(f.Since)
		none[e.Segment] = old || slices.ContainsFunc(sought, func(any []uint32) bool {
			return !slices.ContainsFunc(any, func(m uint32) bool {
				_, found := sort.Find(len(marks)/4, func(i int) int { return cmp.Compare(m, binary.BigEndian.Uint32(marks[4*i:])) })
				return found
			})
		})
	})
	return none
}

// completeIndex adds the missing segments to the index. The caller holds the journal's lock.
func completeIndex(ctx context.Context, j *Journal, segs []segment) error {
	indexed := map[int]int64{}
	eachEntry(ctx, j, func(e indexEntry, _ []byte) {
		if indexed[e.Segment] = e.Size; e.Newest.IsZero() {
			indexed[e.Segment] = -1 // from before times were kept
		}
	})
	for _, s := range segs {
		if size, ok := indexed[s.number]; ok && size == s.size {
			continue
		}
		entry, err := entryOf(ctx, s)
		if err != nil {
			return err
		}
		line, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		if err := appendLines(filepath.Join(j.folder, indexName), append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// entryOf reads a whole segment for its entry in the index.
func entryOf(ctx context.Context, s segment) (indexEntry, error) {
	seen, newest := map[uint32]bool{}, time.Time{}
	err := eachLine(ctx, s.path, 0, s.size, func(_ int, line []byte) {
		if line == nil {
			return
		}
		h, ok := readHeading(line)
		at, err := time.Parse(time.RFC3339Nano, string(h.at))
		if !ok || err != nil {
			r, _ := decode(line)
			h, at = r.heading(), r.At
		}
		if at.After(newest) {
			newest = at.UTC()
		}
		for _, m := range marks(h.session, h.agent, h.task) {
			seen[m] = true
		}
	})
	var raw []byte
	for _, m := range slices.Sorted(maps.Keys(seen)) {
		raw = binary.BigEndian.AppendUint32(raw, m)
	}
	return indexEntry{s.number, s.size, newest, base64.StdEncoding.EncodeToString(raw)}, err
}

// marks returns sets of marks. A segment must have at least one mark of each set.
func (f Filter) marks() [][]uint32 {
	var sought [][]uint32
	for _, m := range marks([]byte(f.Session), []byte(f.Agent), []byte(f.Task)) {
		sought = append(sought, []uint32{m})
	}
	if len(f.Tasks) > 0 {
		var any []uint32
		for _, task := range f.Tasks {
			any = append(any, marks(nil, nil, []byte(task))...)
		}
		sought = append(sought, any)
	}
	return sought
}

// marks returns a short hash of each value that is not empty. Two values can share a mark, and then a segment is read in vain.
func marks(session, agent, task []byte) []uint32 {
	var ms []uint32
	for i, value := range [][]byte{session, agent, task} {
		if len(value) > 0 {
			h := fnv.New32a()
			_, _ = h.Write(append([]byte{byte(i)}, value...))
			ms = append(ms, h.Sum32())
		}
	}
	return ms
}
