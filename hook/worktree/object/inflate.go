package object

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"

	"stopgate/hook/worktree/gitdir"
)

// maxObject is the size in bytes of the largest object that is read. The largest trees of real repositories have a few megabytes.
const maxObject = 32 << 20

// reserve subtracts size from room, the number of bytes that may still be inflated. Callers do this before they allocate memory for an object. It
// fails with ErrUnsafe if the object is too large, or if there is not enough room.
func reserve(size int64, room *int64) error {
	if size < 0 || size > maxObject {
		return fmt.Errorf("%w: an object says that it has %d bytes, and may have %d", ErrUnsafe, size, maxObject)
	}
	if *room -= size; *room < 0 {
		return fmt.Errorf("%w: reading them takes more than %d bytes", ErrUnsafe, maxInflated)
	}
	return nil
}

// errDamaged means that compressed data cannot be read, or that there is less or more of it than announced.
var errDamaged = errors.New("an object is damaged")

// inflaters has zlib readers for reuse, because each has 40 KiB of buffers, and comparing a worktree reads dozens of objects.
var inflaters sync.Pool

// openInflater returns a reader that inflates zlib data. The caller passes it to closeInflater at the end.
func openInflater(r io.Reader) (z io.ReadCloser, err error) {
	z, used := inflaters.Get().(io.ReadCloser)
	if used {
		err = z.(zlib.Resetter).Reset(r, nil)
	} else {
		z, err = zlib.NewReader(r)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return z, nil
}

func closeInflater(z io.ReadCloser) {
	_ = z.Close() // it was only read, so nothing is lost
	inflaters.Put(z)
}

// inflate returns the inflated zlib data of r. It fails if that is not exactly size bytes. The caller has reserved the size.
func inflate(r io.Reader, size int64) ([]byte, error) {
	z, err := openInflater(r)
	if err != nil {
		return nil, err
	}
	defer closeInflater(z)
	return readRest(z, size)
}

// readRest returns the next size bytes of z. It fails if z does not end there.
func readRest(z io.Reader, size int64) ([]byte, error) {
	content := make([]byte, size)
	if _, err := io.ReadFull(z, content); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	var more [1]byte
	if n, err := io.ReadFull(z, more[:]); n != 0 || !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: there is more of it than it says", errDamaged)
	}
	return content, nil
}

// maxLooseHeader is the maximum length of the type and the size at the start of a loose object. It is git's own limit (MAX_HEADER_LEN).
const maxLooseHeader = 32

// readLoose reads a loose object (gitrepository-layout(5), "objects"). It fails with fs.ErrNotExist if there is no such file.
func readLoose(dir string, id ID, room *int64) (plumbing.ObjectType, []byte, error) {
	name := id.String()
	f, err := openFile(filepath.Join(dir, name[:2], name[2:]))
	if err != nil {
		return plumbing.InvalidObject, nil, err
	}
	defer f.Close()
	return parseLoose(f, room)
}

// openFile opens a loose object, a packfile or a pack index. It fails with ErrUnsafe if that is not a regular file: git would wait for the writer
// of a named pipe.
func openFile(path string) (*os.File, error) {
	f, err := gitdir.OpenPlain(path)
	if errors.Is(err, gitdir.ErrNotRegular) {
		return nil, fmt.Errorf("%w: %w", ErrUnsafe, err)
	}
	return f, err
}

// parseLoose parses a loose object: "TYPE SIZE", a NUL and the content, compressed together.
func parseLoose(from io.Reader, room *int64) (plumbing.ObjectType, []byte, error) {
	fail := func(err error) (plumbing.ObjectType, []byte, error) { return plumbing.InvalidObject, nil, err }
	z, err := openInflater(bufio.NewReader(from))
	if err != nil {
		return fail(err)
	}
	defer closeInflater(z)
	var header []byte
	for b := [1]byte{}; ; header = append(header, b[0]) {
		if _, err := io.ReadFull(z, b[:]); err != nil || len(header) == maxLooseHeader {
			return fail(errors.Join(errDamaged, err))
		}
		if b[0] == 0 {
			break
		}
	}
	word, digits, _ := bytes.Cut(header, []byte{' '})
	kind, err := plumbing.ParseObjectType(string(word))
	if err != nil {
		return fail(fmt.Errorf("%w: %w", errDamaged, err))
	}
	size, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return fail(fmt.Errorf("%w: %w", errDamaged, err))
	}
	if err := reserve(size, room); err != nil {
		return fail(err)
	}
	content, err := readRest(z, size)
	if err != nil {
		return fail(err)
	}
	return kind, content, nil
}
