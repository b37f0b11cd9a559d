package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Keep returns the records of one session, or of one task, that events still need, in their order. It is called again and again with its last
// result followed by newer records, so its result must stay bounded. f names the session or the task.
type Keep func(f Filter, past []Record) []Record

// Keeping returns the journal with a bound on what Read and Update give for a session or a task: after a few megabytes, what keep returns
// of the older records takes their place. Segments are not changed: a Filter without a session and a task still selects every record.
func (j *Journal) Keeping(keep Keep) *Journal {
	kept := *j
	kept.keep = keep
	return &kept
}

// A checkpoint is the result of a Keep for the beginning of a journal, up to the end of a line. Each session or task that has grown large has a
// file for it, and so has each NamedKeep. It is a cache: without it, it is made again.
//
//	<dir>/<repository>-<hash>/checkpoints/<hash>.jsonl   a header, then records
type checkpoint struct {
	checkpointHeader
	records []Record
	enough  int // of records, before keep is called again
}

type checkpointHeader struct {
	// Segment and Offset are the position of the first record after it.
	Segment int   `json:"segment"`
	Offset  int64 `json:"offset"`
	// Records is how many records follow.
	Records int `json:"records"`
}

const (
	// maxAfter is how many bytes are read after a checkpoint before the next one is made.
	maxAfter = 2 << 20
	// maxCheckpoint bounds the file of a checkpoint. What a Keep returns is far smaller.
	maxCheckpoint = 64 << 20
	// keepEvery is the minimum number of records between two calls of keep while a checkpoint is made.
	keepEvery = 8192
	// window is how many bytes of a segment are read at a time while a checkpoint is made.
	window = 1 << 20
	// makeWithin limits how long an event waits for a checkpoint of a journal that grew without one. What was read by then is kept.
	makeWithin = time.Second
)

// ErrTooLong means that older records of a session or a task were left out, because there are too many to be read in time.
var ErrTooLong = errors.New("the journal holds more records of it than can be read in time")

// keeping is a Keep with the records that it applies to.
type keeping struct {
	*Journal
	of   Filter
	name string // the name of a NamedKeep
	keep Keep   // nil if nothing bounds what is read
}

// keeping returns the bound of a read: the filter's own Keep, or the journal's for one session or one task.
func (j *Journal) keeping(f Filter) keeping {
	switch {
	case f.Agent != "" || len(f.Tasks) > 0:
		return keeping{}
	case f.Session == "" && f.Task == "" && f.Keep != nil && f.Since.IsZero():
		return keeping{j, Filter{Kinds: f.Kinds}, f.Keep.Name, f.Keep.Keep}
	case (f.Session == "") != (f.Task == ""):
		return keeping{j, Filter{Session: f.Session, Task: f.Task}, "", j.keep}
	}
	return keeping{}
}

// beginning returns the checkpoint from which to read the journal, a new one if the last is too old. It is zero if the journal is short. without
// are segments that have none of the records.
func (j keeping) beginning(ctx context.Context, segs []segment, without map[int]bool) (checkpoint, error) {
	var before int64
	for _, s := range segs {
		before += s.size
	}
	if before <= j.after {
		return checkpoint{}, nil
	}
	c := j.readCheckpoint(segs)
	var after int64
	for _, s := range segs {
		switch {
		case s.number < c.Segment || without[s.number]:
		case s.number == c.Segment:
			after += s.size - c.Offset
		default:
			after += s.size
		}
	}
	if after <= j.after {
		return c, nil
	}
	return j.makeCheckpoint(ctx, c, segs, without)
}

