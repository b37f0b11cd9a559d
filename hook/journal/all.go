package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"stopgate/hook/lazyregexp"
)

// folderForm is what folderName returns: a name, and the first twelve hexadecimal digits of the key's hash.
var folderForm = lazyregexp.New(`^[A-Za-z0-9._-]*-[0-9a-f]{12}$`)

// All returns the journals in dir, an absolute path, in the order of their folders' names; none if dir does not exist. They are for reading: their
// keys are not known. Links and other folders are left out.
func All(dir string) ([]*Journal, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("list journals in %q: not an absolute path", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list journals: %w", err)
	}
	var all []*Journal
	for _, e := range entries {
		if e.IsDir() && folderForm().MatchString(e.Name()) {
			all = append(all, &Journal{folder: filepath.Join(dir, e.Name()), limit: segmentSize, after: maxAfter, within: makeWithin})
		}
	}
	return all, nil
}
