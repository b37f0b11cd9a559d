package transcript

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// recordReader yields the user and assistant records of a stream and counts the lines that it cannot read.
type recordReader struct {
	lines   lineReader
	record  record // the current one; points into the line, hence valid until the next call
	skipped Skipped
	err     error

	passedOver kind // of the line that lines passed over last
	seen       bool // a line that is not blank was seen
	known      bool // a record of a transcript was seen
}

func newRecordReader(ctx context.Context, from io.Reader, o Options) *recordReader {
	r := &recordReader{lines: lineReader{ctx: ctx, r: from, max: orDefault(o.MaxLine, defaultMaxLine)}}
	r.lines.skip = func(begun []byte) bool {
		r.passedOver = unneeded(begun)
		return r.passedOver != otherKind
	}
	return r
}

// line returns the number of the current line, from 1.
func (r *recordReader) line() int { return r.lines.number }

// next advances to the next record that matters. It returns false at the end or on an error, which err then holds.
func (r *recordReader) next() bool {
	for {
		line, ok := r.lines.next()
		if !ok {
			r.err = r.lines.err
			if r.err == nil && r.seen && !r.known {
				r.err = fmt.Errorf("%w: none of its %d lines is a record of the host", ErrNotTranscript, r.line())
			}
			return false
		}
		if r.lines.fate == kept && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		r.seen = true
		switch r.lines.fate {
		case tooLong:
			r.skipped.TooLong++
		case passedOver:
			r.count(r.passedOver)
		case kept:
			if r.take(line) {
				return true
			}
		}
	}
}

// take parses a line and reports whether it is a record that matters.
func (r *recordReader) take(line []byte) bool {
	err := r.record.parse(line)
	switch {
	case err == nil:
		r.count(r.record.kind)
		return r.record.kind.matters()
	case !r.lines.ended:
		r.skipped.Torn++
	case errors.Is(err, errTooMany):
		r.skipped.TooLong++
	case errors.Is(err, errTooDeep):
		r.skipped.TooDeep++
	default:
		r.skipped.Malformed++
	}
	return false
}

func (r *recordReader) count(k kind) {
	switch k {
	case otherKind, unknownKind:
		r.skipped.UnknownType++
	default:
		r.known = true
	}
}
