package disk

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
	"strings"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
)

// A Content describes the content of a file.
type Content struct {
	Blob object.ID // of the bytes as on disk
	Cr   bool      // a carriage return is among them
	ID   bool      // "$Id" is among them
}

// ErrMoving means that a file changed each time it was read.
var ErrMoving = errors.New("the file changes while it is read")

const readAttempts = 3

// Read hashes e, a regular file or a symbolic link, without holding it in memory. A file that changes meanwhile is read again, and then given up.
func (e Entry) Read(ctx context.Context) (Content, error) {
	for range readAttempts {
		c, err := e.readOnce(ctx)
		if !errors.Is(err, ErrMoving) {
			return c, err
		}
		if e.Info, err = e.Dir.Lstat(e.Base); err != nil {
			return Content{}, ErrMoving
		}
	}
	return Content{}, ErrMoving
}

func (e Entry) readOnce(ctx context.Context) (Content, error) {
	switch e.Mode() {
	case object.ModeSymlink:
		target, err := e.Dir.Readlink(e.Base)
		if err != nil {
			return Content{}, err
		}
		if int64(len(target)) != e.Info.Size() {
			return Content{}, ErrMoving
		}
		var h Hasher
		h.begin(int64(len(target)))
		_, _ = io.WriteString(h.sha, target) // writing to a hash does not fail
		return Content{Blob: h.blob()}, nil
	case object.ModeRegular, object.ModeExecutable:
	default:
		return Content{}, ErrMoving
	}
	f, err := e.Dir.OpenFile(e.Base, os.O_RDONLY|gitdir.OpenFlags, 0)
	if err != nil {
		return Content{}, err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return Content{}, err
	}
	if !os.SameFile(before, e.Info) || !before.Mode().IsRegular() {
		return Content{}, ErrMoving
	}
	var h Hasher
	c, err := h.read(ctx, f, before.Size())
	if err != nil {
		return Content{}, err
	}
	after, err := e.Dir.Lstat(e.Base)
	if err != nil || !sameStat(before, after) {
		return Content{}, ErrMoving
	}
	return c, nil
}

// ReadLines returns the blob of e, a regular file, as git names it when it converts the line endings: without the carriage return before a line feed.
func (e Entry) ReadLines(ctx context.Context) (object.ID, error) {
	var size int64 // it comes first in what is hashed
	if err := e.eachLine(ctx, func(part []byte) { size += int64(len(part)) }); err != nil {
		return object.ID{}, err
	}
	var h Hasher
	h.begin(size)
	err := e.eachLine(ctx, func(part []byte) { _, _ = h.sha.Write(part) })
	return h.blob(), err
}

// eachLine calls take with the content of e in parts, without the carriage return before a line feed.
func (e Entry) eachLine(ctx context.Context, take func(part []byte)) error {
	f, err := e.Open()
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, chunkSize)
	for ctx.Err() == nil {
		part, err := r.ReadSlice('\n')
		switch end := len(part) - 1; {
		case end > 0 && part[end] == '\n' && part[end-1] == '\r':
			take(part[:end-1])
			take(part[end:])
		case errors.Is(err, bufio.ErrBufferFull) && part[end] == '\r':
			_ = r.UnreadByte() // it was just read
			take(part[:end])
		default:
			take(part)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
	return fmt.Errorf("reading the file: %w", context.Cause(ctx))
}

// Open opens e, a regular file or a symbolic link, for reading once.
func (e Entry) Open() (io.ReadCloser, error) {
	switch e.Mode() {
	case object.ModeSymlink:
		target, err := e.Dir.Readlink(e.Base)
		return io.NopCloser(strings.NewReader(target)), err
	case object.ModeRegular, object.ModeExecutable:
	default:
		return nil, ErrMoving
	}
	f, err := e.Dir.OpenFile(e.Base, os.O_RDONLY|gitdir.OpenFlags, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !os.SameFile(info, e.Info) {
		f.Close()
		return nil, ErrMoving
	}
	return f, nil
}

// chunkSize is how many bytes of a file are read at a time. A larger value is not faster, and needs more new memory.
const chunkSize = 64 << 10

// A Hasher hashes files one after the other in the same memory. The zero Hasher is ready for use. Only one goroutine may use it at a time.
type Hasher struct {
	sha    hash.Hash
	buffer []byte // begins with two bytes of the previous chunk, for an "$Id" across the border
	sum    []byte
}

// read hashes the first size bytes; ErrMoving if there are fewer. The caller checks the size again to see whether there are more.
func (h *Hasher) read(ctx context.Context, r io.Reader, size int64) (Content, error) {
	var c Content
	h.begin(size)
	if need := 2 + int(min(size, chunkSize)); len(h.buffer) < need {
		h.buffer = make([]byte, min(2*need, 2+chunkSize))
	}
	buf := h.buffer
	buf[0], buf[1] = 0, 0
	for left := size; left > 0; {
		if err := ctx.Err(); err != nil {
			return Content{}, fmt.Errorf("reading the file: %w", context.Cause(ctx))
		}
		n, err := r.Read(buf[2:min(int64(len(buf)), 2+left)])
		left -= int64(n)
		chunk := buf[2 : 2+n]
		_, _ = h.sha.Write(chunk) // writing to a hash does not fail
		c.Cr = c.Cr || bytes.IndexByte(chunk, '\r') >= 0
		c.ID = c.ID || bytes.Contains(buf[:2+n], []byte("$Id"))
		copy(buf, buf[n:n+2])
		switch {
		case err == io.EOF && left > 0:
			return Content{}, ErrMoving
		case err != nil && err != io.EOF:
			return Content{}, err
		}
	}
	c.Blob = h.blob()
	return c, nil
}

// begin starts the hash of a blob. It uses crypto/sha1, while go-git would detect collisions: git, too, treats equal hashes as the same content.
func (h *Hasher) begin(size int64) {
	if h.sha == nil {
		h.sha = sha1.New()
	}
	h.sha.Reset()
	h.sum = append(strconv.AppendInt(append(h.sum[:0], "blob "...), size, 10), 0)
	_, _ = h.sha.Write(h.sum)
}

// blob returns the name of the hashed blob.
func (h *Hasher) blob() object.ID {
	h.sum = h.sha.Sum(h.sum[:0])
	return object.ID(h.sum)
}
