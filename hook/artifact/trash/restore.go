package trash

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/artifact/safedir"
)

// Restored is the result for one restored entry.
type Restored struct {
	// Path is relative to the worktree.
	Path string
	// Err is the reason why it was not restored; nil if it was.
	Err error
}

// ErrExists means that an entry is not restored because something exists at its path.
var ErrExists = errors.New("something stands there already, and nothing is overwritten")

// Restore restores an artifact from the trash in folder into the worktree that into is open on: all of it, or only what is at or below the path
// only, relative to the worktree. It overwrites nothing, restores the modes of files and directories, and makes no link that leads out of the
// worktree. The copy in the trash stays until it is too old. Restore returns an entry for each file and link, and for each directory that could not
// be made. The error means that it could not begin.
func Restore(folder string, a Kept, only string, into *os.Root) ([]Restored, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("opening the trash: %w", err)
	}
	defer root.Close()
	own, err := root.OpenRoot(a.ID)
	if err != nil {
		return nil, fmt.Errorf("opening what was removed: %w", err)
	}
	defer own.Close()
	return restore(own, a, only, into)
}

// restore is Restore from the open folder of the artifact's id.
func restore(own *os.Root, a Kept, only string, into *os.Root) ([]Restored, error) {
	from, err := own.OpenRoot(a.content())
	if err != nil {
		return nil, fmt.Errorf("opening what was removed: %w", err)
	}
	defer from.Close()
	top := string(a.Path)
	if !filepath.IsLocal(filepath.FromSlash(top)) {
		return nil, fmt.Errorf("the trash names %q, which is no path in a worktree", top)
	}
	if err := mkdirs(into, path.Dir(top)); err != nil {
		return nil, fmt.Errorf("making the directory of %q: %w", top, err)
	}
	var done []Restored
	type madeDir struct {
		path string
		mode fs.FileMode
	}
	var made []madeDir
	for _, e := range a.Entries {
		to := path.Join(top, string(e.Path))
		if !filepath.IsLocal(filepath.FromSlash(to)) || to != top && !beneath(to, top) {
			done = append(done, Restored{to, errors.New("it leads out of the artifact")})
			continue
		}
		inside := only == "" || to == only || beneath(to, only)
		if e.Mode.IsDir() {
			if !inside && !beneath(only, to) {
				continue
			}
			switch err := into.Mkdir(to, 0o700); {
			case err == nil:
				made = append(made, madeDir{to, e.Mode})
			case errors.Is(err, fs.ErrExist) && isDir(into, to):
			default:
				done = append(done, Restored{to, safedir.Cause(err)})
			}
			continue
		}
		if inside {
			done = append(done, Restored{to, bringBack(from, e, into, to)})
		}
	}
	for _, m := range slices.Backward(made) { // a read-only directory gets its mode only when it is filled
		if err := into.Chmod(m.path, m.mode.Perm()); err != nil {
			done = append(done, Restored{m.path, safedir.Cause(err)})
		}
	}
	return done, nil
}

func isDir(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	return err == nil && info.IsDir()
}

// mkdirs makes the directories above an artifact. An existing one stays as it is, unless it is a link.
func mkdirs(root *os.Root, name string) error {
	if name == "." || isDir(root, name) {
		return nil
	}
	if err := mkdirs(root, path.Dir(name)); err != nil {
		return err
	}
	return root.Mkdir(name, 0o777)
}

// throughLink reports whether a directory above a path is a link.
func throughLink(root *os.Root, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if !isDir(root, dir) {
			return true
		}
	}
	return false
}

func bringBack(from *os.Root, e Entry, into *os.Root, to string) error {
	if throughLink(into, to) {
		return errors.New("a directory on its way is a link or is missing")
	}
	if _, err := into.Lstat(to); err == nil {
		return ErrExists
	}
	if e.Mode&fs.ModeSymlink != 0 {
		link := string(e.Link)
		target := filepath.ToSlash(link)
		if filepath.IsAbs(link) || strings.HasPrefix(target, "/") || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(to), target))) {
			return fmt.Errorf("it is a link that leads out of the worktree, to %q", link)
		}
		return safedir.Cause(into.Symlink(link, to))
	}
	name := string(e.Path)
	if name == "." {
		name = singleFile
	}
	source, err := from.Open(name)
	if err != nil {
		return safedir.Cause(err)
	}
	defer func() { _ = source.Close() }() // opened only for reading
	file, err := into.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return safedir.Cause(err)
	}
	_, err = io.Copy(file, source)
	return cmp.Or(err, file.Chmod(e.Mode.Perm()), file.Close())
}

// beneath reports whether a path is below a directory.
func beneath(p, dir string) bool { return strings.HasPrefix(p, dir+"/") }
