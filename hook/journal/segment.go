package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// segment is one file of a journal. Segments are numbered from 1. The one with the highest number grows, and when it is full a new one
// begins. No file is renamed: on Windows that fails while a reader has the file open, and elsewhere a reader could miss the file or read it
// twice.
type segment struct {
	number int
	path   string
	size   int64 // bytes that are read, when the folder was listed
}

const segmentSuffix = ".jsonl"

// segments returns the segments of the journal in order, none if the folder does not exist.
func segments(j *Journal) ([]segment, error) {
	if err := j.Private(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(j.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var segs []segment
	for _, e := range entries {
		number, err := strconv.Atoi(strings.TrimSuffix(e.Name(), segmentSuffix))
		if err != nil || number < 1 || e.Name() != segmentName(number) {
			continue
		}
		path := filepath.Join(j.folder, e.Name())
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			segs = append(segs, segment{number, path, min(info.Size(), maxSegment)})
		}
	}
	slices.SortFunc(segs, func(a, b segment) int { return a.number - b.number })
	return segs, nil
}

func segmentName(number int) string { return fmt.Sprintf("%06d%s", number, segmentSuffix) }

// maxSegment bounds what is read of a segment, in bytes. Nothing that a Journal wrote lies beyond: to a segment that is full, it adds no record.
const maxSegment = 4 * MaxAppend

// eachLine calls do with every line of a file between two offsets, from the first of which a line begins, without its newline, and with the line's
// number from 1. The last line may lack its newline.
// Empty lines are left out. A line longer than MaxAppend is passed as nil. The bytes are valid only until do returns.
func eachLine(ctx context.Context, path string, from, to int64, do func(number int, line []byte)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(contextReader{ctx, io.NewSectionReader(f, from, max(0, to-from))}, 64<<10)
	var long []byte
	for number := 1; ; number++ {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			for long = long[:0]; ; line, err = r.ReadSlice('\n') {
				if len(long) <= MaxAppend { // one fragment beyond the bound is enough
					long = append(long, line...)
				}
				if !errors.Is(err, bufio.ErrBufferFull) {
					break
				}
			}
			line = long
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		done := err != nil
		if n := len(line); n > 0 && line[n-1] == '\n' {
			line = line[:n-1]
		}
		switch {
		case len(line) > MaxAppend:
			do(number, nil)
		case len(line) > 0:
			do(number, line)
		}
		if done {
			return nil
		}
	}
}

// contextReader stops reading when the context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// appendLines adds lines to the end of a file, which it creates if necessary, and flushes them to the disk. It ends an incomplete last line
// first, so that this damages no other. If the lines cannot be written whole, it removes them, unless the disk refuses that too. The caller
// holds the journal's lock.
func appendLines(path string, lines []byte) (err error) {
	// The lock makes O_APPEND unnecessary, except on file systems without working locks.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	end := info.Size()
	if end > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, end-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...)
		}
	}
	if _, err = f.Write(lines); err == nil {
		err = f.Sync()
	}
	if err != nil {
		// By path, since Windows cannot truncate a file that was opened to append.
		if cut := os.Truncate(path, end); cut != nil {
			return fmt.Errorf("%w; what was written stays: %w", err, cut)
		}
		return err
	}
	if end == 0 {
		syncFolder(filepath.Dir(path))
		syncFolder(filepath.Dir(filepath.Dir(path)))
	}
	return nil
}

// syncFolder flushes the names in a folder to the disk. Windows has no such call and some file systems refuse it, so errors are ignored.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
