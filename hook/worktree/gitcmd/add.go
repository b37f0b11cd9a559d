package gitcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// IsUnknownOption reports whether git failed because it does not know an option, as an old release does.
func IsUnknownOption(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && exit.ExitCode() == 129
}

// ErrNoScratch means that there was no room for a copy. The files themselves may be fine.
var ErrNoScratch = errors.New("git was not asked to store copies")

// TryAdd fails if `git add` would refuse one of the names, or if that is unknown. Git refuses a file whose filter fails, line endings that
// core.safecrlf forbids, content that is not in the encoding of its attribute, and a name that is dangerous on other systems. TryAdd works on a
// copy of the index at the path index. Git stores the objects in a folder that is removed afterwards. objects is the folder with the objects of the
// repository.
func (e Git) TryAdd(ctx context.Context, index, objects string, names []string) (err error) {
	if e.Path == "" {
		return ErrNoGit // do not copy anything first
	}
	scratch, err := os.MkdirTemp("", "stopgate-add-")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoScratch, err)
	}
	defer func() {
		if failed := os.RemoveAll(scratch); failed != nil && err == nil {
			err = fmt.Errorf("%w: %w", ErrNoScratch, failed)
		}
	}()
	own := filepath.Join(scratch, "objects")
	if err := os.MkdirAll(filepath.Join(own, "info"), 0o700); err != nil {
		return fmt.Errorf("%w: %w", ErrNoScratch, err)
	}
	// Git also needs the repository's objects: the content in the index can decide whether it converts line endings.
	if err := os.WriteFile(filepath.Join(own, "info", "alternates"), []byte(objects+"\n"), 0o600); err != nil {
		return fmt.Errorf("%w: %w", ErrNoScratch, err)
	}
	copied := filepath.Join(scratch, "index")
	if err := copyFile(index, copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrNoScratch, err)
	}
	e.extra = []string{"GIT_INDEX_FILE=" + copied, "GIT_OBJECT_DIRECTORY=" + own}
	for batch := range batches(names) {
		_, err := e.Run(ctx, append([]string{
			"-c", "core.looseCompression=0", "-c", "core.splitIndex=false", "-c", "core.untrackedCache=false",
			"add", "--sparse", "--",
		}, batch...)...)
		if IsUnknownOption(err) {
			return nil // git before 2.34 does not know --sparse
		}
		if err != nil && full(err) {
			return fmt.Errorf("%w: %w", ErrNoScratch, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// full reports whether git failed because the disk is full.
func full(err error) bool {
	return strings.Contains(err.Error(), "No space left on device") || strings.Contains(err.Error(), "quota exceeded") || strings.Contains(err.Error(), "unable to create temporary file")
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
