//go:build !linux && !darwin

package safedir

import (
	"errors"
	"os"
)

// openPlainly is not needed here: the opened file is compared with the one that was checked.
const openPlainly = 0

// Writable finds nothing here: only the attempt to remove something shows it.
func Writable(*os.File) error { return nil }

// Place is the same everywhere: on Windows a mount point is a reparse point, which Lstat distinguishes from a directory.
type Place struct{}

func placeOf(*os.File) (Place, error) { return Place{}, nil }

// MoveInto and MoveNew fail here, so files are copied into the trash.
func MoveInto(*os.File, string, *os.File, string) error { return errors.ErrUnsupported }

func MoveNew(*os.File, string, *os.File, string, bool) error { return errors.ErrUnsupported }
