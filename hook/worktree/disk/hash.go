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

// A Content is the hash of a file's content, with what decides whether git would convert the content.
type Content struct {
	Blob object.ID // the hash of the bytes as on disk
	Cr   bool      // the content has a carriage return
	ID   bool      // the content has "$Id"
}

// ErrMoving means that a file changed each time it was read, or that another file took its place.
var ErrMoving = errors.New("the file changes while it is read")

const readAttempts = 3

// Read hashes e, a regular file or a symbolic link, without holding the content in memory. If the file changes while it is read, Read reads it
// again, and fails with ErrMoving after readAttempts attempts, or if nothing is there.
func (e Entry) Read(ctx context.Context) (Content, error) {
	if e.Info == nil {
		return Content{}, ErrMoving
	}
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

// ReadLines returns the name of the blob that git would store for e, a regular file, if it converts the line endings. Git then removes the carriage
// return before each line feed.
func (e Entry) ReadLines(ctx context.Context) (object.ID, error) {
	var size int64 // the hash begins with the size
	if err := e.eachLine(ctx, func(part []byte) { size += int64(len(part)) }); err != nil {
		return object.ID{}, err
	}
	var h Hasher
	h.begin(size)
	err := e.eachLine(ctx, func(part []byte) { _, _ = h.sha.Write(part) })
	return h.blob(), err
}

// eachLine calls take with parts of the content of e. It leaves out the carriage return before each line feed.
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
			_ = r.UnreadByte() // this cannot fail after a successful read
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

// Open opens e for reading: the content of a regular file, or the target of a symbolic link. It fails with ErrMoving if another file is there now.
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

// chunkSize is the number of bytes of a file that are read at a time. A larger number is not faster and allocates more memory.
const chunkSize = 64 << 10

// A Hasher hashes one file after the other and reuses its memory. The zero Hasher is ready for use. Only one goroutine may use it at a time.
type Hasher struct {
	sha    hash.Hash
	buffer []byte // starts with the last two bytes of the previous chunk, to find an "$Id" that two chunks share
	sum    []byte
}

// read hashes the first size bytes of r. It fails with ErrMoving if there are fewer. The caller checks the size afterwards, in case there are more.
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

// begin starts the hash of a blob with that size. It uses crypto/sha1 and not go-git's hash, which detects collisions. Git also treats contents
// with the same hash as the same content.
func (h *Hasher) begin(size int64) {
	if h.sha == nil {
		h.sha = sha1.New()
	}
	h.sha.Reset()
	h.sum = append(strconv.AppendInt(append(h.sum[:0], "blob "...), size, 10), 0)
	_, _ = h.sha.Write(h.sum)
}

// blob returns the name of the blob that was hashed.
func (h *Hasher) blob() object.ID {
	h.sum = h.sha.Sum(h.sum[:0])
	return object.ID(h.sum)
}
