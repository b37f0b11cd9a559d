package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Cursor is a position in a journal, after a whole line. The zero Cursor is the beginning. Cursors can be compared.
type Cursor struct {
	segment    int
	offset     int64 // bytes
	within     bool  // inside a line that is too long to be read
	unfinished bool
}

// Unfinished reports whether an incomplete line follows the cursor: a writer is still writing it, or died while writing.
func (c Cursor) Unfinished() bool { return c.unfinished }

// After returns the records after a cursor, in the order in which they were appended, the number of damaged lines among them, and the
// cursor after them. It returns a few megabytes at a time: when a call returns the cursor that it was given, everything has been read. An
// incomplete last line is left for a later call.
func (j *Journal) After(ctx context.Context, c Cursor) (recs []Record, damaged int, next Cursor, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read journal: %w", err)
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, 0, c, err
	}
	segs, err := segments(j)
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

// ToEnd gives take the records after a cursor, up to the end of the journal, a few megabytes at a time. It returns the cursor there, and how many
// lines are damaged. It ends with the first error, take's or its own, and the cursor then is that of the records that take was given last.
func (j *Journal) ToEnd(ctx context.Context, at Cursor, take func([]Record) error) (end Cursor, damaged int, err error) {
	for {
		records, bad, next, err := j.After(ctx, at)
		damaged += bad
		if err != nil {
			return at, damaged, err
		}
		if err := take(records); err != nil || next == at {
			return at, damaged, err
		}
		at = next
	}
}

// after reads on in one segment, at most one line of the greatest length and one byte. In a segment that no longer grows, an incomplete last
// line is damaged.
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
