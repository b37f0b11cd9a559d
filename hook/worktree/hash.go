package worktree

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// A content is what was read of a file.
type content struct {
	blob objectID // of the bytes as they stand there
	cr   bool     // a carriage return is among them
	id   bool     // "$Id" is among them
}

// errMoving means that a file changed each time it was read.
var errMoving = errors.New("the file changes while it is read")

const readAttempts = 3

// read hashes what stands at e, a regular file or a symbolic link, without
// holding it in memory. What changes meanwhile is read again, and then given up.
func (e entry) read(ctx context.Context) (content, error) {
	for range readAttempts {
		c, err := e.readOnce(ctx)
		if !errors.Is(err, errMoving) {
			return c, err
		}
		if e.info, err = e.dir.Lstat(e.base); err != nil {
			return content{}, errMoving
		}
	}
	return content{}, errMoving
}

func (e entry) readOnce(ctx context.Context) (content, error) {
	switch e.mode() {
	case modeSymlink:
		target, err := e.dir.Readlink(e.base)
		if err != nil {
			return content{}, err
		}
		if int64(len(target)) != e.info.Size() {
			return content{}, errMoving
		}
		h := newBlob(int64(len(target)))
		_, _ = io.WriteString(h, target) // a hash takes everything
		return content{blob: objectID(h.Sum(nil))}, nil
	case modeRegular, modeExecutable:
	default:
		return content{}, errMoving
	}
	f, err := e.dir.OpenFile(e.base, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return content{}, err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return content{}, err
	}
	if !os.SameFile(before, e.info) || !before.Mode().IsRegular() {
		return content{}, errMoving
	}
	c, err := readBlob(ctx, f, before.Size())
	if err != nil {
		return content{}, err
	}
	after, err := e.dir.Lstat(e.base)
	if err != nil || !sameStat(before, after) {
		return content{}, errMoving
	}
	return c, nil
}

// open opens what stands at e, a regular file or a symbolic link, for one reading.
func (e entry) open() (io.ReadCloser, error) {
	switch e.mode() {
	case modeSymlink:
		target, err := e.dir.Readlink(e.base)
		return io.NopCloser(strings.NewReader(target)), err
	case modeRegular, modeExecutable:
	default:
		return nil, errMoving
	}
	f, err := e.dir.OpenFile(e.base, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !os.SameFile(info, e.info) {
		f.Close()
		return nil, errMoving
	}
	return f, nil
}

// readBlob hashes exactly size bytes; errMoving if there are more or fewer.
func readBlob(ctx context.Context, r io.Reader, size int64) (content, error) {
	var c content
	h := newBlob(size)
	// Two bytes of the chunk before stand in front, for an "$Id" across the border.
	buf := make([]byte, 2+min(size+1, 256<<10))
	var seen int64
	for {
		if err := ctx.Err(); err != nil {
			return content{}, fmt.Errorf("reading the file: %w", context.Cause(ctx))
		}
		n, err := r.Read(buf[2:])
		if seen += int64(n); seen > size {
			return content{}, errMoving
		}
		chunk := buf[2 : 2+n]
		_, _ = h.Write(chunk) // a hash takes everything
		c.cr = c.cr || bytes.IndexByte(chunk, '\r') >= 0
		c.id = c.id || bytes.Contains(buf[:2+n], []byte("$Id"))
		copy(buf, buf[n:n+2])
		switch {
		case err == io.EOF && seen < size:
			return content{}, errMoving
		case err == io.EOF:
			c.blob = objectID(h.Sum(nil))
			return c, nil
		case err != nil:
			return content{}, err
		}
	}
}

// newBlob starts the hash of a blob. crypto/sha1 is used where go-git would detect
// collisions: an equal hash is what git goes by, too.
func newBlob(size int64) interface {
	io.Writer
	Sum([]byte) []byte
} {
	h := sha1.New()
	var header [32]byte
	h.Write(append(strconv.AppendInt(append(header[:0], "blob "...), size, 10), 0))
	return h
}
