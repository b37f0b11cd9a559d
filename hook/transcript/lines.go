package transcript

import (
	"bytes"
	"context"
	"io"
)

const readSize = 64 << 10

// lineReader yields the lines of a stream. Its memory is bounded by max: a longer line is passed over without being held, and so
// is a line that skip rejects by its beginning.
type lineReader struct {
	ctx  context.Context
	r    io.Reader
	max  int                     // bytes; a longer line is passed over
	skip func(begun []byte) bool // reports whether a line with this beginning is not needed

	buf        []byte
	start, end int // what is read and not yet yielded: buf[start:end]
	eof        bool
	err        error

	number int  // of the current line, from 1
	ended  bool // a line feed ended the current line
	fate   fate // of the current line
}

// fate is how a line was treated.
type fate uint8

const (
	kept       fate = iota
	passedOver      // skip decided it by the beginning
	tooLong
)

// next returns the next line without its line feed, valid until the following call. It returns nil, false at the end
// or on a read error, which err then holds.
func (l *lineReader) next() ([]byte, bool) {
	l.fate, l.ended = kept, false
	for searched := 0; ; {
		if n := bytes.IndexByte(l.buf[l.start+searched:l.end], '\n'); n >= 0 {
			line := l.buf[l.start : l.start+searched+n]
			l.start += searched + n + 1
			l.ended = true
			return l.yield(line)
		}
		searched = l.end - l.start
		if l.eof || l.err != nil {
			if searched == 0 && l.fate == kept {
				return nil, false
			}
			line := l.buf[l.start:l.end]
			l.start = l.end
			return l.yield(line)
		}
		if l.fate == kept && searched > 0 && searched == len(l.buf) && l.skip(l.buf) {
			l.fate = passedOver
		}
		if l.fate == kept && searched > l.max {
			l.fate = tooLong
		}
		if l.fate != kept {
			l.start, searched = l.end, 0
		}
		l.fill()
	}
}

func (l *lineReader) yield(line []byte) ([]byte, bool) {
	l.number++
	if l.fate != kept {
		return nil, true
	}
	if len(line) > l.max {
		l.fate = tooLong
		return nil, true
	}
	if l.number == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return line, true
}

// fill makes room in the buffer and reads more.
func (l *lineReader) fill() {
	if l.start > 0 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	if l.end == len(l.buf) {
		grown := make([]byte, max(readSize, min(2*len(l.buf), l.max+readSize)))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	for range 100 { // as io.ErrNoProgress
		if l.err = l.ctx.Err(); l.err != nil {
			return
		}
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		switch {
		case err == io.EOF:
			l.eof = true
			return
		case err != nil:
			l.err = err
			return
		case n > 0:
			return
		}
	}
	l.err = io.ErrNoProgress
}
