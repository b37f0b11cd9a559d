//go:build !linux && !darwin

package artifact

import (
	"errors"
	"os"
)

// openPlainly is not needed here: the opened file is compared with the one that was checked.
const openPlainly = 0

// writable finds nothing here: only the attempt to remove something shows it.
func writable(*os.File) error { return nil }

// place is the same everywhere: on Windows a mount point is a reparse point, which Lstat distinguishes from a directory.
type place struct{}

func placeOf(*os.File) (place, error) { return place{}, nil }

// moveInto and moveNew fail here, so files are copied into the trash.
func moveInto(*os.File, string, *os.File, string) error { return errors.ErrUnsupported }

func moveNew(*os.File, string, *os.File, string, bool) error { return errors.ErrUnsupported }
