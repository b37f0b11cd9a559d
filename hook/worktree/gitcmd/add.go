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

// exitUsage is git's exit status for an option that it does not know.
const exitUsage = 129

// ErrNoScratch means that there was no room for a copy. It says nothing of the files.
var ErrNoScratch = errors.New("git was not asked to store copies")

// TryAdd fails if `git add` would refuse the names, or if that is unknown: a filter that fails, line endings that core.safecrlf forbids, an encoding
// that the content does not have, a name that is dangerous on other systems. It works on a copy of index, and what git stores goes to a folder that is
// removed. objects is where the repository has its objects.
func (e Git) TryAdd(ctx context.Context, index, objects string, names []string) (err error) {
	if e.Path == "" {
		return ErrNoGit // before anything is copied
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
	// Whether git converts line endings can depend on the content that the index has.
	if err := os.WriteFile(filepath.Join(own, "info", "alternates"), []byte(objects+"\n"), 0o600); err != nil {
		return fmt.Errorf("%w: %w", ErrNoScratch, err)
	}
	copied := filepath.Join(scratch, "index")
	if err := copyFile(index, copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrNoScratch, err)
	}
	e.extra = []string{"GIT_INDEX_FILE=" + copied, "GIT_OBJECT_DIRECTORY=" + own}
	for len(names) > 0 {
		n, size := 0, 0
		for n < len(names) && n < maxPathspecs && (n == 0 || size+len(names[n]) < maxArguments) {
			size += len(names[n]) + 1
			n++
		}
		_, err := e.Run(ctx, append([]string{
			"-c", "core.looseCompression=0", "-c", "core.splitIndex=false", "-c", "core.untrackedCache=false",
			"add", "--sparse", "--",
		}, names[:n]...)...)
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == exitUsage {
			return nil // git before 2.34
		}
		if err != nil && full(err) {
			return fmt.Errorf("%w: %w", ErrNoScratch, err)
		}
		if err != nil {
			return err
		}
		names = names[n:]
	}
	return nil
}

// full reports whether git says that the disk has no room.
func full(err error) bool {
	return strings.Contains(err.Error(), "No space left on device") || strings.Contains(err.Error(), "quota exceeded") || strings.Contains(err.Error(), "unable to create temporary file")
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
