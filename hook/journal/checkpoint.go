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

// Keep returns those of the records of one session, or of one task, that events still need, in their order. It is called again and again
// with what it returned, followed by newer records, so that what it returns must stay bounded. f names the session or the task.
type Keep func(f Filter, past []Record) []Record

// Keeping returns the journal with a bound on what Read and Update give for a session or a task: after a few megabytes, what keep returns
// of the older records takes their place. Segments are not changed: a Filter without a session and a task still selects every record.
func (j *Journal) Keeping(keep Keep) *Journal {
	kept := *j
	kept.keep = keep
	return &kept
}

// A checkpoint is what a Keep returned of the beginning of a journal, up to a place where a line ends. It stands in a file of its own for
// each session or task that has grown large, and is a cache: without it, it is made again.
//
//	<dir>/<repository>-<hash>/checkpoints/<hash>.jsonl   a header, then records
type checkpoint struct {
	checkpointHeader
	records []Record
	enough  int // of records, before keep is asked again
}

type checkpointHeader struct {
	// Segment and Offset are where the records after it begin.
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
	// keepEvery is after how many records, at least, keep is asked again while a checkpoint is made.
	keepEvery = 8192
	// window is how many bytes of a segment are read at a time while a checkpoint is made.
	window = 1 << 20
	// makeWithin bounds how long an event waits for a checkpoint of a journal that grew without one. What was done by then is kept.
	makeWithin = time.Second
)

// ErrTooLong means that older records of a session or a task were left out, because there are too many to be read in time.
var ErrTooLong = errors.New("the journal holds more records of it than can be read in time")

// ofOne reports whether the filter selects the records of one session or of one task, and returns it without its kinds.
func (f Filter) ofOne() (Filter, bool) {
	one := Filter{Session: f.Session, Task: f.Task}
	return one, f.Agent == "" && (f.Session == "") != (f.Task == "")
}

// beginning returns the checkpoint from which the journal is to be read on for f, a new one if the last is too far back. It is zero where
// the journal is short.
func (j *Journal) beginning(ctx context.Context, f Filter, segs []segment, ix index) (checkpoint, error) {
	var before int64
	for _, s := range segs {
		before += s.size
	}
	if before <= j.after {
		return checkpoint{}, nil
	}
	c := j.readCheckpoint(f, segs)
	var after int64
	for _, s := range segs {
		switch {
		case s.number < c.Segment || ix.rulesOut(s, f):
		case s.number == c.Segment:
			after += s.size - c.Offset
		default:
			after += s.size
		}
	}
	if after <= j.after {
		return c, nil
	}
	return j.makeCheckpoint(ctx, f, c, segs, ix)
}

// makeCheckpoint reads on from a checkpoint to the end of the journal. If there is too much for that, it stores what it has, and fails with
// ErrTooLong.
func (j *Journal) makeCheckpoint(ctx context.Context, f Filter, c checkpoint, segs []segment, ix index) (checkpoint, error) {
	making, done := context.WithTimeout(ctx, j.within)
	defer done()
	var err error
	for _, s := range segs {
		if s.number < c.Segment {
			continue
		}
		if s.number > c.Segment {
			c.Segment, c.Offset = s.number, 0
		}
		if ix.rulesOut(s, f) {
			c.Offset = s.size
			continue
		}
		if err = j.takeSegment(making, f, &c, s); err != nil {
			break
		}
	}
	if making.Err() != nil && ctx.Err() == nil {
		err = ErrTooLong
	}
	if err != nil && !errors.Is(err, ErrTooLong) {
		return c, err
	}
	c.records = j.keep(f, c.records)
	j.writeCheckpoint(f, c)
	return c, err
}

// takeSegment reads on in one segment, a window at a time, to its last complete line.
func (j *Journal) takeSegment(ctx context.Context, f Filter, c *checkpoint, s segment) error {
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
			if !f.mayMatch(line) {
				continue
			}
			if r, ok := decodeQuickly(line); ok && f.matches(r.heading()) {
				c.records = append(c.records, r)
			}
		}
		c.Offset += int64(end)
		if len(c.records) > c.enough {
			c.records = j.keep(f, c.records)
			c.enough = 2*len(c.records) + keepEvery
		}
	}
	return nil
}

func (j *Journal) checkpointPath(f Filter) string {
	hash := sha256.Sum256([]byte(f.Session + "\x00" + f.Task))
	return filepath.Join(j.folder, "checkpoints", fmt.Sprintf("%x.jsonl", hash[:12]))
}

// readCheckpoint returns the checkpoint of f; the zero one if there is none that fits the segments.
func (j *Journal) readCheckpoint(f Filter, segs []segment) checkpoint {
	path := j.checkpointPath(f)
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
		r, ok := decode(bytes.TrimSuffix(line, []byte{'\n'}))
		if !ok || !f.matches(r.heading()) {
			return checkpoint{}
		}
		c.records = append(c.records, r)
	}
	if !fits || len(c.records) != c.Records {
		return checkpoint{}
	}
	return c
}

// writeCheckpoint stores a checkpoint. It is a cache, so an error is none of the caller's.
func (j *Journal) writeCheckpoint(f Filter, c checkpoint) {
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
	path := j.checkpointPath(f)
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
