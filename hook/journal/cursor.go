package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Cursor is a place in a journal, behind a whole line. The zero Cursor is the beginning. Cursors can be compared.
type Cursor struct {
	segment    int
	offset     int64 // bytes
	within     bool  // a line that is too long to be read
	unfinished bool
}

// Unfinished tells that behind the cursor there is a line that does not end: a writer is at work on it, or died over it.
func (c Cursor) Unfinished() bool { return c.unfinished }

// After returns records that stand behind a cursor, in the order in which they were appended, the number of damaged lines that it
// met, and the cursor behind them all. It returns a few megabytes at a time: what was there when it was called has been read once a
// call returns the cursor that it was given. A last line without its end is left for a later call.
func (j *Journal) After(ctx context.Context, c Cursor) (recs []Record, damaged int, next Cursor, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read journal: %w", err)
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, 0, c, err
	}
	segs, err := j.segments()
	if err != nil {
		return nil, 0, c, err
	}
	for i, s := range segs {
		if s.number < c.segment {
			continue
		}
		from := c
		if s.number > c.segment {
			from = Cursor{segment: s.number}
		}
		last := i == len(segs)-1
		recs, damaged, next, err = s.after(from, last)
		if err != nil || next != from || last {
			return recs, damaged, next, err
		}
	}
	return nil, 0, c, nil // no segment, or the last one is gone
}

// after reads on in one segment, by at most one line of the greatest length and one byte. Of a segment that no longer grows, a last
// line without its end is damaged.
func (s segment) after(c Cursor, grows bool) (recs []Record, damaged int, next Cursor, err error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, 0, c, err
	}
	defer f.Close()
	chunk := make([]byte, min(max(s.size-c.offset, 0), MaxAppend+1))
	n, err := f.ReadAt(chunk, c.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, c, err
	}
	chunk = chunk[:n]
	end := bytes.LastIndexByte(chunk, '\n') + 1
	next = Cursor{segment: c.segment, offset: c.offset + int64(end), within: c.within && end == 0, unfinished: end < n}
	switch {
	case end > 0:
	case n > MaxAppend:
		return nil, 0, Cursor{segment: c.segment, offset: c.offset + int64(n), within: true}, nil
	case n > 0 && !grows:
		return nil, 1, Cursor{segment: c.segment, offset: c.offset + int64(n)}, nil
	}
	for line := range bytes.Lines(chunk[:end]) {
		line = line[:len(line)-1]
		r, ok := decode(line)
		switch {
		case c.within:
			c.within = false
			damaged++
		case ok:
			recs = append(recs, r)
		case len(line) > 0:
			damaged++
		}
	}
	return recs, damaged, next, nil
}