// makeCheckpoint reads on from a checkpoint to the end of the journal. If there is too much, it stores what it has, and fails with ErrTooLong.
func (j keeping) makeCheckpoint(ctx context.Context, c checkpoint, segs []segment, without map[int]bool) (checkpoint, error) {
	within := j.within
	if j.name != "" {
		within *= 4 // of all records, which are more
	}
	making, done := context.WithTimeout(ctx, within)
	defer done()
	var err error
	for _, s := range segs {
		if s.number < c.Segment {
			continue
		}
		if s.number > c.Segment {
			c.Segment, c.Offset = s.number, 0
		}
		if without[s.number] {
			c.Offset = s.size
			continue
		}
		if err = j.takeSegment(making, &c, s); err != nil {
			break
		}
	}
	if making.Err() != nil && ctx.Err() == nil {
		err = ErrTooLong
	}
	if err != nil && !errors.Is(err, ErrTooLong) {
		return c, err
	}
	c.records = j.keep(j.of, c.records)
	j.writeCheckpoint(c)
	return c, err
}

// takeSegment reads on in one segment, a window at a time, to its last complete line.
func (j keeping) takeSegment(ctx context.Context, c *checkpoint, s segment) error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer file.Close()
	size := window
	chunk := make([]byte, 0, size)
	for c.Offset < s.size {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk = chunk[:min(int64(size), s.size-c.Offset)]
		n, err := file.ReadAt(chunk, c.Offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		chunk = chunk[:n]
		end := bytes.LastIndexByte(chunk, '\n') + 1
		if end == 0 {
			if c.Offset+int64(len(chunk)) >= s.size {
				return nil // the last line is still being written
			}
			if len(chunk) <= MaxAppend {
				size = 2 * MaxAppend
				chunk = make([]byte, 0, size)
				continue
			}
			end = len(chunk) // a line that is too long is left out, as Read does
		}
		for line := range bytes.Lines(chunk[:end]) {
			line = bytes.TrimSuffix(line, []byte{'\n'})
			if !j.of.mayMatch(line) {
				continue
			}
			if r, ok := decodeQuickly(line); ok && j.of.matches(r.heading()) {
				c.records = append(c.records, r)
			}
		}
		c.Offset += int64(end)
		if len(c.records) > c.enough {
			c.records = j.keep(j.of, c.records)
			c.enough = 2*len(c.records) + keepEvery
		}
	}
	return nil
}

func (j keeping) path() string {
	hash := sha256.Sum256([]byte(j.of.Session + "\x00" + j.of.Task + "\x00" + j.name))
	return filepath.Join(j.folder, "checkpoints", fmt.Sprintf("%x.jsonl", hash[:12]))
}

// readCheckpoint returns the checkpoint; the zero one if there is none that fits the segments.
func (j keeping) readCheckpoint(segs []segment) checkpoint {
	path := j.path()
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxCheckpoint {
		return checkpoint{}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return checkpoint{}
	}
	var c checkpoint
	header, rest, _ := bytes.Cut(content, []byte{'\n'})
	if json.Unmarshal(header, &c.checkpointHeader) != nil || c.Records < 0 {
		return checkpoint{}
	}
	fits := false
	for _, s := range segs {
		fits = fits || s.number == c.Segment && 0 <= c.Offset && c.Offset <= s.size
	}
	for line := range bytes.Lines(rest) {
		r, ok := decodeQuickly(bytes.TrimSuffix(line, []byte{'\n'}))
		if !ok || j.of.Session != r.Session && j.of.Session != "" || j.of.Task != r.Task && j.of.Task != "" {
			return checkpoint{}
		}
		c.records = append(c.records, r)
	}
	if !fits || len(c.records) != c.Records {
		return checkpoint{}
	}
	return c
}

// writeCheckpoint stores a checkpoint. Errors are ignored, because it is a cache.
func (j keeping) writeCheckpoint(c checkpoint) {
	var b bytes.Buffer
	c.Records = len(c.records)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(c.checkpointHeader) != nil {
		return
	}
	for _, r := range c.records {
		if enc.Encode(r) != nil {
			return
		}
	}
	path := j.path()
	if b.Len() > maxCheckpoint || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	file, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return
	}
	_, err = file.Write(b.Bytes())
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
}
