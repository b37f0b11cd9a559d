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

// maxObject limits one object, in bytes. The largest trees of real repositories have a few megabytes.
const maxObject = 32 << 20

// reserve subtracts the size of an object that will be inflated from room, before memory is allocated for it.
func reserve(size int64, room *int64) error {
	if size < 0 || size > maxObject {
		return fmt.Errorf("%w: an object says that it has %d bytes, and may have %d", ErrUnsafe, size, maxObject)
	}
	if *room -= size; *room < 0 {
		return fmt.Errorf("%w: reading them takes more than %d bytes", ErrUnsafe, maxInflated)
	}
	return nil
}

// errDamaged means that compressed data ends too early or too late, or cannot be read at all.
var errDamaged = errors.New("an object is damaged")

// inflaters holds zlib readers that are used again: each has 40 KiB of buffers, and one look reads dozens of objects.
var inflaters sync.Pool

// openInflater returns a reader of zlib data, to be given to closeInflater at the end.
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
	_ = z.Close() // opened only for reading
	inflaters.Put(z)
}

// inflate reads size bytes of zlib data, which must end there. The size must be reserved.
func inflate(r io.Reader, size int64) ([]byte, error) {
	z, err := openInflater(r)
	if err != nil {
		return nil, err
	}
	defer closeInflater(z)
	return readRest(z, size)
}

// readRest reads size bytes, after which z must end.
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

// maxLooseHeader limits the type and the size at the start of a loose object; it is git's own limit (MAX_HEADER_LEN).
const maxLooseHeader = 32

// readLoose reads an object that has its own file (gitrepository-layout(5), "objects"). It fails with fs.ErrNotExist if it has none.
func readLoose(dir string, id ID, room *int64) (plumbing.ObjectType, []byte, error) {
	name := id.String()
	f, err := openFile(filepath.Join(dir, name[:2], name[2:]))
	if err != nil {
		return plumbing.InvalidObject, nil, err
	}
	defer f.Close()
	return parseLoose(f, room)
}

// openFile opens a file with objects. What is no file is unsafe: git would wait for a named pipe.
func openFile(path string) (*os.File, error) {
	f, err := gitdir.OpenPlain(path)
	if errors.Is(err, gitdir.ErrNotRegular) {
		return nil, fmt.Errorf("%w: %w", ErrUnsafe, err)
	}
	return f, err
}

// parseLoose reads a loose object: "TYPE SIZE", a NUL and the content, compressed together.
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
