package hosttest

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Contents describes a folder: for each path in it, with slashes, the mode and a hash of the content.
type Contents map[string]string

// ReadContents reads a folder. It does not follow symbolic links: the content of a link is its target.
func ReadContents(folder string) (Contents, error) {
	all := Contents{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var content []byte
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			content = []byte(target)
		case info.Mode().IsRegular():
			if content, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		name, err := filepath.Rel(folder, path)
		all[filepath.ToSlash(name)] = fmt.Sprintf("%s %x", info.Mode(), sha256.Sum256(content))
		return err
	})
	return all, err
}
