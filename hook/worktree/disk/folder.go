package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"stopgate/hook/worktree/gitdir"
)

// A Kind is the type of a directory entry.
type Kind uint8

// The types that git distinguishes, Other and Unclear.
const (
	Unclear Kind = iota // the file system does not report the type; only stat does
	File
	Link
	Dir
	Other // a pipe, a socket or a device: git does not see it
)

// An Item is one entry of a directory.
type Item struct {
	Name string
	Kind Kind
}

// maxListing limits the listing of one directory, in bytes: about two million names.
const maxListing = 64 << 20

var errCrowded = errors.New("the directory has too many entries")

// ReadSmall returns the content of a regular file in f, at most its first limit bytes. Of any other file it returns no content, and it fails if
// that is a symbolic link.
func (f Folder) ReadSmall(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.close()
	if st, err := file.stat(); err != nil || st.Kind != File {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, limit))
}

// Hash hashes a regular file or a symbolic link in f with h. seen is the file's Stat of a moment before, or the zero Stat if there is none. If the
// file changes while it is read, Hash reads it again, and fails with ErrMoving after readAttempts attempts.
func (f Folder) Hash(ctx context.Context, h *Hasher, name string, k Kind, seen Stat) (Content, error) {
	for range readAttempts {
		c, err := f.hashOnce(ctx, h, name, k, seen)
		if !errors.Is(err, ErrMoving) {
			return c, err
		}
		seen = Stat{}
	}
	return Content{}, ErrMoving
}

func (f Folder) hashOnce(ctx context.Context, h *Hasher, name string, k Kind, before Stat) (Content, error) {
	if k == Link {
		target, err := f.readLink(name)
		if err != nil {
			return Content{}, err
		}
		return h.read(ctx, strings.NewReader(target), int64(len(target)))
	}
	file, err := f.open(name)
	if err != nil {
		return Content{}, err
	}
	defer file.close()
	if before == (Stat{}) {
		if before, err = file.stat(); err != nil {
			return Content{}, err
		}
	}
	if before.Kind != File {
		return Content{}, ErrMoving
	}
	c, err := h.read(ctx, file, before.Size)
	if err != nil {
		return Content{}, err
	}
	if after, err := file.stat(); err != nil || after != before {
		return Content{}, ErrMoving
	}
	return c, nil
}

// IsGone reports whether an error means that a directory does not exist, or that a file or a symbolic link is in its place.
func IsGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || gitdir.IsNotDir(err) || isLink(err)
}
