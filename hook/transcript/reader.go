package transcript

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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

// Options bounds what is kept of a transcript. The zero value means the defaults.
type Options struct {
	// MaxLine is the longest line that is read, in bytes. Longer ones count as Skipped.TooLong. Default 64 MiB.
	MaxLine int
	// MaxText bounds the replies that are kept of one run, in bytes of text. The oldest are dropped first. Default 4 MiB.
	MaxText int
	// MaxToolUses bounds the tool uses that are kept, in bytes. The oldest are dropped first. Default 16 MiB.
	MaxToolUses int
	// MaxOutput bounds the text of one tool's result that is kept, in bytes. Default 0: none is kept, nor what tools write into files.
	MaxOutput int
	// OneAgent makes a Scanner attribute every record to one agent, as is right for an agent's own file.
	OneAgent bool
}

const (
	defaultMaxLine     = 64 << 20
	defaultMaxText     = 4 << 20
	defaultMaxToolUses = 16 << 20
)

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// Skipped counts the lines that could not be read or used, by reason. Blank lines are not counted, nor are records of known types
// that have nothing to do with the agent's work.
type Skipped struct {
	Torn        int // the last line, not well-formed: it is still being written, or its writer died
	Malformed   int // not well-formed, or with a duplicate key
	TooDeep     int // nested more than 512 deep
	TooLong     int // longer than Options.MaxLine, or of more than 10,000 content blocks
	UnknownType int // without a type, or with one that this program does not know
	Orphan      int // a sidechain record without an agent id, as clients before 2.1.200 wrote them
}

// Unread returns how many lines may have held anything.
func (s Skipped) Unread() int { return s.Malformed + s.TooDeep + s.TooLong }

// counts returns the counts, with the reasons in words.
func (s *Skipped) counts() []skippedCount {
	return []skippedCount{
		{&s.Torn, "torn"},
		{&s.Malformed, "malformed"},
		{&s.TooDeep, "nested too deep"},
		{&s.TooLong, "too long"},
		{&s.UnknownType, "of an unknown type"},
		{&s.Orphan, "of an agent without an id"},
	}
}

type skippedCount struct {
	n    *int
	what string
}

// Total returns the number of skipped lines.
func (s Skipped) Total() (total int) {
	for _, c := range s.counts() {
		total += *c.n
	}
	return total
}

// Add adds the counts of another read.
func (s *Skipped) Add(other Skipped) {
	more := other.counts()
	for i, c := range s.counts() {
		*c.n += *more[i].n
	}
}

// String lists the reasons and their counts; "" if nothing was skipped.
func (s Skipped) String() string {
	var parts []string
	for _, c := range s.counts() {
		if *c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", *c.n, c.what))
		}
	}
	return strings.Join(parts, ", ")
}

// matching yields the lines of a transcript that a reader wants. What such a line says is up to the reader: somebody may have written of it.
// It fails if the transcript cannot be read.
func matching(ctx context.Context, path string, wanted func(line []byte) bool, take func(line []byte) (more bool)) error {
	f, err := openRegular(path)
	if err != nil {
		return fmt.Errorf("open transcript: %w", err)
	}
	defer f.Close()
	if err := eachMatching(ctx, f, wanted, take); err != nil {
		return fmt.Errorf("read transcript %q: %w", path, err)
	}
	return nil
}

func eachMatching(ctx context.Context, r io.Reader, wanted func(line []byte) bool, take func(line []byte) (more bool)) error {
	lines := lineReader{ctx: ctx, r: r, max: defaultMaxLine, skip: func([]byte) bool { return false }}
	for {
		line, ok := lines.next()
		if !ok || lines.fate == kept && wanted(line) && !take(line) {
			return lines.err
		}
	}
}

// has is for lines that contain one of the texts.
func has(texts ...string) func(line []byte) bool {
	return func(line []byte) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(line, []byte(text)) })
	}
}

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

// next returns the next line without its line feed, valid until the following call. It passes over empty lines. It returns nil, false at the end
// or on a read error, which err then holds.
func (l *lineReader) next() ([]byte, bool) {
	l.fate, l.ended = kept, false
	for searched := 0; ; {
		for searched == 0 && l.fate == kept && l.start < l.end && l.buf[l.start] == '\n' { // of many, each would take as long as a record
			l.start++
			l.number++
		}
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
