package journal

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"sort"
)

// indexEntry lists the sessions, agents and tasks of a full segment, so that a search can skip the segment. The index is a cache in the
// file "index": one line for each segment, written before the next segment begins. A line counts only while its segment has the same
// size. A segment without such a line is read. Without the index a search is slower.
type indexEntry struct {
	Segment int    `json:"segment"`
	Size    int64  `json:"size"`
	Marks   string `json:"marks"` // base64 of sorted big-endian 32-bit marks
}

type index map[int]indexEntry

const indexName = "index"

// readIndex returns the entries of the index that can be read.
func (j *Journal) readIndex(ctx context.Context) index {
	ix := index{}
	path := filepath.Join(j.folder, indexName)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ix
	}
	_ = eachLine(ctx, path, 0, func(_ int, line []byte) {
		var e indexEntry
		if json.Unmarshal(line, &e) == nil {
			ix[e.Segment] = e
		}
	})
	return ix
}

// rulesOut reports whether no record of the segment can match the filter.
func (ix index) rulesOut(s segment, f Filter) bool {
	e, ok := ix[s.number]
	if !ok || e.Size != s.size {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(e.Marks)
	if err != nil || len(raw)%4 != 0 {
		return false
	}
	return slices.ContainsFunc(f.marks(), func(m uint32) bool {
		_, found := sort.Find(len(raw)/4, func(i int) int { return cmp.Compare(m, binary.BigEndian.Uint32(raw[4*i:])) })
		return !found
	})
}

// completeIndex adds the missing segments to the index. The caller holds the journal's lock.
func (j *Journal) completeIndex(ctx context.Context, segs []segment) error {
	ix := j.readIndex(ctx)
	for _, s := range segs {
		if e, ok := ix[s.number]; ok && e.Size == s.size {
			continue
		}
		seen := map[uint32]bool{}
		err := eachLine(ctx, s.path, 0, func(_ int, line []byte) {
			if line == nil {
				return
			}
			h, ok := readHeading(line)
			if !ok {
				r, _ := decode(line)
				h = r.heading()
			}
			for _, m := range marks(h.session, h.agent, h.task) {
				seen[m] = true
			}
		})
		if err != nil {
			return err
		}
		sorted := make([]uint32, 0, len(seen))
		for m := range seen {
			sorted = append(sorted, m)
		}
		slices.Sort(sorted)
		var raw []byte
		for _, m := range sorted {
			raw = binary.BigEndian.AppendUint32(raw, m)
		}
		line, err := json.Marshal(indexEntry{s.number, s.size, base64.StdEncoding.EncodeToString(raw)})
		if err != nil {
			return err
		}
		if err := appendLines(filepath.Join(j.folder, indexName), append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// marks returns the marks of the filter's values.
func (f Filter) marks() []uint32 { return marks([]byte(f.Session), []byte(f.Agent), []byte(f.Task)) }

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
