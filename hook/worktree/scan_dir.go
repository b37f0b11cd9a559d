package worktree

import (
	"context"
	"errors"
	"io"
	"strings"
)

// A kind is what stands in a directory.
type kind uint8

const (
	kindUnknown kind = iota // the file system does not say: stat tells
	kindFile
	kindLink
	kindDir
	kindOther // a pipe, a socket, a device: git does not see it
)

// An item is one entry of a directory.
type item struct {
	name string
	kind kind
}

// A fileStat is what the index remembers of a file, as it is now.
type fileStat struct {
	kind       kind
	executable bool
	size       int64
	mtimeSec   int64
	mtimeNsec  int64
	system     bool // the fields below are known
	ctimeSec   int64
	ctimeNsec  int64
	ino, dev   uint64
}

// maxListing bounds one directory in bytes of its listing: about two million
// names.
const maxListing = 64 << 20

var errCrowded = errors.New("the directory has too many entries")

// readSmall returns the content of a regular file in f, cut after limit bytes;
// nil, nil is anything else.
func (f folder) readSmall(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.close()
	if st, err := file.stat(); err != nil || st.kind != kindFile {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, limit))
}

// hash reads a regular file or symbolic link in f. What changes meanwhile is read
// again, and then given up with errMoving.
func (f folder) hash(ctx context.Context, name string, k kind) (content, error) {
	for range readAttempts {
		c, err := f.hashOnce(ctx, name, k)
		if !errors.Is(err, errMoving) {
			return c, err
		}
	}
	return content{}, errMoving
}

func (f folder) hashOnce(ctx context.Context, name string, k kind) (content, error) {
	if k == kindLink {
		target, err := f.readLink(name)
		if err != nil {
			return content{}, err
		}
		return readBlob(ctx, strings.NewReader(target), int64(len(target)))
	}
	file, err := f.open(name)
	if err != nil {
		return content{}, err
	}
	defer file.close()
	before, err := file.stat()
	if err != nil {
		return content{}, err
	}
	if before.kind != kindFile {
		return content{}, errMoving
	}
	c, err := readBlob(ctx, file, before.size)
	if err != nil {
		return content{}, err
	}
	if after, err := file.stat(); err != nil || after != before {
		return content{}, errMoving
	}
	return c, nil
}
