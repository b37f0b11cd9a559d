package journal

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Bounds limit how much of a journal is kept. Zero means no limit.
type Bounds struct {
	// Age is how long a full segment is kept after its last record.
	Age time.Duration
	// Bytes is the size of all segments.
	Bytes int64
}

// The default bounds. STOPGATE_KEEP_DAYS and STOPGATE_KEEP_MB set others; 0 means no limit.
const (
	keepDays = 180
	keepMB   = 256
)

// BoundsOf returns the bounds for an environment. A value that is not a number counts as not set.
func BoundsOf(getenv func(string) string) Bounds {
	number := func(name string, usual int64) int64 {
		if n, err := strconv.ParseInt(getenv(name), 10, 32); err == nil && n >= 0 {
			return n
		}
		return usual
	}
	return Bounds{Age: time.Duration(min(number("STOPGATE_KEEP_DAYS", keepDays), 36500)) * 24 * time.Hour, Bytes: number("STOPGATE_KEEP_MB", keepMB) << 20}
}

// maxTrimmed limits the segments that one call of Trim reads, so that it takes well under a second.
const maxTrimmed = 32

// Trim removes full segments that are beyond the bounds, the oldest first, and returns how many. It keeps every segment with a record that is held, and
// every segment that shares a task with one that is kept, so that what is left of a task is all or nothing. The segment that grows is
// never removed. held is called only if something is beyond the bounds; it returns whether a record must be kept.
func (j *Journal) Trim(ctx context.Context, b Bounds, now time.Time, held func() func(Record) bool) (removed int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("trim journal: %w", err)
		}
	}()
	segs, err := segments(j)
	if err != nil || len(b.beyond(segs, now)) == 0 {
		return 0, err
	}
	keep := held()
	unlock, err := lock(ctx, j, "journal")
	if err != nil {
		return 0, err
	}
	defer unlock()
	if segs, err = segments(j); err != nil {
		return 0, err
	}
	if err := completeIndex(ctx, j, segs[:max(0, len(segs)-1)]); err != nil {
		return 0, err
	}
	gone := map[int]map[uint32]bool{} // the tasks of each segment that may be removed, as marks
	for _, s := range b.beyond(segs, now) {
		tasks, free, err := tasksOf(ctx, s, keep)
		if err != nil {
			return 0, err
		}
		if free {
			gone[s.number] = tasks
		}
	}
	if err := untangle(ctx, j, segs, gone); err != nil {
		return 0, err
	}
	for _, s := range segs {
		if gone[s.number] == nil {
			continue
		}
		if err := os.Remove(s.path); err != nil {
			return removed, err
		}
		removed++
	}
	if removed > 0 {
		syncFolder(j.folder)
	}
	return removed, nil
}

// beyond returns the full segments beyond the bounds, oldest first.
func (b Bounds) beyond(segs []segment, now time.Time) []segment {
	var total int64
	for _, s := range segs {
		total += s.size
	}
	var list []segment
	for _, s := range segs[:max(0, len(segs)-1)] {
		old := false
		if info, err := os.Stat(s.path); err == nil && b.Age > 0 {
			old = now.Sub(info.ModTime()) > b.Age
		}
		if !old && (b.Bytes == 0 || total <= b.Bytes) || len(list) == maxTrimmed {
			continue
		}
		total -= s.size
		list = append(list, s)
	}
	return list
}

// tasksOf returns the marks of the tasks in a segment; free is false if a record in it must be kept.
func tasksOf(ctx context.Context, s segment, keep func(Record) bool) (tasks map[uint32]bool, free bool, err error) {
	tasks, free = map[uint32]bool{}, true
	err = eachLine(ctx, s.path, 0, s.size, func(_ int, line []byte) {
		r, ok := decode(line)
		if !ok {
			return
		}
		if r.Task != "" {
			tasks[marks(nil, nil, []byte(r.Task))[0]] = true
		}
		free = free && !keep(r)
	})
	return tasks, free, err
}

// untangle removes from gone the segments that share a task with one that is kept.
func untangle(ctx context.Context, j *Journal, segs []segment, gone map[int]map[uint32]bool) error {
	indexed, markedIn := map[int]int64{}, map[int][]byte{}
	eachEntry(ctx, j, func(e indexEntry, marks []byte) { indexed[e.Segment], markedIn[e.Segment] = e.Size, bytes.Clone(marks) })
	kept := map[uint32]bool{} // marks of what is kept, also of sessions and agents
	for i, s := range segs {
		if gone[s.number] != nil {
			continue
		}
		if i == len(segs)-1 {
			tasks, _, err := tasksOf(ctx, s, func(Record) bool { return false })
			if err != nil {
				return err
			}
			for mark := range tasks {
				kept[mark] = true
			}
			continue
		}
		if size, ok := indexed[s.number]; !ok || size != s.size {
			return fmt.Errorf("the index does not have %q", s.path)
		}
		for raw := markedIn[s.number]; len(raw) >= 4; raw = raw[4:] {
			kept[binary.BigEndian.Uint32(raw)] = true
		}
	}
	for changed := true; changed; {
		changed = false
		for number, tasks := range gone {
			for mark := range tasks {
				if !kept[mark] {
					continue
				}
				for other := range tasks {
					kept[other] = true
				}
				delete(gone, number)
				changed = true
				break
			}
		}
	}
	return nil
}
